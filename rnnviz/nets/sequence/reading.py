"""What a network is given to read, step by step: a text in its symbols, or rows of numbers.

    reading = read_text(network.reads, Text.of("hello"))
    known, ids = reading.take(0, 5)

Steps that a network does not know are passed over: its state stays, and so do all its units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.models import network as described
from rnnviz.core.models.network import Reads, Symbols
from rnnviz.core.sequences.base import Sequence
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text, lowered
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens
from rnnviz.core.sequences.vocabulary import UNKNOWN, Vocabulary
from rnnviz.nets.sequence.symbols.reader import SymbolReader

UNKNOWN_CLASS = -1
Known = npt.NDArray[np.bool_]


class Steps(Protocol):
    """How the steps of a sequence enter a network."""

    def take(self, start: int, stop: int) -> tuple[Known, Tensor]:
        """Which of these steps the network knows, and what enters at those.

        Returns:
            (stop - start,), and (k,) ids or (k, F) numbers.
        """
        ...


@dataclass(frozen=True)
class Reading:
    """A sequence of T steps, and how a network takes them in."""

    sequence: Sequence
    steps: Steps
    vocabulary: tuple[str, ...] = ()
    """What the network knows of symbols."""
    truth: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """(T,) the class of each step, where classes are to be found; `UNKNOWN_CLASS` where none is
    said. Empty where nothing is."""
    wanted: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """(T, O) the numbers that are to come out; NaN where none are said. Empty where nothing is."""

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def documents(self) -> Documents:
        """Where the state starts anew."""
        return self.sequence.documents

    def take(self, start: int, stop: int) -> tuple[Known, Tensor]:
        """See `Steps`."""
        return self.steps.take(start, stop)

    def require_known(self) -> None:
        """Refuse a text of which the network knows nothing.

        Raises:
            TextError: naming some of what it knows.
        """
        block = 1 << 16
        starts = range(0, len(self), block)
        if len(self) and not any(self.take(a, min(a + block, len(self)))[0].any() for a in starts):
            what, between = "characters", ""
            if any(len(symbol) > 1 for symbol in self.vocabulary):
                what, between = "symbols", " "
            raise TextError(
                f"the model knows none of the {what} of this text; "
                f"it knows {between.join(self.vocabulary)[:80]!r}"
            )


class CharacterSteps:
    """Characters of a text, which may be memory-mapped; each is one of V."""

    def __init__(self, text: Text, vocabulary: Vocabulary, lower: bool = False) -> None:
        self._codes, self._vocabulary, self._lower = text.codes, vocabulary, lower

    def take(self, start: int, stop: int) -> tuple[Known, Tensor]:
        """See `Steps`."""
        codes = np.asarray(self._codes[start:stop])
        ids = self._vocabulary.encode_codes(lowered(codes) if self._lower else codes)
        known = ids != UNKNOWN
        return known, torch.from_numpy(ids[known]).long()


class TokenSteps:
    """Tokens of a text by their ids."""

    def __init__(self, tokens: Tokens) -> None:
        self._ids = tokens.ids

    def take(self, start: int, stop: int) -> tuple[Known, Tensor]:
        """See `Steps`."""
        ids = np.asarray(self._ids[start:stop])
        known = ids != UNKNOWN_TOKEN
        return known, torch.from_numpy(ids[known].astype(np.int64))


class NumberSteps:
    """Rows of numbers, brought to the scale that the network learned from."""

    def __init__(self, numbers: Numbers, reads: described.Numbers) -> None:
        self._values = numbers.values
        count = len(reads.columns)
        self._mean = np.array(reads.mean or [0.0] * count, np.float32)
        self._deviation = np.array(reads.deviation or [1.0] * count, np.float32)

    def take(self, start: int, stop: int) -> tuple[Known, Tensor]:
        """See `Steps`."""
        values = (self._values[start:stop] - self._mean) / self._deviation
        entering = torch.from_numpy(np.ascontiguousarray(values, np.float32))
        return np.ones(len(values), np.bool_), entering


def reads_characters(reads: Symbols) -> bool:
    """Whether each symbol is one character, so that a text is read as it lies on the disk."""
    plain = reads.unit == "characters" and not reads.unknown
    return plain and all(len(symbol) == 1 for symbol in reads.vocabulary)


def read_text(reads: Reads, text: Text) -> Reading:
    """A text as a network reads it, as one document.

    Raises:
        ModelFileError: the network reads no text.
        TextError: there is nothing in it to read.
    """
    if not isinstance(reads, Symbols):
        raise ModelFileError("the model reads numbers, not text; choose a file of numbers")
    if reads_characters(reads):
        steps = CharacterSteps(text, Vocabulary(reads.vocabulary), reads.lower)
        shown = text.in_lower_case() if reads.lower else text
        return Reading(shown, steps, reads.vocabulary)
    cut = SymbolReader(reads).cut(str(text))
    if not len(cut.ids):
        raise TextError(f"{text.name or 'the text'} holds no word that could be read")
    ids = np.where(cut.ids == UNKNOWN, UNKNOWN_TOKEN, cut.ids).astype(np.uint32)
    return read_tokens(Tokens(ids, cut.spans, text, reads.vocabulary, unknown=reads.unknown))


def read_tokens(tokens: Tokens, truth: npt.NDArray[np.int32] | None = None) -> Reading:
    """Tokens that were cut from a text before, and the class of each, where one is said."""
    said = np.zeros(0, np.int32) if truth is None else truth
    return Reading(tokens, TokenSteps(tokens), tokens.vocabulary, said)


def read_numbers(
    reads: Reads,
    numbers: Numbers,
    wanted: npt.NDArray[np.float32] | None = None,
    truth: npt.NDArray[np.int32] | None = None,
) -> Reading:
    """Rows of numbers as a network reads them.

    Raises:
        ModelFileError: the network reads text, or other columns.
    """
    if not isinstance(reads, described.Numbers):
        raise ModelFileError("the model reads text, not numbers; choose a text")
    if numbers.values.shape[1] != len(reads.columns):
        raise ModelFileError(
            f"{numbers.name or 'the file'} has {numbers.values.shape[1]} columns "
            f"({', '.join(numbers.columns[:8])}) and the model reads {len(reads.columns)} "
            f"({', '.join(reads.columns[:8])}); choose a file with these"
        )
    steps = NumberSteps(numbers, reads)
    given = {"wanted": wanted, "truth": truth}
    said: Any = {name: array for name, array in given.items() if array is not None}
    return Reading(numbers, steps, **said)
