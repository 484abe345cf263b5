"""A step from inside: factors and Jacobians are those of the network, all can be explained."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rnnviz.core.unroll.formulas import explain
from rnnviz.core.unroll.pictures.inside import draw_inside
from rnnviz.core.unroll.pictures.picture import Place
from rnnviz.core.unroll.plan import STRUCTURES, of_word
from rnnviz.core.unroll.states import jacobian, left_of_the_state, state_before
from rnnviz.nets.unroll.computing import compute

KINDS = ("rnn", "lstm", "gru", "min-gru", "residual")


@pytest.mark.parametrize(
    ("kind", "state", "factor"),
    [
        ("lstm", "cell", lambda at: at["0/forget"]),
        ("gru", "hidden", lambda at: at["0/update"]),
        ("min-gru", "hidden", lambda at: 1 - at["0/update"]),
        ("residual", "hidden", lambda at: np.ones_like(at["0/added"])),
    ],
)
def test_what_a_step_leaves_of_the_state_is_its_gate(kind, state, factor):
    trace = compute(of_word("hello", architecture=kind))
    for step in range(1, 4):
        found = left_of_the_state(trace, 0, step)
        assert found is not None and found[0] == state
        assert found[1] == pytest.approx(factor(trace)[step], abs=1e-12)
    first = left_of_the_state(trace, 0, 0)
    assert first is not None and not first[1].any(), "nothing came before"


def test_the_jacobian_of_a_vanilla_step_is_what_a_small_change_does():
    plan = of_word("hello")
    trace = compute(plan, jacobians=())
    found = jacobian(trace, 0, 2)
    assert found is not None, "it follows from the numbers of the step"
    assert found == pytest.approx(jacobian(compute(plan), 0, 2), abs=1e-12), "autograd's"
    into, again = (trace[f"weight/layers.0.weight_{name}_l0"] for name in ("ih", "hh"))
    bias = sum(trace[f"weight/layers.0.bias_{name}_l0"] for name in ("ih", "hh"))
    before = state_before(trace, 0, "hidden", 2)

    def step(state):
        return np.tanh(into @ trace["inputs"][2] + again @ state + bias)

    assert step(before) == pytest.approx(trace["0/hidden"][2], abs=1e-12)
    for unit in range(plan.units):
        nudge = np.eye(plan.units)[unit] * 1e-6
        change = (step(before + nudge) - step(before - nudge)) / 2e-6
        assert found[:, unit] == pytest.approx(change, abs=1e-8)
    lstm = compute(of_word("hello", architecture="lstm"), jacobians=())
    assert jacobian(lstm, 0, 2) is None, "only autograd knows"


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_every_structure_is_drawn_and_explained(kind):
    for structure in STRUCTURES:
        plan = msgspec.structs.replace(
            structure.of("hello"), architecture=kind, layers=2, units=3, chunk=2, carried=False
        )
        trace = compute(plan)
        for step in (0, plan.steps - 2, plan.steps - 1):
            picture = draw_inside(trace, 1, max(step, 0), (1000.0, 500.0))
            assert all(box.y + box.height <= 500 for box in picture.figure.boxes)
            for place in picture.places:
                assert all(explain(trace, place))


def test_the_equation_of_a_cell_stands_there_with_its_numbers():
    trace = compute(of_word("hello", architecture="lstm"))
    shown = [one.text for one in draw_inside(trace, 0, 2, (1180.0, 640.0)).figure.words]
    for name in ("cell", "forget", "cell₋₁", "input", "candidate", "hidden", "output", "tanh("):
        assert name in shown
    place = next(
        one
        for one in draw_inside(trace, 0, 2, (1180.0, 640.0)).places
        if (one.key, one.row) == ("0/cell", 1)
    )
    said = explain(trace, place)[1]
    at = {name: trace[f"0/{name}"][2, 1] for name in ("forget", "input", "candidate", "cell")}
    before = trace["0/cell"][1, 1]
    assert said.startswith("cell = ")
    numbers = (at["forget"], before, at["input"], at["candidate"], at["cell"])
    assert all(f"{value:.3f}".replace("-", "−") in said for value in numbers)


@pytest.mark.parametrize(
    ("kind", "channel", "squash"),
    [("min-gru", "update", lambda a: 1 / (1 + np.exp(-a))), ("residual", "added", np.tanh)],
)
def test_what_sees_the_input_alone_is_told_with_its_numbers(kind, channel, squash):
    trace = compute(of_word("hello", architecture=kind))
    place = next(
        one
        for one in draw_inside(trace, 0, 2, (1180.0, 640.0)).places
        if (one.key, one.row) == (f"0/{channel}", 1)
    )
    said = explain(trace, place)[1]
    assert "U h" not in said and "(W x + b) = " in said
    column = list(trace["inputs"][2]).index(1)
    weight = trace["weight/layers.0.weight_ih"][1, column]
    bias = trace["weight/layers.0.bias_ih"][1]
    assert squash(weight + bias) == pytest.approx(trace[f"0/{channel}"][2, 1], abs=1e-12)
    for value in (weight, bias, trace[f"0/{channel}"][2, 1]):
        assert f"{value:.3f}".replace("-", "−") in said


@pytest.mark.parametrize("kind", ["min-gru", "residual"])
def test_the_way_back_without_a_matrix_is_told_with_its_factor(kind):
    trace = compute(of_word("hello", architecture=kind))
    for step in range(3):
        way = left_of_the_state(trace, 0, step + 1)
        assert way is not None
        factors = way[1]
        whole = trace["0/own/hidden"][step + 1] + trace["0/later/hidden"][step + 1]
        assert trace["0/later/hidden"][step] == pytest.approx(factors * whole, abs=1e-12)
        place = Place(0, 0, 1, 1, "later", "0/later/hidden", step, 1)
        formula, said = explain(trace, place)
        assert "W_hh" not in formula
        for value in (factors[1], whole[1], trace["0/later/hidden"][step, 1]):
            assert f"{value:.3f}".replace("-", "−") in said
    vanilla = explain(compute(of_word("hello")), place)[0]
    assert "W_hh" in vanilla


def test_everything_is_larger_where_there_is_room_and_lies_where_the_numbers_are() -> None:
    trace = compute(of_word("hello", architecture="lstm"))
    small, large = (draw_inside(trace, 0, 2, size) for size in ((820.0, 540.0), (1640.0, 1080.0)))
    assert (large.figure.width, large.figure.height) == (1640, 1080)
    assert len(large.places) == len(small.places)
    assert large.places[0].width == pytest.approx(1.7 * small.places[0].width)
    place = large.places[3]
    assert large.at(place.x + 1, place.y + 1) == place
