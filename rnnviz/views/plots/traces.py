"""A curve as it is drawn: which part of it lies where, and what it is at a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve, SmoothedCurve
from rnnviz.views.plots.parts.inks import Ink
from rnnviz.views.plots.parts.log_axis import plain

Floats = npt.NDArray[np.float64]


def as_it_is(values: Floats) -> Floats:
    """The values themselves."""
    return values


@dataclass(frozen=True)
class Trace:
    """One curve as it is drawn."""

    name: str
    curve: Curve
    ink: Ink
    smoothed: SmoothedCurve | None = None
    """Drawn over the raw values, as far as it was looked at."""
    raw: bool = True
    """Whether the raw values are drawn where they are smoothed: behind, and faintly."""
    axis: StepAxis | None = None
    """Where its steps lie along x; without one, at themselves."""
    shown_as: Callable[[Floats], Floats] = as_it_is
    """From its values to what is drawn; must not change their order."""
    points: bool = False
    """Few values: each gets a dot."""
    width: float = 1.75
    dashed: bool = False
    named: bool = True
    """Whether the legend over the plot lists it."""

    def places(self, steps: npt.NDArray[np.int64]) -> Floats:
        """Where these steps lie along x."""
        return steps.astype(float) if self.axis is None else self.axis.at(steps)

    def reach(self) -> tuple[float, float] | None:
        """Its first and last place along x, or None while it is empty."""
        if not len(self.curve):
            return None
        low, high = self.places(self.curve.steps_at(np.array([0, -1])))
        return (float(low), float(high)) if np.isfinite([low, high]).all() else None

    def span(self, low: float, high: float) -> tuple[int, int]:
        """The points between two places along x, and one more on either side."""
        if self.axis is not None and self.axis.steps:
            low, high = np.interp([low, high], self.axis.values, self.axis.steps)
        first, last = self.curve.span(low, high)
        return max(0, first - 1), min(len(self.curve), last + 1)


class Value(NamedTuple):
    """What a trace is at a place."""

    x: float
    raw: float
    smooth: float
    """NaN where it is not smoothed."""

    @property
    def height(self) -> float:
        """What is drawn strongest there."""
        return self.raw if np.isnan(self.smooth) else self.smooth


def value_at(trace: Trace, x: float) -> Value | None:
    """What a trace is at the point nearest to a place; None beyond its ends."""
    reach = trace.reach()
    if reach is None or not reach[0] <= x <= reach[1]:
        return None
    first, last = trace.span(x, x)
    around = np.arange(first, last)
    places = trace.places(trace.curve.steps_at(around))
    place = int(np.abs(places - x).argmin())
    nearest = int(around[place])
    raw = float(trace.shown_as(trace.curve.values_at(around[[place]]))[0])
    smooth = float("nan")
    if trace.smoothed is not None:
        smooth = float(trace.shown_as(trace.smoothed.at(np.array([nearest])))[0])
    return Value(float(places[place]), raw, smooth)


def words_of(value: Value, trace: Trace, *, short: bool = False) -> str:
    """What a trace is; where there is little room, of a smoothed one that alone."""
    if short and np.isfinite(value.smooth):
        value = Value(value.x, value.smooth, np.nan)
    words = plain(float(f"{value.raw:.4g}")) if np.isfinite(value.raw) else str(value.raw)
    if np.isfinite(value.smooth):
        words += f" (smoothed {plain(float(f'{value.smooth:.4g}'))})"
    return f"{trace.name}: {words}" if trace.name else words
