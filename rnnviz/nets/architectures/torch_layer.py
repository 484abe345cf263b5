"""Layers whose weights and whose fastest run are those of a module of `torch.nn`.

Rows of `weight_ih_l0` and `weight_hh_l0` are grouped in blocks of U rows, one block a gate, in the
order of torch. The module steps through time and gives hidden states; `gates` recovers everything
else from them for all steps at once, and going back is a closed form in what it recovers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.nets.architectures.base import Layer, LayerState, LayerTape, Ran, StepBack

Squash = Callable[[Tensor], Tensor]
SQUASHES: Mapping[str, Squash] = {
    "sigmoid": torch.sigmoid,
    "hard-sigmoid": functional.hardsigmoid,
    "hard-sigmoid-0.2": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "tanh": torch.tanh,
    "relu": torch.relu,
}

Weights = tuple[Tensor, Tensor, Tensor, Tensor]


class TorchLayer(Layer):
    """What the layers of `torch.nn` share; each also inherits its module, one layer of it.

    A variant that torch's kernel does not compute is stepped, and goes back by autograd.
    """

    gate_squash: Squash = staticmethod(torch.sigmoid)
    squash: Squash = staticmethod(torch.tanh)
    usual: bool = True
    """Whether torch's own kernel computes it."""
    held: tuple[int, int, float] | None = None
    """Which part of the state is held, of which unit, and at what value; see `holding`."""

    def vary(self, gates: str = "sigmoid", activation: str = "tanh", usual: bool = True) -> None:
        """Choose how gates and candidates are squashed."""
        self.gate_squash, self.squash = SQUASHES[gates], SQUASHES[activation]
        self.usual = usual and (gates, activation) == ("sigmoid", "tanh")

    def reset_parameters(self) -> None:
        """Draw the first weights; none where there is no room for them, as before a file is read.

        Torch itself draws on the device `meta`, too, which takes as long as reading a small file.
        """
        if not self.weights[0].is_meta:
            module: Any = super()
            module.reset_parameters()

    @property
    def weights(self) -> Weights:
        """(R, I) and (R, U), and the bias (R,) that belongs to each; R = blocks * U."""
        mine: Any = self
        return mine.weight_ih_l0, mine.weight_hh_l0, mine.bias_ih_l0, mine.bias_hh_l0

    def zero_state(self, batch: int) -> LayerState:
        """Zeros, (B, U) for each state."""
        like = self.weights[1]
        return tuple(like.new_zeros(batch, self.units) for _ in self.facts.states)

    def project(self, inputs: Tensor) -> Tensor:
        """W_ih x + b_ih."""
        weight, _, bias, _ = self.weights
        flat = torch.addmm(bias, inputs.reshape(-1, inputs.shape[-1]), weight.t())
        return flat.view(*inputs.shape[:-1], -1)

    def channels(self, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """The hidden states of the module, and the gates from one product for all steps."""
        if ran.kept is not None or not self.usual:
            return super().channels(ran, projected)
        given = self.project(ran.inputs) if projected is None else projected
        return {"hidden": ran.hidden, **self.gates(given, ran.hidden, ran.before)}

    def holding(self, unit: int, value: float, state: str = "hidden") -> Layer | None:
        """The column that reads the unit goes into the bias, and the kernel runs as ever.

        A unit's hidden state reaches others through W_hh alone, and itself through what is held.
        """
        if not self.usual or state != "hidden":
            return None
        held = copy.deepcopy(self)
        held.held = self.facts.states.index(state), unit, value
        _, again, _, bias = held.weights
        with torch.no_grad():
            bias.add_(again[:, unit], alpha=value)
            again[:, unit] = 0
        return held

    def settled(self, state: LayerState) -> LayerState:
        """See `Layer`."""
        if self.held is None:
            return state
        place, unit, value = self.held
        if bool((state[place][:, unit] == value).all()):
            return state
        part = state[place].clone()
        part[:, unit] = value
        return (*state[:place], part, *state[place + 1 :])

    def recurrent_weights(self) -> Mapping[str, Tensor]:
        """A block of rows of W_hh for each gate."""
        return dict(
            zip(self.facts.row_gates, self.weights[1].chunk(self.facts.blocks), strict=True)
        )

    def tape(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerTape]:
        """Run with the module, and keep the slopes of every step."""
        if not self.usual:
            return super().tape(inputs, state)
        hidden, _ = self(inputs.unsqueeze(1), state)
        gates = self.gates(self.project(inputs.unsqueeze(1)), hidden, state)
        channels = {"hidden": hidden, **gates}
        return hidden[:, 0], ClosedTape(self, channels, self.slopes(channels, state))

    # What each kind says

    def gates(self, projected: Tensor, hidden: Tensor, before: LayerState) -> dict[str, Tensor]:
        """Every channel but `hidden`, (T, B, U) each.

        Args:
            projected: (T, B, R); it may be overwritten.
            before: the state before the first step.
        """
        raise NotImplementedError

    def slopes(self, channels: Mapping[str, Tensor], before: LayerState) -> dict[str, Tensor]:
        """The derivatives of every step that do not depend on the gradient, (T, B, U) each."""
        raise NotImplementedError

    @staticmethod
    def step_back(
        weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState
    ) -> tuple[LayerState, LayerState, Tensor]:
        """Take R gradients through one step of time, in closed form.

        Args:
            weight: (blocks * U, U) W_hh.
            slopes: those of this step, (U,) each.
            gradient: at the state after the step, (R, U) each; an LSTM's without what reaches the
                cell through this step's hidden state.

        Returns:
            The gradient at the state after the step, all paths counted; that at the state before
            it; and (R, blocks * U) that at W_ih x + b_ih.
        """
        raise NotImplementedError


class ClosedTape:
    """The way back through a layer of torch; see `LayerTape`."""

    def __init__(
        self, layer: TorchLayer, channels: Mapping[str, Tensor], slopes: Mapping[str, Tensor]
    ) -> None:
        self._layer = layer
        into, again, _, _ = layer.weights
        self._into, self._again = _by_column(into), _by_column(again)
        self.channels = {name: values[:, 0] for name, values in channels.items()}
        count = len(self.channels["hidden"])
        self._slopes = [{name: part[t, 0] for name, part in slopes.items()} for t in range(count)]
        self.cost = into.numel() + again.numel()

    def zeros(self, rows: int, step: int) -> LayerState:
        """See `LayerTape`."""
        like = self._again
        return tuple(like.new_zeros(rows, like.shape[1]) for _ in self._layer.facts.states)

    def back(self, step: int, above: Tensor | None, later: LayerState) -> StepBack:
        """See `LayerTape`."""
        gradient = later if above is None else (later[0] + above, *later[1:])
        whole, before, rows = self._layer.step_back(self._again, self._slopes[step], gradient)
        return StepBack(whole, before, rows @ self._into)


def whole(part: Tensor) -> Tensor:
    """A part of a state as torch's modules take it: an axis of one layer in front, in one piece.

    On CUDA they take nothing else, and a decoder's first states are halves of one tensor.
    """
    return part.contiguous().unsqueeze(0)


def _by_column(weight: Tensor) -> Tensor:
    """Column by column in memory: few gradients times a large matrix then take less time."""
    return weight.detach().t().contiguous().t()
