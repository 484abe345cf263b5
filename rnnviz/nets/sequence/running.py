"""What a network that answers once for all of a sequence would say, were it cut after each step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

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
        front = model.embed(entering[:, None].to(model.device))
        given, _ = model.run_layers(front)
        seen = model.seen(given, front)[:, 0]
    return RunningReadout(model).say(seen).cpu()


class RunningReadout:
    """What is read out of a sequence cut after each step, told block after block of one sequence.

    Every layer reads forwards.
    """

    def __init__(self, model: SequenceNetwork) -> None:
        self._model = model
        width, like = model.network.read_width, model.output.weight
        self._carried: dict[str, Tensor] = {}
        """What stands for the steps before the block."""
        match model.network.readout.kind:
            case "mean":
                self._of: Callable[[Tensor], Tensor] = self._mean
                self._carried = {
                    "sum": like.new_zeros(1, width, dtype=torch.double),
                    "count": torch.zeros(1, dtype=torch.long, device=like.device),
                }
            case "max":
                self._of = self._max
                self._carried = {"max": like.new_full((1, width), -math.inf)}
            case "attention":
                self._of = self._attention
                self._carried = {
                    "sum": like.new_zeros(1, width, dtype=torch.double),
                    "weights": like.new_zeros(1, 1, dtype=torch.double),
                    "highest": like.new_full((1,), -math.inf, dtype=torch.double),
                }
            case "window":
                self._of = self._window
                before = model.network.readout.steps - 1
                self._carried = {"before": like.new_zeros(before, width)}
            case _:
                self._of = lambda seen: seen

    def of(self, seen: Tensor) -> Tensor:
        """What the head sees after each of the next k steps, (k, W) of (k, W)."""
        return self._of(seen) if len(seen) else seen.new_zeros(0, self._model.network.head_width)

    def say(self, seen: Tensor) -> Tensor:
        """What the head says after each of the next k steps, (k, O) of (k, W)."""
        window = self._model.network.readout.steps
        if not window or not len(seen):
            return self._model.say(self.of(seen))
        # A window makes many numbers of one step: so many steps at a time.
        parts = seen.split(max(1, PLACES // window))
        return torch.cat([self._model.say(self.of(part)) for part in parts])

    def carried(self) -> dict[str, Tensor]:
        """What the next block needs, by names for a file."""
        return {f"readout.{name}": values for name, values in self._carried.items()}

    def restore(self, carried: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        self._carried = {name: carried[f"readout.{name}"] for name in self._carried}

    def _mean(self, seen: Tensor) -> Tensor:
        sums = seen.double().cumsum(dim=0) + self._carried["sum"]
        counts = torch.arange(1, len(seen) + 1, device=seen.device) + self._carried["count"]
        self._carried = {"sum": sums[-1:], "count": counts[-1:]}
        return (sums / counts[:, None]).to(seen.dtype)

    def _max(self, seen: Tensor) -> Tensor:
        highest = torch.maximum(seen.cummax(dim=0).values, self._carried["max"])
        self._carried = {"max": highest[-1:]}
        return highest

    def _window(self, seen: Tensor) -> Tensor:
        steps = self._model.network.readout.steps
        whole = torch.cat([self._carried["before"].to(seen), seen])
        self._carried = {"before": whole[len(whole) - steps + 1 :].clone()}
        return whole.unfold(0, steps, 1).transpose(1, 2).flatten(1)

    def _attention(self, seen: Tensor) -> Tensor:
        scores, before = self._model.scores(seen).double(), self._carried
        highest = torch.maximum(scores.max()[None], before["highest"])
        kept = (before["highest"] - highest).exp()
        each = (scores - highest).exp()[:, None]
        sums = (each * seen).cumsum(dim=0) + before["sum"] * kept
        weights = each.cumsum(dim=0) + before["weights"] * kept
        self._carried = {"sum": sums[-1:], "weights": weights[-1:], "highest": highest}
        return (sums / weights).to(seen.dtype)


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
