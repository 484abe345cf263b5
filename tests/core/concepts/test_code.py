"""Concepts of source code, each on a few hand-labelled lines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rnnviz.core.concepts import CONCEPTS, Concept, in_language, lexing
from rnnviz.core.concepts.code import (
    BRACE_DEPTH,
    COMMENT_OR_STRING,
    INDENTATION,
    INSIDE_COMMENT,
    INSIDE_IF_CONDITION,
    INSIDE_STRING,
    PARENTHESIS_DEPTH,
    PREPROCESSOR_LINE,
)
from tests.core.concepts.drawing import check

CODE = [concept for concept in CONCEPTS if concept.family == "code"]


def test_a_comment_opens_with_its_first_character_and_closes_with_its_last() -> None:
    check(
        INSIDE_COMMENT,
        """
> int a; /* one */ b; // two "x"
=        ^^^^^^^^     ^^^^^^^^^^
> char *s = "/* no */";
""",
    )


def test_code_that_if_0_disables_is_comment() -> None:
    check(
        INSIDE_COMMENT,
        """
> #if 0
=      ^
> int a;
= ^^^^^^
> #endif
> int b;
""",
    )


def test_strings_and_characters_without_their_closing_quote() -> None:
    check(
        INSIDE_STRING,
        r"""
> f("a\"b", '\n', ""); /* "no" */
=   ^^^^^   ^^^   ^
> #define X "yes"
=           ^^^^
> g("unclosed
=   ^^^^^^^^^
> h();
""",
    )


def test_comment_or_string_is_either() -> None:
    check(
        COMMENT_OR_STRING,
        """
> a = "s"; /* c */
=     ^^   ^^^^^^
""",
    )


def test_the_condition_of_if_and_else_if_but_not_of_while_or_directives() -> None:
    check(
        INSIDE_IF_CONDITION,
        """
> if (a && (b || ')')) x(); else if (c) y();
=    ^^^^^^^^^^^^^^^^               ^^
> while (d) notif(e);
> #if (F)
> #define G(h) if (h) i()
=                 ^^
> /* if (j) */ s = "if (k)";
>   if (l &&
=      ^^^^^^
>       m)
= ^^^^^^^
""",
    )


def test_a_broken_condition_ends_at_the_next_brace_or_semicolon() -> None:
    check(
        INSIDE_IF_CONDITION,
        """
> if (a && (b { c(); }
=    ^^^^^^^^^
> if d; if (({ int e; e; })) f(
=          ^^^^^^^^^^^^^^^^
>   if (x
=      ^^^
""",
    )


def test_the_condition_in_python_runs_up_to_the_colon() -> None:
    check(
        in_language(INSIDE_IF_CONDITION, "python"),
        """
> if a[1:2] and (b := c):
=   ^^^^^^^^^^^^^^^^^^^^
>     x = 1 if y else 2
> elif d: pass
=     ^^
> if broken
=   ^^^^^^^
> z
""",
    )


def test_depths_ignore_brackets_in_comments_and_strings() -> None:
    check(
        BRACE_DEPTH,
        """
> int f(void) { /* { */ s = "{"; if (x) { y; } }
= 00000000000011111111111111111111111111222221100
""",
    )
    check(
        PARENTHESIS_DEPTH,
        """
> f(a, g(b) + ')'); // (
= 01111122111111100000000
""",
    )


def test_depth_never_falls_below_zero_and_a_closing_line_brings_it_back() -> None:
    check(
        BRACE_DEPTH,
        """
> } } { { {
= 0000112233
> b
= 33
> }
= 00
> c {
= 0011
""",
    )


def test_indentation_holds_for_the_whole_line_and_counts_tabs_as_eight() -> None:
    labels = INDENTATION.label("a\n\tb\n  \tc\n  d\n")
    assert labels.tolist() == [0] * 2 + [8] * 3 + [8] * 5 + [2] * 4


def test_preprocessor_lines_go_on_after_a_backslash() -> None:
    check(
        PREPROCESSOR_LINE,
        r"""
> int a; /* # */
>   #define B \
= ^^^^^^^^^^^^^^
>     c /* d */
= ^^^^^^^^^^^^^
> e;
> #if 0
= ^^^^^
> f
> #endif
= ^^^^^^
""",
    )


def test_the_language_is_guessed_or_given() -> None:
    python = "def f(x):\n    # {\n    return '('\n"
    assert INSIDE_COMMENT.label(python).sum() == len("# {")
    assert BRACE_DEPTH.label(python).max() == 0
    assert not in_language(INSIDE_COMMENT, "c").label(python).any()


@pytest.mark.parametrize("concept", CODE, ids=lambda concept: concept.name)
def test_broken_code_is_labelled_wherever_it_is_cut(concept: Concept) -> None:
    code = '#define A(x) \\\n\tif (x) { "y"\n/* c */ int f(void)\n{\n\tif (a) s = "t\\n";\n}\n'
    for cut in range(len(code)):
        for part in (code[:cut], code[cut:], code[cut:] + code[:cut]):
            labels = concept.label(part)
            assert len(labels) == len(part)
            assert (labels.astype(np.float32) >= 0).all()


def test_two_jobs_label_one_text_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine runs them beside each other, and they share what was read of the text."""
    begun, tried = threading.Event(), threading.Event()
    text, tokens = "int a; /* b */ 'c'; // d\n" * 30, lexing.tokens

    def meeting(*arguments: str) -> Iterator[tuple[int, Any, str]]:
        for token in tokens(*arguments):
            if not begun.is_set():
                begun.set()
                tried.wait(0.3)  # the other asks while this one is within the lexer
            yield token

    monkeypatch.setattr(lexing, "tokens", meeting)
    reading = lexing.Reading(text, "c")
    found: list[lexing.Source | Exception] = []

    def second() -> None:
        begun.wait(10)
        try:
            found.append(reading.window(0, len(text)))
        except ValueError as error:
            found.append(error)
        tried.set()

    other = threading.Thread(target=second)
    other.start()
    first = reading.window(0, len(text))
    other.join(10)
    assert isinstance(found[0], lexing.Source), found
    assert (first.flags == found[0].flags).all() and first.comment.any()
