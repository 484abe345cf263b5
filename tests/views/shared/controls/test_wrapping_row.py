"""Groups of controls wrap where they do not fit, and none lies over another."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from rnnviz.views.shared.controls.wrapping_row import WrappingRow


class Group(QWidget):
    """Wants to be so wide, and 30 pixels high."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width

    def sizeHint(self) -> QSize:
        return QSize(self._width, 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width, 30)


def places(qtbot, row, width):
    qtbot.addWidget(row)
    row.resize(width, row.heightForWidth(width))
    row.show()
    return [(group.x(), group.y()) for group in row.findChildren(Group)]


def test_all_stand_in_one_line_where_they_fit_and_the_last_at_the_right(qtbot):
    row = WrappingRow(Group(100), Group(200), Group(50))
    assert places(qtbot, row, 600) == [(12, 8), (128, 8), (600 - 12 - 50, 8)]
    assert row.heightForWidth(600) == 30 + 2 * 8


def test_in_a_narrow_row_each_goes_below_when_the_line_is_full(qtbot):
    row = WrappingRow(Group(100), Group(200), Group(50))
    assert row.minimumSizeHint().width() == 200 + 2 * 12
    assert places(qtbot, row, 300) == [(12, 8), (12, 46), (12 + 200 + 16, 46)]
    assert row.heightForWidth(300) == 2 * 30 + 3 * 8


def test_a_group_that_expands_takes_what_the_others_leave(qtbot):
    wide = Group(100)
    wide.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    row = WrappingRow(wide, Group(50))
    assert places(qtbot, row, 400)[0] == (12, 8)
    assert wide.width() == 400 - 2 * 12 - 16 - 50


def test_without_spread_the_last_stays_close_to_the_others(qtbot):
    row = WrappingRow(Group(100), Group(50), spread=False)
    assert places(qtbot, row, 600)[1] == (128, 8)


def test_a_group_that_expands_goes_below_where_its_least_width_does_not_fit(qtbot):
    words = Group(60)
    words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    words.setMinimumWidth(200)
    row = WrappingRow(Group(150), words, spread=False)
    assert places(qtbot, row, 330) == [(12, 8), (12, 46)]
    assert words.width() == 330 - 2 * 12
