"""Classifiers: which of some classes a text is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnviz.core.kinds.kind import ModelKind, stack_in_words
from rnnviz.core.models.classification import CLASSIFICATION, ClassifierDescription

_SEEN = {
    "last": "the last state",
    "mean": "the mean of all states",
    "max": "the maximum of each unit",
    "attention": "what attention weighs",
}


def _lines(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    ways = "both directions" if about["bidirectional"] else "one direction"
    embedding = f"{about['embedding']} numbers, learned" if about["embedding"] else "one-hot"
    tokens = about["tokens"]
    kind = {"unicode-words": "words"}.get(tokens["kind"], tokens["kind"])
    return [
        ("network", f"{stack_in_words(about)}, {ways}"),
        ("input", f"{len(tokens['tokens']):,} {kind}, {embedding}"),
        ("verdict", f"from {_SEEN[about['readout']]}: {', '.join(about['classes'])}"),
    ]


CLASSIFIER = ModelKind(
    key="classifier",
    title="classifier",
    description=ClassifierDescription,
    tasks=(CLASSIFICATION,),
    workspace="cells",
    training_task="classification",
    reads="texts",
    samples="texts",
    jobs=("walk", "classify", "explain_verdict"),
    use="which says what a text is: look at it with `rnnviz classify`, `walk` and `rank`",
    lines=_lines,
    unit="text",
)
