"""Training: it learns, carries its state over, holds a part of the text out, can be stopped."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError, RunDirectoryError, TextError
from rnnviz.core.runs.directory.control import ask
from rnnviz.core.runs.directory.log import read_events
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.training.loop import STAGES
from rnnviz.nets.training.progress import Progress
from tests.nets.small import random_text
from tests.nets.training.small_runs import settings, stopping_after, train


@pytest.fixture(autouse=True)
def _short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.training_tasks.characters.CharacterTask.sampled", 10)


def losses(directory: Path) -> list[float]:
    return [float(event["loss_nats"]) for event in read_events(directory, "step")]


def test_learns_a_repeating_text(tmp_path: Path) -> None:
    model = train(settings(epochs=3.0), "hello world. " * 150, tmp_path)
    last = list(read_events(tmp_path, "validation"))[-1]
    assert losses(tmp_path)[0] > 2
    assert np.mean(losses(tmp_path)[-10:]) < 0.05
    assert last["loss_nats"] < 0.1
    assert not model.training


def test_carries_the_state_over(tmp_path: Path) -> None:
    # Two characters a step of a text of period three: whoever forgets between the steps cannot
    # know whether a step's first "a" is followed by "a" or "b", and stays above 0.23 nats.
    config = settings(sequence_length=2, epochs=4.0, learning_rate=0.03)
    train(config, "aab" * 250, tmp_path)
    assert np.mean(losses(tmp_path)[-30:]) < 0.1


def test_never_trains_on_the_held_out_part(tmp_path: Path) -> None:
    shared = random_text(400, "abcd")
    models = [
        train(settings(held_out=100), shared + random_text(100, "abcd", seed=seed), tmp_path / name)
        for seed, name in ((1, "one"), (2, "two"))
    ]
    for one, two in zip(*(model.parameters() for model in models), strict=True):
        assert torch.equal(one, two)
    last = [list(read_events(tmp_path / name, "validation"))[-1] for name in ("one", "two")]
    assert last[0]["loss_nats"] != last[1]["loss_nats"]


def test_the_same_configuration_gives_the_same_run(tmp_path: Path) -> None:
    text = random_text(300)
    for name in ("one", "two"):
        train(settings(dropout=0.3, layers=2), text, tmp_path / name)
    assert losses(tmp_path / "one") == losses(tmp_path / "two")
    samples = [list(read_events(tmp_path / name, "sample"))[-1]["text"] for name in ("one", "two")]
    assert samples[0] == samples[1]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimiser", ["adam", "rmsprop"])
def test_a_stop_leaves_a_checkpoint_that_opens(
    tmp_path: Path, optimiser: str, precision: str
) -> None:
    config = settings(optimiser=optimiser, precision=precision, skip=True, embedding=3, layers=2)
    model = train(config, random_text(2000), tmp_path, **stopping_after(3))
    assert [event["step"] for event in read_events(tmp_path, "step")] == [1, 2, 3]
    assert [event["k"] for event in read_events(tmp_path)][-1] == "stopped"
    opened = open_model(tmp_path / "checkpoints" / "latest.safetensors").model
    for one, two in zip(model.parameters(), opened.parameters(), strict=True):
        assert torch.equal(one, two)
    assert opened.description.training["steps"] == 3
    assert not (tmp_path / "lock").exists()


def test_a_control_file_stops_the_run(tmp_path: Path) -> None:
    def report(progress: Progress) -> None:
        if progress.step == 3:
            (tmp_path / "control.json").write_text('{"command": "stop"}')

    train(settings(), random_text(2000), tmp_path, report)
    assert len(losses(tmp_path)) == 3


def test_samples_and_checkpoints_at_every_stage(tmp_path: Path) -> None:
    train(settings(), random_text(400), tmp_path)
    samples = list(read_events(tmp_path, "sample"))
    steps = math.ceil(179 / 8)
    assert {event["temperature"] for event in samples} == {0.4, 0.8, 1.2}
    stages = sorted({round(share * steps) for share in STAGES})
    assert sorted({event["step"] for event in samples}) == stages
    for event in samples:
        assert (tmp_path / "checkpoints" / f"step-{event['step']:08d}.safetensors").exists()


def test_a_training_goes_on_from_the_weights_of_another(tmp_path: Path) -> None:
    text = "hello world. " * 150
    train(settings(epochs=3.0), text, tmp_path / "first")
    learned = tmp_path / "first" / "checkpoints" / "latest.safetensors"
    config = settings(start_from=str(learned), learning_rate=1e-9, seed=5)
    train(config, text, tmp_path / "second", **stopping_after(5))
    # The first characters of each stream are met with an empty state, and cost more.
    assert losses(tmp_path / "first")[0] > 2
    assert np.mean(losses(tmp_path / "second")[1:]) < 0.05


@pytest.mark.parametrize(
    ("changed", "text", "said"),
    [
        ({"units": 13}, "abcd", "has units 12, not 13"),
        ({"layers": 2}, "abcd", "has layers 1, not 2"),
        ({"architecture": "gru"}, "abcd", "has architecture lstm, not gru"),
        ({"embedding": 4}, "abcd", "has embedding 0, not 4"),
        ({"skip": True}, "abcd", "has skip False, not True"),
        ({}, "abce", "latest.safetensors has other characters"),
    ],
)
def test_only_a_model_of_the_same_shape_is_gone_on_from(
    tmp_path: Path, changed: dict[str, Any], text: str, said: str
) -> None:
    train(settings(), random_text(100, "abcd"), tmp_path / "first", **stopping_after(1))
    learned = tmp_path / "first" / "checkpoints" / "latest.safetensors"
    config = settings(start_from=str(learned), **changed)
    with pytest.raises(ModelFileError, match=said):
        train(config, random_text(100, text), tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_events_stay_valid_json_when_the_loss_explodes(tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    config = settings(learning_rate=1e38, clip="none", on_bad_number="continue")
    train(config, random_text(300), tmp_path)
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    events = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[-1]["k"] == "finished"
    assert [event["loss_nats"] for event in events if event["k"] == "validation"] == ["nan"]
    bad = [event for event in events if event["k"] == "bad_number"]
    assert [(event["step"], event["where"]) for event in bad] == [(1, "weight")]
    assert "nan" in [event.get("loss_nats") for event in events]


def test_refuses_a_second_trainer(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("{}")
    with pytest.raises(RunDirectoryError, match="another trainer is writing"):
        train(settings(), random_text(300), tmp_path)
    (tmp_path / "lock").unlink()
    train(settings(), random_text(300), tmp_path, **stopping_after(1))
    with pytest.raises(RunDirectoryError, match="already holds a run"):
        train(settings(), random_text(300), tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the text is empty: 0 characters to train on"),
        ("ab", "leaves 2 characters .* need at least 8: use a longer text"),
        ("abcdef", "leaves 5 characters .* need at least 8: use a longer text"),
    ],
)
def test_refuses_a_text_that_is_too_short(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TextError, match=said):
        train(settings(batch=4), text, tmp_path)
    assert not (tmp_path / "run.json").exists()


def test_ctrl_c_leaves_a_checkpoint(tmp_path: Path) -> None:
    text, run = tmp_path / "text.txt", tmp_path / "run"
    text.write_text(random_text(50_000))
    command = [sys.executable, "-m", "rnnviz", "train", str(text), "--run", str(run)]
    command += ["--units", "8", "--layers", "1", "--batch", "4", "--epochs", "10000"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        while not (run.exists() and any(read_events(run, "step"))):
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors.decode()
    latest = run / "checkpoints" / "latest.safetensors"
    assert str(latest) in output.decode()
    model: LanguageModel = open_model(latest).model
    assert model.recurrent[0].units == 8
    assert [event["k"] for event in read_events(run)][-1] == "stopped"


class Clock:
    """Half a second passes each time that somebody looks; who sleeps is asked to resume."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.now = directory, 0.0

    def perf_counter(self) -> float:
        self.now += 0.5
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += 1000
        ask(self.directory, "resume")


def test_ends_by_the_clock_with_the_rate_fallen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.nets.training.loop.time", Clock(tmp_path))
    config = settings(minutes=2.0, epochs=1000.0, schedule="linear", temperatures=(0.5,))
    train(config, "hello world. " * 50, tmp_path)
    rates = [event["learning_rate"] for event in read_events(tmp_path, "step")]
    assert 40 < len(rates) < 240
    assert rates[-1] < 0.03 * rates[1]
    assert rates[len(rates) // 2] == pytest.approx(rates[1] / 2, rel=0.05)
    (finished,) = read_events(tmp_path, "finished")
    assert finished["reason"] == "2 minutes have passed"
    drawn = [event["step"] for event in read_events(tmp_path, "sample")]
    assert len(drawn) >= 8
    assert drawn[-1] == len(rates)
    assert abs(drawn[-2] / len(rates) - 0.8) < 0.05


def test_a_pause_takes_none_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.training.loop.time", Clock(tmp_path))
    config = settings(minutes=1.0, epochs=1000.0)
    told: list[Progress] = []

    def report(progress: Progress) -> None:
        told.append(progress)
        if progress.step == 3:
            ask(tmp_path, "pause")

    train(config, "hello world. " * 50, tmp_path, report)
    assert len(list(read_events(tmp_path, "resumed"))) == 1
    assert told[-1].step > 20


def test_time_goes_on_where_the_run_left_off() -> None:
    progress = Progress(100, seconds_allowed=60.0)
    progress.elapsed = 45.0
    later = Progress(100, seconds_allowed=60.0)
    later.restore(progress.saved())
    assert later.time_share == 0.75
