"""The tree of a beam search, step by step from left to right, walked with the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from rnnviz.core.alignments.beam_layout import Placed, placed_tree
from rnnviz.core.alignments.decoded import BeamNode
from rnnviz.core.alignments.words.tokens import shown_token
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.shared.theme import theme_of, ui_font

_ROW, _GAP, _MARGIN = 26, 28, 12
_LEAST, _LONGEST = 28.0, 150.0


class TreeView(QAbstractScrollArea):
    """Paints a tree; the best branch is straight and bold, what was dropped is faint.

    Signals:
        moved(object): the `Placed` node that the person went to.
        chosen(int): Enter or a double click on the node of this id: follow its branch.
    """

    moved = Signal(object)
    chosen = Signal(int)

    speaks = True

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.placed: tuple[Placed, ...] = ()
        self.current: int | None = None
        self._starts: list[float] = []
        self._widths: list[float] = []
        self._font = ui_font(9.5)
        self._font.setWeight(QFont.Weight.DemiBold)

    def set_tree(self, nodes: Sequence[BeamNode], target: Sequence[str], *, dropped: bool) -> None:
        """Show another tree, and in it the way to the translation that was chosen."""
        self.placed = placed_tree(nodes, dropped=dropped, target=target)
        self.current = None
        metrics = QFontMetricsF(self._font)
        steps = max((found.column for found in self.placed), default=-1) + 1
        self._widths = [_LEAST] * steps
        for found in self.placed:
            length = min(metrics.horizontalAdvance(shown_token(found.node.token)) + 14, _LONGEST)
            self._widths[found.column] = max(self._widths[found.column], length)
        x, self._starts = float(_MARGIN), []
        for width in self._widths:
            self._starts.append(x)
            x += width + _GAP
        self._adjust_bars()
        self.viewport().update()

    def columns(self) -> Columns:
        """Every node with its parent, for CSV."""
        nodes = [found.node for found in self.placed]
        return {
            "id": [node.id for node in nodes],
            "parent": ["" if node.parent is None else node.parent for node in nodes],
            "step": [found.column for found in self.placed],
            "token": [node.token for node in nodes],
            "log_p": [node.score for node in nodes],
            "kept": [node.kept for node in nodes],
        }

    def _adjust_bars(self) -> None:
        width = self._starts[-1] + self._widths[-1] + _MARGIN if self._starts else 0
        height = (max((found.row for found in self.placed), default=-1) + 1) * _ROW + 2 * _MARGIN
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setRange(0, max(0, int(width - self.viewport().width())))
        down.setRange(0, max(0, height - self.viewport().height()))
        across.setPageStep(max(1, self.viewport().width()))
        down.setPageStep(max(1, self.viewport().height()))
        across.setSingleStep(40)
        down.setSingleStep(_ROW)

    def _rect(self, found: Placed) -> QRectF:
        return QRectF(
            self._starts[found.column], _MARGIN + found.row * _ROW, self._widths[found.column], 20
        )

    # Painting

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint what is seen, for the screen or for a file."""
        theme = theme_of(self)
        painter.fillRect(area, QColor(theme.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        painter.translate(-x, -y)
        seen = QRectF(x - _LONGEST - _GAP, y - _ROW, area.width() + 2 * _LONGEST, area.height())
        seen.setBottom(y + area.height() + _ROW)
        along = self._along()
        across = {
            column
            for column, start in enumerate(self._starts)
            if start < seen.right() and start + self._widths[column] + _GAP > seen.left()
        }
        for place, found in enumerate(self.placed):
            if found.column not in across:
                continue
            rect = self._rect(found)
            if found.parent is not None:
                above = self._rect(self.placed[found.parent])
                box = above.united(rect)
                if box.intersects(seen):
                    lit = place in along and found.parent in along
                    self._paint_edge(painter, above, rect, found, lit=lit)
            if rect.intersects(seen):
                self._paint_node(painter, rect, place, found, lit=place in along)

    def _paint_edge(
        self, painter: QPainter, above: QRectF, rect: QRectF, found: Placed, *, lit: bool
    ) -> None:
        theme = theme_of(self)
        colour = theme.accent if lit else theme.muted if found.best else theme.border
        painter.setPen(QPen(QColor(colour), 2.0 if lit or found.best else 1.2))
        start = QPointF(above.right(), above.center().y())
        stop = QPointF(rect.left(), rect.center().y())
        middle = stop.x() - _GAP / 2
        path = QPainterPath(start)
        path.lineTo(QPointF(stop.x() - _GAP, start.y()))
        path.cubicTo(QPointF(middle, start.y()), QPointF(middle, stop.y()), stop)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _paint_node(
        self, painter: QPainter, rect: QRectF, place: int, found: Placed, *, lit: bool
    ) -> None:
        theme = theme_of(self)
        ink = theme.text if found.node.kept else theme.faint
        if place == self.current:
            painter.setPen(QPen(QColor(theme.accent), 1.5))
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(rect, 5, 5)
            ink = theme.accent
        elif lit:
            ink = theme.accent
        font = ui_font(9.5)
        font.setWeight(QFont.Weight.DemiBold if found.best else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(ink))
        name = QFontMetricsF(font).elidedText(
            shown_token(found.node.token), Qt.TextElideMode.ElideRight, rect.width() - 6
        )
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, name)

    def _along(self) -> set[int]:
        """The places from the root to where the person is."""
        found, at = set(), self.current
        while at is not None:
            found.add(at)
            at = self.placed[at].parent
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is seen."""
        with QPainter(self.viewport()) as painter:
            self.paint(painter, self.viewport().rect())

    # Moving

    def go(self, place: int) -> None:
        """Go to a node, and bring it into view."""
        if place == self.current or not 0 <= place < len(self.placed):
            return
        self.current = place
        rect = self._rect(self.placed[place])
        for bar, low, high, room in (
            (self.horizontalScrollBar(), rect.left(), rect.right(), self.viewport().width()),
            (self.verticalScrollBar(), rect.top(), rect.bottom(), self.viewport().height()),
        ):
            if low - _MARGIN < bar.value():
                bar.setValue(int(low - _MARGIN))
            elif high + _MARGIN > bar.value() + room:
                bar.setValue(int(high + _MARGIN - room))
        self.viewport().update()
        self.moved.emit(self.placed[place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right along a branch, up and down among those of a step, Enter follows it."""
        key = event.key()
        if not self.placed:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.chosen.emit(self.placed[self.current].node.id)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(Qt.Key(key))
        else:
            super().keyPressEvent(event)

    def _step(self, key: Qt.Key) -> None:
        if self.current is None:
            self.go(0)
            return
        here = self.placed[self.current]
        if key == Qt.Key.Key_Left:
            if here.parent is not None:
                self.go(here.parent)
            return
        if key == Qt.Key.Key_Right:
            below = [at for at, found in enumerate(self.placed) if found.parent == self.current]
            if below:
                self.go(min(below, key=lambda at: self.placed[at].row))
            return
        sign = 1 if key == Qt.Key.Key_Down else -1
        beside = [
            at
            for at, found in enumerate(self.placed)
            if found.column == here.column and sign * (found.row - here.row) > 0
        ]
        if beside:
            self.go(min(beside, key=lambda at: sign * self.placed[at].row))

    def _at(self, point: QPointF) -> int | None:
        x = point.x() + self.horizontalScrollBar().value()
        y = point.y() + self.verticalScrollBar().value()
        rects = ((at, self._rect(found)) for at, found in enumerate(self.placed))
        return next((at for at, rect in rects if rect.contains(QPointF(x, y))), None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click has happened when the button goes down."""
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click goes to a node."""
        place = self._at(event.position())
        if place is not None:
            self.go(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click follows its branch."""
        place = self._at(event.position())
        if place is not None:
            self.chosen.emit(self.placed[place].node.id)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll."""
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less to scroll."""
        super().resizeEvent(event)
        self._adjust_bars()

    def changeEvent(self, event: QEvent) -> None:
        """Paint anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def sizeHint(self) -> QSize:
        """Room for five branches."""
        return QSize(600, 170)
