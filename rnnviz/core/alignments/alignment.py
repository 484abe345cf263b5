"""Where every generated token looked: weights (G, S), always with the tokens that they belong to.

Bahdanau, Cho and Bengio (2015), equation 6: row t holds the weights a_ti over the source positions,
a distribution. What follows here is arithmetic on that table; where it came from is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import force_setattr

from rnnviz.core.alignments.links import Link
from rnnviz.core.alignments.words.tokens import Group, has_pieces, is_mark, word_groups, word_of
from rnnviz.core.errors import AlignmentError
from rnnviz.core.files.array_files import read_array

Floats = npt.NDArray[np.float32]
Direction = Literal["target", "source", "both", "either", "threshold"]
DIRECTIONS: dict[Direction, str] = {
    "target": "the heaviest source word of each target word",
    "source": "the heaviest target word of each source word",
    "both": "only where both agree",
    "either": "where one of the two says so",
    "threshold": "every weight from a threshold on",
}
"""How a table of weights becomes links, in words."""


class Alignment(Struct, frozen=True, eq=False):
    """Weights over the source positions for every generated token; read-only."""

    source: tuple[str, ...]
    """(S) tokens."""
    target: tuple[str, ...]
    """(G) tokens."""
    weights: Floats
    """(G, S); a row is a distribution, up to rounding, unless somebody forced it."""

    def __post_init__(self) -> None:
        shape = (len(self.target), len(self.source))
        if self.weights.shape != shape:
            raise AlignmentError(
                f"{shape[0]} target and {shape[1]} source tokens need weights of that shape; "
                f"found {' × '.join(map(str, self.weights.shape)) or 'a single number'}"
            )
        weights = np.array(self.weights, np.float32)
        weights.setflags(write=False)
        force_setattr(self, "weights", weights)

    @classmethod
    def read(cls, path: Path, source: Sequence[str], target: Sequence[str]) -> Alignment:
        """The weights of a `.npy` file with their tokens.

        Raises:
            AlignmentError: the file is missing, damaged, or of another shape.
        """
        return cls(tuple(source), tuple(target), read_rows(path))

    @property
    def size(self) -> tuple[int, int]:
        """(G, S)."""
        return len(self.target), len(self.source)

    def entropy_bits(self) -> Floats:
        """(G,) the entropy of each row: 0 looks at one place, log2 S at all alike; NaN for none.

        >>> Alignment(("a", "b"), ("x", "y"), np.array([[1, 0], [0.5, 0.5]])).entropy_bits()
        array([0., 1.], dtype=float32)
        """
        weights = np.clip(np.asarray(self.weights, np.float64), 0, None)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = weights / weights.sum(axis=1, keepdims=True)
            logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
            found = np.abs((shares * logs).sum(axis=1))
        return np.asarray(found, np.float32)

    def coverage(self) -> Floats:
        """(S,) how much weight each source token got from all target tokens together.

        Tu et al. (2016), "Modeling coverage for neural machine translation".
        """
        return np.asarray(np.nansum(self.weights, axis=0, dtype=np.float64), np.float32)

    def heaviest(self, share: float) -> npt.NDArray[np.bool_]:
        """(G, S) which weights make this share of all weight, taken from the heaviest on.

        >>> Alignment(("a", "b"), ("x",), np.array([[0.9, 0.1]])).heaviest(0.9)
        array([[ True, False]])
        """
        if share >= 1:
            return np.asarray(self.weights > 0)
        flat = np.nan_to_num(self.weights.ravel().astype(np.float64), nan=0.0)
        order = np.argsort(-flat, kind="stable")
        sums = np.cumsum(flat[order])
        total = sums[-1] if len(sums) else 0.0
        kept = np.zeros(len(flat), bool)
        if total > 0 and share > 0:
            # Weights come as float32: a share that is reached within its rounding is reached.
            count = int(np.searchsorted(sums, (share - 1e-6) * total)) + 1
            kept[order[:count]] = flat[order[:count]] > 0
        return kept.reshape(self.weights.shape)

    def links(self, direction: Direction = "target", threshold: float = 0.5) -> frozenset[Link]:
        """Hard links (source place, target place), from 0; sentence marks get none.

        Args:
            threshold: the least weight of a link, for the direction `threshold` alone.
        """
        rows = [place for place, token in enumerate(self.target) if not is_mark(token)]
        columns = [place for place, token in enumerate(self.source) if not is_mark(token)]
        if not rows or not columns:
            return frozenset()
        part = np.nan_to_num(self.weights[np.ix_(rows, columns)], nan=-1.0)
        if direction == "threshold":
            return frozenset(
                (columns[column], rows[row]) for row, column in np.argwhere(part >= threshold)
            )
        of_target = {(columns[int(s)], rows[t]) for t, s in enumerate(part.argmax(axis=1))}
        of_source = {(columns[s], rows[int(t)]) for s, t in enumerate(part.argmax(axis=0))}
        chosen = {
            "target": of_target,
            "source": of_source,
            "both": of_target & of_source,
            "either": of_target | of_source,
        }
        return frozenset(chosen[direction])

    def by_word(self) -> Alignment:
        """The same with pieces joined to words: summed over source pieces, mean over target ones.

        A word's row is again a distribution, since its pieces share it evenly.
        """
        if not (has_pieces(self.source) or has_pieces(self.target)):
            return self
        sources, targets = word_groups(self.source), word_groups(self.target)
        weights = joined(self.weights.astype(np.float64), sources, axis=1)
        weights = joined(weights, targets, axis=0, mean=True)
        return Alignment(
            tuple(word_of(self.source[start:stop]) for start, stop in sources),
            tuple(word_of(self.target[start:stop]) for start, stop in targets),
            weights.astype(np.float32),
        )


def joined(
    table: npt.NDArray[np.float64], groups: Sequence[Group], axis: int, *, mean: bool = False
) -> npt.NDArray[np.float64]:
    """A table with the lines of each group added up, or averaged, along an axis."""
    if not groups:
        return table
    starts = [start for start, _ in groups]
    added: npt.NDArray[np.float64] = np.add.reduceat(table, starts, axis=axis)
    if not mean:
        return added
    sizes = np.array([stop - start for start, stop in groups], np.float64)
    shape = (-1, 1) if axis == 0 else (1, -1)
    averaged: npt.NDArray[np.float64] = added / sizes.reshape(shape)
    return averaged


def read_rows(path: Path) -> Floats:
    """A table of numbers that the engine wrote.

    Raises:
        AlignmentError: the file is missing, damaged, or holds no table.
    """
    try:
        table = read_array(path)
    except (OSError, ValueError, EOFError) as error:
        raise AlignmentError(f"cannot read {path.name}: {error}; translate again") from error
    if table.ndim != 2:
        raise AlignmentError(f"{path.name} holds no table of numbers; translate again")
    return table.astype(np.float32)
