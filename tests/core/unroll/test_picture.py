"""The picture draws the numbers of the trace, at the moment that it says, and nothing later."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rnnviz.core.architectures import facts_of
from rnnviz.core.errors import UnrollError
from rnnviz.core.unroll.formulas import explain
from rnnviz.core.unroll.moments import caption, count, moment
from rnnviz.core.unroll.pictures.moment_picture import draw
from rnnviz.core.unroll.pictures.picture import FORWARD
from rnnviz.core.unroll.plan import LECTURE, STRUCTURES, Plan, of_word, structure_named
from rnnviz.core.unroll.trace import Trace


def made_up(plan: Plan) -> Trace:
    """A trace of this plan whose numbers are drawn at random, of the shapes that they have."""
    numbers = np.random.default_rng(0)
    steps, size, units = plan.steps, len(plan.vocabulary), plan.units
    arrays = {
        "inputs": numbers.normal(size=(steps, plan.width)),
        "scores": numbers.normal(size=(steps, size)),
        "probabilities": numbers.dirichlet(np.ones(size), size=steps),
        "losses": np.array([np.nan if t is None else 1.5 for t in plan.targets]),
    }
    for layer in range(plan.layers):
        for channel in facts_of(plan.architecture).channels:
            arrays[f"{layer}/{channel.name}"] = numbers.uniform(-1, 1, size=(steps, units))
        wide = units * len(facts_of(plan.architecture).states)
        if plan.architecture != "rnn":  # of a vanilla network it follows from the numbers above
            arrays[f"{layer}/jacobian"] = numbers.normal(size=(steps, wide, wide))
        for part in ("own", "later", "last"):
            for state in facts_of(plan.architecture).states:
                arrays[f"{layer}/{part}/{state}"] = numbers.normal(size=(steps, units))
    if plan.attends:
        looked = numbers.dirichlet(np.ones(plan.source), size=steps)
        looked[: plan.source] = np.nan
        arrays["attention"] = looked
        arrays["context"] = looked @ arrays[f"{plan.layers - 1}/hidden"][: plan.source]
    rows = facts_of(plan.architecture).blocks * units
    read_from = units * (2 if plan.attends else 1)
    shapes: dict[str, tuple[int, ...]] = {
        "output.weight": (size, read_from),
        "output.bias": (size,),
    }
    for part in ("layers", "decoder") if plan.source else ("layers",):
        for layer in range(plan.layers):
            entering = plan.width if layer == 0 else units
            shapes[f"{part}.{layer}.weight_ih_l0"] = (rows, entering)
            shapes[f"{part}.{layer}.weight_hh_l0"] = (rows, units)
            shapes[f"{part}.{layer}.bias_ih_l0"] = (rows,)
            shapes[f"{part}.{layer}.bias_hh_l0"] = (rows,)
    for name, shape in shapes.items():
        for part in ("weight", "gradient", "update"):
            arrays[f"{part}/{name}"] = numbers.normal(size=shape)
        arrays[f"share/{name}"] = numbers.normal(size=(steps, *shape))
    return Trace(plan, arrays)


def words(trace: Trace, index: int, **settings) -> list[str]:
    picture = draw(trace, moment(index, trace.plan.steps), **settings)
    drawn = picture.figure
    return [word.text for word in drawn.words] + [signs.text for signs in drawn.signs]


def test_moments_go_forwards_then_back() -> None:
    assert count(4) == 11
    shown = [moment(index, 4) for index in range(11)]
    assert [m.forward for m in shown] == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4]
    assert [m.backward for m in shown] == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 4]
    assert [m.updated for m in shown] == [False] * 10 + [True]


def test_nothing_is_drawn_before_it_is_computed() -> None:
    trace = made_up(of_word("hello"))
    for index in range(count(4)):
        picture = draw(trace, moment(index, 4))
        steps = {place.step for place in picture.places if place.kind == "hidden"}
        assert steps == set(range(min(index, 4)))
        back = {place.step for place in picture.places if place.kind == "own"}
        assert back == set(range(4 - max(0, min(index - 5, 4)), 4))


def test_numbers_are_those_of_the_trace_with_two_decimals() -> None:
    trace = made_up(of_word("hello"))
    shown = words(trace, 9)
    for value in (*trace["0/hidden"].ravel(), *trace["0/own/hidden"].ravel()):
        assert f"{value:.2f}".replace("-", "−") in shown


def test_the_target_is_told_without_colour_too() -> None:
    trace = made_up(of_word("hello"))
    shown = words(trace, 4)
    for step, target in enumerate("ello"):
        value = trace["scores"][step, trace.plan.vocabulary.index(target)]
        assert f"▸{value:.2f}".replace("-", "−") in shown
        assert f"{target} {'✓' if trace.likeliest[step] == target else '✗'}" in shown


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [(1024.0, 520.0), (1180.0, 640.0), (1800.0, 900.0)])
def test_all_lies_inside(size: tuple[float, float], dark: bool) -> None:
    for word, units in (("hello", 3), ("abcdefghijklmnopqrstuvwxyzabcd", 8)):
        trace = made_up(of_word(word, units=units))
        picture = draw(trace, moment(2 * trace.plan.steps + 2, trace.plan.steps), size, dark)
        for box in picture.figure.boxes:
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.width <= size[0] + 0.5
            assert box.y + box.height <= size[1] + 0.5


def test_every_number_can_be_explained() -> None:
    for architecture in ("rnn", "lstm", "gru"):
        for structure in STRUCTURES:
            plan = structure.of("hello")
            plan = msgspec.structs.replace(plan, architecture=architecture, layers=2, chunk=2)
            trace = made_up(plan)
            picture = draw(trace, moment(count(plan.steps) - 1, plan.steps))
            for place in picture.places:
                if place.row > 1 or place.column > 1:
                    continue  # the same formula again
                formula, numbers = explain(trace, place)
                assert formula
                assert numbers


def test_a_number_is_found_where_it_is_drawn() -> None:
    trace = made_up(of_word("hello"))
    picture = draw(trace, moment(4, 4))
    for place in picture.places:
        found = picture.at(place.x + place.width / 2, place.y + place.height / 2)
        assert found == place


def test_what_the_last_loss_reaches_is_drawn_with_both_numbers_of_the_matrix() -> None:
    trace = made_up(of_word("hello"))
    matrix = trace["weight/layers.0.weight_hh_l0"]
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    shown = words(trace, 10, size=(1300.0, 760.0))
    assert any(word.startswith(f"spectral radius {radius:.2f}") for word in shown)
    stretch = np.linalg.norm(matrix, 2)
    assert any(word.startswith(f"largest singular value {stretch:.2f}") for word in shown)
    assert "step 1 to 4" in shown


def test_states_that_a_cut_keeps_from_the_loss_are_counted() -> None:
    trace = made_up(of_word("hello"))
    trace["0/last/hidden"][:2] = 0
    assert "step 1 to 4; 2 not reached" in words(trace, 10, size=(1300.0, 760.0))


def test_captions_say_what_happens() -> None:
    trace = made_up(of_word("hello"))
    said = [caption(trace, moment(index, 4)) for index in range(11)]
    assert len(set(said)) == 11
    assert "“h” enters, “e” should come out" in said[1]
    assert "3: the gradient" in said[7]


def test_rolled_it_is_one_step_with_a_loop() -> None:
    trace = made_up(of_word("hello"))
    drawn = draw(trace, moment(3, 4), rolled=1.0).figure
    assert ", at every step" in [one.text for one in drawn.signs]
    assert [one.text for one in drawn.words].count("l") <= 3


def test_the_mark_stands_behind_letters_that_are_written_from_the_right() -> None:
    shown = words(made_up(of_word("שלום")), 1)
    assert any(one.startswith("\u200eל ") for one in shown)


def test_a_letter_is_what_a_person_sees() -> None:
    plan = of_word("e\u0301te\u0301")
    assert plan.vocabulary == ("e\u0301", "t")
    for structure in STRUCTURES:
        read = structure.of("e\u0301te\u0301").inputs
        assert read[0] == "e\u0301" and "\u0301" not in read
    with pytest.raises(UnrollError, match="x…' has 200 letters"):
        of_word("x" * 200)


def test_words_that_cannot_be_unrolled_are_refused() -> None:
    with pytest.raises(UnrollError, match="has 1 letters"):
        of_word("a")


@pytest.mark.parametrize("size", [(815.0, 380.0), (1180.0, 640.0)])
@pytest.mark.parametrize("layers", [1, 2])
def test_no_arrow_lies_over_the_numbers_of_the_way_back(
    size: tuple[float, float], layers: int
) -> None:
    trace = made_up(msgspec.structs.replace(of_word("hello"), layers=layers))
    for index in range(6, count(4)):
        picture = draw(trace, moment(index, 4), size)
        numbers = [place for place in picture.places if place.kind in ("own", "later")]
        assert numbers
        for stroke in picture.figure.strokes:
            for share in np.linspace(0, 1, 40):
                x = stroke.x1 + share * (stroke.x2 - stroke.x1)
                y = stroke.y1 + share * (stroke.y2 - stroke.y1)
                struck = [
                    place
                    for place in numbers
                    if place.x + 1 < x < place.x + place.width - 1
                    and place.y + 1 < y < place.y + place.height - 1
                ]
                assert not struck


def test_the_matrices_stand_beside_the_steps_in_a_narrow_window() -> None:
    trace = made_up(of_word("hello"))
    for width in (660.0, 815.0, 1180.0):
        picture = draw(trace, moment(9, 4), (width, 400.0))
        matrices = [place for place in picture.places if place.kind == "weight"]
        assert {place.key for place in matrices} >= {"output.weight", "gradient/output.weight"}
        assert max(place.x + place.width for place in matrices) <= width


def test_the_weights_of_a_decoder_stand_as_bars_over_the_states_that_it_looks_at() -> None:
    plan = structure_named("attention").of(LECTURE)
    assert (plan.source, plan.steps) == (3, 8)
    trace = made_up(plan)
    step = 5
    picture = draw(trace, moment(step + 1, plan.steps))
    bars = [place for place in picture.places if place.kind == "attention"]
    weights = trace["attention"][step]
    drawn = [box for box in picture.figure.boxes if box.colour == FORWARD[False]]
    heights = np.array([box.height for box in drawn])
    assert heights / heights.sum() == pytest.approx(weights, abs=0.02)
    hidden = {
        place.step: place for place in picture.places if place.kind == "hidden" and place.row == 0
    }
    for bar in bars:
        state = hidden[bar.row]
        assert bar.x <= state.x + state.width / 2 <= bar.x + bar.width
        assert bar.y + bar.height < state.y
    thick = [stroke.width for stroke in picture.figure.strokes]
    assert all(any(abs(0.6 + 5 * weight - one) < 1e-9 for one in thick) for weight in weights)
    assert any(place.kind == "context" and place.step == step for place in picture.places)
    said = [word.text for word in picture.figure.words]
    assert all(f"{weight:.2f}" in said for weight in weights)
    assert "which looks at" in said[0]


def test_before_the_decoder_nothing_is_looked_at() -> None:
    plan = structure_named("attention").of(LECTURE)
    picture = draw(made_up(plan), moment(3, plan.steps))
    assert not {place.kind for place in picture.places} & {"attention", "context"}


@pytest.mark.parametrize("text", ["> we", "estamos >", "a" * 30])
def test_a_translation_needs_both_sides_and_room(text: str) -> None:
    with pytest.raises(UnrollError):
        structure_named("attention").of(text)


def test_an_arrow_says_what_it_does_with_its_numbers() -> None:
    trace = made_up(of_word("hello"))
    picture = draw(trace, moment(count(4) - 1, 4))
    arrows = {(p.key, p.step): p for p in picture.places if p.kind == "arrow"}
    assert len(arrows) == 4 + 3 + 4, "into the layer, from step to step, to the scores"
    formula, numbers = explain(trace, arrows["0/hh", 2])
    matrix, before = trace["weight/layers.0.weight_hh_l0"], trace["0/hidden"][1]
    assert "W_hh h₂" in formula and "diag(1 − h₃²) W_hh" in formula
    assert f"{(matrix @ before)[0]:.3f}".replace("-", "−") in numbers
    jacobian = np.diag(1 - trace["0/hidden"][2] ** 2) @ matrix
    assert f"{np.linalg.norm(jacobian, 2):.3f}" in formula


def test_clipping_is_told_and_seen_at_the_update() -> None:
    plan = msgspec.structs.replace(of_word("hello"), clip="norm", threshold=0.5)
    trace = made_up(plan)
    shown = words(trace, count(4) - 1)
    norm = np.sqrt(sum((trace[f"gradient/{name}"] ** 2).sum() for name in trace.parameters))
    assert f"norm of {norm:.3g} is clipped to 0.5" in shown[0]
    assert "clipped" in shown
    plan = msgspec.structs.replace(plan, clip="value", threshold=1e9)
    assert "0 of the gradient's" in words(made_up(plan), count(4) - 1)[0]


@pytest.mark.parametrize(("chunk", "back", "numbers"), [(0, "4 steps", 12), (1, "1 step", 3)])
def test_what_the_way_back_holds_is_counted(chunk: int, back: str, numbers: int) -> None:
    said = words(made_up(of_word("hello", chunk=chunk)), 0)[1]
    assert f"goes back {back} at most and holds {numbers} numbers" in said
