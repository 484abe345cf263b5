"""How one alignment differs from another: word for word, where both have the word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from rnnviz.core.alignments.alignment import Alignment, Floats

MARKED = 0.1
"""A weight that differs by so much is marked."""


@dataclass(frozen=True, eq=False)
class Difference:
    """The new weights less the old ones, in the rows and columns of the new alignment."""

    values: Floats
    """(G, S); NaN where the old alignment lacks the word of the row or of the column."""
    new_rows: frozenset[int]
    """Target words that the old one does not have there."""
    new_columns: frozenset[int]
    """Source words likewise."""
    changed: frozenset[tuple[int, int]]
    """Cells that differ by `MARKED` or more."""

    @property
    def words(self) -> str:
        """How much differs, for people."""
        if not (self.new_rows or self.new_columns or self.changed):
            return "No weight differs by 0.1 or more."
        said = []
        for count, what in (
            (len(self.new_rows), "target word"),
            (len(self.new_columns), "source word"),
        ):
            if count:
                said.append(f"{count} {what}{'s' * (count != 1)} changed")
        if count := len(self.changed):
            one = count == 1
            said.append(f"{count} weight{'s' * (not one)} differ{'s' * one} by 0.1 or more")
        return f"{', '.join(said)}."


def difference(new: Alignment, old: Alignment) -> Difference:
    """The difference of two alignments, their words set against each other as text is compared.

    >>> a = Alignment(("le", "chat"), ("the", "cat"), np.array([[1, 0], [0, 1]]))
    >>> b = Alignment(("le", "chat"), ("the", "dog"), np.array([[0.5, 0.5], [0, 1]]))
    >>> found = difference(b, a)
    >>> found.values.tolist(), sorted(found.new_rows), sorted(found.changed)
    ([[-0.5, 0.5], [nan, nan]], [1], [(0, 0), (0, 1)])
    """
    rows, columns = _matched(new.target, old.target), _matched(new.source, old.source)
    values = np.full(new.weights.shape, np.nan, np.float32)
    if rows and columns:
        here = np.ix_(list(rows), list(columns))
        values[here] = (
            new.weights[here] - old.weights[np.ix_(list(rows.values()), list(columns.values()))]
        )
    changed = np.argwhere(np.abs(np.nan_to_num(values)) >= MARKED)
    return Difference(
        values,
        frozenset(range(len(new.target))) - frozenset(rows),
        frozenset(range(len(new.source))) - frozenset(columns),
        frozenset((int(row), int(column)) for row, column in changed),
    )


def _matched(new: Sequence[str], old: Sequence[str]) -> dict[int, int]:
    """The place in the old of each word of the new that is still there."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {block.b + at: block.a + at for block in blocks for at in range(block.size)}
