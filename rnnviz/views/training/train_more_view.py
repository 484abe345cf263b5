"""A run's samples as one figure: at first, train more, train more; saved as picture or page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.export.figure import CELL
from rnnviz.core.export.train_more import MOMENTS, Moment, train_more_figure, train_more_page
from rnnviz.core.files.writing import save_file
from rnnviz.views.shared.controls.number_field import WholeField
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns
from rnnviz.views.shared.theme import set_icon, theme_of
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.zooming import more_points
from rnnviz.views.text.painting.text_figure import paint_figure, saving_drawn

_LEAST_COLUMNS = 24
_POINTS = 9.75
"""Of its letters, which are 13 pixels high."""
_BESIDE = 68.0
"""Pixels of the figure that hold no letters."""
_KINDS = (("Save as a picture…", "png"), ("Save as SVG…", "svg"), ("Save as a page…", "html"))


class _Sheet(QWidget):
    """The figure as wide as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: tuple[Moment, ...] = ()
        self.title = ""
        self._more = 0.0
        self.setAccessibleName("Samples of the training: at first, train more")

    def show_moments(self, moments: Sequence[Moment], title: str) -> None:
        self.moments, self.title = tuple(moments), title
        said = "; ".join(f"{moment.title}: {moment.text[:200]}" for moment in moments)
        self.setAccessibleDescription(said)
        self._fit()
        self.update()

    def zoom(self, steps: float) -> None:
        """Make the figure larger, a point more of its words at each step; 0 as usual."""
        self._more = more_points(self._more, steps)
        self._fit()
        self.update()

    @property
    def _scale(self) -> float:
        return (_POINTS + self._more) / _POINTS

    def _fit(self) -> None:
        columns = max(_LEAST_COLUMNS, int((self.width() / self._scale - _BESIDE) // CELL))
        self._figure = train_more_figure(
            self.moments, self.title, dark=theme_of(self).dark, columns=columns
        )
        self.setMinimumHeight(round(self._figure.height * self._scale))

    def sizeHint(self) -> QSize:
        return QSize(320, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme_of(self).background)
            painter.scale(self._scale, self._scale)
            paint_figure(painter, self._figure)


class TrainMoreView(QWidget):
    """How many moments, the figure, and what it is saved as."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = _Sheet()
        self.count = WholeField("Moments", 2, 12)
        self.count.set_value(MOMENTS)
        self.count.setMaximumWidth(72)
        self.save_button = QToolButton()
        self.save_button.setText("Save")
        set_icon(self.save_button, "download")
        self.save_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.save_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.save_button)
        for words, ending in _KINDS:
            menu.addAction(words, partial(self._ask_where, words, ending))
        self.save_button.setMenu(menu)
        caption = Label("Moments")
        caption.setProperty("role", "muted")
        caption.setBuddy(self.count)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 8)
        row.addWidget(caption)
        row.addWidget(self.count)
        row.addStretch(1)
        row.addWidget(self.save_button)
        scrolled = QScrollArea()
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setWidget(self.sheet)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(scrolled, 1)

    def show_moments(self, moments: Sequence[Moment], title: str) -> None:
        """Show these."""
        if (tuple(moments), title) != (self.sheet.moments, self.sheet.title):
            self.sheet.show_moments(moments, title)
        self.save_button.setEnabled(bool(moments))

    def saving(self, path: Path) -> Turns:
        """Write the figure: `.png`, `.svg`, or `.html` for a page with the whole samples.

        Raises:
            RnnvizError: it cannot be written.
        """
        moments, title = self.sheet.moments, self.sheet.title
        if path.suffix.lower() == ".html":
            yield lambda: save_file(path, train_more_page(moments, title))
        else:
            figure = train_more_figure(moments, title, dark=theme_of(self).dark)
            yield from saving_drawn(path, figure)

    @Slot()
    def _ask_where(self, words: str, ending: str) -> None:
        save_as(self, words.rstrip("…"), f"at-first-train-more.{ending}", self.saving)
