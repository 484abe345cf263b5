"""What a kind of model is in `nets`: how it is built, what is told of it, what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from rnnviz.nets.opened import KindJob, OpenedModel
from rnnviz.work.messages import Request

KindJobs = Mapping[type[Request[Any, Any]], KindJob]
"""A function for each job that a kind can be asked, by the type of its request."""


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """What the window is told of an open model of one kind."""

    channels: tuple[str, ...] = ()
    """What may be recorded of it."""
    states: tuple[str, ...] = ()
    """Those channels that are carried from step to step."""
    description: dict[str, object] | None = None
    """Plain JSON; None for the whole description."""


@dataclass(frozen=True)
class NetworkKind:
    """How the networks of one kind are built and run."""

    key: str
    """That of its facts in `core.kinds`."""
    build: Callable[[Any, Mapping[str, Tensor], str], nn.Module]
    """The network of a description with these weights, for a file of this name; in evaluation mode.
    Raises `ModelFileError` where they do not fit."""
    facts: Callable[[OpenedModel], KindFacts]
    """What is told of an open model beside what is told of all."""
    jobs: Callable[[], KindJobs]
    """Gives a function for each of the `jobs` of its facts, by the type of its request. What these
    functions need is imported when they are asked for: most commands only open a model."""


def channel_facts(opened: OpenedModel) -> KindFacts:
    """What may be recorded of a network of layers, and which of it is carried from step to step."""
    network = opened.model.network
    return KindFacts(channels=network.channel_names, states=network.states)
