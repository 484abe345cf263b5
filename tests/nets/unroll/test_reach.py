"""How far gradients reach: norms, eigenvalues and products are those of autograd."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.architectures import ARCHITECTURES, facts_of
from rnnviz.core.errors import UnrollError
from rnnviz.core.export.mathematics import glyphs, plain
from rnnviz.core.unroll.moments import count_of, moment
from rnnviz.core.unroll.pictures.moment_picture import draw
from rnnviz.core.unroll.plan import of_word
from rnnviz.core.unroll.reach import axis, curves, reaching_row, sentences, spectrum
from rnnviz.nets.unroll.computing import compute, first_weights, with_radius

NAMES = [facts.name for facts in ARCHITECTURES if facts.starts_anywhere]


@pytest.mark.parametrize("architecture", NAMES)
def test_a_gradient_goes_back_by_the_jacobians(architecture: str) -> None:
    trace = compute(of_word("hello", architecture=architecture))
    states = facts_of(architecture).states
    whole = np.concatenate([trace[f"0/last/{state}"] for state in states], axis=1)
    # What the last loss asks of a hidden state reaches a cell in its own step, too: from there on
    # all of it goes along the Jacobians.
    jacobians = trace["0/jacobian"]
    units = trace.plan.units
    asked = np.zeros(whole.shape[1])
    asked[:units] = trace["0/own/hidden"][-1]
    for step in (3, 2, 1):
        asked = asked @ jacobians[step]
        np.testing.assert_allclose(asked[:units], whole[step - 1, :units], atol=1e-12)
    found = curves(trace, reaching_row(trace.plan))
    np.testing.assert_allclose(found[0].norms, np.linalg.norm(whole[:, :units], axis=1))
    low, high = axis(found)
    assert all(10.0**low <= norm <= 10.0**high for norm in found[0].norms)


@pytest.mark.parametrize("architecture", NAMES)
def test_the_circle_shows_the_eigenvalues_of_the_step(architecture: str) -> None:
    trace = compute(of_word("hello", architecture=architecture))
    found = spectrum(trace, 0, 2)
    assert found is not None
    jacobian = trace["0/jacobian"][2]
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvals(jacobian))
    assert found.stretch == pytest.approx(np.linalg.norm(jacobian, 2))
    product = trace["0/jacobian"][3] @ jacobian
    assert found.product == pytest.approx(np.linalg.norm(product, 2))
    assert (found.matrix is not None) is (architecture == "rnn")
    said = " ".join(sentences(found))
    assert f"{np.abs(found.eigenvalues).max():.2f}" in said and f"{found.stretch:.2f}" in said
    first = spectrum(trace, 0, 0)
    assert first is not None and plain(first.jacobian).endswith("₁"), (
        "the first step has none: the second"
    )


def test_along_a_cell_the_gates_alone_remain() -> None:
    trace = compute(of_word("hello", architecture="lstm"))
    along = curves(trace, 0)[-1]
    gates, last = trace["0/forget"], trace["0/last/cell"][-1]
    for step in range(4):
        left = last * np.prod(gates[step + 1 :], axis=0)
        assert along.norms[step] == pytest.approx(np.linalg.norm(left), abs=1e-12)
    assert len(curves(compute(of_word("hello")), 0)) == 1, "a vanilla network has no such way"


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("size", [(846.0, 420.0), (1180.0, 640.0), (1800.0, 900.0)])
def test_it_is_drawn_beside_the_steps(architecture: str, size: tuple[float, float]) -> None:
    trace = compute(of_word("hello", architecture=architecture))
    picture = draw(trace, moment(count_of(trace.plan) - 1, 4), size, reach=True, looked=2)
    said = [word.text for word in picture.figure.words]
    assert "how strongly the last loss reaches each state" in " ".join(said)
    assert not any("∂" in word or "W_hh" in word for word in said), "formulas are set"
    formulas = "".join(one.text for one in picture.figure.signs)
    assert ("∂(ℎ,𝑐)3/∂(ℎ,𝑐)2" if architecture == "lstm" else "∂ℎ3/∂ℎ2") in formulas
    for one in picture.figure.signs:
        long = sum(glyphs()[sign].advance for sign in one.text) / 1000 * one.size
        assert one.x + long <= size[0], one
    assert not any(place.kind == "weight" for place in picture.places)
    for word in picture.figure.words:
        if word.anchor == "start":
            assert word.x + 0.5 * word.size * len(word.text) <= size[0] + 6, word


@pytest.mark.parametrize("architecture", ["lstm", "gru"])
def test_a_radius_is_that_of_every_gate(architecture: str) -> None:
    plan = of_word("hello", architecture=architecture)
    changed = with_radius(plan, first_weights(plan), 0.5)["layers.0.weight_hh_l0"]
    for gate in np.split(changed, len(changed) // plan.units):
        assert np.abs(np.linalg.eigvals(gate)).max() == pytest.approx(0.5)


@pytest.mark.parametrize("architecture", ["min-gru", "residual"])
def test_without_a_matrix_there_is_no_radius(architecture: str) -> None:
    plan = of_word("hello", architecture=architecture)
    with pytest.raises(UnrollError, match="no matrix leads from state to state"):
        with_radius(plan, first_weights(plan), 1.5)
