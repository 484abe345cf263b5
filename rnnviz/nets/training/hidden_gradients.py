"""How far a loss reaches back: the gradient at every hidden state of a batch in training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.nets.architectures import LayerState
from rnnviz.nets.gradients.backprop import go_back, record, state_names
from rnnviz.nets.language.model import CharacterLanguageModel, State


@torch.no_grad()
def hidden_gradients(
    model: CharacterLanguageModel, inputs: Tensor, targets: Tensor, state: State
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
    first = tuple(tuple(part[:1] for part in layer) for layer in state)
    tape = record(model, torch.cat([inputs[:, 0], targets[-1:, 0]]), first)
    rest = (tape.losses.new_zeros(()),) * (len(state_names(tape.architecture)) - 1)
    both = slice(0, 2)

    def seeds(step: int) -> list[tuple[int, slice, LayerState]]:
        found: list[tuple[int, slice, LayerState]] = []
        for layer, seed in enumerate(tape.seeds):
            if seed is not None:
                found.append((layer, slice(0, 1), (seed[step] / steps, *rest)))
                if step == steps - 1:
                    found.append((layer, slice(1, 2), (seed[step], *rest)))
        return found

    norms = torch.zeros(2, layers, steps, device=tape.losses.device)
    for reached in go_back(tape, 2, steps - 1, 0, lambda step: both, seeds):
        for layer, gradient in enumerate(reached.whole):
            norms[:, layer, reached.step] = gradient[0].norm(dim=1).float()
    return norms.cpu().numpy()
