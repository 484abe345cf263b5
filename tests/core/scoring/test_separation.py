"""What one unit tells of one concept: by hand, against chance, and for counts."""

import numpy as np
import pytest

from rnnviz.core.scoring.separation import SAMPLE, separation


def test_a_unit_that_follows_the_concept_is_right_and_chance_is_the_commoner_answer():
    labels = np.arange(1000) % 10 < 3
    found = separation(np.where(labels, -2.0, 5.0), labels)
    assert found is not None and found.tells and not found.rising
    assert (found.on, found.off, found.right) == (-2.0, 5.0, 1.0)
    assert found.chance == pytest.approx(0.7)


def test_one_threshold_worked_by_hand():
    values = np.repeat([0.0, 1.0, 2.0, 3.0], 10)
    labels = np.repeat([False, True, False, True], 10)
    found = separation(values, labels)
    # Above 0 or above 2: three quarters are right either way.
    assert found is not None and (found.right, found.chance) == (0.75, 0.5)


def test_noise_tells_nothing():
    random = np.random.default_rng(0)
    labels = random.random(20_000) < 0.3
    found = separation(random.normal(size=20_000), labels)
    assert found is not None and not found.tells
    assert found.right == pytest.approx(found.chance, abs=0.01)


def test_of_a_count_on_is_above_its_median_and_nan_does_not_count():
    position = (np.arange(3000) % 40).astype(np.float32)
    values = position / 10
    position[::7] = np.nan
    found = separation(values, position)
    assert found is not None and found.above == pytest.approx(19, abs=1)
    assert found.right == 1 and found.correlation == pytest.approx(1)


def test_too_little_of_either_says_nothing():
    labels = np.zeros(500, bool)
    labels[:3] = True
    assert separation(np.arange(500.0), labels) is None
    assert separation(np.full(500, np.nan), ~labels) is None
    assert separation(np.zeros(0), labels[:0]) is None


def test_a_long_text_is_looked_at_in_all_its_parts():
    length = 40 * SAMPLE
    labels = np.zeros(length, bool)
    labels[-length // 4 :] = True
    found = separation(np.where(labels, 1.0, 0.0).astype(np.float16), labels)
    assert found is not None and found.right == 1
    assert found.chance == pytest.approx(0.75, abs=0.02)
