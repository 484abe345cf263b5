"""Concepts: what a unit may keep track of, from quotes to brace depth.

Adding one: a function `text -> labels` and a `Concept` in a file here, and its line in `CONCEPTS`.
`docs/adding.md` shows an example.
"""

from __future__ import annotations

import difflib

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.concepts.code import (
    BRACE_DEPTH,
    COMMENT_OR_STRING,
    INDENTATION,
    INSIDE_COMMENT,
    INSIDE_IF_CONDITION,
    INSIDE_STRING,
    PARENTHESIS_DEPTH,
    PREPROCESSOR_LINE,
    in_language,
)
from rnnviz.core.concepts.custom import (
    concept_from,
    load_concept_file,
    save_concept_file,
    spec_of,
)
from rnnviz.core.concepts.latex import ENVIRONMENT_DEPTH, INSIDE_MATHEMATICS, LATEX_COMMENT
from rnnviz.core.concepts.prose import (
    INSIDE_PARENTHESES,
    POSITION_IN_LINE,
    POSITION_IN_WORD,
    SENTENCE_START,
    UPPER_CASE_WORD,
)
from rnnviz.core.concepts.quotes import INSIDE_QUOTES
from rnnviz.core.concepts.streaming import label_blocks, label_steps
from rnnviz.core.errors import ConceptError

CONCEPTS = (
    INSIDE_QUOTES,
    INSIDE_PARENTHESES,
    POSITION_IN_LINE,
    POSITION_IN_WORD,
    SENTENCE_START,
    UPPER_CASE_WORD,
    INSIDE_COMMENT,
    INSIDE_STRING,
    COMMENT_OR_STRING,
    INSIDE_IF_CONDITION,
    BRACE_DEPTH,
    PARENTHESIS_DEPTH,
    INDENTATION,
    PREPROCESSOR_LINE,
    INSIDE_MATHEMATICS,
    ENVIRONMENT_DEPTH,
    LATEX_COMMENT,
)
"""Every concept that ships, in the order in which lists show them."""


def concept_named(name: str) -> Concept:
    """The built-in concept with this name.

    Raises:
        ConceptError: there is none; the message names the nearest ones.
    """
    known = {concept.name: concept for concept in CONCEPTS}
    if name not in known:
        near = ", ".join(difflib.get_close_matches(name, known) or known)
        raise ConceptError(f"there is no concept {name!r}; there is {near}")
    return known[name]


__all__ = [
    "CONCEPTS",
    "Concept",
    "Labels",
    "concept_from",
    "concept_named",
    "in_language",
    "label_blocks",
    "label_steps",
    "load_concept_file",
    "save_concept_file",
    "spec_of",
]
