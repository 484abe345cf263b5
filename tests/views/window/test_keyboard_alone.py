"""The window without a mouse: where Tab goes, that it is seen, and which keys do what where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QMessageBox,
    QPushButton,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from rnnviz.nets.answering.table import TASKS
from rnnviz.views.alignments.workspace import AlignmentsWorkspace
from rnnviz.views.cells.rankings.ranking_table import RankingTable
from rnnviz.views.plots.base import Canvas
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.shared.words.speaking import install, spoken_of
from rnnviz.views.training.run_table import RunTable
from rnnviz.views.unroll.workspace import UnrollWorkspace
from rnnviz.views.window.window import Window
from tests.asking import PipedRunner
from tests.core.runs.made import finished_run
from tests.requests_by_name import by_request
from tests.session.alignments import translating
from tests.session.in_folder import session_in
from tests.views.window.test_window import TEXT, home  # noqa: F401

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO = Qt.KeyboardModifier.NoModifier
WORKSPACES = ("cells", "alignments", "gradients", "training", "unroll")
ANSWERED_BY_HAND = {name: task for name, task in translating.TASKS.items() if name != "open_model"}


@pytest.fixture
def window(
    home: Path,  # noqa: F811
    tmp_path: Path,
    qtbot: QtBot,
    appearance: Appearance,
) -> Iterator[Window]:
    """A language model, a translator with a translation, and a run, all open."""
    install()
    session = session_in(home, PipedRunner({**TASKS, **by_request(**ANSWERED_BY_HAND)}))
    window = Window(session, appearance)
    session.setParent(window)
    qtbot.addWidget(window)
    window.resize(1500, 900)
    with qtbot.waitActive(window):
        window.show()
    window.open_at_start([])
    session.opening._take(translating.opened())
    session.alignments.translate("le chat noir")
    finished_run(tmp_path / "novel")
    session.runs.open(tmp_path / "novel")
    window.enter("cells")
    yield window
    window.close()


def go_to(window: Window, name: str, qtbot: QtBot) -> None:
    window.enter(name)
    room = window.workspace_tabs.current
    qtbot.waitUntil(
        lambda: all(panel.idle for panel in room.findChildren(Panel) if panel.seen), timeout=15_000
    )
    QTest.qWait(30)


def tab(held: Qt.KeyboardModifier = NO) -> QWidget:
    key = Qt.Key.Key_Backtab if held == SHIFT else Qt.Key.Key_Tab
    before = QApplication.focusWidget()
    assert before is not None
    QTest.keyClick(before, key, held)
    focus = QApplication.focusWidget()
    assert focus is not None
    return focus


def walked(window: Window, held: Qt.KeyboardModifier = NO) -> list[QWidget]:
    """All stops of the Tab key, beginning at the tabs of the workspaces."""
    window.workspace_tabs.tabs.setFocus()
    found: list[QWidget] = [window.workspace_tabs.tabs]
    while (focus := tab(held)) is not found[0]:
        assert focus not in found, f"Tab goes round without {focus}"
        found.append(focus)
        assert len(found) < 150
    return found


def named(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.accessibleName()!r}"


@pytest.mark.parametrize("name", WORKSPACES)
def test_tab_goes_round_through_all_that_is_seen_and_back(
    window: Window, name: str, qtbot: QtBot
) -> None:
    go_to(window, name, qtbot)
    stops = walked(window)
    assert len(stops) > 5
    outside = [
        named(stop)
        for stop in stops
        if not window.rect().intersects(stop.rect().translated(stop.mapTo(window, QPoint(0, 0))))
    ]
    assert outside == []
    back = walked(window, SHIFT)
    assert [back[0], *reversed(back[1:])] == stops
    tables = [
        view
        for view in window.workspace_tabs.current.findChildren(QAbstractItemView)
        if view.isVisible() and view.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert [named(view) for view in tables if view.tabKeyNavigation()] == []
    seen = [view for view in tables if not view.visibleRegion().isEmpty() and view.isEnabled()]
    assert [named(view) for view in seen if view not in stops] == []


@pytest.mark.parametrize("name", WORKSPACES)
def test_what_has_the_keys_has_a_name_and_a_mark(window: Window, name: str, qtbot: QtBot) -> None:
    go_to(window, name, qtbot)
    unmarked, unnamed = [], []
    for stop in walked(window):
        stop.setFocus()
        QTest.qWait(2)
        place = stop.rect().translated(stop.mapTo(window, QPoint(0, 0))).adjusted(-3, -3, 3, 3)
        marked = window.grab(place).toImage()
        window.setFocus()
        QTest.qWait(2)
        if window.grab(place).toImage() == marked:
            unmarked.append(named(stop))
        if not (stop.accessibleName() or getattr(stop, "text", str)()):
            unnamed.append(named(stop))
    assert (unmarked, unnamed) == ([], [])


def test_stops_come_in_the_order_in_which_a_person_reads(window: Window, qtbot: QtBot) -> None:
    go_to(window, "cells", qtbot)
    rank(window, qtbot)
    stops = walked(window)
    library, panel = window.library.tree, window.text_panel
    order = [stops.index(each) for each in (library, panel.picker.unit, panel.concepts, panel.view)]
    assert order == sorted(order)
    ranking = next(stop for stop in stops if "follow the concept" in stop.accessibleName())
    trace = next(stop for stop in stops if isinstance(stop, Canvas))
    assert stops.index(panel.view) < stops.index(ranking) < stops.index(trace)


def rank(window: Window, qtbot: QtBot) -> RankingTable:
    """Rank the units by keyboard."""
    button = next(
        stop for stop in walked(window) if isinstance(stop, QPushButton) and stop.text() == "Rank"
    )
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    table = window.findChild(RankingTable)
    assert table is not None
    qtbot.waitUntil(table.isVisible)
    return table


def test_panels_are_chosen_by_the_arrows_on_their_tabs(window: Window, qtbot: QtBot) -> None:
    go_to(window, "cells", qtbot)
    bar = next(stop for stop in walked(window)[1:] if isinstance(stop, QTabBar))
    bar.setFocus()
    before = bar.currentIndex()
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert bar.currentIndex() == before + 1
    room = window.workspace_tabs.current
    dock = room.docks[room.panels[1].name]
    # What a panel is made of is imported in turns of the loop when it is first seen.
    qtbot.waitUntil(lambda: any(map(dock.isAncestorOf, walked(window))))
    bar.setFocus()
    assert dock.isAncestorOf(tab())


def test_f6_goes_from_part_to_part(window: Window, qtbot: QtBot) -> None:
    go_to(window, "cells", qtbot)
    window.workspace_tabs.tabs.setFocus()
    window.next_part()
    assert window.focusWidget() is window.library.tree
    window.next_part()
    assert window.text_panel.isAncestorOf(window.focusWidget())
    window.previous_part()
    assert window.focusWidget() is window.library.tree


def test_a_workspace_has_the_keys_when_it_is_entered_and_gives_them_back(
    window: Window, qtbot: QtBot
) -> None:
    for name in WORKSPACES:
        go_to(window, name, qtbot)
        focus = window.focusWidget()
        assert focus is not None
        assert window.workspace_tabs.current.isAncestorOf(focus), name
        assert focus.isVisible()
    go_to(window, "training", qtbot)
    assert isinstance(window.focusWidget(), RunTable)
    go_to(window, "cells", qtbot)
    window.text_panel.concepts.setFocus()
    go_to(window, "unroll", qtbot)
    go_to(window, "cells", qtbot)
    assert window.focusWidget() is window.text_panel.concepts


# Keys belong to their workspace


def pressed(window: Window) -> list[tuple[Qt.Key, Qt.KeyboardModifier, str]]:
    """Every key of every workspace, and all letters, digits and signs there are."""
    single = [chr(code) for code in range(0x20, 0x7F)]
    keys = [
        (Qt.Key(ord(sign.upper())), SHIFT if sign.isupper() else NO, sign)
        for sign in single
        if sign not in "\"'"
    ]
    moves = ("Left", "Right", "Up", "Down", "Home", "End", "PageUp", "PageDown", "Escape",
             "Return", "Delete", "Backspace", "Insert")  # fmt: skip
    return keys + [(getattr(Qt.Key, f"Key_{move}"), NO, "") for move in moves]


HIDDEN: dict[str, Callable[[Window], object]] = {
    "cells": lambda window: (
        str(window.text_panel.view.text),
        window.text_panel.view.editable,
        window.text_panel.view.grid.cell,
        window.text_panel.search.isVisibleTo(window.text_panel),
        window.text_panel.view.verticalScrollBar().value(),
        window.session.selection.unit,
        window.session.selection.channel,
        window.session.selection.pins,
        window.session.selection.colouring,
        window.session.selection.concept,
        window.session.selection.cursor,
        window.session.selection.range,
    ),
    "alignments": lambda window: (
        window.session.alignments.current,
        window.session.alignments.step,
        window.session.alignments.mark,
    ),
    "gradients": lambda window: (
        window.session.gradients.window,
        window.session.gradients.character,
        len(window.session.gradients.compared),
    ),
    "training": lambda window: (
        window.session.runs.current,
        window.session.following.run,
    ),
    "unroll": lambda window: (
        window.session.unroll.index,
        window.session.unroll.plan,
        window.session.unroll.trace,
    ),
}


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
@pytest.mark.parametrize("name", WORKSPACES)
def test_no_key_of_one_workspace_changes_what_another_shows(
    window: Window, name: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in WORKSPACES:
        go_to(window, room, qtbot)
    # What opens a dialog of the system's is of no interest here.
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_, **__: ("", ""))
    go_to(window, name, qtbot)
    before = {other: facts(window) for other, facts in HIDDEN.items() if other != name}
    centre = window.workspace_tabs.current.centralWidget()
    for focus in (window, centre):
        for key, held, text in pressed(window):
            if (name, text) == ("training", "f"):
                continue  # It follows the run in Cells, which is what it says.
            if (name, text) == ("cells", "u"):
                continue  # It unrolls the model in Unroll, which is what it says.
            focus.setFocus()
            QTest.keyClick(focus, key, held)
            for box in window.findChildren(QMessageBox):
                box.close()
            for child in window.children():
                if isinstance(child, QWidget) and child.isWindow() and child.isVisible():
                    child.close()
            assert window.workspace_tabs.current.name == name, text
            after = {other: HIDDEN[other](window) for other in before}
            changed = [other for other in before if after[other] != before[other]]
            assert changed == [], (text or key, changed)


def test_what_acts_on_the_text_can_only_be_asked_for_where_it_is_seen(
    window: Window, qtbot: QtBot
) -> None:
    actions = window.actions_.actions

    def allowed(words: str) -> bool:
        action: QAction = actions[words]
        return action.isEnabled()

    bound = ("Find…", "Go to character…", "Type your own text", "Next unit", "Save finding…")
    for name in WORKSPACES:
        go_to(window, name, qtbot)
        assert [allowed(words) for words in bound] == [name == "cells"] * len(bound)
        assert allowed("New run…")
        assert allowed("Keyboard shortcuts")
    go_to(window, "alignments", qtbot)
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL)
    for letter in "chien":
        QTest.keyClick(window, Qt.Key(ord(letter.upper())))
    assert str(window.text_panel.view.text) == TEXT
    assert not window.text_panel.view.editable


def test_single_keys_hold_on_a_russian_keyboard_and_over_a_table(
    window: Window, qtbot: QtBot
) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    go_to(window, "cells", qtbot)
    for focus in (window.text_panel.view, rank(window, qtbot)):
        focus.setFocus()
        before = window.session.selection.colouring
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key(0x42B), NO, 39, 0, 0, "ы")
        QApplication.sendEvent(focus, event)
        assert window.session.selection.colouring != before


# The text by keyboard


def test_the_card_is_had_at_the_place_of_the_keys_and_follows_them(
    window: Window, qtbot: QtBot
) -> None:
    go_to(window, "cells", qtbot)
    view, card = window.text_panel.view, window.text_panel.card
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert card.isVisible()
    assert card.facts is not None
    assert card.facts.offset == 0
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view, key, CONTROL)
    assert card.facts.offset == TEXT.index("\n") + 1 + 2
    assert window.session.selection.cursor == card.facts.offset
    at = view.cell_rect(card.facts.offset).translated(
        view.viewport().mapTo(window.text_panel, QPoint())
    )
    assert not card.geometry().intersects(at)
    value = dict(card.facts.values)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert dict(card.facts.values) != value
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_a_range_is_chosen_with_the_keys_alone(window: Window, qtbot: QtBot) -> None:
    go_to(window, "cells", qtbot)
    view, selection = window.text_panel.view, window.session.selection
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert selection.range == (0, 3)
    qtbot.keyClick(view, Qt.Key.Key_End, SHIFT)
    assert selection.range == (0, TEXT.index("\n") + 1)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert selection.range is None
    qtbot.keyClick(view, Qt.Key.Key_Right, CONTROL)
    for _ in range(2):  # over the quotation mark and over the word
        qtbot.keyClick(view, Qt.Key.Key_Right, CONTROL | SHIFT)
    start, stop = selection.range
    assert TEXT[start:stop].endswith("cold")
    qtbot.keyClick(view, Qt.Key.Key_End, CONTROL | SHIFT)
    assert selection.range == (start, len(TEXT))


def test_the_card_goes_when_the_text_under_it_does(window: Window, qtbot: QtBot) -> None:
    go_to(window, "cells", qtbot)
    view, card = window.text_panel.view, window.text_panel.card
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert card.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_E)
    qtbot.keyClick(view, Qt.Key.Key_X)
    assert not card.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert card.isVisible()
    window.open_path(next(iter(window.session.library.texts)).path)
    assert not card.isVisible()


def test_a_screen_reader_hears_text_unit_and_value_of_the_place(
    window: Window, qtbot: QtBot
) -> None:
    go_to(window, "cells", qtbot)
    view, selection = window.text_panel.view, window.session.selection
    for _ in range(4):
        qtbot.keyClick(view, Qt.Key.Key_Right, CONTROL)
    recording = window.session.recordings.recording
    assert recording is not None

    def heard() -> str:
        interface = QAccessible.queryAccessibleInterface(view)
        value = interface.text(QAccessible.Text.Value)
        assert interface.text(QAccessible.Text.Description) == value
        return str(value)

    for _ in range(2):
        value = float(recording.values(selection.channel, selection.unit)[3])
        said = f"{selection.channel} of {recording.unit_title(selection.unit)} {value:+.3f}"
        assert heard().startswith("c, line 1, column 4, ")
        assert said.replace("-", "−") in heard()
        assert 'a "cold bed"' in heard()
        qtbot.keyClick(view, Qt.Key.Key_Right)


def test_a_screen_reader_hears_of_the_place_that_was_clicked_or_chosen_elsewhere(
    window: Window, qtbot: QtBot
) -> None:
    go_to(window, "cells", qtbot)
    view = window.text_panel.view
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Right, CONTROL)
    middle = view.cell_rect(7).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert "line 1, column 8, " in spoken_of(view)
    window.session.selection.set_cursor(2)
    assert "line 1, column 3, " in spoken_of(view)


def test_plots_are_walked_and_heard_by_keyboard(window: Window, qtbot: QtBot) -> None:
    go_to(window, "cells", qtbot)
    canvas = next(stop for stop in walked(window) if isinstance(stop, Canvas))
    canvas.setFocus()
    plain = canvas.grab().toImage()
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.grab().toImage() != plain
    first = spoken_of(canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert spoken_of(canvas) != first
    assert "line " in first
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert window.session.selection.cursor is not None
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)


def test_alignments_and_the_unrolled_network_are_heard_by_keyboard(
    window: Window, qtbot: QtBot
) -> None:
    go_to(window, "alignments", qtbot)
    area = window.workspace(AlignmentsWorkspace).area
    assert area is not None
    qtbot.waitUntil(lambda: area.main.layer is not None)
    table, lines = area.main.table, area.main.lines
    table.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(table, key)
    qtbot.waitUntil(lambda: "←" in spoken_of(table))
    lines.setFocus()
    before = spoken_of(lines)
    qtbot.keyClick(lines, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: spoken_of(lines) != before)
    source = spoken_of(lines)
    qtbot.keyClick(lines, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: spoken_of(lines) != source)
    go_to(window, "unroll", qtbot)
    drawing = window.workspace(UnrollWorkspace).area.drawing
    qtbot.waitUntil(lambda: drawing.picture is not None)
    drawing.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(drawing, key, CONTROL)
    assert "=" in spoken_of(drawing)
