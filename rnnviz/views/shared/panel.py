"""What every panel is: something that draws one thing from the session, and only while seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple

from PySide6.QtCore import (
    QElapsedTimer,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
    Slot,
)
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLayoutItem, QPushButton, QStackedLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from rnnviz.core.kinds import able_to, kind_named
from rnnviz.session.session import Session
from rnnviz.session.shared.opening import OPEN
from rnnviz.views.kinds import kinds_in
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.work.jobs.cells import Walk
from rnnviz.work.jobs.gradients import Clipping, ComputeField, Truncation

FRAME_MS = 16
"""A panel draws at most once in so many milliseconds."""


class Need(NamedTuple):
    """Something that must exist before a panel has anything to draw."""

    met: Callable[[Session], bool]
    sentence: str
    """What to do about it."""
    button: str = ""


def _has_model(session: Session) -> bool:
    return session.recordings.model is not None


def _has_gradients(session: Session) -> bool:
    kind = session.kind_in("cells")
    return kind is not None and ComputeField.task() in kind.jobs


def _has_steps(session: Session) -> bool:
    kind = session.kind_in("cells")
    return kind is not None and Clipping.task() in kind.jobs


def _has_truncation(session: Session) -> bool:
    kind = session.kind_in("cells")
    return kind is not None and Truncation.task() in kind.jobs


def _has_text(session: Session) -> bool:
    return session.recordings.text is not None


def _has_recording(session: Session) -> bool:
    return session.recordings.recording is not None


def _has_concept(session: Session) -> bool:
    return session.selection.concept is not None


def _has_range(session: Session) -> bool:
    return session.selection.range is not None


def _has_run(session: Session) -> bool:
    return session.runs.current is not None


def _has_translator(session: Session) -> bool:
    model = session.alignments.model
    return model is not None and not model.weights_alone


def _has_translation(session: Session) -> bool:
    return session.alignments.current is not None


NEEDS = {
    "model": Need(_has_model, "Open a model, or drop its file on the window.", "Open…"),
    "gradients": Need(
        _has_gradients,
        f"How far back gradients reach is shown of {able_to(ComputeField.task())}: open one.",
        "Open…",
    ),
    "clipping": Need(
        _has_steps,
        f"The gradient of a training step is shown of {able_to(Clipping.task())}: open one.",
        "Open…",
    ),
    "truncation": Need(
        _has_truncation,
        f"Truncated back-propagation is measured of {able_to(Truncation.task())}: open one.",
        "Open…",
    ),
    "text": Need(_has_text, "Open a text, or drop its file on the window.", "Open…"),
    "recording": Need(
        _has_recording,
        "Open a model and a text, or drop their files on the window, to see what the units do.",
        "Open…",
    ),
    "run": Need(_has_run, "Start a training run, or open the directory of one, to watch it here."),
    "translator": Need(
        _has_translator,
        "Open a translation model, or drop its file on the window.",
        "Open…",
    ),
    "translation": Need(_has_translation, "Type a sentence above and press Enter."),
    "concept": Need(_has_concept, "Choose a concept in the ranking to see it here."),
    "range": Need(
        _has_range,
        "Drag over a few characters or steps of what is shown to find the units that are on there.",
    ),
}


def unsuited(session: Session, panel: str, title: str) -> str:
    """Why a panel has nothing to show of the open model, in a sentence; empty where it has."""
    suited = kinds_in(panel)
    workspaces = {kind_named(key).workspace for key in suited}
    for workspace in workspaces:
        open_kind = session.kind_in(workspace)
        if open_kind is not None and open_kind.key not in suited:
            wanted = " or ".join(kind_named(key).with_article for key in suited)
            return f"What is open is {open_kind.with_article}. {title} is for {wanted}."
    return ""


def waiting(session: Session) -> str:
    """What is under way that will bring a model or a recording, in a sentence; empty if nothing."""
    if session.jobs.busy(Walk):
        return "The model is reading the text; the first values come in a moment."
    if session.jobs.busy(OPEN):
        return "The model is being opened."
    return ""


class _Pages(QStackedLayout):
    """Pages of which the one that is seen alone asks for room: a sentence needs little."""

    def _current(self) -> QLayoutItem | None:
        return self.itemAt(self.currentIndex())

    def minimumSize(self) -> QSize:  # noqa: N802
        """That of the page."""
        item = self._current()
        return item.minimumSize() if item is not None else QSize()

    def hasHeightForWidth(self) -> bool:
        """As the page."""
        item = self._current()
        return item is not None and item.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        """As the page."""
        item = self._current()
        return item.heightForWidth(width) if item is not None else -1


class _Turns(QObject):
    """Lets panels draw one after the other: what is painted and typed comes between them.

    One change of what is open is a change for a dozen panels, and what a person waits for is seldom
    what they show.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._due: dict[Panel, int] = {}
        """When each panel that waits may draw, the first to do so first."""
        self._clock = QElapsedTimer()
        self._clock.start()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw_next)

    @classmethod
    def of(cls, session: Session) -> _Turns:
        """Those that all panels of a session share."""
        return session.findChild(cls) or cls(session)

    def ask(self, panel: Panel) -> None:
        """Let it draw in the next frame, unless it waits already."""
        if panel not in self._due:
            self._due[panel] = self._clock.elapsed() + FRAME_MS
            self._go_on()

    def leave(self, panel: Panel) -> None:
        """It need not draw any more."""
        self._due.pop(panel, None)

    def waits(self, panel: Panel) -> bool:
        """Whether it is still to draw."""
        return panel in self._due

    def _go_on(self) -> None:
        if self._due and not self._timer.isActive():
            self._timer.start(max(0, next(iter(self._due.values())) - self._clock.elapsed()))

    @Slot()
    def _draw_next(self) -> None:
        panel = next(iter(self._due), None)
        if panel is None:
            return
        del self._due[panel]
        self._go_on()
        if isValid(panel):
            panel.catch_up()


class Panel(QWidget):
    """Shows one thing. A subclass names itself, builds its widgets, and draws from the session.

    A hidden panel costs nothing: its widgets are made when it is first seen, and it notes what it
    missed and catches up when shown.

    Signals:
        open_requested: the person wants to open a model or a text.
        jump_requested(character): the person wants to see this place in the text.
        made(Panel): all that it shows it with was made now.
    """

    open_requested = Signal()
    jump_requested = Signal(object)
    made = Signal(object)

    name: ClassVar[str]
    """The key under which its place in the window is remembered; never change it."""
    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ("recording",)
    """Keys of `NEEDS`; the first that is not met is named in place of the panel."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName(self.name)
        self.setAccessibleName(self.title)
        self._content: QWidget | None = None
        self._pieces = self.prepare()
        self._in_pieces = False
        self._stale = True
        self._held = False
        self._sentence = Label()
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton()
        self._button.hide()  # until it says something
        self._pages = _Pages(self)
        self._pages.addWidget(self._build_empty())
        self._turns = _Turns.of(session)
        session.jobs.changed.connect(self._jobs_changed)
        recordings = session.recordings
        self.redraw_on(
            recordings.model_changed, recordings.recording_changed, recordings.recording_grew
        )
        self.follow()

    # For subclasses

    def redraw_on(self, *signals: SignalInstance) -> None:
        """Ask to be drawn whenever one of these is emitted."""
        for signal in signals:
            signal.connect(self.request_draw)

    def follow(self) -> None:
        """Connect `request_draw` to what this panel must follow, beside model and recording."""

    def prepare(self) -> Iterator[None]:
        """Make what takes long, such as plots, with a `yield` after each; `build` lays it out.

        The panel is their parent until then, so that they go when it does.
        """
        yield from ()

    def build(self) -> QWidget:
        """Make the widgets; called once, before the first drawing."""
        raise NotImplementedError

    def draw(self) -> None:
        """Bring the widgets up to date; called only while seen and when all needs are met."""
        raise NotImplementedError

    # Drawing

    @property
    def built(self) -> bool:
        """Whether what it shows was made: until there is something to show, it is not."""
        return self._pages.count() > 1

    @property
    def empty(self) -> bool:
        """Whether a sentence stands in place of the panel."""
        return self._pages.currentIndex() == 0

    @property
    def seen(self) -> bool:
        """Whether it is on the screen; a dock behind its tab is visible to Qt, but far outside."""
        if not self.isVisible():
            return False
        window = self.window()
        return window.rect().intersects(QRect(self.mapTo(window, QPoint(0, 0)), self.size()))

    def make_on(self) -> bool:
        """Make the next piece of what is not made yet; whether all is made.

        A frame has room for one piece: a plot alone takes most of it.
        """
        if self._content is not None:
            return True
        for _ in self._pieces:
            self._in_pieces = True
            return False
        self._content = self.build()
        self._pages.addWidget(self._content)
        self.made.emit(self)
        return not self._in_pieces

    @property
    def idle(self) -> bool:
        """Whether no drawing is waiting for the next frame."""
        return not self._turns.waits(self) and not self._held

    @property
    def stale(self) -> bool:
        """Whether what it shows is of something else: it is drawn anew once it is seen."""
        return self._stale

    def hold(self) -> None:
        """Make and draw nothing until `release`: the window is to be seen first."""
        self._held = True

    @Slot()
    def release(self) -> None:
        """Catch up with what was asked for meanwhile."""
        self._held = False
        self.catch_up()

    @Slot()
    def request_draw(self) -> None:
        """Draw in the next frame, or when shown."""
        self._stale = True
        if self.seen:
            self._turns.ask(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        if self._stale:
            self.catch_up()

    @Slot(bool)
    def set_raised(self, raised: bool) -> None:
        """Its tab was chosen, or another's; it catches up in the next frame."""
        if raised and self._stale:
            self._turns.ask(self)

    def catch_up(self) -> None:
        """Draw now, if it is seen and shows something else than what is open."""
        if not self.seen or not self._stale or self._held:
            return
        self._turns.leave(self)
        self._stale = False
        missing = next((key for key in self.needs if not NEEDS[key].met(self.session)), None)
        if missing is not None:
            self._show_missing(NEEDS[missing])
            return
        if why := unsuited(self.session, self.name, self.title):
            self._show_sentence(why)
            return
        if not self.make_on():
            self.request_draw()
            return
        self._show_page(1)
        self.draw()

    @Slot()
    def _jobs_changed(self) -> None:
        if self.empty and self.isVisible():
            self.request_draw()

    def _show_missing(self, need: Need) -> None:
        opened = (NEEDS["recording"], NEEDS["model"])
        coming = waiting(self.session) if need in opened else ""
        self._show_sentence(coming or need.sentence, "" if coming else need.button)

    def _show_sentence(self, sentence: str, button: str = "") -> None:
        self._sentence.setText(sentence)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._show_page(0)

    def _show_page(self, number: int) -> None:
        """The sentence, or what the panel shows."""
        if number != self._pages.currentIndex():
            self._pages.setCurrentIndex(number)
            self.updateGeometry()

    def _build_empty(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setProperty("role", "muted")
        self._button.setAccessibleName("Open a model or a text")
        self._button.clicked.connect(self.open_requested)
        column.addStretch(1)
        column.addWidget(self._sentence)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return page
