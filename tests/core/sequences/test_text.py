"""A text is what its bytes say, in whatever coding; lines and matches are found where they are."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz.core.errors import Cancelled, TextError
from rnnviz.core.sequences.text import Text


@pytest.mark.parametrize(
    ("text", "width"), [("", 1), ("plain", 1), ("café", 1), ("“quote”", 2), ("😀 \ud800", 4)]
)
def test_a_string_comes_back_from_the_narrowest_codes(text, width):
    made = Text.of(text, "name")
    assert (str(made), len(made), made.name) == (text, len(text), "name")
    assert made.codes.dtype.itemsize == width


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"plain\r\ntext\r", "plain\r\ntext\r"),
        ("café “x” 😀".encode(), "café “x” 😀"),
        ("\ufeffmarked é".encode(), "marked é"),
        ("wide é".encode("utf-16"), "wide é"),
        (b"\xfe\xff" + "wide é".encode("utf-16-be"), "wide é"),
        ("latin é".encode("latin-1"), "latin é"),
    ],
)
def test_a_file_is_read_in_its_own_coding(tmp_path, raw, expected):
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    text = Text.read(path)
    assert (str(text), text.name, text.path) == (expected, "a.txt", path)


def test_a_large_ascii_file_is_mapped_and_not_copied(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"plain\n" * 100)
    monkeypatch.setattr("rnnviz.core.sequences.text._LARGEST_IN_MEMORY", 599)
    assert isinstance(Text.read(path).codes, np.memmap)


def test_an_editor_may_cut_a_file_that_is_open(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"plain\n" * 10_000)
    text = Text.read(path)
    path.write_bytes(b"short")  # in place: touching a map of the rest would end the process
    assert text.slice(59_994, 60_000) == "plain\n"


def test_a_search_tells_how_far_it_is_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr("rnnviz.core.sequences.text._BLOCK", 4)
    told: list[int] = []
    assert len(Text.of("abcabcabca").matches("b", progress=told.append)) == 3
    assert told == [4, 8, 10]

    def stop(searched):
        raise Cancelled

    with pytest.raises(Cancelled):
        Text.of("abcabcabca").matches("b", progress=stop)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "a.txt is empty"),
        (b"text\0with zeros", "holds zero bytes"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, raw, said):
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(TextError, match=said):
        Text.read(path)


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(TextError, match=r"cannot read .*gone\.txt: No such file"):
        Text.read(tmp_path / "gone.txt")


def test_the_ends_of_a_slice_are_clamped():
    text = Text.of("abcdef")
    assert [text.slice(*ends) for ends in ((-5, 2), (4, 99), (4, 2), (9, 12))] == [
        "ab",
        "ef",
        "",
        "",
    ]


@given(text=st.text("ab\n", max_size=30), block=st.integers(1, 7))
def test_lines_begin_after_each_newline(text, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnviz.core.sequences.text._BLOCK", block)
        made = Text.of(text)
        starts = made.line_starts.tolist()
    lines = text.split("\n")
    if len(lines) > 1 and lines[-1] == "":
        lines.pop()  # the newline at the very end begins no line
    assert [text[start:].split("\n")[0] for start in starts] == lines
    for character in range(len(text)):
        assert made.line_of(character) == text[:character].count("\n")


@given(
    text=st.text("aab \n", max_size=40),
    pattern=st.sampled_from(["a", "aa", "aba", r"\ba+\b", "^a", "b$", "(?<=b)a", "a*", "[^a]"]),
    block=st.integers(1, 9),
)
@settings(max_examples=300)
def test_blocks_of_the_search_change_nothing(text, pattern, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnviz.core.sequences.text._BLOCK", block)
        found = Text.of(text).matches(pattern, regular=True)
    expected = [m.span() for m in re.finditer(pattern, text, re.MULTILINE) if m.end() > m.start()]
    assert [tuple(ends) for ends in found.tolist()] == expected


def test_a_plain_pattern_is_taken_literally_and_only_so_many_are_found():
    text = Text.of("1+1=2, 11, 1+1")
    assert text.matches("1+1").tolist() == [[0, 3], [11, 14]]
    assert text.matches("1+1", most=1).tolist() == [[0, 3]]
    assert text.matches("absent").shape == (0, 2)
    with pytest.raises(TextError, match="'1\\+\\(' is no regular expression"):
        text.matches("1+(", regular=True)


@pytest.mark.parametrize("written", ["caf\u00e9 noir", "cafe\u0301 noir", "caf\u00e9\u00a0noir"])
@pytest.mark.parametrize("searched", ["caf\u00e9 noir", "cafe\u0301 noir", "\u00e9 n"])
def test_words_are_found_however_they_are_composed(written: str, searched: str) -> None:
    ((start, stop),) = Text.of(f"un {written}.").matches(searched).tolist()
    found = unicodedata.normalize("NFC", f"un {written}."[start:stop]).replace("\u00a0", " ")
    assert found == unicodedata.normalize("NFC", searched)


def test_a_regular_expression_is_taken_as_it_is() -> None:
    assert len(Text.of("a\u00a0b").matches("a b", regular=True)) == 0
    assert len(Text.of("a.b axb").matches("a.b")) == 1
