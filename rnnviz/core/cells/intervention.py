"""What may be done to a unit while a network reads: it is cut, held at a value, or added to."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from rnnviz.core.quantities.shown_numbers import shown_number

_ROUNDING = 1e-6
"""Losses in nats that are no further apart are the same: float32, in batches of other sizes."""


class Intervention(msgspec.Struct, frozen=True, kw_only=True):
    """One unit, changed at every step from one on; all that depends on it follows."""

    layer: Annotated[int, msgspec.Meta(ge=0, le=1 << 16)]
    """From 0."""
    unit: Annotated[int, msgspec.Meta(ge=0, le=1 << 24)]
    """In the layer, from 0."""
    how: Literal["hold", "add"] = "hold"
    value: float = 0.0
    """What it is held at, or what is added; held at 0, a unit is cut."""
    state: str = "hidden"
    """Which of the states of its layer: a cell that is held changes the hidden state too."""
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The first step at which it is done."""

    @property
    def sentence(self) -> str:
        """What is done, with the unit: `unit 97 of layer 2 is cut`; a state by its name."""
        of = "" if self.state == "hidden" else f" ({self.state})"
        verb = "has" if self.how == "add" else "is"
        return f"unit {self.unit} of layer {self.layer + 1}{of} {verb} {self.in_words}"

    @property
    def in_words(self) -> str:
        """What is done, for people: `cut`, `held at 0.5`, `0.5 added`."""
        if self.how == "add":
            return f"{shown_number(self.value, 'g')} added"
        return f"held at {shown_number(self.value, 'g')}" if self.value else "cut"


class Effect(msgspec.Struct, frozen=True):
    """The mean loss in nats a character under one intervention, or under none."""

    loss: float
    on: float | None = None
    """Of the predictions made where the concept holds; None without a concept, or where it never
    does."""
    off: float | None = None
    """Of those made elsewhere."""

    def beyond(self, other: Effect) -> Effect:
        """By how much the losses are larger than others."""
        parts = zip((self.on, self.off), (other.on, other.off), strict=True)
        on, off = (None if a is None or b is None else a - b for a, b in parts)
        return Effect(self.loss - other.loss, on, off)


class Ablation(msgspec.Struct, frozen=True, kw_only=True):
    """What an intervention costs, beside the same done to other units of the layer."""

    intervention: Intervention
    predictions: int
    """How many losses the means are over."""
    on: int
    """How many of them were made where the concept holds."""
    plain: Effect
    """Without any intervention."""
    changed: Effect
    others: tuple[Effect, ...]
    """The same done to units drawn at random from the rest of the layer."""
    other_units: tuple[int, ...]

    def rank(self, part: str = "loss") -> int:
        """How many of the other units cost at least as much, in `loss`, `on` or `off`.

        Those that nobody hears cost the same, whatever the last digit says that was computed.
        """
        mine = getattr(self.changed, part) - _ROUNDING
        return sum(getattr(other, part) >= mine for other in self.others)

    def of_others(self, share: float) -> Effect:
        """What others cost at this share of their order: 0.5 the median, 1 the dearest.

        Each of the three losses has an order of its own: the dearest everywhere need not be the
        dearest where the concept holds. NaN, or None, without others.
        """

        def at(part: str) -> float | None:
            found = [getattr(other, part) for other in self.others]
            values = sorted(value for value in found if value is not None)
            return values[round(share * (len(values) - 1))] if values else None

        loss = at("loss")
        return Effect(math.nan if loss is None else loss, at("on"), at("off"))
