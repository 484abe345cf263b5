"""Translation models, built and run."""

from __future__ import annotations

import msgspec

from rnnviz.core.models.translation import TokenizerDescription
from rnnviz.nets.jobs import translation
from rnnviz.nets.kinds.kind import KindFacts, NetworkKind
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.translation.model import build_translation


def _facts(opened: OpenedModel) -> KindFacts:
    """The description without its long word lists, which nobody but the decoder needs."""
    description = msgspec.to_builtins(opened.model.description)
    for side in ("source", "target"):
        about: TokenizerDescription = getattr(opened.model.description, side)
        description[side] = {"kind": about.kind, "size": len(about.tokens), "lower": about.lower}
    return KindFacts(description=description)


TRANSLATOR = NetworkKind(
    key="translator",
    build=build_translation,
    facts=_facts,
    jobs=translation.MODEL_JOBS,
)
