"""The tables of a decoded sentence as they are drawn: names of rows and columns, colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Alignment, joined
from rnnviz.core.alignments.decoded import LAYERS, Decoded
from rnnviz.core.alignments.difference import Difference, difference
from rnnviz.core.alignments.tokens import shown_token, word_groups, word_of
from rnnviz.core.alignments.trust import EFFECTS
from rnnviz.core.colours.colour import Scale, scale_for
from rnnviz.core.colours.weight_colours import WHOLE


@dataclass(frozen=True, eq=False)
class Layer:
    """One table with the names of its rows and columns."""

    values: npt.NDArray[np.float32]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    scale: Scale
    quantity: str
    """What a number is: `weight`, `score`, `context vector`."""
    of_words: bool = True
    """Whether rows are target words and columns source words, as in the other views."""
    rows_of_source: bool = False
    """Whether rows are source words."""

    @property
    def of_weights(self) -> bool:
        """Whether the numbers are weights, which all share one scale."""
        return self.quantity == "weight"

    def cell(self, row: int, column: int) -> str:
        """One number with all its digits, and what it is."""
        return f"{self.quantity} {float(self.values[row, column]):.6g}"


def weights_of(decoded: Decoded, *, words: bool) -> Alignment:
    """The weights, with pieces joined to words if wanted.

    Raises:
        AlignmentError: the model has no attention, or the file is gone.
    """
    return decoded.word_alignment if words else decoded.alignment


def layer_of(decoded: Decoded, name: str, *, words: bool) -> Layer:
    """A table of a decoded sentence.

    Scores before the softmax are joined to words by their mean: a sum of scores means nothing.

    Raises:
        AlignmentError: it was not kept, or its file is gone.
    """
    if name == "weights":
        alignment = weights_of(decoded, words=words)
        names = (_shown(alignment.target), _shown(alignment.source))
        return Layer(alignment.weights, *names, WHOLE, "weight")
    if name in EFFECTS:
        return _effects(decoded, name, words=words)
    table = decoded.layer(name).astype(np.float64)
    of_source = name == "encoder"
    tokens = decoded.source if of_source else decoded.target
    row_names = _names(tokens, words=words)
    if words:
        table = joined(table, word_groups(tokens), axis=0, mean=True)
    if name == "energies":
        columns = _names(decoded.source, words=words)
        if words:
            table = joined(table, word_groups(decoded.source), axis=1, mean=True)
    else:
        columns = tuple(str(unit) for unit in range(table.shape[1]))
    values = table.astype(np.float32)
    scale = scale_for("cell", values) if values.size else Scale(-1.0, 1.0, "blue-orange")
    quantity = _QUANTITIES.get(name, LAYERS[name].lower())
    return Layer(values, row_names, columns, scale, quantity, name == "energies", of_source)


def _effects(decoded: Decoded, name: str, *, words: bool) -> Layer:
    """What source words do to target words; the mean over the pieces of a target word."""
    table = decoded.effects(name, words=words).astype(np.float64)
    if words:
        table = joined(table, word_groups(decoded.target), axis=0, mean=True)
    values = table.astype(np.float32)
    names = (_names(decoded.target, words=words), _names(decoded.source, words=words))
    quantity = "gradient × input" if name == "gradient" else "p falls by"
    return Layer(values, *names, _about_zero(values), quantity)


def difference_of(new: Alignment, old: Alignment) -> tuple[Layer, Difference]:
    """The weights of an alignment less those of another, as a table of its own."""
    found = difference(new, old)
    names = (_shown(new.target), _shown(new.source))
    return Layer(found.values, *names, Scale(-1.0, 1.0, "blue-orange"), "weight changed by"), found


def _about_zero(values: npt.NDArray[np.float32]) -> Scale:
    known = np.abs(values[np.isfinite(values)])
    bound = max(float(np.max(known, initial=0.0)), 1e-6)
    return Scale(-bound, bound, "blue-orange")


_QUANTITIES: Mapping[str, str] = {
    "energies": "score",
    "context": "context",
    "encoder": "encoder state",
    "decoder": "decoder state",
}


def words_of(tokens: tuple[str, ...], *, words: bool) -> tuple[str, ...]:
    """The tokens, or the words that they form."""
    if not words:
        return tokens
    return tuple(word_of(tokens[start:stop]) for start, stop in word_groups(tokens))


def place_of_token(tokens: tuple[str, ...], *, words: bool) -> tuple[int, ...]:
    """For every token the place on the screen: its own, or that of its word."""
    if not words:
        return tuple(range(len(tokens)))
    groups = word_groups(tokens)
    return tuple(place for place, (start, stop) in enumerate(groups) for _ in range(start, stop))


def _names(tokens: tuple[str, ...], *, words: bool) -> tuple[str, ...]:
    return _shown(words_of(tokens, words=words))


def _shown(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(shown_token, tokens))
