"""The selected and the pinned units over the text on the screen, as lines above each other."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.architectures import Range
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.session.shared.selection import Pin
from rnnviz.views.cells.colour_words import came_out, colours_title
from rnnviz.views.cells.placing import axis_text
from rnnviz.views.plots import Ink, LinePlot, Series, Strip
from rnnviz.views.shared.panel import Panel

_STRIP_PIXELS, _AXIS_PIXELS = 44, 76
"""What a line among several needs in height, and what the plot takes beside the lines."""
_WITHOUT_A_VIEW = 600
"""How many characters are shown while nobody tells what is on the screen."""


class TracePanel(Panel):
    """Value against position; the pointer on the plot moves the cursor in the text.

    Several units stand one above the other, each with its own scale and its name.
    """

    name = "trace"
    title = "Trace"

    def follow(self) -> None:
        """Follow the unit, the pins, what is on the screen, and the labels."""
        selection = self.session.selection
        self.redraw_on(
            selection.unit_changed,
            selection.pins_changed,
            selection.visible_changed,
            selection.colouring_changed,
            selection.concept_changed,
            self.session.rankings.labels_changed,
        )
        selection.cursor_changed.connect(self.show_cursor)

    def build(self) -> QWidget:
        """One plot."""
        self._series: tuple[Series, ...] = ()
        self._stacked = False
        self.plot = LinePlot("Values of the selected and pinned units")
        self.plot.hovered.connect(self._hover)
        self.plot.clicked.connect(self._click)
        return self.plot

    def draw(self) -> None:
        """Read the values on the screen, and only those."""
        recording = self.session.recordings.recording
        assert recording is not None
        start, stop = visible_range(self.session.selection.visible, recording.length)
        shown = self._shown(recording)
        self._series = tuple(
            _series(recording, pin, start, stop, ink, width) for pin, ink, width in shown
        )
        spans = [
            _span(recording.about_channel(pin.channel, pin.unit).range, series)
            for (pin, _, _), series in zip(shown, self._series, strict=True)
        ]
        if (output := self._output(recording, start, stop)) is not None:
            self._series = (output, *self._series)
            by_verdict = self.session.selection.colouring == "verdict"
            spans.insert(0, (0.0, 1.0 if by_verdict else _span("unbounded", output)[1]))
        self._stacked = len(spans) > 1
        low, high = spans[0] if spans else (-1.0, 1.0)
        room = 0.0 if self._stacked else 0.03 * (high - low)
        values = (0.0, float(len(spans))) if self._stacked else (low - room, high + room)
        needed = _AXIS_PIXELS + _STRIP_PIXELS * len(spans) if self._stacked else 0
        self.plot.setMinimumHeight(needed)
        self.plot.set_labels("", "" if self._stacked else "value")
        self.plot.set_text(axis_text(recording))
        self.plot.set_range((float(start), float(stop)), values)
        self.plot.set_strips(tuple(Strip(*span) for span in spans) if self._stacked else ())
        self.plot.set_series(self._series)
        self._draw_band(start, stop)
        self.show_cursor()

    @Slot()
    def show_cursor(self) -> None:
        """Mark the cursor and write the values there."""
        if self.empty or not self.isVisible():
            return
        cursor = self.session.selection.cursor
        self.plot.set_cursor(cursor)
        entries: list[tuple[str, Ink]] = []
        for series in self._series:
            place = -1 if cursor is None else cursor - series.start
            # Nothing is said of a character that is not walked yet.
            inside = 0 <= place < len(series.values) and np.isfinite(series.values[place])
            value = f"  {shown_number(series.values[place], '+.2f')}" if inside else ""
            entries.append((series.name + value, series.ink))
        if self._stacked:
            self.plot.name_strips(tuple(entries))
            entries = []
        concept = self.session.selection.concept
        known = self.session.rankings.concept(concept) if concept else None
        if known:
            entries.append((known.title, "tint"))
        self.plot.set_legend(tuple(entries))

    def _shown(self, recording: Recording) -> list[tuple[Pin, Ink, float]]:
        """The selected unit, then the pinned ones, each with its ink and width.

        The pinned ones alone where the text has the colours of no unit.
        """
        selection = self.session.selection
        of_unit = selection.colouring == "unit"
        selected = Pin(selection.channel, selection.unit) if of_unit else None
        shown: list[tuple[Pin, Ink, float]] = []
        if selected is not None:
            shown.append((selected, "accent", 1.8))
        shown += [
            (pin, place, 1.2) for place, pin in enumerate(selection.pins, 1) if pin != selected
        ]
        return [
            (pin, ink, width) for pin, ink, width in shown if recording.has(pin.channel, pin.unit)
        ]

    def _output(self, recording: Recording, start: int, stop: int) -> Series | None:
        """What came out at each step, where the text is coloured by that and not by a unit."""
        answers = came_out(recording, self.session.selection.colouring)
        if answers is None:
            return None
        values = np.array(answers[start:stop], np.float32)
        values[max(0, recording.walked - start) :] = np.nan
        return Series(colours_title(self.session), start, values, "accent", 1.8)

    def _draw_band(self, start: int, stop: int) -> None:
        concept = self.session.selection.concept
        labels = self.session.rankings.labels(concept) if concept else None
        if labels is None:
            self.plot.set_band(start, np.zeros(0))
            return
        part = np.asarray(labels[start:stop], np.float32)
        high = float(np.nanmax(part, initial=0.0)) or 1.0
        self.plot.set_band(start, np.clip(part / high, 0, 1))

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        self.session.selection.set_cursor(int(x))

    @Slot(float, float)
    def _click(self, x: float, y: float) -> None:
        self.jump_requested.emit(int(x))


def visible_range(visible: tuple[int, int], length: int) -> tuple[int, int]:
    """What is on the screen, or the beginning of the text while that is not known."""
    start, stop = visible
    if stop <= start:
        start, stop = 0, _WITHOUT_A_VIEW
    stop = min(stop, length)
    return max(0, min(start, stop - 1)), stop


def _series(
    recording: Recording, pin: Pin, start: int, stop: int, ink: Ink, width: float
) -> Series:
    values = np.array(recording.shown_values(pin.channel, pin.unit)[start:stop])
    values[max(0, recording.walked - start) :] = np.nan
    name = f"{recording.unit_name(pin.unit)} {pin.channel}"
    return Series(name, start, values, ink, width)


def _span(known: Range, series: Series) -> tuple[float, float]:
    """Gates need 0 to 1, bounded states -1 to 1; others what they reach, and zero."""
    if known == "share":
        return 0.0, 1.0
    if known != "unbounded":
        return -1.0, 1.0
    finite = series.values[np.isfinite(series.values)].astype(np.float32)
    low, high = float(finite.min(initial=-0.1)), float(finite.max(initial=0.1))
    # Whole steps, so that scrolling does not make the axis breathe.
    step = 10.0 ** np.floor(np.log10(high - low)) / 2
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
