"""The states of encoder or decoder over the sentence, as a way through a plane."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from rnnviz.core.alignments.steps.attention_steps import piece_names
from rnnviz.core.alignments.trajectory import Trajectory, draw_trajectory, trajectory
from rnnviz.core.errors import AlignmentError
from rnnviz.session.alignments.alignments import Mark
from rnnviz.views.alignments.drawing.saving_widget import SaveButton
from rnnviz.views.alignments.drawn_tables import place_of_token
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.text.painting.text_figure import paint_figure

_NEAR = 14.0
"""Pixels within which a state is pointed at."""


class TrajectoryView(QWidget):
    """Paints the way; tells which state is pointed at.

    Signals:
        hovered(object): the token of the state under the pointer, or None.
        clicked(object): the token of the state that was clicked.
    """

    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("States of the sentence in two dimensions")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.names: tuple[str, ...] = ()
        self.found: Trajectory | None = None
        self.marked: int | None = None
        self.places: list[tuple[float, float]] = []

    def show_way(self, names: tuple[str, ...], found: Trajectory | None) -> None:
        """Show another way."""
        self.names, self.found, self.marked = names, found, None
        words = " ".join(names)
        self.setAccessibleDescription(f"The way through {words}" if found is not None else "")
        self.update()

    def set_mark(self, token: int | None) -> None:
        """Let a state stand out."""
        if token != self.marked:
            self.marked = token
            self.update()

    def paint(self, painter: QPainter, area: QSize) -> None:
        """Paint all of it, for the screen or for a file."""
        if self.found is not None:
            size = (float(area.width()), float(area.height()))
            dark = theme_of(self).dark
            figure, self.places = draw_trajectory(self.names, self.found, size, dark, self.marked)
            paint_figure(painter, figure)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The way."""
        with QPainter(self) as painter:
            self.paint(painter, self.size())

    def _at(self, event: QMouseEvent) -> int | None:
        x, y = event.position().x(), event.position().y()
        away = [abs(x - px) + abs(y - py) for px, py in self.places]
        near = min(range(len(away)), key=away.__getitem__, default=None)
        return near if near is not None and away[near] <= _NEAR else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at a state."""
        self.hovered.emit(self._at(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pin a state."""
        token = self._at(event)
        if token is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(token)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self.hovered.emit(None)
        super().leaveEvent(event)

    def sizeHint(self) -> QSize:
        """Room for a sentence."""
        return QSize(340, 200)

    def minimumSizeHint(self) -> QSize:
        """The least in which words can be told apart."""
        return QSize(200, 160)


class TrajectoryPanel(Panel):
    """Follows the answer; the word that is marked in the alignment stands out."""

    name = "trajectory"
    title = "States"
    needs = ("translator", "translation")

    def follow(self) -> None:
        """Follow the answer, the step and what is marked."""
        alignments = self.session.alignments
        self.redraw_on(alignments.model_changed, alignments.answer_changed, alignments.view_changed)
        alignments.marked.connect(self.show_mark)

    def build(self) -> QWidget:
        """A choice above the way."""
        page = QWidget()
        about = Label(
            "The states in the two directions in which those of this sentence differ most: "
            "points close together are states much alike."
        )
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.side = QComboBox()
        self.side.setAccessibleName("Whose states")
        for name, title in (("encoder", "Encoder"), ("decoder", "Decoder")):
            self.side.addItem(title, name)
        self.side.activated.connect(self.draw)
        self.view = TrajectoryView()
        self.view.hovered.connect(self._point)
        self.view.clicked.connect(self._pin)
        self.save = SaveButton(self.view, "states", self._paint)
        self.missing = Label()
        self.missing.setWordWrap(True)
        self.missing.setProperty("role", "muted")
        row = QHBoxLayout()
        row.addWidget(self.side)
        row.addStretch(1)
        row.addWidget(self.save)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(about)
        column.addLayout(row)
        column.addWidget(self.missing)
        column.addWidget(self.view, 1)
        return page

    @Slot()
    def draw(self) -> None:
        """Show the states of the chosen half."""
        answer = self.session.alignments.current
        if answer is None:
            return
        decoded, half = answer.decoded, str(self.side.currentData())
        tokens = decoded.source if half == "encoder" else decoded.target
        try:
            states = decoded.layer(half)[: len(tokens)]
        except AlignmentError as error:
            self.missing.setText(str(error))
            self.view.show_way((), None)
        else:
            self.missing.setText("")
            names = piece_names(tokens)
            self.view.show_way(names, trajectory(states))
            points = self.view.found.points if self.view.found is not None else ()
            self.save.columns = {
                "token": list(names),
                "first": [float(x) for x, _ in points],
                "second": [float(y) for _, y in points],
            }
        self.missing.setVisible(bool(self.missing.text()))
        self.save.setVisible(self.view.found is not None)
        self.show_mark()

    @Slot()
    def show_mark(self) -> None:
        """Let the marked word stand out; while stepping, the last one that was written."""
        alignments, answer = self.session.alignments, self.session.alignments.current
        if self.empty or not self.isVisible() or answer is None:
            return
        encoder = self.side.currentData() == "encoder"
        rows, columns = answer.groups(words=alignments.joined(answer))
        groups = columns if encoder else rows
        place = alignments.mark.column if encoder else alignments.mark.row
        if place is None and not encoder and alignments.step:
            self.view.set_mark(alignments.step - 1)
        else:
            known = place is not None and place < len(groups)
            self.view.set_mark(groups[place][0] if known and place is not None else None)

    def _mark(self, token: int | None) -> Mark:
        answer = self.session.alignments.current
        if token is None or answer is None:
            return Mark()
        encoder = self.side.currentData() == "encoder"
        words = self.session.alignments.joined(answer)
        tokens = answer.decoded.source if encoder else answer.decoded.target
        place = place_of_token(tokens, words=words)[token]
        return Mark(None, place) if encoder else Mark(place, None)

    @Slot(object)
    def _point(self, token: int | None) -> None:
        self.session.alignments.point(self._mark(token))

    @Slot(object)
    def _pin(self, token: int | None) -> None:
        self.session.alignments.pin(self._mark(token))

    def _paint(self, painter: QPainter, area: object) -> None:
        self.view.paint(painter, self.view.size())
