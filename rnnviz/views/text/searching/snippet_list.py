"""Short pieces of the text, each coloured by a unit; a click asks to see the piece in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from rnnviz.core.colours.colour import Scale
from rnnviz.views.shared.controls.plain_rows import leave_letters
from rnnviz.views.shared.theme import mono_font, theme_of, ui_font
from rnnviz.views.text.painting.cell_glyphs import paint_glyph
from rnnviz.views.text.painting.glyphs import Glyph, glyph

_ROW_HEIGHT = 26
_HEADING_HEIGHT = 32
_MARGIN = 12
_FOCUS_AT = 0.7
"""Where the place that a piece is about stands, as a share of the width."""
_ENTRY = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, eq=False)
class Piece:
    """Characters from `start` on and one value for each."""

    start: int
    text: str
    values: npt.NDArray[np.floating]
    note: str = ""
    """What stands before it, such as its highest value."""
    focus: int = 0
    """The character that it is about."""
    step: int | None = None
    """The step that a click goes to, where steps are no characters."""
    marked: bool = True
    """Whether the character that it is about is underlined; of a whole passage none is."""


Entry = Piece | str
"""A string is a heading."""


class SnippetModel(QAbstractListModel):
    """Headings and pieces, as a person reads them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()

    def set_entries(self, entries: tuple[Entry, ...]) -> None:
        """Take these."""
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many headings and pieces."""
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The entry itself, or its words."""
        entry = self.entries[index.row()]
        if role == _ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry if isinstance(entry, str) else entry.text
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(entry, Piece):
            return f"At character {entry.focus:,}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A heading cannot be chosen."""
        if isinstance(self.entries[index.row()], str):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _PieceDelegate(QStyledItemDelegate):
    def __init__(self, parent: QListView) -> None:
        super().__init__(parent)
        self._list = parent
        self.scale = Scale(-1.0, 1.0, "blue-orange")
        self.note_width = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry = index.data(_ENTRY)
        return QSize(100, _HEADING_HEIGHT if isinstance(entry, str) else _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry, area = index.data(_ENTRY), QRect(option.rect)
        theme = theme_of(self._list)
        painter.save()
        if isinstance(entry, str):
            painter.setFont(ui_font(9.5))
            painter.setPen(QColor(theme.muted))
            below = area.adjusted(_MARGIN, 8, -_MARGIN, -2)
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, entry)
        else:
            if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
                painter.fillRect(area, QColor(theme.tint))
            self._paint_piece(painter, area.adjusted(_MARGIN, 3, -4, -3), entry, theme.dark)
        painter.restore()

    def _paint_piece(self, painter: QPainter, area: QRect, piece: Piece, dark: bool) -> None:
        theme = theme_of(self._list)
        if self.note_width:
            painter.setFont(ui_font(8.5))
            painter.setPen(QColor(theme.muted))
            note = QRect(area.left(), area.top(), self.note_width, area.height())
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(note, right, piece.note)
            area = area.adjusted(self.note_width + 10, 0, 0, 0)
        font = mono_font(9.5)
        painter.setFont(font)
        advance = QFontMetricsF(font).horizontalAdvance("0")
        if not piece.text:
            return
        first, glyphs = _around(piece, int(area.width() / advance))
        widths = [shape.width for shape in glyphs]
        begins = [sum(widths[:place]) for place in range(len(widths) + 1)]
        entries = self.scale.index(np.asarray(piece.values[first : first + len(glyphs)]))
        colours = np.repeat(self.scale.colours(dark)[entries], widths, axis=0)
        row = np.ascontiguousarray(colours).reshape(1, begins[-1], 4)
        image = QImage(row.data, begins[-1], 1, begins[-1] * 4, QImage.Format.Format_RGBA8888)
        ground = area.adjusted(0, 0, round(begins[-1] * advance) - area.width(), 0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(ground, image)
        painter.setPen(QColor(theme.text))
        if piece.marked:
            focus = max(0, min(piece.focus - piece.start - first, len(glyphs) - 1))
            left, wide = area.left() + begins[focus] * advance, widths[focus] * advance
            painter.fillRect(QRectF(left, area.bottom() - 1, wide, 2), QColor(theme.text))
        baseline = area.top() + (area.height() + QFontMetricsF(font).capHeight()) / 2
        for begin, shape in zip(begins, glyphs, strict=False):
            if shape.shown != " ":
                painter.setOpacity(0.45 if shape.faint else 1.0)
                left = area.left() + begin * advance
                if shape.shown.isascii():
                    painter.drawText(QPointF(left, baseline), shape.shown)
                else:
                    cell = QRectF(left, area.top(), shape.width * advance, area.height())
                    paint_glyph(painter, cell, baseline, shape.shown)


def _around(piece: Piece, columns: int) -> tuple[int, list[Glyph]]:
    """What fits of a piece, with its focus where it should stand: first character and glyphs."""
    focus = max(0, min(piece.focus - piece.start, len(piece.text) - 1))
    glyphs = [glyph(ord(character)) for character in piece.text]
    first, before = focus, columns * _FOCUS_AT
    while first > 0 and before >= glyphs[first - 1].width:
        first -= 1
        before -= glyphs[first].width
    last, room = first, columns
    while last < len(glyphs) and room >= glyphs[last].width:
        room -= glyphs[last].width
        last += 1
    while last == len(glyphs) and first > 0 and room >= glyphs[first - 1].width:
        first -= 1
        room -= glyphs[first].width
    return first, glyphs[first : max(last, focus + 1)]


class SnippetList(QListView):
    """Pieces of the text under headings.

    Signals:
        piece_chosen(place): the person clicked a piece, or pressed Enter on it.
    """

    piece_chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._model = SnippetModel(self)
        self._delegate = _PieceDelegate(self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        leave_letters(self)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def set_entries(self, entries: tuple[Entry, ...], scale: Scale | None) -> None:
        """Show these, coloured by this scale; None where there is nothing to colour."""
        notes = [entry.note for entry in entries if isinstance(entry, Piece)]
        metrics = QFontMetricsF(ui_font(8.5))
        widest = max((metrics.horizontalAdvance(note) for note in notes), default=0.0)
        if scale is not None:
            self._delegate.scale = scale
        self._delegate.note_width = int(widest + 1) if widest else 0
        self._model.set_entries(entries)

    def set_scale(self, scale: Scale) -> None:
        """Colour the same by another scale."""
        self._delegate.scale = scale
        self.viewport().update()

    @property
    def scale(self) -> Scale:
        """What values are coloured by."""
        return self._delegate.scale

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is shown."""
        return self._model.entries

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        entry = index.data(_ENTRY)
        if isinstance(entry, Piece):
            self.piece_chosen.emit(entry.focus if entry.step is None else entry.step)
