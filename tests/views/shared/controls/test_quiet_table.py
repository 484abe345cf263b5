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
