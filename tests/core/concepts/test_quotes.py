"""Quotation marks of languages: which opens and which closes is decided from the text."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.concepts import label_blocks
from rnnviz.core.concepts.quotes import INSIDE_QUOTES, quotation_marks_read
from rnnviz.core.sequences.text import Text

MARKS = {
    "English": "\u201c\u201d",
    "German": "\u201e\u201c",
    "Polish": "\u201e\u201d",
    "French": "\u00ab\u00bb",
    "German books": "\u00bb\u00ab",
    "Swedish": "\u201d\u201d",
    "Swedish books": "\u00bb\u00bb",
    "Chinese": "\u300c\u300d",
    "Chinese within": "\u300e\u300f",
    "typewriter": '""',
    "wide": "\uff02\uff02",
}


def _dialogue(opens: str, closes: str, blank: str = "") -> tuple[str, list[bool]]:
    """A text, and whether each of its characters is within a quotation."""
    pieces = []
    for number in range(40):
        pieces += [("Anna sagt: ", False), (f"{opens}{blank}Das Boot ist rot.{blank}", True)]
        pieces += [(f"{closes} Dann geht Finn.", False)]
        pieces += [("\n\n" if number % 5 == 0 else "\n", False)]
    text = "".join(piece for piece, _ in pieces)
    return text, [inside for piece, inside in pieces for _ in piece]


@pytest.mark.parametrize("language", MARKS)
def test_the_marks_of_a_language_are_read_as_it_uses_them(language: str) -> None:
    opens, closes = list(MARKS[language])
    text, inside = _dialogue(opens, closes)
    assert INSIDE_QUOTES.label(text).tolist() == inside
    assert quotation_marks_read(Text.of(text)) == {f"{opens} {closes}".replace("\uff02", '"'): 40}


def test_french_marks_stand_apart_from_what_they_enclose() -> None:
    text, inside = _dialogue("\u00ab", "\u00bb", blank="\u202f")
    assert INSIDE_QUOTES.label(text).tolist() == inside


def test_without_blanks_between_words() -> None:
    line = "\u4ed6\u8bf4\uff1a\u201c\u597d\u3002\u201d\u5979\u8bf4\uff1a\u201c\u4e0d\u201d\n"
    labels = INSIDE_QUOTES.label(line * 30).reshape(30, -1)
    assert (labels == [character in "\u201c\u597d\u3002\u4e0d" for character in line]).all()


def test_a_german_text_that_quotes_english() -> None:
    text = "\u201eGut\u201c, sagt er, und \u201cyes\u201d auf Englisch, \u201enicht wahr\u201c?"
    inside = "^^^^" + " " * 16 + "^^^^" + " " * 16 + "^^^^^^^^^^^" + "  "
    assert "".join("^" if label else " " for label in INSIDE_QUOTES.label(text)) == inside


def test_quotations_may_be_nested() -> None:
    text = "\u00ab a \u201cb\u201d c \u00bb d"
    assert "".join("^" if label else " " for label in INSIDE_QUOTES.label(text)) == "^" * 10 + "   "


@pytest.mark.parametrize(("opens", "closes"), ["\u00ab\u00bb", "\u00bb\u00ab"])
def test_angles_within_angles_close_from_within(opens: str, closes: str) -> None:
    line = f"il dit : {opens}elle {opens}oui{closes} ou {opens}non{closes} a dit{closes} alors\n"
    text = line * 3
    end = line.rindex(closes)
    inside = [line.index(opens) <= place < end for place in range(len(line))] * 3
    assert INSIDE_QUOTES.label(text).tolist() == inside
    assert INSIDE_QUOTES.blocks is not None
    pieces = INSIDE_QUOTES.blocks(Text.of(text), 0, len(text), 7)
    assert np.concatenate(list(pieces)).tolist() == inside
    assert quotation_marks_read(Text.of(text)) == {f"{opens} {closes}": 9}


def test_a_nested_quotation_that_is_not_closed_ends_with_its_paragraph() -> None:
    closed, unclosed = "\u00aba \u00abb\u00bb c\u00bb d", "\u00aba \u00abb\u00bb c"
    labels = INSIDE_QUOTES.label(f"{closed}\n\n{closed}\n\n{unclosed}\n\ne \u00abf\u00bb g")
    said = "".join("^" if label else " " for label in labels)
    assert said == ("^" * 8 + " " * 5) * 2 + "^" * 9 + "   " + "^^" + "   "


def test_a_mark_that_begins_every_line_of_a_quotation_is_not_nested() -> None:
    line = "Il dit : \u00ab un\n\u00ab deux\n\u00ab trois \u00bb et puis.\n"
    labels = INSIDE_QUOTES.label(line * 5).reshape(5, -1)
    first, last = line.index("\u00ab"), line.index("\u00bb")
    assert (labels == [first <= place < last for place in range(len(line))]).all()


@pytest.mark.parametrize("mark", ['"', "\u05f4"])
def test_hebrew_abbreviations_are_no_quotations(mark: str) -> None:
    doctor, levy = f"\u05d3{mark}\u05e8", "\u05dc\u05d5\u05d9"
    said = f"{mark}\u05e6\u05d4{mark}\u05dc \u05d1\u05d0{mark}"
    line = f"{doctor} {levy}: {said}, \u05d5\u05d7{mark}\u05db.\n"
    first, last = line.index(f" {mark}") + 1, line.index(f"{mark},")
    inside = [first <= place < last for place in range(len(line))] * 20
    text = Text.of(line * 20)
    assert INSIDE_QUOTES.label(line * 20).tolist() == inside
    assert INSIDE_QUOTES.blocks is not None
    for size in (1, 2, 3, 11):
        pieces = INSIDE_QUOTES.blocks(text, 0, len(text), size)
        assert np.concatenate(list(pieces)).tolist() == inside
    assert quotation_marks_read(text) == {f"{mark} {mark}": 20}


def test_a_hebrew_word_that_is_quoted_behind_its_article() -> None:
    text = '\u05d1"\u05d4\u05d0\u05e8\u05e5" \u05db\u05ea\u05d1'
    assert INSIDE_QUOTES.label(text).tolist() == [1 <= place < 6 for place in range(len(text))]


@pytest.mark.parametrize("mark", ['"', "\u05f4"])
@pytest.mark.parametrize(
    "line",
    [
        'המנכ"לית אמרה ["בוא]".\n',  # abbreviation with a suffix
        'שבצה"ל אמרו ["טוב]". הרמטכ"לים\n',  # with a prefix
        'קרא ב["ידיעות אחרונות]" ואמר ["יש]".\n',  # several words
        'מכ"מים אמרו ["כן]".\n',  # letters that are all prefixes
        'אמר ["המכ"מים טובים]".\n',  # the same within a quotation
    ],
)
def test_hebrew_prefixes_and_suffixes(line: str, mark: str) -> None:
    text, inside, open_now = "", list[bool](), False
    for letter in line.replace('"', mark) * 30:
        if letter in "[]":
            open_now = letter == "["
        else:
            text += letter
            inside.append(open_now)
    assert INSIDE_QUOTES.label(text).tolist() == inside
    assert INSIDE_QUOTES.blocks is not None
    for size in (1, 7, 64):
        pieces = INSIDE_QUOTES.blocks(Text.of(text), 0, len(text), size)
        assert np.concatenate(list(pieces)).tolist() == inside


def test_a_mark_at_the_beginning_of_a_line_says_that_a_spanish_quotation_goes_on() -> None:
    line = "Dijo: \u00abuno.\n\u00bbDos.\n\u00bbTres.\u00bb Y se fue.\n"
    first, last = line.index("\u00ab"), line.rindex("\u00bb")
    labels = INSIDE_QUOTES.label(line * 5).reshape(5, -1)
    assert (labels == [first <= place < last for place in range(len(line))]).all()


def test_inches_are_no_quotations() -> None:
    assert not INSIDE_QUOTES.label("a pipe of 5\u201d and one of 3\u201d and 2\u201d, too").any()


@pytest.mark.parametrize(
    ("line", "inside"),
    [
        ('a 5" pipe and a 6" one', []),
        ('a 5", a 6" and a ¾".', []),
        ('He is 6\'2" tall, a 2"x4" board, 3/4".', []),
        ('"a 5" pipe," he said, "and 6" high?"', ['"a 5" pipe,', '"and 6" high?']),
        ('"5" and 6" pipes", the sign said', ['"5" and 6" pipes']),
        ('"I am 5" and "chapter 6" and "x"', ['"I am 5', '"chapter 6', '"x']),
        ('x = ["1", "2", "a3"]', ['"1', '"2', '"a3']),
        ('"in 1999" it ends', ['"in 1999']),
        ("\u201ca 5\u201d pipe,\u201d he said", ["\u201ca 5\u201d pipe,"]),
        ("\u201cin 1999\u201d and \u201cso\u201d", ["\u201cin 1999", "\u201cso"]),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1 << 18])
def test_a_mark_behind_a_number_may_measure(line: str, inside: list[str], size: int) -> None:
    text = Text.of(line + '\n\n"Yes," \n')
    labels = np.concatenate([part for _, part in label_blocks(INSIDE_QUOTES, text, size)])
    said = "".join(
        letter if label else "|" for letter, label in zip(str(text), labels.tolist(), strict=True)
    )
    assert [part for part in said.split("|") if part] == [*inside, '"Yes,']
    read = quotation_marks_read(text)
    assert sum(read.values()) == len(inside) + 1


def test_it_says_what_it_reads_in_a_text() -> None:
    assert INSIDE_QUOTES.reading is not None
    text, _ = _dialogue("\u201e", "\u201c")
    said = "In this text it reads as quotation marks \u201e \u201c (40 times)."
    assert INSIDE_QUOTES.reading(Text.of(text)) == said
    assert "none of the quotation marks" in INSIDE_QUOTES.reading(Text.of("\u2018so\u2019 -- no"))
    assert "reads no quotation: " in INSIDE_QUOTES.reading(Text.of('a 5" pipe'))


def test_the_labels_of_no_text() -> None:
    assert INSIDE_QUOTES.label("").dtype == np.bool_
