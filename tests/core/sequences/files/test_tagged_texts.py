"""Sentences of two columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.files.tagged_texts import read_tagged, tagged_in


@pytest.mark.parametrize(
    "text",
    [
        "The\tDET\nwar\tNOUN\n\nIt\tPRON\n",
        "The DET\nwar NOUN\n\nIt PRON",
        "\nThe\tDET\r\nwar\tNOUN\r\n\r\n\r\nIt\tPRON\r\n",
        "-DOCSTART- -X- O\n\nThe D x DET\nwar N x NOUN\n\nIt P x PRON\n",
        "# a comment\nThe\t1\tDET\nwar\t2\tNOUN\n\nIt\t3\tPRON\n",
    ],
)
def test_words_and_labels(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tags.txt"
    path.write_text(text)
    found = read_tagged([path])
    assert [one.words for one in found] == [("The", "war"), ("It",)]
    assert [one.labels for one in found] == [("DET", "NOUN"), ("PRON",)]
    placed = tagged_in(text)
    assert placed is not None
    assert [text[one.start : one.stop] for one in placed[0]] == ["The", "war"]


def test_prose_is_no_file_of_two_columns() -> None:
    assert tagged_in("It was a long way home.\nNobody knew.\n") is None
    assert tagged_in("One\nword\na\nline\n") is None


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = tmp_path / "tags.txt"
    path.write_text("The\tDET\nwar\tNOUN\nIt\n")
    with pytest.raises(TextError, match=r"line 3 of tags\.txt has 1 column and the first has 2"):
        read_tagged([path])
    path.write_text("The\tX\nwar\tX\n")
    with pytest.raises(TextError, match=r"all words of tags\.txt have the label 'X'"):
        read_tagged([path])
    path.write_text("Only prose here, no columns at all.\n")
    with pytest.raises(TextError, match="no file of two columns"):
        read_tagged([path])


def test_a_heading_of_two_words_makes_no_labels_of_a_novel() -> None:
    assert tagged_in("Chapter 1\n\nIt is a truth universally acknowledged,\nthat a man\n") is None
