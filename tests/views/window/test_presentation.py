"""Presenting leaves the picture, its legend and its caption, and brings back what was there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt

from rnnviz.views.cells.workspace import CellsWorkspace
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from tests.views.window.test_stories import make
from tests.views.window.test_window import home, make_window

__all__ = ["home", "make_window"]


@pytest.fixture
def window(make_window, qtbot):
    window = make_window()
    make(window, "one", "Caption of one.", 1)
    make(window, "two", "Caption of two.", 2)
    window.telling.tell("own", 0)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def test_f5_shows_the_picture_alone_and_escape_brings_all_back(window, qtbot):
    panel, docks = window.text_panel, window.workspace(CellsWorkspace).docks
    around = (window.menuBar(), window.library_dock, window.statusBar(), window.workspace_tabs.bar)
    small, size = panel.view.grid.cell, window.story_bar.caption.font().pointSizeF()
    shown = [name for name, dock in docks.items() if dock.isVisible()]
    assert shown
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert not any(part.isVisible() for part in (*around, *docks.values(), panel.minimap))
    assert panel.view.isVisible() and panel.view.grid.cell > small
    assert panel.legend.caption.isVisibleTo(panel) and panel.legend.bar.isVisible()
    assert window.story_bar.caption.isVisible()
    assert window.story_bar.caption.font().pointSizeF() > size
    assert window.isFullScreen()
    qtbot.keyClick(panel.view, Qt.Key.Key_Escape)
    assert all(part.isVisible() for part in (*around, panel.minimap))
    assert [name for name, dock in docks.items() if dock.isVisible()] == shown
    assert panel.view.grid.cell == small and not window.isFullScreen()
    assert window.session.stories.current is not None, "the story goes on"


def test_two_texts_side_by_side_are_as_large_as_each_other(window, qtbot):
    panel = window.text_panel
    panel.view.zoom(3)
    panel.toggle_pin()
    window.session.selection.select_unit(3, "cell")
    panel.toggle_beside()
    assert panel.beside.isVisible() and panel.beside.view.grid.cell == panel.view.grid.cell
    small = panel.view.grid.cell
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert panel.beside.view.grid.cell == panel.view.grid.cell > small
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert panel.beside.view.grid.cell == panel.view.grid.cell == small


def test_stories_are_told_by_the_page_keys_while_presenting(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.keyClick(window.text_panel.view, Qt.Key.Key_PageDown)
    assert window.story_bar.title.text() == "two" and window.presentation.running
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert not window.presentation.running


def test_another_workspace_is_presented_when_it_is_entered(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F5)
    window.enter("gradients")
    assert not any(dock.isVisible() for dock in window.workspace_tabs.current.docks.values())
    window.enter("cells")
    assert window.text_panel.legend.isVisible() and not window.text_panel.minimap.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.text_panel.minimap.isVisible()


def test_a_room_presented_right_after_it_was_entered_shows_no_panels(window, qtbot):
    window.resize(1000, 700)
    window.enter("gradients")
    room = window.workspace_tabs.current
    qtbot.keyClick(window, Qt.Key.Key_F5)
    room._laid_for = QSize(400, 300)  # as where a desktop is slow to give a window its size
    room._lay_out_anew()
    assert not any(dock.isVisible() for dock in room.docks.values())
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert any(dock.isVisible() for dock in room.docks.values())


def test_tools_of_every_workspace_are_left_out(window, qtbot):
    rooms = ("alignments", "gradients", "training", "unroll")
    for room in rooms:
        window.enter(room)
        qtbot.waitUntil(lambda: window.workspace_tabs.current.centralWidget().isVisible())
    rows = {
        room: [
            row
            for row in window.workspace_tabs.current.centralWidget().findChildren(WrappingRow)
            if row.isVisible()
        ]
        for room in rooms
        if window.enter(room) is None
    }
    assert all(rows[room] for room in ("gradients", "training", "unroll"))
    qtbot.keyClick(window, Qt.Key.Key_F5)
    for room in rooms:
        window.enter(room)
        assert not any(row.isVisible() for row in rows[room]), room
        centre = window.workspace_tabs.current.centralWidget()
        assert not any(row.isVisible() for row in centre.findChildren(WrappingRow)), room
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    for room in rooms:
        window.enter(room)
        assert all(row.isVisible() for row in rows[room]), room


def test_what_is_presented_is_not_what_the_next_window_looks_like(window, make_window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F5)
    window.close()
    again = make_window()
    assert again.menuBar().isVisible() and again.library_dock.isVisible()
    assert any(dock.isVisible() for dock in again.workspace(CellsWorkspace).docks.values())


def test_f11_takes_the_screen_and_gives_it_back(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen() and window.menuBar().isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()


def test_a_workspace_with_nothing_to_show_yet_is_presented_too(make_window, qtbot, tmp_path):
    for model in (tmp_path / "models").glob("*"):
        model.unlink()
    window = make_window()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    for name in ("gradients", "training", "alignments", "unroll"):
        window.enter(name)
        assert window.workspace_tabs.current.name == name
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.presentation.running


def test_plots_and_tables_of_a_presented_room_are_large_and_as_before_afterwards(window, qtbot):
    window.enter("gradients")
    table = window.workspace_tabs.current.distance
    qtbot.waitUntil(lambda: hasattr(table, "table"))
    size = table.table.font().pointSizeF()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    large = table.table.font().pointSizeF()
    assert large > size
    window.zoom_usual()
    assert table.table.font().pointSizeF() == large, "the usual size of the last row"
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert table.table.font().pointSizeF() == size


def test_words_zoomed_as_large_as_can_be_are_so_again_after_the_last_row(window, qtbot):
    window.enter("gradients")
    table = window.workspace_tabs.current.distance
    qtbot.waitUntil(lambda: hasattr(table, "table"))
    usual = table.table.font().pointSizeF()
    for _ in range(18):
        qtbot.keyClick(window, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier)
    size = table.table.font().pointSizeF()
    assert size == usual + 18
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_F5)
        window.zoom_in()  # there is no room for more
        assert table.table.font().pointSizeF() == usual + 20
        qtbot.keyClick(window, Qt.Key.Key_F5)
        assert table.table.font().pointSizeF() == size
    window.zoom_usual()
    assert table.table.font().pointSizeF() == usual


def test_who_enters_gradients_has_the_keys_in_its_plot(window, qtbot):
    window.enter("gradients")
    distance = window.workspace_tabs.current.distance
    qtbot.waitUntil(lambda: hasattr(distance, "plot") and distance.plot.isVisible())
    window.enter("cells")
    window.enter("gradients")
    qtbot.waitUntil(lambda: window.focusWidget() is distance.plot)
