"""What the events of a run add up to: its curves, samples, checkpoints, and how far it is.

Memory is bounded however long the run: curves thin themselves, lists keep their ends.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field, structs

from rnnviz.core.quantities.durations import duration_in_words
from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.directory.event import (
    AlignmentEvent,
    BadNumberEvent,
    ChangedEvent,
    CheckpointEvent,
    Event,
    FinishedEvent,
    GradientStepsEvent,
    HistogramsEvent,
    Number,
    ParametersEvent,
    PausedEvent,
    ResumedEvent,
    RewindEvent,
    SampleEvent,
    ScalarEvent,
    StartedEvent,
    StepEvent,
    StoppedEvent,
    UnmeasuredEvent,
    ValidationEvent,
    as_float,
)
from rnnviz.core.runs.histograms import KINDS, WIDTH, Histogram

Phase = Literal["starting", "running", "paused", "stopped", "finished"]
"""What the run last said of itself."""

PARAMETER_POINTS = 1 << 13
_MOST_KEPT = 4000
_FOR_EVER = 1 << 62
_MOST_PARAMETERS = 20_000
_CHECKPOINT = re.compile(r"checkpoints/[\w.-]+\.safetensors")
"""Where checkpoints lie; another file's name is no name of one."""
_RATE_SECONDS = 20.0
_LONGEST_STEP_SECONDS = 3600.0
_KNOTS_A_BATCH = 64


class _AtStep(Protocol):
    @property
    def step(self) -> int: ...

    @property
    def number(self) -> int: ...


Kept = TypeVar("Kept", bound=_AtStep)
Row = TypeVar("Row", bound="ArrayRow")


class Sample(Struct, frozen=True):
    """What the model wrote at a stage."""

    step: int
    temperature: float
    text: str
    number: int = 0
    """Of the event that said so, here and below."""


class Change(Struct, frozen=True):
    """A setting that was changed while the run went on."""

    step: int
    setting: str
    value: Any
    number: int = 0


class Turn(Struct, frozen=True):
    """Something that happened to the run itself at a step: a change, a pause, a way back."""

    step: int
    words: str
    kind: str = ""
    time: float = math.nan
    number: int = 0


class BadNumber(Struct, frozen=True):
    """Where NaN or infinity was first seen."""

    step: int
    where: str
    parameter: str
    number: int = 0


class _Numbered(Struct, frozen=True, kw_only=True):
    number: int = 0


class ArrayRow(_Numbered, frozen=True):
    """One row of a side file of float32 numbers."""

    step: int
    file: str
    row: int
    shape: tuple[int, int]


class AlignmentRow(ArrayRow, frozen=True):
    """Weights (G, S) of the fixed sentence at a step, with its tokens."""

    source: tuple[str, ...]
    target: tuple[str, ...]


class HistogramRow(ArrayRow, frozen=True):
    """Histograms of the weights of every parameter, below them of its gradients: (2 P, width)."""

    names: tuple[str, ...]


class ParameterCurves(Struct):
    """One parameter's norms over the training."""

    gradient: Curve = field(default_factory=lambda: Curve(PARAMETER_POINTS))
    weight: Curve = field(default_factory=lambda: Curve(PARAMETER_POINTS))
    ratio: Curve = field(default_factory=lambda: Curve(PARAMETER_POINTS))
    """The norm of the update over the norm of the weight."""


class RunRecord:
    """Takes events, oldest first, and keeps what can be drawn.

    Args:
        config: the settings of the run; a run of version 1 says with them what a step reads.
        facts: what `run.json` says beside the settings.
    """

    def __init__(self, config: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.config, self.facts = config, facts
        self.phase: Phase = "starting"
        self.reason = ""
        """Why it ended, where that is not plain."""
        self.loss, self.validation = Curve(), Curve()
        self.gradient_norm, self.clipped_norm, self.learning_rate = Curve(), Curve(), Curve()
        self.clipped = Curve()
        """1 where the gradient was clipped, else 0; empty for a run that does not say."""
        self.epoch, self.tokens, self.seconds, self.clock = (StepAxis() for _ in range(4))
        self.unmeasured: dict[str, str] = {}
        """Why a quantity that would be drawn was not measured, by its name."""
        self.samples: list[Sample] = []
        self.checkpoints: dict[int, str] = {}
        """The file of each that is kept, relative to the run directory, by its step."""
        self.replaced: dict[str, int] = {}
        """The step of `latest` and `best`, whose files are replaced as the run goes on."""
        self.parameters: dict[str, ParameterCurves] = {}
        self.gradient_rows: list[ArrayRow] = []
        """Gradients of the mean loss of a whole sequence, (L, T)."""
        self.last_step_rows: list[ArrayRow] = []
        """Gradients of the loss of its last character alone."""
        self.alignments: list[AlignmentRow] = []
        self.histogram_rows: list[HistogramRow] = []
        self.histograms: dict[str, list[Histogram]] = {}
        """Those of event files, by their tags."""
        self.changes: list[Change] = []
        self.turns: list[Turn] = []
        self.bad_numbers: list[BadNumber] = []
        self.scalars: dict[str, Curve] = {}
        self.seconds_of: dict[str, StepAxis] = {}
        """Of those of event files, by their tags: when each step was."""
        self._last_numbers: dict[str, int] = {}
        """The number of the event that gave the newest point, by the name of the curve; the
        validation's by none."""
        self.went_back: tuple[int, int] | None = None
        """From which step to which the run went back without a word, where it did first."""
        self._taken_up = False
        """Somebody took it up again, and no step was written since."""
        self._began = math.nan
        self._step = 0
        self._logged: int | None = None
        """The step of the last step event."""

    @property
    def step(self) -> int:
        """The last step that was taken."""
        return self._step

    @property
    def clipped_share(self) -> float:
        """The share of the steps that were clipped; NaN where the run does not say."""
        weights = self.clipped.weights
        return self.clipped.mean_of_last(int(weights.sum())) if weights.size else math.nan

    def reach(self, step: int) -> None:
        """Say that this step was taken, where no event of ours does."""
        self._step = max(self._step, step)

    @property
    def steps_planned(self) -> int:
        """How many steps the run will take; 0 where it is unknown."""
        return int(as_float(self.facts.get("steps", 0)) or 0)

    def setting(self, name: str) -> Any:
        """What a setting is by now: as it was last changed, else as the run began with it."""
        changed = [change.value for change in self.changes if change.setting == name]
        return changed[-1] if changed else self.config.get(name)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """Every curve there is."""
        shown = (self.loss, self.validation, self.gradient_norm, self.clipped_norm)
        rest = [c for p in self.parameters.values() for c in (p.gradient, p.weight, p.ratio)]
        return (*shown, self.learning_rate, self.clipped, *rest, *self.scalars.values())

    def steps_per_second(self) -> float:
        """The rate over the last while of the run's own clock; NaN before it is known."""
        steps, times = self.clock.steps, self.clock.values
        first = len(times) - 1
        while first > 0 and times[-1] - times[first] < _RATE_SECONDS:
            first -= 1
        if first < 0 or times[-1] <= times[first]:
            return math.nan
        return (steps[-1] - steps[first]) / (times[-1] - times[first])

    def tokens_per_second(self) -> float:
        """The rate in characters or tokens."""
        if len(self.tokens.steps) < 2 or not self.step:
            return math.nan
        recent = self.tokens.at([max(0, self.step - 100), self.step])
        return float(recent[1] - recent[0]) / min(100, self.step) * self.steps_per_second()

    def seconds_left(self) -> float:
        """How long the rest takes at this rate; NaN where it is unknown."""
        if self.phase in ("stopped", "finished") or not self.steps_planned:
            return math.nan
        rate = self.steps_per_second()
        return max(0, self.steps_planned - self.step) / rate if rate > 0 else math.nan

    # Taking events

    def take(self, events: Iterable[Event]) -> None:
        """Add what these events say."""
        steps: list[StepEvent] = []
        for event in events:
            if isinstance(event, StepEvent):
                steps.append(event)
                continue
            turning = isinstance(event, RewindEvent | StartedEvent | ResumedEvent)
            if turning or len(steps) > _MOST_KEPT:
                self._take_steps(steps)
                steps = []
            _TAKING[type(event)](self, event)
        self._take_steps(steps)

    def _take_steps(self, events: Sequence[StepEvent]) -> None:
        if not events:
            return
        if self.phase == "starting":
            self.phase = "running"
        steps = np.array([event.step for event in events], np.int64)
        backwards = np.flatnonzero(np.diff(steps) < 0) + 1
        if len(backwards):
            for first, last in itertools.pairwise([0, *backwards.tolist(), len(events)]):
                self._take_steps(events[first:last])
            return
        if self._logged is not None and self._logged > steps[0]:
            self._go_back(self._logged, int(steps[0]))
        self._step = self._logged = int(steps[-1])
        self._taken_up = False
        for curve, numbers in (
            (self.loss, [event.loss_nats for event in events]),
            (self.gradient_norm, [event.gradient_norm for event in events]),
            (self.learning_rate, [event.learning_rate for event in events]),
            (self.clipped_norm, [event.clipped_norm for event in events]),
            (self.clipped, [event.clipped for event in events]),
        ):
            _append(curve, steps, numbers)
        for event in events:
            if event.metrics:
                self._take_values(event, event.metrics)
        stride = max(1, len(events) // _KNOTS_A_BATCH)
        for event in (*events[:-1:stride], events[-1]):
            self._place(event)

    def _go_back(self, reached: int, step: int) -> None:
        """Forget this step and later ones: their numbers come again, of one epoch as of another."""
        if not self._taken_up:
            self.went_back = self.went_back or (reached, step)
        axes = (self.epoch, self.tokens, self.seconds, self.clock)
        norms = (self.gradient_norm, self.clipped_norm, self.learning_rate, self.clipped)
        for one in (self.loss, *norms, *axes):
            one.cut(step - 1)

    def _place(self, event: StepEvent) -> None:
        """Where this step lies on the other axes; computed for a run that does not say."""
        if math.isnan(self._began):
            self._began = event.time
        tokens = as_float(event.tokens)
        if math.isnan(tokens):
            each = self.config.get("batch", 0) * self.config.get("sequence_length", 0)
            tokens = float(each * event.step) if each else math.nan
        epoch, whole = as_float(event.epoch), self.facts.get("training_characters", 0)
        if math.isnan(epoch) and whole:
            epoch = tokens / whole
        seconds = as_float(event.seconds)
        self.seconds.add(event.step, event.time - self._began if math.isnan(seconds) else seconds)
        self.tokens.add(event.step, tokens)
        self.epoch.add(event.step, epoch)
        if self.clock.values and not 0 <= event.time - self.clock.last < _LONGEST_STEP_SECONDS:
            self.clock = StepAxis()  # the clock was set, back or forward
        self.clock.add(event.step, event.time)

    def _take_validation(self, event: ValidationEvent) -> None:
        if event.loss_nats is not None:
            _append_one(self.validation, event.step, event.loss_nats)
            self._last_numbers[""] = event.number
        self._take_values(event, event.metrics)

    def _take_scalar(self, event: ScalarEvent) -> None:
        self._take_values(event, event.values)

    def _take_values(self, event: Event, values: Mapping[str, Number]) -> None:
        for name, value in values.items():
            if name and (name in self.scalars or len(self.scalars) < _MOST_KEPT):
                _append_one(self.scalars.setdefault(name, Curve()), event.step, value)
                self._last_numbers[name] = event.number

    def _take_sample(self, event: SampleEvent) -> None:
        _keep(
            self.samples, Sample(event.step, as_float(event.temperature), event.text, event.number)
        )

    def _take_parameters(self, event: ParametersEvent) -> None:
        columns = (event.gradient_norms, event.weight_norms, event.update_ratios)
        for place, name in enumerate(event.names):
            if name not in self.parameters and len(self.parameters) >= _MOST_PARAMETERS:
                break
            curves = self.parameters.setdefault(name, ParameterCurves())
            for curve, column in zip(
                (curves.gradient, curves.weight, curves.ratio), columns, strict=True
            ):
                if place < len(column) and column[place] is not None:
                    _append_one(curve, event.step, column[place])

    def _take_gradient_steps(self, event: GradientStepsEvent) -> None:
        step, number, shape = event.step, event.number, (event.layers, event.steps)
        row = ArrayRow(step, event.file, event.row, shape, number=number)
        _keep_row(self.gradient_rows, row)
        if event.last_file:
            last = ArrayRow(step, event.last_file, event.last_row, shape, number=number)
            _keep_row(self.last_step_rows, last)

    def _take_histograms(self, event: HistogramsEvent) -> None:
        names = tuple(event.names[:_MOST_PARAMETERS])
        shape = (len(KINDS) * len(names), WIDTH)
        row = HistogramRow(event.step, event.file, event.row, shape, names, number=event.number)
        _keep_row(self.histogram_rows, row)

    def _take_alignment(self, event: AlignmentEvent) -> None:
        source, target = tuple(event.source), tuple(event.target)
        shape, number = (len(target), len(source)), event.number
        row = AlignmentRow(event.step, event.file, event.row, shape, source, target, number=number)
        _keep_row(self.alignments, row)

    def _take_checkpoint(self, event: CheckpointEvent) -> None:
        if not _CHECKPOINT.fullmatch(event.file):
            return
        name = event.file.rpartition("/")[2].partition(".")[0]
        if name.startswith("step-"):
            self.checkpoints[event.step] = event.file
        else:
            self.replaced[name] = event.step

    def _take_changed(self, event: ChangedEvent) -> None:
        before, name = self.setting(event.setting), event.setting.replace("_", " ")
        was = "" if before is None else f"{_shown(before)} "
        words = f"{name} {was}→ {_shown(event.value)}"
        _keep(self.turns, Turn(event.step, words, "changed", event.time, event.number))
        _keep(self.changes, Change(event.step, event.setting, event.value, event.number))

    def _take_bad_number(self, event: BadNumberEvent) -> None:
        if len(self.bad_numbers) < _MOST_KEPT:
            self.bad_numbers.append(
                BadNumber(event.step, event.where, event.parameter, event.number)
            )

    def _take_unmeasured(self, event: UnmeasuredEvent) -> None:
        self.unmeasured[event.where] = event.reason

    def _start(self, event: StartedEvent | ResumedEvent) -> None:
        last = self.turns[-1] if self.turns else None
        if last is not None and last.kind == "paused" and isinstance(event, ResumedEvent):
            rest = duration_in_words(event.time - last.time)
            self.turns[-1] = Turn(last.step, f"paused for {rest}", "resumed", event.time)
        elif _takes_up(event) and not (last and last.kind == "rewind" and last.step == event.step):
            _keep(self.turns, Turn(event.step, "taken up again", "started", event.time))
        self._taken_up = self._taken_up or _takes_up(event)
        self.phase, self.reason = "running", ""
        # The rate is that of the steps; the time in which there were none is no part of it.
        self.clock = StepAxis()

    def _pause(self, event: PausedEvent) -> None:
        _keep(self.turns, Turn(event.step, "paused", "paused", event.time))
        self.phase = "paused"

    def _stop(self, event: StoppedEvent) -> None:
        self.phase, self.reason = "stopped", event.reason

    def _finish(self, event: FinishedEvent) -> None:
        self.phase, self.reason = "finished", event.reason

    def _rewind(self, event: RewindEvent) -> None:
        """Forget every step after this one: the run was taken up again from there."""
        reached, kept = self.step, _FOR_EVER if event.kept is None else event.kept
        for curve in self.curves:
            curve.cut(event.step)
        for axis in (self.epoch, self.tokens, self.seconds, self.clock):
            axis.cut(event.step)
        self._step = min(self._step, event.step)
        self._logged = None if self._logged is None else min(self._logged, event.step)
        # What was judged or shown at this step after its state was kept is done once more.
        again = {name for name, number in self._last_numbers.items() if number >= kept}
        for name in again & {"", *self.scalars}:
            (self.scalars[name] if name else self.validation).cut(event.step - 1)
        self.samples = _until(event.step, kept, self.samples)
        self.gradient_rows = _until(event.step, kept, self.gradient_rows)
        self.last_step_rows = _until(event.step, kept, self.last_step_rows)
        self.alignments = _until(event.step, kept, self.alignments)
        self.histogram_rows = _until(event.step, kept, self.histogram_rows)
        self.changes = _until(event.step, kept, self.changes)
        self.turns = [
            turn
            for turn in self.turns
            if turn.step <= event.step and (turn.kind != "changed" or turn.number < kept)
        ]
        if reached > event.step >= 0:
            words = f"taken up again here, back from step {reached:,}"
            _keep(self.turns, Turn(event.step, words, "rewind", event.time))
        self.bad_numbers = _until(event.step, kept, self.bad_numbers)
        self.checkpoints = {
            step: file for step, file in self.checkpoints.items() if step <= event.step
        }


_TAKING: dict[type[Event], Callable[[RunRecord, Any], None]] = {
    ValidationEvent: RunRecord._take_validation,
    ScalarEvent: RunRecord._take_scalar,
    SampleEvent: RunRecord._take_sample,
    ParametersEvent: RunRecord._take_parameters,
    GradientStepsEvent: RunRecord._take_gradient_steps,
    HistogramsEvent: RunRecord._take_histograms,
    AlignmentEvent: RunRecord._take_alignment,
    CheckpointEvent: RunRecord._take_checkpoint,
    ChangedEvent: RunRecord._take_changed,
    BadNumberEvent: RunRecord._take_bad_number,
    UnmeasuredEvent: RunRecord._take_unmeasured,
    StartedEvent: RunRecord._start,
    ResumedEvent: RunRecord._start,
    PausedEvent: RunRecord._pause,
    StoppedEvent: RunRecord._stop,
    FinishedEvent: RunRecord._finish,
    RewindEvent: RunRecord._rewind,
}


def floats(numbers: Sequence[Number]) -> npt.NDArray[np.float64]:
    """Numbers as JSON has them, NaN and infinity by their names."""
    try:
        return np.array(numbers, np.float64)
    except ValueError:
        return np.array([as_float(number) for number in numbers])


def _append(curve: Curve, steps: npt.NDArray[np.int64], numbers: Sequence[Number]) -> None:
    """Add the numbers that there are; what was not measured at a step has no point there."""
    measured = [place for place, number in enumerate(numbers) if number is not None]
    if len(measured) == len(numbers):
        curve.append(steps, floats(numbers))
    elif measured:
        curve.append(steps[measured], floats([numbers[place] for place in measured]))


def _append_one(curve: Curve, step: int, number: Number) -> None:
    """Add a number; a step that comes again takes the place of what stood there and later."""
    if len(curve) and curve.steps[-1] > step:
        curve.cut(step - 1)
    curve.append([step], [as_float(number)])


def _takes_up(event: StartedEvent | ResumedEvent) -> bool:
    """Whether a trainer took the run up again, rather than beginning it."""
    return isinstance(event, StartedEvent) and event.resumed


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _keep_row(kept: list[Row], row: Row) -> None:
    """Add one, which shares what it has in common with the last: a long run has thousands."""
    if kept:
        last = kept[-1]
        common = {
            name: getattr(last, name)
            for name in row.__struct_fields__
            if getattr(last, name) == getattr(row, name)
        }
        row = structs.replace(row, **common)
    _keep(kept, row)


def _keep(kept: list[Kept], one: Kept) -> None:
    """Add one; a list that is full keeps its first and last and every second between."""
    kept.append(one)
    if len(kept) > _MOST_KEPT:
        kept[1:-1] = kept[1:-1:2]


def _until(step: int, kept: int, ones: list[Kept]) -> list[Kept]:
    return [one for one in ones if one.step <= step and one.number < kept]
