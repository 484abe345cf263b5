"""Jobs on gradients through time."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rnnviz.core.gradients.field import Gives
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.messages import Request


class FieldPart(msgspec.Struct, frozen=True):
    """A field that can be looked at before it is complete."""

    path: str
    number: int
    """How many times it was written."""


class ComputeField(Request[FieldPart, Written], frozen=True, kw_only=True):
    """The gradients of some losses, some steps back, in a file: `core.gradients.GradientField`."""

    model: ModelGiven
    text: TextGiven
    path: str
    start: int
    """Losses from the prediction of this character on,"""
    count: int
    """so many,"""
    distance: int
    """followed back over so many steps."""
    jacobians: bool = False
    """Whether the norms of dh_t/dh_{t-k} are wanted, too."""
    seed: int | None = None
    """The weights drawn anew from this seed: the model before any training."""
    of_class: str = ""
    """Of a network that names classes: whose log-probability is followed back, instead of that of
    the class which the text says, or of the likeliest."""


class RecurrentMatrices(Request[None, Written], frozen=True, kw_only=True):
    """Eigenvalues and singular values of W_hh, by layer and gate: `MatrixFacts` in a file."""

    model: ModelGiven
    path: str
    seed: int | None = None


class Clipped(msgspec.Struct, frozen=True):
    """A gradient before and after clipping; angles in degrees, NaN where the gradient is zero."""

    raw: float
    """Its length."""
    by_norm: float
    """Its length after clipping by norm; the direction is the raw one's."""
    by_value: float
    """Its length after clipping by value."""
    angle: float
    """Between the raw gradient and the one clipped by value."""
    cut: int
    """How many of its numbers lie beyond the threshold of clipping by value."""
    numbers: int
    """How many numbers it has."""
    largest: float
    """The largest of them, regardless of sign."""


class StepClipped(msgspec.Struct, frozen=True):
    """One training step, clipped in two ways."""

    norm: float
    value: float
    """The thresholds."""
    whole: Clipped
    parameters: Mapping[str, Clipped]
    norms: tuple[float, ...]
    """The raw norm of this step and of those after it."""
    start: int
    """The character of the first prediction."""
    losses: int = 0
    """How many losses the step takes the mean of."""
    gives: Gives = "next"
    """What they are about."""


class Clipping(Request[None, StepClipped], frozen=True, kw_only=True):
    """The gradient of a step, clipped by norm and by value; and the raw norms of some steps."""

    model: ModelGiven
    text: TextGiven
    start: int
    count: int
    """Characters of a step."""
    windows: int = 1
    """Steps, one after the other."""
    norm: float | None = None
    value: float | None = None
    """None for a threshold that is proposed."""
    seed: int | None = None


class Measured(msgspec.Struct, frozen=True):
    """One way to the gradient of a sequence's summed losses."""

    chunk: int
    """Steps between which gradients flow; all of them for full BPTT."""
    seconds: float
    kept_bytes: int
    """What the forward pass keeps for the way back, at most at one time."""
    resident_bytes: int
    """By how much the process grew meanwhile; 0 where the system does not tell."""
    gradient_norm: float


class Comparison(msgspec.Struct, frozen=True):
    """Truncated beside full BPTT over the same characters."""

    steps: int
    repeated: bool
    """Whether the text was too short and read more than once."""
    full: Measured
    truncated: Measured
    angle_degrees: float
    """Between the two gradients."""
    angles: dict[str, float]
    """The same for each parameter; NaN where a gradient is zero."""
    sequences: int = 1
    """How many sequences the steps are of; each is gone back through by itself."""
    longest: int = 0
    """The steps of the longest of them; 0 where there is one."""
    gives: Gives = "next"
    """What the losses are about."""


class Truncation(Request[None, Comparison], frozen=True, kw_only=True):
    """Memory, time and gradient of BPTT in chunks beside full BPTT."""

    model: ModelGiven
    text: TextGiven
    steps: int
    chunk: int
    seed: int | None = None
