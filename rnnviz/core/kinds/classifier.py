"""Classifiers: which of some classes a text is."""

from __future__ import annotations

from rnnviz.core.kinds.kind import ModelKind
from rnnviz.core.kinds.sequence import network_lines
from rnnviz.core.models.classification import CLASSIFICATION, ClassifierDescription

CLASSIFIER = ModelKind(
    key="classifier",
    title="classifier",
    description=ClassifierDescription,
    tasks=(CLASSIFICATION,),
    workspace="cells",
    training_task="classification",
    reads="texts",
    samples="texts",
    jobs=(
        "walk",
        "compute_field",
        "recurrent_matrices",
        "clipping",
        "truncation",
        "find_vectors",
        "classify",
        "explain_verdict",
        "unroll_model",
    ),
    use="which says what a text is: look at it with `rnnviz classify`, `walk` and `rank`",
    lines=network_lines,
    unit="text",
    short_texts=True,
)
