"""The running verdict is that of the text cut there; what words did adds up where it must."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnviz.core.models.classification import READOUTS
from rnnviz.nets.classification.verdicts import attention_of, logits_of, word_effects
from rnnviz.nets.sequence.running import running_answers
from tests.nets.classification.small_classifier import small_classifier

IDS = torch.tensor([4, 7, 5, 6, 9, 4, 3, 8])


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_after_each_word_the_verdict_is_that_of_the_text_cut_there(
    readout: str, both: bool
) -> None:
    model = small_classifier(readout=readout, bidirectional=both)
    cut = logits_of(model, [IDS[:stop] for stop in range(1, len(IDS) + 1)])
    torch.testing.assert_close(running_answers(model, IDS), cut, atol=1e-5, rtol=0)


def test_of_a_long_document_read_both_ways_some_cuts_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rnnviz.nets.sequence.running._MOST_PREFIXES", 3)
    model = small_classifier()
    found = running_answers(model, IDS)
    judged = ~found[:, 0].isnan()
    assert judged.sum() == 3
    assert judged[0]
    torch.testing.assert_close(found[-1], logits_of(model, [IDS])[0])


@pytest.mark.parametrize("readout", READOUTS)
def test_integrated_gradients_add_up_to_what_the_words_changed(readout: str) -> None:
    effects = word_effects(small_classifier(readout=readout), IDS, 1)
    wanted = effects.log_odds - effects.zero_log_odds
    assert effects.integrated_gradients.sum() == pytest.approx(wanted, abs=2e-3)


def test_gradient_times_input_is_the_slope_along_each_word() -> None:
    model = small_classifier(readout="mean").double()
    effects = word_effects(model, IDS, 0)
    length = torch.tensor([len(IDS)])
    embedded = model.embed(IDS[:, None]).detach()
    for place in range(len(IDS)):
        ends = []
        for scale in (1 - 1e-5, 1 + 1e-5):
            moved = embedded.clone()
            moved[place] *= scale
            ends.append(model.log_odds(model.judge(moved, length).logits[0], 0).item())
        slope = (ends[1] - ends[0]) / 2e-5
        assert effects.gradient_x_input[place] == pytest.approx(slope, abs=1e-6)


def test_leaving_a_word_out_is_judging_the_rest() -> None:
    model = small_classifier()
    effects = word_effects(model, IDS)
    logits = logits_of(model, [IDS, torch.cat([IDS[:2], IDS[3:]])])
    chosen = int(logits[0].argmax())
    assert effects.class_number == chosen
    odds = model.log_odds(logits, chosen)
    assert effects.left_out[2] == pytest.approx(float(odds[0] - odds[1]), abs=1e-5)


def test_of_two_classes_the_effects_on_one_are_those_on_the_other_turned_round() -> None:
    model = small_classifier()
    up, down = word_effects(model, IDS, 1), word_effects(model, IDS, 0)
    np.testing.assert_allclose(up.left_out, -down.left_out, atol=1e-5)
    np.testing.assert_allclose(up.gradient_x_input, -down.gradient_x_input, atol=1e-5)


def test_a_document_of_one_word_and_the_weights_of_attention() -> None:
    model = small_classifier()
    assert np.isfinite(word_effects(model, IDS[:1]).left_out).all()
    weights = attention_of(model, IDS)
    assert weights is not None
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert attention_of(small_classifier(readout="last"), IDS) is None


def test_of_a_long_document_only_the_slope_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_classifier()
    whole = word_effects(model, IDS, 1)
    monkeypatch.setattr("rnnviz.nets.classification.verdicts._MOST_LEFT_OUT", 7)
    effects = word_effects(model, IDS, 1)
    assert np.isnan(effects.left_out).all()
    assert effects.integrated_gradients == pytest.approx(whole.integrated_gradients)
    monkeypatch.setattr("rnnviz.nets.classification.verdicts._MOST_INTEGRATED", 7)
    effects = word_effects(model, IDS, 1)
    assert np.isnan(effects.integrated_gradients).all()
    assert effects.gradient_x_input == pytest.approx(whole.gradient_x_input)
