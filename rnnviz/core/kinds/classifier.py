"""Classifiers: which of some classes a text is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnviz.core.kinds.kind import ModelKind, stack_in_words
from rnnviz.core.models.classification import CLASSIFICATION, ClassifierDescription


def _lines(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("network", stack_in_words(about)), ("readout", about["readout"])]


CLASSIFIER = ModelKind(
    key="classifier",
    title="classifier",
    description=ClassifierDescription,
    tasks=(CLASSIFICATION,),
    workspace="cells",
    training_task="classification",
    reads="texts",
    samples="examples",
    jobs=(),
    use="which says what a text is",
    lines=_lines,
    unit="text",
)
