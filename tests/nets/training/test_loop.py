"""Training: it learns, carries its state over, holds a part of the text out, can be stopped."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError, RunDirectoryError, TextError
from rnnviz.core.run_directory import TrainingConfig, read_events
from rnnviz.nets.base import CharacterLanguageModel
from rnnviz.nets.checkpoints.native import Native
from rnnviz.nets.train import (
    Progress,
    chunks,
    clip_gradient,
    held_out_loss,
    learning_rate,
    split,
    streams,
    train,
)
from tests.nets.small import random_text, small_model


@pytest.fixture(autouse=True)
def _short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.train.SAMPLE_LENGTH", 10)


def settings(**changed: Any) -> TrainingConfig:
    """A run that takes a moment: one small layer, short sequences, two streams."""
    chosen: dict[str, Any] = {
        "layers": 1,
        "units": 12,
        "sequence_length": 8,
        "batch": 2,
        "epochs": 1.0,
        "learning_rate": 0.02,
        "warmup_steps": 1,
        "validation_every": 10_000,
        "checkpoint_every": 10_000,
    }
    return TrainingConfig(texts=("a.txt",), **(chosen | changed))


def stopping_after(steps: int) -> dict[str, Any]:
    """Arguments of `train` that end the run after so many steps."""
    seen: list[int] = []
    return {
        "report": lambda progress: seen.append(progress.step),
        "stopped": lambda: len(seen) + 1 >= steps,
    }


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
    opened = Native.load(tmp_path / "checkpoints" / "latest.safetensors").model
    for one, two in zip(model.parameters(), opened.parameters(), strict=True):
        assert torch.equal(one, two)
    assert opened.description.training["steps"] == 3
    assert not (tmp_path / "lock").exists()


def test_a_control_file_stops_the_run(tmp_path: Path) -> None:
    def report(progress: Progress) -> None:
        if progress.step == 2:
            (tmp_path / "control.json").write_text('{"command": "stop"}')

    train(settings(), random_text(2000), tmp_path, report)
    assert len(losses(tmp_path)) == 3


def test_samples_and_checkpoints_at_every_stage(tmp_path: Path) -> None:
    train(settings(), random_text(400), tmp_path)
    samples = list(read_events(tmp_path, "sample"))
    steps = math.ceil(179 / 8)
    assert [event["step"] for event in samples] == [
        0,
        round(0.1 * steps),
        round(0.4 * steps),
        steps,
    ]
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

    config = settings(learning_rate=1e38, clip="none", held_out=0.0)
    train(config, random_text(300), tmp_path)
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    events = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[-1]["k"] == "finished"
    assert events[-2]["loss_nats"] == "nan"
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


def test_streams_and_chunks_cover_the_text_once() -> None:
    training, held_out = split(np.arange(25, dtype=np.int32), 0.2)
    assert held_out.tolist() == list(range(20, 25))
    assert split(np.arange(25, dtype=np.int32), 7)[1].tolist() == list(range(18, 25))
    columns = streams(training, 3)
    assert columns.t().tolist() == [list(range(k * 6, k * 6 + 6)) for k in range(3)]
    steps = chunks(columns, 2)
    found = [next(steps) for _ in range(4)]
    assert [first for _, _, first in found] == [True, False, False, True]
    inputs = torch.cat([part for part, _, _ in found[:3]])
    targets = torch.cat([part for _, part, _ in found[:3]])
    assert torch.equal(inputs, columns[:-1])
    assert torch.equal(targets, columns[1:])


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 1, 1, 1]),
        ("linear", [0.5, 0.9, 0.5, 0.1]),
        (
            "cosine",
            [0.5, 0.5 + 0.5 * math.cos(math.pi / 10), 0.5, 0.5 - 0.5 * math.cos(math.pi / 10)],
        ),
    ],
)
def test_learning_rates(schedule: str, expected: list[float]) -> None:
    config = settings(schedule=schedule, warmup_steps=2, learning_rate=3.0)
    rates = [learning_rate(config, step, 10) / 3 for step in (0, 1, 5, 9)]
    assert rates == pytest.approx(expected)


def gradients(*numbers: list[float]) -> list[nn.Parameter]:
    """Parameters that have these gradients."""
    parameters = [nn.Parameter(torch.zeros(len(part))) for part in numbers]
    for parameter, part in zip(parameters, numbers, strict=True):
        parameter.grad = torch.tensor(part)
    return parameters


def gradient(parameters: list[nn.Parameter]) -> list[float]:
    return [x for p in parameters if p.grad is not None for x in p.grad.tolist()]


def test_clips_by_norm() -> None:
    parameters = gradients([3.0, 0.0], [0.0, 4.0])
    assert clip_gradient(parameters, settings(clip="norm", clip_threshold=2.0)) == (5.0, True)
    assert gradient(parameters) == pytest.approx([1.2, 0, 0, 1.6], rel=1e-5)
    assert clip_gradient(parameters, settings(clip="norm", clip_threshold=2.5))[1] is False
    assert gradient(parameters) == pytest.approx([1.2, 0, 0, 1.6], rel=1e-5)


def test_clips_by_value() -> None:
    parameters = gradients([3.0, -0.5], [0.0, -4.0])
    norm, clipped = clip_gradient(parameters, settings(clip="value", clip_threshold=2.0))
    assert norm == pytest.approx(math.sqrt(25.25))
    assert clipped
    assert gradient(parameters) == [2, -0.5, 0, -2]
    assert clip_gradient(parameters, settings(clip="value", clip_threshold=2.0))[1] is False


def test_leaves_the_gradient_alone() -> None:
    parameters = gradients([30.0, 40.0])
    assert clip_gradient(parameters, settings(clip="none")) == (50.0, False)
    assert gradient(parameters) == [30, 40]


def test_held_out_loss_is_the_mean_surprisal() -> None:
    model = small_model().train()
    ids = torch.from_numpy(model.description.characters().encode(random_text(1200))).long()
    with torch.no_grad():
        logits, _ = model(ids[:-1, None], model.zero_state(1))
        expected = nn.functional.cross_entropy(logits[:, 0], ids[1:]).item()
    assert held_out_loss(model, ids) == pytest.approx(expected, abs=1e-5)
    assert model.training
    assert math.isnan(held_out_loss(model, ids[:1]))


def test_ctrl_c_leaves_a_checkpoint(tmp_path: Path) -> None:
    text, run = tmp_path / "text.txt", tmp_path / "run"
    text.write_text(random_text(50_000))
    command = [sys.executable, "-m", "rnnviz", "train", str(text), "--run", str(run)]
    command += ["--units", "8", "--layers", "1", "--batch", "4", "--epochs", "10000"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stderr is not None
        process.stderr.read(1)  # the first report of progress
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors.decode()
    latest = run / "checkpoints" / "latest.safetensors"
    assert str(latest) in output.decode()
    model: CharacterLanguageModel = Native.load(latest).model
    assert model.description.units == 8
    assert [event["k"] for event in read_events(run)][-1] == "stopped"
