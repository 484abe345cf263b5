"""Tasks that need a memory: their examples, their losses, their gradients, and learning one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError, RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training_tasks.memory import MemoryTask
from rnnviz.nets.training_tasks.task import Share


def settings(**changed: Any) -> TrainingConfig:
    chosen: dict[str, Any] = {
        "task": "memory",
        "options": {"kind": "adding", "distance": 8},
        "architecture": "lstm",
        "layers": 1,
        "units": 12,
        "batch": 16,
        "steps": 6,
        "learning_rate": 0.02,
        "schedule": "constant",
        "warmup_steps": 0,
        "validation_every": 3,
        "gradient_steps_every": 3,
        "parameters_every": 3,
    }
    return TrainingConfig(**(chosen | changed))


def copying(**changed: Any) -> MemoryTask:
    options = {"kind": "copying", "distance": 6, "symbols": 2}
    return MemoryTask(settings(options=options | changed))


def test_two_marked_numbers_and_their_sum() -> None:
    batch = MemoryTask(settings()).examples(3, 50)
    numbers, marks = batch.inputs.unbind(dim=2)
    assert batch.inputs.shape == (8, 50, 2)
    assert (marks[:4].sum(dim=0) == 1).all() and (marks[4:].sum(dim=0) == 1).all()
    assert torch.allclose((numbers * marks).sum(dim=0), batch.wanted)
    assert torch.equal(MemoryTask(settings()).examples(3, 50).inputs, batch.inputs)


def test_symbols_blanks_and_a_sign_to_repeat() -> None:
    batch = copying().examples(0, 5)
    ids = batch.inputs.argmax(dim=2)
    assert ids.shape == (10, 5)
    assert torch.equal(ids[:2], batch.wanted)
    assert (ids[2:8] == 8).all() and (ids[8] == 9).all() and (ids[9] == 8).all()


def test_the_baseline_is_what_an_answer_without_memory_reaches() -> None:
    task = MemoryTask(settings())
    wanted = task.examples(0, 200_000).wanted
    assert float((wanted - 1).square().mean()) == pytest.approx(task.baseline, rel=0.02)
    assert copying().baseline == pytest.approx(math.log(8))


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("what", ["adding", "copying"])
def test_gradients_over_distance_are_autograd_s(kind: str, what: str) -> None:
    options = {"kind": what, "distance": 7, "symbols": 2}
    task = MemoryTask(settings(options=options, architecture=kind, layers=2, batch=5))
    batch = task.next_batch()
    found = task.state_gradients(batch)
    model = task.model
    state = [layer.zero_state(5) for layer in model.recurrent]
    nodes: list[list[torch.Tensor]] = [[], []]
    for step in range(len(batch.inputs)):
        below = batch.inputs[step]
        for layer, own in enumerate(model.recurrent):
            below, state[layer] = own.advance(below, state[layer])
            nodes[layer].append(below)
    answers = model.output(torch.stack(nodes[1]))
    loss = task._loss(answers, batch)
    for layer in range(2):
        for step in range(len(batch.inputs)):
            (wanted,) = torch.autograd.grad(loss, nodes[layer][step], retain_graph=True)
            assert found[0, layer, step] == pytest.approx(float(wanted.norm()), rel=1e-3, abs=1e-9)
    assert (found[0] == found[1]).all()


def test_it_goes_on_where_it_was() -> None:
    one, two = MemoryTask(settings()), MemoryTask(settings())
    for _ in range(3):
        one.next_batch()
    two.restore(one.position())
    assert torch.equal(one.next_batch().inputs, two.next_batch().inputs)


def test_processes_share_a_batch() -> None:
    whole = MemoryTask(settings()).next_batch()
    halves = [MemoryTask(settings(), Share(number, 2)).next_batch() for number in range(2)]
    assert torch.equal(whole.inputs[:, 1::2], halves[1].inputs)
    assert torch.equal(whole.wanted[::2], halves[0].wanted)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "sorting"}, "may be adding or copying"),
        ({"distance": 1}, "at least one symbol and two steps"),
        ({"kind": "copying", "symbols": 0}, "at least one symbol and two steps"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], said: str) -> None:
    with pytest.raises(RunDirectoryError, match=said):
        MemoryTask(settings(options=options))


@pytest.mark.parametrize("what", ["adding", "copying"])
def test_a_run_says_what_it_is_about(tmp_path: Path, what: str) -> None:
    config = settings(options={"kind": what, "distance": 6})
    train(training_task(config), config, tmp_path / "run")
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["kind"], run["distance"]) == (what, 6)
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    kinds = {event["k"] for event in events}
    assert kinds >= {"step", "validation", "sample", "gradient_steps", "finished"}
    validation = next(event for event in events if event["k"] == "validation")
    assert set(validation["metrics"]) == {"solved", "of_baseline"}
    with pytest.raises(ModelFileError, match="memory task, which reads no text"):
        open_model(tmp_path / "run" / "checkpoints" / "latest.safetensors")


def test_an_lstm_learns_to_add() -> None:
    config = settings(options={"kind": "adding", "distance": 4}, units=24, batch=32)
    task = MemoryTask(config)
    optimiser = torch.optim.Adam(task.model.parameters(), 0.02)
    before = task.validate(True)
    for _ in range(250):
        loss = task.loss(task.model, task.next_batch())
        optimiser.zero_grad()
        loss.nats.backward()
        nn.utils.clip_grad_norm_(task.model.parameters(), 1.0)
        optimiser.step()
    after = task.validate(True)
    assert before.metrics["of_baseline"] > 0.9
    assert after.metrics["of_baseline"] < 0.1
    assert after.metrics["solved"] > 0.7
