"""What every architecture must do; whatever is added to the tuple is tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

import rnnviz.core.architectures as core
import rnnviz.nets.architectures as package
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.architectures import ARCHITECTURES, Architecture, architecture_named
from rnnviz.nets.architectures.base import previous
from tests.nets.small import random_text, small_model

Doubles = npt.NDArray[np.float64]
every_architecture = pytest.mark.parametrize(
    "architecture", ARCHITECTURES, ids=lambda a: a.facts.name
)


def sigmoid(x: Doubles) -> Doubles:
    return 1 / (1 + np.exp(-x))


def elman_step(x: Doubles, h: Doubles, c: Doubles, w: Doubles, u: Doubles, b: Doubles, d: Doubles):
    return {"hidden": np.tanh(w @ x + b + u @ h + d)}


def lstm_step(x: Doubles, h: Doubles, c: Doubles, w: Doubles, u: Doubles, b: Doubles, d: Doubles):
    i, f, g, o = np.split(w @ x + b + u @ h + d, 4)
    cell = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return {
        "hidden": sigmoid(o) * np.tanh(cell),
        "cell": cell,
        "input": sigmoid(i),
        "forget": sigmoid(f),
        "output": sigmoid(o),
        "candidate": np.tanh(g),
    }


def gru_step(x: Doubles, h: Doubles, c: Doubles, w: Doubles, u: Doubles, b: Doubles, d: Doubles):
    (wr, wz, wn), (ur, uz, un) = np.split(w @ x + b, 3), np.split(u @ h + d, 3)
    reset, update = sigmoid(wr + ur), sigmoid(wz + uz)
    new = np.tanh(wn + reset * un)
    return {
        "hidden": (1 - update) * new + update * h,
        "reset": reset,
        "update": update,
        "new": new,
    }


STEPS: dict[str, Callable[..., dict[str, Doubles]]] = {
    "rnn": elman_step,
    "lstm": lstm_step,
    "gru": gru_step,
}


def test_every_file_is_in_the_tuple() -> None:
    folder = Path(package.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "base"}
    listed = {architecture.__module__.rsplit(".", 1)[1] for architecture in ARCHITECTURES}
    assert files - listed == set(), "these files are missing from ARCHITECTURES"
    assert len(ARCHITECTURES) == len(listed)


def test_facts_and_arithmetic_have_the_same_names() -> None:
    computed = {architecture.facts.name for architecture in ARCHITECTURES}
    described = {facts.name for facts in core.ARCHITECTURES}
    assert described - computed == set(), "facts in core without arithmetic in nets"
    assert computed - described == set(), "arithmetic in nets without facts in core"
    for architecture in ARCHITECTURES:
        assert core.facts_of(architecture.facts.name) is architecture.facts


def test_names_are_unique_and_found() -> None:
    for architecture in ARCHITECTURES:
        assert architecture_named(architecture.facts.name) is architecture
    with pytest.raises(ModelFileError, match="'mamba' is unknown here; known are lstm, gru, rnn"):
        architecture_named("mamba")


@every_architecture
def test_describes_itself(architecture: type[Architecture]) -> None:
    module = architecture.module(3, 5)
    shapes = {name: tuple(part.shape) for name, part in module.named_parameters()}
    assert shapes == architecture.facts.shapes(3, 5)


@every_architecture
def test_zero_state(architecture: type[Architecture]) -> None:
    like = torch.ones(1, dtype=torch.float64)
    for tensor in architecture.zero_state(3, 5, like):
        assert tensor.shape == (3, 5)
        assert tensor.dtype == torch.float64
        assert not tensor.any()


@every_architecture
def test_state_survives_the_way_to_torch_and_back(architecture: type[Architecture]) -> None:
    count = len(architecture.zero_state(1, 1, torch.zeros(1)))
    state = tuple(torch.randn(3, 5) for _ in range(count))
    after = architecture.from_torch(architecture.to_torch(state))
    assert len(after) == count
    assert all(torch.equal(a, b) for a, b in zip(after, state, strict=True))
    architecture.module(2, 5)(torch.randn(4, 3, 2), architecture.to_torch(state))


@every_architecture
def test_channels_obey_the_equations(architecture: type[Architecture]) -> None:
    torch.manual_seed(0)
    module = architecture.module(3, 5)
    w, u, b, d = (p.detach().double().numpy() for p in module.all_weights[0])
    inputs = torch.randn(20, 3)
    state = tuple(torch.randn(1, 5) for _ in architecture.zero_state(1, 5, inputs))
    with torch.inference_mode():
        hidden = module(inputs.unsqueeze(1), architecture.to_torch(state))[0].squeeze(1)
        from_input = torch.addmm(module.all_weights[0][2], inputs, module.all_weights[0][0].t())
        found = {"hidden": hidden} | architecture.gates(module, from_input, hidden, state)
    assert tuple(found) == architecture.facts.channel_names
    h, c = (state[place][0].double().numpy() for place in (0, -1))
    for t, x in enumerate(inputs.double().numpy()):
        expected = STEPS[architecture.facts.name](x, h, c, w, u, b, d)
        assert expected.keys() == found.keys()
        for name, values in expected.items():
            np.testing.assert_allclose(found[name][t], values, atol=1e-6, err_msg=name)
        h, c = expected["hidden"], expected.get("cell", c)


@every_architecture
def test_forward_agrees_with_the_fused_stack_of_torch(architecture: type[Architecture]) -> None:
    model = small_model(architecture.facts.name, layers=3, units=16, embedding=4)
    stack = cast(Callable[[int, int, int], nn.RNNBase], architecture.module)(4, 16, 3)
    stack.load_state_dict(
        {
            f"{name.removesuffix('0')}{layer}": tensor
            for layer, module in enumerate(model.layers)
            for name, tensor in module.state_dict().items()
        }
    )
    ids = torch.from_numpy(model.description.characters().encode(random_text(120))).view(40, 3)
    with torch.inference_mode():
        logits, state = model(ids, model.zero_state(3))
        hidden, last = stack(model.embed(ids))
        torch.testing.assert_close(logits, model.output(hidden), atol=1e-5, rtol=0)
    tops = last if isinstance(last, tuple) else (last,)
    for layer in range(3):
        for ours, theirs in zip(state[layer], tops, strict=True):
            torch.testing.assert_close(ours, theirs[layer], atol=1e-5, rtol=0)


@every_architecture
@pytest.mark.parametrize("skip", [False, True], ids=["stacked", "skip"])
def test_gradients_agree_with_finite_differences(
    architecture: type[Architecture], skip: bool
) -> None:
    model = small_model(
        architecture.facts.name, units=3, skip=skip, embedding=2, vocabulary=("a", "b")
    )
    model.double().train()
    ids = torch.tensor([[0, 1], [1, 1], [0, 0], [1, 0], [1, 1]])

    def loss() -> torch.Tensor:
        logits, _ = model(ids[:-1], model.zero_state(2))
        return nn.functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())

    loss().backward()
    step = 1e-6
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None
            numbers, gradient = parameter.view(-1), parameter.grad.view(-1)
            for place in range(0, len(numbers), max(1, len(numbers) // 4)):
                kept = numbers[place].item()
                numbers[place] = kept + step
                above = loss().item()
                numbers[place] = kept - step
                slope = (above - loss().item()) / (2 * step)
                numbers[place] = kept
                assert gradient[place].item() == pytest.approx(slope, rel=1e-5, abs=1e-8), name


def test_previous_shifts_by_one() -> None:
    hidden = torch.arange(6.0).view(3, 2)
    before = torch.tensor([[8.0, 9.0]])
    assert previous(hidden, (before,)).tolist() == [[8, 9], [0, 1], [2, 3]]
