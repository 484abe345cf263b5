"""An LSTM layer in mixed precision: matrix products in bfloat16, everything else in float32.

Torch's own bfloat16 LSTM also keeps the cell state in bfloat16, whose eight bits cannot count: a
cell that adds a little at every character stops moving. Here only what enters a matrix product is
rounded, and training is as fast.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

LOW = torch.bfloat16


class _MixedLSTM(torch.autograd.Function):
    """The recurrence and its back-propagation, step by step; see `mixed_lstm` for the shapes.

    The products with the inputs, and those of the weights' gradients, are one for all steps.
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, bias: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        steps, batch, width = inputs.shape
        units = h.shape[1]
        low_inputs = inputs.to(LOW).view(steps * batch, width)
        low_ih, low_hh = w_ih.to(LOW), w_hh.to(LOW)
        from_input = low_inputs @ low_ih.t()
        gates = from_input.view(steps, batch, 4 * units).float().add_(bias)
        cells = inputs.new_empty(steps + 1, batch, units)
        low_hidden = inputs.new_empty(steps + 1, batch, units, dtype=LOW)
        cells[0], low_hidden[0] = c, h
        squashed = inputs.new_empty(steps, batch, units)
        hidden = inputs.new_empty(steps, batch, units)
        for t in range(steps):
            rows = gates[t].add_(low_hidden[t] @ low_hh.t())
            into, forget, candidate, output = rows.chunk(4, dim=1)
            rows[:, : 2 * units].sigmoid_()
            candidate.tanh_()
            output.sigmoid_()
            torch.mul(forget, cells[t], out=cells[t + 1]).addcmul_(into, candidate)
            torch.tanh(cells[t + 1], out=squashed[t])
            torch.mul(output, squashed[t], out=hidden[t])
            low_hidden[t + 1] = hidden[t]
        ctx.save_for_backward(low_inputs, low_ih, low_hh, gates, cells, low_hidden, squashed)
        return hidden, hidden[-1].clone(), cells[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, d_hidden: Tensor, d_last_h: Tensor, d_last_c: Tensor
    ) -> tuple[Tensor | None, ...]:
        low_inputs, low_ih, low_hh, gates, cells, low_hidden, squashed = ctx.saved_tensors
        steps, batch, units = squashed.shape
        d_gates = torch.empty_like(gates, dtype=LOW)
        dh, dc = d_last_h, d_last_c.clone()
        for t in reversed(range(steps)):
            into, forget, candidate, output = gates[t].chunk(4, dim=1)
            d_into, d_forget, d_candidate, d_output = d_gates[t].chunk(4, dim=1)
            dh = dh + d_hidden[t]
            through = dh * output
            dc.add_(through).addcmul_(through * squashed[t], squashed[t], value=-1)
            d_into.copy_((dc * candidate).mul_(into - into * into))
            d_forget.copy_((dc * cells[t]).mul_(forget - forget * forget))
            new = dc * into
            d_candidate.copy_(new.addcmul_(new * candidate, candidate, value=-1))
            d_output.copy_((dh * squashed[t]).mul_(output - output * output))
            dc = dc * forget
            dh = (d_gates[t] @ low_hh).float()
        rows = d_gates.view(steps * batch, 4 * units)
        d_inputs = None
        if ctx.needs_input_grad[0]:
            d_inputs = (rows @ low_ih).float().view(steps, batch, -1)
        d_ih = (rows.t() @ low_inputs).float()
        d_hh = (rows.t() @ low_hidden[:-1].view(steps * batch, units)).float()
        return d_inputs, dh, dc, d_ih, d_hh, rows.sum(0, dtype=torch.float32)


def mixed_lstm(
    module: nn.RNNBase, inputs: Tensor, state: tuple[Tensor, Tensor]
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """What an `nn.LSTM` of one layer gives, its matrix products in bfloat16.

    Args:
        inputs: (T, B, I).
        state: hidden and cell state before, (1, B, U) each.

    Returns:
        The hidden states (T, B, U) and the state after them, all in float32.
    """
    w_ih, w_hh, b_ih, b_hh = module.all_weights[0]
    arguments = (inputs.float(), state[0][0], state[1][0], w_ih, w_hh, b_ih + b_hh)
    hidden, h, c = _MixedLSTM.apply(*arguments)
    return hidden, (h.unsqueeze(0), c.unsqueeze(0))
