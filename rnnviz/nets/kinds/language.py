"""Language models, built and run."""

from __future__ import annotations

from rnnviz.nets.kinds.kind import KindJobs, NetworkKind, channel_facts
from rnnviz.nets.language.model import build_language_model


def _jobs() -> KindJobs:
    from rnnviz.nets.answering import cells, gradients, interventions, symbols, unroll

    return {
        **cells.MODEL_JOBS,
        **gradients.MODEL_JOBS,
        **interventions.MODEL_JOBS,
        **symbols.MODEL_JOBS,
        **unroll.MODEL_JOBS,
    }


LANGUAGE_MODEL = NetworkKind(
    key="language-model",
    build=build_language_model,
    facts=channel_facts,
    jobs=_jobs,
)
