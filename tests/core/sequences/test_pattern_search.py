"""A person's regular expressions: found as `re` finds them, stopped where they would not end."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences import pattern_child
from rnnviz.core.sequences.pattern_search import find_spans, is_tame
from rnnviz.core.sequences.text import Text


@pytest.mark.parametrize(
    ("pattern", "tame"),
    [
        (r"\b[0-9]{4}\b", True),
        ("colou?r|gr[ae]y", True),
        (r"\(a+\)", True),
        ("[(*+)]+x", True),
        (r"(?:abc)+", True),
        (r"(a+)?", True),
        ("a+b*", False),
        (r"(a|b)*", False),
        (r"(?:x(a+))*", False),
        (r"(a{2,3}){9}", False),
        (r"(?:a?){40}a{40}", False),
        ("(a+)+$", False),
    ],
)
def test_what_may_take_long_is_recognised(pattern: str, tame: bool) -> None:
    assert is_tame(pattern, 4096) is tame


def test_one_repetition_is_tame_only_in_a_short_text() -> None:
    assert is_tame("a*b", 4096)
    assert not is_tame("a*b", 1 << 22)
    assert is_tame("plain words", 1 << 22)


@pytest.mark.parametrize("pattern", ["(a|é)*b", "^(\ud800|.)+$", "a*b*"])
def test_the_child_finds_what_re_finds(pattern: str) -> None:
    text = "aéab \ud800\n\U0001f600 aab\nb" * 3
    compiled = re.compile(pattern, re.MULTILINE)
    assert not is_tame(pattern, len(text) * 1000)
    pieces = [(2, 9), (9, len(text))]
    expected = [m.span() for p in pieces for m in compiled.finditer(text, *p) if m[0]]
    assert [tuple(each) for each in find_spans(compiled, text, pieces).tolist()] == expected
    assert len(find_spans(compiled, text, pieces, most=1)) == 1


def test_a_search_that_explodes_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.core.sequences.pattern_search.SECONDS", 0.3)
    with pytest.raises(TextError, match="takes too long on this text"):
        Text.of("a" * 60 + "b").matches("(a+)+$", regular=True)


def test_the_child_imports_nothing_of_ours() -> None:
    code = f"import runpy, sys; runpy.run_path({pattern_child.__file__!r}); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert "rnnviz" not in ran.stdout.split()
    assert "numpy" not in ran.stdout.split()
