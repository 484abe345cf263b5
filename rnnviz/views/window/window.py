"""The window: workspaces, library, menus, and every wire between them in one readable block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
    QUndoStack,
)
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from rnnviz.core.cells.finding import SavedFinding
from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.reading import exists
from rnnviz.core.sequences.texts.direction import unturned
from rnnviz.core.stories.story import LONGEST_CAPTION, Story
from rnnviz.session.session import Session
from rnnviz.session.shared.jobs import Failure
from rnnviz.session.shared.opening import OPEN
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.cells.exporting import Exporting
from rnnviz.views.cells.workspace import CellsWorkspace
from rnnviz.views.gradients.workspace import GradientsWorkspace
from rnnviz.views.shared.importing import ImportsAhead
from rnnviz.views.shared.theme import Appearance, Setting
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.shared.workspace import Workspace
from rnnviz.views.training.workspace import TrainingWorkspace
from rnnviz.views.unroll.workspace import UnrollWorkspace
from rnnviz.views.window.actions.action_table import entries
from rnnviz.views.window.actions.actions import Actions
from rnnviz.views.window.focus import FocusRing, FocusWalk
from rnnviz.views.window.library_pane import LibraryPane
from rnnviz.views.window.places import Places
from rnnviz.views.window.prebuilding import Prebuilder
from rnnviz.views.window.presentation import Presentation
from rnnviz.views.window.questions import Questions
from rnnviz.views.window.status import Status
from rnnviz.views.window.stories.story_bar import StoryBar
from rnnviz.views.window.stories.story_telling import StoryTelling
from rnnviz.views.window.undo import (
    ReplaceTypedText,
    SelectionHistory,
    drop_what_fits_no_more,
)
from rnnviz.views.window.workspace_tabs import WorkspaceTabs
from rnnviz.views.window.workspaces import WORKSPACES

Opened = TypeVar("Opened")
W = TypeVar("W", bound=Workspace)

LAYOUT_VERSION = 2
"""Raised when docks change so much that a remembered layout would be wrong."""
_SIZE = QSize(1360, 860)
_LIBRARY_WIDTHS = (176, 208)
"""In a small window, and in a larger one."""


class Window(QMainWindow):
    """Shows one session.

    Signals:
        open_refused(str): a file or a folder was not opened, and why.
    """

    open_refused = Signal(str)

    def __init__(self, session: Session, appearance: Appearance) -> None:
        super().__init__()
        self.session = session
        self.appearance = appearance
        self.undo_stack = QUndoStack(self)
        self.workspaces = tuple(workspace(session) for workspace in WORKSPACES)
        self.story_bar = StoryBar(session)
        self.workspace_tabs = WorkspaceTabs(self.workspaces, (self.story_bar,))
        self.focus_walk = FocusWalk(self, self._centre)
        self.focus_ring = FocusRing(self)
        self.text_panel = self.workspace(CellsWorkspace).text_panel
        self.library = LibraryPane(session)
        self.status = Status(session.jobs)
        self.exporting = Exporting(session, self.text_panel, self)
        self.questions = Questions(session, self.exporting, self.undo_stack, self)
        self.telling = StoryTelling(session, self.exporting, self.undo_stack, self)
        self.selections = SelectionHistory(session, self.undo_stack, self)
        self.setWindowTitle("rnnviz")
        self.setAcceptDrops(True)
        self.setCentralWidget(self.workspace_tabs)
        self.setStatusBar(self.status)
        self.library_dock = self._build_library()
        self.presentation = Presentation(self)
        self.places = Places(self)
        self.actions_ = Actions(self, entries(self))
        self._build_late_menus()
        self._connect()
        self.resize(_SIZE)
        self._restore_layout()
        self.enter(CellsWorkspace.name)
        self.text_panel.view.setFocus()

    def workspace(self, kind: type[W]) -> W:
        """The workspace of this kind."""
        return next(found for found in self.workspaces if isinstance(found, kind))

    def _centre(self) -> QWidget:
        return self.workspace_tabs.current.centralWidget()

    # Layout

    def _build_library(self) -> QDockWidget:
        dock = QDockWidget("Library", self)
        dock.setObjectName("library")
        self.library.setMinimumWidth(_LIBRARY_WIDTHS[0])
        dock.setWidget(self.library)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self._default_layout = self.saveState(LAYOUT_VERSION)
        return dock

    @Slot()
    def reset_layout(self) -> None:
        """Put the library and the panels of this workspace back to where they were at first."""
        self.library_dock.show()
        self.restoreState(self._default_layout, LAYOUT_VERSION)
        self._size_library()
        self.workspace_tabs.current.reset_layout()

    def _size_library(self) -> None:
        width = _LIBRARY_WIDTHS[self.width() >= _SIZE.width()]
        self.resizeDocks([self.library_dock], [width], Qt.Orientation.Horizontal)

    def _restore_layout(self) -> None:
        geometry = self.session.settings.value("window/geometry")
        layout = self.session.settings.value("window/layout")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self._sized = isinstance(layout, QByteArray) and self.restoreState(layout, LAYOUT_VERSION)

    def fit_on(self, available: QSize) -> None:
        """Be no larger than the screen has room, in pixels: not every desktop sees to that."""
        self.resize(self.size().boundedTo(available))

    @Slot(str)
    def enter(self, name: str) -> None:
        """Show the workspace of this name."""
        self.workspace_tabs.enter(name)

    @Slot(str, str)
    def show_panel(self, name: str, panel: str) -> None:
        """Show the workspace of this name with this one of its panels in front."""
        self.enter(name)
        workspace = next(one for one in self.workspaces if one.name == name)
        workspace.show_panel(panel)

    @Slot()
    def enter_cells(self) -> None:
        """Show the text."""
        self.enter(CellsWorkspace.name)

    @Slot()
    def unroll_here(self) -> None:
        """Show the open model unrolled at the cursor in the text."""
        unroll = self.workspace(UnrollWorkspace)
        unroll.unroll_here()
        self.enter(UnrollWorkspace.name)

    def build_ahead_of_use(self) -> None:
        """Import what workspaces are made of, and make Training and Gradients ahead."""
        first = (self.workspace(TrainingWorkspace), self.workspace(GradientsWorkspace))
        modules = [name for workspace in self.workspaces for name in workspace.made_of]
        modules.append("rnnviz.views.training.new_run_dialog")  # it takes as long as a room
        jobs = self.session.jobs
        Prebuilder(first, modules, lambda: bool(jobs.running), self).start()

    # Menus

    def _build_late_menus(self) -> None:
        palette = self.actions_.actions["Command palette…"]
        palette.setShortcuts([QKeySequence("Ctrl+K"), QKeySequence("Ctrl+Shift+P")])
        # The plus stands on the equals sign of many keyboards; nobody shall need Shift.
        larger = self.actions_.actions["Zoom in"]
        larger.setShortcuts([*larger.shortcuts(), QKeySequence("Ctrl+=")])
        for setting in ("system", "light", "dark"):
            action = self.actions_.menu("View/Theme").addAction(setting.capitalize())
            action.setCheckable(True)
            action.setChecked(setting == self.appearance.setting)
            action.setData(setting)
            action.triggered.connect(self._choose_theme)
        self.show_recent()

    @Slot()
    def list_panels(self) -> None:
        """Offer to show and hide the library and the panels of this workspace."""
        menu = self.actions_.menu("View/Panels")
        menu.clear()
        for dock in (self.library_dock, *self.workspace_tabs.current.docks.values()):
            menu.addAction(dock.toggleViewAction())

    @Slot()
    def _hold_entries(self) -> None:
        """What acts on something that is not seen now cannot be asked for."""
        self.actions_.set_workspace(self.workspace_tabs.current.name)

    # Wires

    def _connect(self) -> None:
        session, questions, library = self.session, self.questions, self.library
        session.jobs.failed.connect(self.show_failure)
        session.library.recent_changed.connect(self.show_recent)
        session.recordings.model_changed.connect(self.show_title)
        session.recordings.text_changed.connect(self.show_title)
        session.recordings.recording_changed.connect(self.show_title)
        session.opening.companion_needed.connect(questions.ask_companion)
        session.recordings.walk_asked.connect(questions.ask_walk)
        session.workspace_wanted.connect(self.enter)
        session.panel_wanted.connect(self.show_panel)
        self.workspace_tabs.entered.connect(self.list_panels)
        self.workspace_tabs.entered.connect(self.show_title)
        self.workspace_tabs.entered.connect(self._show_workspace_of_story)
        session.alignments.model_changed.connect(self.show_title)
        self.workspace_tabs.entered.connect(self._hold_entries)
        cells, unroll = self.workspace(CellsWorkspace), self.workspace(UnrollWorkspace)
        cells.concept_requested.connect(questions.ask_concept)
        cells.unroll_requested.connect(self.unroll_here)
        unroll.unit_wanted.connect(self.enter_cells)
        self.exporting.message.connect(self.status.say)
        self.exporting.failed.connect(self.show_message)
        questions.path_chosen.connect(self.open_path)
        questions.character_chosen.connect(self.text_panel.go_to_character)
        questions.message.connect(self.status.say)
        session.message.connect(self.status.say)
        questions.refused.connect(self.show_message)
        library.file_requested.connect(self.open_path)
        library.finding_requested.connect(self.show_finding)
        library.finding_removal_requested.connect(questions.remove_finding)
        library.finding_edit_requested.connect(questions.edit_finding)
        telling, bar = self.telling, self.story_bar
        library.story_requested.connect(telling.tell)
        library.story_edit_requested.connect(telling.ask_change)
        library.story_removal_requested.connect(telling.remove)
        library.story_move_requested.connect(telling.move)
        bar.step_requested.connect(telling.step)
        bar.stage_requested.connect(telling.show_stage)
        bar.again_requested.connect(telling.again)
        bar.end_requested.connect(session.stories.end)
        telling.message.connect(self.status.say)
        telling.refused.connect(self.show_message)
        self._connect_training()
        library.run_requested.connect(self.follow_directory)
        for workspace in self.workspaces:
            workspace.open_requested.connect(questions.ask_open)
            workspace.message.connect(self.status.say)
            workspace.failed.connect(self.show_message)

    def _connect_training(self) -> None:
        training, questions = self.workspace(TrainingWorkspace), self.questions
        training.new_run_requested.connect(questions.ask_new_run)
        training.folder_requested.connect(questions.ask_open_folder)
        training.path_requested.connect(self.open_checkpoint)
        training.follow_requested.connect(self.follow_run)
        training.like_requested.connect(questions.ask_run_like)
        training.rename_requested.connect(questions.ask_run_name)
        training.delete_requested.connect(questions.ask_deleting_run)
        training.watching_requested.connect(questions.ask_watched_folder)
        folders = self.session.run_folders
        folders.not_deleted.connect(questions.ask_deleting_for_good)
        folders.deleted.connect(questions.say_deleted)
        folders.appeared.connect(questions.say_appeared)

    # Opening

    def open_soon(self, paths: Sequence[Path], addresses: Sequence[str] = ()) -> None:
        """The same as `open_at_start`, once the room that is returned to is imported, in turns."""
        left = None if paths or addresses else self.places.left()
        name = left.workspace if left is not None else ""
        rooms = [room for room in self.workspaces if room.name == name]
        ahead = ImportsAhead([module for room in rooms for module in room.made_of], self)

        def imported() -> None:
            if not self.session.jobs.closed:  # as by a person who closes the window at once
                self.open_at_start(paths, addresses)

        ahead.done.connect(imported)
        ahead.start()

    def open_at_start(self, paths: Sequence[Path], addresses: Sequence[str] = ()) -> None:
        """Open these files; without a model among them, also the first that ships.

        The runs that were watched when the window was closed are watched again.

        Args:
            addresses: of runs on other machines, as the person typed them.
        """
        self.session.runs.reopen()
        self.session.run_folders.reopen()
        for path in paths:
            self.open_path(path)
        for address in addresses:
            self.open_address(address)
        if self.session.jobs.busy(OPEN) or self.session.recordings.recording is not None:
            return
        if paths or addresses or not self.places.return_to():
            self.session.open_first()

    @Slot(object)
    def open_path(self, path: Path) -> None:
        """Open a file or folder; what is open stays if it cannot be opened."""
        self._open(self.session.open_path, path)

    @Slot(str)
    def open_address(self, address: str) -> None:
        """Watch a run on another machine, at an address that the person typed."""
        self._open(self.session.open_address, address)

    @Slot(object)
    def open_checkpoint(self, path: Path) -> None:
        """Open a checkpoint and show what its units do; a translation shows itself."""
        self.open_path(path)
        if self.session.checkpoint_walks.reads_characters:
            self.enter(CellsWorkspace.name)

    @Slot(object)
    def follow_run(self, run: OpenRun) -> None:
        """Show each new checkpoint of this run in Cells, on the text and the unit there."""
        try:
            self.session.following.follow(run)
        except RnnvizError as error:
            self.show_message(str(error))
        else:
            self.enter(CellsWorkspace.name)

    @Slot(object)
    def follow_directory(self, directory: Path) -> None:
        """Open the run in this directory and follow it."""
        try:
            run = self.session.runs.open(directory)
        except RnnvizError as error:
            self.show_message(str(error))
        else:
            self.follow_run(run)

    def _open(self, opening: Callable[[Opened], object], what: Opened) -> bool:
        """Open something; a typed text whose place it takes can be brought back.

        Returns:
            Whether it was not refused.
        """
        typed, opened = self.text_panel.typed_text(), True
        try:
            opening(what)
        except RnnvizError as error:
            opened = False
            self.show_message(str(error))
            self.open_refused.emit(str(error))
        if typed is not None and self.session.recordings.text is not typed:
            self.undo_stack.push(ReplaceTypedText(self.session, typed))
        return opened

    @Slot()
    def read_own_text(self) -> None:
        """Show the open model on the sample text that suits it."""
        own = self.session.own_text
        if own is None:
            self.status.say("No sample text belongs to this model.")
        else:
            self._open(self.session.open_own_text, own.path)

    @Slot()
    def show_recent(self) -> None:
        """List the files opened last; those that are gone are grey."""
        menu = self.actions_.menu("File/Open recent")
        for action in menu.actions():
            if action.data():
                menu.removeAction(action)
                action.deleteLater()
        clear = menu.actions()[0]
        for path in self.session.library.recent:
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setData(str(path))
            action.setToolTip(plain_tip(str(path)))
            action.setEnabled(exists(path))
            action.triggered.connect(self._open_recent)
            menu.insertAction(clear, action)

    @Slot()
    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.open_path(Path(action.data()))

    @Slot()
    def _show_workspace_of_story(self) -> None:
        self.story_bar.enter(self.workspace_tabs.current.name)

    @Slot()
    def show_title(self) -> None:
        """Name what is open in this room in the title bar."""
        recordings = self.session.recordings
        if (subjects := self.workspace_tabs.current.subjects()) is not None:
            self.setWindowTitle(unturned(" · ".join([*subjects, "rnnviz"])))
            return
        names = [recordings.model.description.name] if recordings.model else []
        if not names and recordings.recording is not None:
            names = [recordings.recording.description.model_name or "a recording"]
        if recordings.text is not None and recordings.text.name:
            names.append(recordings.text.name)
        self.setWindowTitle(unturned(" · ".join([*names, "rnnviz"])))
        if recordings.model and recordings.model.notes:
            self.status.say("; ".join(recordings.model.notes), 15_000)

    @Slot()
    def undo(self) -> None:
        """Take back the last thing done in this room, or else in the window."""
        if not self.workspace_tabs.current.undo():
            drop_what_fits_no_more(self.undo_stack)
            self.undo_stack.undo()
            self.selections.forget()

    @Slot()
    def redo(self) -> None:
        """Do again what was taken back."""
        if not self.workspace_tabs.current.redo():
            drop_what_fits_no_more(self.undo_stack)
            self.undo_stack.redo()
            self.selections.forget()

    @Slot(object)
    def show_finding(self, saved: SavedFinding) -> None:
        """Show a finding as it was saved."""
        finding = saved.finding
        self.session.stories.end()
        if self._open(self.session.showing.show_finding, finding) and finding.note:
            caption = " ".join(finding.note.split())[:LONGEST_CAPTION]
            story = Story(title=finding.title, caption=caption, finding=finding)
            self.session.stories.tell_alone(story)

    @Slot()
    def open_palette(self) -> None:
        """Offer everything that can be done or looked at."""
        from rnnviz.views.window.actions.palette import Palette  # only who asks waits for it

        Palette(self).open()

    @Slot()
    def toggle_full_screen(self) -> None:
        """Take the whole screen, or give it back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # Messages

    @Slot(object)
    def show_failure(self, failure: Failure) -> None:
        """Say that a job failed, and why."""
        self._show_problem(failure.message, failure.details)

    @Slot(str)
    def show_message(self, message: str) -> None:
        """Say what a person can act on."""
        self._show_problem(message)

    def _show_problem(self, message: str, details: str = "") -> None:
        from rnnviz.views.dialogs.problem_dialog import show_problem  # seldom needed

        show_problem(self, message, details)

    @Slot()
    def show_keys(self) -> None:
        """Show all keys."""
        from rnnviz.views.dialogs.keys_dialog import KeysDialog  # only who asks waits for it

        dialog = KeysDialog(self.actions_.keys(self.workspace_tabs.current.name), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def show_about(self) -> None:
        """Say what this is."""
        from rnnviz.views.dialogs.keys_dialog import show_about  # only who asks waits for it

        show_about(self)

    @Slot()
    def show_cache(self) -> None:
        """Open the folder of recordings in the desktop's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.session.recordings.cache)))

    @Slot()
    def show_crash_records(self) -> None:
        """Open the folder where it is written what went wrong."""
        from rnnviz.core.system import places

        try:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(places.log_directory())))
        except RnnvizError as error:
            self.show_message(str(error))

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
        """Give the library its first width; before the window is shown it would not keep it."""
        super().showEvent(event)
        if not self._sized:
            self._sized = True
            self._size_library()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Single keys, where no field took them."""
        entry = self.actions_.entry_of(event, self.workspace_tabs.current.name)
        if entry is not None:
            entry.run()
        elif event.key() == Qt.Key.Key_Escape and self.session.stories.current is not None:
            self.session.stories.end()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, onwards: bool) -> bool:
        """Tab goes where a person sees that it goes."""
        return self.focus_walk.move(onwards)

    @Slot()
    def zoom_in(self) -> None:
        """Larger text, plots and tables in this workspace."""
        self._zoom(1)

    @Slot()
    def zoom_out(self) -> None:
        """Smaller ones."""
        self._zoom(-1)

    @Slot()
    def zoom_usual(self) -> None:
        """As large as they were at first."""
        self._zoom(0)

    def _zoom(self, steps: int) -> None:
        self.workspace_tabs.current.zoom_words(steps)

    @Slot()
    def next_part(self) -> None:
        """Give the keys to the next part of the window."""
        self.focus_walk.move_part(True)

    @Slot()
    def previous_part(self) -> None:
        """Give the keys to the part before."""
        self.focus_walk.move_part(False)

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
        """Remember the layout and end the engine; a training goes on, unless it shall not."""
        if not self.questions.may_close():
            event.ignore()
            return
        self.presentation.end()
        self.places.keep()
        self.session.settings.setValue("window/geometry", self.saveGeometry())
        self.session.settings.setValue("window/layout", self.saveState(LAYOUT_VERSION))
        for workspace in self.workspaces:
            workspace.save_layout(self.session.settings)
        # Gone from the screen at once: an engine that is killed may take a second to end.
        for dock in self.findChildren(QDockWidget):
            if dock.isFloating():
                dock.hide()
        self.hide()
        self.session.close()
        super().closeEvent(event)
