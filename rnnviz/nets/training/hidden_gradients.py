"""How far a loss reaches back: the gradient at every hidden state of a batch in training."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.nets.base import CharacterLanguageModel, State

STREAMS = 8
"""So many streams of a batch are looked at; a step one by one costs about the same for each."""


def hidden_gradients(
    model: CharacterLanguageModel, inputs: Tensor, targets: Tensor, state: State
) -> npt.NDArray[np.float32]:
    """The norms of dL/dh_t, over everything that h_t reaches: its output, the layers, later steps.

    A fused module hides how a state enters the next step, so the layers are stepped one by one, on
    some streams of the batch and without dropout.

    Args:
        inputs: (T, B) ids.
        targets: (T, B) ids.
        state: before the first step, of B streams.

    Returns:
        (2, L, T): L is the mean loss of all steps, and that of the last step alone.
    """
    streams = min(STREAMS, inputs.shape[1])
    inputs, targets = inputs[:, :streams], targets[:, :streams]
    training = model.training
    model.eval()
    with torch.enable_grad():
        states = [tuple(part[:streams].detach() for part in layer) for layer in state]
        layers = cast("list[nn.RNNBase]", list(model.layers))
        hidden: list[list[Tensor]] = [[] for _ in layers]
        embedded = model.embed(inputs).detach()
        for step in range(len(inputs)):
            below = embedded[step]
            for layer, module in enumerate(layers):
                entering = model.layer_input(layer, embedded[step], below).unsqueeze(0)
                _, after = module(entering, model.architecture.to_torch(states[layer]))
                states[layer] = model.architecture.from_torch(after)
                below = states[layer][0]
                hidden[layer].append(below)
        logits = model.logits([torch.stack(steps) for steps in hidden])
        losses = functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), reduction="none"
        ).view(targets.shape)
        every = [h for steps in hidden for h in steps]
        found = []
        for loss, keep in ((losses.mean(), True), (losses[-1].mean(), False)):
            gradients = torch.autograd.grad(loss, every, retain_graph=keep)
            norms = torch.stack([gradient.norm() for gradient in gradients])
            found.append(norms.numpy().reshape(len(layers), -1))
    model.train(training)
    return np.stack(found)
