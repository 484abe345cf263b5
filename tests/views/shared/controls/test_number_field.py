"""Typed numbers: taken as they are meant, in every country, or refused where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QWheelEvent
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QVBoxLayout
from pytestqt.qtbot import QtBot

import rnnviz.views
from rnnviz.views.shared.controls.number_field import (
    NumberField,
    NumberListField,
    TypedField,
    WholeField,
)

COUNTRIES = ("C", "en_US", "de_DE", "fr_FR", "es_ES", "pt_BR", "ar_EG", "hi_IN", "de_CH")
MEANT = (
    ("0.003", 0.003), ("0,003", 0.003), ("1e-3", 0.001), ("0.5", 0.5), ("0.0005", 0.0005),
    ("1.5", 1.5), ("0.1", 0.1), ("3e-4", 0.0003), ("1 000", 1000.0),
)  # fmt: skip


@pytest.fixture(params=COUNTRIES)
def country(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


def shown(field: TypedField, qtbot: QtBot) -> QDialog:
    """The field in a window of its own, with another widget to go to."""
    window = QDialog()
    column = QVBoxLayout(window)
    column.addWidget(field)
    column.addWidget(QPushButton("elsewhere"))
    qtbot.addWidget(window)
    window.resize(400, 200)
    # Wherever a test before left the mouse: a field under it says why it is refused, too.
    QCursor.setPos(0, 0)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    assert not field.underMouse()
    field.setFocus()
    field.selectAll()
    return window


def word(window: QDialog) -> str:
    """What is said below the field."""
    return next((w.text() for w in window.findChildren(QLabel) if w.isVisible()), "")


def test_a_number_is_the_one_that_was_meant_in_every_country(country: str, qtbot: QtBot) -> None:
    field = NumberField("Rate", 0.0, 1e6)
    window = shown(field, qtbot)
    for typed, value in MEANT:
        field.selectAll()
        qtbot.keyClicks(field, typed)
        assert field.text() == typed  # nothing is dropped while one types
        assert field.value() == value
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert (field.value(), field.problem) == (value, "")
    assert field.text() == "1000"
    window.close()


def test_what_was_taken_is_shown_as_everywhere_in_the_window(country: str, qtbot: QtBot) -> None:
    fields: tuple[tuple[TypedField, dict[str, str]], ...] = (
        (NumberField("Rate", 0.0), {"0,003": "0.003", "3E-5": "3·10⁻⁵", "1.234,5": "1234.5"}),
        (
            WholeField("Steps", 0, 10**9, suffix=" steps"),
            {"12 000": "12,000 steps", "1e3 steps": "1,000 steps"},
        ),
        (NumberListField("Temperatures", 0.0), {"0,4; 0,8": "0.4, 0.8"}),
    )
    for field, cases in fields:
        window = shown(field, qtbot)
        for typed, said in cases.items():
            field.setFocus()
            field.selectAll()
            qtbot.keyClicks(field, typed)
            qtbot.keyClick(field, Qt.Key.Key_Tab)
            assert field.text() == said
        window.close()


def test_what_is_no_number_is_refused_where_it_stands(qtbot: QtBot) -> None:
    field = NumberField("Rate", 0.0, 100.0)
    field.set_value(0.5)
    window = shown(field, qtbot)
    window.setStyleSheet('QLabel[role="refusal"] { padding: 4px 8px; }')
    with qtbot.waitSignal(field.problem_changed):
        qtbot.keyClicks(field, "1.5x")
    assert (field.text(), field.property("refused")) == ("1.5x", True)
    assert "“1.5x” is no number" in word(window)
    assert field.accessibleDescription() == word(window)
    label = next(w for w in window.findChildren(QLabel) if w.isVisible())
    assert label.height() >= label.fontMetrics().height() + 8  # all of the word is seen
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), field.value()) == ("1.5x", 1.5)  # what was a number on the way
    button = window.findChild(QPushButton)
    assert button is not None
    button.setFocus()
    assert (field.text(), field.property("refused"), word(window)) == ("1.5x", True, "")
    field.setFocus()
    assert "is no number" in word(window)
    field.selectAll()
    qtbot.keyClicks(field, "2")
    assert (field.property("refused"), word(window), field.value()) == (False, "", 2.0)


@pytest.mark.parametrize(
    ("typed", "why"),
    [("1000", "1000 cannot be taken here: from 0 to 100"), ("-1", "from 0 to 100"),
     ("1.000", "could be 1 or 1000"), ("1e999", "larger than the largest"), ("3e", "not finished")],
)  # fmt: skip
def test_a_number_is_never_moved_to_another_one(typed: str, why: str, qtbot: QtBot) -> None:
    field = NumberField("Rate", 0.0, 100.0, at_once=False)
    field.set_value(7.0)
    window = shown(field, qtbot)
    qtbot.keyClicks(field, typed)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.value(), field.text()) == (7.0, typed)
    assert why in word(window)


def test_escape_takes_back_what_was_typed_before_it_closes_anything(qtbot: QtBot) -> None:
    field = WholeField("Steps", 1, 100)
    field.set_value(12)
    window = shown(field, qtbot)
    qtbot.keyClicks(field, "1x")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), field.problem) == ("1", "")
    assert window.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_a_field_that_waits_for_enter_keeps_its_text_while_the_window_goes_on(
    qtbot: QtBot,
) -> None:
    field = WholeField("Distance", 4, 500, at_once=False)
    field.set_value(50)
    window = shown(field, qtbot)
    taken = list[object]()
    field.value_changed.connect(taken.append)
    qtbot.keyClicks(field, "10")
    field.set_value(50)  # drawn again, as panels are all the time
    qtbot.keyClicks(field, "0")
    assert (field.text(), field.value(), taken) == ("100", 50, [])
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert taken == [100]
    assert window.isVisible()


def test_arrows_step_and_stop_at_the_limits(qtbot: QtBot) -> None:
    unit = WholeField("Unit", 0, 2)
    unit.setWrapping(True)
    window = shown(unit, qtbot)
    walked = list[object]()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(unit, key)
        walked.append(unit.value())
    assert walked == [2, 0, 1]
    rate = NumberField("Rate", 0.0, 1.0)
    rate.set_smallest_step(1e-6)
    rate.set_value(0.1)
    other = shown(rate, qtbot)
    walked = list[object]()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(rate, key)
        walked.append(rate.text())
    assert walked == ["0.11", "0.1", "0.099", "0.098"]
    rate.set_value(0.99)
    for _ in range(2):
        qtbot.keyClick(rate, Qt.Key.Key_Up)
    assert rate.value() == 1.0
    qtbot.keyClicks(rate, "9x")
    qtbot.keyClick(rate, Qt.Key.Key_Down)
    assert (rate.text(), rate.problem) == ("0.99", "")
    assert window.isVisible()
    assert other.isVisible()


def test_scrolling_over_a_field_changes_nothing(qtbot: QtBot) -> None:
    field = WholeField("Units", 1, 100)
    field.set_value(50)
    window = shown(field, qtbot)

    def wheel() -> None:
        middle = QPointF(field.rect().center())
        event = QWheelEvent(
            middle, QPointF(field.mapToGlobal(field.rect().center())), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
            False,
        )  # fmt: skip
        QApplication.sendEvent(field, event)

    wheel()
    assert field.value() == 51
    button = window.findChild(QPushButton)
    assert button is not None
    button.setFocus()
    wheel()
    assert field.value() == 51


def test_a_special_number_has_its_word(qtbot: QtBot) -> None:
    field = WholeField("Stop early after", 0, 100, special="never", suffix=" worse")
    assert field.text() == "never"
    window = shown(field, qtbot)
    qtbot.keyClicks(field, "4")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), field.value()) == ("4 worse", 4)
    field.selectAll()
    qtbot.keyClicks(field, "Never")
    assert field.value() == 0
    assert window.isVisible()


def test_above_zero_is_not_zero(qtbot: QtBot) -> None:
    field = NumberField("Rate", 0.0, above=True)
    field.set_value(0.1)
    window = shown(field, qtbot)
    qtbot.keyClicks(field, "0")
    assert word(window) == "0 cannot be taken here: above 0"
    qtbot.keyClicks(field, ",5")
    assert (field.value(), word(window)) == (0.5, "")


def test_every_number_of_the_window_is_typed_into_one_of_these(qapp: QApplication) -> None:
    folder = Path(rnnviz.views.__file__).parent
    others = (
        "QSpinBox",
        "QDoubleSpinBox",
        "QDoubleValidator",
        "QIntValidator",
        "toDouble(",
        "getDouble(",
        "getInt(",
    )
    found = {
        path.name: [word for word in others if word in path.read_text()]
        for path in folder.rglob("*.py")
        if any(word in path.read_text().replace("QAbstractSpinBox", "") for word in others)
    }
    assert found == {}
