"""Classifiers, built and run."""

from __future__ import annotations

from rnnviz.nets.classification.model import build_classifier
from rnnviz.nets.kinds.kind import KindJobs, NetworkKind, channel_facts


def _jobs() -> KindJobs:
    from rnnviz.nets.answering import classification, gradients, symbols, unroll

    return {
        **classification.MODEL_JOBS,
        **gradients.ANSWER_JOBS,
        **symbols.MODEL_JOBS,
        **unroll.MODEL_JOBS,
    }


CLASSIFIER = NetworkKind(
    key="classifier",
    build=build_classifier,
    facts=channel_facts,
    jobs=_jobs,
)
