"""Which colour a value gets: palettes for both grounds, and the scale from values to their entries.

A palette has 256 entries: 0 to 254 from the lowest value to the highest, so that the middle of a
signed scale is one entry, and 255 for "no value", which is transparent. Text in `INK` can be read
on every entry (contrast of at least 4.5), but for `weight` and `label`; both signs stay apart for
colour-blind eyes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

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
"""The colour of text on every entry of a palette, by `dark`."""

Mode = Literal["unit", "channel"]
"""Whether a scale is measured on one unit, or shared by all units of its channel."""

_QUANTILE = 0.999
_SAMPLE = 1 << 15

Anchors = tuple[tuple[float, float, float], ...]
"""Lightness, chroma and hue in degrees, from the neutral side outwards."""


@dataclass(frozen=True)
class _Hues:
    """One arm, or two, that lead away from the ground; `negative` is empty for a sequential one."""

    title: str
    words: tuple[str, str]
    """What the colours at the low and at the high end are called."""
    positive: Mapping[bool, Anchors]
    negative: Mapping[bool, Anchors] | None = None


_BLUE = {
    False: ((0.84, 0.085, 250), (0.66, 0.165, 256)),
    True: ((0.34, 0.10, 262), (0.51, 0.19, 262)),
}
_ORANGE = {
    False: ((0.87, 0.085, 66), (0.70, 0.175, 48)),
    True: ((0.35, 0.085, 38), (0.535, 0.165, 37)),
}
_PURPLE = {
    False: ((0.84, 0.085, 305), (0.65, 0.18, 303)),
    True: ((0.34, 0.11, 302), (0.50, 0.21, 302)),
}
_GREEN = {
    False: ((0.88, 0.10, 145), (0.72, 0.17, 146)),
    True: ((0.35, 0.08, 148), (0.52, 0.14, 147)),
}
_TEAL = {
    False: ((0.93, 0.05, 165), (0.82, 0.10, 185), (0.65, 0.12, 222)),
    True: ((0.30, 0.055, 205), (0.40, 0.08, 200), (0.51, 0.11, 180)),
}
_FIRE = {
    False: ((0.94, 0.07, 92), (0.83, 0.14, 68), (0.66, 0.19, 28)),
    True: ((0.30, 0.085, 345), (0.41, 0.15, 15), (0.53, 0.16, 40)),
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
    "blue-orange": _Hues("Blue and orange", ("orange", "blue"), _BLUE, _ORANGE),
    "green-purple": _Hues("Green and purple", ("purple", "green"), _GREEN, _PURPLE),
    "gate": _Hues("Teal", ("no colour", "teal"), _TEAL),
    "surprisal": _Hues("Fire", ("no colour", "orange-red"), _FIRE),
    "weight": _Hues("Deep teal", ("no colour", "teal"), _DEEP_TEAL),
    "label": _Hues("Violet", ("no colour", "violet"), _VIOLET),
}
DIVERGING = tuple(name for name, hues in _PALETTES.items() if hues.negative is not None)
"""Palettes for signed values; the ground is zero."""
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


@dataclass(frozen=True)
class Scale:
    """From values to palette entries: `low` is entry 0, `high` is entry 254, beyond is clipped."""

    low: float
    high: float
    palette: str
    flipped: bool = False
    """Whether the palette runs the other way round."""

    @property
    def symmetric(self) -> bool:
        """Whether zero is in the middle."""
        return self.low == -self.high

    def index(self, values: npt.NDArray[np.floating]) -> Bytes:
        """The palette entry of every value, uint8 of the same shape; `MISSING` for NaN."""
        if values.dtype == np.float16:
            bits = np.ascontiguousarray(values).view(np.uint16)
            return _half_table(self.low, self.high)[bits]
        return _index(np.asarray(values, np.float32), self.low, self.high)

    def colours(self, dark: bool) -> Bytes:
        """The entries, (256, 4) uint8 RGBA."""
        table = palette(self.palette, dark)
        return np.concatenate([table[:LEVELS][::-1], table[LEVELS:]]) if self.flipped else table

    def with_palette(self, name: str) -> Scale:
        """The same range in other colours."""
        return replace(self, palette=name)

    def flip(self) -> Scale:
        """The same range with the colours the other way round."""
        return replace(self, flipped=not self.flipped)


def scale_for(
    channel: Channel | str, values: npt.NDArray[np.floating], mode: Mode = "unit"
) -> Scale:
    """The scale that suits a channel.

    Gates run from 0 to 1, surprisal from 0 to its 99.9 % quantile, everything else is symmetric
    about zero: up to the 99.9 % quantile of the absolute values, or, shared by the channel, up to 1
    where the channel cannot leave -1 to 1.

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
    bound = 1.0 if mode == "channel" and about.range == "symmetric" else extent(values)
    return Scale(-bound, bound, DIVERGING[0])


def extent(values: npt.NDArray[np.floating]) -> float:
    """The 99.9 % quantile of the absolute values that are finite; 1 if there is nothing to see."""
    part = np.abs(_sample(values).astype(np.float32).ravel())
    part = part[np.isfinite(part)]
    if part.size == 0:
        return 1.0
    found = float(np.quantile(part, _QUANTILE)) or float(part.max())
    return found if found > 1e-6 else 1.0


def _sample(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """At most about 32,768 values, evenly spread; of rows, columns that lie together."""
    if values.size <= _SAMPLE:
        return values
    if values.ndim == 1:
        return values[:: -(-len(values) // _SAMPLE)]
    rows = values[:: max(1, len(values) // 1024)]
    together = 8
    columns = max(1, _SAMPLE // (len(rows) * together))
    starts = np.linspace(0, max(0, values.shape[1] - together), columns).astype(np.int64)
    return np.concatenate([rows[:, start : start + together] for start in starts], axis=1)


def _index(values: npt.NDArray[np.float32], low: float, high: float) -> Bytes:
    span = max(high - low, 1e-30)
    with np.errstate(over="ignore", invalid="ignore"):
        places = np.clip((values - low) * ((LEVELS - 1) / span), 0, LEVELS - 1)
    missing = np.isnan(values)
    return np.where(missing, MISSING, np.rint(np.where(missing, 0, places))).astype(np.uint8)


@lru_cache(maxsize=64)
def _half_table(low: float, high: float) -> Bytes:
    """The entry of each of the 65,536 half-precision numbers: one look-up instead of arithmetic."""
    table = _index(
        np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32), low, high
    )
    table.setflags(write=False)
    return table
