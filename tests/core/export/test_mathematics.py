"""Formulas are set with true indices, fractions and limits, and can be read as one line."""

from __future__ import annotations

import pytest

from rnnviz.core.export.figure import Figure
from rnnviz.core.export.mathematics import add_formula, glyphs, plain, typeset
from rnnviz.core.export.svg import svg


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"h_2 = \tanh(W_{xh}\,x_2 + W_{hh}\,h_1 + b)", "h₂ = tanh(W_xh x₂ + W_hh h₁ + b)"),
        (r"c_5 = \sum_i a_i h_i", "c₅ = ∑ᵢaᵢhᵢ"),
        (r"\diag\left(1 - h_3^2\right)\,W_{hh}", "diag(1 − h₃²) W_hh"),
        (r"a \cdot -0.4 = -0.9", "a·−0.4 = −0.9"),
        (r"\text{of “a_b”: }x^\top", "of “a_b”: xᵀ"),
        (r"\begin{bmatrix}1 & -2\\3 & 4\end{bmatrix}", "[1 −2; 3 4]"),
        (r"\frac{\partial h_3}{\partial h_2}", "∂h₃/∂h₂"),
        (r"h_t = o_t \odot \tanh c_t", "h_t = o_t ⊙ tanh c_t"),
    ],
)
def test_a_formula_is_one_line_of_words(latex: str, said: str) -> None:
    assert plain(latex) == said
    assert typeset(latex, 20).width > 20


def test_an_index_is_lower_and_smaller_and_a_variable_is_italic() -> None:
    box = typeset("W_2", 20)
    (x, y, size, sign), (x2, y2, size2, sign2) = box.signs
    assert (sign, sign2) == ("\U0001d44a", "2")
    assert x2 > x and y2 > y and size2 < size


def test_a_fraction_has_its_parts_above_and_below_a_line() -> None:
    box = typeset(r"\frac{1}{23}", 20)
    ((x1, y1, x2, y2, _),) = box.lines
    assert y1 == y2 and x2 > x1
    above, below = (next(s for s in box.signs if s[3].startswith(n)) for n in "12")
    assert above[1] < y1 < below[1]
    assert above[0] > below[0], "in the middle of the wider one"


def test_limits_stand_below_and_above_their_sign() -> None:
    box = typeset(r"\prod_{k=2}^{4} x", 20)
    sign = next(s for s in box.signs if s[3] == "∏")
    low, high = next(s for s in box.signs if s[3] == "2"), next(s for s in box.signs if s[3] == "4")
    assert high[1] < sign[1] - 10 and low[1] > sign[1] + 5


def test_what_the_font_has_not_is_left_to_another() -> None:
    drawn = Figure(400, 60, "#ffffff")
    add_formula(drawn, 10, 30, r"x = \text{“🙂” and ש}", 18, "#000000")
    assert {word.text for word in drawn.words} == {"🙂", "ש"}
    page = svg(drawn)
    assert page.count("<path") >= 7


def test_the_signs_of_a_formula_go_into_a_drawing_as_outlines() -> None:
    drawn = Figure(400, 60, "#ffffff")
    add_formula(drawn, 10, 30, "7", 18, "#112233")
    assert f'd="{glyphs()["7"].path}"' in svg(drawn)
    assert 'fill="#112233"' in svg(drawn)
