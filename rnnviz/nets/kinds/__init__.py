"""How each kind of model is built and run. To add one: a file, and its name below.

The keys are those of `core.kinds`; a kind of which nothing can be asked is not here.
"""

from __future__ import annotations

from typing import Any

from rnnviz.core.kinds import kind_named, require
from rnnviz.nets.kinds.classifier import CLASSIFIER
from rnnviz.nets.kinds.kind import NetworkKind
from rnnviz.nets.kinds.language import LANGUAGE_MODEL
from rnnviz.nets.kinds.numbers import NUMBERS_MODEL
from rnnviz.nets.kinds.tagger import TAGGER
from rnnviz.nets.kinds.translator import TRANSLATOR
from rnnviz.nets.opened import KindJob, OpenedModel
from rnnviz.work.messages import Request

NETWORK_KINDS: tuple[NetworkKind, ...] = (
    LANGUAGE_MODEL,
    TRANSLATOR,
    CLASSIFIER,
    TAGGER,
    NUMBERS_MODEL,
)

__all__ = ["NETWORK_KINDS", "NetworkKind", "job_of", "network_kind"]


def network_kind(key: str) -> NetworkKind:
    """The kind of this key; `KeyError` where there is none."""
    return {kind.key: kind for kind in NETWORK_KINDS}[key]


def job_of(opened: OpenedModel, request: type[Request[Any, Any]], file: str) -> KindJob:
    """What is called to ask this of an opened model; `file` is its name, for the message.

    Raises:
        ModelFileError: it is of a kind that cannot be asked this.
    """
    require(kind_named(opened.kind), request.task(), file)
    return network_kind(opened.kind).jobs()[request]
