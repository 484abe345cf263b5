"""Gradient fields as they grow: written while they are computed, so that they are seen before."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import GradientError
from rnnviz.core.gradients.field import FieldFacts, GradientField, write_field
from rnnviz.core.kinds.sequence import unit_in_words
from rnnviz.core.models.network import Symbols
from rnnviz.nets.gradients.backprop import LossNorms, Tape, Taped, jacobian_norms, loss_norms
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.work.jobs.gradients import ComputeField, FieldPart
from rnnviz.work.messages import Context

N = TypeVar("N", bound=SequenceNetwork)
JACOBIANS = 6
"""At how many steps Jacobians are taken: each costs U times as much as the gradient of a loss."""
_BUDGET = 3.6e11
"""Multiplications that all Jacobians together may take; some 10 seconds."""
_DISTANCES = 40
_AT_ONCE = 4e9
"""Multiplications of a field that is shown when it is ready; a larger one is shown as it grows."""
_SHOWN_AT = (32, 128, 512)
"""So many losses are enough for a first, second, third look."""


def unit_of(model: SequenceNetwork) -> str:
    """What a step of a network reads, in the singular."""
    reads = model.network.reads
    return unit_in_words(reads.unit) if isinstance(reads, Symbols) else "step"


def as_before_training(model: N, seed: int | None) -> N:
    """The model; with `seed`, as it was before any training."""
    if seed is None:
        return model
    return type(model)(model.description, seed=seed).eval()


def architecture_of(model: SequenceNetwork) -> str:
    """The name of that of all layers; empty where they are of several."""
    kinds = {layer.architecture for layer in model.network.layers}
    return kinds.pop() if len(kinds) == 1 else ""


def field_facts(model: SequenceNetwork, request: ComputeField, text_name: str) -> FieldFacts:
    """What every field says of its network and of what was asked."""
    network = model.network
    return FieldFacts(
        model_name=model.description.name,
        model_path=request.model.path,
        architecture=architecture_of(model),
        text_name=text_name,
        layers=len(network.rows),
        units=max(layer.units for layer in network.layers),
        states=network.states,
        start=request.start,
        seed=request.seed,
        unit=unit_of(model),
    )


def require_some(request: ComputeField) -> None:
    """Refuse no losses, and no steps back.

    Raises:
        GradientError: naming what was asked for.
    """
    if request.distance < 1 or request.count < 1:
        raise GradientError(
            f"{request.count} losses over {request.distance} steps: both must be at least 1"
        )


class Growing:
    """A field that can be looked at before it is complete."""

    def __init__(
        self, path: Path, facts: FieldFacts, places: npt.NDArray[np.int64], share: Shares
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
                self.show()

    def take_jacobians(
        self,
        targets: Sequence[int],
        at: Callable[[int], tuple[Taped, Sequence[int]]],
        distance: int,
    ) -> None:
        """Norms of dh_t/dh_{t-k} for some steps spread over the targets.

        Args:
            targets: the steps that may be taken, the last one in any case.
            at: where such a step was read, and which step it is there for each row.
        """
        names, layers = self.facts.states, self.facts.layers
        widest = self.facts.units
        cost = sum(layer.cost for layer in at(targets[-1])[0].layers)
        each = distance * cost // 2 * widest * len(names)
        count = int(min(max(1, _BUDGET // each), JACOBIANS))
        # The last ones of as many parts: the last step of all reaches back farthest.
        ends = np.linspace(-1, len(targets) - 1, count + 1)[1:]
        steps = [targets[place] for place in np.unique(ends.round().astype(int)).tolist()]
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
            tape, own = at(step)
            for layer in range(layers):
                for name in (one for one in names if one in tape.facts[layer].states):
                    both = jacobian_norms(tape, layer, name, own[layer], distances)
                    found[f"{name}-spectral"][layer, place] = both[0]
                    found[f"{name}-frobenius"][layer, place] = both[1]
                    done += 1
                    advance(done, len(steps) * layers * len(names))
            if each * count > _AT_ONCE and place + 1 < len(steps):
                self.show()

    def finish(self) -> Path:
        """Write the whole."""
        self._write(self.path)
        return self.path

    def forget_part(self) -> None:
        """Delete what was written on the way, also where it was cut short."""
        self._part.unlink(missing_ok=True)

    def show(self) -> None:
        """Let what is known so far be looked at."""
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


class Shares:
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
