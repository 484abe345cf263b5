"""What every recurrent layer can do, and how little a new one must say for it.

A layer reads numbers step after step and gives as many numbers as it has units. It must say what
its state is before anything was read (`zero_state`) and what one step does (`step`); everything
else is made from these. What it can do faster it does itself: a block of steps (`forward`, `run`),
what its units did in it (`channels`), the way back (`tape`).

Its state is its own affair. Everybody else keeps it, copies it, cuts it from a graph, chooses rows
of it, writes it to a file (`layers.states`), and never looks inside; it may grow with every step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from rnnviz.core.architectures import ArchitectureFacts

LayerState = tuple[Tensor, ...]
"""One layer's state: tensors whose first axis is B. Nobody but the layer knows what they mean."""

Change = Callable[[str, Tensor], Tensor]
"""From the name of one of the states and its values (B, U) to what shall stand in their place."""


def unchanged(state: str, values: Tensor) -> Tensor:
    """The change that is none."""
    return values


class Stepped(NamedTuple):
    """What one step did."""

    channels: dict[str, Tensor]
    """Every channel of the facts by its name, (B, U) each."""
    state: LayerState


@dataclass(frozen=True)
class Ran:
    """What a block of T steps did, as far as it is known without more arithmetic."""

    inputs: Tensor
    """(T, B, I)."""
    before: LayerState
    """The state before the first step."""
    hidden: Tensor
    """(T, B, U)."""
    after: LayerState
    kept: Any = None
    """What the layer left itself for `channels`."""


class StepBack(NamedTuple):
    """What one step of back-propagation gives, for R gradients side by side."""

    whole: tuple[Tensor, ...]
    """The gradient at each of the states that the facts name, after the step, (R, U) each, all
    paths counted: what reaches an LSTM's cell through its hidden state too."""
    before: LayerState
    """The gradient at the state before the step, as far as it comes through this step."""
    inputs: Tensor
    """(R, I) the gradient at what entered."""


class LayerTape(Protocol):
    """What going back through a layer needs, over S steps of one stream."""

    @property
    def channels(self) -> Mapping[str, Tensor]:
        """(S, U) each."""
        ...

    @property
    def cost(self) -> int:
        """About how many multiplications one step back takes for one gradient."""
        ...

    def zeros(self, rows: int, step: int) -> LayerState:
        """No gradient at the state after this step, for R = `rows` gradients."""
        ...

    def back(self, step: int, above: Tensor | None, later: LayerState) -> StepBack:
        """Take R gradients through one step.

        Args:
            above: (R, U) what reaches the hidden state from anywhere but later steps of this layer.
            later: the gradient at the state after the step that comes from later steps.
        """
        ...


class Layer(nn.Module):
    """One recurrent layer that reads one way.

    ==================  ==============================================================
    tensor              axes
    ==================  ==============================================================
    inputs              (T, B, I), or (B, I) of one step
    hidden              (T, B, U), what the layer gives; a projection makes it narrower
    a channel           (T, B, U), or (B, U) of one step
    ==================  ==============================================================
    """

    facts: ClassVar[ArchitectureFacts]
    mixed_precision: bool = False
    """Whether matrix products may be rounded to bfloat16 where the layer can: while training."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.inputs, self.units = inputs, units

    @property
    def given(self) -> int:
        """The width of what it gives: U, or what a projection makes of it."""
        return self.units

    # What every kind must say

    def zero_state(self, batch: int) -> LayerState:
        """The state of B streams before anything was read, on the device of the weights."""
        raise NotImplementedError

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """One step, in operations that autograd knows.

        Args:
            change: asked about every state that the facts name as soon as it is known, so that what
                follows from it follows from what is put in its place.
        """
        raise NotImplementedError

    # What follows from it, and may be done faster

    def advance(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """One step where nobody asks for more than hidden (B, U) and the state after it."""
        stepped = self.step(inputs, state)
        return stepped.channels["hidden"], stepped.state

    def forward(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """A block of at least one step that autograd can go back through: hidden, and the state."""
        hidden = []
        for entering in inputs:
            given, state = self.advance(entering, state)
            hidden.append(given)
        return torch.stack(hidden), state

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """A block of at least one step, as fast as possible; nothing for autograd."""
        hidden, after = self(inputs, state)
        return Ran(inputs, state, hidden, after)

    def run_changed(self, inputs: Tensor, state: LayerState, changes: Sequence[Change]) -> Ran:
        """A block step by step, with a change at each of its steps."""
        steps, after = [], state
        for entering, change in zip(inputs, changes, strict=True):
            stepped = self.step(entering, after, change)
            steps.append(stepped.channels)
            after = stepped.state
        channels = {name: torch.stack([one[name] for one in steps]) for name in steps[0]}
        return Ran(inputs, state, channels["hidden"], after, Channels(channels))

    def holding(self, unit: int, value: float, state: str = "hidden") -> Layer | None:
        """A layer in whose recurrence a state of a unit is always this value, once it is.

        What it gives of that state of the unit is to be overwritten. None where such a layer cannot
        be made: its blocks are then stepped with a change.
        """
        return None

    def settled(self, state: LayerState) -> LayerState:
        """A state with the value in it that a layer made by `holding` holds.

        The very same state, where it has the value already.
        """
        return state

    def project(self, inputs: Tensor) -> Tensor | None:
        """What a block needs of its inputs alone, (..., R), where that is one product; else None.

        Where few vectors enter again and again, as the characters of an alphabet do, the walk makes
        this product once for each.
        """
        return None

    def channels(self, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """Every channel of a block that ran.

        Args:
            projected: what `project` gives of its inputs, if known; it may be overwritten.
        """
        if isinstance(ran.kept, Channels):
            return ran.kept
        return self.run_changed(ran.inputs, ran.before, [unchanged] * len(ran.inputs)).kept

    def recurrent_weights(self) -> Mapping[str, Tensor]:
        """The square matrix (U, U) from the last hidden state to each gate that has one."""
        return {}

    def tape(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerTape]:
        """Run one stream, inputs (S, I): hidden (S, U), and what going back needs."""
        tape = AutogradTape(self, inputs, state)
        return tape.channels["hidden"], tape


class Channels(dict[str, Tensor]):
    """Channels that were computed on the way; a type of its own tells them from other leavings."""


class AutogradTape:
    """The way back through any layer, one step of autograd at a time.

    R gradients are R streams that are in the same state: rows do not mix, so that the gradient of
    each is found in its own row.
    """

    def __init__(self, layer: Layer, inputs: Tensor, state: LayerState) -> None:
        self._layer, self._inputs = layer, inputs
        self._states = [state]
        found = []
        with torch.no_grad():
            for entering in inputs:
                stepped = layer.step(entering.unsqueeze(0), self._states[-1])
                self._states.append(stepped.state)
                found.append(stepped.channels)
        self.channels = {name: torch.cat([one[name] for one in found]) for name in found[0]}
        self.cost = 3 * sum(part.numel() for part in layer.parameters())

    def zeros(self, rows: int, step: int) -> LayerState:
        """See `LayerTape`."""
        return tuple(part.new_zeros(rows, *part.shape[1:]) for part in self._states[step + 1])

    def back(self, step: int, above: Tensor | None, later: LayerState) -> StepBack:
        """See `LayerTape`."""
        rows = len(later[0]) if above is None else len(above)
        before = [_spread(part, rows) for part in self._states[step]]
        entering = _spread(self._inputs[step].unsqueeze(0), rows)
        with torch.enable_grad():
            stepped = self._layer.step(entering, tuple(before))
        named = [stepped.channels[name] for name in self._layer.facts.states]
        hidden = stepped.channels["hidden"]
        given = [(part, grad) for part, grad in zip(stepped.state, later, strict=True)]
        given.append((hidden, torch.zeros_like(hidden) if above is None else above))
        outputs, gradients = zip(*(pair for pair in given if pair[0].requires_grad), strict=True)
        wanted = [*before, entering, *named]
        found = torch.autograd.grad(outputs, wanted, gradients, materialize_grads=True)
        return StepBack(
            tuple(found[len(before) + 1 :]), tuple(found[: len(before)]), found[len(before)]
        )


def _spread(part: Tensor, rows: int) -> Tensor:
    """The one row of `part` as so many, a leaf of a graph."""
    return part.detach().expand(rows, *part.shape[1:]).clone().requires_grad_()


def previous(hidden: Tensor, before: Tensor) -> Tensor:
    """h_{t-1} for every t, (T, ...), from h_t (T, ...) and the one before the first step."""
    return torch.cat([before.unsqueeze(0), hidden[:-1]])
