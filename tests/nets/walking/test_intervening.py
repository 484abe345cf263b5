"""Units that are changed while a text is read, against a loop written down once more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz.core.cells.intervention import Effect, Intervention
from rnnviz.core.errors import RnnvizError
from rnnviz.nets.architectures import ARCHITECTURES
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.walking.intervening import ablate, losses_changed, sample_changed
from tests.nets.small import random_text, small_model

KINDS = [kind.facts.name for kind in ARCHITECTURES]


def ids_of(model: LanguageModel, length: int = 300) -> torch.Tensor:
    text = random_text(length, seed=3)
    return torch.from_numpy(model.characters().encode(text)).long()


@torch.inference_mode()
def by_hand(
    model: LanguageModel, ids: torch.Tensor, streams: Sequence[Intervention | None]
) -> torch.Tensor:
    """The losses (T - 1, streams): every layer stepped, hidden states changed behind every step."""
    state, losses = list(model.zero_state(len(streams))), []
    for step, number in enumerate(ids[:-1]):
        embedded = model.embed(number.repeat(len(streams)))
        hidden: list[torch.Tensor] = []
        for place, layer in enumerate(model.recurrent):
            inputs = model.layer_input(place, embedded, hidden)
            below, after = layer.advance(inputs, state[place])
            for row, one in enumerate(streams):
                if one is None or place != one.layer or step < one.start:
                    continue
                below = below.clone()
                held = one.value if one.how == "hold" else below[row, one.unit] + one.value
                below[row, one.unit] = held
                if layer.facts.vector_states:  # of others what is given is no part of the state
                    after = (below, *after[1:])
            state[place] = after
            hidden.append(below)
        target = ids[step + 1].repeat(len(streams))
        losses.append(functional.cross_entropy(model.answers(hidden), target, reduction="none"))
    return torch.stack(losses)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("skip", [False, True])
def test_many_at_once_are_each_alone(kind: str, skip: bool) -> None:
    model = small_model(kind, layers=3, skip=skip, embedding=3)
    ids = ids_of(model)
    streams = [
        [
            None,
            Intervention(layer=layer, unit=2),
            Intervention(layer=layer, unit=4, value=0.7, start=280),
            Intervention(layer=layer, unit=0, how="add", value=-0.3, start=10),
        ]
        for layer in range(3)
    ]
    expected = by_hand(model, ids, [one for layer in streams for one in layer]).chunk(3, 1)
    for layer, wanted in enumerate(expected):
        found = losses_changed(model, ids, streams[layer])
        assert found.shape == (299, 4)
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
        assert torch.allclose(found[:280, 2], found[:280, 0], atol=1e-4)
        # Sums that grow without bound leave the layers above at their limits: nothing reaches them.
        if (kind, layer, skip) != ("residual", 0, False):
            assert not torch.allclose(found[281:, 2], found[281:, 0], atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_held_ones_are_run_as_fast_as_their_layer(kind: str) -> None:
    """The value is built into the layer; where a block ends makes no difference."""
    model = small_model(kind, layers=2, embedding=3)
    ids = ids_of(model)
    held_ones = [
        Intervention(layer=1, unit=2, value=0.8, start=start)
        for start in (0, 1, 255, 256, 257, 298)
    ]
    expected = by_hand(model, ids, [None, *held_ones])
    for place, one in enumerate(held_ones, 1):
        found = losses_changed(model, ids, [None, one])
        torch.testing.assert_close(found, expected[:, [0, place]], atol=1e-4, rtol=1e-4)
    held = model.recurrent[1].holding(2, 0.8)
    assert (held is not None) == bool(model.recurrent[1].facts.torch_module)


def test_a_held_cell_changes_what_the_unit_shows() -> None:
    model = small_model("lstm", layers=1)
    ids = ids_of(model)
    held = Intervention(layer=0, unit=1, value=4.0, state="cell")
    found = losses_changed(model, ids, [None, held])
    assert not torch.allclose(found[:, 0], found[:, 1], atol=1e-3)
    layer, state, losses = model.recurrent[0], model.zero_state(1)[0], []
    with torch.inference_mode():
        for step, number in enumerate(ids[:-1]):
            channels, state = layer.step(model.embed(number[None]), state)
            cell, hidden = state[1].clone(), state[0].clone()
            cell[0, 1] = 4.0
            hidden[0, 1] = channels["output"][0, 1] * np.tanh(4.0)
            state = (hidden, cell)
            logits = model.answers([hidden])
            losses.append(functional.cross_entropy(logits, ids[step + 1][None]))
    torch.testing.assert_close(found[:, 1], torch.stack(losses), atol=1e-4, rtol=1e-4)


def planted() -> LanguageModel:
    """A network of which only unit 3 is heard."""
    model = small_model("gru", layers=1, units=8)
    with torch.no_grad():
        weight = model.output.weight
        kept = weight[:, 3].clone()
        weight.zero_()
        weight[:, 3] = 5 * kept
    return model


def test_the_unit_that_matters_costs_more_than_random_ones() -> None:
    model = planted()
    ids = ids_of(model, 400)
    # A concept that holds on the first half.
    labels = np.arange(400) < 200
    found = ablate(model, ids, Intervention(layer=0, unit=3, value=2.0), labels, seed=1)
    assert found.predictions == 399
    assert found.on == 200
    assert len(found.others) == 7, "no more units are there beside it"
    assert 3 not in found.other_units
    assert found.rank() == 0
    cost = found.changed.beyond(found.plain)
    assert cost.loss > 0.05
    mean = (found.changed.on * 200 + found.changed.off * 199) / 399  # type: ignore[operator]
    assert mean == pytest.approx(found.changed.loss)
    plain = losses_changed(model, ids, [None])[:, 0]
    assert found.plain.on == pytest.approx(float(plain[:200].mean()), rel=1e-5)
    again = ablate(model, ids, Intervention(layer=0, unit=3, value=2.0), labels, seed=1)
    assert again == found


def test_a_unit_that_nobody_hears_costs_nothing() -> None:
    model = small_model("min-gru", layers=1, units=30)
    with torch.no_grad():
        model.output.weight[:, 5] = 0
    found = ablate(model, ids_of(model), Intervention(layer=0, unit=5))
    assert found.changed.beyond(found.plain).loss == pytest.approx(0, abs=1e-6)
    assert len(found.others) == 20
    assert all(abs(other.loss - found.plain.loss) > 1e-5 for other in found.others)
    assert found.plain == Effect(found.plain.loss)


def test_a_sample_is_the_same_until_the_change_is_felt() -> None:
    model = planted()
    plain = "".join(sample(model, 60, start="ab", seed=4))
    nothing = Intervention(layer=0, unit=3, how="add", value=0.0)
    assert "".join(sample_changed(model, 60, nothing, start="ab", seed=4)) == plain
    late = Intervention(layer=0, unit=3, value=3.0, start=30)
    changed = "".join(sample_changed(model, 60, late, start="ab", seed=4))
    assert changed[:31] == plain[:31]
    assert changed != plain


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"layer": 5}, "there is no layer 6: the model has 2"),
        ({"unit": 6}, "there is no unit 6 in layer 1: it has 6, from 0"),
        ({"state": "cell"}, "a GRU has no state 'cell' to change; it has hidden"),
        ({"value": float("nan")}, "it must be finite"),
    ],
)
def test_what_is_not_there_cannot_be_changed(changed: dict[str, object], said: str) -> None:
    model = small_model("gru")
    one = Intervention(**{"layer": 0, "unit": 0, **changed})  # type: ignore[arg-type]
    with pytest.raises(RnnvizError, match=said):
        ablate(model, ids_of(model), one)
    with pytest.raises(RnnvizError, match=said):
        next(sample_changed(model, 3, one))
