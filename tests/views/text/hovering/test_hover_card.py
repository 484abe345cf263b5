"""The card beside the pointer: never over its character, always inside, and it says it all."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from rnnviz.views.text.hovering.hover_card import HoverCard, HoverFacts, spoken

GATES = {"hidden": -0.3, "cell": 1.5, "input": 0.1, "forget": 0.99, "output": 0.5}
FACTS = HoverFacts(
    "\n", 1234, 12, 8, True, "cell", GATES, 2.31, (("e", 0.5), (" ", 0.2), ("\n", 0.1))
)


@pytest.fixture
def parent(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(900, 700)
    parent.show()
    return parent


@pytest.mark.parametrize("x", [0, 40, 450, 880])
@pytest.mark.parametrize("y", [0, 200, 350, 500, 680])
@pytest.mark.parametrize("height", [700, 380])
def test_it_stays_inside_and_off_its_character(parent, x, y, height):
    parent.resize(900, height)
    card, cell = HoverCard(parent), QRect(x, min(y, height - 20), 9, 18)
    card.show_facts(FACTS, cell)
    assert parent.rect().contains(card.geometry())
    assert not card.geometry().intersects(cell)


def test_it_moves_without_hiding(parent):
    class Watched(HoverCard):
        hidden = 0

        def hideEvent(self, event):
            self.hidden += 1

    card = Watched(parent)
    card.show_facts(FACTS, QRect(10, 10, 9, 18))
    before = card.pos()
    for x in range(20, 120, 10):
        card.show_facts(FACTS, QRect(x, 10, 9, 18))
    assert card.isVisible() and card.hidden == 0 and card.pos() != before


def test_it_grows_with_what_there_is_to_say(parent):
    card, cell = HoverCard(parent), QRect(10, 10, 9, 18)
    card.show_facts(FACTS, cell)
    tall = card.height()
    card.show_facts(HoverFacts("é", 0, 1, 1, False, "cell", {"cell": 0.1}), cell)
    assert card.height() < tall
    card.grab()


def test_every_kind_of_fact_is_painted(parent):
    card, cell = HoverCard(parent), QRect(10, 10, 9, 18)
    pictures = []
    for known, bits, channel in ((True, 2.3, "cell"), (False, None, "cell"), (True, 2.3, "forget")):
        facts = HoverFacts("\t", 5, 1, 6, known, channel, GATES, bits, FACTS.predictions)
        card.show_facts(facts, cell)
        pictures.append(card.grab().toImage())
    assert pictures[0] != pictures[1] != pictures[2] != pictures[0]


@pytest.mark.parametrize("read", ["</s>", "international", "", "e\u0301", "two words"])
def test_a_step_may_have_read_a_whole_word(parent, read):
    """Or the end of a sentence, which has no letters in the text."""
    card = HoverCard(parent)
    likely = ((read, 0.5), ("</s>", 0.1))
    facts = HoverFacts(read, 5, 1, 6, True, "hidden", {"hidden": 0.5}, 1.0, likely)
    card.show_facts(facts, QRect(10, 10, 9, 18))
    card.grab()
    assert spoken(facts).startswith(f"{read}, line 1, column 6")


def test_it_is_said_for_those_who_cannot_see_it(parent):
    assert spoken(FACTS) == (
        "newline, line 12, column 8, cell +1.500, surprisal 2.31 bits, most likely next: e, 50%"
    )
