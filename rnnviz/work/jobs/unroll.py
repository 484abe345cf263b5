"""Jobs on small networks that are shown unrolled."""

from __future__ import annotations

import msgspec

from rnnviz.core.unroll.plan import Plan
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


class ComputeUnrolled(Request[None, Unrolled], frozen=True, kw_only=True):
    """Train a small network a little, or change its weights, and compute all its numbers."""

    plan: Plan
    path: str
    """The file to be written."""
    weights: str = ""
    """The trace whose weights it starts from; none: those that the plan's seed draws."""
    trained: int = 0
    """How many updates led to these weights."""
    updates: int = 0
    until_learned: bool = False
    radius: float = 0.0
    """The spectral radius that recurrent matrices are scaled to; 0 leaves them."""
    edits: tuple[WeightEdit, ...] = ()
