"""minGRU against its equations, written down once more, and in parallel against step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnnviz.core.architectures import facts_of
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.architectures.min_gru import MinGRU
from rnnviz.nets.training_tasks.memory import MemoryTask
from tests.nets.small import random_text, small_model, walk_by_cells
from tests.nets.walked import walk_arrays


def wide(units: int = 16, inputs: int = 8, spread: float = 1.0) -> MinGRU:
    torch.manual_seed(0)
    layer = MinGRU(inputs, units)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape))
    return layer


def test_channels_obey_the_equations() -> None:
    layer = wide(units=5, inputs=3)
    weight, bias = (part.detach().double().numpy() for part in layer.parameters())
    inputs, h = torch.randn(20, 1, 3), np.array([0.3, 0.0, 2.0, 1.0, 0.1])
    with torch.inference_mode():
        ran = layer.run(inputs, (torch.from_numpy(h).float()[None],))
        found = layer.channels(ran)
    for t, x in enumerate(inputs[:, 0].double().numpy()):
        k, v = np.split(weight @ x + bias, 2)
        z = 1 / (1 + np.exp(-k))
        n = np.where(v >= 0, v + 0.5, 1 / (1 + np.exp(-v)))
        h = (1 - z) * h + z * n
        for name, wanted in {"update": z, "candidate": n, "hidden": h}.items():
            np.testing.assert_allclose(found[name][t, 0], wanted, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("steps", [1, 100, 3000])
def test_in_parallel_it_gives_what_it_gives_step_by_step(steps: int, spread: float) -> None:
    layer = wide(spread=spread)
    inputs, state = torch.randn(steps, 2, 8), layer.zero_state(2)
    with torch.inference_mode():
        hidden, after = layer(inputs, state)
        singly = []
        for entering in inputs:
            wanted, state = layer.advance(entering, state)
            singly.append(wanted)
    torch.testing.assert_close(hidden, torch.stack(singly), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(after, state, atol=1e-5, rtol=1e-5)


def test_a_closed_gate_keeps_and_an_open_one_replaces() -> None:
    layer = MinGRU(1, 1)
    with torch.no_grad():
        layer.weight_ih.copy_(torch.tensor([[60.0], [1.0]]))
        layer.bias_ih.zero_()
    state = (torch.tensor([[0.7]]),)
    shut, opened = torch.tensor([[[-1.0]]]), torch.tensor([[[1.0]]])
    assert layer(shut.expand(500, 1, 1), state)[0][-1].item() == pytest.approx(0.7, rel=1e-6)
    assert layer(opened, state)[0].item() == pytest.approx(1.5)


def test_it_is_walked_in_blocks() -> None:
    model, text = small_model("min-gru", layers=2, skip=True), random_text(200, "\n abcde√")
    found = walk_arrays(model, text, facts_of("min-gru").channel_names, block=64)
    expected = walk_by_cells(model, text)
    np.testing.assert_allclose(found["hidden"], expected["hidden"], atol=1e-5)
    np.testing.assert_allclose(found["surprisal"], expected["surprisal"], atol=1e-4)


def test_it_learns_what_must_be_remembered() -> None:
    """Adding two numbers out of ten, where always answering 1 has a loss of a sixth."""
    config = TrainingConfig(
        task="memory",
        options={"kind": "adding", "distance": 10},
        architecture="min-gru",
        layers=2,
        units=32,
        batch=50,
        seed=1,
    )
    task = MemoryTask(config)
    optimiser = torch.optim.Adam(task.model.parameters(), 0.01)
    for _ in range(300):
        optimiser.zero_grad()
        loss = task.loss(task.model, task.next_batch()).nats
        loss.backward()
        optimiser.step()
    validation = task.validate(final=True)
    assert math.isfinite(loss.item())
    assert validation.loss_nats < task.baseline / 3
