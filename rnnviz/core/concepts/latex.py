"""Concepts of LaTeX: mathematics, environments, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.concepts.scan import depth, mark

_MATHEMATICS = re.compile(
    r"(?:math|displaymath|equation|eqnarray|align|alignat|flalign|gather|multline|dmath)\*?"
)
_VERBATIM = r"verbatim\*?|Verbatim|lstlisting|minted|comment"
_TOKEN = re.compile(
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
_CLOSERS = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}


def _tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    """What the concepts look at, as (kind, what it says, start, stop)."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind in ("paragraph", "begin", "end", "delimiter", "comment"):
            yield kind, match[kind], *match.span()


def _inside_mathematics(text: str) -> Labels:
    labels = np.zeros(len(text), bool)
    closer, start = "", 0
    for kind, said, begin, stop in _tokens(text):
        display = kind in ("begin", "end") and _MATHEMATICS.fullmatch(said)
        if closer == "$" and said == "$$":  # one formula ends, the next begins at once
            labels[start:begin] = True
            start = stop - 1
        elif closer and (said == closer or kind == "paragraph" or (display and kind == "end")):
            labels[start:begin] = True
            closer = ""
        elif not closer and (said in _CLOSERS or (display and kind == "begin")):
            closer, start = _CLOSERS.get(said, "end"), stop - 1
    if closer:
        labels[start:] = True
    return labels


def _environment_depth(text: str) -> Labels:
    return _environment_depth_after(text, 0, 0.0)


def _environment_depth_after(part: str, _: int, last: float) -> Labels:
    ends: dict[str, list[int]] = {"begin": [], "end": []}
    for kind, _said, _start, stop in _tokens(part):
        if kind in ends:
            ends[kind].append(stop - 1)
    opening, closing = (mark(len(part), np.array(ends[kind], np.int64)) for kind in ends)
    return depth(opening, closing, start=int(last)).astype(np.float32)


def _comment(text: str) -> Labels:
    labels = np.zeros(len(text), bool)
    for kind, _said, start, stop in _tokens(text):
        if kind == "comment":
            labels[start:stop] = True
    return labels


INSIDE_MATHEMATICS = Concept(
    name="inside-mathematics",
    title="Inside mathematics",
    about=r"Between $, $$, \( \), \[ \] or in equation, align and their like, with the last "
    "character that opens it, without what closes it; a blank line ends it.",
    family="latex",
    scalar=False,
    label=_inside_mathematics,
)
ENVIRONMENT_DEPTH = Concept(
    name="environment-depth",
    title="Environment depth",
    about=r"How many \begin{...} have no \end{...} yet, of any name; not in comments or verbatim.",
    family="latex",
    scalar=True,
    label=_environment_depth,
    follow=_environment_depth_after,
)
LATEX_COMMENT = Concept(
    name="latex-comment",
    title="Inside a LaTeX comment",
    about="From a % that no backslash precedes up to the end of its line.",
    family="latex",
    scalar=False,
    label=_comment,
)
