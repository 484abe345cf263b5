"""One step of one recurrent layer, with the weights of a fused module, for a loop over steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnviz.nets.architectures import LayerState


def step_layer(module: nn.RNNBase, inputs: Tensor, state: LayerState) -> LayerState:
    """The state after one step of a fused layer, from inputs (B, I) and the state before."""
    weights = module.all_weights[0]
    if isinstance(module, nn.LSTM):
        return torch.lstm_cell(inputs, state, *weights)
    if isinstance(module, nn.GRU):
        return (torch.gru_cell(inputs, state[0], *weights),)
    return (torch.rnn_tanh_cell(inputs, state[0], *weights),)
