"""Jobs that change units while a text is read."""

from __future__ import annotations

import msgspec

from rnnviz.core.cells.intervention import Ablation, Intervention
from rnnviz.core.concepts.custom import Spec
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.messages import Request


class Ablated(msgspec.Struct, frozen=True, kw_only=True):
    """What an intervention did; on the way, as much of it as is known."""

    ablation: Ablation
    sample: str = ""
    """What the model writes without it."""
    changed_sample: str = ""
    """What it writes from the same seed with it."""


class Ablate(Request[Ablated, Ablated], frozen=True, kw_only=True):
    """Read a text with a unit changed, and the same done to random units of its layer.

    The losses with the change come first, then the samples, then the other units.
    """

    model: ModelGiven
    text: TextGiven
    intervention: Intervention
    concept: Spec | None = None
    characters: int = 10_000
    """No more of the text is read."""
    randoms: int = 20
    seed: int = 0
    """Of the random units and of the samples."""
    sample_length: int = 0
    """How many characters are written, with it and without; 0 for none."""
    sample_start: str = ""
    temperature: float = 0.8
