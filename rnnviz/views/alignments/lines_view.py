"""The same weights as lines between two sentences, one above the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from rnnviz.core.alignment import Alignment
from rnnviz.core.export.alignment_figure import LEAST_DRAWN, WEIGHTS
from rnnviz.core.tokens import runs_right_to_left, shown_token
from rnnviz.views.alignments.table_painter import NOWHERE, Place
from rnnviz.views.theme import theme_of, ui_font

MOST_LINES = 4000
"""The heaviest ones are drawn; below them a line more is seen by nobody."""
_POINTS = 11.0
_GAP, _MARGIN, _ROW = 16.0, 16.0, 26.0
_THINNEST, _THICKER = 0.75, 4.0


class LinesView(QAbstractScrollArea):
    """Source above, translation below, a line for every weight; long sentences scroll.

    Signals:
        hovered(Place): the pointer is over a target word (row), a source word (column) or nothing.
        clicked(Place): a word was clicked.
    """

    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._font = ui_font(_POINTS)
        self._bold = ui_font(_POINTS)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self.alignment = Alignment((), (), np.zeros((0, 0), np.float32))
        self.kept: npt.NDArray[np.bool_] = np.zeros((0, 0), bool)
        self._drawn: list[tuple[int, int, float]] = []
        self._rects: tuple[list[QRectF], list[QRectF]] = ([], [])
        """Of the source words and of the target words, before scrolling."""
        self.mark: Place = NOWHERE
        self.shown_rows: int | None = None
        self._hovered: Place = NOWHERE
        self._base: QPixmap | None = None
        self._width = 0.0

    # What is shown

    def set_alignment(self, alignment: Alignment, share: float) -> None:
        """Show another alignment; of its weights the heaviest that make this share of all."""
        self.alignment = alignment
        self._hovered = NOWHERE
        self._keep(share)
        self._lay()

    def set_share(self, share: float) -> None:
        """Draw the heaviest lines that make this share of all weight."""
        self._keep(share)
        self._forget()

    def set_mark(self, mark: Place) -> None:
        """Light up the lines of a target word, of a source word, or the one of both."""
        if mark != self.mark:
            self.mark = mark
            self.viewport().update()

    def reveal(self, mark: Place) -> None:
        """Scroll the marked words into view; a target word rather than a source word."""
        for rects, place in zip(reversed(self._rects), mark, strict=True):
            if place is not None and place < len(rects):
                rect, bar = rects[place], self.horizontalScrollBar()
                left, right = bar.value(), bar.value() + self.viewport().width()
                if rect.left() < left or rect.right() > right:
                    bar.setValue(int(rect.center().x() - self.viewport().width() / 2))
                return

    def set_shown_rows(self, rows: int | None) -> None:
        """Show only the first words of the translation."""
        if rows != self.shown_rows:
            self.shown_rows = rows
            self._forget()

    @property
    def lines(self) -> int:
        """How many lines are drawn."""
        return len(self._drawn)

    def _keep(self, share: float) -> None:
        weights = self.alignment.weights
        self.kept = self.alignment.heaviest(share) & (weights >= LEAST_DRAWN)
        places = np.argwhere(self.kept)
        values = weights[self.kept]
        if len(values) > MOST_LINES:
            heaviest = np.sort(np.argpartition(values, -MOST_LINES)[-MOST_LINES:])
            places, values = places[heaviest], values[heaviest]
        order = np.argsort(values, kind="stable")
        self._drawn = [
            (int(row), int(column), float(value))
            for (row, column), value in zip(places[order], values[order], strict=True)
        ]

    # Layout

    def _lay(self) -> None:
        metrics = QFontMetricsF(self._bold)
        sides = (self.alignment.source, self.alignment.target)
        lengths = [
            [metrics.horizontalAdvance(shown_token(token)) + _GAP for token in side]
            for side in sides
        ]
        room = self.viewport().width() - 2 * _MARGIN
        self._width = max(*(sum(side) for side in lengths), 1.0)
        across = max(self._width, room)
        height = self.viewport().height()
        tops = (8.0, height - 8 - _ROW)
        placed = []
        for side, tokens, top in zip(lengths, sides, tops, strict=True):
            x = _MARGIN + (across - sum(side)) / 2
            order = list(range(len(side)))
            if runs_right_to_left(tokens):
                order.reverse()
            rects = {}
            for place in order:
                rects[place] = QRectF(x, top, side[place], _ROW)
                x += side[place]
            placed.append([rects[place] for place in range(len(side))])
        self._rects = (placed[0], placed[1])
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, int(self._width + 2 * _MARGIN - self.viewport().width())))
        bar.setPageStep(max(1, self.viewport().width()))
        bar.setSingleStep(40)
        self._forget()

    def _forget(self) -> None:
        self._base = None
        self.viewport().update()

    # Painting

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint everything that rests, for the screen or for a file."""
        theme = theme_of(self)
        painter.fillRect(area, QColor(theme.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.translate(-self.horizontalScrollBar().value(), 0)
        self._paint_lines(painter, self._drawn, 1.0)
        self._paint_words(painter, theme.text, theme.faint)
        painter.restore()

    def _paint_lines(
        self, painter: QPainter, lines: list[tuple[int, int, float]], opacity: float
    ) -> None:
        colours = WEIGHTS.colours(theme_of(self).dark)
        last = self.alignment.size[0] if self.shown_rows is None else self.shown_rows
        left = self.horizontalScrollBar().value()
        right = left + self.viewport().width()
        painter.setOpacity(opacity)
        entries = WEIGHTS.index(np.array([weight for *_, weight in lines], np.float32))
        for (row, column, weight), entry in zip(lines, entries.tolist(), strict=True):
            if row >= last:
                continue
            upper, lower = self._rects[0][column], self._rects[1][row]
            start = QPointF(upper.center().x(), upper.bottom() + 1)
            stop = QPointF(lower.center().x(), lower.top() - 1)
            if max(start.x(), stop.x()) < left or min(start.x(), stop.x()) > right:
                continue
            pen = QPen(
                QColor(*colours[entry, :3].tolist()), _THINNEST + _THICKER * min(weight, 1.0)
            )
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(start, stop)
        painter.setOpacity(1.0)

    def _paint_words(self, painter: QPainter, ink: str, faint: str) -> None:
        painter.setFont(self._font)
        rows = self.shown_rows
        for side, (tokens, rects) in enumerate(
            zip((self.alignment.source, self.alignment.target), self._rects, strict=True)
        ):
            for place in self._seen(rects):
                hidden = side == 1 and rows is not None and place >= rows
                painter.setPen(QColor(faint if hidden else ink))
                painter.drawText(
                    rects[place], Qt.AlignmentFlag.AlignCenter, shown_token(tokens[place])
                )

    def _seen(self, rects: list[QRectF]) -> list[int]:
        left = self.horizontalScrollBar().value()
        right = left + self.viewport().width()
        return [
            place for place, rect in enumerate(rects) if rect.right() > left and rect.left() < right
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """What rests, from the picture; faint under the lines of what is marked."""
        area, ratio, theme = self.viewport().rect(), self.devicePixelRatioF(), theme_of(self)
        if self._base is None:
            base = QPixmap(area.size() * ratio)
            base.setDevicePixelRatio(ratio)
            below = QPainter(base)
            self.paint(below, area)
            below.end()
            self._base = base
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, column = self.mark
        if row is None and column is None:
            painter.drawPixmap(0, 0, self._base)
            return
        painter.fillRect(area, QColor(theme.background))
        painter.setOpacity(0.22)
        painter.drawPixmap(0, 0, self._base)
        painter.setOpacity(1.0)
        painter.translate(-self.horizontalScrollBar().value(), 0)
        lit = self._lit()
        self._paint_lines(painter, lit, 1.0)
        painter.setFont(self._bold)
        words = {(1, row) for row, _, _ in lit} | {(0, column) for _, column, _ in lit}
        for side, place in ((1, row), (0, column)):
            if place is not None and place < len(self._rects[side]):
                words.discard((side, place))
                self._paint_word(painter, side, place, theme.accent)
        painter.setFont(self._font)
        for side, place in words:
            self._paint_word(painter, side, place, theme.text)

    def _lit(self) -> list[tuple[int, int, float]]:
        """The lines of what is marked; of one cell its line, whatever its weight."""
        row, column = self.mark
        rows, columns = self.alignment.size
        if row is not None and column is not None:
            if row >= rows or column >= columns:
                return []
            weight = float(self.alignment.weights[row, column])
            return [(row, column, weight)] if weight > 0 else []
        return [line for line in self._drawn if row == line[0] or column == line[1]]

    def _paint_word(self, painter: QPainter, side: int, place: int, colour: str) -> None:
        tokens = self.alignment.target if side else self.alignment.source
        painter.setPen(QColor(colour))
        painter.drawText(
            self._rects[side][place], Qt.AlignmentFlag.AlignCenter, shown_token(tokens[place])
        )

    # Events

    def place_at(self, point: QPointF) -> Place:
        """The word under a point, as a row or a column."""
        x = point.x() + self.horizontalScrollBar().value()
        for side, rects in enumerate(self._rects):
            if rects and rects[0].top() - 4 <= point.y() <= rects[0].bottom() + 4:
                for place, rect in enumerate(rects):
                    if rect.left() <= x < rect.right():
                        return (place, None) if side else (None, place)
        return NOWHERE

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which word the pointer is over."""
        self._hover(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is over nothing."""
        self._hover(NOWHERE)
        super().leaveEvent(event)

    def _hover(self, place: Place) -> None:
        if place != self._hovered:
            self._hovered = place
            self.hovered.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click has happened when the button goes down."""
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click pins a word."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place != NOWHERE:
            self.clicked.emit(place)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll both sentences."""
        self._forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new size."""
        super().resizeEvent(event)
        self._lay()

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._forget()

    def sizeHint(self) -> QSize:
        """Room for the lines."""
        return QSize(520, 118)

    def minimumSizeHint(self) -> QSize:
        """The least at which lines can be told apart."""
        return QSize(160, 96)
