"""The lecture's argument as an experiment: RNN, GRU and LSTM learn to remember over a distance."""

from __future__ import annotations

import time

from msgspec import Struct
from PySide6.QtCore import QObject, Signal

from rnnviz.core.architectures import COMPARED, ArchitectureFacts
from rnnviz.core.architectures.facts import Setting
from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.session.training.runs import OpenRun, Runs

TASK = "memory"


class Experiment(Struct, frozen=True):
    """What is to be remembered, over how many steps, and how long it is trained."""

    title: str
    kind: str
    """`adding` or `copying`."""
    distance: int
    steps: int
    symbols: int = 1
    """How many symbols are copied."""

    @property
    def options(self) -> dict[str, Setting]:
        """What the training task takes beside the settings of every run."""
        shared: dict[str, Setting] = {"kind": self.kind, "distance": self.distance}
        return {**shared, "symbols": self.symbols} if self.kind == "copying" else shared

    def config(self, architecture: ArchitectureFacts) -> TrainingConfig:
        """The settings of one of the three runs; they differ in the architecture alone."""
        return TrainingConfig(
            task=TASK,
            options=self.options,
            name=f"{self.kind} over {self.distance}, {architecture.short}",
            architecture=architecture.name,
            layers=1,
            units=64,
            batch=20,
            steps=self.steps,
            learning_rate=0.01,
            schedule="constant",
            warmup_steps=0,
            validation_every=25,
            checkpoint_every=1000,
        )


PRESETS = (
    Experiment("Adding two numbers out of 50", "adding", 50, 1500),
    Experiment("Adding two numbers out of 10: short enough for all", "adding", 10, 1500),
    Experiment("Copying a symbol over 60 steps", "copying", 60, 1500),
)
"""The first is the lecture's: the vanilla network fails, the gated ones succeed."""


class Memory(QObject):
    """Starts three runs at once and finds them again among the runs that are watched.

    Signals:
        experiment_changed: `experiment`.
    """

    experiment_changed = Signal()

    def __init__(self, runs: Runs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self.experiment = PRESETS[0]

    def set_experiment(self, experiment: Experiment) -> None:
        """Choose what is to be learned."""
        if experiment != self.experiment:
            self.experiment = experiment
            self.experiment_changed.emit()

    @property
    def runs(self) -> dict[str, OpenRun]:
        """The newest run of each architecture on the chosen experiment, as far as it is open."""
        found: dict[str, OpenRun] = {}
        for run in self._runs.opened:
            config = run.watched.config
            if config.get("task") == TASK and config.get("options") == self.experiment.options:
                found[str(config.get("architecture"))] = run
        return {one.name: found[one.name] for one in COMPARED if one.name in found}

    @property
    def training(self) -> bool:
        """Whether one of them goes on."""
        return any(run.live for run in self.runs.values())

    def start(self) -> None:
        """Train all three, each a process of its own.

        Raises:
            RnnvizError: a trainer cannot be started.
        """
        stamp = time.strftime("%Y%m%d-%H%M%S")
        for architecture in COMPARED:
            name = f"{self.experiment.kind}-{self.experiment.distance}-{architecture.name}-{stamp}"
            self._runs.start(self.experiment.config(architecture), self._runs.folder / name)

    def stop(self) -> None:
        """Ask those that go on to stop."""
        for run in self.runs.values():
            if run.live:
                try:
                    self._runs.ask(run, "stop")
                except RnnvizError:
                    continue  # its directory is gone, and with it the run
