"""What came out of a network at every step that it read: what a recording keeps beside its units.

An outcome is told block after block of one document, in the order in which the network reads, and
carries over what the next block needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.models.network import Head
from rnnviz.core.recordings.description import TOP, Classes, Next, Output, Predicted
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import UNKNOWN_CLASS, Known, Reading
from rnnviz.nets.sequence.running import RunningReadout, running_answers

Arrays = dict[str, npt.NDArray[Any]]
ANSWERS_AT_ONCE = 1 << 22
"""Of a large vocabulary so many numbers are computed at a time."""


class Outcome(Protocol):
    """What comes out at each step."""

    output: Output | None
    """As a recording describes it."""

    def begin(self) -> None:
        """A document begins: nothing was read."""
        ...

    def of(
        self,
        given: Sequence[Tensor],
        ids: Tensor,
        known: Known,
        start: int,
        said: Tensor | None = None,
    ) -> Arrays:
        """What came out at b steps, each (b, ...), by the names of a recording's arrays.

        Args:
            given: what every layer gave at the k of them that the network knows, (k, W) each.
            ids: what entered at those.
            known: (b,) which of the steps these are.
            start: the first of the steps.
            said: (k, O) what the head says at each of the k, where that was computed already.
        """
        ...

    def carried(self) -> dict[str, Tensor]:
        """What the next block needs, by names for a file."""
        ...

    def restore(self, carried: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        ...


def spread(values: Tensor, last: Tensor, known: Known) -> npt.NDArray[Any]:
    """Values (b, ...) at every step, from those (k, ...) at the known ones.

    At a step that the network does not know they are those of the last known one, which may be the
    last before the block, (1, ...).
    """
    if known.all():
        return values.numpy()
    places = torch.from_numpy(np.cumsum(known))
    return torch.cat([last, values])[places].numpy()


class NextSymbol:
    """How likely each symbol was before it came, and what was likeliest after it."""

    output: Output | None = Next()

    def __init__(self, model: SequenceNetwork) -> None:
        self.model = model
        self.size = len(model.network.head.outputs)
        self.begin()

    def begin(self) -> None:
        """See `Outcome`."""
        self.log_p = torch.full((1, self.size), math.nan)
        self.top_ids = torch.zeros(1, TOP, dtype=torch.long)
        self.top_p = torch.zeros(1, TOP)

    def of(
        self,
        given: Sequence[Tensor],
        ids: Tensor,
        known: Known,
        start: int,
        said: Tensor | None = None,
    ) -> Arrays:
        """`surprisal` in bits, `top_ids` and `top_p`."""
        each = (
            len(ids)
            if len(ids) * self.size <= ANSWERS_AT_ONCE
            else max(1, ANSWERS_AT_ONCE // self.size)
        )
        parts = []
        for first in range(0, max(1, len(ids)), max(1, each)):
            here = slice(first, first + each)
            answers = (
                self.model.answers([part[here] for part in given]) if said is None else said[here]
            )
            parts.append(self._part(answers, ids[here]))
        surprisal, top_ids, top_p = (
            torch.cat(found) if len(parts) > 1 else found[0] for found in zip(*parts, strict=True)
        )
        surprisals = np.full(len(known), np.nan, np.float32)
        surprisals[known] = surprisal.numpy()
        came_out = {
            "surprisal": surprisals,
            "top_ids": spread(top_ids, self.top_ids, known),
            "top_p": spread(top_p, self.top_p, known),
        }
        if len(ids) > 0:
            self.top_ids, self.top_p = top_ids[-1:], top_p[-1:]
        return came_out

    def _part(self, answers: Tensor, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        log_p = torch.log_softmax(answers, dim=1)
        expected = torch.cat([self.log_p, log_p])
        surprisal = expected[:-1].gather(1, ids.unsqueeze(1)).squeeze(1) / -math.log(2)
        top = log_p.topk(min(TOP, log_p.shape[1]))
        missing = (0, TOP - top.indices.shape[1])
        if len(ids) > 0:
            self.log_p = log_p[-1:]
        return (
            surprisal,
            functional.pad(top.indices, missing),
            functional.pad(top.values.exp(), missing),
        )

    def carried(self) -> dict[str, Tensor]:
        """See `Outcome`."""
        return {"log_p": self.log_p, "top_ids": self.top_ids, "top_p": self.top_p}

    def restore(self, carried: Mapping[str, Tensor]) -> None:
        """See `Outcome`."""
        self.log_p, self.top_p = carried["log_p"], carried["top_p"]
        self.top_ids = carried["top_ids"]


class Answers:
    """What the head says at each step: how likely each class is, or numbers; and what was wanted.

    Of a network that answers once for all, what it would say were the document cut there: the
    documents of one that reads both ways come whole.
    """

    def __init__(self, model: SequenceNetwork, reading: Reading) -> None:
        self.model, self.reading = model, reading
        self.head, self.each = model.network.head, model.network.readout.kind == "every"
        self.numbers = self.head.gives == "linear"
        self.names = self.head.outputs if self.numbers else class_names(self.head)
        self.output: Output | None = (
            Predicted(columns=self.names)
            if self.numbers
            else Classes(classes=self.names, each=self.each)
        )
        self.begin()

    def begin(self) -> None:
        """See `Outcome`."""
        self.last = torch.full((1, len(self.names)), math.nan)
        self.readout = RunningReadout(self.model)

    def of(
        self,
        given: Sequence[Tensor],
        ids: Tensor,
        known: Known,
        start: int,
        said: Tensor | None = None,
    ) -> Arrays:
        """`class_p` and `truth`, or `predicted` and `wanted`."""
        found = self._answers(given, ids) if said is None else said
        if not self.numbers:
            found = class_shares(self.head, found)
        shown = spread(found, self.last, known)
        if len(found) > 0:
            self.last = found[-1:]
        if self.numbers:
            return {"predicted": shown, "wanted": wanted_at(self.reading, start, shown)}
        return {"class_p": shown, "truth": truth_at(self.reading, start, len(known))}

    def _answers(self, given: Sequence[Tensor], ids: Tensor) -> Tensor:
        """What the head says at the k steps that the network knows, (k, O)."""
        if self.each:
            return self.model.answers(given)
        if not len(ids):
            return torch.zeros(0, len(self.head.outputs))
        if self.model.network.backwards:
            return running_answers(self.model, ids)
        return self.readout.say(self.model.seen(given))

    def carried(self) -> dict[str, Tensor]:
        """See `Outcome`."""
        return {"predicted" if self.numbers else "class_p": self.last, **self.readout.carried()}

    def restore(self, carried: Mapping[str, Tensor]) -> None:
        """See `Outcome`."""
        self.last = carried["predicted" if self.numbers else "class_p"]
        self.readout.restore(carried)


def class_names(head: Head) -> tuple[str, ...]:
    """The classes by name; a head of one number between 0 and 1 has two, without and with it."""
    if head.gives == "sigmoid" and len(head.outputs) == 1:
        return (f"not {head.outputs[0]}", head.outputs[0])
    return head.outputs


def class_logits(head: Head, answers: Tensor) -> Tensor:
    """Unnormalised log-probabilities (..., C) of the classes, from what a head says (..., O)."""
    if head.gives == "sigmoid" and len(head.outputs) == 1:
        return torch.cat([torch.zeros_like(answers), answers], dim=-1)
    return answers


def class_shares(head: Head, answers: Tensor) -> Tensor:
    """The probability (..., C) of each class; of several that may hold at once, of each alone."""
    if head.gives == "sigmoid" and len(head.outputs) > 1:
        return answers.sigmoid()
    return class_logits(head, answers).softmax(dim=-1)


def truth_at(reading: Reading, start: int, count: int) -> npt.NDArray[np.int32]:
    """The class of each of these steps, `UNKNOWN_CLASS` where none is said."""
    if not len(reading.truth):
        return np.full(count, UNKNOWN_CLASS, np.int32)
    return reading.truth[start : start + count]


def wanted_at(reading: Reading, start: int, like: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The numbers that were to come out at these steps, NaN where none are said."""
    if not len(reading.wanted):
        return np.full(like.shape, np.nan, np.float32)
    return reading.wanted[start : start + len(like)]


def outcome_of(model: SequenceNetwork, reading: Reading) -> Outcome:
    """What comes out of a network at every step of what it reads."""
    return NextSymbol(model) if model.network.predicts_next else Answers(model, reading)
