"""What a line of `events.jsonl` is: its fields, their types, and the bounds of its numbers."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

LONGEST_LINE = 1 << 25
"""No event takes more bytes."""
_LATEST_TIME = 1e11

Count = Annotated[int, msgspec.Meta(ge=-1, le=1 << 53)]
"""What counts steps and rows: neither numpy nor the axes of a plot overflow over it."""
Number = float | str | None
"""JSON has no NaN and no infinity: the trainer writes them as strings."""


def as_float(value: Number) -> float:
    """A number as it was before JSON; NaN where there is none.

    >>> as_float("-inf")
    -inf
    """
    try:
        return math.nan if value is None else float(value)
    except ValueError:
        return math.nan


OUTLIVING = frozenset({"started", "stopped", "paused", "resumed", "rewind"})
"""What was said of the trainer, not of the training: it stays true when a run goes back."""


class Event(
    msgspec.Struct, frozen=True, gc=False, rename={"kind": "k", "time": "t", "number": "seq"}
):
    """One line of `events.jsonl`; `docs/formats.md` says which kind has which fields."""

    kind: str
    number: Count = 0
    """Its place among all events of the run."""
    time: Annotated[float, msgspec.Meta(ge=-_LATEST_TIME, le=_LATEST_TIME)] = 0.0
    """Seconds since 1970."""
    step: Count = 0
    kept: Count | None = None
    """Of a `rewind`: so many events hold; what was written since is void."""
    epoch: Number = None
    tokens: Number = None
    seconds: Number = None
    loss_nats: Number = None
    gradient_norm: Number = None
    clipped_norm: Number = None
    clipped: bool | None = None
    learning_rate: Number = None
    streams: Count = 0
    metrics: dict[str, Number] = {}
    temperature: Number = None
    text: str = ""
    names: list[str] = []
    gradient_norms: list[Number] = []
    weight_norms: list[Number] = []
    update_ratios: list[Number] = []
    file: str = ""
    row: Count = 0
    last_file: str = ""
    last_row: Count = 0
    layers: Count = 0
    steps: Count = 0
    source: list[str] = []
    target: list[str] = []
    best: bool = False
    setting: str = ""
    value: str | float | bool | None = None
    where: str = ""
    parameter: str = ""
    values: dict[str, Number] = {}
    resumed: bool = False
    process: Count = 0
    host: str = ""
    reason: str = ""


def is_void(kind: str, number: int, step: int, to_step: int, kept: int | None) -> bool:
    """Whether an event that stands before a `rewind` to this step, with this `kept`, is void."""
    if kept is None:
        return step > to_step
    return number >= kept and (step > to_step or kind not in OUTLIVING)
