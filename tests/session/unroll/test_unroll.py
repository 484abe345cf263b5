"""The small network of the session: changes, undo, and answers that come late."""

from __future__ import annotations

from random import Random

import msgspec
import numpy as np
import pytest

from rnnviz.nets.answering.unroll import TASKS
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.work.jobs.unroll import TestTime
from tests.asking import PipedRunner
from tests.late_runner import LateRunner


@pytest.fixture
def unroll(tmp_path, qapp):
    made = Unroll(Jobs(PipedRunner(TASKS)), tmp_path)
    made.ensure_computed()
    yield made
    made.close()


def test_it_opens_untrained_and_ready(unroll):
    assert unroll.trace is not None
    assert unroll.trace.trained == 0
    assert unroll.trace.plan.inputs == ("h", "e", "l", "l")


def test_a_training_step_is_the_update_that_was_shown(unroll):
    before = unroll.trace
    unroll.train(1)
    assert unroll.trace.trained == 1
    assert unroll.trace.loss < before.loss
    for name in before.parameters:
        shown = before[f"weight/{name}"] + before[f"update/{name}"]
        assert unroll.trace[f"weight/{name}"] == pytest.approx(shown, abs=1e-12)


def test_undo_goes_back_in_training(unroll):
    losses = [unroll.trace.loss]
    for _ in range(3):
        unroll.train(10)
        losses.append(unroll.trace.loss)
    for loss in reversed(losses[:-1]):
        assert unroll.undo()
        assert unroll.trace.loss == loss
    assert not unroll.undo()
    unroll.train(10)
    assert unroll.trace.loss == losses[1]


def test_weights_stay_where_the_network_stays_the_same(unroll):
    unroll.train(20)
    trained = unroll.trace["weight/output.weight"]
    unroll.set_plan(msgspec.structs.replace(unroll.plan, rate=0.5, chunk=2))
    assert (unroll.trace["weight/output.weight"] == trained).all()
    assert unroll.trace.trained == 20
    unroll.set_plan(msgspec.structs.replace(unroll.plan, units=5))
    assert unroll.trace.trained == 0
    assert unroll.trace["0/hidden"].shape == (4, 5)


def test_a_weight_typed_by_hand_is_the_one_that_computes(unroll):
    unroll.edit("layers.0.weight_hh_l0", 1, 2, 0.75)
    assert unroll.trace["weight/layers.0.weight_hh_l0"][1, 2] == 0.75


def test_until_it_is_learned(unroll):
    unroll.train(5000, until_learned=True)
    assert unroll.trace.learned
    assert 0 < unroll.trace.trained < 5000
    wanted = [unroll.plan.vocabulary.index(target) for target in unroll.plan.targets]
    chances = unroll.trace["probabilities"][range(4), wanted]
    assert chances.min() > 0.9


def test_what_cannot_be_is_refused_and_nothing_is_lost(unroll):
    said: list[str] = []
    unroll.refused.connect(said.append)
    before = unroll.trace
    unroll.set_word("a", "many-to-many")
    unroll.set_plan(msgspec.structs.replace(unroll.plan, units=10_000))
    unroll.set_radius(99)
    unroll.edit("layers.0.weight_hh_l0", 7, 7, 1.0)
    assert len(said) == 4
    assert "1 letters" in said[0]
    assert unroll.trace is before


def test_after_the_update_the_next_pass_begins(unroll):
    unroll.set_index(unroll.last_index)
    unroll.step(1)
    assert unroll.index == 0
    assert unroll.trace.trained == 1


def test_a_rate_that_explodes_says_so(unroll):
    said: list[str] = []
    unroll.refused.connect(said.append)
    unroll.set_plan(msgspec.structs.replace(unroll.plan, rate=1e308))
    unroll.train(50)
    assert said
    assert "smaller rate" in said[0]
    assert unroll.trace is not None


def test_at_test_time_it_writes_and_training_goes_on_beneath(unroll):
    unroll.learn()
    plan = unroll.plan
    unroll.set_test(TestTime())
    assert unroll.shown.drawn[:4] == ("e", "l", "l", "o")
    assert unroll.last_index == unroll.shown.steps
    assert unroll.plan == plan, "what is taught stays"
    unroll.set_index(99)
    assert unroll.index == unroll.last_index
    unroll.step(1)
    trained = unroll.trace.trained
    unroll.train(1)
    assert unroll.trace.trained == trained + 1 and unroll.shown.drawn
    unroll.set_test(None)
    assert unroll.shown == plan


def _finish(runner):
    while runner.open:
        runner.finish(next(iter(runner.open)))


def test_what_is_asked_while_another_is_computed_waits_and_is_not_lost(tmp_path, qapp):
    runner = LateRunner(TASKS)
    unroll = Unroll(Jobs(runner), tmp_path)
    unroll.ensure_computed()
    for _ in range(5):
        unroll.train(1)
    unroll.edit("layers.0.weight_hh_l0", 1, 2, 0.75)
    unroll.set_plan(msgspec.structs.replace(unroll.asked, rate=0.5))
    unroll.set_plan(msgspec.structs.replace(unroll.asked, chunk=2))
    _finish(runner)
    assert unroll.trace is not None
    assert unroll.trace.trained == 5
    assert unroll.trace["weight/layers.0.weight_hh_l0"][1, 2] == 0.75
    assert (unroll.plan.rate, unroll.plan.chunk) == (0.5, 2)
    unroll.set_plan(msgspec.structs.replace(unroll.asked, architecture="gru"))
    unroll.set_word("banana", "many-to-one")
    _finish(runner)
    assert (unroll.plan.architecture, unroll.plan.structure) == ("gru", "many-to-one")
    assert unroll.trace is not None
    assert (unroll.word, unroll.trace.trained) == ("banana", 0)
    unroll.undo()
    assert (unroll.plan.architecture, unroll.plan.structure) == ("rnn", "many-to-many")
    unroll.close()
    runner.close()


def test_of_radii_on_a_slider_the_last_counts(tmp_path, qapp):
    runner = LateRunner(TASKS)
    unroll = Unroll(Jobs(runner), tmp_path)
    unroll.ensure_computed()
    _finish(runner)
    for radius in (0.5, 0.7, 0.9, 1.5):
        unroll.set_radius(radius)
    _finish(runner)
    assert unroll.trace is not None
    matrix = unroll.trace["weight/layers.0.weight_hh_l0"]
    assert abs(np.linalg.eigvals(matrix)).max() == pytest.approx(1.5)
    assert unroll.undo() and unroll.undo() and not unroll.undo()
    unroll.close()
    runner.close()


def test_late_answers_never_come_under_another_plan(tmp_path, qapp):
    """Words, units and trainings in any order, answered in any order: what is shown is whole."""
    random = Random(1)
    runner = LateRunner(TASKS)
    unroll = Unroll(Jobs(runner), tmp_path)
    for _ in range(150):
        what = random.randrange(6)
        if what == 0:
            unroll.set_word(random.choice(["hello", "banana", "abracadabra"]), "many-to-many")
        elif what == 1:
            unroll.set_plan(msgspec.structs.replace(unroll.plan, units=random.randint(1, 5)))
        elif what == 2:
            unroll.train(1)
        elif what == 3:
            unroll.undo()
        elif what == 4:
            unroll.set_test(random.choice([None, TestTime(), TestTime(1.0, 3)]))
        else:
            runner.anything(random)
        if unroll.trace is not None:
            assert unroll.trace.plan.vocabulary == unroll.plan.vocabulary
            assert unroll.trace.plan == unroll.plan or unroll.trace.plan.drawn
            shape = unroll.trace["0/hidden"].shape
            assert shape == (unroll.trace.plan.steps, unroll.plan.units)
            assert 0 <= unroll.index <= unroll.last_index
    _finish(runner)
    assert unroll.trace is not None
    assert bool(unroll.trace.plan.drawn) == (unroll.test is not None)
    unroll.close()
    runner.close()
