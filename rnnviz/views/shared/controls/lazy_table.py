"""A table whose words are made when they are seen: thousands of rows cost what a screenful does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from rnnviz.core.colours.colour import Scale
from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import plain_tip

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_COLOUR = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class Cell(NamedTuple):
    """What one cell shows."""

    words: str
    tip: str = ""
    colour: tuple[Scale, float] | None = None
    """A value, and the scale by which its colour lies under its words."""


class LazyRows(QAbstractTableModel):
    """Rows of which only those that are seen are put into words."""

    def __init__(
        self,
        heads: Sequence[str],
        numbers: Collection[int],
        tips: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._heads, self._numbers, self._tips = heads, numbers, tips
        self._count = 0
        self._cell: Callable[[int, int], Cell] = _no_cell
        self.widest: Sequence[str] = [""] * len(heads)
        """Of each column words that are as wide as any in it."""

    def show_rows(
        self, count: int, cell: Callable[[int, int], Cell], widest: Sequence[str]
    ) -> None:
        """Show so many rows.

        Args:
            cell: called with the row and the column of what is seen, for as long as it is shown.
            widest: words of each column that are as wide as any in it.
        """
        before, self.widest = self._count, widest
        self._cell = cell
        if count > before:
            self.beginInsertRows(QModelIndex(), before, count - 1)
            self._count = count
            self.endInsertRows()
        elif count < before:
            self.beginRemoveRows(QModelIndex(), count, before - 1)
            self._count = count
            self.endRemoveRows()
        if kept := min(before, count):
            self.dataChanged.emit(self.index(0, 0), self.index(kept - 1, len(self._heads) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        """As many as are shown."""
        return 0 if parent is not None and parent.isValid() else self._count

    def columnCount(self, parent: _Index | None = None) -> int:
        """One a head."""
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The heads of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._heads):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tips[section])
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(row, column).words
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column in self._numbers else None
        if role == _COLOUR:
            return self._cell(row, column).colour
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._cell(row, column).tip)
        return None


def _no_cell(row: int, column: int) -> Cell:
    raise IndexError(f"there is no row {row}")


class LazyTable(QTableView):
    """A table of such rows, without lines and without editing.

    Args:
        heads: the captions of the columns.
        stretched: the column that takes what the others leave.
        least: pixels that every column keeps.
        numbers: the columns that hold numbers; they end at the right.
        tips: what each column means, shown over its head.
    """

    def __init__(
        self,
        name: str,
        heads: Sequence[str],
        *,
        stretched: int,
        row_height: int,
        least: int,
        numbers: Collection[int] = (),
        tips: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows = LazyRows(heads, numbers, tips or [""] * len(heads), self)
        self.setModel(self.rows)
        self.setItemDelegate(_Coloured(self))
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        set_plain_rows(self, row_height)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(least)

    def show_rows(
        self, count: int, cell: Callable[[int, int], Cell], widest: Sequence[str]
    ) -> None:
        """Show so many rows; see `LazyRows.show_rows`."""
        self.rows.show_rows(count, cell, widest)

    def show_none(self) -> None:
        """Show no row."""
        self.rows.show_rows(0, _no_cell, self.rows.widest)

    def sizeHintForColumn(self, column: int) -> int:  # noqa: N802
        """The width of the widest words: Qt would make a thousand rows and measure them all."""
        first = self.rows.index(0, column)
        if not first.isValid():
            return 0
        metrics = self.fontMetrics()
        around = self.sizeHintForIndex(first).width() - metrics.horizontalAdvance(
            str(first.data() or "")
        )
        return metrics.horizontalAdvance(self.rows.widest[column]) + around + 1


class _Coloured(QStyledItemDelegate):
    """Paints a value's colour under its number, in the colours of the theme."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The colour, then the number."""
        if (found := index.data(_COLOUR)) is not None:
            scale, value = found
            place = int(scale.index(np.array([value], np.float32))[0])
            red, green, blue, _ = scale.colours(theme_of(self._table).dark)[place].tolist()
            painter.fillRect(option.rect, QColor(red, green, blue))
        super().paint(painter, option, index)
