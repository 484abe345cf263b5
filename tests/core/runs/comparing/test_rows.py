"""Runs as rows: their figures, the settings in which they differ, order and filter."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rnnviz.core.runs.comparing.filtering import FilterError, read_filter
from rnnviz.core.runs.comparing.rows import (
    FIGURES,
    RunRow,
    in_order,
    newest_loss,
    row_of,
    setting_column,
    settings_by_difference,
)
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.made import MadeRun, finished_run

SETTINGS = ("units", "learning_rate", "seed", "clip", "texts")


def row(name: str, *, seconds: float = math.nan, **settings: object) -> RunRow:
    return RunRow(
        name=name, state="finished", step=10, steps_planned=10, loss=math.nan, held_out=math.nan,
        best=math.nan, best_step=0, seconds=seconds, steps_per_second=math.nan,
        seconds_left=math.nan, settings=settings,
    )  # fmt: skip


def made_row(run: MadeRun) -> RunRow:
    watched = WatchedRun(run.directory)
    watched.poll()
    return row_of(watched.name, watched.state, watched.record)


def test_a_run_says_its_newest_and_its_best_loss(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "a")
    run.event("validation", step=200, loss_nats=9.0, streams=4)
    found = made_row(run)
    assert found.step == found.steps_planned == 200
    # 5 % of 200 steps are 10: the mean of 4 / sqrt(191) ... 4 / sqrt(200).
    assert found.loss == pytest.approx(sum(4 / math.sqrt(step) for step in range(191, 201)) / 10)
    assert (found.held_out, found.best, found.best_step) == (9.0, 4.2 / math.sqrt(200), 200)
    assert found.seconds == 100.0
    assert found.settings["learning_rate"] == 0.004


def test_a_loss_that_is_no_number_any_more_is_said_so() -> None:
    curve = Curve()
    assert math.isnan(newest_loss(curve))
    curve.append([1, 2, 3], [4.0, 5.0, math.inf])
    assert newest_loss(curve) == math.inf


def test_a_setting_is_what_it_was_changed_to(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "a")
    run.steps(1, 5)
    run.event("changed", step=5, setting="learning_rate", value=0.001)
    assert made_row(run).settings["learning_rate"] == 0.001


def test_settings_come_by_how_much_they_differ_and_equal_ones_apart() -> None:
    rows = [
        row("a", units=64, seed=0, batch=8, parameters=10),
        row("b", units=64, seed=1, batch=8, parameters=11),
        row("c", units=128, seed=2, batch=8, parameters=12),
        row("d", units=64, seed=3, batch=8, parameters=13),
    ]
    # Four seeds are two bits, three alike of four units .81; what follows from them comes last.
    assert settings_by_difference(rows) == (("seed", "units", "parameters"), ("batch",))


def test_what_a_run_does_not_say_comes_last_either_way() -> None:
    rows = [row("a", rate=0.1), row("b"), row("c", rate=0.01), row("d", rate=math.nan)]
    for descending, wanted in ((False, "cabd"), (True, "acbd")):
        column = setting_column("rate")
        found = in_order(rows, lambda one: one, column, descending)
        assert "".join(one.name for one in found) == wanted


ROWS = [
    row("gru-32", units=32, learning_rate=0.003, clip="norm", texts=["/data/novel.txt"]),
    row("gru-256", units=256, learning_rate=0.0003, clip="norm", texts=["/data/novel.txt"]),
    row("rnn-256", units=256, learning_rate=0.003, clip="none", texts=["/data/code.c"]),
]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", ["gru-32", "gru-256", "rnn-256"]),
        ("GRU", ["gru-32", "gru-256"]),
        ("rate < 1e-3", ["gru-256"]),
        ("rate<1e-3", ["gru-256"]),
        ("units = 256", ["gru-256", "rnn-256"]),
        ("units=256, clip = none", ["rnn-256"]),
        ("Learning rate >= 0,003", ["gru-32", "rnn-256"]),
        ("gru learning rate ≥ 0.003", ["gru-32"]),
        ("clip != norm", ["rnn-256"]),
        ("seed = 3", []),
        ("seed ≠ 3", ["gru-32", "gru-256", "rnn-256"]),
        ("state = finished 32", ["gru-32"]),
        ("texts = code.c", []),
    ],
)
def test_a_filter_takes_what_is_so(typed: str, wanted: list[str]) -> None:
    found = read_filter(typed, SETTINGS)
    assert [one.name for one in ROWS if found.takes(one)] == wanted


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("rate <", "behind < a value is missing"),
        ("= 3", "before = the name of a setting is missing"),
        ("colour = 3", "no run has 'colour'; there are units, learning_rate"),
        ("units < many", "'many' is no number"),
    ],
)
def test_a_filter_that_means_nothing_says_why(typed: str, why: str) -> None:
    with pytest.raises(FilterError, match=why):
        read_filter(typed, SETTINGS)


def test_what_stands_before_an_unfinished_condition_holds() -> None:
    with pytest.raises(FilterError) as raised:
        read_filter("gru units = 256 rate <", SETTINGS)
    assert [one.name for one in ROWS if raised.value.readable.takes(one)] == ["gru-256"]


def test_a_time_may_have_its_unit() -> None:
    long = row("a", seconds=700.0)
    assert read_filter("time > 10 min", ()).takes(long)
    assert not read_filter("time > 0.2h", ()).takes(long)
    assert not read_filter("loss < 2", ()).takes(long)  # it has none


def test_every_figure_is_said_of_every_run(tmp_path: Path) -> None:
    finished, bare = made_row(finished_run(tmp_path / "a")), made_row(MadeRun(tmp_path / "b"))
    assert [column.words(finished) for column in FIGURES] == [
        "a", "finished", "200", "0.286", "0.297", "0.297", "1 min 40 s", "–", "–",
    ]  # fmt: skip
    assert [column.words(bare) for column in FIGURES][2:] == ["0 of 200", *["–"] * 6]
