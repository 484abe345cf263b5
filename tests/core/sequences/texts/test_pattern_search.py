"""A person's regular expressions: found as `re` finds them, stopped where they would not end."""

from __future__ import annotations

import contextlib
import re
import threading
import time

import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.pattern_search import find_spans

TEXT = 'aéab \ud800\n\U0001f600 aab\nb The end of "the" tale, 1984.\n\nÉa x_1 \t(a(b)c) ' * 3


@pytest.mark.parametrize(
    "pattern",
    [
        "(a|é)*b", "^(\ud800|.)+$", "a*b*", r"\b[Tt]he\b",
        "[0-9]+", '"[^"]*"', r"\w+", r"[^\W\d_]+",
        r"(?i)É", r"(?<=a)b", r"(?<!a)b", r"(?=a)..", r"(a)\1", r"(?P<x>a)(?P=x)", r"\s+$", "^.",
        r"\(a+\)", "[(*+)]+x", r"(?:abc)+", "colou?r|gr[ae]y", r"(?s).+", r"(?x) a  # a\n b", r"\Z",
        r"a{2}", r"a{,2}b", r"[\]a-c]+", r"(?a)\w+", r".*?,", r"(a)?b(?(1)c|d)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("flags", [re.MULTILINE, re.MULTILINE | re.IGNORECASE])
def test_what_re_finds_is_found(pattern: str, flags: re.RegexFlag) -> None:
    compiled = re.compile(pattern, flags)
    pieces = [(2, 9), (9, len(TEXT))]
    expected = [m.span() for p in pieces for m in compiled.finditer(TEXT, *p) if m[0]]
    assert [tuple(each) for each in find_spans(compiled, TEXT, pieces).tolist()] == expected
    assert len(find_spans(compiled, TEXT, pieces, most=1)) == min(1, len(expected))


@pytest.mark.parametrize("pattern", ["(a|a)*$", "(a|aa)*c", "(?:a?){40}a{40}c", "(a+)+c"])
def test_a_search_that_explodes_is_stopped_or_ends(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.core.sequences.texts.pattern_search.SECONDS", 0.3)
    before = threading.active_count()
    with contextlib.suppress(TextError):
        assert not len(Text.of("a" * 60 + "b").matches(pattern, regular=True))
    assert threading.active_count() == before


def test_what_never_ends_is_told_and_leaves_nothing_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rnnviz.core.sequences.texts.pattern_search.SECONDS", 0.3)
    with pytest.raises(TextError, match="takes too long on this text"):
        Text.of("a" * 60 + "b").matches("(a|a)*$", regular=True)
    used = time.process_time()
    threading.Event().wait(0.3)
    assert time.process_time() - used < 0.25


def test_other_threads_run_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.core.sequences.texts.pattern_search.SECONDS", 0.5)
    counted, over = [0], threading.Event()

    def count() -> None:
        while not over.wait(0.005):
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    with pytest.raises(TextError, match="takes too long"):
        Text.of("a" * 60 + "b").matches("(a|a)*$", regular=True)
    over.set()
    thread.join()
    assert counted[0] > 5
