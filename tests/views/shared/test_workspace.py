"""A room draws its panels once it was seen, and all of its words are of one size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.workspace import Workspace


class Sentence(Panel):
    needs = ()

    def build(self) -> QWidget:
        self.words = Label("So it is.")
        self.words.setWordWrap(True)
        return self.words

    def draw(self) -> None:
        """It says the same always."""


class First(Sentence):
    name, title = "first", "First"


class Second(Sentence):
    name, title = "second", "Second"


class Room(Workspace):
    name, title = "room", "Room"
    panel_types = (First, Second)

    def centre(self) -> QWidget:
        """Covered by what lets nothing through."""
        middle, cover = QWidget(), QWidget()
        cover.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(cover)
        return middle


def shown(session: Session, qtbot: QtBot) -> Room:
    room = Room(session)
    qtbot.addWidget(room)
    room.resize(900, 700)
    room.show()
    return room


def test_panels_draw_also_where_the_middle_is_covered(session: Session, qtbot: QtBot) -> None:
    room = shown(session, qtbot)
    qtbot.waitUntil(lambda: room.panels[0].built)
    assert not room.panels[1].built, "nobody saw it yet"


def test_a_panel_that_is_made_later_has_the_words_of_the_others(
    session: Session, qtbot: QtBot
) -> None:
    room = shown(session, qtbot)
    first, second = room.panels
    assert isinstance(first, Sentence) and isinstance(second, Sentence)
    qtbot.waitUntil(lambda: first.built)
    usual = first.words.font().pointSizeF()
    for _ in range(4):
        room.zoom_words(1)
    assert first.words.font().pointSizeF() == usual + 4
    room.show_panel("second")
    qtbot.waitUntil(lambda: second.built)
    assert second.words.font().pointSizeF() == usual + 4
    room.zoom_words(0)
    assert second.words.font().pointSizeF() == first.words.font().pointSizeF() == usual
