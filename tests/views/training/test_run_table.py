"""The list of runs: columns, order, filter, what differs, and all of it by the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.plots import ink_colour
from rnnviz.views.plots.parts.inks import ink_dashes, ink_swatch
from rnnviz.views.shared.theme import LIGHT, theme_of
from rnnviz.views.training.centre import TrainingCentre
from rnnviz.views.training.run_list import RunList
from rnnviz.views.training.run_model import RunModel
from rnnviz.views.training.run_table import RunTable
from tests.core.runs.made import MadeRun, finished_run
from tests.views.cells.panels_world import make_session

RUNS: dict[str, dict[str, Any]] = {
    "slow": {"learning_rate": 0.0003, "units": 64, "seed": 0},
    "usual": {"learning_rate": 0.003, "units": 64, "seed": 0},
    "wide": {"learning_rate": 0.003, "units": 256, "seed": 1},
}


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    session = make_session(tmp_path)
    for name, settings in RUNS.items():
        session.runs.open(finished_run(tmp_path / name, **settings).directory)
    session.runs.poll()
    session.runs.set_current(session.runs.opened[1])
    yield session
    session.close()


@pytest.fixture
def runs_list(session: Session, qtbot: QtBot) -> RunList:
    made = RunList(session)
    qtbot.addWidget(made)
    made.resize(900, 260)
    made.table.run_chosen.connect(session.runs.set_current)
    session.runs.runs_changed.connect(made.catch_up)
    session.runs.current_changed.connect(made.catch_up)
    made.show()
    made.catch_up()
    return made


def column(model: RunModel, title: str) -> list[str]:
    titles = [one.title for one in model.columns]
    place = titles.index(title)
    return [str(model.data(model.index(row, place))) for row in range(model.rowCount())]


def test_settings_that_differ_are_columns_and_equal_ones_are_not(runs_list: RunList) -> None:
    titles = [one.title for one in runs_list.table.runs_model.columns]
    assert titles[:6] == ["Run", "State", "Step", "Loss", "Held out", "Best"]
    assert {*titles[6:-1]} == {"Units", "Learning rate", "Seed"}
    assert titles[-1] == "Time"
    assert "Layers" not in titles
    assert column(runs_list.table.runs_model, "Learning rate") == ["0.0003", "0.003", "0.003"]


def test_a_person_chooses_columns_and_they_stay(
    runs_list: RunList, session: Session, qtbot: QtBot
) -> None:
    model = runs_list.table.runs_model
    runs_list.fill_columns_menu()
    model.set_column("layers", True)
    model.set_column("seed", False)
    again = RunList(session)
    qtbot.addWidget(again)
    again.catch_up()
    titles = [one.title for one in again.table.runs_model.columns]
    assert "Layers" in titles
    assert "Seed" not in titles
    model.reset_columns()
    assert "Layers" not in [one.title for one in model.columns]


def test_a_click_on_a_caption_sorts_turns_round_and_lets_go(
    runs_list: RunList, qtbot: QtBot
) -> None:
    table, model = runs_list.table, runs_list.table.runs_model
    place = [one.key for one in model.columns].index("learning_rate")
    table.scrollTo(model.index(0, place))
    header = table.horizontalHeader()
    x = header.sectionViewportPosition(place) + 30
    seen = []
    for _ in range(3):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 12))
        seen.append(column(model, "Run"))
    assert seen == [
        ["slow", "usual", "wide"], ["usual", "wide", "slow"], ["slow", "usual", "wide"]
    ]  # fmt: skip


def test_what_differs_from_the_chosen_run_is_marked_and_said(
    runs_list: RunList, session: Session
) -> None:
    model = runs_list.table.runs_model
    keys = [one.key for one in model.columns]
    rate, units = keys.index("learning_rate"), keys.index("units")
    wash = Qt.ItemDataRole.BackgroundRole

    def marked(row: int, place: int) -> bool:
        return model.data(model.index(row, place), wash) == QColor(theme_of().marked)

    assert [marked(row, rate) for row in range(3)] == [True, False, False]
    assert [marked(row, units) for row in range(3)] == [False, False, True]
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert model.data(model.index(0, rate), spoken) == "Learning rate 0.0003, unlike usual"
    assert model.data(model.index(1, rate), spoken) == "Learning rate 0.003"
    assert model.data(model.index(0, 0), spoken) == "slow, drawn"
    session.runs.set_shown(session.runs.opened[0], False)
    assert not marked(0, rate)  # only runs that are drawn are compared


def test_typing_filters_list_and_curves(runs_list: RunList, session: Session, qtbot: QtBot) -> None:
    qtbot.keyClicks(runs_list.filter, "rate >= 1e-3")
    assert column(runs_list.table.runs_model, "Run") == ["usual", "wide"]
    assert [run.name for run in session.runs.shown] == ["usual", "wide"]
    assert runs_list.refusal.text() == "2 of 3"
    qtbot.keyClicks(runs_list.filter, " units =")
    assert runs_list.refusal.text().startswith("Behind = a value is missing")
    assert column(runs_list.table.runs_model, "Run") == ["usual", "wide"]  # as it was
    qtbot.keyClicks(runs_list.filter, " 256")
    assert column(runs_list.table.runs_model, "Run") == ["wide"]
    qtbot.keyClick(runs_list.filter, Qt.Key.Key_Escape)
    assert column(runs_list.table.runs_model, "Run") == ["slow", "usual", "wide"]


def test_the_keys_do_what_the_pointer_does(
    runs_list: RunList, session: Session, qtbot: QtBot
) -> None:
    table = runs_list.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert session.runs.current is session.runs.opened[2]
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert [run.shown for run in session.runs.opened] == [True, True, False]
    for _ in range([one.key for one in table.runs_model.columns].index("loss")):
        qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert table.runs_model.sorted_by == "loss"
    with qtbot.waitSignal(table.rename_requested):
        qtbot.keyClick(table, Qt.Key.Key_F2)
    with qtbot.waitSignal(table.delete_requested):
        qtbot.keyClick(table, Qt.Key.Key_Delete)


def test_the_name_stays_in_sight_while_columns_scroll(runs_list: RunList) -> None:
    table = runs_list.table
    runs_list.resize(420, 260)
    bar = table.horizontalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    assert table.names.isVisible()
    assert table.names.x() <= 2
    assert table.names.columnViewportPosition(0) == 0
    # No figure is cut: every column is as wide as what stands in it.
    metrics = table.fontMetrics()
    for place in range(1, table.runs_model.columnCount()):
        for row in range(3):
            words = str(table.runs_model.data(table.runs_model.index(row, place)))
            assert table.columnWidth(place) >= metrics.horizontalAdvance(words)


def test_the_ninth_run_has_a_second_sign() -> None:
    signs = {(ink_colour(ink, LIGHT).name(), ink_dashes(ink)) for ink in range(56)}
    assert len(signs) == 56
    assert not any(ink_dashes(ink) for ink in range(8))
    assert all(ink_dashes(ink) for ink in range(8, 56))
    swatch = ink_swatch(9, LIGHT).toImage()
    alphas = [swatch.pixelColor(x, swatch.height() // 2).alpha() for x in range(swatch.width())]
    assert min(alphas) == 0  # a gap is seen in the list, too
    assert max(alphas) == 255


def test_wishes_about_the_chosen_run(session: Session, qtbot: QtBot) -> None:
    centre = TrainingCentre(session)
    qtbot.addWidget(centre)
    centre.resize(900, 700)
    centre.show()
    for asked, signal in (
        (centre.ask_like, centre.like_requested),
        (centre.ask_rename, centre.rename_requested),
        (centre.ask_delete, centre.delete_requested),
    ):
        with qtbot.waitSignal(signal) as told:
            asked()
        assert told.args == [session.runs.current]
    centre.draw_alone()
    assert [run.name for run in session.runs.shown] == ["usual"]
    centre.draw_listed()
    assert len(session.runs.shown) == 3
    centre.draw_none()
    assert not session.runs.shown


def test_columns_are_as_wide_as_what_a_run_writes_later(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    run = MadeRun(tmp_path / "run")
    run.event("started", step=0, resumed=False, process=1, host="here", threads=1)
    session.runs.open(run.directory)
    session.runs.poll()
    table = RunTable(session.runs)
    qtbot.addWidget(table)
    table.resize(900, 200)
    table.show()
    table.catch_up()
    step = [column.key for column in table.runs_model.columns].index("step")
    run.steps(12_000, 12_003)
    session.runs.poll()
    table.catch_up()
    assert table.columnWidth(step) >= table.sizeHintForColumn(step)
