"""Words, subwords or bytes: a step is a token, with its place in the text that people see."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, cast

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences.base import Files, Layout
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text

UNKNOWN_TOKEN = 2**32 - 1
"""The id of a token that the vocabulary lacks."""
_LOOKED_AT = 1 << 20
IDS, SPANS, CODES = "ids.u32", "spans.i64", "text.codes"


class TokensLayout(Layout, frozen=True, kw_only=True, tag="tokens"):
    """Tokens: `ids.u32` (T,), `spans.i64` (T, 2) and `text.codes`."""

    vocabulary: tuple[str, ...]
    """A token's id is its place."""
    code_width: Literal[1, 2, 4]
    characters: Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
    """How many characters the shown text has."""
    unknown: str = ""
    """The symbol that stands for what the vocabulary lacks, where there is one."""

    def map(self, files: Files, length: int, name: str, path: Path | None) -> Tokens:
        """The tokens that lie in these files.

        Raises:
            ValueError: places that run backwards or leave the text.
        """
        codes = files.read(CODES, f"<u{self.code_width}", (self.characters,))
        spans = files.read(SPANS, "<i8", (length, 2))
        # Of very many only the ends are looked at: going through all would take seconds.
        seen = spans if length <= _LOOKED_AT else spans[:: max(1, length - 1)]
        if length and not (
            (seen[:, 0] <= seen[:, 1]).all()
            and (seen[1:] >= seen[:-1]).all()
            and seen[0, 0] >= 0
            and seen[-1, 1] <= self.characters
        ):
            raise ValueError("the places of the tokens in the text run backwards or leave it")
        ids = files.read(IDS, "<u4", (length,))
        shown = Text(codes, name, path)
        return Tokens(ids, spans, shown, self.vocabulary, unknown=self.unknown)


class Tokens:
    """T tokens, read-only.

    Args:
        ids: (T,) uint32, places in the vocabulary; `UNKNOWN_TOKEN` where it lacks the token.
        spans: (T, 2) int64: where each token starts and stops in the shown text. They do not
            overlap, and both columns never fall; a token that is not shown is empty.
        shown: the text that people see.
        unknown: the symbol that the network reads for every token that it does not know; empty
            where it passes over them.
    """

    def __init__(
        self,
        ids: npt.NDArray[np.uint32],
        spans: npt.NDArray[np.int64],
        shown: Text,
        vocabulary: tuple[str, ...] = (),
        documents: Documents | None = None,
        unknown: str = "",
    ) -> None:
        self.ids = ids
        self.spans = spans
        self.vocabulary = vocabulary
        self.documents = documents or Documents.one(len(ids))
        self.unknown_symbol = unknown
        self._shown = shown

    @property
    def name(self) -> str:
        """The name of the shown text."""
        return self._shown.name

    @property
    def path(self) -> Path | None:
        """The file of the shown text."""
        return self._shown.path

    @property
    def text(self) -> Text:
        """The text that people see."""
        return self._shown

    def __len__(self) -> int:
        return len(self.ids)

    def label(self, step: int) -> str:
        """The token as it is shown, or as the vocabulary has it where it is not."""
        start, stop = self.spans[step].tolist()
        if stop > start:
            return self._shown.slice(start, stop)
        number = int(self.ids[step])
        return self.vocabulary[number] if number < len(self.vocabulary) else ""

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """From which character to which these tokens stand."""
        if stop <= start:
            place = int(self.spans[start, 0]) if start < len(self) else len(self._shown)
            return place, place
        return int(self.spans[start, 0]), int(self.spans[stop - 1, 1])

    def ends(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """The character after each of these tokens."""
        return np.asarray(self.spans[start:stop, 1])

    def step_at(self, character: int) -> int:
        """The token that stands at a character, or the last one before it; 0 before the first."""
        found = int(np.searchsorted(self.spans[:, 0], character, side="right")) - 1
        while found > 0 and self.spans[found, 0] == self.spans[found, 1]:
            found -= 1  # what is not shown stands nowhere
        return max(0, found)

    def steps_at(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """The token that stands at each of these characters; -1 between tokens."""
        characters = np.arange(start, stop)
        found = np.searchsorted(self.spans[:, 1], characters, side="right")
        inside = np.minimum(found, max(0, len(self) - 1))
        if not len(self):
            return np.full(len(characters), -1)
        return np.where((found < len(self)) & (self.spans[inside, 0] <= characters), inside, -1)

    def known(self, start: int, stop: int, vocabulary: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which of these tokens the network reads, be it as the symbol for those it lacks."""
        return np.not_equal(self.ids[start:stop], UNKNOWN_TOKEN)

    def unknown(self, vocabulary: tuple[str, ...]) -> dict[str, int]:
        """How often each token occurs that the vocabulary lacks, the commonest first.

        Also of those that are read as the symbol for them; a text that holds that symbol itself,
        as prepared ones do, says so in a known word.
        """
        vocabulary = vocabulary or self.vocabulary
        stands = vocabulary.index(self.unknown_symbol) if self.unknown_symbol in vocabulary else -1
        found: Counter[str] = Counter()
        for start in range(0, len(self), _LOOKED_AT):
            ids = self.ids[start : start + _LOOKED_AT]
            lacking = np.flatnonzero((ids == UNKNOWN_TOKEN) | (ids == stands)) + start
            if not len(lacking):
                continue
            first = int(self.spans[lacking[0], 0])
            shown = self._shown.slice(first, int(self.spans[lacking[-1], 1]))
            spans = (np.asarray(self.spans[lacking]) - first).tolist()
            found.update(shown[a:b] for a, b in spans if b > a)
        found.pop(self.unknown_symbol, None)
        return dict(found.most_common())

    def layout(self, vocabulary: tuple[str, ...]) -> TokensLayout:
        """What a recording's description says of them."""
        codes = np.ascontiguousarray(self._shown.codes)
        return TokensLayout(
            vocabulary=vocabulary or self.vocabulary,
            code_width=cast("Literal[1, 2, 4]", codes.dtype.itemsize),
            characters=len(codes),
            unknown=self.unknown_symbol,
        )

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What lies in files."""
        return {
            IDS: np.ascontiguousarray(self.ids, "<u4"),
            SPANS: np.ascontiguousarray(self.spans, "<i8"),
            CODES: np.ascontiguousarray(self._shown.codes),
        }
