"""A layer whose state grows goes everywhere that an LSTM goes: no part of the program knows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz.core.errors import Cancelled
from rnnviz.core.models.parameter_shapes import parameter_shapes
from rnnviz.core.models.translation import BEGIN_ID, END_ID
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.alignments.decoding.decoding import decode
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.gradients.backprop import loss_norms, record, state_after, sum_norms
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.sequence import states
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.walking.walk import walk
from tests.nets.alignments.small import small_translator
from tests.nets.architectures.every import register
from tests.nets.architectures.toy_attention import ATTENTION
from tests.nets.small import random_text, small_model, walk_by_cells
from tests.nets.training.small_runs import settings
from tests.nets.walked import walk_arrays

TEXT = random_text(40, "\n abcde√")


@pytest.fixture(autouse=True)
def _attention(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


@pytest.fixture
def model() -> LanguageModel:
    return small_model(ATTENTION.name, layers=2, embedding=4, skip=True)


def ids_of(model: LanguageModel, text: str) -> torch.Tensor:
    ids = model.characters().encode(text)
    return torch.from_numpy(ids[ids >= 0]).long()


def test_its_parameters_are_known_without_building_it(model: LanguageModel) -> None:
    built = {name: tuple(part.shape) for name, part in model.state_dict().items()}
    assert parameter_shapes(model.network) == built


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_walking_in_blocks_equals_single_steps(model: LanguageModel, block: int) -> None:
    found = walk_arrays(model, TEXT, ATTENTION.channel_names, first_block=1, block=block)
    expected = walk_by_cells(model, TEXT)
    np.testing.assert_allclose(found["hidden"], expected["hidden"], atol=1e-5)
    np.testing.assert_allclose(found["surprisal"], expected["surprisal"], atol=1e-4)
    assert found["looked"].shape == found["hidden"].shape
    assert np.ptp(found["looked"]) > 0.1


def test_a_walk_that_was_left_goes_on(model: LanguageModel, tmp_path: Path) -> None:
    def leave(done: int, total: int) -> None:
        if done >= 20:
            raise Cancelled("left")

    text = Text.of(random_text(90), "text")
    sizes: dict[str, Any] = {"first_block": 8, "block": 16, "model_stamp": "m"}
    with pytest.raises(Cancelled):
        walk(model, text, tmp_path, ("hidden",), progress=leave, **sizes)
    assert not Recording(tmp_path).complete
    first: list[int] = []
    walk(
        model, text, tmp_path, ("hidden",), progress=lambda done, total: first.append(done), **sizes
    )
    assert first[0] > 20, "it began anew"
    whole = walk_arrays(model, str(text), ("hidden",), first_block=8, block=16)["hidden"]
    np.testing.assert_array_equal(Recording(tmp_path).rows("hidden"), whole.astype(np.float16))


def test_typing_goes_on_from_any_character(model: LanguageModel) -> None:
    """The state is cut to the character before what was typed; the rest is read anew."""
    before, typed = ids_of(model, "abcabdaec"), ids_of(model, "edd")
    with torch.inference_mode():
        embedded, cut = model.embed(before.unsqueeze(1)), []
        hidden: list[torch.Tensor] = []
        for layer, own in enumerate(model.recurrent):
            inputs, zero = model.layer_input(layer, embedded, hidden), own.zero_state(1)
            ran = own.run(inputs, zero)
            cut.append(own.run(inputs[:5], zero).after)
            hidden.append(ran.hidden)
        found, _ = model(typed.unsqueeze(1), tuple(cut))
        whole, _ = model(torch.cat([before[:5], typed]).unsqueeze(1), model.zero_state(1))
    torch.testing.assert_close(found, whole[5:], atol=1e-5, rtol=0)


def test_sampling(model: LanguageModel) -> None:
    drawn = "".join(sample(model, 30, start="ab", seed=1, temperature=0.7))
    ids, replayed = ids_of(model, "ab"), ""
    generator = torch.Generator().manual_seed(1)
    with torch.inference_mode():
        for _ in range(30):
            logits, _ = model(ids.unsqueeze(1), model.zero_state(1))
            p = torch.softmax(logits[-1, 0].double() / 0.7, dim=0)
            chosen = torch.multinomial(p, 1, generator=generator)
            ids = torch.cat([ids, chosen])
            replayed += model.symbols[int(chosen)]
    assert drawn == replayed


def test_beams_are_gathered_by_rows() -> None:
    """A wide beam gives each hypothesis the score that it has when it is read alone."""
    translator = small_translator(seed=2, scale=1.0, architecture=ATTENTION.name, layers=2)
    with torch.no_grad():
        translator.decoder.output.bias[END_ID] += 1.5
    (found,) = decode(translator, [[4, 5, 6]], Settings(beam=5, longest=6, length_penalty=0.0))
    memory = translator.encode(torch.tensor([[4, 5, 6, END_ID]]).t(), torch.tensor([4]))
    with torch.inference_mode():
        for hypothesis in found.hypotheses:
            state, previous, total = translator.start(memory), BEGIN_ID, 0.0
            for token in hypothesis.ids:
                step = translator.step(torch.tensor([previous]), state, memory)
                total += float(torch.log_softmax(step.logits, dim=1)[0, token])
                state, previous = step.state, token
            assert total == pytest.approx(hypothesis.score, abs=1e-4)
    assert len(found.hypotheses) > 1


def test_gradients_reach_every_step(model: LanguageModel) -> None:
    """dL_t/dh_{t-k}: no way through a chain of states, and yet all ways are counted."""
    ids = ids_of(model, random_text(12, seed=3))
    tape = record(model, ids, state_after(model, ids[:0]))
    found = loss_norms(tape, range(4, 11), 6)
    double = model.double()
    state, nodes, losses = list(double.zero_state(1)), [], []
    for step, number in enumerate(ids[:-1]):
        embedded = double.embed(number.unsqueeze(0))
        hidden: list[torch.Tensor] = []
        for layer, own in enumerate(double.recurrent):
            channels, state[layer] = own.step(
                double.layer_input(layer, embedded, hidden), state[layer]
            )
            hidden.append(channels["hidden"])
        nodes.append(hidden)
        logits = double.answers(hidden)
        losses.append(functional.cross_entropy(logits, ids[step + 1].unsqueeze(0)))
    for row, step in enumerate(range(4, 11)):
        for back in range(min(6, step) + 1):
            wanted = torch.autograd.grad(
                losses[step], nodes[step - back], retain_graph=True, materialize_grads=True
            )
            for layer, gradient in enumerate(wanted):
                norm = found.states["hidden"][layer, row, back]
                assert norm == pytest.approx(float(gradient.norm()), rel=1e-9, abs=1e-15)
    assert found.states["hidden"][0, -1, 6] > 0
    assert sum_norms(tape, range(4, 11))["hidden"].isfinite().all()


def test_training_carries_it_over_and_goes_on_from_it() -> None:
    config = settings(architecture=ATTENTION.name, layers=2, units=5, embedding=4)
    one, two = (CharacterTask(config, random_text(300)) for _ in range(2))
    one.loss(one.model, one.next_batch())
    position = one.position()
    assert states.size_bytes(tuple(position.tensors.values())) > 0
    two.restore(position)
    wanted = one.loss(one.model, one.next_batch())[0]
    found = two.loss(two.model, two.next_batch())[0]
    torch.testing.assert_close(found, wanted)


def test_a_recording_says_where_its_channels_lie(model: LanguageModel, tmp_path: Path) -> None:
    """`hidden` alone would be taken for a number between -1 and 1."""
    walk(model, Text.of(TEXT), tmp_path, ATTENTION.channel_names)
    recording = Recording(tmp_path)
    assert recording.about_channel("hidden").range == "unbounded"
    assert recording.about_channel("looked").is_gate
