"""Which steps are complete: what many documents write is what a reader joins."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.recordings.completeness import CompleteRanges, CompleteWriter, slots
from rnnviz.core.recordings.ranges import mask, merged

LENGTH = 60


@pytest.mark.parametrize("seed", range(20))
def test_readers_join_what_was_written_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    array = np.zeros((1, slots(LENGTH), 2), np.int64)
    writer, reader = CompleteWriter(array[0:1]), CompleteRanges(array, LENGTH)
    written = []
    for start, size in zip(rng.integers(0, LENGTH, 40), rng.integers(0, 9, 40), strict=True):
        written.append((int(start), min(LENGTH, int(start + size))))
        writer.add(0, *written[-1])
        assert reader.ranges(0) == merged(written)


def test_what_is_damaged_is_held_within_the_sequence() -> None:
    found = np.array([[(-5, 3), (50, 900), (9, 2), (70, 80), (0, 0), (2, 7)]])
    reader = CompleteRanges(found, LENGTH)
    assert reader.ranges(0) == ((0, 7), (50, 60))
    assert mask(reader.ranges(0), 0, LENGTH).sum() == 17


def test_what_is_whole_is_not_read_again() -> None:
    array = np.zeros((1, slots(1), 2), np.int64)
    CompleteWriter(array).add(0, 0, LENGTH)
    reader = CompleteRanges(array, LENGTH)
    assert reader.ranges(0) == ((0, LENGTH),)
    array[:] = 0
    assert reader.ranges(0) == ((0, LENGTH),)
