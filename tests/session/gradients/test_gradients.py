"""Comparing networks by their gradients, on the engine's real tasks run inline."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnnviz.core.errors import GradientError, ModelFileError
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.text import Text
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.session.gradients.networks import Network, Window, affordable_losses
from rnnviz.work.messages import Job, Listener
from rnnviz.work.runner import InlineRunner
from tests.nets.small import random_text, small_model
from tests.session.in_folder import session_in


class Counting(InlineRunner):
    """Remembers which tasks ran."""

    def __init__(self) -> None:
        super().__init__(TASKS)
        self.ran: list[str] = []

    def start(self, job: Job, listener: Listener) -> None:
        self.ran.append(job.task)
        super().start(job, listener)


@pytest.fixture
def runner() -> Counting:
    return Counting()


@pytest.fixture
def session(tmp_path: Path, qapp, runner):
    models = tmp_path / "models"
    models.mkdir()
    for kind in ("rnn", "gru", "lstm"):
        save_model(models / f"{kind}.safetensors", small_model(kind))
    made = session_in(tmp_path, runner)
    made.open_path(models / "lstm.safetensors")
    made.show_text(Text.of(random_text(300), "random"))
    made.gradients.set_window(Window(40, 12, 10))
    runner.ran.clear()
    yield made
    made.close()


def fields(session):
    return [one.field is not None for one in session.gradients.compared]


def test_nothing_is_computed_until_a_panel_wants_it(session, runner):
    assert fields(session) == [False]
    assert runner.ran == []
    session.gradients.want_fields()
    assert fields(session) == [True]
    assert session.gradients.compared[0].field.predicted.tolist() == list(range(40, 52))


def test_what_was_computed_is_found_again(session, runner):
    gradients = session.gradients
    gradients.want_fields()
    gradients.set_window(Window(60, 12, 10))
    gradients.want_fields()
    gradients.set_window(Window(40, 12, 10))
    gradients.want_fields()
    assert runner.ran == ["compute_field"] * 2
    assert gradients.compared[0].field.predicted[0] == 40


def test_the_three_kinds_are_set_beside_each_other(session):
    gradients = session.gradients
    gradients.set_networks(gradients.kinds())
    for _ in range(3):
        gradients.want_fields()
    assert [one.field.facts.architecture for one in gradients.compared] == ["rnn", "gru", "lstm"]
    gradients.set_focus(2)
    gradients.remove(0)
    assert gradients.focused.field.facts.architecture == "lstm"


def test_before_training_stands_beside_the_trained(session):
    session.gradients.add_untrained()
    session.gradients.want_fields()
    session.gradients.want_fields()
    trained, drawn = (one.field for one in session.gradients.compared)
    assert (trained.facts.seed, drawn.facts.seed) == (None, 0)


def test_a_model_that_cannot_be_opened_keeps_the_others(session, tmp_path):
    bad = tmp_path / "bad.safetensors"
    with pytest.raises(ModelFileError):
        session.gradients.add_file(bad)
    session.gradients.add(Network(str(bad), "gone"))
    session.gradients.want_fields()
    session.gradients.want_fields()
    kept, failed = session.gradients.compared
    assert kept.field is not None
    assert "bad.safetensors" in failed.failure


def test_the_stages_of_a_run(session, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(GradientError, match="holds no checkpoints of stages"):
        session.gradients.add_run(run)
    (run / "checkpoints").mkdir(parents=True)
    for step in range(12):
        shutil.copy(
            tmp_path / "models" / "gru.safetensors",
            run / "checkpoints" / f"step-{step * 100:08}.safetensors",
        )
    session.gradients.add_run(run)
    titles = [one.network.title for one in session.gradients.compared]
    assert titles == ["step 0", "step 200", "step 400", "step 700", "step 900", "step 1,100"]


def test_jacobians_are_computed_when_they_are_shown(session, runner):
    gradients = session.gradients
    gradients.want_fields()
    gradients.set_quantity("jacobian")
    gradients.want_fields()
    assert runner.ran == ["compute_field"] * 2
    assert gradients.compared[0].field.has_jacobians
    gradients.set_quantity("loss")
    gradients.want_fields()
    assert len(runner.ran) == 2


def test_another_text_forgets_the_fields(session):
    session.gradients.want_fields()
    session.gradients.set_character(45)
    session.show_text(Text.of("abc" * 50, "other"))
    assert fields(session) == [False]
    assert session.gradients.character is None


def test_a_text_that_is_too_short_says_so(session):
    session.recordings.take_text(Text.of("a", "one"))
    session.gradients.want_fields()
    assert "loss needs two" in session.gradients.focused.failure
    session.gradients.measurements.want_clipping()
    assert "loss needs two" in session.gradients.measurements.clipping


def test_matrices_follow_the_focus(session, runner):
    gradients = session.gradients
    gradients.measurements.want_matrices()
    gradients.measurements.want_matrices()
    assert runner.ran == ["recurrent_matrices"]
    assert len(gradients.measurements.matrices) == 8
    gradients.set_networks(gradients.kinds())
    gradients.set_focus(0)
    gradients.measurements.want_matrices()
    assert len(gradients.measurements.matrices) == 2


def test_a_model_without_matrices_says_why(session, tmp_path):
    session.gradients.set_networks((Network(str(tmp_path / "gone.safetensors"), "gone"),))
    session.gradients.measurements.want_matrices()
    assert session.gradients.measurements.matrices is None
    assert "gone.safetensors" in session.gradients.measurements.matrices_failure


def test_clipping_and_truncation_are_asked_for_once(session, runner):
    gradients = session.gradients
    gradients.measurements.want_clipping()
    gradients.measurements.want_clipping()
    assert runner.ran == ["clipping"]
    gradients.measurements.set_thresholds(0.001, 0.5)
    gradients.measurements.want_clipping()
    assert gradients.measurements.clipping.norm == 0.001
    gradients.measurements.set_chunk(7)
    gradients.measurements.measure_truncation(60)
    assert gradients.measurements.truncation.truncated.chunk == 7
    gradients.measurements.set_chunk(8)
    assert gradients.measurements.truncation is None


def test_a_large_model_takes_fewer_losses_at_first():
    def about(kind, units):
        return ModelDescription(architecture=kind, layers=2, units=units, vocabulary=("a", "b"))

    assert affordable_losses(about("lstm", 128)) == 128
    assert affordable_losses(about("rnn", 263)) == 128
    assert affordable_losses(about("lstm", 384)) == 128
    assert affordable_losses(about("lstm", 512)) == 93
    assert affordable_losses(about("lstm", 2048)) == 32


def test_a_large_field_is_shown_as_it_grows(session, monkeypatch):
    monkeypatch.setattr("rnnviz.nets.answering.gradients.fields._AT_ONCE", 0)
    monkeypatch.setattr("rnnviz.nets.answering.gradients.fields._SHOWN_AT", (4, 8))
    monkeypatch.setattr("rnnviz.work.engine._LEAST_SECONDS_BETWEEN_PROGRESS", 0)
    gradients, seen = session.gradients, []

    def look():
        one = gradients.compared[0]
        seen.append((one.field and len(one.field.targets), one.complete))

    gradients.fields_changed.connect(look)
    gradients.want_fields()
    assert seen == [(4, False), (8, False), (12, True)]
    gradients.set_quantity("jacobian")
    gradients.want_fields()
    counts = {count for count, _ in seen[3:]}
    assert counts == {12}  # the losses that were known stay while Jacobians come
