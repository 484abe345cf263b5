"""A table of words, without lines and without editing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from rnnviz.views.shared.plain_rows import set_plain_rows
from rnnviz.views.shared.plain_text import plain_tip

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class QuietTable(QTableWidget):
    """Words in rows, without lines.

    Args:
        numbers: the columns that hold numbers; they end at the right.
    """

    def __init__(
        self,
        name: str,
        heads: tuple[str, ...],
        parent: QWidget | None = None,
        *,
        numbers: Collection[int] = (),
    ) -> None:
        super().__init__(0, len(heads), parent)
        self._numbers = numbers
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(heads)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.horizontalHeader().setMinimumSectionSize(28)
        set_plain_rows(self, 26)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)

    def show_rows(
        self,
        rows: Sequence[Sequence[str]],
        swatches: Sequence[QColor] = (),
        *,
        wide: int = 0,
    ) -> None:
        """Show these words; only cells that changed are touched.

        Args:
            swatches: the colour of the first cell of each row.
            wide: the column that takes what the others leave.
        """
        changed = self.rowCount() != len(rows)
        self.setRowCount(len(rows))
        for row, cells in enumerate(rows):
            for place, words in enumerate(cells):
                item = self.item(row, place)
                if item is None:
                    item = QTableWidgetItem()
                    if place in self._numbers:
                        item.setTextAlignment(_RIGHT)
                    self.setItem(row, place, item)
                if item.text() != words:
                    item.setText(words)
                    item.setToolTip(plain_tip(words))
                    changed = True
                if place == 0 and swatches:
                    item.setForeground(swatches[row])
        if changed:
            # Once, not after every cell as the header would by itself.
            self.resizeColumnsToContents()
            self.horizontalHeader().setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
