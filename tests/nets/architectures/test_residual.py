"""h_t = h_{t-1} + F(x_t) against its equation, and the running sum against step by step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnviz.core.architectures import facts_of
from rnnviz.nets.architectures.residual import Residual
from tests.nets.small import random_text, small_model, walk_by_cells
from tests.nets.walked import walk_arrays


def wide(units: int = 16, inputs: int = 8, spread: float = 1.0) -> Residual:
    torch.manual_seed(0)
    layer = Residual(inputs, units)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape))
    return layer


def test_channels_obey_the_equation() -> None:
    layer = wide(units=5, inputs=3)
    weight, bias = (part.detach().double().numpy() for part in layer.parameters())
    inputs, h = torch.randn(20, 1, 3), np.array([0.3, 0.0, -2.0, 1.0, 7.0])
    with torch.inference_mode():
        found = layer.channels(layer.run(inputs, (torch.from_numpy(h).float()[None],)))
    for t, x in enumerate(inputs[:, 0].double().numpy()):
        added = np.tanh(weight @ x + bias)
        h = h + added
        np.testing.assert_allclose(found["added"][t, 0], added, atol=1e-6)
        np.testing.assert_allclose(found["hidden"][t, 0], h, atol=1e-5)


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("steps", [1, 100, 3000])
def test_the_running_sum_gives_what_it_gives_step_by_step(steps: int, spread: float) -> None:
    """To 1e-5 of the largest sum so far: float32 has seven digits, and sums grow."""
    layer = wide(spread=spread)
    inputs, state = torch.randn(steps, 2, 8), layer.zero_state(2)
    with torch.inference_mode():
        hidden, after = layer(inputs, state)
        singly = []
        for entering in inputs:
            wanted, state = layer.advance(entering, state)
            singly.append(wanted)
    sums = torch.stack(singly)
    reach = sums.abs().flatten(1).amax(1).cummax(0).values.clamp(min=1.0)
    torch.testing.assert_close(
        hidden / reach[:, None, None], sums / reach[:, None, None], atol=1e-5, rtol=0
    )
    torch.testing.assert_close(after, state, atol=1e-5 * float(reach[-1]), rtol=0)


def test_what_it_has_added_stays_and_so_does_the_gradient() -> None:
    layer = wide(units=3, inputs=2).double()
    first = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    hidden, _ = layer(torch.randn(200, 1, 2, dtype=torch.float64), (first,))
    back = torch.autograd.grad(hidden[-1].sum(), first)[0]
    assert torch.equal(back, torch.ones_like(back))


def test_it_is_walked_in_blocks() -> None:
    """Sums of two layers grow, and so does surprisal, to hundreds of bits with random weights."""
    model, text = small_model("residual", layers=2, skip=True), random_text(200, "\n abcde√")
    found = walk_arrays(model, text, facts_of("residual").channel_names, block=64)
    expected = walk_by_cells(model, text)
    np.testing.assert_allclose(found["hidden"], expected["hidden"], atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(found["surprisal"], expected["surprisal"], atol=1e-4, rtol=1e-5)


def test_it_learns_to_count_and_counts_on() -> None:
    """A step up or down at a time; what was learned in 20 steps holds over 200."""
    torch.manual_seed(2)
    layer, head = Residual(1, 4), torch.nn.Linear(4, 1)
    optimiser = torch.optim.Adam([*layer.parameters(), *head.parameters()], 0.02)

    def error(steps: int) -> torch.Tensor:
        ups = torch.randint(0, 2, (steps, 32, 1)) * 2.0 - 1
        said = head(layer(ups, layer.zero_state(32))[0])
        return torch.nn.functional.mse_loss(said, ups.cumsum(0))

    for _ in range(400):
        optimiser.zero_grad()
        error(20).backward()
        optimiser.step()
    with torch.no_grad():
        assert error(200) < 0.1, "always 0 has an error of 100"
