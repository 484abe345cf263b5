"""The rows of the list of runs: which columns there are, what stands in them, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSettings,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QIcon,
)

from rnnviz.core.runs.comparing.rows import (
    FIGURE_KEYS,
    FIGURES,
    Column,
    RunRow,
    in_order,
    setting_column,
    settings_by_difference,
)
from rnnviz.session.training.runs import OpenRun, Runs
from rnnviz.views.plots import ink_swatch
from rnnviz.views.shared.theme import Theme, theme_of
from rnnviz.views.shared.words.plain_text import plain_tip

Index = QModelIndex | QPersistentModelIndex
_FIGURES = {column.key: column for column in FIGURES}
_STATE_INKS = {
    "running": "good", "crashed": "bad", "damaged": "bad", "stale": "warning", "paused": "warning",
    "finished": "muted", "stopped": "muted", "starting": "muted", "recorded": "muted",
    "reading": "muted",
}  # fmt: skip
_BEFORE = ("name", "state", "step", "loss", "validation", "best")
_BEHIND = ("time", "speed", "left")
_LIVE_ONLY = frozenset({"speed", "left"})
"""Columns that say nothing of a run that is over."""
_MOST_SETTINGS = 12
"""So many of the settings that differ are shown unless a person chooses."""
_COLUMNS_SHOWN, _SORTED = "training/columns", "training/sorted"


class RunModel(QAbstractTableModel):
    """A row a run, those that the filter lets through, in the order that was chosen.

    Signals:
        columns_changed: others are shown than before.
    """

    columns_changed = Signal()

    def __init__(
        self, runs: Runs, settings: QSettings | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runs, self._settings = runs, settings
        self._shown: list[OpenRun] = []
        self._rows: dict[OpenRun, RunRow] = {}
        self._words: list[tuple[str, ...]] = []
        self._chosen_runs: object = None
        self._swatches: dict[tuple[int, bool], QIcon] = {}
        self.columns: tuple[Column, ...] = FIGURES[:6]
        self.differing: tuple[str, ...] = ()
        self.alike: tuple[str, ...] = ()
        self._chosen = _kept_choice(settings)
        self.sorted_by, self.descending = _kept_order(settings)

    # What is shown

    def catch_up(self) -> None:
        """Show what the runs are by now."""
        self._rows = {run: run.row() for run in self._runs.opened}
        listed = [run for run in self._runs.opened if run.listed]
        self._choose_columns([self._rows[run] for run in listed])
        column = next((one for one in self.columns if one.key == self.sorted_by), None)
        if column is not None:
            listed = in_order(listed, self._rows.__getitem__, column, self.descending)
        words = [tuple(one.words(self._rows[run]) for one in self.columns) for run in listed]
        if listed != self._shown or [len(row) for row in words] != [len(w) for w in self._words]:
            self.beginResetModel()
            self._shown, self._words = listed, words
            self.endResetModel()
            return
        # A tick, a run that is chosen or a word may make other cells differ from it.
        chosen = (self._runs.current, [run.shown for run in listed])
        last = len(self.columns) - 1
        for row, (before, now) in enumerate(zip(self._words, words, strict=True)):
            if before != now or chosen != self._chosen_runs:
                self._words[row] = now
                self.dataChanged.emit(self.index(row, 0), self.index(row, last))
        self._chosen_runs = chosen

    def longest(self) -> list[int]:
        """How many letters the longest words of each column have."""
        return [max(map(len, words)) for words in zip(*self._words, strict=True)]

    def _choose_columns(self, rows: Sequence[RunRow]) -> None:
        self.differing, self.alike = settings_by_difference(rows)
        keys = [key for key in _BEFORE if self.is_shown(key)]
        keys += [key for key in (*self.differing, *self.alike) if self.is_shown(key)]
        live = any(row.state == "running" for row in rows)
        keys += [
            key
            for key in _BEHIND
            if self.is_shown(key) and (live or key not in _LIVE_ONLY or key in self._chosen)
        ]
        if keys != [column.key for column in self.columns]:
            self.beginResetModel()
            self.columns = tuple(_FIGURES.get(key) or setting_column(key) for key in keys)
            self._shown, self._words = [], []
            self.endResetModel()
            self.columns_changed.emit()

    def is_shown(self, key: str) -> bool:
        """Whether there is a column of this figure or setting, were there runs to fill it."""
        if key in self._chosen:
            return self._chosen[key]
        return key in FIGURE_KEYS or key in self.differing[:_MOST_SETTINGS]

    def set_column(self, key: str, shown: bool) -> None:
        """Show a column, or leave it out, from now on."""
        self._chosen[key] = shown
        self._remember(_COLUMNS_SHOWN, [f"{key}={int(on)}" for key, on in self._chosen.items()])
        self.catch_up()

    def reset_columns(self) -> None:
        """Show the settings that differ, as at first."""
        self._chosen.clear()
        self._remember(_COLUMNS_SHOWN, [])
        self.catch_up()

    def sort_by(self, key: str, *, descending: bool | None = None) -> None:
        """Sort by a column; asked again it turns round, then the order of opening is back."""
        if descending is not None:
            self.sorted_by, self.descending = key, descending
        elif self.sorted_by != key:
            self.sorted_by, self.descending = key, False
        elif not self.descending:
            self.descending = True
        else:
            self.sorted_by, self.descending = "", False
        self._remember(_SORTED, f"{self.sorted_by}={int(self.descending)}")
        self.catch_up()

    def _remember(self, key: str, value: object) -> None:
        if self._settings is not None:
            self._settings.setValue(key, value)

    def run_at(self, row: int) -> OpenRun | None:
        """The run in this row."""
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def row_of(self, run: OpenRun | None) -> int:
        """The row of a run; -1 where it has none."""
        return self._shown.index(run) if run in self._shown else -1

    # For Qt

    def rowCount(self, parent: Index | None = None) -> int:
        """One row a run."""
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index | None = None) -> int:
        """The columns."""
        return len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The captions."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            turned = {False: " ↑", True: " ↓"}[self.descending]
            return column.title + (turned if column.key == self.sorted_by else "")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{column.about}\nA click sorts by it.".strip())
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The name can be ticked: its curves are drawn."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        run, column = self._shown[index.row()], self.columns[index.column()]
        words = self._words[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(_tip(run) if column.key == "name" else f"{column.title}: {words}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(run, column, words)
        return self._look_of(run, column, role)

    def differs(self, run: OpenRun, key: str) -> bool:
        """Whether a ticked run has another value of a setting than the chosen one."""
        current = self._runs.current
        if key in FIGURE_KEYS or current is None or run is current or not run.shown:
            return False
        mine, its = (self._rows[one].settings.get(key) for one in (run, current))
        return bool(mine != its) if current in self._rows else False

    def _spoken(self, run: OpenRun, column: Column, words: str) -> str:
        """What a screen reader says of a cell."""
        if column.key == "name":
            return f"{words}, {'drawn' if run.shown else 'not drawn'}"
        unlike = self._runs.current
        differs = unlike is not None and self.differs(run, column.key)
        return f"{column.title} {words}" + (f", unlike {unlike.name}" if differs and unlike else "")

    def _look_of(self, run: OpenRun, column: Column, role: int) -> object:
        # The theme is asked for where it matters: a list that is painted asks this of every cell.
        if column.key == "state" and role == Qt.ItemDataRole.ForegroundRole:
            ink = "muted" if run.asked else _STATE_INKS[run.watched.state]
            return QColor(getattr(theme_of(), ink))
        if column.key == "name" and role == Qt.ItemDataRole.DecorationRole:
            return self._swatch(run, theme_of())
        if column.key == "name" and role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if run.shown else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.BackgroundRole and self.differs(run, column.key):
            return QColor(theme_of().marked)
        if role == Qt.ItemDataRole.FontRole and self.differs(run, column.key):
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)  # all else is the table's
            return font
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a run."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        run = self._shown[index.row()]
        self._runs.set_shown(run, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def _swatch(self, run: OpenRun, theme: Theme) -> QIcon:
        key = (run.ink, theme.dark)
        if key not in self._swatches:
            pixels = ink_swatch(run.ink, theme, _pixel_ratio())
            swatch = QIcon(pixels)
            # Otherwise a chosen row would tint it, and it would no longer be the curve's colour.
            swatch.addPixmap(pixels, QIcon.Mode.Selected)
            self._swatches[key] = swatch
        return self._swatches[key]


def _kept_choice(settings: QSettings | None) -> dict[str, bool]:
    kept = settings.value(_COLUMNS_SHOWN, []) if settings is not None else []
    pairs = [kept] if isinstance(kept, str) else kept if isinstance(kept, list) else []
    split = (str(pair).rpartition("=") for pair in pairs)
    return {key: shown == "1" for key, _, shown in split if key}


def _kept_order(settings: QSettings | None) -> tuple[str, bool]:
    kept = str(settings.value(_SORTED, "")) if settings is not None else ""
    key, _, descending = kept.rpartition("=")
    return key, descending == "1"


def _pixel_ratio() -> float:
    application = QGuiApplication.instance()
    return application.devicePixelRatio() if isinstance(application, QGuiApplication) else 1.0


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _tip(run: OpenRun) -> str:
    watched = run.watched
    lines = [run.name, str(watched.directory)]
    if watched.problem:
        lines.append(watched.problem)
    if trouble := watched.trouble():
        lines.append(trouble)
    return "\n".join(lines)
