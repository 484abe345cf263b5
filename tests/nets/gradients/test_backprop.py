"""Gradients through time against autograd, finite differences and closed forms."""

from __future__ import annotations

import copy
import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.errors import GradientError
from rnnviz.nets.architectures import ARCHITECTURES
from rnnviz.nets.gradients.backprop import (
    Tape,
    jacobian,
    jacobian_norms,
    loss_norms,
    record,
    state_after,
    sum_norms,
)
from rnnviz.nets.language.model import LanguageModel
from tests.nets.small import random_text, small_model

KINDS = [kind.facts.name for kind in ARCHITECTURES]
VECTORS = [kind.facts.name for kind in ARCHITECTURES if kind.facts.starts_anywhere]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_vector = pytest.mark.parametrize("kind", VECTORS)


def ids_of(model: LanguageModel, length: int) -> Tensor:
    text = random_text(length, seed=3)
    return torch.from_numpy(model.characters().encode(text)).long()


def taped(model: LanguageModel, ids: Tensor, before: int = 0) -> Tape:
    return record(model, ids[before:], state_after(model, ids[:before]))


class ByHand:
    """The same model in single steps, with every state a node of autograd's graph."""

    def __init__(self, model: LanguageModel, ids: Tensor) -> None:
        self.nodes: list[list[tuple[Tensor, ...]]] = []
        self.inputs: list[Tensor] = []
        self.losses: list[Tensor] = []
        double = copy.deepcopy(model).double()
        state = list(double.zero_state(1))
        for step, number in enumerate(ids[:-1]):
            embedded = double.embed(number.unsqueeze(0)).detach().requires_grad_()
            self.inputs.append(embedded)
            hidden: list[Tensor] = []
            nodes = []
            for layer, own in enumerate(double.recurrent):
                entering = double.layer_input(layer, embedded, hidden)
                # An LSTM's cell is a node that h depends on: what reaches c through h counts too.
                channels, state[layer] = own.step(entering, state[layer])
                hidden.append(channels["hidden"])
                nodes.append(tuple(channels[name] for name in own.facts.states))
            self.nodes.append(nodes)
            logits = double.answers(hidden)
            self.losses.append(functional.cross_entropy(logits, ids[step + 1].unsqueeze(0)))


@every_kind
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("embedding", [0, 3])
def test_every_norm_is_what_autograd_finds(kind: str, skip: bool, embedding: int) -> None:
    model = small_model(kind, skip=skip, embedding=embedding)
    ids = ids_of(model, 12)
    by_hand, tape = ByHand(model, ids), taped(model, ids)
    targets, distance = range(4, 11), 6
    found = loss_norms(tape, targets, distance)
    assert torch.allclose(tape.losses, torch.stack(by_hand.losses).detach())
    states = model.recurrent[0].facts.states
    for row, step in enumerate(targets):
        first = max(step - distance, 0)
        parts = [node for at in by_hand.nodes[first : step + 1] for own in at for node in own]
        inputs = by_hand.inputs[first : step + 1]
        grads: tuple[Tensor | None, ...] = torch.autograd.grad(
            by_hand.losses[step], [*parts, *inputs], retain_graph=True, allow_unused=True
        )
        of_nodes = iter(grads[: len(parts)])
        of_inputs = iter(grads[len(parts) :])
        for back in range(distance, -1, -1):
            if step - back < 0:
                assert found.inputs[row, back].isnan()
                continue
            for layer in range(2):
                for name in states:
                    grad = next(of_nodes)
                    # a memory is read by later steps alone, and what a block gives by no later one
                    own = 0.0 if grad is None else float(grad.norm())
                    unread = name == "hidden" if back else name == "memory"
                    assert grad is not None or (unread and kind not in VECTORS)
                    assert found.states[name][layer, row, back] == pytest.approx(
                        own, rel=1e-9, abs=1e-15
                    )
            entering, grad = by_hand.inputs[step - back], next(of_inputs)
            grad = torch.zeros_like(entering) if grad is None else grad
            assert found.inputs[row, back] == pytest.approx(float(grad.norm()), rel=1e-9)
            assert found.products[row, back] == pytest.approx(
                float((grad * entering.detach()).sum()), rel=1e-9, abs=1e-15
            )


@every_kind
def test_the_sum_is_the_gradient_of_the_summed_loss(kind: str) -> None:
    model = small_model(kind)
    ids = ids_of(model, 14)
    by_hand, tape = ByHand(model, ids), taped(model, ids)
    targets = range(5, 13)
    found = sum_norms(tape, targets)
    loss = torch.stack([by_hand.losses[step] for step in targets]).sum()
    for step in (0, 4, 9, 12):
        (grad,) = torch.autograd.grad(
            loss, by_hand.nodes[step][0][0], retain_graph=True, materialize_grads=True
        )
        assert found["hidden"][0, step] == pytest.approx(float(grad.norm()), rel=1e-9)


def test_truncation_cuts_what_lies_before_the_chunk() -> None:
    model = small_model("lstm")
    ids = ids_of(model, 21)
    tape = taped(model, ids)
    full, cut = sum_norms(tape, range(20)), sum_norms(tape, range(20), chunk=5)
    assert torch.allclose(full["hidden"][:, 15:], cut["hidden"][:, 15:])
    assert not torch.allclose(full["hidden"][:, :15], cut["hidden"][:, :15])
    alone = sum_norms(tape, range(5, 10))
    assert torch.allclose(alone["hidden"][:, 5:10], cut["hidden"][:, 5:10])
    last_of_chunk = sum_norms(tape, range(9, 10))
    assert torch.allclose(last_of_chunk["hidden"][1, 9], cut["hidden"][1, 9])


@every_vector
def test_a_nudge_of_the_state_changes_the_loss_as_the_gradient_says(kind: str) -> None:
    """Finite differences: nudge h (and c) before the stretch, read on, compare the losses."""
    model = small_model(kind).double()
    ids = ids_of(model, 16)
    start, step = 6, 5
    state = state_after(model, ids[:start])
    tape = record(model, ids[start:], state)
    norms = loss_norms(tape, range(step, step + 1), step)
    nudge = 1e-6
    for layer in range(2):
        for place, name in enumerate(model.recurrent[0].facts.states):
            slope = torch.zeros(model.recurrent[0].units, dtype=torch.float64)
            for unit in range(len(slope)):
                losses = []
                for sign in (1, -1):
                    moved = [[part.clone() for part in own] for own in _after_first(model, ids, 6)]
                    moved[layer][place][0, unit] += sign * nudge
                    if name == "cell":
                        moved[layer][0] = _hidden_of(model, ids, 6, layer, moved[layer][1])
                    losses.append(_loss_from(model, ids, 7, moved, step - 1, layer))
                slope[unit] = (losses[0] - losses[1]) / (2 * nudge)
            assert norms.states[name][layer, 0, step] == pytest.approx(
                float(slope.norm()), rel=1e-5
            )


def _after_first(model: LanguageModel, ids: Tensor, place: int) -> list[list[Tensor]]:
    """The states after reading the character at `place`."""
    with torch.no_grad():
        _, state = model(ids[: place + 1].unsqueeze(1), model.zero_state(1))
    return [list(layer) for layer in state]


def _hidden_of(model: LanguageModel, ids: Tensor, place: int, layer: int, cell: Tensor) -> Tensor:
    """h = o tanh(c) for another cell, the output gate as it was."""
    state = _after_first(model, ids, place)[layer]
    return state[0] / state[1].tanh() * cell.tanh()


def _loss_from(
    model: LanguageModel,
    ids: Tensor,
    place: int,
    state: list[list[Tensor]],
    more: int,
    layer: int,
) -> float:
    """The loss of predicting the character `more` + 1 steps on, where the layers above `layer`
    saw its nudged state already at the step of the nudge."""
    after = tuple(tuple(part for part in own) for own in state)
    if layer == 0:
        # The layer above read the nudged hidden state at that same step: step it again.
        before = _after_first(model, ids, place - 2)
        with torch.no_grad():
            _, last = model.recurrent[1].advance(after[0][0], tuple(before[1]))
        after = (after[0], last)
    with torch.no_grad():
        logits, _ = model(ids[place : place + more + 1].unsqueeze(1), after)
    wanted = ids[place + more + 1]
    return float(functional.cross_entropy(logits[-1], wanted.unsqueeze(0)))


@pytest.mark.parametrize("kind", sorted({*KINDS} - {*VECTORS}))
def test_a_state_that_is_no_vector_has_no_jacobian(kind: str) -> None:
    model = small_model(kind)
    tape = taped(model, ids_of(model, 10))
    with pytest.raises(GradientError, match="more than one number a unit"):
        list(jacobian(tape, 0, "hidden", 8, 5))


@every_vector
def test_jacobians_are_what_batched_autograd_finds(kind: str) -> None:
    model = small_model(kind)
    ids = ids_of(model, 10)
    by_hand, tape = ByHand(model, ids), taped(model, ids)
    for layer in range(2):
        for place, name in enumerate(model.recurrent[0].facts.states):
            for back, found in jacobian(tape, layer, name, 8, 5):
                last, earlier = (by_hand.nodes[step][layer][place] for step in (8, 8 - back))
                (wanted,) = torch.autograd.grad(
                    last,
                    earlier,
                    torch.eye(6, dtype=torch.float64).unsqueeze(1),
                    retain_graph=True,
                    is_grads_batched=True,
                )
                assert torch.allclose(found, wanted.squeeze(1), rtol=1e-9, atol=1e-14)


def test_in_a_linear_rnn_the_jacobian_is_a_power_of_the_matrix() -> None:
    """Near h = 0 the slope of tanh is 1: with tiny weights into the layer, J_k = W_hh^k."""
    model = small_model("rnn", layers=1)
    with torch.no_grad():
        module = cast("Any", model.recurrent[0])
        module.weight_ih_l0.mul_(1e-9)
        module.bias_ih_l0.zero_()
        module.bias_hh_l0.zero_()
        module.weight_hh_l0.mul_(0.5)
        weight = module.weight_hh_l0.double()
    tape = taped(model, ids_of(model, 30))
    for back, found in jacobian(tape, 0, "hidden", 25, 20):
        assert torch.allclose(found, torch.linalg.matrix_power(weight, back), rtol=1e-9)


def test_one_unit_by_hand() -> None:
    """One tanh unit without input: h stays w.r.t. h_0 = a; dh_2/dh_0 = w² (1-h_1²)(1-h_2²)."""
    model = small_model("rnn", layers=1, units=1)
    weight = 0.5
    with torch.no_grad():
        module = cast("Any", model.recurrent[0])
        module.weight_ih_l0.zero_()
        module.bias_ih_l0.fill_(0.3)
        module.bias_hh_l0.zero_()
        module.weight_hh_l0.fill_(weight)
    tape = taped(model, ids_of(model, 4))
    first = math.tanh(0.3)
    second = math.tanh(0.3 + weight * first)
    third = math.tanh(0.3 + weight * second)
    assert float(tape.layers[0].channels["hidden"][2, 0]) == pytest.approx(third, rel=1e-6)
    spectral, frobenius = jacobian_norms(tape, 0, "hidden", 2, [0, 1, 2, 3])
    by_hand = weight**2 * (1 - second**2) * (1 - third**2)
    assert spectral.tolist()[:3] == pytest.approx([1.0, weight * (1 - third**2), by_hand], rel=1e-6)
    assert spectral[3].isnan()
    assert torch.equal(spectral[:3], frobenius[:3].abs())


def test_the_largest_singular_value_survives_very_small_numbers() -> None:
    from rnnviz.nets.gradients.backprop import _largest_singular_value

    matrix = torch.from_numpy(np.random.default_rng(0).normal(size=(7, 7)))
    wanted = float(torch.linalg.svdvals(matrix)[0])
    assert float(_largest_singular_value(matrix)) == pytest.approx(wanted, rel=1e-9)
    assert float(_largest_singular_value(matrix * 1e-250)) == pytest.approx(
        wanted * 1e-250, rel=1e-9
    )
    assert float(_largest_singular_value(matrix * 0)) == 0


def test_the_state_before_the_stretch_counts() -> None:
    """A tape that begins in the middle gives what the whole gives there."""
    model = small_model("lstm")
    ids = ids_of(model, 30)
    whole, part = taped(model, ids), taped(model, ids, before=10)
    one = loss_norms(whole, range(20, 28), 8).states["cell"]
    two = loss_norms(part, range(10, 18), 8).states["cell"]
    assert torch.allclose(one, two, rtol=1e-4)
