"""What a training tells while it goes on, and what it does when the world around it breaks."""

from __future__ import annotations

import errno
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory import lock
from rnnviz.core.runs.directory.control import ask
from rnnviz.core.runs.directory.log import read_events
from rnnviz.nets.training.loop import Ending, train
from rnnviz.nets.training.optimising import learning_rate
from rnnviz.nets.training.progress import Progress
from rnnviz.nets.training_tasks.characters import CharacterTask
from tests.core.runs.scalars import read_scalars
from tests.nets.small import random_text
from tests.nets.training.small_runs import settings, stopping_after

TEXT = random_text(600)


@pytest.fixture(autouse=True)
def _short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.training_tasks.characters.CharacterTask.sampled", 5)


def run(directory: Path, text: str = TEXT, **changed: Any) -> Ending:
    """Train with these settings; `report` and `stopped` go to the loop."""
    loop = {name: changed.pop(name) for name in ("report", "stopped", "resume") if name in changed}
    config = settings(**changed)
    return train(CharacterTask(config, text), config, directory, **loop)


def said(directory: Path, kind: str) -> list[dict[str, Any]]:
    return list(read_events(directory, kind))


def test_every_step_tells_where_it_is(tmp_path: Path) -> None:
    run(tmp_path, epochs=2.0)
    steps = said(tmp_path, "step")
    config, last = settings(epochs=2.0), steps[-1]
    assert [event["step"] for event in steps] == list(range(1, len(steps) + 1))
    assert last["epoch"] == 2.0
    assert last["tokens"] == 2 * 2 * (600 * 9 // 10 // 2 - 1)
    assert all(one["seconds"] <= two["seconds"] for one, two in itertools.pairwise(steps))
    for event in steps:
        expected = learning_rate(config, event["step"] - 1, len(steps))
        assert event["learning_rate"] == pytest.approx(expected)
        assert event["clipped_norm"] == pytest.approx(min(1.0, event["gradient_norm"]))
        assert event["clipped"] == (event["gradient_norm"] > 1.0)
    scalars = read_scalars(tmp_path / "tb")
    assert scalars["train/loss_nats"].steps[0] == 1
    assert "validation/loss_nats" in scalars


def test_parameters_and_gradients_through_time_are_told_now_and_then(tmp_path: Path) -> None:
    run(tmp_path, layers=2, parameters_every=5, gradient_steps_every=5, **stopping_after(12))
    parameters = said(tmp_path, "parameters")
    steps = {event["step"]: event for event in said(tmp_path, "step")}
    assert [event["step"] for event in parameters] == [5, 10]
    for event in parameters:
        whole = math.hypot(*event["gradient_norms"])
        assert whole == pytest.approx(steps[event["step"]]["gradient_norm"], rel=1e-4)
        assert len(event["names"]) == len(event["weight_norms"]) == 10
        assert all(0 < ratio < 1 for ratio in event["update_ratios"])
    rows = said(tmp_path, "gradient_steps")
    assert [(event["step"], event["row"], event["layers"], event["steps"]) for event in rows] == [
        (5, 0, 2, 8),
        (10, 1, 2, 8),
    ]
    for event in rows:
        for file, row in ((event["file"], event["row"]), (event["last_file"], event["last_row"])):
            norms = np.fromfile(tmp_path / file, "<f4").reshape(-1, 2, 8)[row]
            assert np.isfinite(norms).all()
            assert norms[1, -1] > 0
    last = np.fromfile(tmp_path / rows[0]["last_file"], "<f4").reshape(-1, 2, 8)[0]
    assert last[1, 0] < last[1, -1]


def test_a_pause_waits_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the paused trainer would sleep through is where the answer comes."""

    def report(progress: Progress) -> None:
        if progress.step == 3:
            ask(tmp_path, "pause")

    def sleep(seconds: float) -> None:
        assert (tmp_path / "heartbeat").read_text() == "paused"
        ask(tmp_path, "set", "temperature", 0.5)
        ask(tmp_path, "resume")

    monkeypatch.setattr("rnnviz.nets.training.loop.time.sleep", sleep)
    assert run(tmp_path, report=report).state == "finished"
    told = [(e["k"], e["step"]) for e in read_events(tmp_path) if e["k"] not in ("step", "sample")]
    place = told.index(("paused", 3))
    assert told[place : place + 3] == [("paused", 3), ("changed", 3), ("resumed", 3)]
    assert {e["temperature"] for e in said(tmp_path, "sample") if e["step"] > 3} == {0.5}


def test_a_checkpoint_and_a_sample_on_request(tmp_path: Path) -> None:
    def report(progress: Progress) -> None:
        if progress.step == 5:
            ask(tmp_path, "checkpoint")
            ask(tmp_path, "sample")
            ask(tmp_path, "stop")

    run(tmp_path, report=report)
    at_five = [event["k"] for event in read_events(tmp_path) if event["step"] == 5]
    assert at_five == ["step", "checkpoint", "sample", "sample", "sample", "checkpoint", "stopped"]


def test_a_clock_that_jumps_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.cycle([2e9, 1e9, 0.0])
    monkeypatch.setattr("rnnviz.core.runs.directory.log.time.time", lambda: next(clock))
    run(tmp_path, **stopping_after(4))
    run(tmp_path, resume=True, **stopping_after(4))
    steps = said(tmp_path, "step")
    assert [event["step"] for event in steps] == list(range(1, 9))
    assert sorted(event["seconds"] for event in steps) == [event["seconds"] for event in steps]
    assert [event["seq"] for event in read_events(tmp_path)] == list(
        range(len(list(read_events(tmp_path))))
    )


@pytest.mark.parametrize("dtype", [math.nan, math.inf])
def test_a_bad_gradient_ends_the_run_before_the_update(tmp_path: Path, dtype: float) -> None:
    config = settings()
    task = CharacterTask(config, TEXT)
    bias = task.model.get_parameter("output.bias")
    calls: list[int] = []

    def spoil(gradient: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return gradient * dtype if len(calls) == 4 else gradient

    bias.register_hook(spoil)
    ending = train(task, config, tmp_path)
    assert ending == Ending("failed", "the gradient of output.bias was NaN or infinite at step 4")
    (bad,) = said(tmp_path, "bad_number")
    assert (bad["step"], bad["where"], bad["parameter"]) == (4, "gradient", "output.bias")
    assert said(tmp_path, "step")[-1]["gradient_norm"] == str(dtype)
    assert all(torch.isfinite(parameter).all() for parameter in task.model.parameters())
    assert said(tmp_path, "stopped")[0]["reason"] == ending.reason
    assert (tmp_path / "heartbeat").read_text() == "failed"


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    # A text of noise cannot be learned, only learned by heart: the held-out loss soon rises.
    ending = run(
        tmp_path, random_text(2600), epochs=50.0, validation_every=40, early_stopping=3,
        learning_rate=0.05, schedule="constant",
    )  # fmt: skip
    assert ending == Ending("finished", "no better validation in 3 in a row")
    judged = [event for event in said(tmp_path, "validation") if event["streams"] > 1]
    best = min(judged, key=lambda event: float(event["loss_nats"]))
    assert judged[-4] == best
    kept = [event for event in said(tmp_path, "checkpoint") if event["best"]]
    assert best["step"] in [event["step"] for event in kept]


def test_a_directory_that_vanishes_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.01)
    place = tmp_path / "run"

    def report(progress: Progress) -> None:
        if progress.step == 3:
            place.rename(tmp_path / "elsewhere")

    with pytest.raises(RunDirectoryError, match=r"the directory .*run has vanished"):
        run(place, epochs=10_000.0, report=report)
    assert said(tmp_path / "elsewhere", "step")[2]["step"] == 3


def test_a_full_disk_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = tmp_path / "undisturbed"
    run(undisturbed, checkpoint_every=4)
    written = Path.open
    full: list[bool] = []

    def opened(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if full and "checkpoints" in path.parts and "w" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(path, mode, *arguments, **named)

    def report(progress: Progress) -> None:
        if progress.step == 6:
            full.append(True)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(
        RunDirectoryError, match=r"the disk is full: .*checkpoints.*What was written stays"
    ):
        run(tmp_path / "run", checkpoint_every=4, report=report)
    assert said(tmp_path / "run", "step")[-1]["step"] in (7, 8)
    full.clear()
    run(tmp_path / "run", checkpoint_every=4, resume=True)
    models = [
        load_file(directory / "checkpoints" / "latest.safetensors")
        for directory in (undisturbed, tmp_path / "run")
    ]
    assert all(torch.equal(tensor, models[1][name]) for name, tensor in models[0].items())
    assert not list((tmp_path / "run" / "checkpoints").glob(".*"))
