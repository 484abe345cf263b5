"""How many columns the lines of a text take, against counting character by character."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts import columns


def counted(line: str) -> int:
    column = 0
    for character in line:
        if character == "\t":
            column += 8 - column % 8
        elif ord(character) in (*range(10), *range(11, 32), 127):
            column += 2
        else:
            column += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return column


@given(st.text(alphabet="ab\t\t\n中é\r\x7f\U0001f600", max_size=80), st.integers(1, 12))
def test_uneven_lines_are_those_that_have_not_one_column_a_character(text: str, block: int) -> None:
    lines = [part + "\n" for part in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    wanted = {
        number: counted(line)
        for number, line in enumerate(lines)
        if any(character == "\t" or counted(character) != 1 for character in line)
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_BLOCK", block)
        uneven = Text.of(text).uneven
    assert dict(zip(uneven.lines.tolist(), uneven.columns.tolist(), strict=True)) == wanted


def test_many_tabs_in_a_line() -> None:
    text = "\t".join(str(number % 97) for number in range(300)) + "\n"
    assert Text.of("a\n" + text).uneven.columns.tolist() == [counted(text)]


def test_plain_lines_are_not_measured() -> None:
    assert not len(Text.of("one\ntwo caf\u00e9\n" * 99).uneven.lines)
    assert columns.columns_before(np.frombuffer(b"ab\tc", np.uint8)).tolist() == [0, 1, 2, 8, 9]
