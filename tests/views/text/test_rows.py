"""Where every character stands: against a slow walk over the same text, character by character."""

import unicodedata

import numpy as np
import pytest
from PySide6.QtCore import QTextBoundaryFinder

from rnnviz.core.sequences.text import Text
from rnnviz.views.text.painting.glyphs import character_name, glyph
from rnnviz.views.text.rows import Page, Rows

TEXTS = {
    "plain": "one\ntwo\n\nthree",
    "newline at the end": "a\n",
    "only newlines": "\n\n\n",
    "exactly full": "x" * 10 + "\n" + "y" * 10,
    "one over": "x" * 11 + "\n" + "y" * 11,
    "long lines": "a" * 35 + "\n" + "b" * 3 + "\n" + "c" * 21 + "\n" + "d",
    "one line": "z" * 101,
    "tabs": "\tif (x)\t{\n\t\tend;\t}\n",
    "wide": "中文 and かな\n中\t文",
    "wide in a long line": "ab中文 and かな中文中文 and so on中文中文中\nx中",
    "tabs in a long line": "a\tbcd\te\t\tfg中\th\n\t\t\t\tx",
    "indented": "    if (x and y) return\n  z = xxxxxxxxxxxxxxxxxxxxxxxxx\n\tab cd ef gh ij\n",
    "marks": "e\u0301a\u0300\r\n\x00\u200d",
}


def width(character, column):
    if character == "\t":
        return 8 - column % 8
    return 1 + (unicodedata.east_asian_width(character) in "WF" or character in "\r\x00")


def slow_hang(line, wrap):
    """At which column the later rows of a line begin, by walking."""
    column = 0
    for character in line:
        if character not in " \t":
            break
        column += width(character, column)
    return min(column + 2, wrap // 3) if column else 0


def slow_rows(text, wrap, places=None):
    """Row by row as (start, stop), by walking; `places` are where a row may begin."""
    places = breaking(text) if places is None else places
    found, start = [], 0
    for part in text.split("\n"):
        line = part + "\n" * (start + len(part) < len(text))
        begin, hang = 0, slow_hang(line, wrap)
        while begin < len(line):
            room = wrap - hang if begin else wrap
            columns = [0]
            for character in line[begin:]:
                columns.append(columns[-1] + width(character, columns[-1]))
            end = len(line)
            if columns[-1] > room + 1:
                words = [
                    at
                    for at in range(begin + 1, len(line))
                    if start + at in places
                    and line[begin:at].strip(" \t")
                    and (
                        columns[at - begin] <= room
                        or (line[at - 1] in " \t" and columns[at - 1 - begin] <= room)
                    )
                ]
                full = begin + sum(column < room for column in columns[:-1])
                while full > begin + 1 and unicodedata.combining(line[full]):
                    full -= 1
                end = max(words, default=full)
            found.append((start + begin, start + end))
            begin = end
        start += len(line)
    return found


def breaking(text):
    """Where a row of this text may begin, by Qt's reading of Unicode's rules."""
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Line, text)
    found = set()
    while (place := finder.toNextBoundary()) >= 0:
        found.add(place)
    return found


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_rows_hold_what_a_walk_finds(text):
    rows = Rows(Text.of(text), 10)
    wanted = slow_rows(text, 10)
    assert [rows.bounds(row) for row in range(rows.count)] == wanted
    for row, (start, stop) in enumerate(wanted):
        assert all(rows.row_of(character) == row for character in range(start, stop))
    assert rows.row_of(len(text)) == rows.count - 1


def test_an_empty_text_is_one_empty_row():
    rows = Rows(Text.of(""), 10)
    page = Page.of(rows, 0, 5)
    assert rows.count == 1 and page.start == page.stop == 0
    assert page.character_at(0, 0) is None and page.cell_of(0) is None


@pytest.mark.parametrize("wrap", [20, 21, 33])
def test_no_row_is_wider_than_its_columns_and_a_wide_character(wrap):
    text = ("The cat sees 小明\tand 那个工人 calls 😀 a house\r." * 9 + "\n中文\t") * 5
    rows = Rows(Text.of(text), wrap)
    page = Page.of(rows, 0, rows.count)
    assert page.stop == len(text)
    assert page.columns <= wrap + 1
    for row in range(rows.count):
        start, stop = rows.bounds(row)
        for character in range(start, stop):
            assert rows.row_of(character) == row
            cell = page.cell_of(character)
            assert cell is not None
            assert rows.character_in_row(row, cell[1]) == character


PROSE = {
    "english": "It was a well-known truth--so they said--that the cat (a grey one) sat; "
    "“Why?” asked he. “Don't you know?” He'd paid $1,000.50 for it, 3-4 times, and/or more! " * 9,
    "indented": "        if (length > 0 && buffer[length] == end) return read_whole_line(file);"
    * 2,
    "one long word": "a " + "b" * 95 + " c " + "d" * 7,
    "many blanks": "one" + " " * 60 + "two three four five six",
    "dash": "He came—she saw—they all left again at once, in 1914–1918 or so, and — well — no. "
    * 5,
    "russian": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья по-своему. "
    * 5,
    "chinese": "他说：“这是一本书。”我们（都）看过了！小明and那个工人到了火车站。" * 5,
    "japanese": "ちょっと待ってください、と彼は言った。「はい、わかりました」。トーキョーへ。" * 5,
}


@pytest.mark.parametrize("wrap", [20, 33, 62])
@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE)
def test_rows_end_where_unicode_says(text, wrap):
    rows = Rows(Text.of(text), wrap)
    assert [rows.bounds(row) for row in range(rows.count)] == slow_rows(text, wrap)


def test_code_is_not_broken_within_its_signs():
    text = Text.of("    while (--left->count) { free(list->items[i++ - 1]); list = list->next; }")
    for wrap in range(30, 60):
        rows = Rows(text, wrap)
        for row in range(1, rows.count):
            assert str(text)[rows.bounds(row)[0] - 1] == " "


def test_rows_that_go_on_with_an_indented_line_hang_behind_its_first_word():
    text = (
        "if x:\n    call(alpha, beta, gamma, delta, epsilon)\nplain words that are too long for it"
    )
    rows = Rows(Text.of(text), 24)
    page = Page.of(rows, 0, rows.count)
    shown = [
        " " * int(page.column[rows.bounds(row)[0]]) + text[slice(*rows.bounds(row))].strip("\n")
        for row in range(rows.count)
    ]
    assert shown == [
        "if x:",
        "    call(alpha, beta, ",
        "      gamma, delta, ",
        "      epsilon)",
        "plain words that are too ",
        "long for it",
    ]
    beta, gamma = text.index("beta"), text.index("gamma")
    assert page.cell_of(gamma) == (2, 6, 1)
    assert page.character_at(2, 6) == gamma and page.character_at(2, 5) is None
    assert page.character_at(2, 0, nearest=True) == gamma
    assert rows.character_in_row(2, 0) == gamma
    assert rows.character_in_row(2, 16) - gamma == 10
    (_, above, _), (row, begin, _) = page.spans(beta, gamma + 1)
    assert (above, row, begin) == (16, 2, 6)


@pytest.mark.parametrize("words", ["some words of a line ", "   in ", "中文 words\t", "x"])
def test_a_line_of_many_rows_is_wrapped_in_pieces_at_words(words):
    text = words * (60_000 // len(words))
    rows = Rows(Text.of(text + "\nend"), 30)
    page = Page.of(rows, 0, rows.count)
    assert page.columns <= 31
    sizes = np.diff([rows.bounds(row)[0] for row in range(rows.count - 1)])
    assert np.mean(sizes >= sizes.max() - 12) > 0.95  # only where pieces meet are rows short
    if len(words) > 1:
        places = breaking(text)
        assert all(rows.bounds(row)[0] in places for row in range(1, rows.count - 1))


def test_a_letter_keeps_its_marks():
    text = "e\u0301" * 50
    rows = Rows(Text.of(text), 21)
    assert all(text[rows.bounds(row)[0]] == "e" for row in range(rows.count))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_character_is_found_in_each_of_its_cells(text):
    page = Page.of(Rows(Text.of(text), 10), 0, 100)
    assert (page.start, page.stop) == (0, len(text))
    taken = 0
    for character in range(len(text)):
        cell_of = page.cell_of(character)
        assert cell_of is not None
        row, column, width = cell_of
        for cell in range(column, column + width):
            assert page.character_at(row, cell) == character
        taken += width
    assert (page.cells < len(text)).sum() == taken


def test_tabs_reach_to_the_next_stop_and_wide_characters_take_two_columns():
    page = Page.of(Rows(Text.of("ab\tc\t\td中e"), 100), 0, 1)
    assert page.column.tolist() == [0, 1, 2, 8, 9, 16, 24, 25, 27]
    assert page.width.tolist() == [1, 1, 6, 1, 7, 8, 1, 2, 1]


def test_beyond_the_end_of_a_row_is_nothing_or_its_last_character():
    page = Page.of(Rows(Text.of("ab\ncdef\n"), 100), 0, 2)
    assert page.character_at(0, 4) is None
    assert page.character_at(0, 4, nearest=True) == 2
    assert page.character_at(9, 0, nearest=True) == 3
    assert page.character_at(-3, -1, nearest=True) == 0


def test_spans_are_the_cells_of_a_range_row_by_row():
    page = Page.of(Rows(Text.of("ab\n\tcd\nef\n"), 100), 0, 3)
    assert page.spans(1, 5) == [(0, 1, 3), (1, 0, 9)]
    assert page.spans(0, 99) == [(0, 0, 3), (1, 0, 11), (2, 0, 3)]
    assert page.spans(4, 4) == []


def test_a_page_of_one_giant_line_reads_only_what_it_shows():
    class Counted(np.ndarray):
        read = 0

        def __getitem__(self, key):
            if isinstance(key, slice):
                Counted.read = max(Counted.read, (key.stop or len(self)) - (key.start or 0))
            return super().__getitem__(key)

    text = Text(np.full(10_000_000, 120, np.uint8))
    rows = Rows(text, 100)
    assert rows.count == 100_000
    text.codes = text.codes.view(Counted)
    page = Page.of(rows, 50_000, 40)
    assert page.start == 5_000_000 and page.stop - page.start == 4000
    assert 0 < Counted.read <= 4000


@pytest.mark.parametrize(
    ("code", "shown", "width", "faint"),
    [
        (ord("a"), "a", 1, False),
        (9, "→", 1, True),
        (10, "↵", 1, True),
        (13, "^M", 2, True),
        (0x7F, "^?", 2, True),
        (0x301, "\u25cc\u0301", 1, False),
        (0x4E2D, "中", 2, False),
        (0xA0, "␣", 1, True),
        (0x200D, "▯", 1, True),
        (0xD800, "▯", 1, True),
        (0x5D0, "א", 1, False),
    ],
)
def test_what_cannot_be_seen_has_a_symbol(code, shown, width, faint):
    found = glyph(code)
    assert (found.shown, found.width, found.faint) == (shown, width, faint)


def test_characters_have_names_that_people_use():
    names = [character_name(code) for code in (10, 32, 9, 97, 0x4E2D, 0x7)]
    assert names == [
        "newline", "space", "tab", "a", "U+4E2D cjk unified ideograph-4e2d", "U+0007",
    ]  # fmt: skip
