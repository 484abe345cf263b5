"""The window: docks around the text, menus, and every wire between them in one readable block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QUndoStack,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QInputDialog,
    QMainWindow,
    QScrollArea,
    QTabWidget,
    QWidget,
)

from rnnviz.core.errors import RnnvizError
from rnnviz.core.finding import SavedFinding
from rnnviz.session.session import Session
from rnnviz.views.actions import Actions, Deed
from rnnviz.views.dialogs.concept_dialog import ConceptDialog
from rnnviz.views.dialogs.finding_dialog import FindingDialog
from rnnviz.views.dialogs.keys_dialog import KeysDialog, show_about
from rnnviz.views.dialogs.problem_dialog import show_problem
from rnnviz.views.dialogs.vocabulary_dialog import VocabularyDialog
from rnnviz.views.dialogs.walk_dialog import WalkDialog
from rnnviz.views.exporting import Exporting
from rnnviz.views.library_pane import LibraryPane
from rnnviz.views.panels import PANELS
from rnnviz.views.panels.ranking import RankingPanel
from rnnviz.views.status import Status
from rnnviz.views.text_panel import TextPanel
from rnnviz.views.theme import Appearance, Setting
from rnnviz.views.undo import RemoveConcept, RemoveFinding, ReplaceTypedText
from rnnviz.work.messages import Failed

LAYOUT_VERSION = 1
"""Raised when docks change so much that a remembered layout would be wrong."""
_BOTTOM = ("trace", "heatmap")
"""Panels that want width; the others stand at the right."""
_SIZE = QSize(1360, 860)


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
        self.panels = tuple(panel(session) for panel in PANELS)
        self.docks: dict[str, QDockWidget] = {}
        self.setWindowTitle("rnnviz")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setCentralWidget(self.text_panel)
        self.setStatusBar(self.status)
        self._build_docks()
        self.actions_ = Actions(self, self._deeds())
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

    def _dock(self, name: str, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        # Without a scroll area the least sizes of all docks would add up to the window's.
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        dock.setWidget(scroll)
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
        self.resizeDocks([self.docks["library"], ranking], [190, 420], across)
        self.resizeDocks([trace], [230], down)

    def _restore_layout(self) -> None:
        geometry = self.session.settings.value("window/geometry")
        layout = self.session.settings.value("window/layout")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if not (isinstance(layout, QByteArray) and self.restoreState(layout, LAYOUT_VERSION)):
            self._size_docks()

    # Menus

    def _deeds(self) -> tuple[Deed, ...]:
        text, exporting, key = self.text_panel, self.exporting, QKeySequence.StandardKey
        return (
            Deed("File", "Open…", key.Open, self.ask_open),
            Deed("File", "Open recording or run…", "Ctrl+Shift+O", self.ask_open_folder),
            Deed("File/Open recent", "Clear this list", None, self.session.library.forget_recent),
            Deed("File", "-", None, self.close),
            Deed("File", "Save finding…", key.Save, self.ask_finding),
            Deed("File", "Export text as shown…", "Ctrl+Shift+E", exporting.ask_text),
            Deed("File", "Export findings as a web page…", None, exporting.ask_findings),
            Deed("File", "-", None, self.close),
            Deed("File", "Quit", key.Quit, self.close),
            Deed("Edit", "Undo", key.Undo, self.undo_stack.undo),
            Deed("Edit", "Redo", key.Redo, self.undo_stack.redo),
            Deed("Edit", "-", None, self.close),
            Deed("Edit", "Find…", key.Find, text.search.open_bar, key="/"),
            Deed("Edit", "Go to character…", "Ctrl+G", self.ask_position, key="G"),
            Deed("Edit", "Type your own text", "Ctrl+E", self.toggle_editing, key="E"),
            Deed("Edit", "-", None, self.close),
            Deed("Edit", "New concept…", "Ctrl+Shift+N", self.ask_concept),
            Deed("Edit", "Remove this concept", None, self.remove_concept),
            Deed("Unit", "Next unit", None, self.next_unit, key="Right"),
            Deed("Unit", "Previous unit", None, self.previous_unit, key="Left"),
            Deed("Unit", "Layer above", None, self.layer_above, key="Up"),
            Deed("Unit", "Layer below", None, self.layer_below, key="Down"),
            Deed("Unit", "Next channel", None, self.next_channel, key="N"),
            Deed("Unit", "-", None, self.close),
            Deed("Unit", "Pin or unpin this unit", None, text.toggle_pin, key="Space"),
            Deed("Unit", "Unpin all", None, self.session.selection.clear_pins),
            Deed("Unit", "Colour by surprisal", None, text.surprisal.toggle, key="S"),
            Deed("Unit", "Choose a concept", None, text.open_concepts, key="C"),
            Deed("View", "Zoom in", key.ZoomIn, text.zoom_in),
            Deed("View", "Zoom out", key.ZoomOut, text.zoom_out),
            Deed("View", "Reset layout", None, self.reset_layout),
            Deed("View", "-", None, self.close),
            Deed("Help", "Keyboard shortcuts", key.HelpContents, self.show_keys, key="?"),
            Deed("Help", "Folder of recordings", None, self.show_cache),
            Deed("Help", "About rnnviz", None, self.show_about),
        )

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
        session = self.session
        session.jobs.failed.connect(self.show_failure)
        session.library.recent_changed.connect(self.show_recent)
        session.recordings.model_changed.connect(self.show_title)
        session.recordings.text_changed.connect(self.show_title)
        session.recordings.vocabulary_needed.connect(self.ask_vocabulary)
        session.recordings.walk_asked.connect(self.ask_walk)
        self.text_panel.concept_requested.connect(self.ask_concept)
        self.text_panel.message.connect(self.status.say)
        self.exporting.message.connect(self.status.say)
        self.exporting.failed.connect(self.show_message)
        self.library.file_requested.connect(self.open_path)
        self.library.finding_requested.connect(self.show_finding)
        self.library.finding_removal_requested.connect(self.remove_finding)
        self.library.finding_edit_requested.connect(self.edit_finding)
        for panel in self.panels:
            panel.open_requested.connect(self.ask_open)
            panel.jump_requested.connect(session.selection.jump)
            if isinstance(panel, RankingPanel):
                panel.concept_dialog_requested.connect(self.ask_concept)

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
        typed = self.text_panel.typed_text()
        try:
            self.session.open_path(path)
        except RnnvizError as error:
            self.show_message(str(error))
            return
        if typed is not None and self.session.recordings.text is not typed:
            self.text_panel.set_editing(False)
            self.undo_stack.push(ReplaceTypedText(self.session, typed))

    @Slot()
    def ask_open(self) -> None:
        """Ask for a file."""
        start = str(self.session.settings.value("window/folder", ""))
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a model or a text", start)
        if chosen:
            self.session.settings.setValue("window/folder", str(Path(chosen).parent))
            self.open_path(Path(chosen))

    @Slot()
    def ask_open_folder(self) -> None:
        """Ask for a recording or a run."""
        chosen = QFileDialog.getExistingDirectory(self, "Open a recording or a training run")
        if chosen:
            self.open_path(Path(chosen))

    @Slot(str, object, str)
    def ask_vocabulary(self, path: str, size: int, message: str) -> None:
        """Ask which characters a network knows, then open it with them."""
        dialog = VocabularyDialog(self.session.jobs, Path(path), size, message, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen() -> None:
            self.session.recordings.open_model(Path(path), dialog.vocabulary)

        dialog.accepted.connect(chosen)
        dialog.open()

    @Slot(object)
    def ask_walk(self, size_bytes: int) -> None:
        """Ask what to keep of a walk that takes much disk."""
        dialog = WalkDialog(self.session.recordings, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen() -> None:
            self.session.recordings.walk(dialog.channels)

        dialog.accepted.connect(chosen)
        dialog.open()

    @Slot()
    def show_recent(self) -> None:
        """List the files opened last; those that are gone are grey."""
        menu = self.actions_.menu("File/Open recent")
        for action in menu.actions():
            if action.data():
                menu.removeAction(action)
        first = next(iter(menu.actions()), None)
        for path in self.session.library.recent:
            action = menu.addAction(path.name)
            action.setData(str(path))
            action.setToolTip(str(path))
            action.setEnabled(path.exists())
            action.triggered.connect(self._open_recent)
            menu.insertAction(first, action)

    @Slot()
    def _open_recent(self) -> None:
        self.open_path(Path(self.sender().data()))

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

    # Going about

    def _step(self, units: int) -> None:
        recording, selection = self.session.recordings.recording, self.session.selection
        if recording is not None:
            selection.select_unit((selection.unit + units) % recording.total_units)

    @Slot()
    def next_unit(self) -> None:
        """The unit after this one; after the last the first."""
        self._step(1)

    @Slot()
    def previous_unit(self) -> None:
        """The unit before this one; before the first the last."""
        self._step(-1)

    @Slot()
    def layer_above(self) -> None:
        """The same unit, one layer farther from the input."""
        if (recording := self.session.recordings.recording) is not None:
            self._step(recording.units)

    @Slot()
    def layer_below(self) -> None:
        """The same unit, one layer nearer to the input."""
        if (recording := self.session.recordings.recording) is not None:
            self._step(-recording.units)

    @Slot()
    def next_channel(self) -> None:
        """Hidden, cell, then the gates, and round again."""
        recording, selection = self.session.recordings.recording, self.session.selection
        if recording is not None:
            place = recording.channels.index(selection.channel) + 1
            selection.select_unit(
                selection.unit, recording.channels[place % len(recording.channels)]
            )

    @Slot()
    def ask_position(self) -> None:
        """Ask for a character's number and go there."""
        text = self.session.recordings.text
        if text is None or len(text) == 0:
            return
        cursor = self.session.selection.cursor or 0
        last = min(len(text) - 1, 2**31 - 1)
        chosen, agreed = QInputDialog.getInt(
            self, "Go to character", f"Character, 0 to {last:,}", cursor, 0, last
        )
        if agreed:
            self.session.selection.jump(chosen)

    @Slot()
    def toggle_editing(self) -> None:
        """Start or stop typing into the text."""
        self.text_panel.set_editing(not self.text_panel.view.editable)

    # Concepts and findings

    @Slot()
    def ask_concept(self) -> None:
        """Ask for a new concept, shown on the text before it is used."""
        text = self.session.recordings.text
        if text is None:
            self.show_message("Open a text first: a new concept is shown on it before it is used.")
            return
        selection = self.session.selection
        dialog = ConceptDialog(text, selection.visible, selection.range, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen() -> None:
            try:
                concept = self.session.rankings.add(dialog.spec)
            except RnnvizError as error:
                self.show_message(str(error))
            else:
                selection.set_concept(concept.name)

        dialog.accepted.connect(chosen)
        dialog.open()

    @Slot()
    def remove_concept(self) -> None:
        """Remove the chosen concept, if a person made it."""
        name, rankings = self.session.selection.concept, self.session.rankings
        concept = rankings.concept(name) if name else None
        if concept is None or not rankings.is_custom(concept.name):
            self.show_message("Only concepts that you made can be removed; choose one first.")
            return
        self.undo_stack.push(RemoveConcept(rankings, concept))
        self.status.say(f"Removed “{concept.title}”. Undo brings it back.")

    @Slot()
    def ask_finding(self) -> None:
        """Ask for the title and note of a finding, and keep it."""
        finding = self.exporting.finding()
        if finding is None:
            self.show_message("There is nothing to save yet: open a model and a text first.")
            return
        dialog = FindingDialog(finding, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen() -> None:
            try:
                self.session.findings.add(dialog.finding)
            except RnnvizError as error:
                self.show_message(str(error))
            else:
                self.status.say(f"Saved “{dialog.finding.title}”.")

        dialog.accepted.connect(chosen)
        dialog.open()

    @Slot(object)
    def show_finding(self, saved: SavedFinding) -> None:
        """Show a finding as it was saved."""
        try:
            self.session.show_finding(saved.finding)
        except RnnvizError as error:
            self.show_message(str(error))
            return
        self.text_panel.show_scale(saved.finding.scale)

    @Slot(object)
    def edit_finding(self, saved: SavedFinding) -> None:
        """Change the title and the note of a finding."""
        dialog = FindingDialog(saved.finding, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen() -> None:
            findings = self.session.findings
            renamed = findings.rename(saved, dialog.finding.title)
            findings.annotate(renamed, dialog.finding.note)

        dialog.accepted.connect(chosen)
        dialog.open()

    @Slot(object)
    def remove_finding(self, saved: SavedFinding) -> None:
        """Remove a finding; undo brings it back."""
        self.undo_stack.push(RemoveFinding(self.session.findings, saved))
        self.status.say(f"Removed “{saved.finding.title}”. Undo brings it back.")

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
        setting: Setting = self.sender().data()
        self.appearance.set_setting(setting)
        self.session.settings.setValue("window/theme", setting)
        for action in self.actions_.menu("View/Theme").actions():
            action.setChecked(action.data() == setting)

    # Events

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
        """Open what was dropped; models before texts, so that each text meets its model."""
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
