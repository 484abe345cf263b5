"""How far a loss reaches back: the gradient at every hidden state of a batch in training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.nets.gradients.backprop import go_back, record
from rnnviz.nets.language.model import LanguageModel, State
from rnnviz.nets.sequence.states import rows


@torch.no_grad()
def hidden_gradients(
    model: LanguageModel, inputs: Tensor, targets: Tensor, state: State
) -> npt.NDArray[np.float32]:
    """The norms of dL/dh_t, over everything that h_t reaches: its output, the layers, later steps.

    Of the first stream of the batch and without dropout: a fused module hides how a state enters
    the next step, and going back beside it must cost little.

    Args:
        inputs: (T, B) ids.
        targets: (T, B) ids.
        state: before the first step, of B streams.

    Returns:
        (2, L, T): L is the mean loss of all steps, and that of the last step alone.
    """
    steps, layers = len(inputs), len(state)
    first = rows(state, slice(0, 1))
    tape = record(model, torch.cat([inputs[:, 0], targets[-1:, 0]]), first)
    both = slice(0, 2)

    def seeds(step: int) -> list[tuple[int, slice, Tensor]]:
        found: list[tuple[int, slice, Tensor]] = []
        for layer, seed in enumerate(tape.seeds):
            if seed is not None:
                found.append((layer, slice(0, 1), seed[step] / steps))
                if step == steps - 1:
                    found.append((layer, slice(1, 2), seed[step]))
        return found

    norms = torch.zeros(2, layers, steps, device=tape.losses.device)
    for reached in go_back(tape, 2, steps - 1, 0, lambda step: both, seeds):
        for layer, gradient in enumerate(reached.whole):
            norms[:, layer, reached.step] = gradient[0].norm(dim=1).float()
    return norms.cpu().numpy()
