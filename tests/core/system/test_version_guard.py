"""Tests of the versions of Qt that are refused."""

import pytest

from rnnviz.core.system.version_guard import check_qt


def test_the_version_that_crashes_is_refused_with_what_to_do() -> None:
    refusal = check_qt("6.12.0", (3, 11, 7))
    assert refusal is not None
    assert "6.12.0 crashes under Python 3.11.7" in refusal
    assert "6.10.3" in refusal


@pytest.mark.parametrize(
    ("version", "python"), [("6.10.3", (3, 11, 7)), ("6.12.0", (3, 12, 1)), ("6.12.1", (3, 11, 7))]
)
def test_others_are_not(version: str, python: tuple[int, ...]) -> None:
    assert check_qt(version, python) is None
