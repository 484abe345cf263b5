"""The gradients at the states of a sentence pair, against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.architectures import architecture_named
from rnnviz.nets.training import sentence_gradients as module
from rnnviz.nets.training_tasks.translation import TranslationTask


def made(**changed: Any) -> TranslationTask:
    options = {"made": "reversed", "made_pairs": 60, "tokens": "characters"}
    options |= changed.pop("options", {})
    fields: dict[str, Any] = {
        "task": "translation", "name": "small", "architecture": "lstm", "layers": 2, "units": 6,
        "embedding": 6, "batch": 4, "held_out": 0.1, "dropout": 0.5, **changed,
    }  # fmt: skip
    return TranslationTask.from_config(TrainingConfig(options=options, **fields))


def losses(task: TranslationTask) -> torch.Tensor:
    states, finals = module._encode(task.model.encoder, task.measured.source)[1:]
    return module._decode(task.model, states, finals, task.measured)[1]


CASES = [
    ("lstm", {}),
    ("gru", {"attention": "general"}),
    ("rnn", {"attention": "none", "bidirectional": False}),
    ("gru", {"attention": "dot", "bidirectional": False, "input_feeding": True}),
]


@pytest.mark.parametrize(("architecture", "options"), CASES)
def test_a_nudge_of_a_state_changes_the_loss_as_the_gradient_says(
    architecture: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = made(architecture=architecture, options=options)
    task.model.double().eval()
    found = task.state_gradients(task.next_batch())
    sides = 2 if task.description.bidirectional else 1
    source, target = len(task.measured.source), len(task.measured.target)
    assert found.shape == (2, 2 * sides, source + target)
    nudged: list[Any] = [-1, 0, 0.0, 0]

    kind = architecture_named(architecture)
    advance = kind.advance

    def stepping(layer: Any, inputs: torch.Tensor, state: Any) -> Any:
        hidden, after = advance(layer, inputs, state)
        call, unit, by, seen = nudged
        nudged[3] = seen + 1
        if seen != call:
            return hidden, after
        moved = hidden.clone()
        moved[0, unit] += by
        return moved, (moved, *after[1:])

    monkeypatch.setattr(kind, "advance", stepping)
    encoder_calls = 2 * sides * source
    # The second layer's first word, in its first direction; the first layer's second target token.
    row = found[0]
    places = {sides * source: row[1, 0], encoder_calls + 2: row[0, source + 1]}
    for call, norm in places.items():
        slope = np.zeros(6)
        for unit in range(6):
            both = []
            for by in (1e-6, -1e-6):
                nudged[:] = [call, unit, by, 0]
                with torch.no_grad():
                    both.append(float(losses(task).mean()))
            slope[unit] = (both[0] - both[1]) / 2e-6
        assert float(norm) == pytest.approx(float(np.linalg.norm(slope)), rel=1e-4)


@pytest.mark.parametrize(("architecture", "options"), CASES)
def test_its_losses_are_those_of_the_model(architecture: str, options: dict[str, Any]) -> None:
    task = made(architecture=architecture, options=options)
    task.model.eval()
    pair = task.measured
    with torch.no_grad():
        logits, targets, _ = task.model(pair.source, pair.lengths, pair.target)
        wanted = functional.cross_entropy(logits, targets, reduction="none")
        torch.testing.assert_close(losses(task), wanted)


def test_leaves_the_training_alone_and_is_the_same_again() -> None:
    task = made()
    before = torch.get_rng_state()
    one = task.state_gradients(task.next_batch())
    two = task.state_gradients(task.next_batch())
    assert np.array_equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)
    assert task.model.training
    assert all(parameter.grad is None for parameter in task.model.parameters())
    assert task.facts["gradient_layers"][2] == "Layer 1, backwards"
    assert task.facts["gradient_source_steps"] == len(task.measured.source)
    # Nothing but the last state of all feeds the last loss after it.
    assert (one[1][:, -1] > 0).all()
