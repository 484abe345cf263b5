"""A table of words, without lines and without editing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.shared.words.plain_text import plain_tip

_LEAST_WIDE = 90
"""Pixels that the widest column keeps, if its words need as many."""

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class QuietTable(QTableWidget):
    """Words in rows, without lines; a name that does not fit goes on in further lines.

    Args:
        numbers: the columns that hold numbers; they end at the right.
        tips: what each column means, shown over its head.
    """

    def __init__(
        self,
        name: str,
        heads: tuple[str, ...],
        parent: QWidget | None = None,
        *,
        numbers: Collection[int] = (),
        tips: Sequence[str] = (),
    ) -> None:
        super().__init__(0, len(heads), parent)
        self._numbers = numbers
        self._wide: tuple[int, int] | None = None
        """The column that takes what the others leave, and what its words need."""
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(heads)
        for place, tip in enumerate(tips):
            head = self.horizontalHeaderItem(place)
            assert head is not None
            head.setToolTip(plain_tip(tip))
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.horizontalHeader().setMinimumSectionSize(28)
        set_plain_rows(self, 26)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """What the others leave is the wide column's, but so little that nobody could read it."""
        if self._wide is None:
            return
        (wide, needed), header = self._wide, self.horizontalHeader()
        others = sum(header.sectionSize(n) for n in range(header.count()) if n != wide)
        least = min(needed, _LEAST_WIDE)
        if self.viewport().width() - others >= least:
            header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        else:
            header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(wide, least)
        self._fit_heights(wide, needed)

    def _fit_heights(self, wide: int, needed: int) -> None:
        """More lines for the rows whose words in the wide column need more than its width."""
        metrics, usual = self.fontMetrics(), self.verticalHeader().defaultSectionSize()
        items = [self.item(row, wide) for row in range(self.rowCount())]
        texts = [item.text() if item is not None else "" for item in items]
        around = max(0, needed - max(map(metrics.horizontalAdvance, texts), default=0))
        place = QRect(0, 0, self.columnWidth(wide) - around, 1 << 16)
        for row, text in enumerate(texts):
            fitted = metrics.boundingRect(place, Qt.TextFlag.TextWordWrap, text).height()
            self.setRowHeight(row, max(usual, usual - metrics.lineSpacing() + fitted))

    def show_rows(
        self,
        rows: Sequence[Sequence[str]],
        swatches: Sequence[QColor] = (),
        *,
        wide: int = 0,
    ) -> None:
        """Show these words; only cells that changed are touched.

        A row that was chosen is no longer, where its place is another's now.

        Args:
            swatches: the colour of the first cell of each row.
            wide: the column that takes what the others leave.
        """
        changed = self.rowCount() != len(rows)
        chosen = self.item(self.currentRow(), 0)
        named = None if chosen is None else chosen.text()
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
            self.fit_columns(wide)
        now = self.item(self.currentRow(), 0)
        if named is not None and (now is None or now.text() != named):
            self.choose_row(None)

    def choose_row(self, row: int | None) -> None:
        """Show that what stands in this row, or in none, is on the screen."""
        if row is None:
            self.clearSelection()
            self.setCurrentCell(-1, -1)
        else:
            self.setCurrentCell(row, 0)

    def fit_columns(self, wide: int | None = None) -> None:
        """Make every column as wide as its words.

        Args:
            wide: the column that takes what the others leave; the same as before unless given.
        """
        if wide is None:
            if self._wide is None:
                return
            wide = self._wide[0]
        # Once, not after every cell as the header would by itself.
        self.horizontalHeader().setSectionResizeMode(wide, QHeaderView.ResizeMode.Interactive)
        self.resizeColumnsToContents()
        self._wide = wide, self.columnWidth(wide)
        self._share_width()
