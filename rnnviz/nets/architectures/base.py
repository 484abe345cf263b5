"""What an architecture must be able to compute; each lives in its own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from rnnviz.core.architectures import ArchitectureFacts

LayerState = tuple[Tensor, ...]
"""One layer's state: `(hidden,)`, or `(hidden, cell)` for an LSTM; each (B, U)."""


class StepBack(NamedTuple):
    """What one step of back-propagation gives, for R gradients side by side."""

    whole: LayerState
    """The gradient at the state after the step, each (R, U), all paths counted: what reaches an
    LSTM's cell through its hidden state too."""
    before: LayerState
    """The gradient at the state before the step, as far as it comes through this step."""
    rows: Tensor
    """(R, blocks * U) the gradient at W_ih x + b_ih."""


class Architecture(Protocol):
    """A kind of recurrent layer, built on torch's fused module of the same name.

    The fused module computes hidden states fastest; `gates` then recovers everything else from
    them. Rows of `weight_ih` and `weight_hh` are grouped in blocks of U, one block a gate, in
    torch's order.
    """

    facts: ArchitectureFacts
    """Its name, channels and states, and everything else that needs no arithmetic."""
    module: Callable[[int, int], nn.RNNBase]
    """Makes the fused layer, from the width of its input and U."""

    @staticmethod
    def zero_state(batch: int, units: int, like: Tensor) -> LayerState:
        """The state before the first character: zeros."""
        ...

    @staticmethod
    def to_torch(state: LayerState) -> Tensor | tuple[Tensor, Tensor]:
        """The state as the fused module takes it, with a leading axis of one layer."""
        ...

    @staticmethod
    def from_torch(state: Tensor | tuple[Tensor, Tensor]) -> LayerState:
        """The inverse of `to_torch`."""
        ...

    @staticmethod
    def gates(
        module: nn.RNNBase, from_input: Tensor, hidden: Tensor, state: LayerState
    ) -> dict[str, Tensor]:
        """Every channel but `hidden` of one stream, each (T, U).

        Args:
            module: the fused layer.
            from_input: (T, blocks * U) W_ih x + b_ih, where x is what entered the layer; it may be
                overwritten.
            hidden: (T, U) what the fused module gave.
            state: the state before the first of these steps, each (1, U).
        """
        ...

    @staticmethod
    def slopes(
        module: nn.RNNBase, channels: Mapping[str, Tensor], state: LayerState
    ) -> dict[str, Tensor]:
        """The derivatives of every step that do not depend on the gradient, each (T, U).

        Args:
            module: the fused layer.
            channels: what the layer did, (T, U) each: `hidden`, and what `gates` gives.
            state: the state before the first of these steps, each (1, U).
        """
        ...

    @staticmethod
    def step_back(weight: Tensor, slopes: Mapping[str, Tensor], gradient: LayerState) -> StepBack:
        """Take R gradients through one step of time, in closed form.

        Args:
            weight: (blocks * U, U) W_hh.
            slopes: those of this step, (U,) each.
            gradient: at the state after the step, (R, U) each; an LSTM's without what reaches the
                cell through this step's hidden state.
        """
        ...


def previous(hidden: Tensor, state: LayerState) -> Tensor:
    """h_{t-1} for every t, (T, U), from h_t (T, U) and the state before the first step."""
    return torch.cat([state[0], hidden[:-1]])
