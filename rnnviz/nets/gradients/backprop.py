"""Back-propagation through time, laid open: how strongly each loss reaches each earlier state.

The states of a stretch of text are recorded on the way forward; the backward recurrence of each
architecture is a closed form in them, so that the gradients of many losses run back side by side,
one matrix product a step. Everything is in double precision: a gradient that shrinks by a third a
step is below the range of single precision after 80 steps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.architectures import ArchitectureFacts
from rnnviz.core.errors import GradientError
from rnnviz.core.models.network import FRONT
from rnnviz.nets.architectures.base import LayerState, LayerTape
from rnnviz.nets.device import exact_device
from rnnviz.nets.language.model import LanguageModel, State
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.states import copied, detached, floats, on
from rnnviz.nets.sequence.states import rows as rows_of

M = TypeVar("M", bound=SequenceNetwork)
_BLOCK = 2048
Progress = Callable[[float, float], None]


def ignore(done: float, total: float) -> None:
    """Progress that is not shown."""


@dataclass(frozen=True)
class Way:
    """How the gradient goes from what a layer gives to what enters it, beside its recurrence."""

    sources: tuple[tuple[int, int], ...]
    """What entered, side by side: a layer or `FRONT`, and its width."""
    residual: bool
    """Whether what entered was added to what it gave."""
    normed: tuple[Tensor, Tensor, Tensor] | None = None
    """Of LayerNorm: the normalised hidden states (S, W), one over their deviation (S, 1), and the
    gain (W,)."""

    def through_norm(self, gradient: Tensor, step: int) -> Tensor:
        """The gradient (R, W) at the hidden state of a step, from that behind LayerNorm.

        With x̂ = (x - mean) / σ and y = g x̂ + b: dx = (g dy - mean(g dy) - x̂ mean(g dy x̂)) / σ.
        """
        return gradient if self.normed is None else self._unnormed(gradient, step)

    def through_norm_of_all(self, gradient: Tensor) -> Tensor:
        """The same at all steps, (R, S, W)."""
        return gradient if self.normed is None else self._unnormed(gradient, slice(None))

    def _unnormed(self, gradient: Tensor, at: int | slice) -> Tensor:
        assert self.normed is not None
        normalised, scale, gain = self.normed
        scaled, own = gradient * gain, normalised[at]
        means = scaled.mean(-1, keepdim=True) + own * (scaled * own).mean(-1, keepdim=True)
        return (scaled - means) * scale[at]


@dataclass(frozen=True)
class Taped:
    """A network's way through S steps of one document."""

    facts: tuple[ArchitectureFacts, ...]
    """What there is to know of each row: of each layer in each direction."""
    layers: tuple[LayerTape, ...]
    """One a row; what reads from the end has its steps in the order in which it reads them."""
    ways: tuple[Way, ...]
    """How each layer is joined to those below it."""
    embedded: Tensor
    """(S, E or V) what the front end gave."""

    @property
    def steps(self) -> int:
        """S."""
        return len(self.embedded)

    @property
    def states(self) -> tuple[str, ...]:
        """The states that some layer has: `hidden`, and `cell` where there is an LSTM."""
        return tuple(dict.fromkeys(name for facts in self.facts for name in facts.states))


@dataclass(frozen=True)
class Tape(Taped):
    """A language model's way through S characters, and the loss at each."""

    losses: Tensor
    """(S - 1,) the loss in nats of predicting the next character after each step."""
    seeds: tuple[Tensor | None, ...]
    """For each layer, (S - 1, W) the gradient of each step's loss at what that layer gave at that
    step, as far as it feeds the output; None where it does not."""


@torch.no_grad()
def state_after(model: LanguageModel, ids: Tensor, progress: Progress = ignore) -> State:
    """The state after ids (T,), from zeros."""
    state = model.zero_state(1)
    for start in range(0, len(ids), _BLOCK):
        _, state = model(ids[start : start + _BLOCK].unsqueeze(1), state)
        progress(min(start + _BLOCK, len(ids)), len(ids))
    return state


@torch.no_grad()
def record(model: LanguageModel, ids: Tensor, state: State) -> Tape:
    """Read ids (S,), S at least 2, from this state, and keep what going back needs.

    Raises:
        GradientError: a layer reads from the end.
    """
    if model.network.backwards:
        raise GradientError(
            "step by step through all layers at once is gone back through networks that read "
            "forwards alone; this one also reads from the end"
        )
    double = in_double(model)
    ids = ids.to(double.device)
    embedded = double.embed(ids)
    given, layers, ways = read_taped(double, embedded, state)
    read = double.network.read_layers
    with torch.enable_grad():
        leaves = [given[layer][:-1].detach().requires_grad_() for layer in read]
        seen = dict(zip(read, leaves, strict=True))
        logits = double.answers([seen.get(place, part) for place, part in enumerate(given)])
        losses = functional.cross_entropy(logits, ids[1:], reduction="none")
        # The head takes every step by itself: the gradient of the sum is that of each loss.
        found = torch.autograd.grad(losses.sum(), leaves)
    parts = dict(zip(read, found, strict=True))
    return Tape(
        tuple(layer.facts for layer in double.recurrent),
        tuple(layers),
        tuple(ways),
        embedded,
        losses.detach(),
        tuple(parts.get(place) for place in range(len(layers))),
    )


def in_double(model: M) -> M:
    """A copy in double precision, on a device that has it, in evaluation mode."""
    return copy.deepcopy(model).to(exact_device(model.device)).double().eval()


def read_taped(
    double: SequenceNetwork, embedded: Tensor, state: State
) -> tuple[list[Tensor], list[LayerTape], list[Way]]:
    """Run all layers over what the front end gave, (S, E), and keep what going back needs.

    Args:
        state: of each row before the first step that it reads.

    Returns:
        What each layer gave, (S, W); a tape for each row; a way for each layer.
    """
    given: list[Tensor] = []
    layers: list[LayerTape] = []
    ways: list[Way] = []
    rows = zip(double.recurrent, state, strict=True)
    for place, about in enumerate(double.network.layers):
        inputs = double.layer_input(place, embedded, given)
        hidden = []
        for direction in about.directions:
            layer, first = next(rows)
            before = floats(on(detached(first), embedded.device), torch.float64)
            found, tape = layer.tape(in_order(inputs, direction), before)
            hidden.append(in_order(found, direction))
            layers.append(tape)
        given.append(double.layer_output(place, inputs, hidden))
        ways.append(_way(double, place, torch.cat(hidden, dim=1)))
    return given, layers, ways


def in_order(values: Tensor, direction: str, axis: int = 0) -> Tensor:
    """Steps in the order in which this direction reads them, or back again."""
    return values if direction == "forward" else values.flip(axis)


def _way(model: SequenceNetwork, number: int, hidden: Tensor) -> Way:
    network = model.network
    about = network.layers[number]
    sources = tuple((source, network.width_of(source)) for source in network.inputs_of(number))
    if not about.normalisation:
        return Way(sources, about.residual)
    norm = cast(nn.LayerNorm, model.norms[str(number)])
    deviation = (hidden.var(1, correction=0, keepdim=True) + norm.eps).sqrt()
    normalised = (hidden - hidden.mean(1, keepdim=True)) / deviation
    return Way(sources, about.residual, (normalised, 1 / deviation, norm.weight))


class Reached(NamedTuple):
    """Where gradients stand after going back to one step; row r is the r-th of those active."""

    step: int
    active: slice
    whole: tuple[tuple[Tensor, ...], ...]
    """One a layer: the gradients at its states after this step, each (R, U)."""
    embedded: Tensor
    """(R, E or V) at the input of this step; a row's own and only here, it is not summed."""


def go_back(
    tape: Tape,
    rows: int,
    begin: int,
    end: int,
    active: Callable[[int], slice],
    seeds: Callable[[int], Sequence[tuple[int, slice, Tensor]]],
    cut: Callable[[int], bool] = lambda step: False,
) -> Iterator[Reached]:
    """Take gradients, R = `rows` of them side by side, back from step `begin` down to step `end`.

    Args:
        active: which rows are on their way at a step.
        seeds: what starts at a step: layer, rows, and the gradient at that layer's hidden state.
        cut: whether the way from this step to the one before it is cut (truncated BPTT).
    """
    carried = [layer.zeros(rows, begin) for layer in tape.layers]
    for step in range(begin, end - 1, -1):
        started: dict[int, Tensor] = {}
        for number, which, gradient in seeds(step):
            here = started.get(number)
            if here is None:
                here = started[number] = gradient.new_zeros(rows, gradient.shape[-1])
            here[which] += gradient
        chosen = active(step)
        whole, embedded = _one_step(tape, step, chosen, carried, started)
        yield Reached(step, chosen, whole, embedded)
        if cut(step):
            for layer in carried:
                for part in layer:
                    part.zero_()


def _one_step(
    tape: Tape, step: int, chosen: slice, carried: list[LayerState], started: Mapping[int, Tensor]
) -> tuple[tuple[tuple[Tensor, ...], ...], Tensor]:
    """All layers of one step, the top one first; `carried` then holds what goes on."""
    whole: list[tuple[Tensor, ...]] = []
    count = chosen.stop - chosen.start
    at: dict[int, Tensor] = {layer: gradient[chosen] for layer, gradient in started.items()}
    for layer in range(len(tape.layers) - 1, -1, -1):
        way, given = tape.ways[layer], at.get(layer)
        above = None if given is None else way.through_norm(given, step)
        # A copy: what it may become is written into the same rows.
        later = copied(rows_of(carried[layer], chosen))
        back = tape.layers[layer].back(step, above, later)
        carried[layer] = _carry(carried[layer], chosen, back.before)
        whole.insert(0, back.whole)
        entering = back.inputs
        if way.residual and given is not None:
            # where more enters than it gives, the first of it was added
            room = entering.shape[1] - given.shape[1]
            entering = entering + functional.pad(given, (0, room))
        parts = entering.split([width for _, width in way.sources], dim=1)
        for (source, _), part in zip(way.sources, parts, strict=True):
            at[source] = at[source] + part if source in at else part
    nothing = tape.embedded.new_zeros(count, tape.embedded.shape[1])
    return tuple(whole), at.get(FRONT, nothing)


def _carry(carried: LayerState, chosen: slice, before: LayerState) -> LayerState:
    """The gradients at the state before a step: those of the chosen rows, no others.

    A state that grows is smaller before the step.
    """
    parts = []
    for part, found in zip(carried, before, strict=True):
        room = (
            part
            if part.shape[1:] == found.shape[1:]
            else part.new_zeros(len(part), *found.shape[1:])
        )
        room[chosen] = found
        parts.append(room)
    return tuple(parts)


@dataclass(frozen=True)
class LossNorms:
    """How strongly the loss of each of T steps reaches each of the 0 to K steps before it.

    NaN where that step lies before the tape.
    """

    states: dict[str, Tensor]
    """`hidden`, and `cell` of an LSTM: (L, T, K + 1) the norm of dL_t/dh_{t-k}, dL_t/dc_{t-k}."""
    inputs: Tensor
    """(T, K + 1) the norm of dL_t/dx_{t-k}, at what entered the first layer."""
    products: Tensor
    """(T, K + 1) dL_t/dx_{t-k} times x_{t-k}: how the loss changes, to first order, as the
    character is turned up."""


@torch.no_grad()
def loss_norms(tape: Tape, targets: range, distance: int, progress: Progress = ignore) -> LossNorms:
    """The gradient of every single loss, up to `distance` steps back.

    Args:
        targets: consecutive steps whose losses are taken, each below S - 1.
    """
    first, count = targets.start, len(targets)
    names = tape.states
    nowhere = torch.full((count, distance + 1), torch.nan, dtype=torch.float64)
    states = {name: nowhere.repeat(len(tape.layers), 1, 1) for name in names}
    inputs, products = nowhere.clone(), nowhere.clone()
    end = max(0, first - distance)

    def active(step: int) -> slice:
        return slice(max(step - first, 0), min(step + distance - first + 1, count))

    def seeds(step: int) -> list[tuple[int, slice, Tensor]]:
        return _loss_seed(tape, step, step - first) if step >= first else []

    for reached in go_back(tape, count, targets[-1], end, active, seeds):
        rows = torch.arange(count)[reached.active]
        back = rows + first - reached.step
        for layer, gradient in enumerate(reached.whole):
            for name, part in zip(tape.facts[layer].states, gradient, strict=True):
                states[name][layer, rows, back] = part.norm(dim=1)
        inputs[rows, back] = reached.embedded.norm(dim=1)
        products[rows, back] = reached.embedded @ tape.embedded[reached.step]
        progress(targets[-1] - reached.step + 1, targets[-1] - end + 1)
    return LossNorms(states, inputs, products)


@torch.no_grad()
def sum_norms(tape: Tape, targets: range, chunk: int | None = None) -> dict[str, Tensor]:
    """The norm of the gradient of the summed losses at every state, (L, S - 1) each.

    Args:
        targets: the steps whose losses are summed.
        chunk: truncated BPTT: no gradient passes from step n * chunk to the step before it.
    """
    steps = tape.steps - 1
    norms = {
        name: torch.zeros(len(tape.layers), steps, dtype=torch.float64) for name in tape.states
    }

    def seeds(step: int) -> list[tuple[int, slice, Tensor]]:
        return _loss_seed(tape, step, 0) if step in targets else []

    def cut(step: int) -> bool:
        return chunk is not None and step % chunk == 0

    for reached in go_back(tape, 1, targets[-1], 0, lambda step: slice(0, 1), seeds, cut):
        for layer, gradient in enumerate(reached.whole):
            for name, part in zip(tape.facts[layer].states, gradient, strict=True):
                norms[name][layer, reached.step] = part.norm()
    return norms


def _loss_seed(tape: Tape, step: int, row: int) -> list[tuple[int, slice, Tensor]]:
    """What the loss of this step gives at the hidden states of the same step."""
    return [
        (layer, slice(row, row + 1), seed[step])
        for layer, seed in enumerate(tape.seeds)
        if seed is not None
    ]


@torch.no_grad()
def jacobian(
    tape: Taped, layer: int, state: str, step: int, distance: int
) -> Iterator[tuple[int, Tensor]]:
    """Each distance k up to `distance` with dh_t/dh_{t-k}, or dc_t/dc_{t-k}, t being `step`.

    (U, U): row i, column j is how unit i at t answers to unit j at t - k, in the same layer.

    A layer's state depends on its own past only through itself: the layers above do not reach back
    down, and those below do not depend on it. Of a row that reads from the end `step` counts the
    steps as it reads them.

    Raises:
        GradientError: the layer's state is no vector.
    """
    if not tape.facts[layer].starts_anywhere:
        raise GradientError(
            f"the state of {tape.facts[layer].with_article} is more than one number a unit, so "
            "there is no Jacobian from unit to unit"
        )
    own, place = tape.layers[layer], tape.facts[layer].states.index(state)
    gradient = own.zeros(own.channels[state].shape[1], step)
    gradient[place].fill_diagonal_(1.0)
    for back in range(min(distance, step) + 1):
        found = own.back(step - back, None, gradient)
        yield back, found.whole[place]
        gradient = found.before


@torch.no_grad()
def jacobian_norms(
    tape: Taped, layer: int, state: str, step: int, distances: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """The spectral norm and the Frobenius norm of the Jacobian at each of these distances.

    NaN where the distance reaches before the tape.
    """
    spectral = torch.full((len(distances),), torch.nan, dtype=torch.float64)
    frobenius = spectral.clone()
    places = {distance: place for place, distance in enumerate(distances)}
    for back, matrix in jacobian(tape, layer, state, step, max(distances)):
        if back in places:
            place = places[back]
            frobenius[place] = matrix.norm()
            spectral[place] = _largest_singular_value(matrix)
    return spectral, frobenius


def _largest_singular_value(matrix: Tensor) -> Tensor:
    """Of a square matrix; scaled first, since its square would leave the range of numbers."""
    scale = matrix.abs().max()
    if scale == 0 or not torch.isfinite(scale):
        return scale
    scaled = matrix / scale
    return scale * torch.linalg.eigvalsh(scaled @ scaled.t())[-1].clamp(min=0).sqrt()
