"""The middle of the Training workspace: the runs, what can be done with them, and their curves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings, Qt, QTimer, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.errors import RnnvizError
from rnnviz.core.quantities.typed_numbers import shown_number
from rnnviz.session.session import Session
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.training.live_settings import LiveSettings
from rnnviz.views.training.panels.curves import CurvesPanel
from rnnviz.views.training.run_list import RunList

_WORDS_MS = 250
_LEAST_CHARTS = 200
"""Pixels that are left to the curves, however many runs there are."""
_HEIGHT = "training/list-height"


class TrainingCentre(QWidget):
    """The list of runs with its buttons, over the curves of those that are ticked.

    Signals:
        new_requested: the person wants to start a run.
        folder_requested: the person wants to open a run directory.
        open_requested(Path): open this model in Cells.
        follow_requested(OpenRun): show each new checkpoint of this run in Cells.
        like_requested(OpenRun): start a run with the settings of this one.
        rename_requested(OpenRun): give this run another name.
        delete_requested(OpenRun): move its folder to the trash.
        message(str): something for the status bar.
        failed(str): why something was not done.
    """

    new_requested = Signal()
    folder_requested = Signal()
    open_requested = Signal(object)
    follow_requested = Signal(object)
    like_requested = Signal(object)
    rename_requested = Signal(object)
    delete_requested = Signal(object)
    message = Signal(str)
    failed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.list = RunList(session)
        self.table = self.list.table
        self._menued: list[tuple[QAction, QPushButton]] = []
        self.curves = CurvesPanel(session)
        self.settings = LiveSettings()
        self.problem = Label()
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "problem")
        self.new = self._button("New run…", "plus", self.new_requested.emit)
        self.open = self._button("Open…", "folder-open", self.folder_requested.emit)
        self.pause = self._button("Pause", "pause", self.pause_or_resume)
        self.stop = self._button("Stop", "square", self.stop_run)
        self.best = self._button("Open in Cells", "type", self.open_best)
        self.best.setToolTip("Open the best checkpoint and see what its units do")
        self.follow = self._button("Follow", "eye", self.follow_current)
        self.follow.setToolTip("Read the text in Cells again at every new checkpoint of this run")
        self.close_run = QToolButton()
        set_icon(self.close_run, "x")
        self.close_run.setAccessibleName("Close this run")
        self.close_run.setToolTip("Take this run off the list; its training goes on")
        self.close_run.clicked.connect(self.close_current)
        self.table.menu = self._menu()
        self.more = QToolButton()
        set_icon(self.more, "chevron-down")
        self.more.setAccessibleName("More about this run")
        self.more.setToolTip("Rename, delete, a new run like this, which curves are drawn")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self.table.menu)
        self._shown_soon = QTimer(self)
        self._shown_soon.setSingleShot(True)
        self._shown_soon.setInterval(_WORDS_MS)
        self._shown_soon.timeout.connect(self.show_runs)
        self._lay_out()
        runs = session.runs
        runs.runs_changed.connect(self.show_runs)
        runs.current_changed.connect(self.show_runs)
        runs.curve_changed.connect(self._show_soon)
        session.run_folders.watched_changed.connect(self.show_runs)
        self.table.run_chosen.connect(runs.set_current)
        self.table.rename_requested.connect(self.ask_rename)
        self.table.delete_requested.connect(self.ask_delete)
        self.list.filter.textChanged.connect(self._list_height)
        self.table.words_grew.connect(self._list_height)
        self.settings.set_requested.connect(self.change_setting)
        self.show_runs()

    def _button(self, words: str, icon: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        set_icon(button, icon)
        button.setProperty("role", "bar")
        button.clicked.connect(run)
        return button

    def _menu(self) -> QMenu:
        """The same entries as the buttons', for the run under the pointer."""
        menu = QMenu(self.table)
        for button in (self.follow, self.best, self.pause, self.stop):
            action = menu.addAction("")
            action.triggered.connect(button.click)
            self._menued.append((action, button))
        menu.addSeparator()
        self.like = menu.addAction("New run like this…", self.ask_like)
        self.renaming = menu.addAction("Rename…\tF2", self.ask_rename)
        menu.addAction("Take off the list", self.close_current)
        self.deleting = menu.addAction("Move to the trash…\tDel", self.ask_delete)
        menu.addSeparator()
        menu.addAction("Draw only this run", self.draw_alone)
        menu.addAction("Draw all that are listed", self.draw_listed)
        menu.addAction("Draw none", self.draw_none)
        menu.aboutToShow.connect(self._show_menu)
        return menu

    @Slot()
    def _show_menu(self) -> None:
        for action, button in self._menued:
            action.setText(button.text())
            action.setEnabled(button.isEnabled())
        run = self.session.runs.current
        ours = run is not None and run.ours and not self.session.runs.is_elsewhere(run)
        own = run is not None and run.watched.config.get("task") == "own-loop"
        self.like.setEnabled(run is not None and run.ours and not own)
        self.renaming.setEnabled(ours)
        self.deleting.setEnabled(run is not None and not self.session.runs.is_elsewhere(run))

    def _lay_out(self) -> None:
        starting, opening = QWidget(), QWidget()
        left, right = QHBoxLayout(starting), QHBoxLayout(opening)
        for row in (left, right):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(6)
        for button in (self.new, self.open):
            left.addWidget(button)
        left.addSpacing(4)
        # As wide for either word, so that nothing beside it moves when a run is paused.
        self.pause.setText("Resume")
        self.pause.ensurePolished()
        self.pause.setMinimumWidth(self.pause.sizeHint().width())
        self.pause.setText("Pause")
        for button in (self.pause, self.stop):
            left.addWidget(button)
        for control in (self.follow, self.best, self.more, self.close_run):
            right.addWidget(control)
        live = QVBoxLayout()
        live.setContentsMargins(0, 0, 0, 0)
        live.addWidget(self.settings)
        self.live_row = QFrame()
        self.live_row.setLayout(live)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.buttons = WrappingRow(starting, opening)
        column.addWidget(self.buttons)
        below = QWidget()
        under = QVBoxLayout(below)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(0)
        for widget in (self.problem, self.live_row):
            under.addWidget(widget)
        under.addWidget(self.curves, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.list)
        self.split.addWidget(below)
        self.split.setStretchFactor(1, 1)
        self.split.splitterMoved.connect(self._keep_split)
        self._drawn_height = _kept_height(self.session.settings)
        column.addWidget(self.split, 1)

    def set_presented(self, presented: bool) -> None:
        """The list and its curves alone, for the last row; or with all that is done with them."""
        self.buttons.setVisible(not presented)
        self.list.set_presented(presented)
        self.curves.set_presented(presented)

    @Slot()
    def _show_soon(self) -> None:
        if self.isVisible() and not self._shown_soon.isActive():
            self._shown_soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self.show_runs()

    @Slot()
    def show_runs(self) -> None:
        """Bring the list, the buttons and the fields up to date."""
        runs = self.session.runs
        run = runs.current
        self.list.catch_up()
        self.list.setVisible(bool(runs.opened or self.session.run_folders.watched))
        self._list_height()
        state = run.watched.state if run else ""
        going = state in ("running", "starting")
        if going != (self.pause.text() == "Pause"):
            self.pause.setText("Pause" if going else "Resume")
            set_icon(self.pause, "pause" if going else "play")
        self.pause.setEnabled(state in ("running", "paused", "stopped", "crashed"))
        self.stop.setEnabled(state in ("running", "paused"))
        stages = self.session.checkpoint_walks
        opens = stages.kind is not None and bool(stages.kind.jobs)
        place = stages.kind.workspace if stages.kind is not None and opens else "cells"
        self.best.setText(f"Open in {place.capitalize()}")
        self.best.setEnabled(opens)
        self.follow.setEnabled(stages.reads_characters)
        for shown in (self.pause, self.stop, self.best, self.more, self.close_run):
            shown.setVisible(run is not None)
        self.follow.setVisible(run is not None and stages.reads_characters)
        self.live_row.setVisible(run is not None and run.live)
        self.settings.show_run(run)
        words = (runs.problem(run) or _problem_of(run)) if run else ""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    @Slot()
    def _list_height(self) -> None:
        """A few rows, or as high as the person drew the list; some of the plots is always seen."""
        if self.list.isHidden():
            return
        self.list.setMinimumHeight(self.list.least_height())
        most = max(self.list.least_height(), self.split.height() - _LEAST_CHARTS)
        height = min(self._drawn_height or self.list.wanted_height(), most)
        if self.split.sizes()[0] != height:
            self.split.setSizes([height, max(1, self.split.height() - height)])

    @Slot()
    def _keep_split(self) -> None:
        self._drawn_height = self.split.sizes()[0]
        self.session.settings.setValue(_HEIGHT, self._drawn_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list keeps its height."""
        super().resizeEvent(event)
        self._list_height()

    # What can be done

    @Slot()
    def ask_like(self) -> None:
        """Start a run with the settings of the current one."""
        self._wish(self.like_requested)

    @Slot()
    def ask_rename(self) -> None:
        """Give the current run another name."""
        self._wish(self.rename_requested)

    @Slot()
    def ask_delete(self) -> None:
        """Be rid of the current run."""
        self._wish(self.delete_requested)

    def _wish(self, signal: SignalInstance) -> None:
        if self.session.runs.current is not None:
            signal.emit(self.session.runs.current)
        else:
            self.message.emit("There is no run yet.")

    @Slot()
    def draw_alone(self) -> None:
        """Draw the curves of the current run, and no other."""
        run = self.session.runs.current
        self.session.runs.show_alone([run] if run is not None else [])

    @Slot()
    def draw_listed(self) -> None:
        """Draw the curves of all that the filter lets through."""
        self.session.runs.show_alone(self.session.runs.listed)

    @Slot()
    def draw_none(self) -> None:
        """Draw no curves."""
        self.session.runs.show_alone([])

    def _ask(self, command: str, words: str) -> None:
        run = self.session.runs.current
        if run is not None:
            self._try(lambda: self.session.runs.ask(run, command), words.format(run.name))

    def _try(self, action: Callable[[], None], words: str) -> None:
        try:
            action()
        except RnnvizError as error:
            self.failed.emit(str(error))
        else:
            self.message.emit(words)

    @Slot()
    def pause_or_resume(self) -> None:
        """Pause the current run after its step, or let it go on."""
        run = self.session.runs.current
        if run is None:
            return
        if run.watched.state == "running":
            self._ask("pause", "Asked {} to pause after this step.")
        else:
            self._try(lambda: self.session.runs.resume(run), f"Asked {run.name} to go on.")

    @Slot()
    def stop_run(self) -> None:
        """Ask the current run to stop with a checkpoint."""
        self._ask("stop", "Asked {} to stop; it keeps a checkpoint and can be resumed.")

    @Slot(object, str, float)
    def change_setting(self, run: OpenRun, setting: str, value: float) -> None:
        """Ask the run for which it was typed for another value of a setting."""
        words = f"Asked {run.name} for {setting.replace('_', ' ')} {shown_number(value)}."
        self._try(lambda: self.session.runs.ask(run, "set", setting, value), words)

    @Slot()
    def open_best(self) -> None:
        """Open the best checkpoint of the current run in Cells."""
        run = self.session.runs.current
        if run is None:
            return
        path = run.watched.best_checkpoint
        if path is None:
            self.failed.emit(f"{run.name} holds no checkpoint yet; wait for its first.")
        else:
            self.open_requested.emit(path)

    @Slot()
    def follow_current(self) -> None:
        """Show each new checkpoint of the current run in Cells."""
        if self.session.runs.current is not None:
            self.follow_requested.emit(self.session.runs.current)

    @Slot()
    def close_current(self) -> None:
        """Take the current run off the list."""
        if self.session.runs.current is not None:
            self.session.runs.close_run(self.session.runs.current)


def _kept_height(settings: QSettings) -> int:
    """How high the person drew the list; 0 where the person did not."""
    try:
        return max(0, int(str(settings.value(_HEIGHT, 0))))
    except ValueError:
        return 0


def _problem_of(run: OpenRun) -> str:
    """What a person should know about a run that is not well."""
    return "" if run.asked == "resume" else run.watched.trouble()
