"""What events add up to, for a new run and for one of version 1."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.runs.axis import KNOTS, StepAxis
from rnnviz.core.runs.directory.event import (
    EVENTS,
    AlignmentEvent,
    ChangedEvent,
    GradientStepsEvent,
    HistogramsEvent,
    SampleEvent,
    ScalarEvent,
    StepEvent,
    ValidationEvent,
)
from rnnviz.core.runs.record import RunRecord
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.made import NAMES, MadeRun, finished_run


def looked_at(run: MadeRun) -> WatchedRun:
    watched = WatchedRun(run.directory)
    watched.poll()
    return watched


def test_the_rate_knows_nothing_of_pauses_and_of_a_clock_that_is_set(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 10)
    run.event("paused", step=10)
    run.now += 3600
    run.event("resumed", step=10)
    run.steps(11, 16)
    assert looked_at(run).record.steps_per_second() == pytest.approx(2.0)
    run.now -= 7200
    run.steps(17, 20, seconds=10.0)
    assert looked_at(run).record.steps_per_second() == pytest.approx(2.0)
    run.now += 86400 * 400
    run.steps(21, 24, seconds=12.0)
    assert looked_at(run).record.steps_per_second() == pytest.approx(2.0)


def test_a_setting_is_what_it_was_changed_to_last(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 2)
    assert looked_at(run).record.setting("learning_rate") == 0.004
    run.event("changed", step=2, setting="learning_rate", value=0.002)
    assert looked_at(run).record.setting("learning_rate") == 0.002
    assert looked_at(run).record.setting("clip") == "norm"


def test_everything_of_a_finished_run(tmp_path: Path) -> None:
    record = looked_at(finished_run(tmp_path / "run")).record
    assert (record.step, record.steps_planned, record.phase) == (200, 200, "finished")
    assert record.loss.values[-1] == pytest.approx(4 / math.sqrt(200))
    assert record.validation.steps.tolist() == [50, 100, 150, 200]
    assert (record.clipped_share, len(record.clipped)) == (0.33, 200)
    assert record.clipped_norm.values.max() == 1.0
    assert record.gradient_norm.values.max() == 1.5
    assert record.tokens.last == 200 * 64
    assert record.epoch.at([100]).tolist() == [1.0]
    assert [sample.step for sample in record.samples][:3] == [0, 50, 50]
    assert sorted(record.checkpoints) == [0, 50, 100, 150, 200]
    assert tuple(record.parameters) == NAMES
    assert record.parameters[NAMES[1]].gradient.values.tolist() == pytest.approx([0.2] * 4)
    assert record.gradient_rows[-1].row == 3
    assert math.isnan(record.seconds_left())


def test_a_run_of_version_1_gets_its_axes_computed(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "old", version=1)
    run.steps(1, 150)
    record = looked_at(run).record
    assert record.tokens.at([100]).tolist() == [100 * 4 * 16]
    assert record.epoch.at([100]).tolist() == [1.0]
    assert record.seconds.last == pytest.approx(149 * 0.5)
    assert record.steps_per_second() == pytest.approx(2.0)
    assert record.tokens_per_second() == pytest.approx(128.0)
    assert record.seconds_left() == pytest.approx(25.0)
    assert len(record.clipped_norm) == 0


def test_nan_is_kept_and_named(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 3)
    run.steps(4, 4, loss_nats=math.nan, gradient_norm=math.inf)
    run.event("bad_number", step=4, where="gradient", parameter=NAMES[0])
    record = looked_at(run).record
    assert np.isnan(record.loss.last)
    assert record.gradient_norm.last == math.inf
    assert record.loss.marks(0, 4, 10).tolist() == [3]
    assert (record.bad_numbers[0].step, record.bad_numbers[0].parameter) == (4, NAMES[0])


def test_a_rewind_voids_later_steps_and_the_run_goes_on(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    run.event("rewind", step=100)
    run.event("started", step=100, resumed=True, process=1, host="here", threads=1)
    run.steps(101, 110, loss_nats=9.0)
    record = looked_at(run).record
    assert record.loss.steps.tolist() == list(range(1, 111))
    assert record.loss.last == 9.0
    assert record.phase == "running"
    assert max(sample.step for sample in record.samples) == 100
    assert max(row.step for row in record.gradient_rows) == 100
    assert record.step == 110
    assert record.clipped_share == 36 / 110
    assert record.parameters[NAMES[0]].weight.steps[-1] == 100


def test_phases_follow_the_events(tmp_path: Path) -> None:
    record = RunRecord({}, {})
    assert record.phase == "starting"
    for kind, phase in (
        ("started", "running"),
        ("paused", "paused"),
        ("resumed", "running"),
        ("stopped", "stopped"),
    ):
        record.take([EVENTS[kind]()])
        assert record.phase == phase


def test_changes_scalars_metrics_and_alignments() -> None:
    record = RunRecord({}, {})
    record.take(
        [
            ChangedEvent(step=3, setting="learning_rate", value=0.1),
            ScalarEvent(step=4, values={"accuracy": 0.5, "odd": "nan"}),
            ValidationEvent(step=5, loss_nats=1.0, metrics={"bleu": 20.0}),
            AlignmentEvent(step=5, source=["a", "b"], target=["c"], file="x.f32", row=2),
        ]
    )
    assert record.changes[0].value == 0.1
    assert record.scalars["accuracy"].values.tolist() == [0.5]
    assert np.isnan(record.scalars["odd"].last)
    assert record.scalars["bleu"].steps.tolist() == [5]
    assert record.alignments[0].shape == (1, 2)


def test_a_million_events_take_bounded_memory() -> None:
    record = RunRecord({}, {})
    for start in range(0, 60_000, 1000):
        events = [StepEvent(step=s, loss_nats=1.0) for s in range(start, start + 1000)]
        record.take([*events, SampleEvent(step=start)])
        for kept in (record.loss, record.gradient_norm):
            kept._capacity = 1 << 14
    for step in range(10_000):
        record.take([GradientStepsEvent(step=step), SampleEvent(step=step)])
    assert len(record.loss) <= 1 << 14
    assert len(record.clock.steps) <= KNOTS
    assert len(record.samples) <= 4000
    assert record.samples[0].step == 0
    assert record.gradient_rows[-1].step == 9_999


def test_rows_share_what_they_have_in_common() -> None:
    """A run has thousands of them, each read from a line of its own."""
    record, name = RunRecord({}, {}), ["w", "ei"]
    for step in range(3):
        names = ["".join(name), f"bias {step // 2}"]
        record.take([HistogramsEvent(step=step, file="".join(name), names=names)])
    first, second, third = record.histogram_rows
    assert first.names is second.names
    assert first.file is third.file
    assert third.names == ("wei", "bias 1")


def test_an_axis_leaves_out_what_does_not_grow() -> None:
    axis = StepAxis()
    assert np.isnan(axis.at([1])).all()
    for step, value in ((1, 1.0), (2, math.nan), (3, 0.5), (3, 2.0), (5, 4.0)):
        axis.add(step, value)
    assert axis.steps.tolist() == [1, 3, 5]
    axis.cut(3)
    assert axis.last == 2.0


def test_changes_pauses_and_ways_back_are_told_with_their_steps(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 20)
    run.event("changed", step=20, setting="learning_rate", value=0.001)
    run.event("changed", step=20, setting="temperature", value=0.5)
    run.event("paused", step=20)
    run.now += 130
    run.event("resumed", step=20)
    run.steps(21, 60)
    run.event("changed", step=60, setting="learning_rate", value=0.1)
    assert [turn.words for turn in looked_at(run).record.turns] == [
        "learning rate 0.004 → 0.001",
        "temperature → 0.5",
        "paused for 2 min 10 s",
        "learning rate 0.001 → 0.1",
    ]
    run.event("rewind", step=40)
    run.event("started", step=40, resumed=True, process=1, host="here", threads=1)
    run.event("paused", step=40)
    turns = looked_at(run).record.turns
    assert [(turn.step, turn.words) for turn in turns[3:]] == [
        (40, "taken up again here, back from step 60"),
        (40, "paused"),
    ]


def test_what_was_not_measured_has_no_point_and_is_no_zero(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 3)
    run.steps(4, 6, gradient_norm=None, clipped=None, clipped_norm=None)
    run.steps(7, 7, gradient_norm=math.nan)
    run.event("parameters", step=7, names=["a"], gradient_norms=[None], weight_norms=[1.0],
              update_ratios=[None])  # fmt: skip
    record = looked_at(run).record
    assert record.step == 7
    assert record.gradient_norm.steps.tolist() == [1, 2, 3, 7]
    assert record.gradient_norm.marks(0, 4, 10).tolist() == [3]  # NaN was measured
    assert record.clipped.steps.tolist() == [1, 2, 3, 7]
    assert record.clipped_share == 0.25
    assert len(record.parameters["a"].gradient) == len(record.parameters["a"].ratio) == 0
    assert record.parameters["a"].weight.last == 1.0


def test_a_run_that_logs_no_loss_has_a_step_and_no_share_of_clipped_steps(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 9, loss_nats=None, gradient_norm=None, clipped=None, clipped_norm=None)
    run.event("rewind", step=5)
    record = looked_at(run).record
    assert record.step == 5
    assert len(record.loss) == 0
    assert math.isnan(record.clipped_share)


@pytest.mark.parametrize("each", [False, True])
def test_lines_that_came_twice_make_no_curve_run_backwards(tmp_path: Path, each: bool) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 9)
    run.event("validation", step=5, loss_nats=1.0)
    events = run.directory / "events.jsonl"
    lines = events.read_text().splitlines()
    twice = [line for line in lines for _ in range(2)] if each else [*lines, *lines]
    events.write_text("\n".join(twice) + "\n")
    watched = looked_at(run)
    record = watched.record
    for curve in (record.loss, record.gradient_norm, record.learning_rate, record.validation):
        assert (np.diff(curve.steps) >= 0).all()
    assert set(record.loss.steps.tolist()) == set(range(1, 10))
    assert ("go back, from 9 to 1" in watched.trouble()) is not each


def test_a_loop_that_counts_each_epoch_anew_is_said_to_go_back(tmp_path: Path) -> None:
    """What stood at later steps would be drawn across; it is gone and that is said."""
    run = MadeRun(tmp_path / "run")
    for last in (8, 8, 3):
        for first in range(1, last + 1):
            run.steps(first, first)
            run.event("scalar", step=first, values={"mine": float(first)})
    watched = looked_at(run)
    assert watched.record.loss.steps.tolist() == [1, 2, 3]
    assert watched.record.scalars["mine"].steps.tolist() == [1, 2, 3]
    assert list(watched.record.seconds.steps) == [1, 2, 3]
    assert "Its steps go back, from 8 to 1" in watched.trouble()


def test_a_run_that_was_taken_up_again_does_not_go_back(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 9)
    run.event("rewind", step=4, kept=4)
    run.steps(5, 7)
    watched = looked_at(run)
    assert watched.record.loss.steps.tolist() == list(range(1, 8))
    assert watched.record.went_back is None
