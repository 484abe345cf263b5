"""A range of a text with one value a character: what every export shows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.cells.verdicts import running_verdict
from rnnviz.core.colours.colour import Bytes, Scale, scale_for
from rnnviz.core.concepts.base import Labels
from rnnviz.core.concepts.scan import codes_of
from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.texts.direction import ORDER, holds_right_to_left

LABEL_STRENGTHS = 5
"""How many steps an underline has, from faint to full."""


@dataclass(frozen=True)
class Band:
    """Another unit over the same T characters: a strip of colours under each row."""

    name: str
    """The unit and its channel: `2:97 hidden`."""
    values: npt.NDArray[np.float32]
    """(T,); NaN where there is nothing."""
    scale: Scale

    @property
    def entries(self) -> Bytes:
        """(T,) the palette entry of every character."""
        return self.scale.index(self.values)


@dataclass(frozen=True)
class ColouredText:
    """T characters, a value for each, and what is known about them."""

    characters: str
    start: int
    """The offset of the first character in its text."""
    values: npt.NDArray[np.float32]
    """(T,); NaN where the model gave nothing."""
    scale: Scale
    quantity: str
    """What the values are: `cell of layer 2, unit 142`, or `surprisal in bits`."""
    source: str = ""
    """The model and the text."""
    title: str = ""
    note: str = ""
    surprisal: npt.NDArray[np.float32] | None = None
    """(T,) bits; NaN where unknown."""
    next_ids: npt.NDArray[np.uint32] | None = None
    """(T, 5) the likeliest characters after each one, as places in `vocabulary`."""
    next_p: npt.NDArray[np.float32] | None = None
    """(T, 5) their probabilities; zeros where nothing was predicted."""
    known: npt.NDArray[np.bool_] | None = None
    """(T,) whether the model knows the character."""
    vocabulary: tuple[str, ...] = ()
    labels: Labels | None = None
    """(T,) of the concept, drawn as an underline."""
    concept: str = ""
    """The title of that concept."""
    steps: npt.NDArray[np.int64] | None = None
    """(T,) the step of the recording that each character belongs to, -1 between steps; None where
    every character is a step."""
    bands: tuple[Band, ...] = ()
    """Other units, drawn under each row, from above."""

    @property
    def stop(self) -> int:
        """The offset after the last character."""
        return self.start + len(self.characters)

    @property
    def entries(self) -> Bytes:
        """(T,) the palette entry of every character."""
        return self.scale.index(self.values)

    @property
    def bands_title(self) -> str:
        """Which units are drawn under each row, in words; empty where none is."""
        names = ", ".join(band.name for band in self.bands)
        return f"Under each row, from above: {names}" if names else ""

    @property
    def range_title(self) -> str:
        """Which characters these are, in words."""
        return f"characters {self.start:,} to {self.stop:,}"

    @property
    def heading(self) -> str:
        """The title, or what the values are."""
        return self.title or self.quantity[:1].upper() + self.quantity[1:]

    @property
    def about(self) -> str:
        """What stands under the heading: the quantity if it is not said there, source and range.

        Where there are letters of right-to-left scripts, in which order they stand, too.
        """
        order = ORDER if holds_right_to_left(codes_of(self.characters)) else ""
        parts = (self.quantity if self.title else "", self.source, self.range_title, order)
        return ", ".join(part for part in parts if part)

    def label_strengths(self) -> npt.NDArray[np.uint8] | None:
        """(T,) from 0, no underline, to 5; a count or a position spreads over 1 to 5."""
        if self.labels is None:
            return None
        if self.labels.dtype == np.bool_:
            return self.labels.astype(np.uint8) * LABEL_STRENGTHS
        labels = self.labels.astype(np.float32)
        finite = np.isfinite(labels)
        if not finite.any():
            return np.zeros(len(labels), np.uint8)
        low, high = min(0.0, float(labels[finite].min())), float(labels[finite].max())
        shares = (np.where(finite, labels, low) - low) / max(high - low, 1e-9)
        return np.ceil(shares * LABEL_STRENGTHS).astype(np.uint8)


def coloured_unit(
    recording: Recording, channel: str, unit: int, start: int, stop: int, scale: Scale | None = None
) -> ColouredText:
    """A range of a recording coloured by one unit, counted through all layers.

    Args:
        scale: measured over the whole recording unless given.

    Raises:
        RecordingError: the channel was not recorded, or nothing of the range is walked.
    """
    start, stop = _walked_range(recording, start, stop)
    values = recording.shown_values(channel, unit)
    quantity = f"{channel} of {recording.unit_title(unit)}"
    scale = scale or scale_for(
        recording.about_channel(channel, unit), recording.running_values(channel, unit)
    )
    return _coloured(recording, start, stop, values, scale, quantity)


def coloured_surprisal(
    recording: Recording, start: int, stop: int, scale: Scale | None = None
) -> ColouredText:
    """A range of a recording coloured by how unexpected each step was.

    Raises:
        RecordingError: nothing of the range is walked, or the network predicts nothing like it.
    """
    start, stop = _walked_range(recording, start, stop)
    values = recording.surprisal
    if values is None:
        raise RecordingError("this network predicts no next symbol, so nothing is a surprise")
    scale = scale or scale_for("surprisal", values[: recording.walked])
    return _coloured(recording, start, stop, values, scale, "surprisal in bits")


def coloured_verdict(recording: Recording, start: int, stop: int, scale: Scale) -> ColouredText:
    """A range of a recording coloured by what each document was found to be so far.

    Raises:
        RecordingError: nothing of the range is walked, or no classes came out.
    """
    start, stop = _walked_range(recording, start, stop)
    verdict = running_verdict(recording)
    if verdict is None:
        raise RecordingError("this network names no classes, so there is no verdict")
    return _coloured(recording, start, stop, verdict.values, scale, verdict.title)


def with_concept(coloured: ColouredText, labels: Labels, concept: str) -> ColouredText:
    """The same range with a concept's labels; `labels` are those of all steps."""
    part: Labels
    if coloured.steps is None:
        part = labels[coloured.start : coloured.stop].copy()
    else:
        part = labels[np.maximum(coloured.steps, 0)].copy()
        part[coloured.steps < 0] = False if part.dtype == np.bool_ else np.nan
    return replace(coloured, labels=part, concept=concept)


def with_bands(
    coloured: ColouredText,
    recording: Recording,
    units: Iterable[tuple[str, int, Scale | None]],
) -> ColouredText:
    """The same range with more units under each row.

    Args:
        units: channel, unit counted through all layers, and scale; that is measured over the whole
            recording unless given.

    Raises:
        RecordingError: a channel was not recorded.
    """
    first, last = coloured.start, coloured.stop
    bands = []
    for channel, unit, scale in units:
        values = recording.shown_values(channel, unit)
        if coloured.steps is None:
            part = np.array(values[first:last], np.float32)
        else:
            part = np.asarray(values)[np.maximum(coloured.steps, 0)].astype(np.float32)
            part[coloured.steps < 0] = np.nan
        own = scale or scale_for(
            recording.about_channel(channel, unit), recording.running_values(channel, unit)
        )
        bands.append(Band(f"{recording.unit_name(unit)} {channel}", part, own))
    return replace(coloured, bands=tuple(bands))


def ticks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """The numbers under a legend: where each stands, from 0 to 1, and its text.

    >>> ticks(Scale(-2.0, 2.0, "blue-orange"))
    ((0.0, '-2.00'), (0.5, '0'), (1.0, '+2.00'))
    """
    middle = (scale.low + scale.high) / 2
    return tuple(
        (share, number(value, signed=scale.low < 0))
        for share, value in ((0.0, scale.low), (0.5, middle), (1.0, scale.high))
    )


def number(value: float, *, signed: bool = True) -> str:
    """A value for people: three figures or so, with a real zero."""
    if not math.isfinite(value):
        return "none"
    if value == 0:
        return "0"
    digits = 2 if abs(value) >= 0.01 else 4
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def _walked_range(recording: Recording, start: int, stop: int) -> tuple[int, int]:
    first, last = max(0, start), min(stop, recording.walked)
    if first >= last:
        raise RecordingError(
            f"nothing between character {start:,} and {stop:,} is recorded; "
            f"the recording holds {recording.walked:,} of {recording.length:,} characters"
        )
    return first, last


def _coloured(
    recording: Recording,
    start: int,
    stop: int,
    values: npt.NDArray[np.floating[Any]],
    scale: Scale,
    quantity: str,
) -> ColouredText:
    about = recording.description
    first, last = recording.sequence.span(start, stop)
    steps = recording.sequence.steps_at(first, last)
    known = np.zeros(len(steps), bool)
    known[steps >= 0] = recording.known(start, stop)[steps[steps >= 0] - start]

    def shown(array: npt.NDArray[Any] | None, nothing: float) -> npt.NDArray[Any] | None:
        """What belongs to each character of the shown text, read from the steps."""
        if array is None:
            return None
        part = np.asarray(array[start:stop])[np.maximum(steps - start, 0)]
        part = part.astype(np.float32) if part.dtype.kind == "f" else part
        part[steps < 0] = nothing
        return part

    found = shown(values, np.nan)
    assert found is not None
    return ColouredText(
        characters=recording.text.slice(first, last),
        start=first,
        values=found,
        scale=scale,
        quantity=quantity,
        source=", ".join(name for name in (about.model_name, about.text_name) if name),
        surprisal=shown(recording.surprisal, np.nan),
        next_ids=shown(recording.top_ids, 0),
        next_p=shown(recording.top_p, 0),
        known=known,
        vocabulary=recording.outputs,
        steps=None if (first, last) == (start, stop) else steps,
    )
