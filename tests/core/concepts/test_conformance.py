"""What every concept of the tuple must do, and that no concept file is missing from it."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re

import numpy as np
import pytest

from rnnviz.core import concepts
from rnnviz.core.concepts import CONCEPTS, Concept, concept_named

INFRASTRUCTURE = {
    "base",
    "custom",
    "expressions",
    "lexing",
    "matching",
    "scan",
    "streaming",
    "windows",
}
"""Files of the folder that define no concept of their own."""

_RANDOM = random.Random(1)
TEXTS = {
    "empty": "",
    "one-character": "{",
    "one-newline": "\n",
    "unicode": "\u201c\U0001f600 \u00c9t\u00e9 {($\u4e2d\u6587$)}\u201d\r\n\t\u2028 \ud800 \x00",
    "random": "".join(_RANDOM.choices("aB c1\n\t(){}[]\"'\\/*%$#;:.<>if\u00e9", k=10_000)),
}

every_concept = pytest.mark.parametrize("concept", CONCEPTS, ids=lambda concept: concept.name)


@every_concept
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_one_label_a_character_always_the_same(concept: Concept, text: str) -> None:
    labels = concept.label(text)
    assert labels.shape == (len(text),)
    assert labels.dtype == (np.float32 if concept.scalar else np.bool_)
    np.testing.assert_array_equal(labels, concept.label(text))


@every_concept
def test_it_has_a_key_a_title_and_a_sentence(concept: Concept) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", concept.name)
    assert concept.title[0].isupper()
    assert concept.about.endswith(".")
    assert concept.family in {"prose", "code", "latex", "any"}
    assert concept_named(concept.name) is concept


def test_names_are_unique() -> None:
    assert len({concept.name for concept in CONCEPTS}) == len(CONCEPTS)


def test_no_concept_is_missing_from_the_tuple() -> None:
    for module in pkgutil.iter_modules(concepts.__path__):
        if module.name in INFRASTRUCTURE:
            continue
        members = vars(importlib.import_module(f"{concepts.__name__}.{module.name}")).values()
        found = [member for member in members if isinstance(member, Concept)]
        assert found, f"{module.name}.py defines no concept"
        missing = [concept.name for concept in found if concept not in CONCEPTS]
        assert not missing, f"{module.name}.py: {missing} not in CONCEPTS"
