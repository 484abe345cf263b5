"""Concepts of running text: quotes, parentheses, lines, words and sentences."""

from __future__ import annotations

import re

import numpy as np

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.concepts.scan import (
    Integers,
    Mask,
    among,
    blank_lines,
    codes_of,
    depth,
    latest,
    line_starts,
    mark,
    where,
)
from rnnviz.core.sequences.text import Codes

_SENTENCE = re.compile(
    r"""(?: \A | \n(?:[ \t\r]*\n)+                           # a paragraph begins
          | (?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)(?<!\bMessrs)
            [.!?]["'\u2019\u201d)\]]*(?=\s)                  # or a sentence has ended
        )
        (?P<start> (?: [ \t\r"'\u2018\u201c(\[_*-] | \n(?![ \t\r]*\n) )* [^\W\d_] )""",
    re.VERBOSE,
)


def _inside_quotes(text: str) -> Labels:
    codes = codes_of(text)
    ends = blank_lines(codes)
    straight = np.cumsum(among(codes, '"'), dtype=np.int32)
    paragraphs = mark(len(codes), ends)
    if len(ends):
        before = np.concatenate([[0], straight[ends - 1] * (ends > 0)]).astype(np.int32)
        straight -= before[np.cumsum(paragraphs, dtype=np.int32)]
    inside = (straight & 1).astype(bool)
    opening = among(codes, "\u201c")
    if opening.any():
        inside |= latest(opening) > latest(among(codes, "\u201d") | paragraphs)
    return inside


def _inside_parentheses(text: str) -> Labels:
    codes = codes_of(text)
    return depth(among(codes, "("), among(codes, ")"), blank_lines(codes)) > 0


def _position_in_line(text: str) -> Labels:
    codes = codes_of(text)
    return _since(mark(len(codes), line_starts(codes))).astype(np.float32)


def _position_in_word(text: str) -> Labels:
    words = _words(codes_of(text))
    position = _since(_starts(words)).astype(np.float32)
    position[~words] = np.nan
    return position


def _sentence_start(text: str) -> Labels:
    labels = np.zeros(len(text), bool)
    for match in _SENTENCE.finditer(text):
        start, stop = match.span("start")
        labels[start:stop] = text[stop - 1].isupper()
    return labels


def _upper_case_word(text: str) -> Labels:
    codes = codes_of(text)
    words = _words(codes)
    starts = np.flatnonzero(_starts(words))
    labels = np.zeros(len(codes), bool)
    if len(starts):
        lower = np.logical_or.reduceat(where(codes, str.islower) & words, starts)
        upper = np.add.reduceat(where(codes, str.isupper) & words, starts, dtype=np.int64)
        loud = ~lower & (upper >= 2)
        labels = words & loud[np.maximum(np.cumsum(_starts(words)) - 1, 0)]
    return labels


def _words(codes: Codes) -> Mask:
    """Letters and digits, and apostrophes between two of them."""
    words = where(codes, str.isalnum)
    inner = among(codes[1:-1], "'\u2019") & words[:-2] & words[2:]
    words[1:-1] |= inner
    return words


def _starts(mask: Mask) -> Mask:
    """Where a run of True begins."""
    starts = mask.copy()
    starts[1:] &= ~mask[:-1]
    return starts


def _since(marks: Mask) -> Integers:
    """How many characters ago the last mark was."""
    return np.arange(len(marks)) - latest(marks, default=0)


INSIDE_QUOTES = Concept(
    name="inside-quotes",
    title="Inside double quotes",
    about='From an opening " or \u201c up to, not including, the closing one; '
    "an unclosed quotation ends with its paragraph, at the blank line.",
    family="prose",
    scalar=False,
    label=_inside_quotes,
)
INSIDE_PARENTHESES = Concept(
    name="inside-parentheses",
    title="Inside parentheses",
    about="From ( up to, not including, the ) that closes it; unclosed ones end at a blank line.",
    family="prose",
    scalar=False,
    label=_inside_parentheses,
)
POSITION_IN_LINE = Concept(
    name="position-in-line",
    title="Position in the line",
    about="How many characters of the line come before this one; 0 for the line's first.",
    family="any",
    scalar=True,
    label=_position_in_line,
)
POSITION_IN_WORD = Concept(
    name="position-in-word",
    title="Position in the word",
    about="How many characters of the word come before this one; nothing between words. "
    "A word is letters and digits, with apostrophes inside.",
    family="prose",
    scalar=True,
    label=_position_in_word,
)
SENTENCE_START = Concept(
    name="sentence-start",
    title="Start of a sentence",
    about="The white space and quotes before a sentence and its first letter, a capital; "
    "a sentence follows . ! ? or a blank line.",
    family="prose",
    scalar=False,
    label=_sentence_start,
)
UPPER_CASE_WORD = Concept(
    name="upper-case-word",
    title="Word in upper case",
    about="Every character of a word with two capitals or more and no small letter.",
    family="any",
    scalar=False,
    label=_upper_case_word,
)
