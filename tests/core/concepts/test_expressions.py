"""Expressions over columns: what they say, and that nothing in them is ever executed."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.cells.families import suited
from rnnviz.core.concepts import CONCEPTS, concept_from, label_steps
from rnnviz.core.concepts.custom import Expression
from rnnviz.core.concepts.expressions import Formula, in_accents
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text

COLUMNS = {
    "x": np.array([0.0, 1.0, 2.0, np.nan]),
    "pulse 1": np.array([-1.0, 0.0, 3.0, 1.0], np.float32),
    "or": np.array([1.0, 0.0, 1.0, 0.0]),
}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("x > 0.5", [False, True, True, False]),
        ("x != 5", [True, True, True, False]),
        ("0 <= x < 2 and not `or`", [False, True, False, False]),
        ("`pulse 1` < 0 or x == 2", [True, False, True, False]),
        ("abs(`pulse 1`) * 2 - 1 >= 1", [True, False, True, True]),
        ("not x > 0.5", [True, False, False, True]),
        ("`or`and x", [False, False, True, False]),
    ],
)
def test_yes_or_no(words: str, wanted: list[bool]) -> None:
    formula = Formula(words)
    assert not formula.scalar
    found = formula.of(COLUMNS)
    assert found.dtype == np.bool_ and found.tolist() == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("x", [0, 1, 2, np.nan]),
        ("-x + 2 * `pulse 1`", [-2, -1, 4, np.nan]),
        ("1 / x", [np.nan, 1, 0.5, np.nan]),
        ("(x > 0.5) + 1", [1, 2, 2, 1]),
    ],
)
def test_numbers(words: str, wanted: list[float]) -> None:
    formula = Formula(words)
    assert formula.scalar
    assert formula.of(COLUMNS) == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize(
    "words",
    [
        "__import__('os').system('true')", "x.real", "x[0]", "[x for x in y]", "lambda: x",
        "x if y else x", "exec(x)", "abs(x, x)", "abs(*x)", "x ** 9", "x @ x", "f'{x}'", "x := 3",
        "'text' > x", "True and x", "x in y", "x is y", "~x", "...", "x > 1j", "{x}", "await x",
    ],
)  # fmt: skip
def test_whatever_else_is_refused(words: str) -> None:
    with pytest.raises(ConceptError, match=r"may not stand in|is no expression"):
        Formula(words)


def test_what_a_person_gets_wrong_is_named() -> None:
    with pytest.raises(ConceptError, match=r"is no expression; write something like x > 0\.5"):
        Formula("x >")
    with pytest.raises(ConceptError, match="grave accents"):
        Formula("pulse 1 > 0")
    with pytest.raises(ConceptError, match="names no column"):
        Formula("1 < 2")
    with pytest.raises(ConceptError, match="no column 'puls 1'; there is pulse 1"):
        Formula("`puls 1` > 0").of(COLUMNS)
    with pytest.raises(ConceptError, match="at most 2,000"):
        Formula("x +" * 1000)
    for deep in ("(" * 900 + "x" + ")" * 900, "-" * 1900 + "x", "not " * 480 + "x"):
        try:
            Formula(deep).of(COLUMNS)
        except ConceptError:
            continue


def numbers() -> Numbers:
    values = np.array([[0, 5], [1, 6], [2, 7], [3, 8]], np.float32)
    found = Numbers(values, ("x", "pulse 1"), documents=Documents.of_lengths([2, 2]))
    found.beside = {"bit 1": np.array([1, 1, 0, np.nan], np.float32)}
    return found


def labels(spec: object) -> list[float]:
    concept = concept_from(spec)  # type: ignore[arg-type]
    return np.concatenate([part for _, part in label_steps(concept, numbers())]).tolist()


def test_a_concept_of_columns_also_of_what_was_to_come_out() -> None:
    assert labels({"kind": "expression", "expression": "x > 0 and `bit 1`"}) == [0, 1, 0, 0]
    assert labels(Expression.of_column("pulse 1")) == [5, 6, 7, 8]
    assert labels({"kind": "painted", "spans": [[1, 3]]}) == [0, 1, 1, 0]
    concept = concept_from({"kind": "expression", "expression": "x > 0"})
    assert (concept.family, concept.scalar, concept.title) == ("numbers", False, "x > 0")
    with pytest.raises(ConceptError, match="labels rows of numbers, and this is a text"):
        list(label_steps(concept, Text.of("abc")))
    text = concept_from({"kind": "regular-expression", "pattern": "a"})
    with pytest.raises(ConceptError, match="labels text"):
        list(label_steps(text, numbers()))


def test_each_is_offered_where_it_says_something() -> None:
    mine = concept_from({"kind": "expression", "expression": "x > 0"})
    painted = concept_from({"kind": "painted", "spans": [[1, 3]]})
    assert suited((*CONCEPTS, mine, painted), "numbers") == (mine, painted)
    assert mine not in suited((*CONCEPTS, mine, painted), "prose")
    assert painted in suited((*CONCEPTS, mine, painted), "prose")


def test_names_in_accents_are_read_back() -> None:
    for name in ("x", "pulse 1", "and", "größe", "a-b"):
        assert Formula(in_accents(name)).columns == (name,)
