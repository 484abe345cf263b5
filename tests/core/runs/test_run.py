"""A loop of one's own is watched, asked and named when it explodes, by torch or without it."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import rnnviz
from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.control import ask
from rnnviz.core.runs.directory.log import read_events
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.scalars import read_scalars


def said(directory: Path, kind: str) -> list[dict[str, Any]]:
    return list(read_events(directory, kind))


def test_a_loop_is_watched(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    inputs, targets = torch.randn(8, 3), torch.randn(8, 1)
    gradients, updates = [], []
    with rnnviz.Run(tmp_path / "mine") as run:
        run.watch(model, every=4)
        for step in range(1, 9):
            optimiser.zero_grad()
            loss = (model(inputs) - targets).square().mean()
            loss.backward()
            before = model.weight.detach().clone()
            optimiser.step()
            run.log(step, loss=loss, learning_rate=0.1, accuracy=step / 8)
            assert model.weight.grad is not None
            gradients.append(model.weight.grad.norm().item())
            updates.append(((model.weight - before).norm() / before.norm()).item())
        run.log(8, validation_loss=0.5)
        run.sample(8, "hello", temperature=0.7)
    steps = said(tmp_path / "mine", "step")
    assert [event["step"] for event in steps] == list(range(1, 9))
    assert steps[0]["loss_nats"] > steps[-1]["loss_nats"] > 0
    assert all(event["learning_rate"] == 0.1 for event in steps)
    parameters = said(tmp_path / "mine", "parameters")
    assert [event["step"] for event in parameters] == [4, 8]
    for event in parameters:
        assert event["names"] == ["weight", "bias"]
        assert event["gradient_norms"][0] == pytest.approx(gradients[event["step"] - 1])
        assert event["update_ratios"][0] == pytest.approx(updates[event["step"] - 1], rel=1e-4)
        assert steps[event["step"] - 1]["gradient_norm"] == pytest.approx(
            math.hypot(*event["gradient_norms"])
        )
    assert said(tmp_path / "mine", "scalar")[3]["values"] == {"accuracy": 0.5}
    assert said(tmp_path / "mine", "validation")[0]["loss_nats"] == 0.5
    assert said(tmp_path / "mine", "sample")[0]["text"] == "hello"
    assert said(tmp_path / "mine", "finished")
    assert (tmp_path / "mine" / "heartbeat").read_text() == "finished"
    assert "train/loss_nats" in read_scalars(tmp_path / "mine" / "tb")


def test_a_loop_hears_what_is_asked(tmp_path: Path) -> None:
    with rnnviz.Run(tmp_path) as run:
        ask(tmp_path, "pause")
        ask(tmp_path, "resume")
        run.log(1, loss=1.0)
        assert not run.stopped
        ask(tmp_path, "stop")
        run.log(2, loss=1.0)
        assert run.stopped
    assert [event["k"] for event in read_events(tmp_path)][2:] == [
        "paused",
        "resumed",
        "step",
        "stopped",
    ]


def test_an_error_ends_the_run_with_a_word(tmp_path: Path) -> None:
    def fail() -> None:
        with rnnviz.Run(tmp_path) as run:
            run.log(1, loss=1.0)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert said(tmp_path, "stopped")[0]["reason"] == "ValueError: mine"
    assert not (tmp_path / "lock").exists()
    with (
        pytest.raises(RunDirectoryError, match=r"already holds a run; .*resume=True\)"),
        rnnviz.Run(tmp_path),
    ):
        pass
    with rnnviz.Run(tmp_path, resume=True) as run:
        run.log(2, loss=0.5)
    assert [event["step"] for event in said(tmp_path, "step")] == [1, 2]
    assert [event["resumed"] for event in said(tmp_path, "started")] == [False, True]


def test_the_first_bad_number_is_named_once(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    model.weight.grad = torch.tensor([[math.nan]])
    with rnnviz.Run(tmp_path) as run:
        run.log(1, loss=1.0)
        run.watch(model)
        run.log(2, loss=math.nan)
        run.log(3, loss=math.inf)
    bad = said(tmp_path, "bad_number")
    assert [(e["step"], e["where"], e["parameter"]) for e in bad] == [(2, "gradient", "weight")]
    assert [event["loss_nats"] for event in said(tmp_path, "step")] == [1.0, "nan", "inf"]


def test_a_process_that_does_not_write_writes_nothing(tmp_path: Path) -> None:
    with rnnviz.Run(tmp_path / "none", enabled=False) as run:
        run.watch(nn.Linear(1, 1))
        run.log(1, loss=1.0)
    assert not (tmp_path / "none").exists()


def test_nothing_large_is_imported() -> None:
    code = "import sys, rnnviz; rnnviz.Run; rnnviz.RunCallback; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    loaded = set(result.stdout.split())
    assert not loaded & {"torch", "PySide6", "lightning", "pytorch_lightning"}


@pytest.mark.parametrize("value", [torch.ones(3), np.ones((2, 2)), "words", 1j, [1.0, 2.0]])
def test_what_is_not_one_number_is_named(tmp_path: Path, value: object) -> None:
    with pytest.raises(ValueError, match="accuracy is not one number"), rnnviz.Run(tmp_path) as run:
        run.log(1, loss=1.0, accuracy=value)
    assert "accuracy is not one number" in said(tmp_path, "stopped")[0]["reason"]


def test_numbers_of_any_type_are_taken_and_none_is_passed_over(tmp_path: Path) -> None:
    values = {
        "half": torch.tensor(0.5, dtype=torch.bfloat16),
        "whole": torch.tensor([[3]], dtype=torch.int8),
        "flag": torch.tensor(True),
        "numpy": np.float16(2),
    }
    with rnnviz.Run(tmp_path) as run:
        run.log(1, loss=torch.tensor(1.0, requires_grad=True), validation_loss=None, **values)
    (logged,) = said(tmp_path, "scalar")
    assert logged["values"] == {"half": 0.5, "whole": 3.0, "flag": 1.0, "numpy": 2.0}
    assert said(tmp_path, "validation") == []


def test_steps_of_any_type_are_whole_numbers(tmp_path: Path) -> None:
    with rnnviz.Run(tmp_path) as run:
        whole: list[Any] = [np.int64(1), torch.tensor(2), 3.0, np.float32(4)]
        for step in whole:
            run.log(step, loss=1.0)
            run.sample(step, "a", temperature=float(np.float32(0.5)))
        others: list[Any] = [1.5, math.nan, "7", None, 1 << 60]
        for step in others:
            with pytest.raises(ValueError, match="must be a whole number"):
                run.log(step, loss=1.0)
        with pytest.raises(ValueError, match="larger than any number"):
            run.log(5, loss=10**400)
    watched = WatchedRun(tmp_path)
    watched.poll()
    assert watched.record.loss.steps.tolist() == [1, 2, 3, 4]
    assert [sample.step for sample in watched.record.samples] == [1, 2, 3, 4]
    assert watched.damage.lines == 0


def test_what_numpy_masked_was_not_measured(tmp_path: Path) -> None:
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    with rnnviz.Run(tmp_path) as run:
        run.log(1, loss=masked[0], other=masked[1])
    assert said(tmp_path, "step") == []
    assert [event["values"] for event in said(tmp_path, "scalar")] == [{"other": 2.0}]


def test_words_that_no_file_can_hold_and_endless_settings_damage_no_run(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    settings = {
        "a\ud800": "b\ud800", "large": 1 << 80, "endless": endless, "rate": np.float32(0.5),
        "units": torch.tensor(3),
    }  # fmt: skip

    def fails() -> None:
        with rnnviz.Run(tmp_path, name="n\ud800", settings=settings) as run:
            run.log(1, loss=1.0, **{"tag\ud800": 2.0})
            run.sample(1, "written\ud800")
            raise ValueError("bad \ud800")

    with pytest.raises(ValueError, match="bad"):
        fails()
    watched = WatchedRun(tmp_path)
    watched.poll()
    options = watched.config["options"]
    assert (watched.name, watched.state, watched.damage.lines) == ("n?", "stopped", 0)
    assert (options["a?"], options["large"], options["rate"], options["units"]) == (
        ("b?", str(1 << 80), 0.5, 3)
    )
    assert watched.record.samples[0].text == "written?"
    assert "tag?" in watched.record.scalars
    assert watched.record.reason == "ValueError: bad ?"


class _Odd(nn.Module):
    """Parameters as people's models have them beside the usual ones."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(5, 2, sparse=True)
        self.lazy = nn.LazyLinear(3)
        self.meta = nn.Parameter(torch.zeros(2, device="meta"))
        self.none = nn.Parameter(torch.zeros(0, 3))
        self.grows = nn.Parameter(torch.ones(2))


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_parameters_of_every_kind_end_no_training(tmp_path: Path) -> None:
    model = _Odd()
    with rnnviz.Run(tmp_path / "odd") as run:
        run.watch(model, every=2, histograms=2)
        for step in (1, 2, 3):
            model.grows = nn.Parameter(torch.ones(2 + step))
            (model.words(torch.tensor([1])).sum() + model.grows.sum()).backward()
            run.log(step, loss=1.0)
    (parameters,) = said(tmp_path / "odd", "parameters")
    assert parameters["names"] == ["none", "words.weight"]
    (histograms,) = said(tmp_path / "odd", "histograms")
    assert histograms["names"] == ["none", "grows", "words.weight"]
    with rnnviz.Run(tmp_path / "never") as run:
        run.watch(model, every=0, histograms=0)
        run.log(1, loss=1.0)


def test_what_is_logged_outside_with_is_told_once(tmp_path: Path) -> None:
    run = rnnviz.Run(tmp_path / "run")
    with pytest.warns(UserWarning, match="nothing is written to .* outside"):
        run.log(1, loss=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.sample(1, "a")
    rnnviz.Run(tmp_path / "run", enabled=False).log(1, loss=1.0)


def test_who_goes_on_at_an_earlier_step_took_it_up_again(tmp_path: Path) -> None:
    """The program began at its last checkpoint: nothing went back without a word."""
    for first, resume in ((1, False), (4, True)):
        with rnnviz.Run(tmp_path, resume=resume) as run:
            for step in range(first, first + 5):
                run.log(step, loss=float(10 * first + step))
                if step == 5 and not resume:
                    run.log(step, rare=1.0, validation_loss=1.0)
                    run.sample(step, "of the first")
    watched = WatchedRun(tmp_path)
    watched.poll()
    assert watched.record.loss.steps.tolist() == [*range(1, 9)]
    assert watched.record.loss.values.tolist()[3] == 44.0
    record = watched.record
    assert (len(record.scalars["rare"]), len(record.validation), record.samples) == (0, 0, [])
    mirrored = read_scalars(tmp_path / "tb")["train/loss_nats"]
    assert mirrored.steps.tolist() == sorted(set(mirrored.steps.tolist()))
    assert not set(mirrored.values.tolist()) & {14.0, 15.0}
    assert watched.trouble() == ""


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    def interrupted() -> None:
        with rnnviz.Run(tmp_path) as run:
            run.log(1, loss=1.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert said(tmp_path, "stopped")[0]["reason"] == "interrupted by Ctrl-C"


@pytest.mark.parametrize("to_none", [True, False])
def test_gradients_that_were_cleared_before_log_are_absent_and_not_zero(
    tmp_path: Path, to_none: bool
) -> None:
    model = nn.Linear(3, 1)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)

    def train() -> None:
        with rnnviz.Run(tmp_path) as run:
            run.watch(model, every=2)
            for step in range(1, 5):
                loss = model(torch.ones(4, 3)).square().mean()
                loss.backward()
                optimiser.step()
                optimiser.zero_grad(set_to_none=to_none)
                run.log(step, loss=loss)

    with pytest.warns(UserWarning, match="no gradient norms are written") as warned:
        train()
    assert [Path(one.filename).name for one in warned] == [Path(__file__).name]
    assert len(said(tmp_path, "step")) == 4
    assert not any("gradient_norm" in event for event in said(tmp_path, "step"))
    assert said(tmp_path, "parameters")[0]["gradient_norms"] == [None, None]
    assert said(tmp_path, "parameters")[0]["update_ratios"][0] > 0
    reasons = [event["reason"] for event in said(tmp_path, "unmeasured")]
    assert len(reasons) == 1
    assert "before `zero_grad()`" in reasons[0]


def test_gradients_that_were_measured_in_time_are_written_though_cleared_later(
    tmp_path: Path,
) -> None:
    model = nn.Linear(3, 1)
    model.bias.requires_grad_(False)
    with rnnviz.Run(tmp_path) as run:
        run.watch(model, every=2)
        for step in range(1, 3):
            model(torch.ones(4, 3)).sum().backward()
            run.measure_gradients()
            model.zero_grad()
            run.log(step, loss=1.0)
    assert [event["gradient_norm"] for event in said(tmp_path, "step")] == [
        pytest.approx(math.sqrt(48))
    ] * 2
    # What has no gradient was not measured either.
    assert said(tmp_path, "parameters")[0]["gradient_norms"] == [
        pytest.approx(math.sqrt(48)), None
    ]  # fmt: skip
    assert not said(tmp_path, "unmeasured")
