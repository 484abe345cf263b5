"""The open model unrolled in the real window: keys and clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt

from rnnviz.core.sequences.text import Text
from rnnviz.core.unroll.pictures.model_picture import steps_that_fit
from rnnviz.views.unroll.workspace import UnrollWorkspace
from tests.views.window.test_window import TEXT, home, make_window, window

__all__ = ["home", "make_window", "window"]


@pytest.fixture
def area(window, qtbot):
    window.session.selection.jump(60)
    qtbot.keyClick(window.text_panel.view, Qt.Key.Key_U)
    made = window.workspace(UnrollWorkspace).model_area
    qtbot.waitUntil(lambda: made.drawing.picture is not None)
    settled(qtbot, window)
    return made


def words(area):
    return [word.text for word in area.drawing.picture.figure.words]


def settled(qtbot, window):
    qtbot.waitUntil(lambda: not window.session.jobs.running)


def test_u_unrolls_the_model_at_the_cursor(window, area):
    assert window.workspace_tabs.current.name == "unroll"
    assert words(area)[0].startswith("Step 61: ")
    shown = window.session.unrolled_model.trace.about
    assert len(shown.symbols) == steps_that_fit(area.drawing.width())
    read = [symbol for symbol in TEXT[:61] if symbol in window.session.recordings.recording.symbols]
    assert list(shown.symbols) == read[-len(shown.symbols) :]


def test_arrows_go_on_and_back_through_the_text(window, area, qtbot):
    qtbot.keyClick(area.drawing, Qt.Key.Key_Right)
    settled(qtbot, window)
    assert words(area)[0].startswith("Step 62: ")
    qtbot.keyClick(area.drawing, Qt.Key.Key_Left)
    qtbot.keyClick(area.drawing, Qt.Key.Key_Left)
    settled(qtbot, window)
    assert words(area)[0].startswith("Step 60: ")


def test_what_it_says_goes_back_in(window, area, qtbot):
    model = window.session.unrolled_model
    for _ in range(3):
        qtbot.keyClick(area.drawing, Qt.Key.Key_W)
        settled(qtbot, window)
    trace = model.trace
    assert trace.about.written == 3
    assert words(area)[0].startswith("It writes: ")
    for step in range(len(trace) - 4, len(trace) - 1):
        assert trace.likeliest(step)[0][0] == trace.about.symbols[step + 1]
    qtbot.keyClick(area.drawing, Qt.Key.Key_Backspace)
    settled(qtbot, window)
    assert words(area)[0].startswith("Step 61: ")


def test_sampling_draws_and_other_luck_draws_anew(window, area, qtbot):
    area._how.setCurrentIndex(1)
    assert area._temperature.isVisible()
    model, found = window.session.unrolled_model, set()
    for _ in range(6):
        qtbot.keyClick(area.drawing, Qt.Key.Key_W)
    settled(qtbot, window)
    for _ in range(6):
        qtbot.keyClick(area.drawing, Qt.Key.Key_N)
        settled(qtbot, window)
        found.add(model.trace.about.symbols)
    assert len(found) > 1


def test_a_unit_is_explained_with_its_numbers_and_seen_in_the_text(window, area, qtbot):
    place = next(one for one in area.drawing.picture.places if one.kind == "unit")
    at = QPoint(int(place.x + place.width / 2), int(place.y + place.height / 2))
    qtbot.mouseMove(area.drawing, at)
    qtbot.waitUntil(lambda: area.drawing.place == place)
    value = window.session.unrolled_model.trace.channel(0, "hidden")[place.step, place.row]
    said = area._readout.text()
    assert f"1:{place.row}, hidden state after" in said
    assert f"{value:.3f}".replace("-", "−") in said
    qtbot.mouseDClick(area.drawing, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: window.workspace_tabs.current.name == "cells")
    assert window.session.selection.unit == place.row
    assert window.session.selection.cursor == 60


def test_another_text_takes_the_steps_away(window, area, qtbot):
    window.session.show_text(Text.of("hello hello", "typed"))
    settled(qtbot, window)
    trace = window.session.unrolled_model.trace
    assert trace is None or trace.about.text == "typed"


def test_the_switch_goes_to_the_small_network_and_back(window, area, qtbot):
    workspace = window.workspace(UnrollWorkspace)
    qtbot.keyClick(area.drawing, Qt.Key.Key_O)
    assert workspace.shown == "small" and workspace.area.isVisible()
    qtbot.keyClick(workspace.area.drawing, Qt.Key.Key_O)
    assert workspace.shown == "model" and area.isVisible()
