import time

import numpy as np

from rnnviz.core.cells.ordering import similarity_order


def test_units_of_a_kind_stand_together():
    generator = np.random.default_rng(1)
    causes = generator.normal(size=(2, 400))
    kinds = generator.permutation(np.repeat([0, 1], 20))
    values = causes[kinds] * generator.uniform(0.5, 3, (40, 1)) + 0.3 * generator.normal(
        size=(40, 400)
    )
    order = similarity_order(values.astype(np.float16))
    assert sorted(order.tolist()) == list(range(40))
    assert np.count_nonzero(np.diff(kinds[order])) == 1


def test_neighbours_on_a_ring_stay_neighbours():
    phases = np.random.default_rng(2).permutation(60)
    time_ = np.arange(360)
    values = np.sin(2 * np.pi * (time_[None] / 90 + phases[:, None] / 60))
    placed = phases[similarity_order(values)]
    steps = np.abs(np.diff(placed))
    assert np.minimum(steps, 60 - steps).max() == 1


def test_units_that_do_not_vary_come_last():
    values = np.random.default_rng(3).normal(size=(6, 50))
    values[[1, 4]] = 0.5
    assert similarity_order(values)[-2:].tolist() == [1, 4]
    assert similarity_order(np.zeros((3, 10))).tolist() == [0, 1, 2]
    assert similarity_order(np.zeros((3, 0))).tolist() == [0, 1, 2]
    assert similarity_order(np.zeros((0, 5))).tolist() == []


def test_two_thousand_units_take_well_under_a_second():
    values = np.random.default_rng(4).normal(size=(2048, 1500)).astype(np.float16)
    began = time.process_time()
    order = similarity_order(values)
    assert len(set(order.tolist())) == 2048
    assert time.process_time() - began < 2
