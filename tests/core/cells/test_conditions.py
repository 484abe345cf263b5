"""Dead and runaway units are named; others are not."""

import numpy as np

from rnnviz.core.cells.conditions import condition


def test_a_unit_that_never_moves_is_dead():
    assert condition(np.zeros(5000, np.float16)).condition == "dead"
    assert condition(np.full(5000, -0.99, np.float16)).sentence.startswith(
        "Dead: it stays at -0.99"
    )


def test_a_cell_beyond_a_hundred_has_run_away_in_either_direction():
    down = condition(np.linspace(0, -250, 5000).astype(np.float16))
    assert down.condition == "runaway" and "-250" in down.sentence and "60 %" in down.sentence
    once = np.sin(np.arange(5000)).astype(np.float16)
    once[0] = 300
    assert "less than 1 %" in condition(once).sentence


def test_an_ordinary_unit_has_no_condition():
    assert condition(np.sin(np.arange(5000))).sentence == ""
    assert condition(np.zeros(0)).condition == ""
    assert condition(np.full(9, np.nan)).condition == ""
