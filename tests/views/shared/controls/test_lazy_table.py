"""Rows that nobody sees are not put into words."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnviz.core.colours.colour import Scale
from rnnviz.views.shared.controls.lazy_table import Cell, LazyTable


def test_only_what_is_seen_is_made(qtbot: QtBot) -> None:
    table = LazyTable(
        "Words", ("Word", "Value"), stretched=0, row_height=24, least=30, numbers=(1,)
    )
    qtbot.addWidget(table)
    table.resize(300, 240)
    table.show()
    made: set[int] = set()

    def cell(row: int, column: int) -> Cell:
        made.add(row)
        value = row / 5000
        return Cell(f"word {row}") if not column else Cell(f"{value:.4f}", colour=(scale, value))

    scale = Scale(0.0, 1.0, "gate")
    table.show_rows(5000, cell, ("", "0.0000"))
    QApplication.processEvents()
    table.grab()
    assert 5 < len(made) < 20
    metrics = table.fontMetrics()
    assert table.columnWidth(1) >= metrics.horizontalAdvance("0.0000")
    assert table.columnWidth(0) + table.columnWidth(1) == table.viewport().width()
    table.selectRow(3)
    table.show_rows(5001, cell, ("", "0.0000"))
    assert table.currentIndex().row() == 3, "what grows keeps what is chosen"
    table.scrollToBottom()
    table.grab()
    assert 5000 in made
    assert len(made) < 40
    table.show_none()
    table.grab()
    assert table.rows.rowCount() == 0
