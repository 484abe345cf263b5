"""The scale of a table of weights."""

import numpy as np
import pytest

from rnnviz.core.colours.weight_colours import WHOLE, weights_scale


def test_large_weights_are_drawn_from_0_to_1():
    assert weights_scale(np.array([[0.6, 0.4], [0.3, 0.7]], np.float32)) == WHOLE


def test_small_weights_fill_the_scale_that_is_rounded_up():
    weights = np.zeros((5, 60), np.float32)
    weights[:, 0] = 0.123
    assert weights_scale(weights).high == pytest.approx(0.13)


@pytest.mark.parametrize("places", [6, 19, 60, 500])
def test_a_flat_table_is_pale(places):
    # One sixth under a scale that ended at 0.19 looked like a model that is sure of everything.
    weights = np.full((5, places), 1 / places, np.float32)
    assert weights.max() <= 0.27 * weights_scale(weights).high


def test_a_few_rows_that_stick_out_do_not_whiten_all_others():
    weights = np.full((100, 1000), 0.001, np.float32)
    weights[:5, 0] = 1.0
    assert weights_scale(weights).high == pytest.approx(0.004)
    weights[5, 0] = 1.0
    assert weights_scale(weights) == WHOLE


@pytest.mark.parametrize("weights", [np.zeros((0, 0)), np.zeros((3, 4)), np.full((2, 2), np.nan)])
def test_nothing_to_see_is_drawn_from_0_to_1(weights):
    assert weights_scale(weights.astype(np.float32)) == WHOLE
