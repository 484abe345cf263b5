"""Where the documents of a sequence lie: a network's state starts anew at each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]


class Documents:
    """D documents that follow each other without gaps; none is empty, and most often D is 1.

    >>> documents = Documents.of_lengths([3, 2])
    >>> len(documents), documents.of(3), documents.bounds(1)
    (2, 1, (3, 5))
    """

    def __init__(self, offsets: Offsets) -> None:
        self.offsets = offsets
        """(D + 1,) where each begins, and where the last one ends; may be memory-mapped."""

    @classmethod
    def one(cls, length: int) -> Documents:
        """All T steps are one document."""
        return cls(np.array([0, length] if length else [0], np.int64))

    @classmethod
    def of_lengths(cls, lengths: Iterable[int]) -> Documents:
        """Documents of so many steps each.

        Raises:
            ValueError: one of them is empty.
        """
        found = np.array([0, *lengths], np.int64)
        if (found[1:] <= 0).any():
            raise ValueError("a document must have at least one step")
        return cls(np.cumsum(found))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return (self.bounds(number) for number in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Documents) and np.array_equal(self.offsets, other.offsets)

    def __hash__(self) -> int:
        return hash(self.offsets.tobytes())

    @property
    def many(self) -> bool:
        """Whether there is more than one."""
        return len(self) > 1

    @property
    def length(self) -> int:
        """T, the steps of all of them."""
        return int(self.offsets[-1])

    def of(self, step: int) -> int:
        """The document, counted from 0, that this step belongs to."""
        return int(np.searchsorted(self.offsets, step, side="right")) - 1

    def bounds(self, number: int) -> tuple[int, int]:
        """The first step of a document, and the one after its last."""
        start, stop = self.offsets[number : number + 2].tolist()
        return start, stop

    def around(self, step: int) -> tuple[int, int]:
        """The bounds of the document that this step belongs to."""
        return self.bounds(self.of(step))

    def within(self, start: int, stop: int) -> tuple[tuple[int, int], ...]:
        """The parts of a range of steps that lie in one document each."""
        if stop <= start:
            return ()
        inner = self.offsets[
            np.searchsorted(self.offsets, start, "right") : np.searchsorted(self.offsets, stop)
        ]
        edges = [start, *inner.tolist(), stop]
        return tuple(pairwise(edges))


def checked(offsets: Offsets, length: int) -> Documents:
    """The documents that lie at these offsets, as a file has them.

    Raises:
        ValueError: they do not divide so many steps.
    """
    ends = offsets[[0, -1]].tolist() if len(offsets) else []
    if ends != [0, length] or (np.diff(offsets) <= 0).any():
        raise ValueError(f"the offsets of the documents do not divide {length:,} steps")
    return Documents(offsets)
