"""The layers of torch against their equations, written down once more, and against torch itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from rnnviz.nets.architectures import ARCHITECTURES, Layer
from rnnviz.nets.architectures.fused_lstm import Gates, readable
from rnnviz.nets.architectures.lstm import LSTM
from tests.nets.small import random_text, small_model

Doubles = npt.NDArray[np.float64]
OF_TORCH = [kind for kind in ARCHITECTURES if kind.facts.torch_module]
every_architecture = pytest.mark.parametrize(
    "architecture", OF_TORCH, ids=lambda kind: kind.facts.name
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
    "RNN": elman_step,
    "LSTM": lstm_step,
    "GRU": gru_step,
}


@every_architecture
@pytest.mark.parametrize("skip", [False, True], ids=["stacked", "skip"])
def test_gradients_agree_with_finite_differences(architecture: type[Layer], skip: bool) -> None:
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


@every_architecture
def test_channels_obey_the_equations(architecture: type[Layer]) -> None:
    torch.manual_seed(0)
    layer = architecture(3, 5)
    w, u, b, d = (part.detach().double().numpy() for part in layer.parameters())
    inputs = torch.randn(20, 1, 3)
    state = tuple(torch.randn(1, 5) for _ in architecture.facts.states)
    with torch.inference_mode():
        found = layer.channels(layer.run(inputs, state))
    assert tuple(found) == architecture.facts.channel_names
    h, c = (state[place][0].double().numpy() for place in (0, -1))
    for t, x in enumerate(inputs[:, 0].double().numpy()):
        expected = STEPS[architecture.facts.torch_module](x, h, c, w, u, b, d)
        assert expected.keys() == found.keys()
        for name, values in expected.items():
            np.testing.assert_allclose(found[name][t, 0], values, atol=1e-6, err_msg=name)
        h, c = expected["hidden"], expected.get("cell", c)


@every_architecture
def test_forward_agrees_with_the_fused_stack_of_torch(architecture: type[Layer]) -> None:
    model = small_model(architecture.facts.name, layers=3, units=16, embedding=4)
    stack = getattr(nn, architecture.facts.torch_module)(4, 16, 3)
    stack.load_state_dict(
        {
            f"{name.removesuffix('0')}{layer}": tensor
            for layer, module in enumerate(model.recurrent)
            for name, tensor in module.state_dict().items()
        }
    )
    ids = torch.from_numpy(model.characters().encode(random_text(120))).view(40, 3)
    with torch.inference_mode():
        logits, state = model(ids, model.zero_state(3))
        hidden, last = stack(model.embed(ids))
        torch.testing.assert_close(logits, model.output(hidden), atol=1e-5, rtol=0)
    tops = last if isinstance(last, tuple) else (last,)
    for layer in range(3):
        for ours, theirs in zip(state[layer], tops, strict=True):
            torch.testing.assert_close(ours, theirs[layer], atol=1e-5, rtol=0)


@torch.inference_mode()
def test_the_fused_way_is_taken() -> None:
    """A walk reads the gates that the kernel of oneDNN leaves; nothing is computed again."""
    layer = LSTM(3, 5)
    ran = layer.run(torch.randn(7, 1, 3), layer.zero_state(1))
    if not readable(layer):
        pytest.skip("torch does not run LSTMs in oneDNN here")
    assert isinstance(ran.kept, Gates)
    found = layer.channels(ran)
    assert found["forget"].data_ptr() == ran.kept.rows[..., 5:].data_ptr()
