"""How often every unit's gate is shut, and how often wide open, as one point each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from rnnviz.core.cells.saturation import saturation
from rnnviz.core.recordings.ranges import Ranges, part_of, steps_in
from rnnviz.core.recordings.recording import Recording, Values
from rnnviz.views.plots import Points, ScatterPlot
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label

_UNITS_AT_ONCE = 32
_PIECES, _PIECE = 16, 512

Shares = npt.NDArray[np.float64]


class SaturationPanel(Panel):
    """Left-saturated against right-saturated, a colour for each layer; a click selects the unit."""

    name = "saturation"
    title = "Gates"

    def follow(self) -> None:
        """Follow the selected unit."""
        self.session.selection.unit_changed.connect(self.show_unit)
        self._counting = QTimer(self)
        self._counting.setInterval(0)
        self._counting.timeout.connect(self._count_more)
        self._key: tuple[object, ...] | None = None
        self._counted = 0

    def build(self) -> QWidget:
        """A gate to choose above the plot."""
        page = QWidget()
        self.gate = Choices()
        self.gate.setAccessibleName("Gate")
        self.gate.activated.connect(self.request_draw)
        self.note = Label()
        self.note.setProperty("role", "muted")
        self.plot = ScatterPlot("Gate saturation of every unit")
        self.plot.set_labels("share of time below 0.1", "share of time above 0.9")
        self.plot.point_clicked.connect(self._choose)
        self.plot.point_hovered.connect(self._hover)
        tools = QHBoxLayout()
        tools.setContentsMargins(12, 8, 12, 8)
        tools.setSpacing(8)
        tools.addWidget(self.gate)
        tools.addWidget(self.note, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self.plot, 1)
        self._left = self._right = np.zeros(0)
        return page

    def draw(self) -> None:
        """Count anew if the gate or the recording is another one, some units a frame."""
        recording = self.session.recordings.recording
        assert recording is not None
        gates = [name for name in recording.channels if recording.about_channel(name).is_gate]
        if gates != [self.gate.itemText(place) for place in range(self.gate.count())]:
            self.gate.clear()
            self.gate.addItems(gates)
        self.gate.setVisible(bool(gates))
        self.plot.setVisible(bool(gates))
        if not gates:
            self.note.setText("No gate was recorded: a plain RNN has none.")
            return
        key = (recording.folder, self.gate.currentText(), recording.complete)
        if key != self._key:
            self._key, self._counted = key, 0
            self._left = np.full(recording.total_units, np.nan)
            self._right = self._left.copy()
        if self._counted < recording.total_units:
            self._counting.start()
        else:
            self._show(recording)

    @Slot()
    def show_unit(self) -> None:
        """Ring the selected unit."""
        recording, unit = self._shown_recording(), self.session.selection.unit
        if self.empty or recording is None or not recording.has(self.gate.currentText(), unit):
            return
        group = recording.groups.having(self.gate.currentText()).index(
            recording.groups.place(unit).group
        )
        self.plot.set_ring(group, recording.groups.place(unit).unit)
        self._tell(recording, unit)

    @Slot()
    def _count_more(self) -> None:
        recording = self._counted_recording()
        if recording is None or not self.isVisible():
            self._counting.stop()
            self.request_draw()
            return
        first = self._counted
        stop = min(first + _UNITS_AT_ONCE, recording.total_units)
        gate, groups = self.gate.currentText(), recording.groups
        # Units of one group run at the same steps.
        stop = min(stop, groups.firsts[groups.place(first).group + 1])
        if recording.has(gate, first):
            row = groups.row(gate, first)
            rows = recording.rows(gate)[row : row + stop - first]
            self._left[first:stop], self._right[first:stop] = saturation(
                _sampled(rows, recording.ranges_of(first))
            )
        self._counted = stop
        if stop == recording.total_units:
            self._counting.stop()
            self._show(recording)

    def _counted_recording(self) -> Recording | None:
        """The open recording, unless another one's units were counted last."""
        recording = self.session.recordings.recording
        if recording is None or self._key is None or self._key[0] != recording.folder:
            return None
        return recording

    def _shown_recording(self) -> Recording | None:
        """The open recording, if it is whose units are the points."""
        recording = self._counted_recording()
        if recording is None or self._counted < recording.total_units:
            return None
        return recording

    def _show(self, recording: Recording) -> None:
        groups = tuple(
            Points(
                recording.groups[place].words,
                self._left[slice(*recording.groups.firsts[place : place + 2])],
                self._right[slice(*recording.groups.firsts[place : place + 2])],
                number,
            )
            for number, place in enumerate(recording.groups.having(self.gate.currentText()))
        )
        self.plot.set_points(groups, (-0.02, 1.02), (-0.02, 1.04))
        self.plot.set_legend(tuple((group.name, group.ink) for group in groups))
        self.show_unit()

    def _tell(self, recording: Recording, unit: int) -> None:
        name = recording.unit_name(unit)
        left, right = self._left[unit], self._right[unit]
        self.note.setText(f"{name}  shut {left:.0%}, open {right:.0%} of the time")

    @Slot(int, int)
    def _hover(self, group: int, place: int) -> None:
        recording = self._shown_recording()
        if recording is not None and group < 0:
            self.show_unit()
        elif recording is not None:
            self._tell(recording, self._unit_at(recording, group, place))

    @Slot(int, int)
    def _choose(self, group: int, place: int) -> None:
        recording = self._shown_recording()
        if recording is not None:
            unit = self._unit_at(recording, group, place)
            self.session.selection.select_unit(unit, self.gate.currentText())

    def _unit_at(self, recording: Recording, group: int, place: int) -> int:
        """The unit of a point: of the groups that have the gate."""
        having = recording.groups.having(self.gate.currentText())
        return recording.groups.firsts[having[group]] + place


def _sampled(rows: Values, ranges: Ranges) -> npt.NDArray[np.float16]:
    """Some 8,000 steps of every row, in pieces from all over the ranges at which it runs."""
    length = steps_in(ranges)
    starts = np.arange(0, length, _PIECE)
    if length > _PIECES * _PIECE:
        starts = np.linspace(0, length - _PIECE, _PIECES).astype(np.int64)
    parts = [rows[:, :0]]
    for start in starts.tolist():
        parts += [rows[:, slice(*one)] for one in part_of(ranges, start, start + _PIECE)]
    return np.asarray(np.concatenate(parts, axis=1), np.float16)
