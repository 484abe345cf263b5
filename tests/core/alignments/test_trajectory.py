"""States of a sentence in a plane: distances, shares, and words in the room."""

from itertools import combinations

import numpy as np
import pytest

from rnnviz.core.alignments.trajectory import Trajectory, draw_trajectory, trajectory


def test_states_of_a_plane_keep_their_distances():
    random = np.random.default_rng(0)
    flat = random.normal(size=(6, 2))
    turned, _ = np.linalg.qr(random.normal(size=(9, 9)))
    states = (flat @ turned[:2] + 3).astype(np.float32)
    found = trajectory(states)
    away = np.linalg.norm(states[:, None] - states[None], axis=2)
    here = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    assert here == pytest.approx(away, abs=1e-5)
    assert sum(found.shares) == pytest.approx(1)


def test_shares_are_those_of_the_variance():
    random = np.random.default_rng(1)
    states = (random.normal(size=(400, 3)) * [3, 2, 1]).astype(np.float32)
    assert trajectory(states).shares == pytest.approx((9 / 14, 4 / 14), abs=0.05)


def test_the_first_state_lies_left_of_the_last():
    states = np.random.default_rng(2).normal(size=(7, 20)).astype(np.float32)
    points = trajectory(states).points
    assert points[0, 0] <= points[-1, 0] and points[0, 1] <= points[-1, 1]


@pytest.mark.parametrize("states", [np.zeros((0, 3)), np.ones((1, 3)), np.ones((4, 3))])
def test_states_without_a_difference_are_one_place(states):
    found = trajectory(states.astype(np.float32))
    assert found.shares == (0, 0) and not found.points.any()


def test_every_word_is_drawn_in_the_room_and_the_marked_one_stands_out():
    states = np.random.default_rng(3).normal(size=(5, 8)).astype(np.float32)
    names = ("le", "chat", "noir", "dort", "</s>")
    figure, places = draw_trajectory(names, trajectory(states), (320.0, 200.0), marked=2)
    drawn = {words.text: words for words in figure.words}
    assert set(names) <= set(drawn) and drawn["noir"].bold and not drawn["chat"].bold
    assert all(0 <= x <= 320 and 0 <= y <= 200 for x, y in places)


def test_names_of_states_that_lie_close_together_are_read_beside_each_other():
    points = np.array([[0, 0], [100, 60], [101, 61], [99, 62], [50, 90]], float)
    names = ("la", "mer", "de", "bord", "maison")
    figure, _ = draw_trajectory(names, Trajectory(points, (0.6, 0.3)), (300.0, 200.0))
    boxes = [
        (one.x, one.x + 0.56 * one.size * len(one.text), one.y)
        for one in figure.words
        if one.text in names
    ]
    for (left, right, level), (other, end, beside) in combinations(boxes, 2):
        assert right <= other or end <= left or abs(level - beside) >= 12
