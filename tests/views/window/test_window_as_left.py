"""Small things of the window that people stumbled over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.core.colours.colour import Scale
from rnnviz.core.sequences.text import Text
from rnnviz.views.cells.workspace import CellsWorkspace
from rnnviz.views.plots.line import LinePlot
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.theme import DARK, Appearance, theme_of
from rnnviz.views.shared.zooming import zoom_all
from rnnviz.views.text.text_view import TextView
from rnnviz.views.window.window import Window
from tests.views.window.test_window import home, make_window, window  # noqa: F401


def test_recent_files_are_the_persons_own(window: Window, home: Path) -> None:  # noqa: F811
    library = window.session.library
    mine = home / "mine & yours.txt"
    mine.write_text("a bold lead\n")
    window.open_path(mine)
    for path in (*(one.path for one in library.models), *(one.path for one in library.texts)):
        window.open_path(path)
    assert library.recent == (mine,)
    (entry,) = [
        action for action in window.actions_.menu("File/Open recent").actions() if action.data()
    ]
    assert entry.text() == "mine && yours.txt"  # shown with one


def test_icons_of_the_library_are_seen_in_the_dark_theme(
    window: Window,  # noqa: F811
    appearance: Appearance,
    qtbot: QtBot,
) -> None:
    appearance.set_setting("dark")
    qtbot.waitUntil(lambda: theme_of(window.library) is DARK)
    QTest.qWait(20)
    for place in range(window.library.models.childCount()):
        leaf = window.library.models.child(place)
        image = leaf.icon(0).pixmap(16, 16).toImage()
        inks = {
            image.pixelColor(x, y).lightness()
            for x in range(16)
            for y in range(16)
            if image.pixelColor(x, y).alpha() > 200
        }
        assert max(inks) > 2 * QColor(DARK.background).lightness()
        assert max(inks) >= QColor(DARK.muted).lightness() - 8


def test_docks_keep_their_height_where_a_window_opens_small_and_is_maximised(
    make_window: Callable[[], Window],  # noqa: F811
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rnnviz.views.shared.workspace._SETTLES_MS", 1)
    first = make_window()
    first.resize(1500, 950)
    room = first.workspace(CellsWorkspace)
    # What is moved once it is settled was moved by hand.
    qtbot.waitUntil(lambda: not room._settling.isActive())
    room.resizeDocks([room.docks["trace"]], [330], Qt.Orientation.Vertical)
    QTest.qWait(50)
    height = room.docks["trace"].height()
    assert height > 250
    first.close()
    # On a busy machine the window may be maximised long after it was shown.
    monkeypatch.setattr("rnnviz.views.shared.workspace._SETTLES_MS", 60_000)
    second = make_window()
    second.resize(420, 330)
    QTest.qWait(20)
    second.resize(1500, 950)
    lower = second.workspace(CellsWorkspace).docks["trace"]
    qtbot.waitUntil(lambda: abs(lower.height() - height) < 12)
    second.close()


def laid_out(shown: Window, size: tuple[int, int], qtbot: QtBot) -> CellsWorkspace:
    room = shown.workspace(CellsWorkspace)
    shown.resize(*size)
    qtbot.waitUntil(lambda: not room._settling.isActive() and shown.width() == size[0])
    QTest.qWait(50)
    return room


def test_a_layout_kept_in_a_large_window_leaves_the_text_its_room_in_a_small_one(
    make_window: Callable[[], Window],  # noqa: F811
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rnnviz.views.shared.workspace._SETTLES_MS", 200)
    first = make_window()
    room = laid_out(first, (1920, 1080), qtbot)
    room.resizeDocks([room.docks["trace"]], [520], Qt.Orientation.Vertical)
    room.resizeDocks([room.docks["ranking"]], [900], Qt.Orientation.Horizontal)
    QTest.qWait(50)
    assert room.docks["trace"].height() > 400
    assert room.docks["ranking"].width() > 800
    first.close()
    second = make_window()
    room = laid_out(second, (1024, 700), qtbot)
    view = room.text_panel.view
    assert view.viewport().height() >= 8 * view.grid.height
    assert room.text_panel.width() >= 400
    assert room.docks["ranking"].height() >= 150
    assert room.docks["trace"].height() >= 100
    second.close()
    third = make_window()
    room = laid_out(third, (1920, 1080), qtbot)
    assert room.text_panel.view.viewport().height() >= 20 * view.grid.height
    assert 200 <= room.docks["trace"].height() <= 560
    assert room.docks["trace"].width() > room.docks["ranking"].width(), "below the text again"
    third.close()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
@pytest.mark.parametrize("count", [2, 3, 11, 20])
def test_a_popup_is_as_large_as_its_list(appearance: Appearance, qtbot: QtBot, count: int) -> None:
    box = Choices()
    qtbot.addWidget(box)
    box.addItems([f"a rather long entry, number {number}" for number in range(count)])
    box.resize(90, 30)
    box.show()
    box.showPopup()
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    assert view.verticalScrollBar().maximum() == 0
    assert view.viewport().height() >= count * view.sizeHintForRow(0)
    assert view.viewport().width() >= view.sizeHintForColumn(0)
    box.hidePopup()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_no_list_of_the_window_is_a_plain_one(window: Window, qtbot: QtBot) -> None:  # noqa: F811
    for name in ("cells", "gradients", "unroll"):
        window.enter(name)
        boxes = window.workspace_tabs.current.findChildren(QComboBox)
        assert [box.accessibleName() for box in boxes if not isinstance(box, Choices)] == []


@pytest.fixture
def view(qtbot: QtBot) -> TextView:
    view = TextView()
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.set_text(Text.of("one two\n" * 40))
    view.set_values(np.linspace(-1, 1, len(view.text), dtype=np.float32))
    view.set_scale(Scale(-1.0, 1.0, "blue-orange"))
    view.set_labels(np.arange(len(view.text)) % 8 < 3)
    view.show()
    return view


def row_of(view: TextView, character: int) -> QImage:
    rect = view.cell_rect(character)
    return view.viewport().grab(rect.adjusted(0, 0, 5 * rect.width(), 2)).toImage()


def test_while_typing_nothing_jumps_turns_grey_or_loses_its_band(
    view: TextView, qtbot: QtBot
) -> None:
    view.set_editable(True)
    editing = view.editing
    assert editing is not None
    editing.move(20)
    height, before = view.grid.height, row_of(view, 0)
    qtbot.keyClicks(view, "xy")
    assert view.grid.height == height
    assert row_of(view, 0) == before
    assert view.labels is not None
    assert len(view.labels) == 20
    behind = row_of(view, 24)
    ink = [
        behind.pixelColor(x, y).lightness()
        for x in range(behind.width())
        for y in range(behind.height())
    ]
    assert min(ink) < 60  # the letters behind the caret are as black as before
    editing.move(len(view.text))
    view.set_labels(None)
    view.set_labels(np.zeros(0, np.bool_))
    assert not view.caret_rect(editing.caret).isNull()


def test_an_outline_covers_no_letter(view: TextView) -> None:
    view.set_labels(None)
    view.set_values(None)

    def ink() -> list[tuple[int, int]]:
        image = view.viewport().grab().toImage()
        return [
            (x, y)
            for x in range(view.grid.left, view.grid.left + 80)
            for y in range(view.grid.height * 3)
            if image.pixelColor(x, y).lightness() < 70
        ]

    before = ink()
    view.set_range(1, 14)
    after = set(ink())
    assert [place for place in before if place not in after] == []


def test_text_plots_and_tables_grow_together_where_they_are_seen_and_nowhere_else(
    window: Window,  # noqa: F811
    qtbot: QtBot,
) -> None:
    room = window.workspace(CellsWorkspace)
    view = window.text_panel.view
    qtbot.waitUntil(lambda: room.findChild(LinePlot) is not None)
    plot = room.findChild(LinePlot)
    assert plot is not None

    def sizes() -> tuple[int, float]:
        return view.grid.cell, plot.x_axis.style["tickFont"].pointSizeF()

    usual = sizes()
    for _ in range(4):
        window.actions_.actions["Zoom in"].trigger()
    larger = sizes()
    assert larger[0] > usual[0]
    assert larger[1] == usual[1] + 4
    window.enter("gradients")
    window.actions_.actions["Zoom in"].trigger()
    assert sizes() == larger
    window.enter("cells")
    window.actions_.actions["Usual size"].trigger()
    assert sizes() == usual


def test_a_table_keeps_room_for_its_larger_words(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    table = QuietTable("Words", ("one", "two"), page)
    before = table.verticalHeader().defaultSectionSize(), table.font().pointSizeF()
    zoom_all(page, 5)
    assert table.font().pointSizeF() == before[1] + 5
    assert table.verticalHeader().defaultSectionSize() > before[0]
    zoom_all(page, 0)
    assert (table.verticalHeader().defaultSectionSize(), table.font().pointSizeF()) == before
