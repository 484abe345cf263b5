"""Jobs on small networks that are shown unrolled."""

from __future__ import annotations

import msgspec

from rnnviz.core.unroll.plan import Plan
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.messages import Request


class WeightEdit(msgspec.Struct, frozen=True):
    """A number that a person typed into a parameter."""

    parameter: str
    row: int
    column: int
    value: float


class Unrolled(msgspec.Struct, frozen=True, kw_only=True):
    """Where the numbers lie (see `core.unroll.trace`), and after how many updates."""

    path: str
    trained: int
    made: int
    """How many of these this job made."""
    written: Plan | None = None
    """At test time: the plan with what really entered, and what was written."""


class TestTime(msgspec.Struct, frozen=True):
    """How a small network writes on from what it wrote itself."""

    temperature: float = 0.0
    """0 takes the likeliest."""
    draw: int = 0
    """The seed of what is drawn."""


class ComputeUnrolled(Request[None, Unrolled], frozen=True, kw_only=True):
    """Train a small network a little, or change its weights, and compute all its numbers."""

    plan: Plan
    path: str
    """The file to be written."""
    weights: str = ""
    """The trace whose weights it starts from; none: those that the plan's seed draws."""
    trained: int = 0
    """How many updates led to these weights."""
    same: bool = False
    """Whether that trace is of this plan: then the first update is the one that it shows."""
    updates: int = 0
    until_learned: bool = False
    radius: float = 0.0
    """The spectral radius that recurrent matrices are scaled to; 0 leaves them."""
    edits: tuple[WeightEdit, ...] = ()
    test: TestTime | None = None
    """Compute test time, when what it writes goes back in, instead of the pass over the targets."""
    jacobians: tuple[int, ...] | None = None
    """The rows of which they are wanted, as in `core.unroll.trace`; None for all."""


class Writes(msgspec.Struct, frozen=True):
    """How a network goes on by itself: what it says is what it reads next."""

    steps: int = 0
    temperature: float = 0.0
    """0 takes the likeliest."""
    seed: int = 0


class ModelUnrolled(msgspec.Struct, frozen=True):
    """Where the numbers of some steps lie: `core.unroll.model_trace`."""

    path: str


class UnrollModel(Request[None, ModelUnrolled], frozen=True, kw_only=True):
    """Compute some steps of an open model with every number, in float64."""

    model: ModelGiven
    path: str
    """The file to be written."""
    at: int
    """The last step that is read,"""
    steps: int
    """and how many are kept, those that it writes among them."""
    folder: str = ""
    """The recording of what it reads; the states that it kept spare the way to the place."""
    text: TextGiven | None = None
    """What it reads, where there is no recording."""
    writes: Writes = Writes()
