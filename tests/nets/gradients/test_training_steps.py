"""Training steps of networks that answer, against torch's own backward pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.errors import GradientError
from rnnviz.core.models.network import AsRead, Head, Numbers, Readout
from rnnviz.nets.gradients.layerwise import Wanted
from rnnviz.nets.gradients.training_steps import Losses, StepGradients, cut_gradient
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.states import detached
from tests.nets.answering.gradients.test_answers import READS
from tests.nets.sequence.zoo import layer, network

CLASSES = Head(outputs=("bad", "good"))


def drawn(*layers, **more) -> SequenceNetwork:
    about = network(*layers, reads=READS, head=CLASSES, **more)
    return SequenceNetwork(about, seed=3).eval()


def documents(*lengths: int) -> list[Tensor]:
    numbers = torch.Generator().manual_seed(1)
    return [torch.randint(0, 6, (length,), generator=numbers) for length in lengths]


def flat(gradients: dict[str, Tensor]) -> Tensor:
    return torch.cat([part.flatten() for part in gradients.values()])


def from_backward(model: SequenceNetwork, loss: Tensor) -> Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat(
        [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in model.parameters()]
    )


@pytest.mark.parametrize("kind", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("direction", ["forward", "both"])
def test_a_step_of_verdicts_is_that_of_their_mean_loss(kind: str, direction: str) -> None:
    model = drawn(
        layer("lstm", 5, direction=direction), layer("gru", 4, direction=direction),
        readout=Readout(kind=kind, attention_units=3 if kind == "attention" else 0),  # type: ignore[arg-type]
    )  # fmt: skip
    texts, labels = documents(7, 3, 5), [1, 0, -1]
    step = [
        Losses(ids, Wanted(torch.full((len(ids),), label)), range(len(ids) - 1, len(ids)))
        for ids, label in zip(texts, labels, strict=True)
    ]
    found, count = StepGradients(model).of(step)
    assert count == 2  # the third is not said to be anything
    loss = sum(
        functional.cross_entropy(model(ids[:, None])[0], torch.tensor([label]))
        for ids, label in zip(texts[:2], labels[:2], strict=True)
    )
    assert torch.allclose(flat(found), from_backward(model, loss / 2), atol=1e-6)  # type: ignore[arg-type]


def test_a_step_of_labels_goes_on_from_the_state_of_the_one_before() -> None:
    model = drawn(layer("gru", 5))
    (ids,) = documents(12)
    truth = torch.tensor([1, 0, -1, 1, 0, 0, 1, -1, 0, 1, 1, 0])
    steps = StepGradients(model)
    for begin in (2, 7):  # 5 and 6 are between them
        at = range(begin, begin + 3)
        found, count = steps.of([Losses(ids, Wanted(truth), at)])
        with torch.no_grad():
            _, state = model(ids[:begin, None])
        said, _ = model(ids[begin : begin + 3, None], detached(state))
        known = truth[begin : begin + 3] >= 0
        loss = functional.cross_entropy(said[known, 0], truth[begin : begin + 3][known])
        assert count == 2
        assert torch.allclose(flat(found), from_backward(model, loss), atol=1e-6)


def test_labels_of_what_reads_from_the_end_are_of_whole_documents() -> None:
    model = drawn(layer("lstm", 4, direction="both"))
    (ids,) = documents(9)
    truth = torch.tensor([0, 1] * 4 + [0])
    found, _ = StepGradients(model).of([Losses(ids, Wanted(truth), range(3, 6))])
    loss = functional.cross_entropy(model(ids[:, None])[0][3:6, 0], truth[3:6])
    assert torch.allclose(flat(found), from_backward(model, loss), atol=1e-6)


def numbers_model() -> SequenceNetwork:
    return SequenceNetwork(
        network(
            layer("lstm", 4), reads=Numbers(columns=("a", "b")), front=AsRead(),
            head=Head(outputs=("y",), gives="linear"),
        ),
        seed=3,
    ).eval()  # fmt: skip


@pytest.mark.parametrize("chunk", [3, 100])
def test_a_cut_gradient_is_that_of_chunks(chunk: int) -> None:
    model, rows = numbers_model(), torch.randn(10, 2)
    wanted = torch.randn(10, 1)
    found = cut_gradient(model, [Losses(rows, Wanted(numbers=wanted), range(10))], chunk)
    state, total = model.zero_state(1), torch.zeros(())
    for start in range(0, 10, chunk):
        said, state = model(rows[start : start + chunk, None], detached(state))
        total = total + ((said[:, 0] - wanted[start : start + chunk]) ** 2).sum()
    assert torch.allclose(flat(found), from_backward(model, total), atol=1e-5)


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
def test_a_cut_verdict_keeps_what_its_readout_sees(kind: str) -> None:
    model = drawn(layer("gru", 5), readout=Readout(kind=kind))  # type: ignore[arg-type]
    (ids,) = documents(11)
    document = Losses(ids, Wanted(torch.ones(11).long()), range(10, 11))
    found = flat(cut_gradient(model, [document], 4))
    state, seen = model.zero_state(1), []
    for start in (0, 4, 8):
        given, state = model.read_all(ids[start : start + 4, None], detached(state))
        seen.append(model.seen(given))
    said = model.say(model.read_out(torch.cat(seen), torch.tensor([11])))
    by_torch = from_backward(model, functional.cross_entropy(said, torch.tensor([1])))
    assert torch.allclose(found, by_torch, atol=1e-6)
    whole = flat(cut_gradient(model, [document], 11))
    assert not torch.allclose(found, whole, atol=1e-6)


def test_a_document_that_is_too_long_is_refused() -> None:
    model = drawn(layer(units=4, direction="both"))
    ids = torch.zeros(5000).long()
    with pytest.raises(GradientError, match=r"5,000 steps.*cut it"):
        StepGradients(model).of([Losses(ids, Wanted(ids), range(3))])
