"""Stories in the window: told by keys and clicks, made, changed, ordered, shared."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from shiboken6 import isValid

from rnnviz.core.stories.story import Story
from rnnviz.views.dialogs.story_dialog import StoryDialog
from tests.views.window.test_window import home, make_window

__all__ = ["home", "make_window"]


@pytest.fixture
def window(make_window):
    return make_window()


def make(window, title, caption, unit):
    window.session.selection.select_unit(unit, "cell")
    window.telling.ask_new()
    dialog = window.findChildren(StoryDialog)[-1]
    dialog.title.setText(title)
    dialog.words.setPlainText(caption)
    dialog.accept()


@pytest.fixture
def told(window, qtbot):
    """Three stories of one's own, the first being told."""
    for number, title in enumerate(("one", "two", "three")):
        make(window, title, f"Caption of {title}.", number)
    window.telling.tell("own", 0)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def rows(window):
    group = window.library._stories["own"]
    return [group.child(place).text(0) for place in range(group.childCount())]


def test_the_caption_is_on_the_screen_and_the_page_keys_go_on(told, qtbot):
    bar, view = told.story_bar, told.text_panel.view
    assert bar.isVisible() and bar.caption.text() == "Caption of one."
    assert bar.place.text() == "1 of 3" and not bar.before.isEnabled()
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert bar.title.text() == "two" and told.session.selection.unit == 1
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert bar.title.text() == "three" and not bar.after.isEnabled()
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert bar.title.text() == "two"
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not bar.isVisible() and told.session.stories.current is None


@pytest.mark.parametrize("room", ["cells", "alignments", "gradients", "training", "unroll"])
def test_the_page_keys_go_on_whatever_has_the_keys(told, qtbot, room):
    told.enter(room)
    tried = 0
    for widget in told.findChildren(QWidget):
        if not isValid(widget):
            continue  # it went while a panel was drawn
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not widget.isEnabled():
            continue
        told.enter(room)
        widget.setFocus()
        if not widget.isVisible() or QApplication.focusWidget() is not widget:
            continue
        told.session.stories.set_current("own", 0)
        qtbot.keyClick(widget, Qt.Key.Key_PageDown)
        assert told.session.stories.current[1] == 1, widget
        tried += 1
    assert tried > 5


def test_whoever_went_elsewhere_finds_back(told, qtbot):
    bar = told.story_bar
    assert not bar.again.isVisible()
    told.session.selection.select_unit(5, "hidden")
    assert bar.again.isVisible()
    qtbot.mouseClick(bar.again, Qt.MouseButton.LeftButton)
    assert told.session.selection.unit == 0 and not bar.again.isVisible()


def test_of_another_text_the_words_go_and_only_the_way_back_stays(told, qtbot, tmp_path):
    bar = told.story_bar
    told.session.selection.select_unit(5, "hidden")
    assert bar.caption.isVisible(), "another unit of the same is still what it tells of"
    text = tmp_path / "other.txt"
    text.write_text("he led a bold cab\n" * 30)
    told.open_path(text)
    assert bar.isVisible() and bar.again.isVisible()
    assert not bar.title.isVisible() and not bar.caption.isVisible()
    assert bar.elsewhere.isVisible(), "the bar is no empty strip"
    assert bar.elsewhere.text() == "“one” was told of another text or model than is open now."
    qtbot.mouseClick(bar.again, Qt.MouseButton.LeftButton)
    assert bar.title.isVisible() and bar.caption.isVisible() and not bar.again.isVisible()
    assert not bar.elsewhere.isVisible()


def test_in_another_room_the_caption_goes_and_the_way_back_is_offered(told, qtbot):
    bar = told.story_bar
    told.enter("unroll")
    assert bar.title.isVisible() and not bar.caption.isVisible() and bar.again.isVisible()
    qtbot.mouseClick(bar.again, Qt.MouseButton.LeftButton)
    assert told.workspace_tabs.current.name == "cells"
    assert bar.caption.isVisible() and not bar.again.isVisible()


@pytest.mark.parametrize("entered", ["before", "after"])
def test_a_low_window_gives_its_height_to_the_middle(told, qtbot, entered):
    """Whether a room is entered before the window is made low, or afterwards."""
    told.resize(1440, 900)
    told.enter("gradients")
    room = told.workspace_tabs.current
    lower = room.docks[room.bottom[0]]
    qtbot.waitUntil(lambda: room.dockWidgetArea(lower) == Qt.DockWidgetArea.BottomDockWidgetArea)
    if entered == "after":
        told.enter("unroll")
    told.resize(1024, 700)
    told.enter("gradients")
    qtbot.waitUntil(lambda: room.dockWidgetArea(lower) == Qt.DockWidgetArea.RightDockWidgetArea)
    qtbot.waitUntil(lambda: room.centralWidget().height() > 400)
    qtbot.waitUntil(lambda: lower.height() > 200)


def test_a_click_in_the_library_tells_a_story(told, qtbot):
    tree, group = told.library.tree, told.library._stories["own"]
    tree.scrollToItem(group.child(2))
    place = tree.visualItemRect(group.child(2)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.story_bar.title.text() == "three"
    assert group.child(2).font(0).bold() and not group.child(0).font(0).bold()


def test_the_order_is_changed_and_a_removed_one_brought_back_by_keys(told, qtbot):
    tree, group = told.library.tree, told.library._stories["own"]
    tree.setCurrentItem(group.child(2))
    qtbot.keyClick(told.library, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert rows(told) == ["one", "three", "two"]
    assert tree.currentItem().text(0) == "three"
    qtbot.keyClick(told.library, Qt.Key.Key_Delete)
    assert rows(told) == ["one", "two"]
    told.undo()
    assert rows(told) == ["one", "three", "two"]


def test_title_and_caption_are_changed_and_an_empty_title_is_refused(told):
    told.telling.ask_change(0)
    dialog = told.findChildren(StoryDialog)[-1]
    dialog.title.setText("  ")
    save = dialog.buttons.button(dialog.buttons.StandardButton.Save)
    assert not save.isEnabled()
    dialog.title.setText("renamed")
    dialog.words.setPlainText("x" * 500)
    assert not save.isEnabled() and "too long" in dialog.left.text()
    dialog.words.setPlainText("Short.")
    dialog.accept()
    assert rows(told)[0] == "renamed" and told.story_bar.caption.text() == "Short."


def test_a_shared_file_is_told_by_whoever_opens_it(told, tmp_path, monkeypatch):
    path = tmp_path / "talk.rnnviz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    told.telling.ask_pack()
    assert path.exists()
    told.open_path(path)
    assert told.story_bar.title.text() == "one"
    assert told.session.stories.collection == str(path)
    page = tmp_path / "talk.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(page), ""))
    told.telling.ask_page()
    assert page.read_text(encoding="utf-8").count("<section") == 3


def test_another_unit_than_the_story_s_has_a_range_of_its_own(told):
    scaling, selection = told.session.scaling, told.session.selection
    assert scaling.locked is not None
    selection.select_unit(7, "cell")
    assert scaling.locked is None


def test_what_cannot_be_told_any_more_is_said(told, home: Path):
    (home / "models" / "tiny.safetensors").unlink()
    told.telling.tell("own", 1)
    box = told.findChild(QMessageBox)
    assert box is not None and "gone" in box.text()
    box.accept()
    assert told.story_bar.title.text() == "one"


def test_a_finding_shows_its_note(told):
    from rnnviz.views.dialogs.finding_dialog import FindingDialog

    told.session.selection.select_unit(4, "cell")
    told.questions.ask_finding()
    dialog = told.findChildren(FindingDialog)[-1]
    dialog.title.setText("mine")
    dialog.words.setPlainText("On in the\nsecond word.")
    dialog.accept()
    told.session.selection.select_unit(1, "hidden")
    told.show_finding(told.session.findings.items[0])
    assert told.session.selection.unit == 4
    assert told.story_bar.isVisible() and told.story_bar.title.text() == "mine"
    assert told.story_bar.caption.text() == "On in the second word."
    assert not told.story_bar.after.isEnabled() and not told.story_bar.again.isVisible()


def test_another_model_offers_its_own_text(told, home: Path, tmp_path):
    text = tmp_path / "other.txt"
    text.write_text("he led a bold cab\n" * 30)
    told.open_path(text)
    other = home / "other.safetensors"
    other.write_bytes((home / "models" / "tiny.safetensors").read_bytes())
    told.open_path(other)
    assert "Its own is Hello" in told.status.currentMessage()
    assert told.session.recordings.text.path == text
    told.actions_.actions["Read the model's own text"].trigger()
    assert told.session.recordings.text.name == "hello.txt"


def test_a_story_of_gradients_compares_all_its_networks_whatever_was_open(window, home):
    session = window.session
    first = home / "models" / "tiny.safetensors"
    second = home / "models" / "second.safetensors"
    second.write_bytes(first.read_bytes())
    finding = window.exporting.finding()
    story = Story(
        title="Both", caption="", show="gradients", finding=finding,
        networks=(str(first), str(second)),
    )  # fmt: skip
    session.stories.add(story)
    assert len(session.gradients.compared) == 1, "the room is there already"
    window.open_path(second)
    window.telling.tell("own", 0)
    compared = [one.network.path for one in session.gradients.compared]
    assert compared == [str(first), str(second)]


def test_a_story_is_dragged_to_another_place_and_renamed_by_its_key(told, qtbot):
    tree = told.library.tree
    group = told.library._stories["own"]
    tree.scrollToItem(group.child(0))
    place = tree.visualItemRect(group.child(0)).topLeft() + QPoint(20, 2)
    drop = QDropEvent(
        QPointF(place), Qt.DropAction.MoveAction, QMimeData(), Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    tree.dragged = 2
    tree.dropEvent(drop)
    tree.dragged = None
    qtbot.waitUntil(lambda: rows(told) == ["three", "one", "two"])
    assert told.session.stories.current[0].title == "one", "what is told stays told"
    assert tree.currentItem().text(0) == "three"
    qtbot.keyClick(tree, Qt.Key.Key_F2)
    dialog = told.findChildren(StoryDialog)[-1]
    dialog.title.setText("first")
    dialog.accept()
    assert rows(told) == ["first", "one", "two"]
    qtbot.keyClick(tree, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert rows(told) == ["one", "first", "two"] and tree.currentItem().text(0) == "first"
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert rows(told) == ["one", "two"] and tree.currentItem().text(0) == "two"
