"""What a brushed range has in common: units that are on there and off around, and where else."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.cells.patterns import PatternUnit, Place
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.recording import Recording
from rnnviz.views.cells.panels.coloured_places import PlacesPanel
from rnnviz.views.cells.placing import piece_of
from rnnviz.views.shared.controls.number_field import NumberField, WholeField
from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.text.searching.snippet_list import Entry, Piece, SnippetList

_CONTEXT = 30
_LONGEST = 120
_OWN = 0.0
"""The threshold that stands for one of each unit's own."""
_COLUMNS = ("Unit", "On when", "Mean there", "Threshold")


class PatternPanel(PlacesPanel):
    """Drag over the text; a click on a unit selects it, a click on a place goes there."""

    name = "pattern"
    title = "Pattern"
    needs = ("recording", "range")

    def follow(self) -> None:
        """Follow the range, the channel, and the answer."""
        self._units: tuple[PatternUnit, ...] = ()
        selection = self.session.selection
        selection.range_changed.connect(self.request_draw)
        selection.unit_changed.connect(self.request_draw)
        self.session.inspection.pattern_changed.connect(self.request_draw)
        self.follow_scale()

    def shown_places(self) -> SnippetList:
        """Where else the units are on together."""
        return self.places

    def build(self) -> QWidget:
        """A sentence, two controls, the units, and the places."""
        page = QWidget()
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setContentsMargins(12, 12, 12, 0)
        self.margin = WholeField(
            "Off around", 0, 1000, at_once=False,
            tip="So many characters before and after the range a unit must be off",
        )  # fmt: skip
        self.margin.set_value(4)
        self.threshold = NumberField(
            "On above", _OWN, 100.0, step=0.05, special="each its own", at_once=False,
            tip="On means farther from zero than this; each its own: seldom reached by the unit",
        )  # fmt: skip
        groups = []
        for caption, box in (("Off around", self.margin), ("On above", self.threshold)):
            label = Label(caption)
            label.setProperty("role", "muted")
            label.setBuddy(box)
            box.setFixedWidth(136)  # "each its own" is read whole
            box.value_changed.connect(self.request_draw)
            group = QWidget()
            row = QHBoxLayout(group)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            row.addWidget(label)
            row.addWidget(box)
            groups.append(group)
        controls = WrappingRow(*groups, spread=False)
        self.units = _unit_table()
        self.units.currentCellChanged.connect(self._choose)
        self.places = SnippetList("Where else these units are on")
        self.places.piece_chosen.connect(self.jump_requested)
        lists = QSplitter(Qt.Orientation.Vertical)
        lists.addWidget(self.units)
        lists.addWidget(self.places)
        lists.setSizes([200, 300])
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sentence)
        column.addWidget(controls)
        column.addWidget(lists, 1)
        return page

    def draw(self) -> None:
        """Ask if the question is a new one, and show the answer to the last."""
        recording, selection = self.session.recordings.recording, self.session.selection
        assert recording is not None and selection.range is not None
        threshold = self.threshold.value() or None
        if selection.range[1] > recording.walked:
            self.sentence.setText("What is brushed is not walked yet.")
            return
        self.session.inspection.request_pattern(self.margin.value(), threshold)
        found = self.session.inspection.pattern
        if found is None:
            self.sentence.setText("Looking at all units…")
            return
        self._show_units(found.units, recording)
        self._show_places(found.matches, recording)

    def _show_units(self, units: tuple[PatternUnit, ...], recording: Recording) -> None:
        start, stop = self.session.selection.range or (0, 0)
        first, last = recording.sequence.span(start, stop)
        brushed = recording.text.slice(first, min(last, first + 40)).replace("\n", "↵")
        more = "…" if last - first > 40 else ""
        only = {0: "no unit is", 1: "one unit is"}.get(len(units), f"{len(units):,} units are")
        self.sentence.setText(f"In “{brushed}{more}” {only} on throughout, and off around it.")
        if units != self._units:
            self._units = units
            self.units.blockSignals(True)
            self.units.setRowCount(len(units))
            for row, unit in enumerate(units):
                self._fill(row, unit, recording)
            self.units.blockSignals(False)
        selected = self.session.selection.unit
        row = next((row for row, unit in enumerate(units) if unit.unit == selected), -1)
        self.units.blockSignals(True)
        self.units.setCurrentCell(row, 0 if row >= 0 else -1)
        self.units.blockSignals(False)

    def _fill(self, row: int, unit: PatternUnit, recording: Recording) -> None:
        words = (
            recording.unit_name(unit.unit),
            "high" if unit.sign > 0 else "low",
            shown_number(unit.mean, "+.2f"),
            shown_number(unit.threshold, "+.2f"),
        )
        for column, word in enumerate(words):
            item = QTableWidgetItem(word)
            side = Qt.AlignmentFlag.AlignRight if column > 1 else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.units.setItem(row, column, item)

    def _show_places(self, places: tuple[Place, ...], recording: Recording) -> None:
        selection, entries = self.session.selection, list[Entry]()
        values = recording.values(selection.channel, selection.unit)
        for place in places:
            begin, end = recording.documents.around(place.start)
            first = max(begin, place.start - _CONTEXT)
            last = min(end, place.stop + _CONTEXT, first + _LONGEST)
            note = f"{place.on:.0f} of {len(self._units)}"
            entries.append(Piece(*piece_of(recording, values, first, last), note, place.start))
        heading = (
            "The same units are on here too" if places else "Nowhere else are they on together"
        )
        shown = (heading, *entries) if self._units else ()
        self.places.set_entries(shown, self.session.scaling.unit_scale)

    @Slot(int, int, int, int)
    def _choose(self, row: int, column: int, row_before: int, column_before: int) -> None:
        if 0 <= row < len(self._units):
            self.session.selection.select_unit(self._units[row].unit)


def _unit_table() -> QTableWidget:
    table = QTableWidget(0, len(_COLUMNS))
    table.setAccessibleName("Units that are on in the range and off around it")
    table.setHorizontalHeaderLabels(list(_COLUMNS))
    set_plain_rows(table, 26)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    header.setHighlightSections(False)
    for column in range(len(_COLUMNS)):
        side = Qt.AlignmentFlag.AlignRight if column > 1 else Qt.AlignmentFlag.AlignLeft
        if (title := table.horizontalHeaderItem(column)) is not None:
            title.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return table
