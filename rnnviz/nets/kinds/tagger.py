"""Taggers, built and run."""

from __future__ import annotations

from rnnviz.nets.answering import gradients, reading, symbols, unroll
from rnnviz.nets.kinds.kind import NetworkKind, channel_facts
from rnnviz.nets.sequence.network import build_network

TAGGER = NetworkKind(
    key="tagger",
    build=build_network,
    facts=channel_facts,
    jobs={
        **reading.MODEL_JOBS,
        **gradients.ANSWER_JOBS,
        **symbols.MODEL_JOBS,
        **unroll.MODEL_JOBS,
    },
)
