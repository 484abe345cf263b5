"""How tables of the window look: rows without a grid, one of them chosen at a time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView

from rnnviz.views.shared.theme import for_text


def set_plain_rows(table: QTableView, height: int) -> None:
    """Rows of so many pixels, without numbers and lines; a click chooses one whole row.

    They are higher where the desktop wants larger text. The Tab key goes on to what stands behind
    the table, the arrows go from row to row.
    """
    table.setTabKeyNavigation(False)
    leave_letters(table)
    table.setShowGrid(False)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(for_text(height))


def leave_letters(rows: QAbstractItemView) -> None:
    """Let single keys through to the window; Qt would search the rows for them."""
    rows.installEventFilter(_Letters(rows))


class _Letters(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take no letter, digit or sign; what is not taken goes on to the parent."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier
        if not event.text().strip() or not event.text().isprintable():
            return False
        if event.modifiers() & commands:
            return False
        event.ignore()
        return True
