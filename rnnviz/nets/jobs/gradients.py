"""The engine's tasks about gradients through time."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import GradientError, TextError
from rnnviz.core.gradients import FieldFacts, GradientField, matrix_facts, write_field
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.core.system.files import write_atomically
from rnnviz.nets.gradients.backprop import (
    LossNorms,
    Tape,
    jacobian_norms,
    loss_norms,
    record,
    state_after,
    sum_norms,
)
from rnnviz.nets.gradients.clipping import clip, step_gradient, total_norm
from rnnviz.nets.gradients.truncation import compare
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.gradients import (
    Clipping,
    Comparison,
    ComputeField,
    FieldPart,
    RecurrentMatrices,
    StepClipped,
    Truncation,
)
from rnnviz.work.messages import Context

JACOBIANS = 6
"""At how many steps Jacobians are taken: each costs U times as much as the gradient of a loss."""
_BUDGET = 3.6e11
"""Multiplications that all Jacobians together may take; some 10 seconds."""
_DISTANCES = 40
_AT_ONCE = 4e9
"""Multiplications of a field that is shown when it is ready; a larger one is shown as it grows."""
_SHOWN_AT = (32, 128, 512)
"""So many losses are enough for a first, second, third look."""


class Reading:
    """The symbols of a text that a model knows, each a step, and where they stand."""

    def __init__(self, model: LanguageModel, text: Text) -> None:
        reading = model.read(text)
        known, self.ids = reading.take(0, len(reading))
        steps = np.flatnonzero(known)
        self.places = steps
        if isinstance(reading.sequence, Tokens):
            self.places = np.asarray(reading.sequence.spans)[steps, 0]
        self.length = len(text)
        if len(self.ids) < 2:
            symbols = "".join(model.symbols)[:80]
            what = "characters" if isinstance(reading.sequence, Text) else "symbols"
            raise TextError(
                f"a loss needs two {what} that the model knows, one to read and one to predict; "
                f"the text has {len(self.ids)}, of {len(reading):,} in all. The model knows "
                f"{symbols!r}"
            )

    def step_before(self, character: int) -> int:
        """The step that predicts the first known character from here on, at most the last one."""
        found = int(np.searchsorted(self.places, character)) - 1
        return min(max(found, 0), len(self.ids) - 2)


def _network(opened: OpenedModel, seed: int | None) -> LanguageModel:
    """The model; with `seed`, as it was before any training."""
    model: LanguageModel = opened.model
    if seed is None:
        return model
    return LanguageModel(model.description, seed=seed).eval()


def compute_field(
    opened: OpenedModel, request: ComputeField, context: Context[FieldPart]
) -> Written:
    """The gradients of some losses, some steps back; with Jacobians, of a few steps t.

    What takes long is written as far as it is known, too; the progress then tells where.
    """
    model, text = _network(opened, request.seed), request.text.read()
    reading = Reading(model, text)
    distance, count = request.distance, request.count
    if distance < 1 or count < 1:
        raise GradientError(f"{count} losses over {distance} steps: both must be at least 1")
    first = reading.step_before(request.start)
    begin = max(0, first - distance)
    stop = min(first + count, len(reading.ids) - 1)
    wanted = request.jacobians
    share = _Shares(context, (begin / 8000, stop - begin, 2 * distance * wanted))
    state = state_after(model, reading.ids[:begin], share.of(0))
    tape = record(model, reading.ids[begin : stop + 1], state)
    kinds = {layer.architecture for layer in model.network.layers}
    architecture = kinds.pop() if len(kinds) == 1 else ""
    facts = FieldFacts(
        model_name=model.description.name,
        model_path=request.model.path,
        architecture=architecture,
        text_name=text.name,
        layers=len(model.network.layers),
        units=max(layer.units for layer in model.network.layers),
        states=tape.states,
        start=request.start,
        skipped=_skipped(reading, begin, stop),
        seed=request.seed,
    )
    growing = _Growing(Path(request.path), facts, reading.places[begin : stop + 1], share)
    targets = range(first - begin, stop - begin)
    try:
        growing.take_losses(tape, targets, distance)
        sums = sum_norms(tape, targets)
        growing.arrays |= {f"{name}-sum": found for name, found in sums.items()}
        if wanted:
            growing.take_jacobians(tape, targets, distance)
        return Written(str(growing.finish()))
    finally:
        growing.forget_part()


class _Growing:
    """A field that can be looked at before it is complete."""

    def __init__(
        self, path: Path, facts: FieldFacts, places: npt.NDArray[np.int64], share: _Shares
    ) -> None:
        self.path, self.facts, self.share = path, facts, share
        self.arrays: dict[str, Tensor] = {"places": torch.from_numpy(places)}
        self._part = path.with_suffix(".part.npz")
        self._parts = 0
        path.parent.mkdir(parents=True, exist_ok=True)

    def take_losses(self, tape: Tape, targets: range, distance: int) -> None:
        """The gradients of the losses; if they take long, some of them first."""
        done: list[LossNorms] = []
        advance = self.share.of(1)
        for part in _parts(tape, targets, distance):
            before = part.start - targets.start

            def tell(share: float, total: float, before: int = before, of: int = len(part)) -> None:
                advance(before + of * share / total, len(targets))

            done.append(loss_norms(tape, part, distance, tell))
            self.arrays |= {
                "targets": torch.arange(targets.start, part.stop),
                "losses": tape.losses[targets.start : part.stop],
                "inputs": torch.cat([one.inputs for one in done]),
                "products": torch.cat([one.products for one in done]),
                **{
                    name: torch.cat([one.states[name] for one in done], dim=1)
                    for name in self.facts.states
                },
            }
            if part.stop < targets.stop:
                self._show()

    def take_jacobians(self, tape: Tape, targets: range, distance: int) -> None:
        """Norms of dh_t/dh_{t-k} for some steps spread over the targets."""
        names, layers = self.facts.states, len(tape.layers)
        widest = self.facts.units
        each = distance * sum(layer.cost for layer in tape.layers) // 2 * widest * len(names)
        count = int(min(max(1, _BUDGET // each), JACOBIANS))
        # The last ones of as many parts: the last step of all reaches back farthest.
        ends = np.linspace(targets.start - 1, targets.stop - 1, count + 1)[1:]
        steps = np.unique(ends.round().astype(int)).tolist()
        distances = np.unique(np.round(np.geomspace(1, distance, _DISTANCES)).astype(int)).tolist()
        distances = [0, *distances]
        shape = (layers, len(steps), len(distances))
        found = {
            f"{name}-{kind}": torch.full(shape, math.nan, dtype=torch.float64)
            for name in names
            for kind in ("spectral", "frobenius")
        }
        self.arrays |= found | {
            "jacobian-steps": torch.tensor(steps),
            "distances": torch.tensor(distances),
        }
        advance, done = self.share.of(2), 0
        for place, step in enumerate(steps):
            for layer in range(layers):
                for name in (one for one in names if one in tape.facts[layer].states):
                    both = jacobian_norms(tape, layer, name, step, distances)
                    found[f"{name}-spectral"][layer, place] = both[0]
                    found[f"{name}-frobenius"][layer, place] = both[1]
                    done += 1
                    advance(done, len(steps) * layers * len(names))
            if each * count > _AT_ONCE and place + 1 < len(steps):
                self._show()

    def finish(self) -> Path:
        """Write the whole."""
        self._write(self.path)
        return self.path

    def forget_part(self) -> None:
        """Delete what was written on the way, also where it was cut short."""
        self._part.unlink(missing_ok=True)

    def _show(self) -> None:
        self._write(self._part)
        self._parts += 1
        self.share.tell(FieldPart(str(self._part), self._parts))

    def _write(self, path: Path) -> None:
        numbers = {name: array.numpy() for name, array in self.arrays.items()}
        write_field(path, GradientField(self.facts, numbers))


def _parts(tape: Tape, targets: range, distance: int) -> list[range]:
    """The targets in as many parts as one should see of them while they are computed."""
    weights = sum(on.cost for on in tape.layers)
    if weights * distance * len(targets) < _AT_ONCE:
        return [targets]
    ends = [*(targets.start + end for end in _SHOWN_AT if end < len(targets)), targets.stop]
    return [range(start, end) for start, end in zip([targets.start, *ends], ends, strict=False)]


def _skipped(reading: Reading, begin: int, stop: int) -> int:
    span = int(reading.places[stop] - reading.places[begin]) + 1
    return span - (stop - begin + 1)


class _Shares:
    """Progress of several stages as one, each with its share of the time."""

    def __init__(self, context: Context[FieldPart], shares: tuple[float, ...]) -> None:
        self._context = context
        self._shares = shares
        self._now = 0.0
        self._part: FieldPart | None = None

    def of(self, stage: int) -> Callable[[float, float], None]:
        """The progress function of one stage."""
        before, own, whole = sum(self._shares[:stage]), self._shares[stage], sum(self._shares)

        def tell(done: float, total: float) -> None:
            self._now = (before + own * done / max(1, total)) / whole
            self._context.progress(self._now, 1.0, self._part)

        return tell

    def tell(self, part: FieldPart) -> None:
        """Tell of a part, and go on telling it: not every message is sent."""
        self._part = part
        self._context.progress(self._now, 1.0, part)


def recurrent_matrices(
    opened: OpenedModel, request: RecurrentMatrices, context: Context[None]
) -> Written:
    """Eigenvalues and singular values of W_hh, by layer and gate, as JSON in `path`."""
    model = _network(opened, request.seed)
    weights = [
        (number, gate, weight.detach().numpy())
        for number, layer in enumerate(model.recurrent)
        for gate, weight in layer.recurrent_weights().items()
    ]
    found = []
    for number, gate, weight in weights:
        found.append(matrix_facts(weight, number, gate))
        context.progress(len(found), len(weights))
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, msgspec.json.encode(found))
    return Written(str(path))


def clipping(opened: OpenedModel, request: Clipping, context: Context[None]) -> StepClipped:
    """The gradient of a step of `count` characters from `start` on, clipped by norm and by value.

    Also the raw norm of `windows` such steps, one after the other.
    """
    model = _network(opened, request.seed)
    reading = Reading(model, request.text.read())
    count, windows = request.count, request.windows
    first = reading.step_before(request.start)
    state = state_after(model, reading.ids[:first])
    norms, chosen = [], None
    for window in range(windows):
        begin = first + window * count
        ids = reading.ids[begin : begin + count + 1]
        if len(ids) < 2:
            break
        gradients, state = step_gradient(model, ids, state)
        norms.append(total_norm(gradients))
        chosen = chosen or gradients
        context.progress(window + 1, windows)
    assert chosen is not None
    norm = request.norm or float(np.median(norms)) / 2
    value = request.value or _typical_value(chosen)
    whole, parts = clip(chosen, norm, value)
    return StepClipped(norm, value, whole, parts, tuple(norms), int(reading.places[first]))


def _typical_value(gradients: dict[str, Tensor]) -> float:
    """A threshold that one number in a hundred passes; rounded to one digit."""
    numbers = torch.cat([part.flatten().abs() for part in gradients.values()])
    level = float(np.quantile(numbers.numpy(), 0.99))
    if not level > 0 or not math.isfinite(level):
        return 1.0
    digit = 10.0 ** math.floor(math.log10(level))
    return round(level / digit) * digit


def truncation(opened: OpenedModel, request: Truncation, context: Context[None]) -> Comparison:
    """Memory, time and gradient of BPTT in chunks of `chunk` beside full BPTT over `steps`."""
    model = _network(opened, request.seed)
    reading = Reading(model, request.text.read())
    steps, chunk = request.steps, request.chunk
    if steps < 1 or chunk < 1:
        raise GradientError(f"chunks of {chunk} steps out of {steps}: both must be at least 1")
    return compare(model, reading.ids, steps, chunk, context.progress)


MODEL_JOBS = by_request(compute_field, recurrent_matrices, clipping, truncation)
"""Asked of a language model."""
