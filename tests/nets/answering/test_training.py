"""What a training would take is measured before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnviz.core.errors import Cancelled, RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.answering import training
from rnnviz.nets.answering.shared.priority import short_first
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.work.jobs.training import Estimate, Estimated
from tests.nets.small import random_text


class Listening:
    """A context that keeps what it is told, and may be told to stop."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.told: list[float] = []
        self.stop_after = stop_after

    def progress(self, done: float, total: float, facts: None = None) -> None:
        self.told.append(done)
        if len(self.told) > self.stop_after:
            raise Cancelled("stopped on request")


def estimated(config: TrainingConfig, context: Listening) -> Estimated:
    return training.estimate(Estimate(config=config), context)


def config(tmp_path: Path, **changed: Any) -> TrainingConfig:
    text = tmp_path / "text.txt"
    text.write_text(random_text(4000))
    small = {"units": 16, "batch": 4, "sequence_length": 16, "epochs": 2.0}
    return TrainingConfig(texts=(str(text),), **(small | changed))


def test_an_estimate_grows_with_the_work(tmp_path: Path) -> None:
    context = Listening()
    short = estimated(config(tmp_path), context)
    long = estimated(config(tmp_path, epochs=200.0), Listening())
    assert short.steps == 2 * 57
    assert long.steps == 200 * 57
    assert long.seconds > 10 * short.seconds > 0
    assert len(context.told) > 3
    assert context.told == sorted(context.told)
    wide = estimated(config(tmp_path, batch=64), Listening())
    assert wide.memory_bytes > short.memory_bytes
    assert wide.parameters == short.parameters
    endless = estimated(config(tmp_path, task="memory", steps=10), Listening())
    assert endless.steps == 10


def test_an_estimate_can_be_stopped_and_refuses_what_cannot_be_trained(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        estimated(config(tmp_path), Listening(stop_after=2))
    with pytest.raises(RunDirectoryError, match="schedule is 'up'"):
        estimated(config(tmp_path, schedule="up"), Listening())
    with pytest.raises(RunDirectoryError, match="no training task 'sing'"):
        estimated(config(tmp_path, task="sing"), Listening())


def test_of_a_slow_step_a_part_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = config(tmp_path, units=64, sequence_length=64)
    whole = estimated(given, Listening())
    monkeypatch.setattr(training, "_WORK", 1.0)
    lengths: list[int] = []
    loss = CharacterTask.loss

    def noted(self: CharacterTask, network: Any, batch: Any) -> Any:
        lengths.append(len(batch.inputs))
        return loss(self, network, batch)

    monkeypatch.setattr(CharacterTask, "loss", noted)
    part = estimated(given, Listening())
    assert set(lengths) == {8}
    for name in ("steps", "parameters", "disk_bytes"):
        assert getattr(part, name) == getattr(whole, name)
    assert 0 < part.seconds < 100 * whole.seconds


def test_walks_stand_aside_while_it_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def judged(*_: object) -> float:
        seen.append(short_first._first)
        return 0.0

    monkeypatch.setattr(training, "_judging_seconds", judged)
    estimated(config(tmp_path), Listening())
    assert (seen, short_first._first) == ([1], 0)
