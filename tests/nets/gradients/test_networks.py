"""Gradients through networks of every sort that reads forwards, against autograd."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from rnnviz.core.errors import GradientError
from rnnviz.nets.gradients.backprop import loss_norms, record, state_after, sum_norms
from tests.nets.sequence.languages import LANGUAGES, language, language_model
from tests.nets.sequence.zoo import layer


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_state_and_input(name: str) -> None:
    model = language_model(LANGUAGES[name])
    torch.manual_seed(4)
    ids = torch.randint(0, len(model.symbols), (12,))
    tape = record(model, ids, state_after(model, ids[:0]))
    found, sums = loss_norms(tape, range(4, 11), 6), sum_norms(tape, range(4, 11))
    double = model.double()
    state = list(double.zero_state(1))
    nodes, fronts, losses = [], [], []
    for step, number in enumerate(ids[:-1]):
        front = double.embed(number[None]).detach().requires_grad_()
        given: list[torch.Tensor] = []
        here = []
        for place, own in enumerate(double.recurrent):
            inputs = double.layer_input(place, front, given)
            stepped = own.step(inputs, state[place])
            state[place] = stepped.state
            here.append([stepped.channels[part] for part in own.facts.states])
            given.append(double.layer_output(place, inputs, [stepped.channels["hidden"]]))
        nodes.append(here)
        fronts.append(front)
        losses.append(functional.cross_entropy(double.answers(given), ids[step + 1][None]))
    for place, own in enumerate(double.recurrent):
        for part, channel in enumerate(own.facts.states):
            for row, step in enumerate(range(4, 11)):
                for back in range(min(6, step) + 1):
                    node = nodes[step - back][place][part]
                    (wanted,) = torch.autograd.grad(losses[step], node, retain_graph=True)
                    assert float(found.states[channel][place, row, back]) == pytest.approx(
                        float(wanted.norm()), rel=1e-6, abs=1e-12
                    )
            total = sum(losses[4:11])
            assert isinstance(total, torch.Tensor)
            (wanted,) = torch.autograd.grad(total, nodes[2][place][part], retain_graph=True)
            assert float(sums[channel][place, 2]) == pytest.approx(float(wanted.norm()), rel=1e-6)
    for back in range(6):
        (wanted,) = torch.autograd.grad(losses[10], fronts[10 - back], retain_graph=True)
        assert float(found.inputs[6, back]) == pytest.approx(float(wanted.norm()), rel=1e-6)


def test_a_network_that_reads_from_the_end_is_refused() -> None:
    model = language_model(language(layer(direction="backward")))
    ids = torch.tensor([1, 2, 3])
    with pytest.raises(GradientError, match="read forwards alone"):
        record(model, ids, model.zero_state(1))
