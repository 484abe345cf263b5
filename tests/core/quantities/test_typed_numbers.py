"""What a person types is the number that was meant, in every country, or is refused with a word."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.core.quantities.typed_numbers import (
    NotANumber,
    read_number,
    read_numbers,
    read_whole,
    shown_number,
    shown_whole,
)

MEANT = {
    "0.003": 0.003, "0,003": 0.003, "1e-3": 0.001, "0.5": 0.5, "0.0005": 0.0005, "1.5": 1.5,
    "0.1": 0.1, "3e-4": 3e-4, "1E-3": 1e-3, ".5": 0.5, ",5": 0.5, "0.": 0.0, "1,5": 1.5,
    " 1 000 ": 1000.0, "1\u202f000": 1000.0, "1\u00a0000,5": 1000.5, "1\u2009000\u2009000": 1e6,
    "1.000,5": 1000.5, "1,000.5": 1000.5, "1.000.000": 1e6, "1,000,000": 1e6,
    "12,34,567": 1_234_567.0, "1'000": 1000.0, "1’000.5": 1000.5, "1_000": 1000.0,
    "1234,567": 1234.567, "1.0005": 1.0005, "\u0661\u0662\u0663": 123.0,
    "\u0660\u066b\u0660\u0660\u0663": 0.003, "\u0661\u066c\u0660\u0660\u0660": 1000.0,
    "\u06f0\u066b\u06f5": 0.5, "\u0967\u0968": 12.0, "３．５": 3.5, "−3": -3.0, "+3": 3.0,
    "1e\u20103": 0.001, "\u20115": -5.0,
    "\u200e-3\u200e": -3.0, "3\u0435-4": 3e-4, "3×10^-4": 3e-4, "3 · 10⁻⁴": 3e-4, "10⁻⁴": 1e-4,
    "-10³": -1000.0, "10**-4": 1e-4, "3x10^(-4)": 3e-4, "1e30": 1e30, "1 e 3": 1000.0, "-0": 0.0,
}  # fmt: skip

NONE = (
    "", " ", "-", "abc", "3e", "3e-", "10^", "1 00", "0 003", "1.5 000", "½", "5%", "inf", "nan",
    "0x10", "1.2.3", "1e3.5", "3 10⁻⁴", "3*10", "2e3e4", "1__000", "--3", "0,000.001", "5²", "1x",
    "e5", "1 ,5", "10k", ".", ",", "9" * 5000,
)  # fmt: skip


@pytest.mark.parametrize(("typed", "value"), MEANT.items())
def test_numbers_are_read_as_people_write_them(typed: str, value: float) -> None:
    assert read_number(typed) == value
    assert math.copysign(1, read_number(typed)) == math.copysign(1, value)


@pytest.mark.parametrize("typed", NONE)
def test_what_is_no_number_is_refused(typed: str) -> None:
    for read in (read_number, read_whole):
        with pytest.raises(NotANumber):
            read(typed)


@pytest.mark.parametrize("typed", ["1.000", "1,000", "12,500", "-1.000", "1.000e3", "999.999"])
def test_what_is_a_thousand_in_one_country_and_one_in_the_next_is_refused(typed: str) -> None:
    with pytest.raises(NotANumber, match=r" or .*; write one of these"):
        read_number(typed)


def test_what_a_refusal_proposes_can_be_written() -> None:
    with pytest.raises(NotANumber) as refused:
        read_number("1,234")
    assert str(refused.value) == "“1,234” could be 1.2340 or 1234; write one of these"
    assert (read_number("1.2340"), read_number("1234")) == (1.234, 1234.0)


def test_no_number_becomes_another_one_by_its_size() -> None:
    with pytest.raises(NotANumber, match="larger than the largest"):
        read_number("1e999")
    with pytest.raises(NotANumber, match="smaller than the smallest"):
        read_number("1e-999")
    with pytest.raises(NotANumber, match="larger than the largest"):
        read_number("1e99999999999999999999")
    assert read_number("0e99999") == 0.0


@pytest.mark.parametrize(
    ("typed", "value"),
    [("12,000", 12000), ("12 000", 12000), ("1e3", 1000), ("2.0", 2), ("1.5e3", 1500),
     ("12.500", 12500), ("1.000.000", 10**6), ("\u0661\u0662", 12), ("-1", -1)],
)  # fmt: skip
def test_whole_numbers(typed: str, value: int) -> None:
    found = read_whole(typed)
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize("typed", ["0.5", "1,5", "3e-4", "1.000", "10.000"])
def test_fractions_and_doubtful_thousands_are_no_whole_numbers(typed: str) -> None:
    with pytest.raises(NotANumber):
        read_whole(typed)


@pytest.mark.parametrize(
    ("typed", "values"),
    [("0,4; 0,8", (0.4, 0.8)), ("0.4, 0.8", (0.4, 0.8)), ("0.4,0.8", (0.4, 0.8)),
     ("0,4, 0,8", (0.4, 0.8)), ("0,4 0,8", (0.4, 0.8)), ("0.4, 0.8,", (0.4, 0.8)),
     ("0,4;", (0.4,)), ("0.8", (0.8,)), ("1 000; 2", (1000.0, 2.0)), ("1e-3 2e-3", (1e-3, 2e-3)),
     ("\u0660\u066b\u0664\u060c \u0660\u066b\u0668", (0.4, 0.8)),
     ("\u0660\u066b\u0664\u061b \u0660\u066b\u0668", (0.4, 0.8))],
)  # fmt: skip
def test_lists(typed: str, values: tuple[float, ...]) -> None:
    assert read_numbers(typed) == values


@pytest.mark.parametrize(
    "typed",
    [
        "0,4",
        "0,4,0,8",
        "1,2,3",
        "1 000",
        "500 250",
        "0 003",
        "",
        "1.500,2",
        "0.5, 1x",
        "0.4,,0.8",
        ";",
    ],
)
def test_lists_whose_numbers_cannot_be_told_apart_are_refused(typed: str) -> None:
    with pytest.raises(NotANumber):
        read_numbers(typed)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_shown_is_read_as_itself(value: float) -> None:
    assert read_number(shown_number(value)) == value
    assert read_numbers(shown_number(value)) == (value,)


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_that_are_shown_are_read_as_themselves(value: int) -> None:
    assert read_whole(shown_whole(value)) == value


@given(st.text(alphabet="0123456789.,' -+eE·^x⁻³\u00a0;٫٠", max_size=12))
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    for read in (read_number, read_whole, read_numbers):
        try:
            read(typed)
        except NotANumber as refused:
            assert str(refused)  # noqa: PT017 - every refusal has a word
