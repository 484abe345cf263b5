"""Which family of concepts suits what is read: prose, source code, LaTeX or numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from rnnviz.core.concepts.base import Concept

_HEAD = 20_000
_LATEX = (".tex", ".sty", ".cls", ".bib")
_CODE = frozenset({
    ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".css", ".go", ".java", ".js", ".jsx", ".json",
    ".kt", ".lua", ".m", ".php", ".pl", ".py", ".r", ".rb", ".rs", ".scala", ".sh", ".sql",
    ".swift", ".ts", ".tsx", ".xml", ".yaml", ".yml",
})  # fmt: skip
_COMMAND = re.compile(r"\\[a-zA-Z]+(?:\{|\b)")
_OF_CODE = re.compile(r"[={}]|\w\(")
"""Marks that prose hardly has: assignments, braces, calls."""


def family_of(name: str, text: str) -> str:
    """The family of a text, by the ending of its name, else by what stands in it.

    >>> family_of("kernel.c", ""), family_of("novel.txt", "He said no.")
    ('code', 'prose')
    """
    ending = PurePath(name).suffix.lower()
    if ending in _LATEX:
        return "latex"
    if ending in _CODE:
        return "code"
    head = text[:_HEAD]
    lines = max(1, sum(1 for line in head.splitlines() if line.strip()))
    if len(_COMMAND.findall(head)) > 0.3 * lines:
        return "latex"
    return "code" if len(_OF_CODE.findall(head)) > 0.4 * lines else "prose"


def suited(concepts: Iterable[Concept], family: str) -> tuple[Concept, ...]:
    """The concepts that suit a text of a family: its own, those for any text, and one's own.

    Of numbers, those that label rows.
    """
    if family == "numbers":
        return tuple(one for one in concepts if one.steps is not None)
    return tuple(
        one
        for one in concepts
        if one.family != "numbers" and (one.family in (family, "any") or one.spec)
    )
