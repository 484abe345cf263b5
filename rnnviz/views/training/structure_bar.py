"""The lecture's row of pictures of how sequences lie to each other; each opens its tasks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from rnnviz.core.training_tasks import TASKS
from rnnviz.core.training_tasks.structures import STRUCTURES, Structure
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import plain_tip

_BOX, _GAP, _RISE, _HEAD = QSize(13, 11), 11, 12, 3.0
_MARGIN = 8
_INPUT, _HIDDEN, _OUTPUT = "bad", "good", "accent"
"""Names of colours of the theme, as the lecture has them: red, green, blue."""


class StructureButton(QAbstractButton):
    """One picture: what is read below, states in the middle, what is written above."""

    def __init__(self, structure: Structure, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.structure = structure
        self.setCheckable(True)
        self.setText(structure.title)
        self.setAccessibleName(structure.title)
        self.setAccessibleDescription(structure.about)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        tasks = [task.title for task in TASKS if task.structure == structure.key]
        offered = ", ".join(tasks) or "nothing of this kind can be trained yet"
        self.setEnabled(bool(tasks))
        self.setToolTip(plain_tip(f"{structure.about}.\nHere: {offered}."))

    def sizeHint(self) -> QSize:
        """The picture over as many lines as its title takes."""
        lines = 2 if len(self.structure.title) > 14 else 1
        height = 3 * _BOX.height() + 2 * _RISE + 3 * _MARGIN + 2 * self.fontMetrics().height()
        widest = max(self.fontMetrics().horizontalAdvance(w) for w in self._lines(lines))
        return QSize(max(self._drawn_width(), widest) + 2 * _MARGIN, height)

    def minimumSizeHint(self) -> QSize:
        """Never so narrow that the title is cut."""
        return self.sizeHint()

    def _lines(self, count: int) -> list[str]:
        if count == 1:
            return [self.structure.title]
        words = self.structure.title.split()
        return [" ".join(words[:3]), " ".join(words[3:])]

    def _drawn_width(self) -> int:
        steps = len(self.structure.inputs)
        return steps * _BOX.width() + (steps - 1) * _GAP

    def paintEvent(self, event: QPaintEvent) -> None:
        """Boxes, arrows, and the title."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            ground = theme.tint if self.isChecked() else theme.raised
            ground = theme.surface if not self.isEnabled() else ground
            chosen = self.isChecked()
            painter.setPen(QPen(QColor(theme.accent if chosen else theme.border), 1 + chosen))
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(frame, 6, 6)
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 1, Qt.PenStyle.DotLine))
                painter.drawRoundedRect(frame.adjusted(3, 3, -3, -3), 4, 4)
            painter.setOpacity(1.0 if self.isEnabled() else 0.45)
            self._draw_network(painter)
            painter.setOpacity(1.0)
            painter.setPen(QColor(theme.text if self.isEnabled() else theme.muted))
            top = 3 * _BOX.height() + 2 * _RISE + 2 * _MARGIN
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            words = "\n".join(self._lines(2 if len(self.structure.title) > 14 else 1))
            painter.drawText(QRectF(0, top, self.width(), self.height() - top), flags, words)

    def _draw_network(self, painter: QPainter) -> None:
        theme, about = theme_of(self), self.structure
        colours = {name: QColor(getattr(theme, name)) for name in (_INPUT, _HIDDEN, _OUTPUT)}
        left = (self.width() - self._drawn_width()) / 2
        rise = _BOX.height() + _RISE
        for step, (reads, writes) in enumerate(zip(about.inputs, about.outputs, strict=True)):
            x = left + step * (_BOX.width() + _GAP)
            middle = QRectF(x, _MARGIN + rise, _BOX.width(), _BOX.height())
            painter.setPen(Qt.PenStyle.NoPen)
            for there, colour, place in (
                (True, _HIDDEN, middle),
                (reads, _INPUT, middle.translated(0, rise)),
                (writes, _OUTPUT, middle.translated(0, -rise)),
            ):
                if there:
                    painter.setBrush(colours[colour])
                    painter.drawRoundedRect(place, 2, 2)
            painter.setPen(QPen(QColor(theme.muted), 1.2))
            centre = middle.center()
            half = QPointF(0, _BOX.height() / 2)
            if reads:
                _arrow(painter, centre + half + QPointF(0, _RISE), centre + half)
            if writes:
                _arrow(painter, centre - half, centre - half - QPointF(0, _RISE))
            if step + 1 < len(about.inputs):
                side = QPointF(_BOX.width() / 2, 0)
                _arrow(painter, centre + side, centre + side + QPointF(_GAP, 0))


def _arrow(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """A line with a head, along an axis."""
    painter.drawLine(start, end)
    along = end - start
    length = max(abs(along.x()), abs(along.y()))
    ahead = QPointF(along.x() / length, along.y() / length) * _HEAD
    sideways = QPointF(-ahead.y(), ahead.x())
    painter.drawLine(end, end - ahead + sideways)
    painter.drawLine(end, end - ahead - sideways)


class StructureBar(QWidget):
    """All pictures in a row, one of them chosen.

    Signals:
        chosen(str): the key of the structure that was chosen.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Structure")
        self._group = QButtonGroup(self)
        self.buttons = {one.key: StructureButton(one) for one in STRUCTURES}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for place, button in enumerate(self.buttons.values()):
            self._group.addButton(button, place)
            row.addWidget(button)
        self._group.idClicked.connect(self._clicked)

    def choose(self, key: str) -> None:
        """Mark a picture without telling."""
        self.buttons[key].setChecked(True)

    @Slot(int)
    def _clicked(self, place: int) -> None:
        self.chosen.emit(STRUCTURES[place].key)
