"""What a line of `events.jsonl` is: its kinds, their fields, and the bounds of their numbers."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated, get_args

import msgspec

from rnnviz.core.system.ready_types import ready

LONGEST_LINE = 1 << 25
"""No event takes more bytes."""
HEAD_BYTES = 256
"""By so many first bytes, which hold when a run began, one event file is known from another."""
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
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    tag_field="k",
    rename={"time": "t", "number": "seq"},
):
    """One line of `events.jsonl`; each kind is a type of its own, with what only it says.

    Fields that are not named here are kept in the file, and nobody reads them.
    """

    number: Count = 0
    """Its place among all events of the run."""
    time: Annotated[float, msgspec.Meta(ge=-_LATEST_TIME, le=_LATEST_TIME)] = 0.0
    """Seconds since 1970."""
    step: Count = 0

    @property
    def kind(self) -> str:
        """The name of its kind in the file: `step`."""
        return str(self.__struct_config__.tag)


class StepEvent(Event, frozen=True, gc=False, tag="step"):
    """A step was taken."""

    epoch: Number = None
    tokens: Number = None
    seconds: Number = None
    loss_nats: Number = None
    gradient_norm: Number = None
    clipped_norm: Number = None
    clipped: bool | None = None
    learning_rate: Number = None
    metrics: dict[str, Number] = {}


class ValidationEvent(Event, frozen=True, gc=False, tag="validation"):
    """The model was judged on what it does not train on."""

    loss_nats: Number = None
    streams: Count = 0
    metrics: dict[str, Number] = {}


class ScalarEvent(Event, frozen=True, gc=False, tag="scalar"):
    """Numbers of a person's own, by their names."""

    values: dict[str, Number] = {}


class SampleEvent(Event, frozen=True, gc=False, tag="sample"):
    """What the model wrote."""

    temperature: Number = None
    text: str = ""


class ParametersEvent(Event, frozen=True, gc=False, tag="parameters"):
    """Norms of every parameter."""

    names: list[str] = []
    gradient_norms: list[Number] = []
    weight_norms: list[Number] = []
    update_ratios: list[Number] = []


class GradientStepsEvent(Event, frozen=True, gc=False, tag="gradient_steps"):
    """The gradient at every hidden state, in rows of side files, (layers, steps)."""

    file: str = ""
    row: Count = 0
    last_file: str = ""
    last_row: Count = 0
    layers: Count = 0
    steps: Count = 0


class HistogramsEvent(Event, frozen=True, gc=False, tag="histograms"):
    """How the numbers of every parameter lie, and of its gradient, in a row of a side file."""

    names: list[str] = []
    file: str = ""
    row: Count = 0


class AlignmentEvent(Event, frozen=True, gc=False, tag="alignment"):
    """Where the model looked for each word of a fixed sentence, in a row of a side file."""

    file: str = ""
    row: Count = 0
    source: list[str] = []
    target: list[str] = []


class CheckpointEvent(Event, frozen=True, gc=False, tag="checkpoint"):
    """A model file was written."""

    file: str = ""
    best: bool = False


class ChangedEvent(Event, frozen=True, gc=False, tag="changed"):
    """A setting was changed while the run went on."""

    setting: str = ""
    value: str | float | bool | None = None


class BadNumberEvent(Event, frozen=True, gc=False, tag="bad_number"):
    """NaN or infinity was seen."""

    where: str = ""
    parameter: str = ""


class UnmeasuredEvent(Event, frozen=True, gc=False, tag="unmeasured"):
    """Something that would be drawn was not measured, and why."""

    where: str = ""
    reason: str = ""


class StartedEvent(Event, frozen=True, gc=False, tag="started"):
    """A trainer began, or took the run up again."""

    resumed: bool = False
    process: Count = 0
    host: str = ""
    threads: Count = 0
    processes: Count = 1
    """How many train it together."""
    device: str = ""


class PausedEvent(Event, frozen=True, gc=False, tag="paused"):
    """The trainer waits."""


class ResumedEvent(Event, frozen=True, gc=False, tag="resumed"):
    """The trainer goes on."""


class StoppedEvent(Event, frozen=True, gc=False, tag="stopped"):
    """The run ended before its last step."""

    reason: str = ""


class FinishedEvent(Event, frozen=True, gc=False, tag="finished"):
    """The run is complete."""

    reason: str = ""


class RewindEvent(Event, frozen=True, gc=False, tag="rewind"):
    """The run goes on from an earlier step: what was said of later ones is void."""

    kept: Count | None = None
    """So many events hold; what was written since is void."""


AnyEvent = (
    StepEvent
    | ValidationEvent
    | ScalarEvent
    | SampleEvent
    | ParametersEvent
    | GradientStepsEvent
    | HistogramsEvent
    | AlignmentEvent
    | CheckpointEvent
    | ChangedEvent
    | BadNumberEvent
    | UnmeasuredEvent
    | StartedEvent
    | PausedEvent
    | ResumedEvent
    | StoppedEvent
    | FinishedEvent
    | RewindEvent
)
"""To add a kind of event: its type, its name here, and what becomes of it in `RunRecord`."""
EVENTS: dict[str, type[Event]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyEvent)
}
"""Every kind by its name in the file."""


class _Other(msgspec.Struct):
    k: str
    seq: Count = 0
    step: Count = 0


_OTHER = msgspec.json.Decoder(ready(_Other))


def is_of_another_kind(line: bytes) -> bool:
    """Whether this line is an event of a kind that is unknown here, as a later version may write.

    >>> is_of_another_kind(b'{"k": "eclipse", "step": 3}'), is_of_another_kind(b'{"k": "step"')
    (True, False)
    """
    try:
        return _OTHER.decode(line).k not in EVENTS
    except (ValueError, RecursionError):
        return False


_FIELDS = {kind: frozenset(event.__struct_fields__) for kind, event in EVENTS.items()}


def check_fields(kind: str, fields: Collection[str]) -> None:
    """Refuse to write what no reader knows: a defect of whoever writes it.

    Raises:
        TypeError: the kind is unknown, or has no such field.
    """
    known = _FIELDS.get(kind)
    if known is None or not known.issuperset(fields):
        named = ", ".join(sorted(known or EVENTS))
        raise TypeError(f"no event of kind {kind!r} has {', '.join(fields)}; known: {named}")


def is_void(kind: str, number: int, step: int, to_step: int, kept: int | None) -> bool:
    """Whether an event that stands before a `rewind` to this step, with this `kept`, is void."""
    if kept is None:
        return step > to_step
    return number >= kept and (step > to_step or kind not in OUTLIVING)
