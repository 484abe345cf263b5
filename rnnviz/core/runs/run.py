"""A person's own training loop, watched: `rnnviz.Run` writes a run directory from any program.

Knows of a model only that it has `named_parameters`, each with a gradient and norms; torch itself
is not imported, and neither is Qt.
"""

from __future__ import annotations

import math
import os
import socket
import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import LARGEST_INTEGER
from rnnviz.core.runs.directory.log import whole_letters
from rnnviz.core.runs.directory.writer import RunWriter
from rnnviz.core.runs.histograms import rows_of

_LOOK_SECONDS = 0.1
_LAST_STEP = 1 << 53
_DEEPEST = 8
_STEP_FIELDS = {
    "loss": "loss_nats",
    "gradient_norm": "gradient_norm",
    "learning_rate": "learning_rate",
    "epoch": "epoch",
    "tokens": "tokens",
}
"""Names that the window draws by itself, and the keys of a `step` event."""
_CLEARED = (
    "when `log` was called there was no gradient, or it was zero everywhere: call it before "
    "`zero_grad()`, or `measure_gradients()` behind `backward()`"
)


class Watchable(Protocol):
    """Anything with parameters by name: a `torch.nn.Module`."""

    def named_parameters(self) -> Iterable[tuple[str, Any]]:
        """(name, parameter); each has `grad`, `norm()`, `detach()` and `clone()`, as tensors do."""
        ...


class Run:
    """A training run of a loop of one's own, as a context manager.

        with rnnviz.Run("runs/mine") as run:
            run.watch(model)
            for step, batch in enumerate(batches, start=1):
                loss = train_on(batch)
                run.log(step, loss=loss, learning_rate=rate)

    The window, `rnnviz run` and TensorBoard show it while it goes on. A pause that is asked for is
    taken in `log`; a stop is told by `stopped`.

    Args:
        directory: where to write; it must hold no run yet.
        name: for people; the directory's name by default.
        resume: go on with the run that lies there.
        enabled: False writes nothing: in all but the first of several processes.
        settings: what the run is trained with, such as `{"rate": 1e-3, "units": 64}`: columns of
            the list of runs. Numbers, words, truth values and lists of them; all else by its words.

    Raises:
        RunDirectoryError: the directory cannot be used.
    """

    def __init__(
        self,
        directory: str | Path,
        name: str = "",
        *,
        resume: bool = False,
        enabled: bool = True,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.directory = Path(directory)
        self.stopped = False
        """Whether somebody asked the run to stop; the loop decides when."""
        self._name = whole_letters(str(name or self.directory.name))
        self._resume = resume
        self._settings = {
            whole_letters(str(key)): _plain(value) for key, value in (settings or {}).items()
        }
        self._enabled = enabled
        self._writer: RunWriter | None = None
        self._model: Watchable | None = None
        self._every = self._histograms_every = 0
        self._before: dict[str, Any] = {}
        """The parameters before a step: tensors, which this floor does not know."""
        self._gradient_norms: dict[str, float] = {}
        self._asked_to_measure = self._named_unmeasured = self._named_closed = False
        self._step = 0
        self._reached: int | None = None
        """Where the run had come to that is gone on with, until its next step is known."""
        self._bad = False
        self._paused_s = 0.0
        self._began = 0.0

    def __enter__(self) -> Run:
        if self._enabled:
            if not self._resume and (self.directory / "run.json").exists():
                raise RunDirectoryError(
                    f"{self.directory} already holds a run; go on with it by "
                    f"rnnviz.Run({str(self.directory)!r}, resume=True), or name another directory"
                )
            config = {"name": self._name, "task": "own-loop", "options": self._settings}
            writer = self._writer = RunWriter(
                self.directory, None if self._resume else config, steps=0, steps_an_epoch=0
            )
            self._step = writer.log.last_step if self._resume else 0
            self._reached = self._step if self._resume else None
            writer.mirror(self._reached)
            writer.event(
                "started",
                step=self._step,
                resumed=self._resume,
                process=os.getpid(),
                host=socket.gethostname(),
            )
        self._began = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        writer, self._writer = self._writer, None
        if writer is None:
            return
        state = "finished" if kind is None and not self.stopped else "stopped"
        reason = {"reason": _in_words(kind, error)} if kind is not None else {}
        try:
            if not isinstance(error, RunDirectoryError):
                writer.event(state, step=self._step, **reason)
        finally:
            writer.close("failed" if kind is not None else state)

    def watch(self, model: Watchable, every: int = 50, histograms: int = 500) -> None:
        """Also write the gradient's norm with every step, and every parameter's now and then.

        Gradients are read in `log`, so call that between `backward()` and `zero_grad()`, or
        `measure_gradients()` before you clip them. Where they are gone by then, no norm is written,
        the run says why, and Python warns once.

        Args:
            every: steps between two measurements of every parameter's gradient and weights; 0
                measures none.
            histograms: steps between two records of how the numbers of each parameter and of its
                gradient lie; 0 records none.
        """
        self._model, self._every, self._histograms_every = model, every, histograms

    def measure_gradients(self) -> None:
        """Read the gradients of the watched model now, for the next `log`."""
        self._asked_to_measure = True
        self._measure()

    def _measure(self) -> None:
        if self._model is None or not self._enabled:
            return
        self._gradient_norms = {
            name: float(parameter.grad.norm())
            for name, parameter in _named(self._model)
            if parameter.grad is not None
        }

    def log(self, step: int, **values: Any) -> None:
        """Write the numbers of one step.

        Args:
            step: counts from 1 through all epochs; one that comes again takes the place of what was
                shown from there on.
            values: anything that `float` takes. `loss` (in nats), `gradient_norm`,
                `learning_rate`, `epoch` and `tokens` have curves of their own, `validation_loss`
                is a validation; every other name gets a curve by that name. None is passed over.

        Raises:
            ValueError: a value is not one number, or the step is no whole one.
        """
        writer = self._writer
        if writer is None:
            self._tell_closed()
            return
        self._step = step = _whole(step)
        self._take_up(writer, step)
        numbers = {
            name: _number(name, value) for name, value in values.items() if _is_measured(value)
        }
        validation = numbers.pop("validation_loss", None)
        known = {key: numbers.pop(name) for name, key in _STEP_FIELDS.items() if name in numbers}
        if known and self._model is not None:
            known = {**self._whole_norm(step, told="gradient_norm" in known), **known}
        if known:
            seconds = time.monotonic() - self._began - self._paused_s
            writer.event("step", step=step, seconds=round(seconds, 4), **known)
        if numbers:
            writer.event("scalar", step=step, values=numbers)
        if validation is not None:
            writer.event("validation", step=step, loss_nats=validation, streams=0)
        self._name_bad_number(step, known.get("loss_nats", 0.0))
        if known:
            self._write_parameters(step)
            self._write_histograms(step)
            self._gradient_norms, self._asked_to_measure = {}, False
        self._obey()

    def sample(self, step: int, text: str, temperature: float = 1.0) -> None:
        """Write what the model made at this step."""
        if self._writer is None:
            self._tell_closed()
            return
        number, step = _number("temperature", temperature), _whole(step)
        self._take_up(self._writer, step)
        self._writer.event("sample", step=step, temperature=number, text=str(text))

    def _take_up(self, writer: RunWriter, step: int) -> None:
        """Where a program goes on at its last checkpoint, what stood later is void."""
        reached, self._reached = self._reached, None
        if reached is not None and step <= reached:
            writer.event("rewind", step=step - 1)
            writer.mirror(step - 1)

    def _tell_closed(self) -> None:
        """Nothing is lost without a word where `with` was forgotten, or is over."""
        if self._enabled and not self._named_closed:
            self._named_closed = True
            told = f"nothing is written to {self.directory} outside `with rnnviz.Run(...) as run:`"
            warnings.warn(told, stacklevel=3)

    def _whole_norm(self, step: int, told: bool) -> dict[str, float]:
        """The norm of the whole gradient for a `step` event; without gradients a word, once."""
        if not self._asked_to_measure:
            self._measure()
            if not any(self._gradient_norms.values()):
                # A norm of zero would say that nothing is learned; nothing was measured.
                self._gradient_norms = {}
        if self._gradient_norms:
            return {"gradient_norm": math.hypot(*self._gradient_norms.values())}
        if not told:
            self._tell_unmeasured(step)
        return {}

    def _tell_unmeasured(self, step: int) -> None:
        if self._named_unmeasured or self._writer is None:
            return
        self._named_unmeasured = True
        self._writer.event("unmeasured", step=step, where="gradient_norm", reason=_CLEARED)
        warnings.warn(f"no gradient norms are written: {_CLEARED}", stacklevel=4)

    def _name_bad_number(self, step: int, loss: float) -> None:
        bad = [name for name, norm in self._gradient_norms.items() if not math.isfinite(norm)]
        if self._bad or (math.isfinite(loss) and not bad):
            return
        self._bad = True
        assert self._writer is not None
        where = {"where": "gradient", "parameter": bad[0]} if bad else {"where": "loss"}
        self._writer.event("bad_number", step=step, **{"parameter": "", **where})

    def _write_parameters(self, step: int) -> None:
        """Norms of gradients and weights, and the update since the step before."""
        if self._model is None or self._writer is None:
            return
        if self._every < 1:
            return
        if step % self._every == 0 and self._before:
            now = {name: each.detach() for name, each in _named(self._model)}
            before = self._before
            names = [
                name for name in before if name in now and now[name].shape == before[name].shape
            ]
            weights = [float(self._before[name].norm()) for name in names]
            moved = [float((now[name] - self._before[name]).norm()) for name in names]
            self._writer.event(
                "parameters",
                step=step,
                names=names,
                gradient_norms=[self._gradient_norms.get(name) for name in names],
                weight_norms=weights,
                update_ratios=[
                    update / weight if weight else None
                    for update, weight in zip(moved, weights, strict=True)
                ],
            )
            self._before = {}
        if (step + 1) % self._every == 0:
            self._before = {name: each.detach().clone() for name, each in _named(self._model)}

    def _write_histograms(self, step: int) -> None:
        """How weights and gradients lie, as they are when `log` is called."""
        if self._model is None or self._writer is None or self._histograms_every < 1:
            return
        if step % self._histograms_every == 0:
            named = _named(self._model)
            tensors = [each for _, each in named]
            rows = rows_of([*tensors, *(each.grad for each in tensors)])
            names = [name for name, _ in named]
            where = self._writer.row("histograms", rows)
            self._writer.event("histograms", step=step, names=names, **where)

    def _obey(self) -> None:
        """Take a pause that is asked for, here; tell of a stop."""
        writer = self._writer
        assert writer is not None
        began, paused = time.monotonic(), False
        while True:
            for request in writer.inbox.new():
                if request.command == "stop":
                    self.stopped, paused = True, False
                elif request.command == "pause" and not paused:
                    paused = True
                    writer.event("paused", step=self._step)
                    writer.heartbeat.set("paused")
                elif request.command == "resume" and paused:
                    paused = False
                    writer.event("resumed", step=self._step)
            if not paused:
                break
            time.sleep(_LOOK_SECONDS)
        writer.heartbeat.set("running")
        if time.monotonic() - began > _LOOK_SECONDS:
            self._paused_s += time.monotonic() - began


def _named(model: Watchable) -> list[tuple[str, Any]]:
    """The parameters that have numbers: not those of a lazy module, or of one without memory."""
    return [
        (name, each)
        for name, each in model.named_parameters()
        if not (getattr(each, "is_meta", False) or hasattr(each, "materialize"))
    ]


def _plain(value: Any, depth: int = 0) -> Any:
    """A setting as JSON has it."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()  # a number of numpy or torch
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(each, depth + 1) for each in value]
    return whole_letters(_words_of(value))


def _words_of(value: object) -> str:
    """What it says of itself; its type where it cannot."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever stands in a program of somebody
        return type(value).__name__


def _in_words(kind: type[BaseException], error: BaseException | None) -> str:
    if issubclass(kind, KeyboardInterrupt):
        return "interrupted by Ctrl-C"
    words = _words_of(error)
    return f"{kind.__name__}: {words}" if words else kind.__name__


def _whole(step: Any) -> int:
    """A step of whatever type that is one whole number."""
    try:
        number = step.item() if hasattr(step, "item") else step
        whole = int(number)
        if whole == number and abs(whole) <= _LAST_STEP:
            return whole
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass
    raise ValueError(f"the step is {str(step)[:80]}; it must be a whole number")


def _is_measured(value: Any) -> bool:
    """Whether there is a value: neither None, nor one that numpy has masked."""
    mask = getattr(value, "mask", None)
    return value is not None and not (getattr(mask, "ndim", None) == 0 and bool(mask))


def _number(name: str, value: Any) -> float:
    """A tensor's number without its graph, or whatever `float` takes."""
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except OverflowError as error:
        raise ValueError(f"{name} is larger than any number that can be drawn") from error
    except (TypeError, ValueError, RuntimeError) as error:
        shape = getattr(value, "shape", None)
        found = f"{type(value).__name__}" if shape is None else f"an array of shape {tuple(shape)}"
        raise ValueError(
            f"{name} is not one number but {found}; log its mean, or each number by its own name"
        ) from error
