"""A table of words in a narrow panel."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.theme import Appearance


def test_a_name_that_does_not_fit_goes_on_in_further_lines(
    qtbot: QtBot, appearance: Appearance
) -> None:
    table = QuietTable("Best", ("Concept", "Unit", "Score", "Chance"))
    qtbot.addWidget(table)
    table.resize(330, 260)
    table.show()
    rows = [("Inside parentheses of an if", "1:126 cell", "AUC 0.93", "0.78")]
    table.show_rows([*rows, ("Position", "1:97", "r −0.16", "0.07")])
    assert table.rowHeight(0) > table.rowHeight(1)
    table.resize(700, 260)
    assert table.rowHeight(0) == table.rowHeight(1)


def test_what_was_chosen_is_not_taken_for_what_stands_in_its_row_now(
    qtbot: QtBot, appearance: Appearance
) -> None:
    table = QuietTable("Best", ("Concept", "Unit"))
    qtbot.addWidget(table)
    table.show_rows([("Inside quotes", "2:97"), ("Position", "2:135")])
    table.choose_row(1)
    table.show_rows([("Inside quotes", "1:3"), ("Position", "1:5"), ("Comment", "1:7")])
    assert table.currentRow() == 1
    table.show_rows([("Comment", "2:1"), ("String", "2:9")])
    assert not table.selectedIndexes()
    table.choose_row(1)
    table.show_rows([("Comment", "2:1")])
    assert not table.selectedIndexes()
