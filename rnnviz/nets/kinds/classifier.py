"""Classifiers, built and run."""

from __future__ import annotations

from rnnviz.nets.answering import classification, gradients, symbols, unroll
from rnnviz.nets.classification.model import build_classifier
from rnnviz.nets.kinds.kind import NetworkKind, channel_facts

CLASSIFIER = NetworkKind(
    key="classifier",
    build=build_classifier,
    facts=channel_facts,
    jobs={
        **classification.MODEL_JOBS,
        **gradients.ANSWER_JOBS,
        **symbols.MODEL_JOBS,
        **unroll.MODEL_JOBS,
    },
)
