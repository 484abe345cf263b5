"""Which device a training takes, and that nothing of a training is left on the other one."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.log import read_events
from rnnviz.nets import device
from rnnviz.nets.device import device_of, training_device
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks import training_task
from tests.nets.elsewhere import ELSEWHERE, Elsewhere, lies_elsewhere

TASKS_TRAINED = ("characters", "memory", "translation")
TEXT = 'he said "it counts", and he went on; ' * 60


@pytest.fixture(autouse=True)
def _short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.training_tasks.characters.CharacterTask.sampled", 20)


def config(folder: Path, task: str, **changed: Any) -> TrainingConfig:
    """Eight steps of everything that a run does."""
    text = folder / "text.txt"
    pairs = folder / "pairs.tsv"
    text.write_text(TEXT)
    lines = [f"the {word} runs {word}\t{word} le {word} court" for word in "abcdefghijklmnop"]
    pairs.write_text("\n".join(lines) + "\n")
    chosen: dict[str, Any] = {
        "task": task, "architecture": "lstm", "layers": 2, "units": 8, "batch": 4,
        "sequence_length": 12, "steps": 8, "validation_every": 4, "checkpoint_every": 4,
        "parameters_every": 4, "gradient_steps_every": 4, "temperatures": (0.5,), "dropout": 0.1,
    }  # fmt: skip
    if task == "memory":
        chosen |= {"options": {"kind": "copying", "distance": 6}}
    elif task == "translation":
        words = {"tokens": "words", "attention": "additive"}
        chosen |= {"texts": (str(pairs),), "options": words, "held_out": 4}
    else:
        chosen |= {"texts": (str(text),)}
    return TrainingConfig(**(chosen | changed))


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """Where every task of this test is trained."""
    places = [f"training_tasks.{task}" for task in TASKS_TRAINED]
    for module in (*places, "training.measuring"):
        place = f"rnnviz.nets.{module}.training_device"
        monkeypatch.setattr(place, lambda name: ELSEWHERE)
    return Elsewhere()


def test_a_device_that_is_missing_is_named_with_those_that_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RunDirectoryError, match=r"'cuda'.*found cpu.*--device cpu"):
        training_device("cuda")
    assert training_device("auto") == torch.device("cpu")
    assert training_device("cpu") == torch.device("cpu")


def test_auto_takes_cuda_where_it_is_and_multiplies_in_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device, "devices_found", lambda: ["cpu", "cuda"])
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert training_device("auto") == torch.device("cuda", 1)
    assert training_device("cpu") == torch.device("cpu")
    assert not torch.backends.cudnn.allow_tf32


def test_another_name_is_refused() -> None:
    with pytest.raises(RunDirectoryError, match="device is 'gpu'; it may be auto, cpu, cuda, mps"):
        TrainingConfig(device="gpu").check()


@pytest.mark.parametrize("task", ["characters", "memory", "translation"])
@pytest.mark.parametrize("architecture", ["rnn", "gru", "lstm"])
def test_a_run_elsewhere_is_the_run_on_the_processor(
    tmp_path: Path, elsewhere: Elsewhere, task: str, architecture: str
) -> None:
    settings = config(tmp_path, task, architecture=architecture)
    with elsewhere:
        made = training_task(settings)
        assert device_of(made.model) == ELSEWHERE
        assert all(lies_elsewhere(each) for each in made.model.parameters())
        train(made, settings, tmp_path / "there")
    before = device_of(made.model)
    assert before == torch.device("cpu")  # outside of the made-up device
    with pytest.MonkeyPatch.context() as undone:
        for module in TASKS_TRAINED:
            place = f"rnnviz.nets.training_tasks.{module}.training_device"
            undone.setattr(place, training_device)
        train(training_task(settings), settings, tmp_path / "here")
    for kind, field in (("step", "loss_nats"), ("validation", "loss_nats"), ("sample", "text")):
        there, here = (
            [e[field] for e in read_events(tmp_path / run, kind)] for run in ("there", "here")
        )
        assert there == here and there
    gradients = [list(read_events(tmp_path / run, "gradient_steps")) for run in ("there", "here")]
    assert len(gradients[0]) == len(gradients[1]) == 2


def test_a_plain_step_waits_once(tmp_path: Path, elsewhere: Elsewhere) -> None:
    never = {"parameters_every": 99, "gradient_steps_every": 99, "validation_every": 99}
    settings = config(tmp_path, "characters", steps=40, checkpoint_every=99, **never)
    counted: list[int] = []
    with elsewhere:
        train(
            training_task(settings),
            settings,
            tmp_path / "run",
            report=lambda progress: counted.append(elsewhere.waits),
        )
    # Steps 25 to 31 of 40 lie between two stages.
    plain = [after - before for before, after in itertools.pairwise(counted[24:31])]
    assert plain == [1] * 6


def test_a_run_goes_on_elsewhere_and_comes_back(tmp_path: Path, elsewhere: Elsewhere) -> None:
    settings = config(tmp_path, "characters", dropout=0.0)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    with pytest.MonkeyPatch.context() as undone:
        undone.setattr("rnnviz.nets.training_tasks.characters.training_device", training_device)
        train(training_task(settings), settings, whole)
        train(training_task(settings), settings, parts, stopped=stop_after(3))
    with elsewhere:
        train(training_task(settings), settings, parts, resume=True, stopped=stop_after(3))
    with pytest.MonkeyPatch.context() as undone:
        undone.setattr("rnnviz.nets.training_tasks.characters.training_device", training_device)
        train(training_task(settings), settings, parts, resume=True)
    losses = [[e["loss_nats"] for e in read_events(run, "step")] for run in (whole, parts)]
    assert losses[0] == losses[1]
    devices = [event["device"] for event in read_events(parts, "started")]
    assert devices == ["cpu", "xpu", "cpu"]


def stop_after(steps: int) -> Any:
    """Asked after every step; True at the last of so many."""
    asked = iter(range(1, 1000))
    return lambda: next(asked) >= steps
