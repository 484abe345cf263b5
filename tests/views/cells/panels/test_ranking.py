"""The ranking panel, as a person uses it: choose, rank, walk through the rows, filter, save."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.cells.panels.ranking import RankingPanel
from rnnviz.views.shared.saving import save_now
from rnnviz.views.shared.theme import Appearance, ui_font
from rnnviz.views.text.painting.missing_fonts import shown_marks
from tests.views.cells.panels_world import (
    LINE_UNIT,
    QUOTE_UNIT,
    make_session,
    planted_recording,
)

pytestmark = pytest.mark.qt_log_ignore("grabbing the keyboard")

UNIT, CHANNEL, FIRST, SECOND = range(4)


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    session = make_session(tmp_path)
    session.recordings.open_recording(planted_recording(tmp_path / "planted").folder)
    yield session
    session.close()


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> RankingPanel:
    panel = RankingPanel(session)
    qtbot.addWidget(panel)
    panel.resize(600, 600)
    panel.show()
    return panel


def rank(panel: RankingPanel, qtbot: QtBot, name: str = "inside-quotes") -> None:
    panel.session.selection.set_concept(name)
    qtbot.waitUntil(lambda: panel.idle)
    qtbot.mouseClick(panel.rank, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.table.isVisible() and panel.idle)


def words(panel: RankingPanel, row: int) -> list[str]:
    model = panel.table.ranking
    return [str(model.index(row, column).data()) for column in range(len(model.columns))]


def headings(panel: RankingPanel) -> list[str]:
    model = panel.table.ranking
    return [
        str(model.headerData(column, Qt.Orientation.Horizontal))
        for column in range(model.columnCount())
    ]


def test_typing_part_of_a_title_chooses_the_concept(panel: RankingPanel, qtbot: QtBot) -> None:
    line = panel.concepts.lineEdit()
    qtbot.keyClicks(line, "double quo")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert panel.session.selection.concept == "inside-quotes"


def test_nonsense_typed_leaves_the_concept_as_it_was(panel: RankingPanel, qtbot: QtBot) -> None:
    panel.session.selection.set_concept("inside-quotes")
    qtbot.waitUntil(lambda: panel.idle)
    line = panel.concepts.lineEdit()
    assert line is not None
    line.clear()
    qtbot.keyClicks(line, "xyzzy")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert panel.session.selection.concept == "inside-quotes"
    assert line.text() == panel.session.rankings.concept("inside-quotes").title  # type: ignore[union-attr]


def test_ranking_shows_the_best_unit_first_and_says_how_good_it_is(
    panel: RankingPanel, qtbot: QtBot
) -> None:
    rank(panel, qtbot)
    assert words(panel, 0)[:4] == [f"1:{QUOTE_UNIT}", "hidden", "0.987", "+0.950"]
    assert panel.sentence.text() == (
        f"True for 25.0% of 1,234 characters. The best unit, 1:{QUOTE_UNIT} hidden, reaches "
        "AUC 0.99; chance gives 0.61. It reads inside-quotes."
    )


def test_a_ranking_that_was_asked_for_selects_its_winner(panel: RankingPanel, qtbot: QtBot) -> None:
    selection = panel.session.selection
    selection.select_unit(3, "cell")
    selection.set_concept("inside-quotes")
    qtbot.waitUntil(lambda: panel.rank.isVisible() and panel.rank.isEnabled())
    qtbot.mouseClick(panel.rank, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.session.rankings.ranking("inside-quotes") is not None)
    assert (selection.unit, selection.channel) == (QUOTE_UNIT, "hidden")
    selection.select_unit(3, "cell")
    panel.session.rankings.request_ranking("inside-quotes")
    assert selection.unit == 3, "nobody asked for it here"


def test_a_count_shows_the_correlation_first_and_explains_the_auc(
    panel: RankingPanel, qtbot: QtBot
) -> None:
    rank(panel, qtbot)
    assert headings(panel)[FIRST : SECOND + 1] == ["AUC", "r"]
    rank(panel, qtbot, "position-in-line")
    assert headings(panel)[FIRST : SECOND + 1] == ["r", "AUC"]
    assert words(panel, 0)[0] == f"2:{LINE_UNIT - 8}"
    assert "above the median" in panel.sentence.text()


def test_click_and_arrow_keys_select_units(panel: RankingPanel, qtbot: QtBot) -> None:
    rank(panel, qtbot)
    table, selection = panel.table, panel.session.selection
    place = table.visualRect(table.ranking.index(3, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    score = table.ranking.score(3)
    assert (selection.unit, selection.channel) == (score.unit, score.channel)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    score = table.ranking.score(4)
    assert (selection.unit, selection.channel) == (score.unit, score.channel)


def test_a_unit_selected_elsewhere_is_marked_and_not_chosen_again(
    panel: RankingPanel, qtbot: QtBot
) -> None:
    rank(panel, qtbot)
    with qtbot.assertNotEmitted(panel.table.unit_chosen):
        panel.session.selection.select_unit(9, "cell")
        qtbot.waitUntil(lambda: panel.idle)
    row = panel.table.currentIndex().row()
    assert words(panel, row)[:2] == ["2:1", "cell"]


def test_sorting_by_a_heading_keeps_the_unit(panel: RankingPanel, qtbot: QtBot) -> None:
    rank(panel, qtbot)
    panel.table.selectRow(2)
    chosen = panel.session.selection.unit
    panel.table.sortByColumn(FIRST, Qt.SortOrder.AscendingOrder)
    figures = [float(words(panel, row)[FIRST]) for row in range(panel.table.ranking.rowCount())]
    assert figures == sorted(figures)
    assert panel.session.selection.unit == chosen
    assert panel.table.ranking.score(panel.table.currentIndex().row()).unit == chosen


def test_filters_by_channel_and_layer(panel: RankingPanel, qtbot: QtBot) -> None:
    rank(panel, qtbot)
    for box in (panel.channel, panel.layer):
        qtbot.keyClick(box, Qt.Key.Key_Down)
        qtbot.keyClick(box, Qt.Key.Key_Down)
    shown = [words(panel, row)[:2] for row in range(panel.table.ranking.rowCount())]
    assert len(shown) == 8
    assert all(unit.startswith("2:") and channel == "cell" for unit, channel in shown)


def test_saves_what_is_shown(panel: RankingPanel, qtbot: QtBot, tmp_path: Path) -> None:
    rank(panel, qtbot)
    save_now(panel.saving(tmp_path / "ranking.csv"))
    rows = list(csv.DictReader((tmp_path / "ranking.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 32
    assert rows[0]["unit"] == f"1:{QUOTE_UNIT}"
    assert float(rows[0]["auc"]) == pytest.approx(0.987)


def test_the_button_for_a_new_concept_asks_for_the_dialog(
    panel: RankingPanel, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(panel.concept_dialog_requested, timeout=1000):
        qtbot.mouseClick(panel.new, Qt.MouseButton.LeftButton)


def test_in_a_narrow_panel_every_title_and_figure_is_whole(
    panel: RankingPanel, appearance: Appearance, qtbot: QtBot
) -> None:
    panel.resize(352, 600)
    rank(panel, qtbot)
    assert panel.width() == 352, "nothing in it needs more"
    table = panel.table
    assert table.horizontalScrollBar().maximum() == 0
    metrics = table.fontMetrics()
    for column, title in enumerate(headings(panel)):
        if table.isColumnHidden(column):
            continue
        shown = [title, *(words(panel, row)[column] for row in range(9) if column < 7)]
        widest = max(metrics.horizontalAdvance(one) for one in shown)
        assert table.columnWidth(column) >= widest + 8, title
    for box in (panel.channel, panel.layer):
        assert box.width() >= box.sizeHint().width()


def test_marks_that_no_font_shows_are_not_given_as_examples(qapp: QApplication) -> None:
    font = ui_font()
    about = f"marks such as \u00ab \u00bb {chr(0x10FFFE)} {chr(0x10FFFD)}; a quotation"
    assert shown_marks(about, font) == "marks such as \u00ab \u00bb; a quotation"
