"""The character language model: tied seeds, dropout, skip connections."""

from __future__ import annotations

import pytest
import torch

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.network import plain_network
from rnnviz.core.models.parameter_shapes import parameter_shapes
from rnnviz.nets.architectures import ARCHITECTURES, Layer
from rnnviz.nets.language.model import LanguageModel, count_parameters
from rnnviz.nets.sequence.states import detached
from tests.nets.small import VOCABULARY, small_model

IDS = torch.tensor([[0, 1], [2, 3], [4, 5], [6, 0]])


def described(architecture: str = "lstm", units: int = 8, embedding: int = 3) -> ModelDescription:
    return ModelDescription(
        architecture=architecture,
        layers=2,
        units=units,
        vocabulary=VOCABULARY,
        embedding=embedding,
    )


def test_seeds_are_tied_to_names() -> None:
    models = [LanguageModel(described(a.facts.name), seed=5) for a in ARCHITECTURES]
    first, others = dict(models[0].named_parameters()), models[1:]
    compared = 0
    for model in others:
        for name, parameter in model.named_parameters():
            if name in first and parameter.shape == first[name].shape:
                assert torch.equal(parameter, first[name]), name
                compared += 1
    assert compared == 3 * len(others)


def test_another_seed_gives_other_weights() -> None:
    one, same, other = (LanguageModel(described(), seed=seed) for seed in (1, 1, 2))
    for name, parameter in one.named_parameters():
        assert torch.equal(parameter, same.get_parameter(name))
        assert not torch.equal(parameter, other.get_parameter(name))


def test_forget_gates_start_open() -> None:
    bias = LanguageModel(described(units=64)).recurrent[1].get_parameter("bias_ih_l0")
    assert bias[64:128].mean().item() == pytest.approx(1, abs=0.05)
    assert bias[:64].abs().max() <= 1 / 8


@pytest.mark.parametrize(("architecture", "moved"), [("rnn", 1), ("gru", 2), ("lstm", 2)])
@pytest.mark.parametrize("embedding", [0, 32])
def test_a_character_moves_a_fresh_unit_by_about_one_and_a_gate_by_two(
    architecture: str, moved: float, embedding: int
) -> None:
    model = LanguageModel(described(architecture=architecture, units=256, embedding=embedding))
    entering = model.embed(torch.arange(len(VOCABULARY)))
    weight = model.recurrent[0].get_parameter("weight_ih_l0")
    assert (entering @ weight.t()).std().item() == pytest.approx(moved, rel=0.15)


def test_recurrent_weights_start_orthogonal_gate_by_gate() -> None:
    model = LanguageModel(described(units=16))
    for block in model.recurrent[0].get_parameter("weight_hh_l0").detach().chunk(4):
        assert torch.allclose(block @ block.t(), torch.eye(16), atol=1e-5)


def test_dropout_acts_in_training_only() -> None:
    model = LanguageModel(described(), dropout=0.5)
    state = model.zero_state(2)
    with torch.no_grad():
        first, second = model(IDS, state)[0], model(IDS, state)[0]
        assert not torch.equal(first, second)
        model.eval()
        assert torch.equal(model(IDS, state)[0], model(IDS, state)[0])


@pytest.mark.parametrize("embedding", [0, 3])
def test_skip_feeds_every_layer_and_the_output(embedding: int) -> None:
    model = small_model("gru", layers=3, skip=True, embedding=embedding)
    width = embedding or len(VOCABULARY)
    widths = [layer.get_parameter("weight_ih_l0").shape[1] for layer in model.recurrent]
    assert widths == [width, 6 + width, 6 + width]
    assert model.output.weight.shape == (len(VOCABULARY), 3 * 6)
    with torch.no_grad():
        before = model(IDS, model.zero_state(2))[0]
        model.output.weight[:, :6] += 1  # the part that reads the first layer
        after = model(IDS, model.zero_state(2))[0]
    assert not torch.allclose(before, after)


def test_a_sequence_in_two_parts_gives_the_same() -> None:
    model = small_model("lstm")
    with torch.inference_mode():
        whole, last = model(IDS, model.zero_state(2))
        first, state = model(IDS[:1], model.zero_state(2))
        second, after = model(IDS[1:], detached(state))
    torch.testing.assert_close(torch.cat([first, second]), whole)
    torch.testing.assert_close(after, last)


def test_detaching_cuts_the_graph() -> None:
    model = small_model("lstm")
    _, state = model(IDS, model.zero_state(2))
    assert all(tensor.requires_grad for layer in state for tensor in layer)
    assert not any(tensor.requires_grad for layer in detached(state) for tensor in layer)


def test_parameters_are_counted() -> None:
    model = small_model("lstm", layers=1, units=6)
    assert count_parameters(model) == 4 * 6 * (7 + 6 + 2) + 7 * (6 + 1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("embedding", [0, 3])
@pytest.mark.parametrize("skip", [False, True])
def test_shapes_are_known_without_building_the_network(
    architecture: type[Layer], embedding: int, skip: bool
) -> None:
    description = ModelDescription(
        architecture=architecture.facts.name,
        layers=3,
        units=5,
        vocabulary=VOCABULARY,
        embedding=embedding,
        skip=skip,
    )
    built = LanguageModel(description).state_dict()
    found = parameter_shapes(plain_network(description))
    assert found == {name: tuple(t.shape) for name, t in built.items()}
