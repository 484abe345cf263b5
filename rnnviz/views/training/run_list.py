"""The runs under a field that filters them, a menu of columns, and which folders are watched."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.runs.comparing.filtering import FilterError
from rnnviz.core.runs.comparing.rows import FIGURES
from rnnviz.core.runs.comparing.settings import setting_title
from rnnviz.session.session import Session
from rnnviz.views.shared.controls.staying_menu import StayingMenu
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.elided_label import ElidedLabel
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.training.run_table import ROW_PIXELS, RunTable

_MOST_ROWS = 5
_LONGEST_NAME = 16
_UP, _DOWN = "↑", "↓"
_FILTER_WIDTH = (120, 300)
_HINT = "Filter: name, rate < 1e-3, units = 256"
_ABOUT = (
    "Words must stand in the name or the state. A condition is a setting or a figure, a sign "
    "(< ≤ = ≠ ≥ >) and a value; several must all hold. Esc shows every run again."
)


class RunList(QWidget):
    """The list of runs and what chooses among them."""

    menu_requested = Signal(QPoint)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._presented = False
        self.table = RunTable(session.runs, session.settings)
        self.filter = QLineEdit()
        self.filter.setAccessibleName("Filter the runs")
        self.filter.setPlaceholderText(_HINT)
        self.filter.setToolTip(plain_tip(_ABOUT))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(_FILTER_WIDTH[0])
        self.filter.setMaximumWidth(_FILTER_WIDTH[1])
        self.filter.textChanged.connect(self._filter)
        self.filter.installEventFilter(self)
        self.refusal = ElidedLabel()
        self.refusal.setProperty("role", "muted")
        self.refusal.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.columns = QToolButton()
        self.columns.setText("Columns")
        set_icon(self.columns, "list")
        self.columns.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.columns.setToolTip("Which settings and figures are shown, and the order of the runs")
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns_menu = StayingMenu(self.columns)
        self.columns_menu.aboutToShow.connect(self.fill_columns_menu)
        self.columns.setMenu(self.columns_menu)
        self.watching = QToolButton()
        set_icon(self.watching, "refresh-cw")
        self.watching.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.watching.clicked.connect(self._leave)
        self._lay_out()
        session.run_folders.watched_changed.connect(self.catch_up)

    def _lay_out(self) -> None:
        choosing = QHBoxLayout()
        choosing.setContentsMargins(12, 0, 12, 8)
        choosing.setSpacing(8)
        choosing.addWidget(self.filter, 2)
        choosing.addWidget(self.refusal, 1)
        choosing.addWidget(self.watching)
        choosing.addWidget(self.columns)
        self._choosing = QWidget()
        self._choosing.setLayout(choosing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._choosing)
        column.addWidget(self.table, 1)

    def set_presented(self, presented: bool) -> None:
        """Leave out what chooses among the runs, for the last row, or bring it back."""
        self._presented = presented
        self.catch_up()

    @Slot()
    def catch_up(self) -> None:
        """Show the runs as they are by now."""
        runs, folders = self.session.runs, self.session.run_folders
        if runs.filter_typed:
            runs.list_anew()
        self.table.catch_up()
        self.table.setVisible(bool(runs.opened))
        several = len(runs.opened) > 1 or bool(self.filter.text())
        self._choosing.setVisible((several or bool(folders.watched)) and not self._presented)
        self.watching.setVisible(bool(folders.watched))
        if folders.watched:
            last = folders.watched[-1].name
            more = f" and {len(folders.watched) - 1}" if len(folders.watched) > 1 else ""
            self.watching.setText(f"{last[:_LONGEST_NAME]}{more}")
            places = "\n".join(map(str, folders.watched))
            self.watching.setAccessibleName(f"Stop watching {last}{more}")
            self.watching.setToolTip(
                plain_tip(f"New runs here open by themselves; a click ends that:\n{places}")
            )
        if not self.refusal.property("refused"):
            listed, opened = len(runs.listed), len(runs.opened)
            self.refusal.setText(f"{listed:,} of {opened:,}" if listed < opened else "")

    def wanted_height(self) -> int:
        """What the list takes where it is not drawn larger: a few rows, and what is around them."""
        rows = min(_MOST_ROWS, max(1, self.table.runs_model.rowCount()))
        height = self.table.horizontalHeader().sizeHint().height() + 4
        height += rows * self.table.verticalHeader().defaultSectionSize()
        bar = self.table.horizontalScrollBar()
        height += bar.sizeHint().height() if bar.maximum() else 0
        return height + (0 if self._choosing.isHidden() else self._choosing.sizeHint().height())

    def least_height(self) -> int:
        """A row under its captions."""
        return self.table.horizontalHeader().sizeHint().height() + 2 * ROW_PIXELS

    # Filtering

    @Slot(str)
    def _filter(self, typed: str) -> None:
        """List what is asked for; of what means nothing yet it is said why."""
        try:
            self.session.runs.set_filter(typed)
        except FilterError as error:
            words = str(error)
            self._refuse(words[:1].upper() + words[1:] + ".")
        else:
            self._refuse("")
        self.catch_up()

    def _refuse(self, words: str) -> None:
        self.refusal.setProperty("refused", bool(words))
        self.refusal.setProperty("role", "warning" if words else "muted")
        self.refusal.style().polish(self.refusal)
        self.refusal.setText(words)
        self.refusal.setToolTip(plain_tip(words))
        self.filter.setAccessibleDescription(words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc in the field shows every run, Enter and the arrow down go to the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key == Qt.Key.Key_Escape and self.filter.text():
                self.filter.clear()
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
                self.table.setFocus()
                return True
        return super().eventFilter(watched, event)

    # Columns

    @Slot()
    def fill_columns_menu(self) -> None:
        """Settings that differ, most first; figures; what is equal in a menu of its own."""
        menu, model = self.columns_menu, self.table.runs_model
        menu.clear()
        if model.differing:
            menu.addSection("Settings that differ")
            for key in model.differing:
                menu.addAction(self._column_action(menu, key, setting_title(key)))
        menu.addSection("Figures")
        for column in FIGURES[1:]:
            menu.addAction(self._column_action(menu, column.key, column.title))
        if model.alike:
            equal = StayingMenu(f"Equal in every run ({len(model.alike)})", menu)
            menu.addMenu(equal)
            for key in model.alike:
                equal.addAction(self._column_action(equal, key, setting_title(key)))
        menu.addSeparator()
        order = menu.addMenu("Sort by")
        for column in model.columns:
            for arrow in (_UP, _DOWN):
                action = order.addAction(f"{column.title} {arrow}")
                action.setCheckable(True)
                now = (model.sorted_by, _DOWN if model.descending else _UP)
                action.setChecked(now == (column.key, arrow))
                action.triggered.connect(partial(self._sort, column.key, arrow))
        order.addAction("As they were opened", partial(self._sort, "", _UP))
        menu.addAction("Usual columns", model.reset_columns)

    def _column_action(self, menu: QMenu, key: str, title: str) -> QAction:
        action = QAction(title, menu)
        action.setCheckable(True)
        action.setChecked(self.table.runs_model.is_shown(key))
        action.toggled.connect(partial(self.table.runs_model.set_column, key))
        return action

    def _sort(self, key: str, order: str, *_checked: bool) -> None:
        self.table.runs_model.sort_by(key, descending=order == _DOWN)

    @Slot()
    def _leave(self) -> None:
        folders = self.session.run_folders
        for folder in folders.watched:
            folders.leave(folder)
