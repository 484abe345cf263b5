"""A run that ended, however, goes on as if nothing had been."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.core.runs.control import ask
from rnnviz.core.runs.log import read_events, read_lines
from rnnviz.nets.training.characters import CharacterTask
from rnnviz.nets.training.loop import train
from rnnviz.nets.training.progress import Progress
from rnnviz.nets.training.state import BEFORE, STATE
from tests.nets.small import random_text
from tests.nets.training.killed_run import CONFIGS, TEXT, task_of
from tests.nets.training.small_runs import settings, stopping_after

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.training.characters.SAMPLE_LENGTH", 5)


def trained(
    config: TrainingConfig, directory: Path, text: str = TEXT, **named: Any
) -> dict[str, torch.Tensor]:
    """The weights after this training."""
    task = CharacterTask(config, text)
    train(task, config, directory, **named)
    return task.model.state_dict()


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def said(directory: Path, kind: str = "step") -> list[dict[str, Any]]:
    """The events that hold, without what depends on the clock."""
    return [
        {key: value for key, value in event.items() if key not in ("seq", "t", "seconds")}
        for event in read_events(directory, kind)
    ]


@pytest.mark.parametrize(
    ("name", "most", "least"), [("characters", 10, 5), ("memory", 5, 2), ("translation", 5, 2)]
)
def test_a_run_killed_at_random_moments_ends_with_the_same_weights(
    tmp_path: Path, name: str, most: int, least: int
) -> None:
    config, whole, folder = CONFIGS[name], tmp_path / "undisturbed", tmp_path / "killed"
    expected = task_of(config)
    train(expected, config, whole)
    result = subprocess.run(
        [sys.executable, "-m", "tests.nets.training.killed_run", str(folder), name, str(most)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    kills, places = map(int, result.stdout.split())
    assert kills >= least
    assert places >= least - 1
    found = task_of(config)
    train(found, config, folder, resume=True)
    assert same(found.model.state_dict(), expected.model.state_dict())
    for kind in ("step", "validation", "sample", "parameters"):
        assert said(folder, kind) == said(whole, kind)
    numbers = [line["seq"] for line in read_lines(folder / "events.jsonl")]
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "rmsprop", "sgd"])
@pytest.mark.parametrize(
    ("architecture", "precision"), [("lstm", "bfloat16"), ("lstm", "float32"), ("gru", "float32")]
)
def test_a_stopped_run_goes_on_bit_for_bit(
    tmp_path: Path, optimiser: str, architecture: str, precision: str
) -> None:
    config = settings(
        optimiser=optimiser, architecture=architecture, precision=precision, dropout=0.2, epochs=1.5
    )
    text = random_text(400)
    expected = trained(config, tmp_path / "one", text)
    trained(config, tmp_path / "two", text, **stopping_after(5))
    assert [event["step"] for event in said(tmp_path / "two", "stopped")] == [5]
    assert same(trained(config, tmp_path / "two", text, resume=True), expected)
    assert said(tmp_path / "one") == said(tmp_path / "two")


def test_what_was_changed_stays_changed(tmp_path: Path) -> None:
    def change(progress: Progress) -> None:
        if progress.step == 3:
            ask(tmp_path, "set", "learning_rate", 0.5)
            ask(tmp_path, "set", "clip_threshold", 0.125)
            ask(tmp_path, "stop")

    config = settings(schedule="constant", learning_rate=0.01)
    trained(config, tmp_path, report=change)
    assert [(e["setting"], e["value"]) for e in said(tmp_path, "changed")] == [
        ("learning_rate", 0.5),
        ("clip_threshold", 0.125),
    ]
    trained(config, tmp_path, resume=True, **stopping_after(2))
    assert [event["learning_rate"] for event in said(tmp_path)][2:] == [0.01, 0.5, 0.5]
    assert all(event["clipped_norm"] <= 0.125 for event in said(tmp_path)[3:])


def test_steps_after_the_last_state_are_taken_back(tmp_path: Path) -> None:
    config = settings(checkpoint_every=4)
    trained(config, tmp_path, **stopping_after(4))
    log = tmp_path / "events.jsonl"
    number = len(log.read_text().splitlines())
    with log.open("a") as file:
        file.write(f'{{"seq":{number},"t":1.0,"k":"step","step":5,"loss_nats":9.0}}\n{{"seq":')
    trained(config, tmp_path, resume=True, **stopping_after(1))
    assert [event["step"] for event in said(tmp_path)] == [1, 2, 3, 4, 5]
    assert said(tmp_path)[-1]["loss_nats"] != 9.0
    kinds = [line["k"] for line in read_lines(log)][number:]
    assert kinds[:3] == ["step", "rewind", "started"]


def test_a_state_cut_in_half_gives_way_to_the_one_before(tmp_path: Path) -> None:
    config = settings(checkpoint_every=2)
    expected = trained(config, tmp_path / "whole")
    trained(config, tmp_path / "cut", **stopping_after(5))
    state = tmp_path / "cut" / "checkpoints" / STATE
    state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    assert same(trained(config, tmp_path / "cut", resume=True), expected)
    assert [event["step"] for event in read_events(tmp_path / "cut", "rewind")] == [4]
    assert said(tmp_path / "cut") == said(tmp_path / "whole")

    for name in (STATE, BEFORE):
        (tmp_path / "cut" / "checkpoints" / name).write_bytes(b"cut")
    with pytest.raises(RunDirectoryError, match=r"state.safetensors is damaged.*--start-from"):
        trained(config, tmp_path / "cut", resume=True)


def test_a_finished_run_stays_finished(tmp_path: Path) -> None:
    config = settings()
    expected = trained(config, tmp_path)
    events = len(said(tmp_path, "validation"))
    assert same(trained(config, tmp_path, resume=True), expected)
    assert len(said(tmp_path, "validation")) == events


def test_a_run_that_cannot_go_on_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="holds no run"):
        trained(settings(), tmp_path / "none", resume=True)
    trained(settings(), tmp_path, **stopping_after(2))
    with pytest.raises(RunDirectoryError, match=r"training data of .* has changed"):
        trained(settings(), tmp_path, TEXT + "!", resume=True)
    for name in (STATE, BEFORE):
        (tmp_path / "checkpoints" / name).unlink()
    with pytest.raises(RunDirectoryError, match=r"holds models but no state.*earlier version"):
        trained(settings(), tmp_path, resume=True)
    assert not (tmp_path / "lock").exists()
