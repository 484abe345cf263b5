"""What a network that answers once for all of a sequence would say, were it cut after each step."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from rnnviz.nets.sequence.network import SequenceNetwork

PLACES = 1 << 15
"""Sequences are read side by side in batches of so many places."""
_MOST_PREFIXES = 1000
"""Of a long sequence read both ways the answer is found at so many places, evenly spread."""


@torch.inference_mode()
def running_answers(model: SequenceNetwork, entering: Tensor, seen: Tensor | None = None) -> Tensor:
    """The answers after each step, (T, O), on the processor: those of the sequence cut there.

    A network some of whose layers read from the end reads each cut sequence anew; of more than
    1,000 steps so many cuts are read, the last among them, and the others are NaN.

    Args:
        entering: (T,) ids, or (T, F) numbers.
        seen: (T, W) what the readout sees, where that is known and every layer reads forwards.
    """
    if model.network.backwards:
        return _of_prefixes(model, entering)
    if seen is None:
        given, _ = model.read_all(entering[:, None].to(model.device))
        seen = model.seen(given)[:, 0]
    readout = model.network.readout.kind
    if readout in ("every", "last"):
        read = seen
    elif readout == "mean":
        counts = torch.arange(1, len(seen) + 1, device=seen.device)[:, None]
        read = (seen.double().cumsum(dim=0) / counts).to(seen.dtype)
    elif readout == "max":
        read = seen.cummax(dim=0).values
    else:
        scores = model.scores(seen).double()
        weights = (scores - scores.max()).exp()[:, None]
        read = ((weights * seen).cumsum(dim=0) / weights.cumsum(dim=0)).to(seen.dtype)
    return model.say(read).cpu()


def _of_prefixes(model: SequenceNetwork, entering: Tensor) -> Tensor:
    found = torch.full((len(entering), len(model.network.head.outputs)), math.nan)
    count = min(len(entering), _MOST_PREFIXES)
    places = np.unique(np.linspace(0, len(entering) - 1, count).round().astype(int))
    prefixes = [entering[: place + 1] for place in places]
    found[torch.from_numpy(places)] = answers_of(model, prefixes)
    return found


@torch.inference_mode()
def answers_of(model: SequenceNetwork, sequences: list[Tensor]) -> Tensor:
    """What a model says of whole sequences, (sequences, O) on the processor, in their order.

    Args:
        sequences: (T,) ids or (T, F) numbers each, none of them empty.
    """
    lengths = np.array([len(one) for one in sequences])
    order = np.argsort(lengths, kind="stable")
    found = torch.zeros(len(sequences), len(model.network.head.outputs))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and lengths[order[stop]] * (stop + 1 - start) <= PLACES:
            stop += 1
        rows = order[start:stop]
        block = torch.nn.utils.rnn.pad_sequence([sequences[row] for row in rows]).to(model.device)
        said, _ = model(block, None, torch.from_numpy(lengths[rows]).to(model.device))
        found[torch.from_numpy(rows)] = said.float().cpu()
        start = stop
    return found
