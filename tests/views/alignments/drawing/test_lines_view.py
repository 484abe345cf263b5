"""Weights as lines: which are drawn, what lights up, and sentences that run the other way."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.colours.colour import Scale
from rnnviz.views.alignments.drawing.lines_view import MOST_LINES, LinesView
from rnnviz.views.alignments.drawing.table_painter import NOWHERE

SIMPLE = Alignment(("le", "chat"), ("the", "cat"), np.array([[0.9, 0.1], [0.2, 0.8]], np.float32))


@pytest.fixture
def view(qtbot, appearance):
    view = LinesView("lines")
    qtbot.addWidget(view)
    view.resize(400, 160)
    view.show()
    return view


def test_the_share_says_how_many_lines(view):
    view.set_alignment(SIMPLE, 1.0)
    assert view.lines == 4
    view.set_share(0.85)
    assert view.lines == 2


def test_a_word_lights_up_its_lines(view, qtbot):
    view.set_alignment(SIMPLE, 1.0)
    rests = view.viewport().grab().toImage()
    word = view._rects[0][1].center()
    with qtbot.waitSignal(view.hovered) as hovered:
        qtbot.mouseMove(view.viewport(), word.toPoint())
    assert hovered.args == [(None, 1)]
    view.set_mark((None, 1))
    assert view.viewport().grab().toImage() != rests
    view.set_mark(NOWHERE)
    assert view.viewport().grab().toImage() == rests


def test_a_click_on_a_target_word_pins_its_row(view, qtbot):
    view.set_alignment(SIMPLE, 1.0)
    with qtbot.waitSignal(view.clicked) as clicked:
        qtbot.mouseClick(
            view.viewport(), Qt.MouseButton.LeftButton, pos=view._rects[1][0].center().toPoint()
        )
    assert clicked.args == [(0, None)]


def test_a_sentence_from_right_to_left_is_laid_so(view):
    view.set_alignment(Alignment(("שלום", "עולם"), ("hello", "world"), SIMPLE.weights), 1.0)
    source, target = view._rects
    assert source[0].x() > source[1].x()
    assert target[0].x() < target[1].x()


def test_a_long_sentence_scrolls_and_draws_a_bounded_number_of_lines(view):
    weights = np.random.default_rng(0).dirichlet(np.ones(400), 400).astype(np.float32)
    words = tuple(f"word{place}" for place in range(400))
    view.set_alignment(Alignment(words, words, weights + 0.005), 1.0)
    assert view.lines == MOST_LINES
    assert view.horizontalScrollBar().maximum() > 1000
    view.horizontalScrollBar().setValue(5000)
    view.set_mark((399, None))
    assert not view.viewport().grab().isNull()


def test_a_sentence_of_17_words_is_seen_whole_in_a_window_of_1280_pixels(view):
    view.resize(738, 118)
    words = (
        "Parliament yesterday adopted a resolution on the rights of women in developing countries"
    )
    tokens = ("The", "European", *words.split(), ".", "</s>")
    view.set_alignment(Alignment(tokens, tokens, np.eye(len(tokens), dtype=np.float32)), 1.0)
    assert view.horizontalScrollBar().maximum() == 0
    assert view._font.pointSizeF() >= 8.5
    assert view._rects[0][-1].right() <= view.viewport().width()


def test_of_sentences_that_scroll_the_beginnings_are_seen(view):
    words = tuple(f"word{place}" for place in range(300))
    view.set_alignment(Alignment(words, words[:3], np.full((3, 300), 0.003, np.float32)), 1.0)
    assert view._rects[1][0].x() == view._rects[0][0].x() < 30


def test_small_weights_are_as_thick_as_their_scale_says(view):
    weights = np.full((2, 2), 0.001, np.float32)
    view.set_alignment(Alignment(("a", "b"), ("x", "y"), weights), 1.0)
    assert view.lines == 0
    view.set_scale(Scale(0.0, 0.001, "gate"))
    assert view.lines == 4


def test_no_words_at_all(view):
    view.set_alignment(Alignment((), (), np.zeros((0, 0), np.float32)), 1.0)
    view.set_mark((3, 3))
    assert not view.viewport().grab().isNull()


def test_a_marked_word_is_scrolled_into_view(view):
    words = tuple(f"word{place}" for place in range(100))
    view.set_alignment(Alignment(words, words, np.eye(100, dtype=np.float32)), 1.0)
    view.reveal((90, None))
    left = view.horizontalScrollBar().value()
    assert left <= view._rects[1][90].left()
    assert view._rects[1][90].right() <= left + view.viewport().width()
    view.reveal(NOWHERE)
    assert view.horizontalScrollBar().value() == left
