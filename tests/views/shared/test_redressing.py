"""Another theme is put on a few widgets at a time, and looks as if Qt had dressed all at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from rnnviz.views.shared import redressing
from rnnviz.views.shared.theme import DARK, qt_palette


class Counted(QLabel):
    """Notes when it is dressed."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setProperty("role", "muted")
        self.dressed = 0

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.dressed += event.type() == QEvent.Type.StyleChange


class Page(QWidget):
    """Something of everything that the sheet dresses."""

    def __init__(self) -> None:
        super().__init__()
        self.label = Counted("second-rank words")
        field, box = QLineEdit("typed"), QComboBox()
        box.addItems(["one", "two"])
        tabs = QTabWidget()
        tabs.addTab(QLabel("in a tab"), "Tab")
        tabs.addTab(QLabel("behind it"), "Behind")
        column = QVBoxLayout(self)
        for part in (
            self.label, field, box, tabs, QTableWidget(2, 2), QCheckBox("check"), QPushButton("go"),
        ):  # fmt: skip
            column.addWidget(part)


@pytest.fixture
def pages(appearance, qapp, qtbot) -> Iterator[QStackedWidget]:
    blinks = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    window = QStackedWidget()
    qtbot.addWidget(window)
    for _ in range(3):
        window.addWidget(Page())
    window.resize(400, 500)
    window.show()
    for place in (2, 1, 0):
        window.setCurrentIndex(place)
        qtbot.waitExposed(window)
        window.grab()
    yield window
    qapp.setCursorFlashTime(blinks)


def picture(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def label(pages: QStackedWidget, place: int) -> Counted:
    page = pages.widget(place)
    assert isinstance(page, Page)
    return page.label


def test_what_is_seen_comes_first_and_what_is_hidden_when_it_is_shown(appearance, pages, qtbot):
    appearance._redressing._later.setInterval(10**6)
    before = [label(pages, place).dressed for place in range(3)]

    def dressed() -> list[int]:
        return [label(pages, place).dressed - before[place] for place in range(3)]

    with qtbot.waitSignal(appearance.theme_changed):
        appearance.set_setting("dark")
    assert dressed() == [1, 0, 0]
    pages.setCurrentIndex(1)
    assert dressed() == [1, 1, 0]
    assert label(pages, 1).palette().windowText().color().name() == DARK.muted
    appearance._redressing._later.start(0)
    qtbot.waitUntil(lambda: appearance._redressing.done)
    assert dressed() == [1, 1, 1], "each of them once"


def test_it_looks_as_where_qt_dresses_everything_at_once(appearance, pages, qapp, qtbot):
    for setting in ("dark", "light", "dark"):
        with qtbot.waitSignal(appearance.theme_changed):
            appearance.set_setting(setting)
    pictures = []
    for place in range(3):
        pages.setCurrentIndex(place)
        qtbot.wait(20)
        pictures.append(picture(pages))
    sheet = qapp.styleSheet()
    qapp.setStyleSheet("")
    qapp.setPalette(qt_palette(DARK))
    qapp.setStyleSheet(sheet)
    for place in range(3):
        pages.setCurrentIndex(place)
        qtbot.wait(20)
        differs = np.argwhere(picture(pages) != pictures[place])
        assert not len(differs), f"page {place}, {len(differs)} pixels from {differs[0]} on"


def test_another_theme_may_come_while_one_is_put_on(appearance, pages, qtbot):
    appearance.set_setting("dark")
    with qtbot.waitSignal(appearance.theme_changed):
        appearance.set_setting("light")
    qtbot.waitUntil(lambda: appearance._redressing.done)
    assert not any(
        widget.testAttribute(redressing._OWN) for widget in pages.findChildren(QWidget)
    ), "none is left aside"
    assert pages.updatesEnabled()


def test_what_is_deleted_meanwhile_is_passed_over(appearance, pages, qtbot):
    with qtbot.waitSignal(appearance.theme_changed):
        appearance.set_setting("dark")
        pages.removeWidget(gone := pages.widget(2))
        gone.deleteLater()
        row = QHBoxLayout()
        row.addWidget(QLabel("made meanwhile"))
        pages.widget(0).layout().addLayout(row)
    qtbot.waitUntil(lambda: appearance._redressing.done)
