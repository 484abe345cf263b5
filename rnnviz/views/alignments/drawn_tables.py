"""The tables of a decoded sentence as they are drawn: names of rows and columns, colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Alignment, joined
from rnnviz.core.alignments.decoded import LAYERS, Decoded
from rnnviz.core.alignments.difference import Difference, difference
from rnnviz.core.alignments.trust import EFFECTS
from rnnviz.core.alignments.words.tokens import shown_token, word_groups, word_of
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


def so_far(layer: Layer, decoded: Decoded, name: str, step: int | None) -> Layer:
    """A table by words in which the word that is under way is as far as its pieces are written.

    Args:
        layer: the table `name` of this sentence, with pieces joined to words.
        step: how many tokens are written; None and the end of a word leave the table as it is.
    """
    found = _under_way(decoded, name, step)
    many = len(word_groups(decoded.target))
    if found is None or layer.rows_of_source or len(layer.row_names) != many:
        return layer
    values, names = layer.values.copy(), list(layer.row_names)
    values[found.row], names[found.row] = found.values, shown_token(found.word)
    return replace(layer, values=values, row_names=tuple(names))


def weights_so_far(alignment: Alignment, decoded: Decoded, step: int | None) -> Alignment:
    """Weights by words in which the word that is under way is as far as its pieces are written.

    Args:
        alignment: that of this sentence, with pieces joined to words.
        step: how many tokens are written; None and the end of a word leave it as it is.
    """
    found = _under_way(decoded, "weights", step)
    if found is None:
        return alignment
    weights, target = alignment.weights.copy(), list(alignment.target)
    weights[found.row], target[found.row] = found.values, found.word
    return Alignment(alignment.source, tuple(target), weights)


class _UnderWay(NamedTuple):
    row: int
    word: str
    """What is written of it."""
    values: npt.NDArray[np.float64]
    """Its row of the table, the mean over what is written."""


def _under_way(decoded: Decoded, name: str, step: int | None) -> _UnderWay | None:
    """The word of which some pieces are written and some are not; None where there is none."""
    if step is None:
        return None
    for row, (start, stop) in enumerate(word_groups(decoded.target)):
        if start < step < stop:
            values = _by_token(decoded, name)[start:step].mean(axis=0)
            return _UnderWay(row, word_of(decoded.target[start:step]), values)
    return None


def _by_token(decoded: Decoded, name: str) -> npt.NDArray[np.float64]:
    """A table with a row for every target token, its source pieces joined to words."""
    if name in EFFECTS:
        return decoded.effects(name, words=True).astype(np.float64)
    if name == "weights":
        weights = decoded.alignment.weights.astype(np.float64)
        return joined(weights, word_groups(decoded.source), axis=1)
    table = decoded.layer(name).astype(np.float64)
    if name == "energies":
        return joined(table, word_groups(decoded.source), axis=1, mean=True)
    return table


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
