"""Classifiers, built and run."""

from __future__ import annotations

from typing import Any

from rnnviz.nets.classification.model import build_classifier
from rnnviz.nets.jobs import classification
from rnnviz.nets.kinds.kind import NetworkKind
from rnnviz.nets.opened import OpenedModel


def _facts(opened: OpenedModel) -> dict[str, Any]:
    facts = opened.model.description.facts
    return {"channels": facts.channel_names, "states": facts.states}


CLASSIFIER = NetworkKind(
    key="classifier",
    build=build_classifier,
    facts=_facts,
    jobs=classification.MODEL_JOBS,
)
