"""What was selected in Cells is taken back and done again, in order with all else."""

from __future__ import annotations

from PySide6.QtCore import Qt

from rnnviz.core.concepts import concept_from
from rnnviz.session.shared.selection import Pin
from tests.views.window.test_window import home, make_window, window

__all__ = ["home", "make_window", "window"]

CONTROL = Qt.KeyboardModifier.ControlModifier


def settled(qtbot):
    qtbot.wait(1)


def undo(window, qtbot):
    settled(qtbot)
    qtbot.keyClick(window.text_panel.view, Qt.Key.Key_Z, CONTROL)
    settled(qtbot)


def test_nothing_that_opened_by_itself_is_taken_back(window, qtbot):
    settled(qtbot)
    assert not window.undo_stack.canUndo()


def test_unit_concept_range_and_pins_come_back(window, qtbot):
    settled(qtbot)
    selection = window.session.selection
    unit, concept = selection.unit, selection.concept
    selection.select_unit(unit + 5)
    settled(qtbot)
    selection.set_range((3, 9))
    settled(qtbot)
    selection.toggle_pin(Pin("hidden", 1))
    settled(qtbot)
    selection.set_concept(None)
    undo(window, qtbot)
    assert selection.concept == concept
    undo(window, qtbot)
    assert selection.pins == ()
    undo(window, qtbot)
    assert selection.range is None
    undo(window, qtbot)
    assert selection.unit == unit
    assert not window.undo_stack.canUndo()
    window.redo()
    window.redo()
    assert selection.unit == unit + 5
    brushed: object = selection.range
    assert brushed == (3, 9)


def test_steps_from_unit_to_unit_are_taken_back_together(window, qtbot):
    settled(qtbot)
    unit = window.session.selection.unit
    for _ in range(3):
        qtbot.keyClick(window.text_panel.view, Qt.Key.Key_Right)
        settled(qtbot)
    assert window.session.selection.unit == unit + 3
    undo(window, qtbot)
    assert window.session.selection.unit == unit


def test_a_removed_finding_comes_back_before_what_was_selected_earlier(window, qtbot):
    settled(qtbot)
    session = window.session
    concept = concept_from(
        {"name": "mine", "title": "Mine", "kind": "regular-expression", "pattern": "a"}
    )
    session.rankings.add_concept(concept)
    session.selection.set_concept("mine")
    settled(qtbot)
    window.questions.remove_concept()
    settled(qtbot)
    assert session.selection.concept is None
    undo(window, qtbot)
    assert session.rankings.concept("mine") is not None
    session.selection.select_unit(7)
    undo(window, qtbot)
    assert session.selection.unit != 7


def test_what_is_not_open_any_more_is_passed_over(window, qtbot, home):
    settled(qtbot)
    selection = window.session.selection
    selection.select_unit(selection.unit + 4)
    settled(qtbot)
    other = home / "other.safetensors"
    other.write_bytes((home / "models" / "tiny.safetensors").read_bytes())
    window.open_path(other)
    settled(qtbot)
    here = selection.unit
    undo(window, qtbot)
    assert selection.unit == here
    assert not window.undo_stack.canUndo()
