"""The same weights as lines between two sentences, one above the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.words.tokens import runs_right_to_left, shown_token
from rnnviz.core.colours.colour import Scale
from rnnviz.core.colours.weight_colours import LEAST_SEEN, WHOLE
from rnnviz.views.alignments.drawing.pointed_view import PointedView
from rnnviz.views.alignments.drawing.table_painter import NOWHERE, Place
from rnnviz.views.shared.theme import theme_of, ui_font

MOST_LINES = 4000
"""The heaviest ones are drawn; below them one line more could not be seen."""
_SETTINGS = (
    (20.0, 28.0), (18.0, 24.0), (16.0, 22.0), (14.0, 18.0), (12.5, 17.0), (11.0, 16.0),
    (10.5, 12.0), (10.0, 10.0), (9.5, 8.0), (9.0, 7.0), (8.5, 6.0),
)  # fmt: skip
"""Sizes of the font and gaps between words, from roomy to tight: the first that fits is taken."""
_SCROLLED = (9.5, 8.0)
"""Where none fits."""
_NARROWEST = 12.0
"""No word with its gap is narrower, but for a few."""
_MARGIN, _LEAST_ROW = 16.0, 26.0
_ROWS = 0.29
"""Of the height, how much a row of words takes at most; the rest is left to the lines."""
_THINNEST, _THICKER = 0.75, 4.0


class LinesView(PointedView):
    """Source above, translation below, a line for every weight; long sentences scroll."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._set_fonts(_SETTINGS[0][0])
        self.scale = WHOLE
        self._share = 1.0
        self._unknown: frozenset[int] = frozenset()
        self.alignment = Alignment((), (), np.zeros((0, 0), np.float32))
        self._whole = self.alignment
        """That for which room is made: words stay in their places while one is being written."""
        self.kept: npt.NDArray[np.bool_] = np.zeros((0, 0), bool)
        self._drawn: list[tuple[int, int, float]] = []
        self._rects: tuple[list[QRectF], list[QRectF]] = ([], [])
        """Of the source words and of the target words, before scrolling."""
        self._width = 0.0

    def _set_fonts(self, points: float) -> None:
        self._font, self._bold = ui_font(points), ui_font(points)
        self._bold.setWeight(QFont.Weight.DemiBold)

    # What is shown

    def set_alignment(
        self, alignment: Alignment, share: float, unknown: frozenset[int] = frozenset()
    ) -> None:
        """Show another alignment; of its weights the heaviest that make this share of all.

        Args:
            unknown: source places whose words the model does not know; they stand out.
        """
        self.alignment = self._whole = alignment
        self._share, self._unknown = share, unknown
        self.forget_pointer()
        self._keep()
        self._lay()

    def set_share(self, share: float) -> None:
        """Draw the heaviest lines that make this share of all weight."""
        self._share = share
        self._keep()
        self.forget_picture()

    def set_scale(self, scale: Scale) -> None:
        """Give the weights other colours, and their lines another thickness."""
        if scale != self.scale:
            self.scale = scale
            self._keep()
            self.forget_picture()

    def reveal(self, mark: Place) -> None:
        """Scroll the marked words into view; a target word rather than a source word."""
        for rects, place in zip(reversed(self._rects), mark, strict=True):
            if place is not None and place < len(rects):
                rect, bar = rects[place], self.horizontalScrollBar()
                left, right = bar.value(), bar.value() + self.viewport().width()
                if rect.left() < left or rect.right() > right:
                    bar.setValue(int(rect.center().x() - self.viewport().width() / 2))
                return

    def scroll_to_share(self, share: float) -> None:
        """Scroll as far as another view is scrolled, from 0 to 1 of its way."""
        bar = self.horizontalScrollBar()
        bar.setValue(round(share * bar.maximum()))

    def set_shown_rows(self, rows: int | None) -> None:
        """Show only the first words of the translation."""
        if rows != self.shown_rows:
            self.shown_rows = rows
            self.forget_picture()

    def set_so_far(self, alignment: Alignment) -> None:
        """Show the same words, of which one is only partly written, without moving any."""
        if alignment is not self.alignment:
            self.alignment = alignment
            self._keep()
            self.forget_picture()

    @property
    def lines(self) -> int:
        """How many lines are drawn."""
        return len(self._drawn)

    def _keep(self) -> None:
        weights = self.alignment.weights
        seen = weights >= LEAST_SEEN * self.scale.high
        self.kept = self.alignment.heaviest(self._share) & seen
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
        sides = (self._whole.source, self._whole.target)
        room = self.viewport().width() - 2 * _MARGIN
        lengths = self._lengths(room)
        self._width = max(*(sum(side) for side in lengths), 1.0)
        across = max(self._width, room)
        height = self.viewport().height()
        line = max(_LEAST_ROW, QFontMetricsF(self._font).height() + 4)
        tops = (8.0, height - 8 - line)
        placed = []
        for side, tokens, top in zip(lengths, sides, tops, strict=True):
            # Of sentences that scroll, the beginnings are seen first.
            x = _MARGIN + ((across - sum(side)) / 2 if across <= room else 0.0)
            order = list(range(len(side)))
            if runs_right_to_left(tokens):
                order.reverse()
            rects = {}
            for place in order:
                rects[place] = QRectF(x, top, side[place], line)
                x += side[place]
            placed.append([rects[place] for place in range(len(side))])
        self._rects = (placed[0], placed[1])
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, int(self._width + 2 * _MARGIN - self.viewport().width())))
        bar.setPageStep(max(1, self.viewport().width()))
        bar.setSingleStep(40)
        self.forget_picture()

    def _lengths(self, room: float) -> list[list[float]]:
        """How wide every word of both sentences is, in the largest font in which they fit."""
        sides = [
            [shown_token(token) for token in side]
            for side in (self._whole.source, self._whole.target)
        ]
        # No sentence of so many words fits; measuring it in every font would take long.
        many = max(map(len, sides)) * _NARROWEST > room
        tallest = max(_LEAST_ROW, _ROWS * self.viewport().height())
        for points, gap in () if many else _SETTINGS:
            lengths = self._measured(sides, points, gap)
            high = QFontMetricsF(self._font).height()
            if max(map(sum, lengths)) <= room and high <= tallest:
                return lengths
        return self._measured(sides, *_SCROLLED)

    def _measured(self, sides: list[list[str]], points: float, gap: float) -> list[list[float]]:
        self._set_fonts(points)
        metrics = QFontMetricsF(self._font)
        return [[metrics.horizontalAdvance(word) + gap for word in side] for side in sides]

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
        colours = self.scale.colours(theme_of(self).dark)
        last = self.alignment.size[0] if self.shown_rows is None else self.shown_rows
        left = self.horizontalScrollBar().value()
        right = left + self.viewport().width()
        painter.setOpacity(opacity)
        entries = self.scale.index(np.array([weight for *_, weight in lines], np.float32))
        for (row, column, weight), entry in zip(lines, entries.tolist(), strict=True):
            if row >= last:
                continue
            upper, lower = self._rects[0][column], self._rects[1][row]
            start = QPointF(upper.center().x(), upper.bottom() + 1)
            stop = QPointF(lower.center().x(), lower.top() - 1)
            if max(start.x(), stop.x()) < left or min(start.x(), stop.x()) > right:
                continue
            thickness = _THINNEST + _THICKER * min(weight / self.scale.high, 1.0)
            pen = QPen(QColor(*colours[entry, :3].tolist()), thickness)
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
                lacking = side == 0 and place in self._unknown
                warned = theme_of(self).warning if lacking else ink
                painter.setPen(QColor(faint if hidden else warned))
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
        area, theme, rest = self.viewport().rect(), theme_of(self), self.resting()
        with QPainter(self.viewport()) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            row, column = self.mark
            if row is None and column is None:
                painter.drawPixmap(0, 0, rest)
                return
            painter.fillRect(area, QColor(theme.background))
            painter.setOpacity(0.22)
            painter.drawPixmap(0, 0, rest)
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
        # The word is bold here, and may be wider than its place.
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
        painter.drawText(self._rects[side][place], flags, shown_token(tokens[place]))

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from word to word, up and down from one sentence to the other."""
        key = event.key()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or not all(self._rects):
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._go(*self._where(), 1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            side, place = self._where()
            other = int(key == Qt.Key.Key_Down)
            if other != side and place is not None:
                place = self._heaviest(side, place)
            self._go(other, place, 0)
        else:
            super().keyPressEvent(event)

    def _where(self) -> tuple[int, int | None]:
        """The sentence and the word that is marked: 0 the source, 1 the translation."""
        row, column = self.mark
        return (0, column) if row is None else (1, row)

    def _heaviest(self, side: int, place: int) -> int:
        """The word of the other sentence that the heaviest line from a word leads to."""
        weights = self.alignment.weights
        found = weights[place] if side else weights[:, place]
        return int(np.argmax(np.nan_to_num(found, nan=-1.0)))

    def _go(self, side: int, place: int | None, step: int) -> None:
        rects = self._rects[side]
        # By where they are seen: a sentence may run from right to left.
        order = sorted(range(len(rects)), key=lambda at: rects[at].left())
        if place is None:
            place = 0
        elif place in order:
            place = order[min(max(order.index(place) + step, 0), len(order) - 1)]
        mark = (place, None) if side else (None, place)
        if mark == self.mark and self.pinned:
            return
        self.set_mark(mark, pinned=True)
        self.clicked.emit(mark)
        self.reveal(mark)

    def place_at(self, point: QPointF) -> Place:
        """The word under a point, as a row or a column."""
        x = point.x() + self.horizontalScrollBar().value()
        for side, rects in enumerate(self._rects):
            if rects and rects[0].top() - 4 <= point.y() <= rects[0].bottom() + 4:
                for place, rect in enumerate(rects):
                    if rect.left() <= x < rect.right():
                        return (place, None) if side else (None, place)
        return NOWHERE

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll both sentences."""
        self.forget_picture()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new size."""
        super().resizeEvent(event)
        self._lay()

    def sizeHint(self) -> QSize:
        """Room for the lines."""
        return QSize(520, 140)

    def minimumSizeHint(self) -> QSize:
        """The least at which lines can be told apart."""
        return QSize(160, 96)
