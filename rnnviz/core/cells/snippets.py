"""What one unit does over a text: where it is highest and lowest, its spread, its open gates."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.cells.saturation import saturation
from rnnviz.core.quantities.bins import bin_edges
from rnnviz.core.recordings.ranges import steps_in
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import (
    Floats,
    blocks_of,
    halves,
    read_tile,
    sample_tile,
    tile_of,
    to_float32,
)

HISTOGRAM_BINS = 64
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

_BLOCK = 1 << 16

Progress = Callable[[float], None]


class Snippet(msgspec.Struct, frozen=True):
    """One place in a text, with what surrounds it."""

    position: int
    """The step at which the unit takes the value."""
    value: float
    start: int
    """The step at which `text` starts."""
    stop: int
    """The step after its last."""
    text: str


class Saturation(msgspec.Struct, frozen=True):
    """For how much of the text one gate is nearly shut, and nearly open, 0 to 1."""

    gate: str
    unit: int
    closed: float
    """Share of characters at which the gate is below 0.1."""
    open: float
    """Share of characters at which it is above 0.9."""


class UnitPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one unit of one channel."""

    channel: str
    unit: int
    characters: int
    highest: tuple[Snippet, ...]
    """Highest first."""
    lowest: tuple[Snippet, ...]
    """Lowest first."""
    low: float
    high: float
    histogram: tuple[int, ...]
    """How many characters in each of `HISTOGRAM_BINS` bins; `edges` are their ends."""
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    """At `QUANTILES`, from some 16,000 characters all over the text."""
    saturation: tuple[Saturation, ...]
    """Of every recorded gate of this unit."""

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """The ends of the bins of `histogram`."""
        return bin_edges(self.low, self.high, len(self.histogram))


def unit_page(
    recording: Recording,
    channel: str,
    unit: int,
    *,
    count: int = 20,
    apart: int = 40,
    context: int = 40,
    progress: Progress = lambda share: None,
) -> UnitPage:
    """Describe one unit over what is walked of a text, going through it in blocks.

    Args:
        recording: may still be growing.
        channel: one that was recorded.
        unit: counted through all groups.
        count: how many highest and how many lowest places to give.
        apart: no two places of one kind are nearer to each other than so many characters.
        context: how many characters to show before and after each place.
        progress: told the share done; may raise `Cancelled` to stop.

    Raises:
        RecordingError: the channel was not recorded, or its file is cut short.
    """
    tile, ranges = tile_of(recording, channel, unit), recording.ranges_of(unit)
    length = steps_in(ranges)
    tops, bottoms = _Extremes(1, count, apart), _Extremes(-1, count, apart)
    total = square = 0.0
    done = 0
    for start, stop in blocks_of(ranges, _BLOCK):
        values = to_float32(read_tile(recording, tile, start, stop))[0]
        total += float(values.sum(dtype=np.float64))
        square += float(np.square(values, dtype=np.float64).sum())
        tops.add(values, start)
        bottoms.add(values, start)
        done += stop - start
        progress(0.5 * done / length)
    highest, lowest = tops.best(), bottoms.best()
    low, high = (lowest[0][1], highest[0][1]) if length else (0.0, 0.0)
    counts = np.zeros(HISTOGRAM_BINS, np.int64)
    edges = bin_edges(low, high, HISTOGRAM_BINS)
    for start, stop in blocks_of(ranges, _BLOCK):
        # In float32 the bins of a unit that hardly changes would have no width.
        values = to_float32(read_tile(recording, tile, start, stop))[0].astype(np.float64)
        counts += np.histogram(values, HISTOGRAM_BINS, (edges[0], edges[-1]))[0]
        done += stop - start
        progress(0.5 * done / length)
    mean = total / max(1, length)
    sample = to_float32(sample_tile(recording, tile, ranges))[0]
    return UnitPage(
        channel=channel,
        unit=unit,
        characters=length,
        highest=tuple(_snippet(recording, *place, context) for place in highest),
        lowest=tuple(_snippet(recording, *place, context) for place in lowest),
        low=low,
        high=high,
        histogram=tuple(counts.tolist()),
        mean=mean,
        deviation=float(np.sqrt(max(0.0, square / max(1, length) - mean * mean))),
        quantiles=tuple(np.quantile(sample, QUANTILES).tolist()) if length else (),
        saturation=tuple(
            _saturation(recording, gate, unit)
            for gate in recording.groups.of(unit).channels
            if recording.about_channel(gate, unit).is_gate
        ),
    )


def _saturation(recording: Recording, gate: str, unit: int) -> Saturation:
    closed = opened = 0.0
    tile, ranges = tile_of(recording, gate, unit), recording.ranges_of(unit)
    length = steps_in(ranges)
    for start, stop in blocks_of(ranges, _BLOCK):
        left, right = saturation(halves(read_tile(recording, tile, start, stop)[0]))
        closed += float(left) * (stop - start) / length
        opened += float(right) * (stop - start) / length
    return Saturation(gate, unit, closed, opened)


class _Extremes:
    """The highest places so far (lowest if the sign is -1), none too near to another."""

    def __init__(self, sign: int, count: int, apart: int) -> None:
        self.sign = sign
        self.count = count
        self.apart = max(1, apart)
        self._places = np.zeros(0, np.int64)
        self._values = np.zeros(0, np.float32)

    def add(self, values: Floats, start: int) -> None:
        """Look through the values that start at this character."""
        # The best of every piece of `apart` characters stands for it.
        piece = self.apart
        whole = len(values) // piece * piece
        peaks = (self.sign * values[:whole]).reshape(-1, piece).argmax(1)
        places = peaks + np.arange(0, whole, piece)
        if whole < len(values):
            places = np.append(places, whole + (self.sign * values[whole:]).argmax())
        self._places = np.concatenate([self._places, places + start])
        self._values = np.concatenate([self._values, values[places]])
        # A place that is chosen rules out at most those of the pieces beside its own.
        keep = np.argsort(-self.sign * self._values, kind="stable")[: 4 * self.count]
        self._places, self._values = self._places[keep], self._values[keep]

    def best(self) -> list[tuple[int, float]]:
        """(place, value), best first."""
        found: list[tuple[int, float]] = []
        for place, value in zip(self._places.tolist(), self._values.tolist(), strict=True):
            if len(found) == self.count:
                break
            if all(abs(place - other) >= self.apart for other, _ in found):
                found.append((place, value))
        return found


def _snippet(recording: Recording, position: int, value: float, context: int) -> Snippet:
    first, last = recording.documents.around(position)
    start, stop = max(first, position - context), min(last, position + context + 1)
    shown = recording.text.slice(*recording.sequence.span(start, stop))
    return Snippet(position, value, start, stop, shown)
