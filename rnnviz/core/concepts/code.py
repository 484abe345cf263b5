"""Concepts of source code, for C and its relatives and for Python; Pygments does the lexing.

They work on broken code too: text that a network made up, or a file cut in its middle. Brackets in
comments and strings are not counted, depths never fall below zero, and a line that is exactly `}`
brings them back to zero, so that one lost bracket does not shift the rest of a file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.concepts.lexing import (
    PYTHON,
    Source,
    continued,
    read,
    without_closers,
)
from rnnviz.core.concepts.scan import Mask, among, depth, line_starts
from rnnviz.core.concepts.windows import concept_of, line_windows, whole
from rnnviz.core.sequences.text import NEWLINE, Text

TAB = 8

_IF = re.compile(r"(?<![\w$@.])if\b")
_DIRECTIVE = re.compile(r"#[ \t]*\Z")
_PYTHON_IF = re.compile(r"^[ \t]*(?:el)?if\b", re.MULTILINE)


class _Rule(Struct, frozen=True):
    """The labelling of one concept in one language, guessed from each text where it is None.

    `cut` gives up to where the labels of a window are those of the whole text; 0 for a longer one.
    """

    rule: Callable[[Source, int], Labels]
    cut: Callable[[Source, Labels], int]
    language: str | None = None

    def label(self, text: str) -> Labels:
        return self.rule(read(text, self.language).window(0, len(text)), 0)

    def blocks(self, text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
        held = whole(text, start, stop)
        reading = read(held.text, self.language)
        first, last, length = 0, 0, max(1, size)
        while first < len(held.text):
            source = reading.window(first, min(first + length, len(held.text)))
            labels = self.rule(source, last)
            cut = len(labels) if source.is_last else self.cut(source, labels)
            if not cut:
                length *= 2
                continue
            yield labels[:cut]
            first, last, length = first + cut, int(labels[cut - 1]), max(1, size)


def _between_tokens(source: Source, _: Labels) -> int:
    """After the last character that is plain code."""
    plain = np.flatnonzero(source.flags == 0)
    return int(plain[-1]) + 1 if len(plain) else 0


def _not_behind_brace(source: Source, _: Labels) -> int:
    """A window must not end between a `}` and the line end that makes it one which stands alone."""
    return len(source.text.rstrip("}\r"))


def _behind_line(source: Source, _: Labels) -> int:
    return source.text.rfind("\n") + 1


def _outside_conditions(source: Source, labels: Labels) -> int:
    """After the last mark that is in no condition: what comes before it, it has closed."""
    marks = "()[]{}:\n" if source.language == PYTHON else "(){};"
    outside = np.flatnonzero(source.code_among(marks) & ~labels.astype(bool))
    return int(outside[-1]) + 1 if len(outside) else 0


def in_language(concept: Concept, language: str) -> Concept:
    """The same concept, read in this language (a Pygments name) instead of a guessed one.

    A concept that does not depend on a language stays as it is.
    """
    bound = getattr(concept.label, "__self__", None)
    if not isinstance(bound, _Rule):
        return concept
    rule = replace(bound, language=language)
    spec: dict[str, object] = {"kind": "built-in", "name": concept.name, "language": language}
    return replace(concept, label=rule.label, blocks=rule.blocks, spec=spec)


def _comment(source: Source, _: int) -> Mask:
    closers = source.codes == ord("/")
    closers[1:] &= source.codes[:-1] == ord("*")
    return without_closers(source.comment, closers | (source.codes == NEWLINE))


def _string(source: Source, _: int) -> Mask:
    return without_closers(source.string, among(source.codes, "\"'`"))


def _comment_or_string(source: Source, _: int) -> Labels:
    return _comment(source, 0) | _string(source, 0)


def _brace_depth(source: Source, start: int) -> Labels:
    return _depth(source, "{", "}", start)


def _parenthesis_depth(source: Source, start: int) -> Labels:
    return _depth(source, "(", ")", start)


def _depth(source: Source, opening: str, closing: str, start: int) -> Labels:
    opened, closed = source.code_among(opening), source.code_among(closing)
    return depth(opened, closed, source.function_ends(), start).astype(np.float32)


def _indentation(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    last = 0
    for window in line_windows(text, start, stop, size, lambda codes: among(codes, " \t")):
        part = text.slice(window.start, window.start + len(window.codes))
        lines = part.split("\n")
        columns = [_columns(line) for line in lines]
        if not window.fresh:
            columns[0] = last
        last = columns[-1]
        labels = np.repeat(np.array(columns, np.float32), [len(line) + 1 for line in lines])
        yield labels[: len(part)]


def _columns(line: str) -> int:
    white = line[: len(line) - len(line.lstrip(" \t"))]
    return len(white.expandtabs(TAB)) if "\t" in white else len(white)


def _preprocessor_line(source: Source, _: int) -> Labels:
    newline: Mask = source.codes == NEWLINE
    starts = line_starts(source.codes)
    if not len(starts):
        return newline
    directive = np.logical_or.reduceat(source.preprocessor & ~newline, starts)
    labels: Mask = np.repeat(directive, np.diff(starts, append=len(newline)))
    return labels & (~newline | continued(source.codes))


def _if_condition(source: Source, _: int) -> Labels:
    return _python_conditions(source) if source.language == PYTHON else _c_conditions(source)


def _c_conditions(source: Source) -> Labels:
    labels = np.zeros(len(source.text), bool)
    code, text = source.code, source.text
    marks = np.flatnonzero(source.code_among("(){};")).tolist()
    for match in _IF.finditer(text):
        directive = _DIRECTIVE.search(text, max(0, match.start() - 8), match.start())
        first = bisect_left(marks, match.end())
        if directive or not code[match.start()] or first == len(marks):
            continue
        start = marks[first]
        if text[start] == "(" and text[match.end() : start].strip() in ("", "constexpr"):
            labels[start : _c_condition_end(text, marks, first)] = True
    return labels


def _c_condition_end(text: str, marks: list[int], first: int) -> int:
    """Where its parenthesis is closed; broken code ends the condition at the next { } or ;."""
    parentheses = braces = 0
    for position in islice(marks, first, None):
        mark = text[position]
        parentheses += (mark == "(") - (mark == ")")
        if mark == "{" and (braces or text[position - 1] == "("):  # GNU C: ({ statements })
            braces += 1
        elif mark == "}" and braces:
            braces -= 1
        elif parentheses <= 0 or (mark in "{};" and not braces):
            return position
    return len(text)


def _python_conditions(source: Source) -> Labels:
    labels = np.zeros(len(source.text), bool)
    marks = np.flatnonzero(source.code_among("()[]{}:\n")).tolist()
    # One more character than the window has: what a mark does may hang on the next.
    text = source.whole[source.start : source.stop + 1]
    for match in _PYTHON_IF.finditer(source.whole, source.start, source.stop):
        begin = match.end() - source.start
        if source.code[begin - 1]:
            end = _python_condition_end(text, marks, bisect_left(marks, begin))
            labels[begin:end] = True
    return labels


def _python_condition_end(text: str, marks: list[int], first: int) -> int:
    """Where the : stands that opens the block; broken code ends the condition with its line."""
    brackets = 0
    for position in islice(marks, first, None):
        mark, following = text[position], text[position + 1 : position + 2]
        brackets += (mark in "([{") - (mark in ")]}")
        if mark == ":" and brackets <= 0 and following != "=":
            return position
        if mark == "\n" and (brackets <= 0 or following == "\n"):
            return position
    return len(text)


def _concept(
    name: str,
    title: str,
    about: str,
    rule: Callable[[Source, int], Labels],
    cut: Callable[[Source, Labels], int],
    *,
    scalar: bool = False,
) -> Concept:
    bound = _Rule(rule, cut)
    return Concept(name, title, about, "code", scalar, bound.label, bound.blocks)


INSIDE_COMMENT = _concept(
    "inside-comment",
    "Inside a comment",
    "A comment with its opening, less the last character that closes it; also what `#if 0` hides.",
    _comment,
    _between_tokens,
)
INSIDE_STRING = _concept(
    "inside-string",
    "Inside a string",
    "A string or character literal with its opening quote, without the closing one.",
    _string,
    _between_tokens,
)
COMMENT_OR_STRING = _concept(
    "comment-or-string",
    "Inside a comment or string",
    "Comments and literals, each with what opens it, without what closes it.",
    _comment_or_string,
    _between_tokens,
)
INSIDE_IF_CONDITION = _concept(
    "inside-if-condition",
    "Inside an if condition",
    "From the ( after if or else if up to its ); in Python from if or elif up to the colon.",
    _if_condition,
    _outside_conditions,
)
BRACE_DEPTH = _concept(
    "brace-depth",
    "Brace depth",
    "How many { are open after this character, in code; a line that is just } leaves none open.",
    _brace_depth,
    _not_behind_brace,
    scalar=True,
)
PARENTHESIS_DEPTH = _concept(
    "parenthesis-depth",
    "Parenthesis depth",
    "How many ( are open after this character, in code; a line that is just } leaves none open.",
    _parenthesis_depth,
    _not_behind_brace,
    scalar=True,
)
INDENTATION = concept_of(
    _indentation,
    name="indentation",
    title="Indentation",
    about="Columns of white space that the line begins with, at each of its characters; a tab goes "
    "to the next multiple of 8.",
    family="code",
    scalar=True,
)
PREPROCESSOR_LINE = _concept(
    "preprocessor-line",
    "Preprocessor line",
    "Lines of a # directive, with the lines that a backslash continues.",
    _preprocessor_line,
    _behind_line,
)
