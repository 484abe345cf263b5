"""Taggers, built and run."""

from __future__ import annotations

from rnnviz.nets.kinds.kind import KindJobs, NetworkKind, channel_facts
from rnnviz.nets.sequence.network import build_network


def _jobs() -> KindJobs:
    from rnnviz.nets.answering import gradients, reading, symbols, unroll

    return {
        **reading.MODEL_JOBS,
        **gradients.ANSWER_JOBS,
        **symbols.MODEL_JOBS,
        **unroll.MODEL_JOBS,
    }


TAGGER = NetworkKind(
    key="tagger",
    build=build_network,
    facts=channel_facts,
    jobs=_jobs,
)
