"""Models of numbers, built and run."""

from __future__ import annotations

from rnnviz.nets.kinds.kind import KindJobs, NetworkKind, channel_facts
from rnnviz.nets.sequence.network import build_network


def _jobs() -> KindJobs:
    from rnnviz.nets.answering import gradients, reading, unroll

    return {**reading.MODEL_JOBS, **gradients.ANSWER_JOBS, **unroll.MODEL_JOBS}


NUMBERS_MODEL = NetworkKind(
    key="numbers-model",
    build=build_network,
    facts=channel_facts,
    jobs=_jobs,
)
