"""Truncated beside full BPTT: the gradients against autograd, the figures against reason."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from rnnviz.nets.gradients.clipping import angle_degrees
from rnnviz.nets.gradients.truncation import _gradient, compare
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.sequence.states import detached
from tests.nets.small import small_model


def some_ids(length: int) -> torch.Tensor:
    return torch.randint(0, 7, (length,), generator=torch.Generator().manual_seed(1))


def nothing(done: float, total: float) -> None:
    """Progress that nobody watches."""


def by_backward(model: LanguageModel, ids: torch.Tensor, chunk: int) -> torch.Tensor:
    model.zero_grad()
    state = model.zero_state(1)
    for start in range(0, len(ids) - 1, chunk):
        stop = min(start + chunk, len(ids) - 1)
        logits, state = model(ids[start:stop].unsqueeze(1), detached(state))
        functional.cross_entropy(
            logits.flatten(0, 1), ids[start + 1 : stop + 1], reduction="sum"
        ).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("chunk", [7, 30])
def test_the_gradient_is_that_of_the_chunks(chunk: int) -> None:
    model, ids = small_model("lstm"), some_ids(31)
    found = torch.cat([part.flatten() for part in _gradient(model, ids, chunk).values()])
    assert torch.allclose(found, by_backward(model, ids, chunk), atol=1e-5)


def test_a_short_chunk_keeps_little_and_turns_the_gradient() -> None:
    model, ids = small_model("lstm"), some_ids(401)
    told: list[float] = []
    found = compare(model, ids, 400, 10, lambda done, total: told.append(done / total))
    assert found.full.kept_bytes > 5 * found.truncated.kept_bytes > 0
    assert found.angle_degrees > 0
    assert found.angle_degrees == pytest.approx(
        angle_degrees(by_backward(model, ids, 400), by_backward(model, ids, 10)), rel=1e-2
    )
    assert set(found.angles) == {name for name, _ in model.named_parameters()}
    assert not found.repeated
    assert found.full.seconds > 0
    assert told[-1] == 1


def test_one_chunk_is_full_bptt() -> None:
    found = compare(small_model("rnn"), some_ids(5), 60, 1000, nothing)
    assert found.repeated
    assert found.truncated.chunk == found.full.chunk == 60
    assert found.angle_degrees == 0
