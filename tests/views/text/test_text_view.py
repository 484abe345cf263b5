"""The coloured text as a person meets it: what is painted where, what pointer and keys do."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from rnnviz.core.colours.colour import PAPER, Scale
from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.theme import DARK, LIGHT, qt_palette
from rnnviz.views.text.text_view import TextView

SCALE = Scale(-1.0, 1.0, "blue-orange")
PROSE = 'He said, "come."\n\tThen\the left  \n中文 ok\n' * 40


@pytest.fixture
def view(qtbot):
    view = TextView()
    qtbot.addWidget(view)
    view.setPalette(qt_palette(LIGHT))
    view.resize(640, 400)
    view.show()
    return view


def coloured(view, text, seed=0):
    """Show a text with values made by chance; gives them back."""
    values = np.random.default_rng(seed).uniform(-1, 1, len(text)).astype(np.float16)
    view.set_text(Text.of(text))
    view.set_scale(SCALE)
    view.set_values(values, len(text))
    return values


def painted(view):
    return view.viewport().grab().toImage()


def ground(image, rect):
    """The colour of a cell in its upper left corner, where no letter reaches."""
    return image.pixelColor(rect.left(), rect.top()).getRgb()[:3]


def centre(view, character):
    return view.cell_rect(character).center()


def drag(qtbot, view, start, stop):
    port = view.viewport()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(port, stop)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=stop)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_visible_character_has_the_colour_of_its_value(view, theme):
    view.setPalette(qt_palette(theme))
    values = coloured(view, PROSE)
    table, entries, image = SCALE.colours(theme.dark), SCALE.index(values), painted(view)
    start, stop = view.visible_range()
    whole = [c for c in range(start, stop) if view.cell_rect(c).bottom() < image.height()]
    assert len(whole) > 200
    for character in whole:
        wanted = tuple(table[entries[character], :3].tolist())
        assert ground(image, view.cell_rect(character)) == wanted, PROSE[character]


def test_a_tab_and_a_wide_character_are_coloured_over_all_their_columns(view):
    values = coloured(view, "a\tb中\n")
    image, cell = painted(view), view.grid.cell
    table, entries = SCALE.colours(dark=False), SCALE.index(values)
    for character, columns in ((1, 7), (3, 2)):
        rect = view.cell_rect(character)
        assert rect.width() == columns * cell
        for x in range(rect.left(), rect.right() + 1, cell):
            assert image.pixelColor(x, rect.top()).getRgb()[:3] == tuple(
                table[entries[character], :3].tolist()
            )


def test_characters_are_really_written(view):
    coloured(view, "M M")
    view.set_values(None)
    image = painted(view)

    def ink(character):
        rect = view.cell_rect(character)
        return sum(
            image.pixelColor(x, y).lightness() < 128
            for x in range(rect.left(), rect.right())
            for y in range(rect.top(), rect.bottom())
        )

    assert ink(0) > 10 and ink(2) == ink(0) and ink(1) == 0


def test_another_unit_changes_the_colours_in_place(view):
    coloured(view, PROSE)
    before = painted(view)
    place = view.verticalScrollBar().value()
    view.set_values(np.full(len(PROSE), 0.5, np.float16), len(PROSE))
    wanted = tuple(SCALE.colours(dark=False)[SCALE.index(np.array([0.5], np.float16))[0], :3])
    assert ground(painted(view), view.cell_rect(3)) == wanted
    assert painted(view) != before and view.verticalScrollBar().value() == place


def test_what_is_not_walked_yet_has_no_colour_but_hatching(view):
    view.set_text(Text.of("x" * 40))
    view.set_scale(SCALE)
    view.set_values(np.ones(40, np.float16), 10)
    image = painted(view)
    assert ground(image, view.cell_rect(9)) == tuple(SCALE.colours(dark=False)[254, :3].tolist())
    shades = {
        image.pixelColor(x, view.cell_rect(20).top()).getRgb()[:3]
        for x in range(view.cell_rect(12).left(), view.cell_rect(35).right())
    }
    assert PAPER[False] in shades and len(shades) > 1
    assert all(min(shade) > 180 for shade in shades)


def test_a_value_that_is_nan_shows_the_paper(view):
    view.set_text(Text.of("ab"))
    view.set_scale(SCALE)
    view.set_values(np.array([np.nan, 1], np.float16), 2)
    assert ground(painted(view), view.cell_rect(0)) == PAPER[False]


def test_labels_are_a_band_at_the_foot_of_their_characters(view):
    coloured(view, "abcdef\n")
    height = view.grid.height
    view.set_labels(np.array([0, 1, 1, 0, 0, 0, 0], bool))
    assert view.grid.height > height
    image = painted(view)

    def band(character):
        rect = view.cell_rect(character)
        return image.pixelColor(rect.center().x(), rect.bottom() + 3).getRgb()[:3]

    assert band(1) == band(2) != PAPER[False]
    assert band(0) == band(4) == PAPER[False]
    view.set_labels(np.arange(7, dtype=np.float32))
    image = painted(view)
    assert len({band(character) for character in range(7)}) == 7


def test_more_values_are_bands_below_that_of_the_labels(view):
    coloured(view, "abcdef\n")
    height = view.grid.height
    view.set_labels(np.ones(7, bool))
    with_labels = view.grid.height
    more = np.array([1, 1, 1, -1, -1, -1, -1], np.float16)
    view.set_more_values((more, SCALE), (-more, SCALE))
    assert view.grid.height - with_labels == 2 * (with_labels - height)
    image, table = painted(view), SCALE.colours(False)

    def band(character, number):
        rect = view.cell_rect(character)
        down = 3 + number * (with_labels - height)
        return image.pixelColor(rect.center().x(), rect.bottom() + down).getRgb()[:3]

    high, low = (tuple(table[SCALE.index(np.array([v]))[0], :3].tolist()) for v in (1.0, -1.0))
    assert [band(0, 1), band(4, 1)] == [high, low]
    assert [band(0, 2), band(4, 2)] == [low, high]
    view.set_more_values()
    assert view.grid.height == with_labels


def test_unknown_characters_are_framed_in_red(view):
    coloured(view, "abc")
    view.set_values(None)
    view.set_known(lambda start, stop: np.array([c != 1 for c in range(start, stop)]))
    image = painted(view)

    def red(character):
        rect = view.cell_rect(character)
        return any(
            QColor(image.pixel(x, rect.top())).saturation() > 60
            for x in range(rect.left() + 2, rect.right() - 2)
        )

    assert red(1) and not red(0) and not red(2)


@pytest.mark.parametrize("character", [0, 4, 16, 17, 18, 22, 31, 33, 34, 35, 36])
def test_a_click_says_which_character_was_hit(view, qtbot, character):
    coloured(view, PROSE)
    with qtbot.waitSignal(view.clicked) as caught:
        point = centre(view, character)
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert caught.args == [character] and view.cursor_at == character


def test_a_drag_brushes_the_range_from_press_to_release(view, qtbot):
    coloured(view, PROSE)
    for start, stop in ((3, 12), (12, 3), (5, 40)):
        with qtbot.waitSignal(view.range_selected) as caught:
            drag(qtbot, view, centre(view, start), centre(view, stop))
        assert caught.args == [(min(start, stop), max(start, stop) + 1)]
    with qtbot.waitSignal(view.range_selected) as caught:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre(view, 1))
    assert caught.args == [None] and view.range is None


def test_shift_and_arrows_move_the_end_of_the_range(view, qtbot):
    coloured(view, PROSE)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre(view, 5))
    shift = Qt.KeyboardModifier.ShiftModifier
    for key, wanted in (
        (Qt.Key.Key_Right, (5, 7)),
        (Qt.Key.Key_Left, (5, 6)),
        (Qt.Key.Key_Left, (4, 6)),
        (Qt.Key.Key_Down, (5, 18)),  # to the tab that fills this column below
    ):
        qtbot.keyClick(view, key, shift)
        assert view.range == wanted
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.range is None


def test_a_double_click_selects_a_word_and_shift_click_extends(view, qtbot):
    coloured(view, PROSE)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre(view, 4))
    assert view.range == (3, 7)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre(view, 2))
    qtbot.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ShiftModifier,
        centre(view, 9),
    )
    assert view.range == (2, 10)


def test_plain_arrows_are_left_to_the_window(view, qtbot):
    coloured(view, PROSE)
    place = view.verticalScrollBar().value()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right):
        event = key_event(key)
        QApplication.sendEvent(view, event)
        assert not event.isAccepted()
    assert view.verticalScrollBar().value() == place


def key_event(key):
    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)


def test_keys_scroll(view, qtbot):
    coloured(view, PROSE)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert view.visible_range()[0] > 0
    qtbot.keyClick(view, Qt.Key.Key_End, control)
    assert view.visible_range()[1] == len(PROSE)
    qtbot.keyClick(view, Qt.Key.Key_Home, control)
    assert view.visible_range()[0] == 0


def test_the_pointer_names_what_it_is_over_once(view, qtbot):
    coloured(view, PROSE)
    told: list[object] = []
    view.hovered.connect(told.append)
    for character in (3, 3, 4):
        qtbot.mouseMove(view.viewport(), centre(view, character))
    qtbot.mouseMove(view.viewport(), QPoint(view.viewport().width() - 2, 8))
    qtbot.mouseMove(view.viewport(), QPoint(2, centre(view, 3).y()))
    assert told == [3, 4, None]


def test_scroll_to_brings_a_character_into_view_and_rests_when_it_is(view, qtbot):
    coloured(view, PROSE)
    with qtbot.waitSignal(view.visible_changed) as caught:
        view.scroll_to(1200)
    assert caught.args[0] == view.visible_range()
    assert not view.cell_rect(1200).isNull() and view.cell_rect(0).isNull()
    place = view.verticalScrollBar().value()
    view.scroll_to(1201)
    assert view.verticalScrollBar().value() == place


def test_a_wheel_with_control_zooms_about_the_same_text(view):
    coloured(view, PROSE)
    view.verticalScrollBar().setValue(30)
    top, cell = view.visible_range()[0], view.grid.cell
    event = QWheelEvent(
        QPointF(9, 9), QPointF(9, 9), QPoint(), QPoint(0, 480), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    for _ in range(4):
        QApplication.sendEvent(view.viewport(), event)
    assert view.grid.cell > cell and view.visible_range()[0] == top
    view.zoom(0)
    assert view.grid.cell == cell


def test_a_narrower_window_wraps_and_keeps_the_top(view):
    coloured(view, "word " * 2000)
    view.verticalScrollBar().setValue(40)
    top = view.visible_range()[0]
    view.resize(400, 400)
    start, stop = view.visible_range()
    assert start <= top < stop and top - start < 60
    assert view.page.columns <= (view.viewport().width() - view.grid.left) // view.grid.cell
    assert view.horizontalScrollBar().maximum() == 0


def test_long_rows_scroll_sideways_with_their_colours(view):
    view.resize(200, 400)
    values = coloured(view, "\t" * 31 + "end\n")
    assert view.horizontalScrollBar().maximum() > 0
    view.scroll_to(31)
    rect = view.cell_rect(31)
    assert view.viewport().rect().contains(rect)
    entry = SCALE.index(values)[31]
    wanted = tuple(SCALE.colours(dark=False)[entry, :3].tolist())
    assert ground(painted(view), rect) == wanted
    assert view.character_at(rect.center()) == 31


def test_a_text_of_a_hundred_million_characters_costs_what_is_visible(view, tmp_path):
    length = 100_000_000
    (tmp_path / "values").write_bytes(b"")
    with (tmp_path / "values").open("r+b") as file:
        file.truncate(2 * length)
    values = np.memmap(tmp_path / "values", np.float16, "r+")
    values[-3:] = 1
    codes = np.full(length, 120, np.uint8)  # one line of 100 MB
    view.set_text(Text(codes))
    view.set_scale(SCALE)
    view.set_values(values, length)
    view.scroll_to(length - 1)
    assert view.visible_range()[1] == length and len(view.page.codes) < 10_000
    table = SCALE.colours(dark=False)
    image = painted(view)
    assert ground(image, view.cell_rect(length - 1)) == tuple(table[254, :3].tolist())
    assert ground(image, view.cell_rect(length - 4)) == tuple(table[127, :3].tolist())


def test_matches_and_the_cursor_are_outlined(view):
    coloured(view, PROSE)
    plain = painted(view)
    view.set_matches(np.array([[3, 7], [500, 504]]), (3, 7))
    marked = painted(view)
    assert marked != plain
    changed = view.cell_rect(3).left() - 1, view.cell_rect(3).center().y()
    assert QColor(marked.pixel(*changed)).saturation() > 60
    view.set_matches(None)
    assert painted(view) == plain
    view.set_cursor(4)
    assert painted(view) != plain


def test_the_range_is_copied(view, qtbot):
    coloured(view, PROSE)
    view.set_range(3, 7)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == PROSE[3:7]


def test_an_empty_text_is_painted(view):
    coloured(view, "")
    assert view.visible_range() == (0, 0)
    assert view.character_at(QPoint(100, 10)) is None
    painted(view)


def test_another_text_has_no_marks_of_the_last_one(view):
    coloured(view, "abc" * 20)
    view.set_known(lambda start, stop: np.zeros(stop - start, bool))
    before = painted(view)
    coloured(view, "abc" * 20)
    assert painted(view) != before, "every character was framed"
    clean = painted(view)
    view.set_known(None)
    assert painted(view) == clean


def test_a_double_click_takes_the_marks_of_a_word_along(view, qtbot):
    coloured(view, "\u0939\u093f\u0928\u094d\u0926\u0940 \u092e\u093f\u0924\u094d\u0930")
    for first, word in ((0, (0, 6)), (8, (7, 12))):
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre(view, first))
        assert view.range == word


@pytest.mark.parametrize("points", [8.0, 10.5, 17.0, 26.0])
def test_a_range_over_many_rows_has_one_outline(view, points):
    view.set_points(points)
    view.set_text(Text.of("a line\n" * 40))
    view.set_range(9, 27)
    image, accent = painted(view), QColor(LIGHT.accent).name()
    grid = view.grid
    inside = view.cell_rect(17)  # the second row of the range, whose neighbours are in it, too
    x = inside.center().x()
    rows = range(inside.top() - grid.height // 2, inside.bottom() + grid.height // 2)
    assert accent not in {image.pixelColor(x, y).name() for y in rows}
    edge, y = view.cell_rect(14).left(), inside.center().y()
    bluest = min(image.pixelColor(edge + by, y).red() for by in (-2, -1, 0, 1))
    assert bluest < QColor(LIGHT.background).red() - 60


def test_a_stretch_has_the_line_numbers_of_the_whole_text(view):
    view.set_text(Text.of("and so on\nto the\nend"), 1_000_000)
    assert view.row_labels() == ["1,000,001", "1,000,002", "1,000,003"]
    assert view.grid.left > len("1,000,003") * view.grid.cell
    view.set_text(Text.of("another\ntext"))
    assert view.row_labels() == ["1", "2"]
