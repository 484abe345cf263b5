"""Brush a range of text: the units that are on there and off around it, and where else they are.

After LSTMVis (Strobelt et al. 2018), which asks for one threshold on |value|. That misses a unit
that is near 1 inside and near -1 outside, and means nothing for gates and counters. So unless a
threshold is given, each unit is measured by its own habits: it is on where it is more than half way
from its median to its 99th percentile, or, with a negative sign, to its 1st.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.ranges import Ranges, holds, mask
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import (
    Floats,
    Tile,
    blocks,
    read_tile,
    sample_tile,
    tile_of,
    to_float32,
)
from rnnviz.core.sequences.documents import Documents

RARE = 0.01
"""The share of characters at which a unit may go beyond what counts as its extremes."""

_NEARLY = tuple(sorted(
    ((before, after) for before in (-2, -1, 0, 1) for after in (-1, 0, 1, 2)),
    key=lambda pair: (abs(pair[0]) + abs(pair[1]), pair),
))  # fmt: skip
"""How far a range may be off at its start and its end; the exact one first."""
_TILE = 128
_BLOCK = 1 << 13

Progress = Callable[[float], None]


class PatternUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that is on in the brushed range and off around it."""

    unit: int
    sign: int
    """1 if it is on where it is high, -1 where it is low."""
    threshold: float
    """On means sign * value above sign * threshold."""
    share: float
    """For how much of the range it is on."""
    mean: float
    """Its mean value in the range."""


class Place(msgspec.Struct, frozen=True):
    """A stretch of text where many units of a pattern are on together."""

    start: int
    stop: int
    on: float
    """How many of the units are on, on average over the stretch."""


def brushed_units(
    recording: Recording,
    channel: str,
    start: int,
    stop: int,
    *,
    margin: int = 0,
    margin_right: int | None = None,
    share: float = 1.0,
    threshold: float | None = None,
) -> tuple[PatternUnit, ...]:
    """The units that are on throughout characters start to stop, the strongest first.

    Args:
        recording: may still be growing; the range must be walked.
        channel: one that was recorded.
        start: the first step of the range,
        stop: and the one after its last; the range ends with the document that it begins in.
        margin: so many characters before and after the range, the unit must be off at all of them.
        margin_right: another number of characters after the range.
        share: for how much of the range a unit must be on; 1 for all of it.
        threshold: on means |value| above this, with one sign all along; None for thresholds of
            each unit's own.

    Raises:
        RecordingError: the channel was not recorded, or the range is empty or not walked yet.
    """
    walked = recording.walked
    recording.rows(channel)
    _require_walked(recording, start, stop)
    # What is brushed lies in one document, and so does what is around it.
    first, last = recording.documents.around(start)
    stop = min(stop, last)
    after = margin if margin_right is None else margin_right
    sides = ((max(first, start - margin), start), (stop, min(walked, last, stop + after)))
    found: list[PatternUnit] = []
    for tile, ranges in _running(recording, channel):
        if not all(holds(ranges, step) for step in (start, stop - 1)):
            continue
        low, high = _levels(recording, tile, ranges, threshold)
        sums, above, below = np.zeros((3, len(low)))
        for first, last in blocks(start, stop, _BLOCK):
            values = to_float32(read_tile(recording, tile, first, last))
            sums += values.sum(1, dtype=np.float64)
            above += (values > high).sum(1)
            below += (values < low).sum(1)
        around = np.concatenate([read_tile(recording, tile, *side) for side in sides], axis=1)
        on_around = np.where((above >= below)[:, None], around > high, around < low).any(1)
        shares = np.maximum(above, below) / (stop - start)
        means = sums / (stop - start)
        for row in np.flatnonzero(~on_around & (shares >= max(share, 1e-9))).tolist():
            sign = 1 if above[row] >= below[row] else -1
            level = float((high if sign > 0 else low)[row, 0])
            found.append(
                PatternUnit(
                    unit=recording.groups.unit_of_row(channel, tile.first + row),
                    sign=sign,
                    threshold=level,
                    share=float(shares[row]),
                    mean=float(means[row]),
                )
            )
    return tuple(sorted(found, key=lambda each: (-each.share, -abs(each.mean - each.threshold))))


def _require_walked(recording: Recording, start: int, stop: int) -> None:
    if not 0 <= start < stop <= recording.walked:
        raise RecordingError(
            f"steps {start:,} to {stop:,} are no range of the {recording.walked:,} walked so far"
        )


def nearly_brushed_units(
    recording: Recording,
    channel: str,
    start: int,
    stop: int,
    *,
    margin: int = 0,
    share: float = 1.0,
    threshold: float | None = None,
) -> tuple[PatternUnit, ...]:
    """As `brushed_units`; where none is found, for a range that begins or ends a character off.

    A hand brushes words, and a unit switches at the mark before or after them: what is brushed of
    a quotation may lack its opening mark, or hold the closing one.
    """
    _require_walked(recording, start, stop)
    begin, end = recording.documents.around(start)  # a hand that is off reaches into no other
    for before, after in _NEARLY:
        first, last = max(begin, start + before), min(recording.walked, end, stop + after)
        if first >= last:
            continue
        found = brushed_units(
            recording, channel, first, last, margin=margin, share=share, threshold=threshold
        )
        if found:
            return found
    return ()


def find_same(
    recording: Recording,
    channel: str,
    units: Sequence[PatternUnit],
    *,
    skip: tuple[int, int] = (0, 0),
    at_least: float = 0.75,
    count: int = 50,
    progress: Progress = lambda done: None,
) -> tuple[Place, ...]:
    """Where else in the walked text these units are on together, the best first.

    A place is an unbroken stretch of one document at which at least the share `at_least` of the
    units is on, each with its sign; places are ordered by how many are on, then by length.

    Args:
        recording: may still be growing.
        channel: the one in which the units were found.
        units: as `brushed_units` gives them.
        skip: the brushed range; a place that touches it is left out.
        at_least: 1 for places at which all units are on.
        count: how many places to give at most.
        progress: told the share done; may raise `Cancelled` to stop.

    Raises:
        RecordingError: the channel was not recorded, or its file is cut short.
    """
    recording.rows(channel)
    if not units:
        return ()
    walked, wanted = recording.walked, max(1, int(np.ceil(at_least * len(units) - 1e-9)))
    best: list[Place] = []
    open_start, open_sum = 0, 0.0
    is_open = False
    running = {each.unit: recording.ranges_of(each.unit) for each in units}
    for start, stop in _blocks_of_documents(recording.documents, walked):
        on = _how_many_on(recording, channel, units, running, start, stop)
        if is_open and start == recording.documents.around(start)[0]:
            # A place never goes on into the next document.
            best.append(_place(open_start, start, open_sum))
            is_open = False
        enough = on >= wanted
        totals = np.concatenate([[0], np.cumsum(on)])
        edges = np.flatnonzero(np.diff(enough, prepend=is_open))
        for edge in edges.tolist():
            if is_open:
                total = open_sum + float(totals[edge])
                best.append(_place(open_start, start + edge, total))
            else:
                open_start, open_sum = start + edge, -float(totals[edge])
            is_open = not is_open
        if is_open:
            open_sum += float(totals[-1])
        best = _best_places(best, skip, count)
        progress(stop / walked)
    if is_open:
        best.append(_place(open_start, walked, open_sum))
    return tuple(_best_places(best, skip, count))


def _running(recording: Recording, channel: str) -> Iterator[tuple[Tile, Ranges]]:
    """All rows of a channel in tiles whose units run at the same steps, and these."""
    groups = recording.groups
    for place in groups.having(channel):
        first, ranges = groups.first_row(channel, place), recording.ranges_of(groups.firsts[place])
        for low, high in blocks(first, first + groups[place].width, _TILE):
            yield Tile(channel, low, high), ranges


def _blocks_of_documents(documents: Documents, walked: int) -> Iterator[tuple[int, int]]:
    """What is walked in blocks, none of which reaches into another document."""
    for start, stop in documents.within(0, walked):
        yield from blocks(start, stop, _BLOCK)


def _levels(
    recording: Recording, tile: Tile, ranges: Ranges, threshold: float | None
) -> tuple[Floats, Floats]:
    """Below and above which values the units of a tile are on, (units, 1) each."""
    if threshold is not None:
        high = np.full((tile.stop - tile.first, 1), threshold, np.float32)
        return -high, high
    sample = to_float32(sample_tile(recording, tile, ranges))
    low, middle, high = np.quantile(sample, (RARE, 0.5, 1 - RARE), axis=1, keepdims=True)
    return (low + middle) / 2, (middle + high) / 2


def _how_many_on(
    recording: Recording,
    channel: str,
    units: Sequence[PatternUnit],
    running: Mapping[int, Ranges],
    start: int,
    stop: int,
) -> npt.NDArray[np.int64]:
    on = np.zeros(stop - start, np.int64)
    for each in units:
        tile = tile_of(recording, channel, each.unit)
        values = to_float32(read_tile(recording, tile, start, stop))[0]
        values[~mask(running[each.unit], start, stop)] = np.nan
        on += each.sign * values > each.sign * each.threshold
    return on


def _place(start: int, stop: int, total: float) -> Place:
    return Place(start, stop, total / (stop - start))


def _best_places(places: list[Place], skip: tuple[int, int], count: int) -> list[Place]:
    kept = [each for each in places if each.stop <= skip[0] or each.start >= skip[1]]
    return sorted(kept, key=lambda each: (-each.on, each.start - each.stop, each.start))[:count]
