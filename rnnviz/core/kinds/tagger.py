"""Taggers: a label for every step of what is read."""

from __future__ import annotations

from rnnviz.core.kinds.kind import ModelKind
from rnnviz.core.kinds.sequence import network_lines
from rnnviz.core.models.network import SequenceDescription

TAGGER = ModelKind(
    key="tagger",
    title="tagger",
    description=SequenceDescription,
    tasks=("tagging",),
    workspace="cells",
    training_task="tagging",
    reads="texts",
    samples="texts",
    jobs=(
        "walk",
        "compute_field",
        "recurrent_matrices",
        "clipping",
        "truncation",
        "find_vectors",
        "unroll_model",
    ),
    use="which gives every step a label: look at it with `rnnviz walk` and `rank`",
    lines=network_lines,
    unit="word",
    short_texts=True,
)
