"""Language models, built and run."""

from __future__ import annotations

from typing import Any

from rnnviz.nets.jobs import cells, gradients, interventions
from rnnviz.nets.kinds.kind import NetworkKind
from rnnviz.nets.language.model import build_language_model
from rnnviz.nets.opened import OpenedModel


def _facts(opened: OpenedModel) -> dict[str, Any]:
    facts = opened.model.architecture.facts
    return {"channels": facts.channel_names, "states": facts.states}


LANGUAGE_MODEL = NetworkKind(
    key="language-model",
    build=build_language_model,
    facts=_facts,
    jobs={**cells.MODEL_JOBS, **gradients.MODEL_JOBS, **interventions.MODEL_JOBS},
)
