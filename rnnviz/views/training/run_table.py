"""The list of runs: colour, name, state, how far, how fast, and how long it will take."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView, QWidget

from rnnviz.core.quantities.durations import duration_in_words, rate_in_words
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.state import STATE_WORDS
from rnnviz.session.training.runs import OpenRun, Runs
from rnnviz.views.plots import ink_colour
from rnnviz.views.shared.plain_rows import set_plain_rows
from rnnviz.views.shared.plain_text import plain_tip
from rnnviz.views.shared.theme import Theme, theme_of

Index = QModelIndex | QPersistentModelIndex
_COLUMNS = ("Run", "State", "Step", "Loss", "Held out", "Rate", "Time left")
_NUMBERS = range(2, len(_COLUMNS))
_STATE_INKS = {
    "running": "good", "crashed": "bad", "stale": "warning", "paused": "warning",
    "finished": "muted", "stopped": "muted", "starting": "muted", "recorded": "muted",
    "reading": "muted",
}  # fmt: skip


_WIDTHS = {1: 124, 2: 128, 3: 60, 4: 72, 5: 92, 6: 92}
"""Pixels of every column but the name, which takes what they leave."""
_LEAST_FIRST = (5, 6, 2)
"""Columns that a narrow window goes without: speed, time left, step."""
_LEAST_NAME = 110


def words_of(run: OpenRun) -> tuple[str, ...]:
    """What the columns say of a run."""
    record, state = run.watched.record, run.watched.state
    planned = record.steps_planned
    step = f"{record.step:,}" + (f" of {planned:,}" if planned else "")
    asked = {"pause": "pausing…", "stop": "stopping…", "resume": "resuming…"}.get(run.asked)
    live = state == "running"
    rate = rate_in_words(record.steps_per_second(), "steps") if live else "–"
    left = duration_in_words(record.seconds_left()) if live else "–"
    shown = asked or STATE_WORDS[state]
    return run.name, shown, step, _newest(record.loss), _newest(record.validation), rate, left


def _newest(curve: Curve) -> str:
    """The last value; NaN and infinity as they are, a dash where there is none yet."""
    if not len(curve):
        return "–"
    return "NaN" if math.isnan(curve.last) else f"{curve.last:.3f}".replace("inf", "∞")


class _Model(QAbstractTableModel):
    def __init__(self, runs: Runs, view: QWidget) -> None:
        super().__init__(view)
        self._runs, self._view = runs, view
        self._rows: tuple[OpenRun, ...] = ()
        self._words: list[tuple[str, ...]] = []
        self._swatches: dict[tuple[int, bool], QIcon] = {}

    def catch_up(self) -> None:
        """Show what the runs are by now."""
        if self._rows != self._runs.opened:
            self.beginResetModel()
            self._rows = self._runs.opened
            self._words = [words_of(run) for run in self._rows]
            self.endResetModel()
            return
        words = [words_of(run) for run in self._rows]
        for row, (before, now) in enumerate(zip(self._words, words, strict=True)):
            if before != now:
                self._words[row] = now
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(_COLUMNS) - 1))

    def run_at(self, row: int) -> OpenRun | None:
        """The run in this row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def rowCount(self, parent: Index | None = None) -> int:
        """One row a run."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """The columns."""
        return len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The captions."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The name can be ticked: its curves are drawn."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        run, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words[index.row()][column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(_tip(run))
        return self._look_of(run, column, role)

    def _look_of(self, run: OpenRun, column: int, role: int) -> object:
        theme = theme_of(self._view)
        if role == Qt.ItemDataRole.ForegroundRole and column == 1:
            ink = "muted" if run.asked else _STATE_INKS[run.watched.state]
            return QColor(getattr(theme, ink))
        if column == 0 and role == Qt.ItemDataRole.DecorationRole:
            return self._swatch(run, theme)
        if column == 0 and role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if run.shown else Qt.CheckState.Unchecked
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a run."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        run = self._rows[index.row()]
        self._runs.set_shown(run, Qt.CheckState(value) == Qt.CheckState.Checked)
        self.dataChanged.emit(index, index)
        return True

    def _swatch(self, run: OpenRun, theme: Theme) -> QIcon:
        key = (run.ink, theme.dark)
        if key not in self._swatches:
            pixels = QPixmap(12, 12)
            pixels.fill(ink_colour(run.ink, theme))
            swatch = QIcon(pixels)
            # Otherwise a chosen row would tint it, and it would no longer be the curve's colour.
            swatch.addPixmap(pixels, QIcon.Mode.Selected)
            self._swatches[key] = swatch
        return self._swatches[key]


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _tip(run: OpenRun) -> str:
    watched = run.watched
    lines = [str(watched.directory)]
    if watched.problem:
        lines.append(watched.problem)
    if watched.damaged_lines:
        lines.append(f"{watched.damaged_lines:,} lines of its events cannot be read")
    lines += [
        f"{bad.where} is not a number at step {bad.step:,}"
        + (f": {bad.parameter}" if bad.parameter else "")
        for bad in watched.record.bad_numbers[:1]
    ]
    return "\n".join(lines)


class RunTable(QTableView):
    """Choosing a row chooses the run; ticking it draws its curves.

    Signals:
        run_chosen(OpenRun): the person chose this row.
    """

    run_chosen = Signal(object)
    menu: QMenu | None = None
    """Opened over a row, which is chosen first."""

    def __init__(self, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training runs")
        self._runs = runs
        self._model = _Model(runs, self)
        self.setModel(self._model)
        self.setIconSize(QSize(12, 12))
        set_plain_rows(self, 28)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.selectionModel().currentRowChanged.connect(self._chosen)

    @Slot()
    def catch_up(self) -> None:
        """Show what the runs are by now, and which one is current."""
        self._model.catch_up()
        if self._runs.current is None:
            return
        row = self._runs.opened.index(self._runs.current)
        if self.currentIndex().row() != row:
            self.selectRow(row)
            self._show_current()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current run in sight, also where there are more than find room."""
        super().resizeEvent(event)
        self._hide_what_does_not_fit()
        self._show_current()

    def _hide_what_does_not_fit(self) -> None:
        """Keep the names readable in a narrow window, and what matters least out of it."""
        name = self.viewport().width() - sum(_WIDTHS.values())
        for column in _LEAST_FIRST:
            hidden = name < _LEAST_NAME
            self.setColumnHidden(column, hidden)
            if hidden:
                name += _WIDTHS[column]

    def _show_current(self) -> None:
        self.executeDelayedItemsLayout()
        self.scrollTo(self.currentIndex())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the run under the pointer."""
        if self.menu is not None and self.indexAt(event.pos()).isValid():
            self.menu.popup(event.globalPos())

    @Slot(QModelIndex)
    def _chosen(self, index: QModelIndex) -> None:
        run = self._model.run_at(index.row())
        if run is not None and run is not self._runs.current:
            self.run_chosen.emit(run)
