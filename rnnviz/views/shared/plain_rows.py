"""How tables of the window look: rows without a grid, one of them chosen at a time."""

from __future__ import annotations

from PySide6.QtWidgets import QTableView


def set_plain_rows(table: QTableView, height: int) -> None:
    """Rows of so many pixels, without numbers and lines; a click chooses one whole row."""
    table.setShowGrid(False)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(height)
