"""Which colour a value gets: palettes for both grounds, and the scale from values to their entries.

A palette has 256 entries: 0 to 254 from the lowest value to the highest, so that the middle of a
signed scale is one entry, and 255 for "no value", which is transparent. Text in `CELL_INK` can be
read on every entry (contrast of at least 7), but for `weight` and `label`; both signs stay apart
for colour-blind eyes.

A pair of colours that are equally light cannot be told apart on a projector: the contrast of WCAG
counts light alone. So the first palettes are uneven: the upper arm is as strong as text of 7 : 1
allows, the lower one stays light (dark on a dark ground), and its end stands against the other's
at 2 : 1 at least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from rnnviz.core.architectures import Channel, channel_named
from rnnviz.core.colours.oklab import Floats, from_oklab, oklab, polar

Bytes = npt.NDArray[np.uint8]

MISSING = 255
"""The entry of NaN, and of characters that hold no value yet."""
LEVELS = 255
"""How many entries stand for values."""

PAPER = {False: (255, 255, 255), True: (21, 24, 30)}
"""The ground that text is painted on, by `dark`; zero has this colour."""
INK = {False: (24, 28, 36), True: (236, 239, 244)}
"""The colour of text on the ground, by `dark`."""
CELL_INK = {False: (0, 0, 0), True: (255, 255, 255)}
"""The colour of text on every entry of a palette, by `dark`: the strongest that there is leaves the
palettes the most room."""

Mode = Literal["unit", "channel"]
"""Whether a scale is measured on one unit, or shared by all units of its channel."""

_QUANTILE = 0.995
_SAMPLE = 1 << 15
_WEAK = 0.3
"""Of what a unit is elsewhere, what it must be where it is on, for zero to stay in the middle."""
_STRETCHES, _LEAST = 64, 16
_LOOKED_AT = 128
"""So many values of a stretch tell how far it goes."""
_OUTER = 0.01
"""Such a share of the values at either end is not looked at where a unit stays on one side."""
"""Parts of a text that are looked at for drift; values that a part must have."""

Anchors = tuple[tuple[float, float, float], ...]
"""Lightness, chroma and hue in degrees, from the neutral side outwards."""


class _Hues(Struct, frozen=True):
    """One arm, or two, that lead away from the ground; `negative` is empty for a sequential one."""

    title: str
    words: tuple[str, str]
    """What the colours at the low and at the high end are called."""
    positive: Mapping[bool, Anchors]
    negative: Mapping[bool, Anchors] | None = None


_BLUE = {
    False: ((0.85, 0.085, 250), (0.69, 0.165, 257)),
    True: ((0.32, 0.11, 260), (0.458, 0.172, 258)),
}
_PALE_BLUE = {
    False: ((0.955, 0.025, 250), (0.905, 0.06, 250)),
    True: ((0.23, 0.06, 258), (0.258, 0.095, 260)),
}
_RED = {
    False: ((0.85, 0.10, 24), (0.705, 0.185, 26)),
    True: ((0.34, 0.12, 26), (0.475, 0.19, 26)),
}
_PALE_RED = {
    False: ((0.96, 0.03, 18), (0.918, 0.055, 20)),
    True: ((0.235, 0.065, 22), (0.262, 0.105, 26)),
}
_ORANGE = {
    False: ((0.87, 0.085, 66), (0.705, 0.175, 49)),
    True: ((0.33, 0.075, 48), (0.463, 0.12, 50)),
}
_PALE_YELLOW = {
    False: ((0.965, 0.05, 98), (0.925, 0.10, 96)),
    True: ((0.228, 0.03, 95), (0.252, 0.05, 95)),
}
_PURPLE = {
    False: ((0.84, 0.085, 305), (0.705, 0.19, 304)),
    True: ((0.33, 0.13, 303), (0.476, 0.20, 304)),
}
_GREEN = {
    False: ((0.88, 0.10, 145), (0.70, 0.17, 147)),
    True: ((0.32, 0.08, 148), (0.437, 0.125, 148)),
}
_TEAL = {
    False: ((0.93, 0.05, 165), (0.82, 0.10, 185), (0.685, 0.12, 222)),
    True: ((0.30, 0.055, 205), (0.37, 0.07, 200), (0.443, 0.085, 190)),
}
_FIRE = {
    False: ((0.94, 0.07, 92), (0.83, 0.14, 68), (0.71, 0.18, 30)),
    True: ((0.30, 0.085, 345), (0.39, 0.14, 15), (0.47, 0.15, 38)),
}
_VIOLET = {
    False: ((0.90, 0.05, 290), (0.74, 0.12, 290), (0.55, 0.20, 290)),
    True: ((0.36, 0.10, 290), (0.52, 0.16, 292), (0.72, 0.14, 300)),
}
_DEEP_TEAL = {
    False: ((0.90, 0.06, 175), (0.70, 0.115, 205), (0.44, 0.11, 245)),
    True: ((0.34, 0.06, 215), (0.58, 0.105, 190), (0.88, 0.12, 165)),
}

_PALETTES = {
    "blue-red": _Hues("Blue on red", ("red", "blue"), _BLUE, _PALE_RED),
    "red-blue": _Hues("Red on blue", ("blue", "red"), _RED, _PALE_BLUE),
    "purple-yellow": _Hues("Purple on yellow", ("yellow", "purple"), _PURPLE, _PALE_YELLOW),
    "blue-orange": _Hues("Blue and orange, even", ("orange", "blue"), _BLUE, _ORANGE),
    "green-purple": _Hues("Green and purple, even", ("purple", "green"), _GREEN, _PURPLE),
    "gate": _Hues("Teal", ("no colour", "teal"), _TEAL),
    "surprisal": _Hues("Fire", ("no colour", "orange-red"), _FIRE),
    "weight": _Hues("Deep teal", ("no colour", "teal"), _DEEP_TEAL),
    "label": _Hues("Violet", ("no colour", "violet"), _VIOLET),
}
DIVERGING = tuple(name for name, hues in _PALETTES.items() if hues.negative is not None)
"""Palettes for signed values; the ground is zero. Even ones have two arms of equal strength."""
SEQUENTIAL = tuple(name for name, hues in _PALETTES.items() if hues.negative is None)
"""Palettes for values that begin at nothing; `weight` and `label` go as far as
colours can, for tables and bands: no text is read on them."""


def palette_title(name: str) -> str:
    """What a menu calls a palette."""
    return _PALETTES[name].title


def palette_words(name: str) -> tuple[str, str]:
    """What the colours of the lowest and of the highest value are called."""
    return _PALETTES[name].words


@lru_cache
def palette(name: str, dark: bool) -> Bytes:
    """The entries of a palette, (256, 4) uint8 RGBA, read-only; the last is transparent."""
    hues = _PALETTES[name]
    ground = oklab(PAPER[dark])
    if hues.negative is None:
        lab = _arm(ground, hues.positive[dark], LEVELS)
    else:
        half = LEVELS // 2 + 1
        falling = _arm(ground, hues.negative[dark], half)[::-1]
        lab = np.concatenate([falling, _arm(ground, hues.positive[dark], half)[1:]])
    table = np.zeros((256, 4), np.uint8)
    table[:LEVELS, :3] = from_oklab(lab)
    table[:LEVELS, 3] = 255
    table[MISSING, :3] = PAPER[dark]
    table.setflags(write=False)
    return table


def _arm(ground: Floats, anchors: Anchors, count: int) -> Floats:
    """OKLab (count, 3) from the ground through the anchors, straight between them."""
    corners = np.array([ground, *(polar(*anchor) for anchor in anchors)])
    steps = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    places = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    even = np.linspace(0, 1, count)
    return np.stack([np.interp(even, places, corners[:, axis]) for axis in range(3)], axis=1)


class Scale(Struct, frozen=True):
    """From values to palette entries: `low` is entry 0, `high` is entry 254, beyond is clipped."""

    low: float
    high: float
    palette: str
    flipped: bool = False
    """Whether the palette runs the other way round."""
    tanh: bool = False
    """Whether it is the hyperbolic tangent of a value that `low` and `high` are about."""

    @property
    def symmetric(self) -> bool:
        """Whether zero is in the middle."""
        return self.low == -self.high

    @property
    def signed(self) -> bool:
        """Whether its palette has two arms."""
        return self.palette in DIVERGING

    def index(self, values: npt.NDArray[np.floating]) -> Bytes:
        """The palette entry of every value, uint8 of the same shape; `MISSING` for NaN."""
        if values.dtype == np.float16:
            bits = np.ascontiguousarray(values).view(np.uint16)
            # `take` looks up in half the time that an index in brackets needs.
            return _half_table(self.low, self.high, self.tanh).take(bits)
        return _index(np.asarray(values, np.float32), self.low, self.high, self.tanh)

    def colours(self, dark: bool) -> Bytes:
        """The entries, (256, 4) uint8 RGBA."""
        table = palette(self.palette, dark)
        return np.concatenate([table[:LEVELS][::-1], table[LEVELS:]]) if self.flipped else table

    def with_palette(self, name: str) -> Scale:
        """The same range in other colours."""
        return replace(self, palette=name)

    def with_range(self, low: float, high: float) -> Scale:
        """The same colours from another value to another; nothing where there is no range."""
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            return self
        return replace(self, low=low, high=high)

    def flip(self) -> Scale:
        """The same range with the colours the other way round."""
        return replace(self, flipped=not self.flipped)


def scale_for(
    channel: Channel | str, values: npt.NDArray[np.floating], mode: Mode = "unit"
) -> Scale:
    """The scale that suits a channel.

    Gates run from 0 to 1, surprisal from 0 to its 99.5 % quantile, everything else is symmetric
    about zero, up to `extent`; a unit that stays far from zero has the range that it stays in.
    Shared by the channel, the range goes up to 1 where the channel cannot leave -1 to 1, else as
    far as half of the units go, so that a few that count do not make the others pale.

    Args:
        channel: or its name alone, or `surprisal`.
        values: (T,) of one unit, or (N, T) of all; a large array is sampled. NaN, infinity and an
            array of nothing but zeros are allowed.
        mode: `unit` measures `values`; `channel` gives what all units of the channel share.
    """
    if channel == "surprisal":
        return Scale(0.0, extent(values), "surprisal")
    about = channel_named(channel) if isinstance(channel, str) else channel
    if about.is_gate:
        return Scale(0.0, 1.0, "gate")
    if mode == "channel":
        bound = 1.0 if about.range == "symmetric" else shared_extent(values)
        return Scale(-bound, bound, DIVERGING[0])
    if (away := _far_from_zero(values)) is not None:
        return Scale(*away, DIVERGING[0])
    bound = extent(values)
    return Scale(-bound, bound, DIVERGING[0])


def scale_between(scale: Scale, off: float, on: float) -> Scale:
    """The colours of a scale such that `on` is the strong end, whatever the sign of the unit.

    Where the two lie on both sides of zero, zero keeps its place in the middle; else the range
    runs from one to the other.

    Args:
        off: what the unit usually is where something does not hold.
        on: what it usually is where it does.
    """
    if not (math.isfinite(off) and math.isfinite(on)) or off == on:
        return scale
    turned = replace(scale, flipped=on < off)
    around_zero = on * off <= 0 and abs(on) > _WEAK * abs(off)
    if not scale.signed:
        if abs(on - off) > (scale.high - scale.low) / 2:
            return turned
    elif around_zero:
        return turned.with_range(-abs(on), abs(on))
    return turned.with_range(min(on, off), max(on, off))


def extent(values: npt.NDArray[np.floating]) -> float:
    """How far the finite values go from zero, but for their tails; 1 if there is nothing to see.

    The 99.5 % quantile of the absolute values, without the stretches in which a counter has drifted
    away: those in which every second value lies beyond what a stretch usually reaches.
    """
    part = np.abs(_sample(values).astype(np.float32))
    if part.ndim == 1 and part.size >= 2 * _STRETCHES * _LEAST:
        part = _without_drift(part)
    part = part.ravel()
    part = part[np.isfinite(part)]
    if part.size == 0:
        return 1.0
    found = float(np.quantile(part, _QUANTILE)) or float(part.max())
    return found if found > 1e-6 else 1.0


def shared_extent(rows: npt.NDArray[np.floating]) -> float:
    """How far half of the units (N, T) go from zero, each but for its tails."""
    if rows.ndim == 1:
        return extent(rows)
    part = np.abs(_sample_rows(rows).astype(np.float32))
    part[~np.isfinite(part)] = np.nan
    part = part[np.isfinite(part).any(axis=1)]
    if not part.size:
        return 1.0
    reached = np.nanquantile(part, 0.98, axis=1)
    # Dead units say nothing of how far a unit goes.
    reached = reached[reached > 1e-6]
    return float(np.median(reached)) if reached.size else 1.0


def _without_drift(part: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Absolute values (T,) as stretches, without those that have drifted away."""
    stretches = part[: len(part) // _STRETCHES * _STRETCHES].reshape(_STRETCHES, -1)
    stretches = stretches[np.isfinite(stretches).all(axis=1)]
    if len(stretches) < 2:
        return part
    some = stretches[:, :: max(1, stretches.shape[1] // _LOOKED_AT)]
    middle, reached = np.quantile(some, (0.5, 0.98), axis=1)
    kept = stretches[middle <= max(float(np.median(reached)), 1e-6)]
    return kept if len(kept) else part


def _far_from_zero(values: npt.NDArray[np.floating]) -> tuple[float, float] | None:
    """The range of values that all lie on one side, farther from zero than from each other."""
    part = _sample(values).astype(np.float32).ravel()
    part = part[np.isfinite(part)]
    if part.size < _LEAST:
        return None
    outer = part.size * _OUTER + 1
    if min(np.count_nonzero(part < 0), np.count_nonzero(part > 0)) > outer:
        return None  # of most units this is known without sorting
    low, middle, high = (float(value) for value in np.quantile(part, (_OUTER, 0.5, 1 - _OUTER)))
    if low * high <= 0 or high - low < 1e-3 * abs(middle) or high - low > 0.6 * abs(middle):
        return None
    return low, high


def _sample(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """At most about 32,768 values, evenly spread; of rows, columns that lie together."""
    if values.size <= _SAMPLE:
        return values
    if values.ndim == 1:
        return values[:: -(-len(values) // _SAMPLE)]
    return _sample_rows(values)


def _sample_rows(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """As `_sample`, of rows (N, T), which stay rows."""
    rows = values[:: max(1, len(values) // 1024)]
    together = 8
    columns = max(1, _SAMPLE // (len(rows) * together))
    starts = np.linspace(0, max(0, values.shape[1] - together), columns).astype(np.int64)
    return np.concatenate([rows[:, start : start + together] for start in starts], axis=1)


def _index(values: npt.NDArray[np.float32], low: float, high: float, tanh: bool) -> Bytes:
    span = max(high - low, 1e-30)
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.tanh(values) if tanh else values
        places = np.clip((values - low) * ((LEVELS - 1) / span), 0, LEVELS - 1)
    missing = np.isnan(values)
    return np.where(missing, MISSING, np.rint(np.where(missing, 0, places))).astype(np.uint8)


@lru_cache(maxsize=64)
def _half_table(low: float, high: float, tanh: bool) -> Bytes:
    """The entry of each of the 65,536 half-precision numbers: one look-up instead of arithmetic."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    table = _index(halves, low, high, tanh)
    table.setflags(write=False)
    return table
