"""The gradients at the hidden states of a batch are those that autograd finds step by step."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.nets.language.model import LanguageModel, State
from rnnviz.nets.training.hidden_gradients import hidden_gradients
from rnnviz.nets.training_tasks.characters import CharacterTask
from tests.nets.small import random_text
from tests.nets.training.small_runs import settings


def stepped(model: LanguageModel, inputs: Tensor, state: State) -> list[list[Tensor]]:
    """The hidden states of every layer, each kept in the graph as what enters the next step."""
    states = list(state)
    hidden: list[list[Tensor]] = [[] for _ in states]
    for embedded in model.embed(inputs):
        given: list[Tensor] = []
        for layer, own in enumerate(model.recurrent):
            entering = model.layer_input(layer, embedded, given)
            below, states[layer] = own.advance(entering, states[layer])
            given.append(below)
            hidden[layer].append(below)
    return hidden


@pytest.mark.parametrize("architecture", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("skip", [False, True])
def test_equals_autograd(architecture: str, skip: bool) -> None:
    config = settings(architecture=architecture, layers=2, skip=skip, embedding=5, dropout=0.5)
    task = CharacterTask(config, random_text(300))
    model = task.model
    task.loss(model, task.next_batch())  # so that the state is not zero
    position = task.position()
    batch = task.next_batch()
    found = task.state_gradients(batch)

    model.eval()
    parts = [position.tensors[f"{layer}.{part}"][:1] for layer in (0, 1) for part in (0, 1)
             if f"{layer}.{part}" in position.tensors]  # fmt: skip
    each = len(parts) // 2
    state = (tuple(parts[:each]), tuple(parts[each:]))
    hidden = stepped(model, batch.inputs[:, :1], state)
    logits = model.answers([torch.stack(steps) for steps in hidden])
    losses = functional.cross_entropy(logits.flatten(0, 1), batch.targets[:, 0], reduction="none")
    every = [h for steps in hidden for h in steps]
    assert found.shape == (2, 2, len(batch.inputs))
    for row, loss in enumerate((losses.mean(), losses[-1])):
        gradients = torch.autograd.grad(loss, every, retain_graph=True, materialize_grads=True)
        norms = [float(gradient.norm()) for gradient in gradients]
        torch.testing.assert_close(
            torch.from_numpy(found[row]).flatten(), torch.tensor(norms), rtol=1e-3, atol=1e-7
        )


def test_leaves_the_training_alone() -> None:
    task = CharacterTask(settings(dropout=0.5, layers=2), random_text(300))
    batch = task.next_batch()
    before = torch.get_rng_state()
    hidden_gradients(task.model, batch.inputs, batch.targets, task.model.zero_state(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert task.model.training
    assert all(parameter.grad is None for parameter in task.model.parameters())
