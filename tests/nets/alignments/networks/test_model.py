"""The network: all at once as step by step, padding without effect, gradients, shapes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.alignments.batches import make_batch
from rnnviz.nets.alignments.networks.model import (
    TranslationModel,
    build_translation,
    parameter_shapes,
)
from tests.nets.alignments.small import described, small_translator, two_pairs

KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"architecture": "lstm", "layers": 2, "coverage": True, "attention_units": 3},
    {"architecture": "rnn", "attention": "general", "order": "after"},
    {"attention": "general", "order": "after", "input_feeding": True},
    {"attention": "dot", "order": "after", "bidirectional": False, "layers": 2},
    {"attention": "none"},
    {"attention": "none", "order": "after", "architecture": "lstm"},
)


@pytest.mark.parametrize("kind", KINDS)
def test_teacher_forcing_is_what_the_steps_give(kind: dict[str, Any]) -> None:
    """Logits and weights of a whole batch equal those of one step after the other."""
    model, batch = small_translator(**kind), two_pairs()
    logits, _, weights = model(batch.source, batch.lengths, batch.target)
    memory = model.encode(batch.source, batch.lengths)
    state, previous = model.start(memory), torch.tensor([1, 1])
    found, rows = [], []
    for now in batch.target:
        step = model.step(previous, state, memory)
        found.append(step.logits)
        rows.append(step.weights)
        state, previous = step.state, now
    stepwise = torch.stack(found)[batch.target != 0]
    torch.testing.assert_close(stepwise, logits)
    if weights is None:
        assert rows[0] is None
    else:
        given = [row for row in rows if row is not None]
        torch.testing.assert_close(torch.stack(given, dim=1), weights)


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_module_gets_its_state_in_one_piece(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA refuses a state whose numbers do not follow each other; a processor takes any."""
    model = small_translator(attention="none", order=order, architecture="lstm", layers=2)
    batch, seen = two_pairs(), list[bool]()

    forward = nn.LSTM.forward

    def look(module: nn.LSTM, inputs: Tensor, given: tuple[Tensor, Tensor]) -> Any:
        if module in model.decoder.layers:
            seen.extend(part.is_contiguous() for part in given)
        return forward(module, inputs, given)

    monkeypatch.setattr(nn.LSTM, "forward", look)
    model(batch.source, batch.lengths, batch.target)
    assert seen == [True] * 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_does_not_feel_its_neighbours(kind: dict[str, Any]) -> None:
    """Alone and beside a longer one, a pair has the same logits; padding gets no weight."""
    model = small_translator(**kind)
    short, long = ([4, 5], [9, 10]), ([7, 8, 4, 5, 6], [9, 10])
    alone = make_batch([short])
    both = make_batch([short, long])
    single, _, _ = model(alone.source, alone.lengths, alone.target)
    logits, _, weights = model(both.source, both.lengths, both.target)
    torch.testing.assert_close(logits[0::2], single)
    if weights is not None:
        assert not weights[0, :, 3:].any()
        torch.testing.assert_close(weights.sum(dim=2), torch.ones(2, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind: dict[str, Any]) -> None:
    """For one number of every parameter, in double precision."""
    model, batch = small_translator(scale=1.0, **kind).double(), two_pairs()

    def loss() -> torch.Tensor:
        logits, targets, _ = model(batch.source, batch.lengths, batch.target)
        return functional.cross_entropy(logits, targets)

    loss().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        place = int(parameter.grad.abs().argmax())
        flat = parameter.data.view(-1)
        around = []
        for nudge in (1e-5, -2e-5):
            flat[place] += nudge
            around.append(float(loss().detach()))
        flat[place] += 1e-5
        slope = (around[0] - around[1]) / 2e-5
        assert float(parameter.grad.view(-1)[place]) == pytest.approx(slope, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shapes_are_known_without_the_network(kind: dict[str, Any]) -> None:
    """Arithmetic gives what the modules have."""
    model = small_translator(**kind)
    found = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    assert parameter_shapes(model.description) == found


def test_the_encoder_is_torchs_own_bidirectional_module() -> None:
    """On packed sentences of different lengths, states and all."""
    model, batch = small_translator(architecture="gru"), two_pairs()
    encoder = model.encoder
    stock = torch.nn.GRU(4, 5, bidirectional=True)
    weights = {**encoder.forwards[0].state_dict()}
    weights |= {f"{k}_reverse": v for k, v in encoder.backwards[0].state_dict().items()}
    stock.load_state_dict(weights)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        encoder.embedding(batch.source), batch.lengths, enforce_sorted=False
    )
    wanted, last = stock(packed)
    states, finals = encoder(batch.source, batch.lengths)
    torch.testing.assert_close(states, torch.nn.utils.rnn.pad_packed_sequence(wanted)[0])
    torch.testing.assert_close(finals[0], torch.cat([last[0], last[1]], dim=1))


def test_without_attention_the_context_is_the_last_encoder_state() -> None:
    """At every step."""
    model, batch = small_translator(attention="none"), two_pairs()
    memory = model.encode(batch.source, batch.lengths)
    step = model.step(torch.tensor([1, 1]), model.start(memory), memory)
    torch.testing.assert_close(step.context, memory.finals[-1])


def test_the_same_seed_draws_the_same_weights() -> None:
    """Whatever was drawn before."""
    first, second = TranslationModel(described(), seed=3), TranslationModel(described(), seed=3)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_weights_that_do_not_fit_are_named() -> None:
    """A wrong shape, and NaN."""
    model = small_translator()
    tensors = {name: weight.clone() for name, weight in model.state_dict().items()}
    with pytest.raises(ModelFileError, match=r"decoder\.output\.bias should be"):
        build_translation(
            model.description, {**tensors, "decoder.output.bias": torch.zeros(2)}, "m"
        )
    tensors["decoder.output.bias"][0] = torch.nan
    with pytest.raises(ModelFileError, match="NaN or infinite"):
        build_translation(model.description, tensors, "m")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"attention": "dot"}, "one width"),
        ({"input_feeding": True}, "input feeding goes with"),
        ({"attention": "general", "coverage": True}, "coverage enters"),
        ({"attention": "magic"}, "unknown"),
        ({"layers": 0}, "damaged"),
    ],
)
def test_settings_that_cannot_go_together_are_refused(changed: dict[str, Any], said: str) -> None:
    """With a sentence about them."""
    with pytest.raises(ModelFileError, match=said):
        described(**changed).check("the file")
