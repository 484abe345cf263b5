"""The window: docks around the text, menus, and every wire between them in one readable block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QShowEvent,
    QUndoStack,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QWidget,
)

from rnnviz.core.errors import RnnvizError
from rnnviz.core.finding import SavedFinding
from rnnviz.session.jobs import Failed
from rnnviz.session.session import Session
from rnnviz.views.actions import Actions
from rnnviz.views.asking import Asking
from rnnviz.views.deeds import deeds
from rnnviz.views.dialogs.keys_dialog import KeysDialog, show_about
from rnnviz.views.dialogs.problem_dialog import show_problem
from rnnviz.views.dock_handle import DockHandle
from rnnviz.views.exporting import Exporting
from rnnviz.views.library_pane import LibraryPane
from rnnviz.views.panels import PANELS
from rnnviz.views.panels.ranking import RankingPanel
from rnnviz.views.status import Status
from rnnviz.views.text_panel import TextPanel
from rnnviz.views.theme import Appearance, Setting
from rnnviz.views.undo import ReplaceTypedText

Opened = TypeVar("Opened")

LAYOUT_VERSION = 1
"""Raised when docks change so much that a remembered layout would be wrong."""
_BOTTOM = ("trace", "heatmap")
"""Panels that want width; the others stand at the right."""
_SIZE = QSize(1360, 860)
_LEAST_WIDTHS = {
    Qt.DockWidgetArea.LeftDockWidgetArea: 160,
    Qt.DockWidgetArea.RightDockWidgetArea: 364,
}


class Window(QMainWindow):
    """Shows one session."""

    def __init__(self, session: Session, appearance: Appearance) -> None:
        super().__init__()
        self.session = session
        self.appearance = appearance
        self.undo_stack = QUndoStack(self)
        self.text_panel = TextPanel(session)
        self.library = LibraryPane(session)
        self.status = Status(session.jobs)
        self.exporting = Exporting(session, self.text_panel, self)
        self.asking = Asking(session, self.exporting, self.undo_stack, self)
        self.panels = tuple(panel(session) for panel in PANELS)
        self.docks: dict[str, QDockWidget] = {}
        self.setWindowTitle("rnnviz")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setCentralWidget(self.text_panel)
        self.setStatusBar(self.status)
        self._build_docks()
        self.actions_ = Actions(self, deeds(self))
        self._build_late_menus()
        self._connect()
        self.resize(_SIZE)
        self._restore_layout()
        self.text_panel.view.setFocus()

    # Layout

    def _build_docks(self) -> None:
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self._dock("library", "Library", self.library, Qt.DockWidgetArea.LeftDockWidgetArea)
        first: dict[Qt.DockWidgetArea, QDockWidget] = {}
        for panel in self.panels:
            area = (
                Qt.DockWidgetArea.BottomDockWidgetArea
                if panel.name in _BOTTOM
                else Qt.DockWidgetArea.RightDockWidgetArea
            )
            dock = self._dock(panel.name, panel.title, panel, area)
            if area in first:
                self.tabifyDockWidget(first[area], dock)
            first.setdefault(area, dock)
        for dock in first.values():
            dock.raise_()
        self._default_layout = self.saveState(LAYOUT_VERSION)

    def _dock(
        self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea
    ) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        # Without a scroll area the least sizes of all docks would add up to the window's.
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        scroll.setMinimumWidth(_LEAST_WIDTHS.get(area, 0))
        dock.setWidget(scroll)
        if content is not self.library:
            # Its tab names it already; what is left of the title is something to drag it by.
            dock.setTitleBarWidget(DockHandle(dock))
        self.addDockWidget(area, dock)
        self.docks[name] = dock
        return dock

    @Slot()
    def reset_layout(self) -> None:
        """Put all docks back to where they were at first."""
        for dock in self.docks.values():
            dock.show()
        self.restoreState(self._default_layout, LAYOUT_VERSION)
        self._size_docks()

    def _size_docks(self) -> None:
        ranking, trace = self.docks["ranking"], self.docks["trace"]
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        sides = [190, 400] if self.width() >= _SIZE.width() else [160, 364]
        self.resizeDocks([self.docks["library"], ranking], sides, across)
        self.resizeDocks([trace], [240], down)

    def _restore_layout(self) -> None:
        geometry = self.session.settings.value("window/geometry")
        layout = self.session.settings.value("window/layout")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        restored = isinstance(layout, QByteArray) and self.restoreState(layout, LAYOUT_VERSION)
        self._sized = restored

    # Menus

    def _build_late_menus(self) -> None:
        for setting in ("system", "light", "dark"):
            action = self.actions_.menu("View/Theme").addAction(setting.capitalize())
            action.setCheckable(True)
            action.setChecked(setting == self.appearance.setting)
            action.setData(setting)
            action.triggered.connect(self._choose_theme)
        for dock in self.docks.values():
            self.actions_.menu("View/Panels").addAction(dock.toggleViewAction())
        self.show_recent()

    # Wires

    def _connect(self) -> None:
        session, asking, library = self.session, self.asking, self.library
        session.jobs.failed.connect(self.show_failure)
        session.library.recent_changed.connect(self.show_recent)
        session.recordings.model_changed.connect(self.show_title)
        session.recordings.text_changed.connect(self.show_title)
        session.recordings.vocabulary_needed.connect(asking.ask_vocabulary)
        session.recordings.walk_asked.connect(asking.ask_walk)
        self.text_panel.concept_requested.connect(asking.ask_concept)
        self.text_panel.message.connect(self.status.say)
        self.exporting.message.connect(self.status.say)
        self.exporting.failed.connect(self.show_message)
        asking.path_chosen.connect(self.open_path)
        asking.said.connect(self.status.say)
        asking.refused.connect(self.show_message)
        library.file_requested.connect(self.open_path)
        library.finding_requested.connect(self.show_finding)
        library.finding_removal_requested.connect(asking.remove_finding)
        library.finding_edit_requested.connect(asking.edit_finding)
        for panel in self.panels:
            panel.open_requested.connect(asking.ask_open)
            panel.jump_requested.connect(session.selection.jump)
            if isinstance(panel, RankingPanel):
                panel.concept_dialog_requested.connect(asking.ask_concept)

    # Opening

    def open_at_start(self, paths: Sequence[Path]) -> None:
        """Open these files; without a model among them, also the first that ships."""
        for path in paths:
            self.open_path(path)
        if not self.session.jobs.busy("open") and self.session.recordings.recording is None:
            self.session.open_first()

    @Slot(object)
    def open_path(self, path: Path) -> None:
        """Open a file or folder; what is open stays if it cannot be opened."""
        self._open(self.session.open_path, path)

    def _open(self, opening: Callable[[Opened], object], what: Opened) -> None:
        """Open something; a typed text whose place it takes can be brought back."""
        typed = self.text_panel.typed_text()
        try:
            opening(what)
        except RnnvizError as error:
            self.show_message(str(error))
        if typed is not None and self.session.recordings.text is not typed:
            self.undo_stack.push(ReplaceTypedText(self.session, typed))

    @Slot()
    def show_recent(self) -> None:
        """List the files opened last; those that are gone are grey."""
        menu = self.actions_.menu("File/Open recent")
        for action in menu.actions():
            if action.data():
                menu.removeAction(action)
        clear = menu.actions()[0]
        for path in self.session.library.recent:
            action = menu.addAction(path.name)
            action.setData(str(path))
            action.setToolTip(str(path))
            action.setEnabled(path.exists())
            action.triggered.connect(self._open_recent)
            menu.insertAction(clear, action)

    @Slot()
    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.open_path(Path(action.data()))

    @Slot()
    def show_title(self) -> None:
        """Name the model and the text in the title bar."""
        recordings = self.session.recordings
        names = [recordings.model.description.name] if recordings.model else []
        if recordings.text is not None and recordings.text.name:
            names.append(recordings.text.name)
        self.setWindowTitle(" · ".join([*names, "rnnviz"]))
        if recordings.model and recordings.model.notes:
            self.status.say("; ".join(recordings.model.notes), 15_000)

    @Slot(object)
    def show_finding(self, saved: SavedFinding) -> None:
        """Show a finding as it was saved."""
        self._open(self.session.show_finding, saved.finding)

    # Messages

    @Slot(object)
    def show_failure(self, failure: Failed) -> None:
        """Say that a job failed, and why."""
        show_problem(self, failure.message, failure.details)

    @Slot(str)
    def show_message(self, message: str) -> None:
        """Say what a person can act on."""
        show_problem(self, message)

    @Slot()
    def show_keys(self) -> None:
        """Show all keys."""
        dialog = KeysDialog(self.actions_.keys(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def show_about(self) -> None:
        """Say what this is."""
        show_about(self)

    @Slot()
    def show_cache(self) -> None:
        """Open the folder of recordings in the desktop's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.session.recordings.cache)))

    @Slot()
    def _choose_theme(self) -> None:
        chosen = self.sender()
        if not isinstance(chosen, QAction):
            return
        setting: Setting = chosen.data()
        self.appearance.set_setting(setting)
        self.session.settings.setValue("window/theme", setting)
        for action in self.actions_.menu("View/Theme").actions():
            action.setChecked(action.data() == setting)

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        """Give the docks their first sizes; before the window is shown they would not keep them."""
        super().showEvent(event)
        if not self._sized:
            self._sized = True
            self._size_docks()
        for bar in self.findChildren(QTabBar):
            bar.setElideMode(Qt.TextElideMode.ElideNone)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Single keys, where no field took them."""
        deed = self.actions_.deed_of(event)
        if deed is not None:
            deed.run()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files from the desktop."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, one after the other."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        for path in paths:
            self.open_path(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout and end the engine."""
        self.session.settings.setValue("window/geometry", self.saveGeometry())
        self.session.settings.setValue("window/layout", self.saveState(LAYOUT_VERSION))
        self.session.close()
        super().closeEvent(event)
