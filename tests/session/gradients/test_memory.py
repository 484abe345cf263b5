"""Three runs at once: started, found again, stopped."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QSettings

from rnnviz.core.architectures import COMPARED, facts_of
from rnnviz.core.errors import RunDirectoryError
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks import training_task
from rnnviz.session.gradients.memory import PRESETS, Experiment, Memory
from rnnviz.session.training.runs import Runs

TINY = Experiment("tiny", "adding", 4, 6)


class InlineTrainers:
    """Trains to the end at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, directory, config):
        config = msgspec.structs.replace(config, units=4)
        train(training_task(config), config, directory)

    def ended(self, directory):
        return None

    def resume(self, directory):
        raise RunDirectoryError("not here")

    def ask(self, directory, command, setting, value):
        self.asked.append(command)


@pytest.fixture
def memory(tmp_path: Path, qapp):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    runs = Runs(InlineTrainers(), settings, tmp_path / "runs")
    made = Memory(runs)
    made.set_experiment(TINY)
    yield made
    runs.close()
    made.deleteLater()
    runs.deleteLater()


def test_one_button_starts_three_runs_that_differ_in_one_thing(memory):
    memory.start()
    assert list(memory.runs) == [facts.name for facts in COMPARED]
    configs = [run.watched.config for run in memory.runs.values()]
    for name in set(configs[0]) - {"architecture", "name"}:
        assert configs[0][name] == configs[1][name] == configs[2][name]


def test_another_experiment_has_runs_of_its_own(memory):
    memory.start()
    memory.set_experiment(PRESETS[0])
    assert memory.runs == {}
    assert not memory.training
    memory.set_experiment(TINY)
    assert len(memory.runs) == 3


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_every_preset_is_a_configuration_that_works(preset):
    config = preset.config(facts_of("gru"))
    config.check()
    assert training_task(config).facts["distance"] == preset.distance
