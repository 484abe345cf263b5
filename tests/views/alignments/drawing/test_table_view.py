"""The table of an alignment: what lies where, what lights up, at any size."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage

from rnnviz.core.colours.colour import Scale
from rnnviz.views.alignments.drawing.table_layout import SLANT
from rnnviz.views.alignments.drawing.table_painter import NOWHERE, name_font, pooled
from rnnviz.views.alignments.drawing.table_view import TableView

WEIGHTS = Scale(0.0, 1.0, "gate")


@pytest.fixture
def view(qtbot, appearance):
    view = TableView("weights")
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    return view


def fill(view, rows=3, columns=4):
    values = np.zeros((rows, columns), np.float32)
    values[1, 2] = 1.0
    names = [f"t{row}" for row in range(rows)], [f"s{column}" for column in range(columns)]
    view.set_table(values, *names, WEIGHTS)
    return values


def middle(view, row, column) -> QPoint:
    return view.layout_.cell_rect(row, column).center().toPoint()


def pixels(view) -> QImage:
    return view.viewport().grab().toImage()


def test_keys_that_come_faster_than_frames_walk_on(qtbot, appearance):
    view = TableView("table")
    qtbot.addWidget(view)
    view.set_table(np.eye(3, dtype=np.float32), "abc", "xyz", WEIGHTS)
    view.show()
    places: list[tuple[int, int]] = []
    view.clicked.connect(places.append)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
    assert places == [(0, 0), (0, 1), (0, 2)]


def test_the_heaviest_weight_has_the_strongest_colour_in_its_place(view):
    fill(view)
    image = pixels(view)
    full = QColor(*WEIGHTS.colours(False)[254, :3].tolist())
    assert image.pixelColor(middle(view, 1, 2)) == full
    assert image.pixelColor(middle(view, 2, 1)) != full


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 4), (40, 9), (9, 300), (512, 512)])
def test_every_cell_is_found_again_by_its_place(view, rows, columns):
    fill(view, max(rows, 2), max(columns, 3))
    for row, column in ((0, 0), (1, 2), (1, columns // 2)):
        view.reveal(row, column)
        assert view.place_at(view.layout_.cell_rect(row, column).center()) == (row, column)


def test_hover_tells_the_cell_and_its_names(view, qtbot):
    fill(view)
    for point, place in (
        (middle(view, 1, 2), (1, 2)),
        (QPoint(4, middle(view, 1, 2).y()), (1, None)),
        (QPoint(2, 2), NOWHERE),
    ):
        with qtbot.waitSignal(view.hovered, timeout=1000) as hovered:
            qtbot.mouseMove(view.viewport(), point)
        assert hovered.args == [place]


def test_a_slanted_name_stands_for_its_column(view):
    view.set_table(
        np.zeros((2, 30), np.float32),
        ["a", "b"],
        [f"quitelongword{column}" for column in range(30)],
        WEIGHTS,
    )
    assert view.layout_.slanted
    first = view.layout_.cell_rect(0, 5).center()
    above = view.layout_.column_at(first.x() + 12, view.layout_.top - 20)
    assert above == 5


def test_a_click_pins(view, qtbot):
    fill(view)
    with qtbot.waitSignal(view.clicked) as clicked:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, 2, 1))
    assert clicked.args == [(2, 1)]


def test_the_mark_is_painted_and_goes(view):
    fill(view)
    rests = pixels(view)
    view.set_mark((1, 2), pinned=True)
    assert pixels(view) != rests
    view.set_mark(NOWHERE)
    assert pixels(view) == rests


def test_arrow_keys_walk_the_cells(view, qtbot):
    fill(view)
    view.clicked.connect(lambda place: view.set_mark(place, pinned=True))
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.mark == (0, 0)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        qtbot.keyClick(view, key)
    assert view.mark == (0, 2)
    with qtbot.waitSignal(view.erase_requested) as erased:
        qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert erased.args == [0, 2]
    with qtbot.waitSignal(view.edit_requested):
        qtbot.keyClick(view, Qt.Key.Key_Return)


def test_zooming_keeps_the_size_for_the_next_table(view, qtbot):
    fill(view, 60, 60)
    fitted = view.layout_.height
    for _ in range(4):
        qtbot.keyClick(view, "+")
    assert view.layout_.height > fitted
    zoomed = view.layout_.height
    fill(view, 60, 60)
    assert view.layout_.height == zoomed
    assert view.verticalScrollBar().maximum() > 0
    qtbot.keyClick(view, "0")
    assert view.layout_.height < fitted
    assert view.verticalScrollBar().maximum() == 0
    qtbot.keyClick(view, "0")
    assert view.layout_.height == fitted


def test_every_name_is_readable_at_any_length(view):
    fill(view, 300, 300)
    assert view.layout_.every_row == view.layout_.every_column == 1
    assert view.horizontalScrollBar().maximum() > 0


def test_rows_not_there_yet_are_veiled(view):
    fill(view)
    whole = pixels(view)
    view.set_shown_rows(1)
    assert pixels(view).pixelColor(middle(view, 1, 2)) != whole.pixelColor(middle(view, 1, 2))
    assert pixels(view).pixelColor(middle(view, 0, 0)) == whole.pixelColor(middle(view, 0, 0))


def test_no_words_at_all(view):
    view.set_table(np.zeros((0, 0), np.float32), [], [], WEIGHTS)
    assert view.place_at(middle(view, 0, 0).toPointF()) == NOWHERE
    assert not pixels(view).isNull()


def test_peaks_survive_where_cells_are_smaller_than_a_pixel():
    values = np.zeros((1000, 999), np.float32)
    values[617, 400] = 0.9
    assert pooled(values, 4).max() == np.float32(0.9)
    assert pooled(values, 4).shape == (250, 250)


@pytest.mark.parametrize("width", range(300, 700, 40))
def test_the_last_name_of_a_column_is_seen_whole_where_all_cells_are(view, width):
    names = ["le", "petit", "chat", "gris", "dort", "sur", "la", "longuement", "table", "</s>"] * 2
    view.resize(width, 600)
    view.set_table(np.zeros((4, 20), np.float32), ["the"] * 4, names, WEIGHTS)
    layout = view.layout_
    assert layout.slanted and layout.every_column == 1
    scrolled = view.horizontalScrollBar().maximum()
    length = QFontMetricsF(name_font()).horizontalAdvance("</s>")
    end = layout.cell_rect(0, 19).center().x() + length * math.cos(SLANT)
    assert end - scrolled < view.viewport().width()
    assert not scrolled or layout.width >= layout.line
