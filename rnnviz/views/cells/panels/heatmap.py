"""All units over the text on the screen, as one picture."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from rnnviz.core.colours.colour import DIVERGING, Scale, scale_for
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.ranges import mask
from rnnviz.core.recordings.recording import Recording, Values
from rnnviz.core.recordings.rows import to_float32
from rnnviz.views.cells.panels.trace import visible_range
from rnnviz.views.cells.placing import axis_text
from rnnviz.views.plots import ImagePlot
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.work.jobs.cells import OrderUnits

ORDERS = {"layer": "By layer", "score": "By score", "similarity": "By similarity"}
_MOST_COLUMNS = 8_000
_PIECES, _PIECE = 16, 64


class _ChannelScale(NamedTuple):
    key: object
    scale: Scale
    reach: npt.NDArray[np.float32]
    """(N,) what the values of each unit are divided by first."""


class HeatmapPanel(Panel):
    """Units are rows, characters are columns; a click selects the unit."""

    name = "heatmap"
    title = "All units"

    def follow(self) -> None:
        """Follow what is on the screen, the channel, and what orders the units."""
        selection = self.session.selection
        self._scale: _ChannelScale | None = None
        self._channel = ""
        self.redraw_on(
            selection.visible_changed,
            selection.concept_changed,
            self.session.rankings.ranking_changed,
            self.session.inspection.order_changed,
        )
        selection.unit_changed.connect(self.show_unit)
        selection.cursor_changed.connect(self.show_cursor)

    def build(self) -> QWidget:
        """An order to choose, and the picture."""
        page = QWidget()
        self.order = Choices()
        self.order.setAccessibleName("Order of the units")
        for key, title in ORDERS.items():
            self.order.addItem(title, key)
        self.order.activated.connect(self._choose_order)
        self.again = QToolButton()
        set_icon(self.again, "refresh-cw")
        self.again.setAccessibleName("Order again for what is on the screen")
        self.again.setToolTip(plain_tip(self.again.accessibleName()))
        self.again.clicked.connect(self.session.inspection.request_order)
        self.note = Label()
        self.note.setProperty("role", "muted")
        self.plot = ImagePlot("All units over the text on the screen")
        self.plot.hovered.connect(self._hover)
        self.plot.left.connect(self._leave)
        self.plot.clicked.connect(self._click)
        tools = QHBoxLayout()
        tools.setContentsMargins(12, 8, 12, 8)
        tools.setSpacing(8)
        tools.addWidget(self.order)
        tools.addWidget(self.again)
        tools.addWidget(self.note, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self.plot, 1)
        self._units = np.zeros(0, np.int64)
        self._drawn: Recording | None = None
        """What the picture shows."""
        return page

    def draw(self) -> None:
        """Read the values on the screen, in order, and show them through one shared scale."""
        recording = self.session.recordings.recording
        assert recording is not None
        self._drawn, self._channel = recording, self.session.selection.channel
        start, stop = visible_range(self.session.selection.visible, recording.length)
        stop = min(stop, start + _MOST_COLUMNS)
        self._units = self._ordered(recording)
        values: npt.NDArray[np.floating] = _shown(recording, self._channel, start, stop)
        by_layer = self.order.currentData() == "layer"
        having = recording.groups.units_having(self._channel)
        rows = np.searchsorted(having, self._units)
        if not by_layer:
            values = values[rows]
        scale = self._channel_scale(recording)
        if _any_size(recording, self._channel):
            reach = scale.reach if by_layer else scale.reach[rows]
            values = to_float32(values) / reach[:, None]
        self.plot.set_text(axis_text(recording))
        self.plot.set_values(values, start, scale.scale)
        named = _layers(recording, self._channel) if by_layer else ({}, ())
        self.plot.set_rows(*named, name_of=partial(_name_of_row, recording, self._units))
        self.again.setVisible(self.order.currentData() == "similarity")
        self._show_marks()
        self._tell(None)

    @Slot()
    def show_unit(self) -> None:
        """Frame the selected unit; another channel is another picture."""
        if self.session.selection.channel != self._channel:
            self.request_draw()
        elif self.isVisible() and not self.empty:
            self._show_marks()

    @Slot()
    def show_cursor(self) -> None:
        """Mark the column of the cursor."""
        if self.isVisible() and not self.empty:
            self._show_marks()

    def unit_in_row(self, row: int) -> int | None:
        """The unit that this row shows, the first row on top."""
        return int(self._units[row]) if 0 <= row < len(self._units) else None

    def _show_marks(self) -> None:
        rows = np.flatnonzero(self._units == self.session.selection.unit)
        self.plot.set_marks(int(rows[0]) if rows.size else None, self.session.selection.cursor)

    def _ordered(self, recording: Recording) -> npt.NDArray[np.int64]:
        """The unit of every row (R,): all that have the channel."""
        all_units = recording.groups.units_having(self._channel)
        kind, first = self.order.currentData(), list[int]()
        if kind == "similarity":
            if self.session.inspection.order is None:
                self._ask_for_order()
            first = list(self.session.inspection.order or ())
        elif kind == "score":
            concept = self.session.selection.concept
            ranking = self.session.rankings.ranking(concept) if concept else None
            scores = ranking.scores if ranking else ()
            first = [score.unit for score in scores if score.channel == self._channel]
        known = np.array(first, np.int64)
        known = known[np.isin(known, all_units)]
        return np.concatenate([known, np.setdiff1d(all_units, known)])

    def _ask_for_order(self) -> None:
        if not self.session.jobs.busy(OrderUnits):
            self.session.inspection.request_order()

    def _channel_scale(self, recording: Recording) -> _ChannelScale:
        """One scale for all units; measured again when the walk is over."""
        key = (recording.folder, self._channel, recording.complete)
        if self._scale is None or self._scale.key != key:
            rows = recording.rows(self._channel)[:, : max(1, recording.walked)]
            seen = recording.running_rows(self._channel)
            about = recording.about_channel(self._channel)
            if _any_size(recording, self._channel):
                found = Scale(-1.0, 1.0, DIVERGING[0]), reaches(rows)
            else:
                found = (
                    scale_for(about, seen, "channel"),
                    np.ones(len(rows), np.float32),
                )
            self._scale = _ChannelScale(key, *found)
        return self._scale

    def _tell(self, hovered: str | None) -> None:
        if hovered is not None:
            self.note.setText(hovered)
        elif self.order.currentData() == "score" and not self._has_ranking():
            self.note.setText("Rank the units for a concept first")
        else:
            recording = self.session.recordings.recording
            apart = recording is not None and _any_size(recording, self._channel)
            own = ", each on its own range" * apart
            self.note.setText(f"{self._channel} of {len(self._units):,} units{own}")

    def _has_ranking(self) -> bool:
        concept = self.session.selection.concept
        return concept is not None and self.session.rankings.ranking(concept) is not None

    @Slot()
    def _choose_order(self) -> None:
        if self.order.currentData() == "similarity":
            self._ask_for_order()
        self.request_draw()

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        recording, unit = self._drawn, self.unit_in_row(int(y))
        if recording is None or recording is not self.session.recordings.recording:
            return  # the picture of what is open now comes with the next frame
        if unit is None or not 0 <= int(x) < recording.length:
            return
        self.session.selection.set_cursor(int(x))
        name = recording.unit_name(unit)
        value = shown_number(float(recording.values(self._channel, unit)[int(x)]), "+.3f")
        self._tell(f"{name} {self._channel}  {value}  at {int(x):,}")

    @Slot()
    def _leave(self) -> None:
        self._tell(None)

    @Slot(float, float)
    def _click(self, x: float, y: float) -> None:
        unit = self.unit_in_row(int(y))
        if unit is not None and self._drawn is self.session.recordings.recording:
            self.session.selection.select_unit(unit)


def _shown(recording: Recording, channel: str, start: int, stop: int) -> Values:
    """A copy of the rows of a channel from start to stop; NaN where a unit does not run (yet)."""
    values: Values = np.array(recording.rows(channel)[:, start:stop])
    for place in recording.groups.having(channel):
        first, group = recording.groups.first_row(channel, place), recording.groups[place]
        runs = mask(recording.ranges_of(recording.groups.firsts[place]), start, stop)
        values[first : first + group.width, ~runs] = np.nan
    return values


def _layers(recording: Recording, channel: str) -> tuple[dict[float, str], tuple[int, ...]]:
    """Where the title of each group that has a channel stands, and between which rows they meet."""
    groups, middles, boundaries = recording.groups, {}, []
    for place in groups.having(channel):
        first = groups.first_row(channel, place)
        middles[first + groups[place].width / 2] = groups[place].words
        boundaries.append(first)
    return middles, tuple(boundaries[1:])


def _any_size(recording: Recording, channel: str) -> bool:
    """Whether units of this channel may be of quite different sizes."""
    return recording.about_channel(channel).range == "unbounded"


def reaches(rows: Values) -> npt.NDArray[np.float32]:
    """The largest absolute value of each unit (N,), among some 1,000 from all over its row."""
    places = np.linspace(0, max(0, rows.shape[1] - _PIECE), _PIECES).astype(np.int64).tolist()
    parts = [rows[:, place : place + _PIECE] for place in dict.fromkeys(places)]
    found = np.abs(to_float32(np.concatenate(parts, axis=1))).max(axis=1)
    return np.where(found > 0, found, np.float32(1))


def _name_of_row(recording: Recording, units: npt.NDArray[np.int64], row: int) -> str:
    """The name of the unit in a row of the picture; there is none beyond its edges."""
    return recording.unit_name(int(units[row])) if 0 <= row < len(units) else ""
