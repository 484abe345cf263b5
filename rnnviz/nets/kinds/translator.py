"""Translation models, built and run."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from torch import Tensor

from rnnviz.core.models.translation import TokenizerDescription, TranslationDescription
from rnnviz.nets.alignments.networks.model import TranslationModel, build_translation
from rnnviz.nets.alignments.networks.pair_file import build_pair
from rnnviz.nets.alignments.networks.pair_model import PairTranslator
from rnnviz.nets.alignments.networks.tutorial_model import TutorialTranslator
from rnnviz.nets.kinds.kind import KindFacts, KindJobs, NetworkKind
from rnnviz.nets.opened import OpenedModel


def _facts(opened: OpenedModel) -> KindFacts:
    """The description without its long word lists, which nobody but the decoder needs."""
    description = msgspec.to_builtins(opened.model.description)
    for side in ("source", "target"):
        about: TokenizerDescription = getattr(opened.model.description, side)
        description[side] = {
            "kind": about.kind,
            "size": len(about.tokens),
            "lower": about.lower,
            "split": about.split,
        }
    return KindFacts(description=description)


def _build(
    description: TranslationDescription, tensors: Mapping[str, Tensor], file: str
) -> TranslationModel | PairTranslator | TutorialTranslator:
    own = build_translation if description.pair is None else build_pair
    return own(description, tensors, file)


def _jobs() -> KindJobs:
    from rnnviz.nets.answering import alignments

    return alignments.MODEL_JOBS


TRANSLATOR = NetworkKind(
    key="translator",
    build=_build,
    facts=_facts,
    jobs=_jobs,
)
