"""What source words do to target words, each against another way to compute it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.translation import END_ID
from rnnviz.nets.alignments.decoding.decoding import decode
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.effects import effects_on_words
from tests.nets.alignments.small import small_translator

SOURCE, TARGET = [4, 5, 6, 14, END_ID], [9, 10, 11, END_ID]
GROUPS = [(0, 1), (1, 3), (3, 4), (4, 5)]
KINDS = [
    {"attention": "additive", "order": "before"},
    {"attention": "general", "order": "after"},
    {"attention": "general", "order": "after", "input_feeding": True},
    {"attention": "additive", "order": "before", "coverage": True},
]


def p_of(model, source, settings=None):
    """(G,) the probabilities of the target's words, by decoding with all of them forced."""
    given = replace(settings or Settings(), forced=dict(enumerate(TARGET)), longest=len(TARGET))
    (found,) = decode(model, [source[:-1]], given)
    return found.best.log_p.exp()


@pytest.mark.parametrize("changed", KINDS)
def test_erasing_is_decoding_with_the_weight_set_to_nothing_at_that_step(changed):
    model = small_translator(3, **changed)
    found = effects_on_words(model, SOURCE, TARGET, GROUPS, Settings())["erased"]
    whole = p_of(model, SOURCE)
    for step in range(len(TARGET)):
        for place, (start, stop) in enumerate(GROUPS):
            weights = {step: dict.fromkeys(range(start, stop), 0.0)}
            less = p_of(model, SOURCE, Settings(weights=weights))
            assert found[step, place] == pytest.approx(float(whole[step] - less[step]), abs=1e-5)


@pytest.mark.parametrize("changed", [*KINDS, {"attention": "none", "order": "after"}])
def test_leaving_out_is_decoding_the_shorter_sentence(changed):
    model = small_translator(4, **changed)
    found = effects_on_words(model, SOURCE, TARGET, GROUPS, Settings())
    assert ("erased" in found) == (changed["attention"] != "none")
    whole = p_of(model, SOURCE)
    for place, (start, stop) in enumerate(GROUPS[:-1]):
        less = p_of(model, SOURCE[:start] + SOURCE[stop:])
        assert found["left_out"][:, place] == pytest.approx(whole - less, abs=1e-5)
    assert torch.isnan(found["left_out"][:, -1]).all()


@pytest.mark.parametrize("changed", KINDS[:2])
def test_gradients_are_those_of_finite_differences(changed):
    model = small_translator(5, scale=1.5, **changed).double()
    found = effects_on_words(model, SOURCE, TARGET, GROUPS, Settings())["gradient"]
    embedding, step = model.encoder.embedding.weight, 1e-4

    def log_p(place_ids):
        scaled = []
        for sign in (1, -1):
            with torch.no_grad():
                before = embedding.clone()
                embedding[place_ids] *= 1 + sign * step
                scaled.append(p_of(model, SOURCE).log())
                embedding.copy_(before)
        return (scaled[0] - scaled[1]) / (2 * step)

    for place, (start, stop) in enumerate(GROUPS):
        right = log_p(SOURCE[start:stop])
        assert found[:, place] == pytest.approx(right, abs=2e-3)


def test_the_temperature_and_weights_set_by_hand_hold():
    model = small_translator(6, attention="additive", order="before")
    settings = Settings(temperature=2.0, weights={1: {0: 1.0}})
    found = effects_on_words(model, SOURCE, TARGET, GROUPS, settings)["erased"]
    # All weight lies on the first place: the others had none that could be taken away.
    assert found[1, 1:] == pytest.approx(torch.zeros(3), abs=1e-6)
    warm = effects_on_words(model, SOURCE, TARGET, GROUPS, Settings(temperature=2.0))["erased"]
    whole = p_of(model, SOURCE, Settings(temperature=2.0))
    less = p_of(model, SOURCE, Settings(temperature=2.0, weights={0: {0: 0.0}}))
    assert warm[0, 0] == pytest.approx(float(whole[0] - less[0]), abs=1e-5)


def test_a_sentence_that_is_too_long_is_refused():
    with pytest.raises(RnnvizError, match="up to 200"):
        effects_on_words(small_translator(), [4] * 201, TARGET, [(0, 1)], Settings())
