"""What is said of one place of the text: on a card beside it, and to a screen reader."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from rnnviz.session.session import Session
from rnnviz.views.shared.panel import waiting
from rnnviz.views.shared.words.speaking import speak
from rnnviz.views.text.editing.text_walking import here
from rnnviz.views.text.hovering.hover_card import HoverCard, HoverFacts, spoken
from rnnviz.views.text.hovering.hover_facts import hover_facts
from rnnviz.views.text.text_view import TextView

_SPOKEN = 60
"""How many characters on each side of a place a screen reader is told."""


class PlaceCard(HoverCard):
    """The card of the character that is pointed at, or that the keys have come to.

    Args:
        panel: over which it lies; the view is somewhere in it.
    """

    def __init__(self, session: Session, view: TextView, panel: QWidget) -> None:
        super().__init__(panel)
        self._session, self._view, self._panel = session, view, panel
        self._character: int | None = None
        """The one that the card speaks of."""
        view.hovered.connect(self.point_at)
        view.walked_to.connect(self._walked_to)
        view.verticalScrollBar().valueChanged.connect(self.put_away)
        for signal in (session.selection.unit_changed, session.selection.colouring_changed):
            signal.connect(self.speak_place)

    @Slot(object)
    def point_at(self, character: int | None) -> None:
        """Show what is known of this character; nothing, where nothing is."""
        brushing = bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)
        facts = None if brushing or character is None else self._facts(character)
        if facts is None or character is None:
            self.put_away()
            return
        cell = self._view.cell_rect(character)
        if cell.isNull():
            self.put_away()
        else:
            self._character = character
            offset = self._view.viewport().mapTo(self._panel, QPoint(0, 0))
            self.show_facts(facts, cell.translated(offset))

    def _facts(self, character: int) -> HoverFacts | None:
        """What there is to say of a character; None where nothing is known of it, or not of it."""
        recording = self._session.recordings.recording
        if recording is None or len(recording.text) != len(self._view.text):
            # While a person types, the text on the screen may be ahead of the last walk.
            return None
        walked = recording.sequence.span(0, recording.walked)[1]
        if character >= walked:
            return None
        return hover_facts(recording, self._session.selection, character, self._view.text)

    @Slot()
    def put_away(self) -> None:
        """What it speaks of is no longer there, or no longer pointed at."""
        self._character = None
        self.hide()

    def renew(self) -> None:
        """Say what holds now of the character that the card speaks of."""
        if self._character is not None and self.isVisible():
            self.point_at(self._character)

    @Slot(int)
    def _walked_to(self, character: int) -> None:
        self.point_at(character)
        self.speak_place()

    @Slot()
    def speak_place(self) -> None:
        """Say to a screen reader what stands where the person is, and what the unit does there."""
        view = self._view
        facts = self._facts(here(view)) if len(view.text) else None
        if facts is None:
            speak(view, waiting(self._session))
            return
        line = view.text.line_of(facts.offset)
        start = int(view.text.line_starts[line])
        around = view.text.slice(max(start, facts.offset - _SPOKEN), facts.offset + _SPOKEN)
        speak(view, f"{spoken(facts)}. In: {around.splitlines()[0] if around.strip() else around}")
