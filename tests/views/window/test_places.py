"""Back, forward, and a restart where one was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from rnnviz.session.shared.selection import Pin
from rnnviz.views.shared.importing import ImportsAhead
from tests.views.window.test_window import home, make_window, window

__all__ = ["home", "make_window", "window"]

ALT = Qt.KeyboardModifier.AltModifier


def test_back_and_forward_go_through_what_was_looked_at(window, qtbot):
    selection = window.session.selection
    for unit, channel in ((3, "hidden"), (9, "cell"), (14, "cell")):
        selection.select_unit(unit, channel)
    qtbot.keyClick(window, Qt.Key.Key_Left, ALT)
    assert (selection.unit, selection.channel) == (9, "cell")
    qtbot.keyClick(window, Qt.Key.Key_Left, ALT)
    assert (selection.unit, selection.channel) == (3, "hidden")
    qtbot.keyClick(window, Qt.Key.Key_Right, ALT)
    assert selection.unit == 9
    selection.select_unit(1, "hidden")
    qtbot.keyClick(window, Qt.Key.Key_Right, ALT)
    assert selection.unit == 1, "a new way ends the old one"


def test_steps_from_unit_to_unit_are_one_way(window, qtbot):
    selection = window.session.selection
    selection.select_unit(8, "cell")
    selection.select_unit(2, "cell")
    for _ in range(4):
        qtbot.keyClick(window.text_panel.view, Qt.Key.Key_Right)
    assert selection.unit == 6
    qtbot.keyClick(window, Qt.Key.Key_Left, ALT)
    assert selection.unit == 8


def test_back_opens_the_text_that_was_left(window, qtbot, tmp_path):
    selection, recordings = window.session.selection, window.session.recordings
    first = recordings.text.path
    other = tmp_path / "other.txt"
    other.write_text("he led a bold cab\n" * 30)
    window.open_path(other)
    selection.select_unit(12, "cell")
    qtbot.keyClick(window, Qt.Key.Key_Left, ALT)
    qtbot.keyClick(window, Qt.Key.Key_Left, ALT)
    assert recordings.text.path == first
    qtbot.keyClick(window, Qt.Key.Key_Right, ALT)
    assert recordings.text.path == other


@pytest.fixture
def left(window, tmp_path):
    """The window as somebody left it, on a text of their own."""
    text = tmp_path / "other.txt"
    text.write_text("he led a bold cab\n" * 300)
    window.open_path(text)
    window.session.selection.select_unit(12, "cell")
    window.session.selection.set_concept("position-in-line")
    window.session.selection.toggle_pin(Pin("hidden", 3))
    window.text_panel.view.zoom(4)
    window.text_panel.show_from(2000)
    return window


def test_a_restart_shows_what_was_left(left, make_window, tmp_path):
    first = left.text_panel.view.visible_range()[0]
    size = left.text_panel.view.points
    left.enter("gradients")
    left.close()
    again = make_window()
    selection, recordings = again.session.selection, again.session.recordings
    assert recordings.text.path == tmp_path / "other.txt"
    assert (selection.unit, selection.channel) == (12, "cell")
    assert selection.concept == "position-in-line" and selection.pins == (Pin("hidden", 3),)
    assert again.text_panel.view.points == size
    assert again.workspace_tabs.current.name == "gradients"
    again.enter("cells")
    assert again.text_panel.view.visible_range()[0] == first


def test_the_story_that_was_told_is_told_again(left, make_window):
    from tests.views.window.test_stories import make

    make(left, "mine", "A caption.", 1)
    left.telling.tell("own", 0)
    left.close()
    again = make_window()
    assert again.story_bar.isVisible() and again.story_bar.title.text() == "mine"


def test_the_room_that_is_returned_to_is_imported_before_anything_is_opened(
    left, make_window, qtbot, monkeypatch
):
    room, asked = left.workspace_tabs.current.name, []
    left.close()
    window = make_window()
    monkeypatch.setattr(window, "open_at_start", lambda *given: asked.append(given))
    modules = []

    class Noted(ImportsAhead):
        def __init__(self, names, parent):
            modules.extend(names)
            super().__init__(names, parent)

    monkeypatch.setattr("rnnviz.views.window.window.ImportsAhead", Noted)
    window.open_soon(())
    assert not asked, "keys are heard first"
    qtbot.waitUntil(lambda: asked == [((), ())])
    assert modules == [
        name for one in window.workspaces if one.name == room for name in one.made_of
    ]
    window.close()
    window.open_soon(())
    qtbot.wait(50)
    assert len(asked) == 1, "a window that was closed opens nothing"


def test_what_is_gone_ends_in_what_ships(left, make_window, tmp_path):
    left.close()
    (tmp_path / "other.txt").unlink()
    again = make_window()
    assert again.session.recordings.text.name == "hello.txt"


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"workspace": 3}', "[" * 5000])
def test_a_damaged_setting_is_left_alone(left, make_window, kept):
    left.close()
    left.session.settings.setValue("window/place", kept)
    left.session.settings.sync()
    assert make_window().session.recordings.text.name == "hello.txt"


def test_chosen_characters_and_readings_are_kept(window, make_window, tmp_path):
    from tests.nets.checkpoints.examples import CHARACTERS, Stock
    from tests.nets.checkpoints.networks.chain_writers import write_keras

    (tmp_path / "own.txt").write_text("abc\ncab\n" * 60)
    write_keras(tmp_path / "mine.h5", Stock(embedding=2))
    window.open_path(tmp_path / "own.txt")
    window.session.open_model(tmp_path / "mine.h5", tuple(CHARACTERS), 1)
    model = window.session.recordings.model
    assert (model.vocabulary, model.reading) == (tuple(CHARACTERS), 1)
    window.session.selection.select_unit(2, "cell")
    finding = window.exporting.finding()
    assert (finding.vocabulary, finding.reading) == (tuple(CHARACTERS), 1)
    window.close()
    again = make_window()
    model = again.session.recordings.model
    assert model.path == str(tmp_path / "mine.h5")
    assert (model.vocabulary, model.reading) == (tuple(CHARACTERS), 1)
    assert again.session.selection.unit == 2
