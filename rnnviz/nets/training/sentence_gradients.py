"""How far a translation's loss reaches back: the gradient at every state of one sentence pair.

The pair stays the same throughout a run, so that its gradients can be compared from step to step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.models.translation import BEGIN_ID, TranslationDescription
from rnnviz.nets.alignments.batches import PairBatch
from rnnviz.nets.alignments.networks.encoder import Encoder
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.architectures import Layer
from rnnviz.nets.sequence.evaluating import evaluating

Norms = npt.NDArray[np.float32]


def layer_names(description: TranslationDescription) -> list[str]:
    """What the layers of `sentence_gradients` are called, in their order.

    A direction of the encoder and the decoder that goes on from it make one row through time.
    """
    layers = [f"Layer {layer + 1}" for layer in range(description.layers)]
    if not description.bidirectional:
        return layers
    return layers + [f"{layer}, backwards" for layer in layers]


def sentence_gradients(model: TranslationModel, pair: PairBatch) -> Norms:
    """The norms of dL/dh at every hidden state of one pair, without dropout.

    All ways count: through time, through layers, through the attention. A backward encoder's states
    stand in the order in which it reads, the last word first.

    Args:
        pair: S source and G target tokens, a batch of one.

    Returns:
        (2, L or 2L, S + G): encoder, then decoder; L is the mean loss of all target tokens, and
        that of the last alone. See `layer_names`.
    """
    with evaluating(model), torch.enable_grad():
        encoded, states, finals = _encode(model.encoder, pair.source)
        decoded, losses = _decode(model, states, finals, pair)
        mean, last = (_norms(loss, [*encoded, *decoded]) for loss in (losses.mean(), losses[-1]))
    directions, layers = len(encoded) // len(decoded), len(decoded)
    return np.stack([_in_time(found, directions, layers) for found in (mean, last)])


def _in_time(norms: Sequence[Norms], directions: int, layers: int) -> Norms:
    """Each direction of the encoder with the decoder behind it, (L or 2L, S + G)."""
    encoder, decoder = norms[: directions * layers], norms[directions * layers :]
    return np.stack(
        [np.concatenate([part, decoder[place % layers]]) for place, part in enumerate(encoder)]
    )


def _norms(loss: Tensor, stacks: Sequence[Sequence[Tensor]]) -> list[Norms]:
    nodes = [state for stack in stacks for state in stack]
    gradients = torch.autograd.grad(loss, nodes, retain_graph=True, materialize_grads=True)
    norms = torch.stack([gradient.norm() for gradient in gradients]).cpu().numpy()
    return np.split(norms, np.cumsum([len(stack) for stack in stacks])[:-1])


def _encode(encoder: Encoder, ids: Tensor) -> tuple[list[list[Tensor]], Tensor, tuple[Tensor, ...]]:
    """What `Encoder.forward` gives of one sentence (S, 1), step by step, each state a node.

    Returns:
        The states (1, U) as they were read, of every layer forwards, then of every layer backwards;
        annotations (S, 1, C); the last state of every layer, (1, C).
    """
    below, finals = encoder.embedding(ids), []
    forwards: list[list[Tensor]] = []
    backwards: list[list[Tensor]] = []
    for layer, module in enumerate(encoder.forwards):
        forwards.append(_read(encoder, module, below))
        hidden, final = torch.stack(forwards[-1]), forwards[-1][-1]
        if len(encoder.backwards):
            backwards.append(_read(encoder, encoder.backwards[layer], below.flip(0)))
            turned = torch.stack(backwards[-1]).flip(0)
            hidden = torch.cat([hidden, turned], dim=2)
            final = torch.cat([final, backwards[-1][-1]], dim=1)
        finals.append(final)
        below = hidden
    return forwards + backwards, below, tuple(finals)


def _read(encoder: Encoder, module: nn.Module, inputs: Tensor) -> list[Tensor]:
    """The hidden state (1, U) after every step of inputs (S, 1, I), from zeros."""
    layer, found = cast(Layer, module), []
    state = layer.zero_state(1)
    for entering in inputs:
        hidden, state = layer.advance(entering, state)
        found.append(hidden)
    return found


def _decode(
    model: TranslationModel, states: Tensor, finals: tuple[Tensor, ...], pair: PairBatch
) -> tuple[list[list[Tensor]], Tensor]:
    """Teacher forcing: the states of every layer at every target token, and the losses (G,)."""
    decoder = model.decoder
    memory = decoder.remember(states, finals, pair.lengths)
    state = decoder.start(memory)
    previous = functional.pad(pair.target[:-1], (0, 0, 1, 0), value=BEGIN_ID)
    found: list[list[Tensor]] = [[] for _ in state.hidden]
    readouts = []
    for embedded in decoder.embedding(previous):
        state, readout, _ = decoder.advance(embedded, state, memory)
        readouts.append(readout)
        for stack, hidden in zip(found, state.hidden, strict=True):
            stack.append(hidden)
    logits = decoder.output(torch.cat(readouts))
    return found, functional.cross_entropy(logits, pair.target[:, 0], reduction="none")
