"""The Training workspace: runs as they go on, their curves, samples, gradients and checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from rnnviz.session.session import Session
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.shared.workspace import PanelsOf, Workspace

if TYPE_CHECKING:
    from rnnviz.views.training.centre import TrainingCentre


class TrainingWorkspace(Workspace):
    """Runs and curves in the centre; samples and checkpoints at the right, gradients below.

    Signals:
        new_run_requested: the person wants to start a run.
        folder_requested: the person wants to open a run directory.
        path_requested(Path): the person wants this model in Cells.
        follow_requested(OpenRun): the person wants each new checkpoint of this run in Cells.
        like_requested(OpenRun): the person wants to start a run with the settings of this one.
        rename_requested(OpenRun): the person wants to give this run another name.
        delete_requested(OpenRun): the person wants to be rid of this run.
        watching_requested: the person wants new runs of some folder to open by themselves.
    """

    new_run_requested = Signal()
    folder_requested = Signal()
    path_requested = Signal(object)
    follow_requested = Signal(object)
    like_requested = Signal(object)
    rename_requested = Signal(object)
    delete_requested = Signal(object)
    watching_requested = Signal()

    name = "training"
    title = "Training"
    made_of = ("rnnviz.views.training.centre", "rnnviz.views.training.panels")
    panel_types = PanelsOf("rnnviz.views.training.panels", without=("curves",))
    bottom = ("gradient-norms", "gradient-steps", "parameters", "histograms")
    bottom_height = 250
    low = 760
    larger = 5

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.runs_centre: TrainingCentre | None = None

    def centre(self) -> QWidget:
        """The list of runs over their curves."""
        from rnnviz.views.training.centre import TrainingCentre

        self.runs_centre = TrainingCentre(self.session)
        return self.runs_centre

    def present_centre(self, presented: bool) -> None:
        """The list of runs and their curves, without what is done with them."""
        assert self.runs_centre is not None
        self.runs_centre.set_presented(presented)

    def entries(self) -> tuple[MenuEntry, ...]:
        """Starting, pausing and stopping runs."""
        return (
            MenuEntry("Run", "New run…", "Ctrl+N", self.new_run_requested.emit, anywhere=True),
            MenuEntry("Run", "New run like this…", None, self._like),
            MenuEntry("Run", "Watch a folder of runs…", None, self.watching_requested.emit),
            MenuEntry("Run", SEPARATOR),
            MenuEntry("Run", "Pause or resume", None, self._pause, key="P"),
            MenuEntry("Run", "Stop", None, self._stop),
            MenuEntry("Run", SEPARATOR),
            MenuEntry("Run", "Follow in Cells", None, self._follow, key="F"),
            MenuEntry("Run", "Stop following", None, self.session.following.stop),
            MenuEntry("Run", "Open its best model in Cells", None, self._open_best),
            MenuEntry("Run", SEPARATOR),
            MenuEntry("Run", "Rename…", None, self._rename),
            MenuEntry("Run", "Move to the trash…", None, self._delete),
            MenuEntry("Run", SEPARATOR),
            MenuEntry("Run", "Filter the runs", None, self._filter, key="/"),
        )

    def _follow(self) -> None:
        run = self.session.runs.current
        if run is None:
            self.failed.emit("Start a run, or open one, to follow it in Cells.")
        else:
            self.follow_requested.emit(run)

    def _pause(self) -> None:
        self._press("pause", "paused or resumed")

    def _stop(self) -> None:
        self._press("stop", "stopped")

    def _press(self, button: str, done: str) -> None:
        """As a click on the button would, which may be grey: what is over does not go on."""
        centre, run = self.runs_centre, self.session.runs.current
        if centre is None or run is None:
            self.message.emit("There is no run yet.")
        elif getattr(centre, button).isEnabled():
            getattr(centre, button).click()
        else:
            self.message.emit(f"{run.name} is {run.watched.state}: it cannot be {done}.")

    def _open_best(self) -> None:
        if self.runs_centre is not None:
            self.runs_centre.open_best()

    def _like(self) -> None:
        if self.runs_centre is not None:
            self.runs_centre.ask_like()

    def _rename(self) -> None:
        if self.runs_centre is not None:
            self.runs_centre.ask_rename()

    def _delete(self) -> None:
        if self.runs_centre is not None:
            self.runs_centre.ask_delete()

    def _filter(self) -> None:
        """Let the person type which runs to see."""
        centre = self.runs_centre
        if centre is None or centre.list.filter.isHidden() or not self.session.runs.opened:
            self.message.emit("There are no runs to filter yet.")
        else:
            centre.list.filter.setFocus()
            centre.list.filter.selectAll()

    def keys_go_to(self) -> QWidget:
        """The list of runs, if there are any."""
        centre = self.runs_centre
        assert centre is not None
        return centre.table if centre.table.isVisible() else centre.new

    def connect_parts(self) -> None:
        """Wishes go to the window."""
        from rnnviz.views.training.panels.checkpoints import CheckpointsPanel
        from rnnviz.views.training.panels.samples import SamplesPanel

        centre = self.runs_centre
        assert centre is not None
        centre.new_requested.connect(self.new_run_requested)
        centre.folder_requested.connect(self.folder_requested)
        centre.open_requested.connect(self.path_requested)
        centre.follow_requested.connect(self.follow_requested)
        centre.like_requested.connect(self.like_requested)
        centre.rename_requested.connect(self.rename_requested)
        centre.delete_requested.connect(self.delete_requested)
        centre.message.connect(self.message)
        centre.failed.connect(self.failed)
        stages = next(panel for panel in self.panels if isinstance(panel, CheckpointsPanel))
        samples = next(panel for panel in self.panels if isinstance(panel, SamplesPanel))
        stages.step_chosen.connect(samples.show_step)
