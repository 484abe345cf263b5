"""The formula of a moment is that of what is computed, in every structure."""

from __future__ import annotations

import msgspec
import pytest

from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.export.mathematics import plain, typeset
from rnnviz.core.unroll.equations import formula_of
from rnnviz.core.unroll.moments import count_of, moment
from rnnviz.core.unroll.plan import STRUCTURES, of_word, structure_named


def said(plan, at):
    return plain(formula_of(plan, moment(at, plan.moves)))


def test_of_the_lectures_network() -> None:
    plan = of_word("hello")
    assert said(plan, 2) == "h₂ = tanh(W_xh x₂ + W_hh h₁ + b), p₂ = softmax(W_hy h₂ + b)"
    assert said(plan, 5) == "L = ∑_t=1⁴L_t, L_t = −ln p_t[target]"
    assert said(plan, 6) == "∂L/∂h₄ = ∂L₄/∂h₄"
    assert said(plan, 8) == "∂L/∂h₂ = ∂L₂/∂h₂ + (∂h₃/∂h₂)ᵀ ∂L/∂h₃"
    assert said(plan, 10) == "W ← W − η ∑_t=1⁴∂L/∂W^(t)"
    assert "clip(" in said(msgspec.structs.replace(plan, clip="norm"), 10)
    cut = msgspec.structs.replace(plan, chunk=2)
    assert said(cut, 8) == "∂L/∂h₂ = ∂L₂/∂h₂", "what would come later is cut"


def test_of_others() -> None:
    lstm = of_word("hello", architecture="lstm")
    assert said(lstm, 2).startswith("c₂ = f₂ ⊙ c₁ + i₂ ⊙ g₂, h₂ = o₂ ⊙ tanh(c₂), p₂")
    assert "((∂(h, c)₃)/∂h₂)ᵀ ∂L/(∂(h, c)₃)" in said(lstm, 8)
    plan = structure_named("attention").of("ab > c d")
    reads = [said(plan, at) for at in range(1, plan.steps + 1)]
    assert "p" not in reads[0] and "softmax(W_hy [h₃ ; c₃] + b)" in reads[2]
    one = structure_named("many-to-one").of("hello")
    assert "softmax" not in said(one, 2) and "softmax" in said(one, 4)
    assert "L₂" not in said(one, 8), "no answer is asked there"
    both = msgspec.structs.replace(one, direction="both")
    assert "h₁^←" in said(both, 4)
    end = msgspec.structs.replace(one, direction="backward")
    assert "p" not in said(end, 1), "what it is made of is not read yet"
    assert said(end, 4) == "h₁ = tanh(W_xh x₁ + W_hh h₂ + b), p₄ = softmax(W_hy h₁ + b)"
    assert said(end, 6) == "∂L/∂h₁ = ∂L₄/∂h₁", "and made of what was read last"


@pytest.mark.parametrize("structure", [one.name for one in STRUCTURES])
def test_every_moment_has_one_that_can_be_set(structure: str) -> None:
    for facts in ARCHITECTURES:
        plan = structure_named(structure).of("hello")
        if not facts.starts_anywhere:
            continue
        for layers in (1, 2):
            plan = msgspec.structs.replace(plan, architecture=facts.name, layers=layers)
            for at in range(count_of(plan)):
                formula = formula_of(plan, moment(at, plan.moves))
                assert formula == "" or typeset(formula, 18).width > 10
