"""The lecture's picture of a step: what is drawn where, and whether its formulas are right."""

import re
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.alignments.decoded import Decoded, Likely
from rnnviz.core.alignments.steps.attention_steps import (
    AttentionKind,
    AttentionSteps,
    kind_of_attention,
    piece_names,
    steps_of,
)
from rnnviz.core.alignments.steps.step_formulas import explain
from rnnviz.core.alignments.steps.step_page import check_steps_ending, steps_page
from rnnviz.core.alignments.steps.step_picture import draw_step
from rnnviz.core.errors import AlignmentError
from rnnviz.core.models.translation import TranslatorTold

PLACES, WORDS = ("le", "chat", "</s>"), ("the", "cat", "</s>")


def made(attention="dot", order="after", **changes):
    random = np.random.default_rng(0)
    memory = random.normal(0, 1, (3, 40)).astype(np.float32)
    states = random.normal(0, 1, (3, 40)).astype(np.float32)
    scores = states @ memory.T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    given = {
        "weights": weights,
        "scores": scores,
        "memory": memory,
        "context": weights @ memory,
        "states": states,
        "likely": tuple((Likely(word, 0.7), Likely("dog", 0.2)) for word in WORDS),
        "p": (0.7, 0.7, 0.7),
        **changes,
    }
    return AttentionSteps(PLACES, WORDS, AttentionKind(attention, order, "GRU"), **given)


def spots(picture, part):
    return [spot for spot in picture.spots if spot.part == part]


def written(picture):
    return [words.text for words in picture.figure.words]


def test_every_number_of_a_step_is_drawn():
    steps = made()
    picture = draw_step(steps, 2)
    said = written(picture)
    assert "Step 2 of 3: “cat” is written" in said
    for place in range(3):
        assert f"{steps.scores[1, place]:.2f}".replace("-", "−") in said
        if steps.weights[1, place] >= 0.005:
            assert f"{steps.weights[1, place]:.2f}" in said
    assert "“the”" in said and "dog" in said and "0.70" in said
    assert len(spots(picture, "score")) == len(spots(picture, "weight")) == 3


def test_arrows_are_as_thick_as_their_weights_and_bars_as_high():
    weights = np.array([[0.1, 0.6, 0.3]] * 3, np.float32)
    picture = draw_step(made(weights=weights), 1)
    thick = {round(stroke.width, 2) for stroke in picture.figure.strokes}
    assert {round(0.8 + 13 * weight, 2) for weight in (0.1, 0.6, 0.3)} <= thick
    bars = [
        max(box.height for box in picture.figure.boxes if spot.x <= box.x < spot.x + spot.width
            and spot.y <= box.y < spot.y + spot.height)
        for spot in spots(picture, "weight")
    ]  # fmt: skip
    assert np.array(bars) / sum(bars) == pytest.approx(weights[0], abs=1e-6)


def test_nothing_lies_outside_and_rows_do_not_overlap_in_a_small_room():
    for size in ((430.0, 260.0), (700.0, 420.0), (1300.0, 800.0)):
        picture = draw_step(made(), 2, size)
        for spot in picture.spots:
            assert spot.x >= 0 and spot.x + spot.width <= size[0] + 0.5
            assert spot.y >= 0 and spot.y + spot.height <= size[1] + 0.5
        foot = max(spot.y + spot.height for spot in spots(picture, "weight"))
        assert foot < min(spot.y for spot in spots(picture, "context"))


def test_before_anything_is_written_only_the_encoder_is_seen():
    picture = draw_step(made(), 0)
    assert {spot.part for spot in picture.spots} == {"memory", "place"}
    assert any("nothing is written yet" in words for words in written(picture))


@pytest.mark.parametrize(("order", "part"), [("before", "before"), ("after", "state")])
def test_scores_are_asked_with_the_state_of_the_order(order, part):
    picture = draw_step(made("additive", order), 2)
    query = [stroke for stroke in picture.figure.strokes if stroke.colour == "#b84a00"]
    start = query[0].x1
    first = min(spot.x for spot in spots(picture, part))
    last = max(spot.x + spot.width for spot in spots(picture, part))
    assert first <= start <= last


def test_a_model_without_attention_says_so():
    steps = made("none", weights=None, scores=None)
    said = " ".join(written(draw_step(steps, 1)))
    assert "No attention" in said and "the last state" in said


def test_a_memory_from_right_to_left_begins_at_the_right():
    steps = AttentionSteps(
        ("מטמון", "התגלה", "במערה"), ("a", "b"), weights=np.full((2, 3), 1 / 3, np.float32)
    )
    places = spots(draw_step(steps, 1), "weight")
    assert places[0].place == 0 and places[0].x > places[1].x > places[2].x


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+\.\d+", text.replace("−", "-"))]


def test_formulas_come_out_at_the_numbers_that_are_drawn():
    steps = made()
    picture = draw_step(steps, 2)
    weight = spots(picture, "weight")[1]
    assert numbers(explain(steps, 2, weight)[1])[-1] == pytest.approx(steps.weights[1, 1], abs=6e-4)
    cell = spots(picture, "context")[3]
    shown = explain(steps, 2, cell)[1]
    terms = numbers(shown)
    products = sum(a * b for a, b in zip(terms[:-1:2], terms[1:-1:2], strict=True))
    assert products == pytest.approx(terms[-1], abs=5e-3)
    assert terms[-1] == pytest.approx(steps.context[1, cell.unit], abs=6e-4)
    score = spots(picture, "score")[0]
    assert "s₂ · h₁" in explain(steps, 2, score)[0]
    assert numbers(explain(steps, 2, score)[1])[-1] == pytest.approx(steps.scores[1, 0], abs=6e-4)


def test_a_temperature_divides_the_scores():
    cold = made()
    warm = AttentionSteps(
        PLACES, WORDS, AttentionKind("dot", "after", temperature=2.0),
        weights=cold.weights, scores=cold.scores,
    )  # fmt: skip
    formula, shown = explain(warm, 1, spots(draw_step(warm, 1), "weight")[0])
    assert warm.scores is not None
    scores = warm.scores[0] / 2
    right = np.exp(scores[0] - scores.max()) / np.exp(scores - scores.max()).sum()
    assert "/2" in formula and numbers(shown)[-1] == pytest.approx(right, abs=6e-4)


def test_a_weight_set_by_hand_is_no_softmax():
    steps = made(forced=frozenset({(0, 1)}))
    own, other = spots(draw_step(steps, 1), "weight")[1::-1]
    assert "set by hand" in explain(steps, 1, own)[0]
    assert "another weight of this row was set by hand" in explain(steps, 1, other)[1]


def test_the_steps_of_a_decoded_sentence(tmp_path: Path):
    np.save(tmp_path / "weights.npy", np.eye(2, 3, dtype=np.float32))
    np.save(tmp_path / "encoder.npy", np.zeros((5, 4), np.float32))
    decoded = Decoded(
        ("▁le", "▁ch", "at"), ("▁the", "</s>"), (-0.5, 0.0),
        files={name: str(tmp_path / f"{name}.npy") for name in ("weights", "encoder", "gone")},
    )  # fmt: skip
    told = TranslatorTold(attention="general", architecture="lstm")
    steps = steps_of(decoded, kind_of_attention(told))
    assert steps.places == ("le", "ch", "·at") and steps.written == ("the", "</s>")
    assert steps.weights is not None
    assert steps.p == pytest.approx((np.exp(-0.5), 1.0))
    # A table of another size belongs to something else.
    assert steps.memory is None and steps.scores is None
    assert steps.kind.architecture == "LSTM"
    assert piece_names(("a", "b")) == ("a", "b")


def test_the_page_has_a_figure_for_every_step_and_the_matrix_grows():
    page = steps_page(made())
    assert page.count("<figure") == 4
    rows = [draw_step(made(), step, matrix=True) for step in range(4)]
    cells = [len(picture.figure.boxes) - len(spots(picture, "memory")) for picture in rows]
    assert cells == sorted(cells)
    with pytest.raises(AlignmentError, match=r"\.svg"):
        check_steps_ending(Path("x.pdf"))
