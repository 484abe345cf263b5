"""Two lines below a drawing: a formula and the same with its numbers put in, set as in a book."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QTextOption
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from rnnviz.core.export.figure import Figure
from rnnviz.core.export.mathematics import add_formula, plain, typeset
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.text.painting.text_figure import paint_parts

_SIDE, _GAP, _HEIGHT = 20, 5, 84
_SIZE, _LEAST = 18.0, 12.0
"""Of the letters, pixels: smaller where a line has no room; below the least there are words."""


class FormulaPanel(QWidget):
    """Formulas, or words where there are none; what it shows can be copied.

    A formula that has no room even in small letters stands as a line of words, which wraps.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[str, ...] = ()
        self._words = ""
        self._below = ""
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)

    def text(self) -> str:
        """What stands there as lines of words."""
        return self._words

    def latex(self) -> str:
        """The formulas that stand there; empty where there are words."""
        return "\n".join(self._lines)

    def set_words(self, words: str) -> None:
        """Show words."""
        self._lines, self._words, self._below = (), words, ""
        self._changed()

    def set_formulas(self, *lines: str, below: str = "") -> None:
        """Show formulas, one below the other, and some words below them."""
        self._lines, self._below = lines, below
        self._words = "\n".join([*map(plain, lines), *([below] if below else [])])
        self._changed()

    def _changed(self) -> None:
        self.setAccessibleDescription(self._words)
        self.update()

    def sizeHint(self) -> QSize:
        """As high as two lines with fractions, whatever is shown: the drawing above stays."""
        return QSize(420, _HEIGHT)

    @Slot(QPoint)
    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(self._copy)
        copied = menu.addAction("Copy as LaTeX")
        copied.triggered.connect(self._copy_latex)
        copied.setEnabled(bool(self._lines))
        menu.popup(self.mapToGlobal(at))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._words)

    @Slot()
    def _copy_latex(self) -> None:
        QGuiApplication.clipboard().setText(self.latex())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Each line as large as there is room."""
        theme = theme_of(self)
        with QPainter(self) as painter:
            words = self.fontMetrics().height() + _GAP if self._below else 0
            for most in (_SIZE, 16.0, 14.0, _LEAST):
                sizes = [self._fitting(line, most) for line in self._lines]
                boxes = [typeset(*both) for both in zip(self._lines, sizes, strict=True)]
                high = sum(box.above + box.below for box in boxes) + _GAP * (len(boxes) - 1) + words
                if boxes and min(sizes) >= _LEAST and high <= self.height() - 4:
                    drawn = Figure(float(self.width()), float(self.height()), "")
                    y = (self.height() - high) / 2
                    for line, size, box in zip(self._lines, sizes, boxes, strict=True):
                        add_formula(drawn, _SIDE, y + box.above, line, size, theme.text)
                        y += box.above + box.below + _GAP
                    paint_parts(painter, drawn)
                    painter.setFont(self.font())
                    painter.setPen(QColor(theme.muted))
                    painter.drawText(QPointF(_SIDE, y + self.fontMetrics().ascent()), self._below)
                    return
            painter.setPen(QColor(theme.text))
            option = QTextOption(Qt.AlignmentFlag.AlignVCenter)
            option.setWrapMode(QTextOption.WrapMode.WordWrap)
            place = QRectF(_SIDE, 2, self.width() - 2 * _SIDE, self.height() - 4)
            painter.drawText(place, self._words, option)

    def _fitting(self, line: str, most: float) -> float:
        """The size at which a line has room, at most so large."""
        width = typeset(line, most).width
        return most * min(1.0, (self.width() - 2 * _SIDE) / max(1.0, width))
