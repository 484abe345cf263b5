"""Concepts of LaTeX: mathematics, environments, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from rnnviz.core.concepts.base import Labels
from rnnviz.core.concepts.scan import depth
from rnnviz.core.concepts.windows import concept_of, painted, whole
from rnnviz.core.sequences.text import Text

_MATHEMATICS = re.compile(
    r"(?:math|displaymath|equation|eqnarray|align|alignat|flalign|gather|multline|dmath)\*?"
)
_VERBATIM = r"verbatim\*?|Verbatim|lstlisting|minted|comment"
_CLOSERS = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}


@cache
def _token() -> re.Pattern[str]:
    """What counts in LaTeX; compiled when it is first needed, for it takes a millisecond."""
    return re.compile(
        rf"""(?P<skip> \\verb\*?(?P<bar>[^\w\s*]).*?(?P=bar)
                     | \\begin\{{(?P<raw>{_VERBATIM})\}} (?s:.*?) (?:\\end\{{(?P=raw)\}} | \Z) )
           | (?P<comment> %[^\n]* )
           | (?P<paragraph> (?<=\n)[ \t\r]*\n )
           | \\begin\{{(?P<begin>[^}}\n]*)\}}
           | \\end\{{(?P<end>[^}}\n]*)\}}
           | (?P<delimiter> \\[()\[\]] | \$\$? )
           | \\(?s:.)""",
        re.VERBOSE,
    )


def _tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    """What the concepts look at, as (kind, what it says, start, stop)."""
    for match in _token().finditer(text):
        kind = match.lastgroup
        if kind in ("paragraph", "begin", "end", "delimiter", "comment"):
            yield kind, match[kind], *match.span()


def _mathematics(text: str) -> Iterator[tuple[int, int]]:
    """From where to where formulas go."""
    closer, start = "", 0
    for kind, said, begin, stop in _tokens(text):
        display = kind in ("begin", "end") and _MATHEMATICS.fullmatch(said)
        if closer == "$" and said == "$$":  # one formula ends, the next begins at once
            yield start, begin
            start = stop - 1
        elif closer and (said == closer or kind == "paragraph" or (display and kind == "end")):
            yield start, begin
            closer = ""
        elif not closer and (said in _CLOSERS or (display and kind == "begin")):
            closer, start = _CLOSERS.get(said, "end"), stop - 1
    if closer:
        yield start, len(text)


def _inside_mathematics(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    yield from painted(_mathematics(whole(text, start, stop).text), stop - start, size)


def _comment(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    found = _tokens(whole(text, start, stop).text)
    spans = ((begin, end) for kind, _, begin, end in found if kind == "comment")
    yield from painted(spans, stop - start, size)


def _environment_depth(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    found = _tokens(whole(text, start, stop).text)
    ends = ((kind, end - 1) for kind, _, _, end in found if kind in ("begin", "end"))
    following, deep = next(ends, None), 0
    for first in range(0, stop - start, max(1, size)):
        length = min(stop - start, first + max(1, size)) - first
        opening, closing = np.zeros(length, bool), np.zeros(length, bool)
        while following is not None and following[1] < first + length:
            kind, place = following
            (opening if kind == "begin" else closing)[place - first] = True
            following = next(ends, None)
        labels = depth(opening, closing, start=deep)
        deep = int(labels[-1])
        yield labels.astype(np.float32)


INSIDE_MATHEMATICS = concept_of(
    _inside_mathematics,
    name="inside-mathematics",
    title="Inside mathematics",
    about=r"Between $, $$, \( \), \[ \] or in equation, align and their like, with the last "
    "character that opens it, without what closes it; a blank line ends it.",
    family="latex",
)
ENVIRONMENT_DEPTH = concept_of(
    _environment_depth,
    name="environment-depth",
    title="Environment depth",
    about=r"How many \begin{...} have no \end{...} yet, of any name; not in comments or verbatim.",
    family="latex",
    scalar=True,
)
LATEX_COMMENT = concept_of(
    _comment,
    name="latex-comment",
    title="Inside a LaTeX comment",
    about="From a % that no backslash precedes up to the end of its line.",
    family="latex",
)
