"""The states of many sentence pairs, to find those that are most alike to one state.

A folder: `encoder.npy` and `decoder.npy`, a row of float16 of length 1 for every token of every
pair, and `pairs.json`, the tokens of each pair. Strobelt et al. (2018), "Seq2Seq-Vis", show the
training sentences that a state lies near to; likeness here is the cosine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Floats, read_rows
from rnnviz.core.alignments.words.tokens import is_mark, word_groups, word_of
from rnnviz.core.errors import AlignmentError
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.core.files.writing import write_atomically

SIDES = {"encoder": "Encoder", "decoder": "Decoder"}
"""Whose states, in words."""
_AT_ONCE = 1 << 14
"""Rows that are compared together."""


class IndexedPair(msgspec.Struct, frozen=True):
    """The tokens of one pair, each side with its end."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    source_text: str
    target_text: str


class NearState(NamedTuple):
    """A state of another sentence."""

    cosine: float
    pair: IndexedPair
    place: int
    """The token whose state it is, of the source or of the target."""


class StateIndex:
    """The states of all tokens of some pairs.

    Args:
        rows: by the names of `SIDES`, (N, U), every row of length 1.
    """

    def __init__(
        self, pairs: Sequence[IndexedPair], rows: dict[str, npt.NDArray[np.float16]]
    ) -> None:
        self.pairs, self.rows = tuple(pairs), rows
        lengths = {
            "encoder": [len(pair.source) for pair in self.pairs],
            "decoder": [len(pair.target) for pair in self.pairs],
        }
        self._starts = {
            side: np.concatenate([[0], np.cumsum(lengths[side])]).astype(np.int64) for side in rows
        }
        for side, states in rows.items():
            if len(states) != self._starts[side][-1]:
                raise AlignmentError(
                    f"the index has {len(states):,} states of the {side} and its pairs "
                    f"{self._starts[side][-1]:,} tokens; make it anew"
                )

    @classmethod
    def read(cls, folder: Path) -> StateIndex:
        """What `write_index` wrote.

        Raises:
            AlignmentError: it is missing or damaged.
        """
        try:
            pairs = read_json(folder / "pairs.json", tuple[IndexedPair, ...])
        except (OSError, DamagedFileError) as error:
            raise AlignmentError(f"cannot read the index in {folder}: {error}") from error
        rows = {side: read_rows(folder / f"{side}.npy").astype(np.float16) for side in SIDES}
        return cls(pairs, rows)

    def nearest(self, side: str, state: Floats, count: int = 12) -> list[NearState]:
        """The pairs with the states that are most alike to this one, the likest first.

        Of each pair its likest state alone; pairs of one source sentence count once. A state of
        zeros or of another width has none.
        """
        rows, wanted = self.rows[side], np.nan_to_num(np.asarray(state, np.float32))
        length = float(np.linalg.norm(wanted))
        if not len(rows) or not length or wanted.shape != rows.shape[1:]:
            return []
        wanted = wanted / length
        blocks = range(0, len(rows), _AT_ONCE)
        cosines = np.concatenate(
            [rows[at : at + _AT_ONCE].astype(np.float32) @ wanted for at in blocks]
        )
        starts = self._starts[side]
        found: list[NearState] = []
        seen: set[str] = set()
        for row in np.argsort(-cosines, kind="stable").tolist():
            number = int(np.searchsorted(starts, row, side="right")) - 1
            pair = self.pairs[number]
            if pair.source_text in seen:
                continue
            seen.add(pair.source_text)
            found.append(NearState(float(cosines[row]), pair, row - int(starts[number])))
            if len(found) == count:
                break
        return found


def unit_rows(states: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    """Rows (N, U) of length 1; a row of zeros stays zero.

    >>> unit_rows(np.array([[0, 2], [0, 0]], np.float32)).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(states, axis=1, keepdims=True)
    return np.asarray(states / np.maximum(lengths, 1e-12), np.float16)


def write_index(
    folder: Path, pairs: Sequence[IndexedPair], rows: dict[str, npt.NDArray[np.float16]]
) -> None:
    """Write an index into a folder, which is made.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for side, states in rows.items():
        np.save(folder / f"{side}.npy", states)
    told = json.dumps(msgspec.to_builtins(pairs), ensure_ascii=False)
    write_atomically(folder / "pairs.json", told.encode("utf-8", "surrogatepass"))


def marked_sentence(tokens: Sequence[str], place: int) -> tuple[str, str, str]:
    """A sentence as before the word of a token, the word, and what follows; ends are left out.

    >>> marked_sentence(["▁the", "▁gr", "ey", "▁cat", "</s>"], 2)
    ('the ', 'grey', ' cat')
    >>> marked_sentence(["a", "b", "</s>"], 2)
    ('a b ', 'end', '')
    """
    before, word, after = "", "", ""
    for start, stop in word_groups(tokens):
        shown = "" if is_mark(tokens[start]) else word_of(tokens[start:stop])
        if start <= place < stop:
            word = shown or "end"
        elif place >= stop and shown:
            before += f"{shown} "
        elif shown:
            after += f" {shown}"
    return before, word, after
