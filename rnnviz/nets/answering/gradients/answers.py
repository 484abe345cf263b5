"""Gradients of what a network answers: a label or numbers at every step, or one verdict.

Whichever way its layers read. Language models that read forwards have a faster way of their own,
in `nets.answering.gradients.language`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import GradientError, TextError
from rnnviz.core.gradients.field import Gives
from rnnviz.core.models.network import NetworkDescription, Numbers, Symbols
from rnnviz.core.quantities.units import layer_title
from rnnviz.nets.answering.gradients.fields import (
    Growing,
    Shares,
    as_before_training,
    field_facts,
    require_some,
)
from rnnviz.nets.answering.reading import read_given
from rnnviz.nets.classification.documents import read_text as read_documents
from rnnviz.nets.gradients.backprop import Taped, in_double
from rnnviz.nets.gradients.layerwise import (
    Reached,
    Stretch,
    Wanted,
    at_columns,
    at_once,
    go_back,
    take,
)
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Reading, read_text
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.walking.outcomes import class_names
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.given import TextGiven
from rnnviz.work.jobs.gradients import ComputeField, FieldPart
from rnnviz.work.messages import Context

_MOST_COLUMNS = 1 << 24
"""Numbers of the gradients at columns; where there would be more, none are kept."""


class Document(NamedTuple):
    """The steps of one document that the network knows, k of them."""

    entering: Tensor
    places: npt.NDArray[np.int64]
    """(k,) where each stands in the text, or which row it is."""
    ends: npt.NDArray[np.int64]
    wanted: Wanted


@dataclass(frozen=True)
class Part:
    """The losses of one document that are taken."""

    document: Document
    losses: range
    """Steps of the document."""
    offset: int
    """The steps of the documents before it that were looked at."""


def answers_given(network: NetworkDescription) -> Gives:
    """What the losses of a network are about."""
    if not network.answers_each:
        return "verdict"
    if network.head.gives == "linear":
        return "numbers"
    return "next" if network.predicts_next else "label"


def compute_answer_field(
    opened: OpenedModel, request: ComputeField, context: Context[FieldPart]
) -> Written:
    """The gradients of some answers, some steps back.

    Of a network that answers at every step, consecutive steps from `start` on; of one that answers
    once, that many documents from the one at `start` on.

    Raises:
        GradientError: there is no such class, nothing to take, or a document that is too long.
        TextError: the text is nothing for this model.
    """
    require_some(request)
    model: SequenceNetwork = as_before_training(opened.model, request.seed)
    network, gives = model.network, answers_given(model.network)
    reading = read_asked(model, request.text)
    classes = () if gives in ("numbers", "next") else class_names(network.head)
    if network.head.gives == "linear":
        classes = ()
    chosen = None
    if request.of_class:
        if request.of_class not in classes:
            names = ", ".join(classes) or "none: it does not name classes"
            raise GradientError(f"there is no class {request.of_class!r}; the model's are {names}")
        chosen = classes.index(request.of_class)
    parts = list(parts_of(reading, request.start, request.count, gives, chosen))
    if not parts:
        raise TextError(f"{reading.sequence.name or 'the text'} holds nothing to take a loss of")
    places = np.concatenate([part.document.places for part in parts])
    count = sum(len(part.losses) for part in parts)
    reads = network.reads
    facts = msgspec.structs.replace(
        field_facts(model, request, reading.sequence.name),
        gives=gives,
        ahead=-1 if gives == "next" else 0,
        rows=tuple(layer_title(rows.layer, rows.direction) for rows in network.rows)
        if network.backwards
        else (),
        columns=reads.columns if isinstance(reads, Numbers) else (),
        classes=classes,
        of_class=request.of_class,
        readout=network.readout.kind,
    )
    share = Shares(context, (0.0, count, 2 * request.distance * request.jacobians))
    growing = Growing(Path(request.path), facts, places, share)
    field = _Field(growing, model, len(places), count, request.distance)
    double, done, advance = in_double(model), 0, share.of(1)
    stretches: list[tuple[Part, Stretch]] = []
    try:
        for part in parts:
            document = part.document
            stretch = take(
                double, document.entering, part.losses, document.wanted, request.distance
            )
            field.take(part, stretch, double, done)
            done += len(part.losses)
            advance(done, count)
            if request.jacobians:
                stretches.append((part, stretch))
        field.shorten()
        if request.jacobians:
            _take_jacobians(growing, stretches, request.distance)
        return Written(str(growing.finish()))
    finally:
        growing.forget_part()


def read_asked(model: SequenceNetwork, given: TextGiven) -> Reading:
    """What is read, in its documents.

    Raises:
        TextError: the text is nothing for this model.
        GradientError: the model reads neither text nor numbers.
    """
    network = model.network
    if not isinstance(network.reads, Symbols):
        if not isinstance(network.reads, Numbers):
            raise GradientError("gradients are shown of networks that read text or numbers")
        return read_given(model, given)
    if network.predicts_next:
        return read_text(network.reads, given.read())
    if network.readout.kind == "every":
        return read_given(model, given)
    text, reader = given.read(), SymbolReader(network.reads)
    return read_documents(text, reader, class_names(network.head)).reading


def parts_of(
    reading: Reading, start: int, count: int, gives: Gives, chosen: int | None = None
) -> Iterator[Part]:
    """The losses that are taken, document by document: `count` of them from `start` on.

    Args:
        start: a character of the text, or a row.
        chosen: the class that is asked about, whatever is true.
    """
    sequence, documents = reading.sequence, reading.documents
    if not len(sequence):
        return
    first = _step_from(reading, start)
    number, offset, left = documents.of(first), 0, count
    least = 1 if gives == "next" else 0
    found = 0
    for one in range(number, len(documents)):
        document, places = _document(reading, one, chosen)
        length = len(document.entering)
        if length <= least:
            continue
        if gives == "verdict":
            losses = range(length - 1, length)
        else:
            begin = int(np.searchsorted(places, first)) if one == number else 0
            begin = min(max(begin, least), length - 1)
            losses = range(begin, min(length, begin + left))
        yield Part(document, losses, offset)
        offset += length
        found += len(losses)
        left -= len(losses)
        if left <= 0:
            return


def _step_from(reading: Reading, start: int) -> int:
    """The first step that stands here or later; the last one where there is none."""
    sequence = reading.sequence
    step = sequence.step_at(start) if len(sequence.text) else start
    step = min(max(step, 0), len(sequence) - 1)
    if len(sequence.text) and sequence.span(step, step + 1)[1] <= start:
        step = min(step + 1, len(sequence) - 1)
    return step


def _document(
    reading: Reading, number: int, chosen: int | None
) -> tuple[Document, npt.NDArray[np.int64]]:
    """A document, and which steps of the sequence those that are known are."""
    start, stop = reading.documents.bounds(number)
    known, entering = reading.take(start, stop)
    steps = np.flatnonzero(known) + start
    sequence = reading.sequence
    if len(sequence.text):
        ends = sequence.ends(start, stop)[known]
        places = np.array([sequence.span(step, step + 1)[0] for step in steps.tolist()], np.int64)
    else:
        places, ends = steps, steps + 1
    wanted = Wanted(
        torch.from_numpy(reading.truth[steps]) if len(reading.truth) else None,
        torch.from_numpy(np.asarray(reading.wanted[steps])) if len(reading.wanted) else None,
        chosen,
    )
    return Document(entering, places, ends, wanted), steps


class _Field:
    """The arrays of a field of T losses over S steps, filled document by document."""

    def __init__(
        self, growing: Growing, model: SequenceNetwork, steps: int, count: int, distance: int
    ) -> None:
        self.growing, self.distance = growing, distance
        self.facts, self.network = growing.facts, model.network
        nowhere = torch.full((count, distance + 1), math.nan, dtype=torch.float64)
        rows, arrays = self.facts.layers, growing.arrays
        for name in self.facts.states:
            arrays[name] = nowhere.repeat(rows, 1, 1)
            arrays[f"{name}-sum"] = torch.zeros(rows, steps, dtype=torch.float64)
        arrays |= {
            "targets": torch.zeros(count, dtype=torch.int64),
            "begins": torch.zeros(count, dtype=torch.int64),
            "ends": torch.zeros(steps, dtype=torch.int64),
            "losses": torch.zeros(count, dtype=torch.float64),
            "inputs": nowhere.clone(),
            "products": nowhere.clone(),
        }
        self.verdicts = self.facts.gives == "verdict"
        if self.verdicts:
            arrays["extents"] = torch.zeros(count, 2, dtype=torch.int64)
        self.after = self.network.backwards and not self.verdicts
        width = len(self.facts.columns)
        self.columns = 0 < width * nowhere.numel() <= _MOST_COLUMNS
        if self.columns:
            arrays["columns"] = nowhere[:, :, None].repeat(1, 1, width).float()
        if self.after:
            for name in ("inputs", "products", "columns"):
                if name in arrays:
                    arrays[f"{name}-after"] = arrays[name][:, 1:].clone()

    def take(self, part: Part, stretch: Stretch, double: SequenceNetwork, done: int) -> None:
        """Fill in the losses of a document, of which so many were taken before."""
        arrays, count = self.growing.arrays, len(part.losses)
        length, begin = len(part.document.entering), part.offset
        rows = slice(done, done + count)
        arrays["targets"][rows] = torch.arange(part.losses[0], part.losses[-1] + 1) + begin
        arrays["begins"][rows] = begin
        arrays["losses"][rows] = stretch.losses.cpu()
        arrays["ends"][begin : begin + length] = torch.from_numpy(part.document.ends)
        if self.verdicts:
            arrays["extents"][rows] = torch.tensor([begin, begin + length - 1])
        each = at_once(stretch)
        for start in range(0, count, each):
            some = slice(start, min(start + each, count))
            reached = go_back(stretch, stretch.seeds_of(some))
            self._fill(stretch, reached, double, stretch.steps[some].tolist(), done + start)
            if some.stop < count:
                self.growing.show()
        summed = go_back(stretch, stretch.summed_seeds())
        first = begin + stretch.first
        for row, states in enumerate(summed.states):
            for name, norms in states.items():
                arrays[f"{name}-sum"][row, first : first + norms.shape[1]] = norms[0].cpu()

    def shorten(self) -> None:
        """Leave out distances that no document is long enough for."""
        arrays = self.growing.arrays
        names = self.facts.states
        reached = torch.stack([arrays[name].isfinite().flatten(0, 1).any(dim=0) for name in names])
        longest = max(1, int(reached.any(dim=0).nonzero().max()))
        for name in names:
            arrays[name] = arrays[name][:, :, : longest + 1].contiguous()
        for name in ("inputs", "products", "columns"):
            if name in arrays:
                arrays[name] = arrays[name][:, : longest + 1].contiguous()
            if f"{name}-after" in arrays:
                arrays[f"{name}-after"] = arrays[f"{name}-after"][:, :longest].contiguous()

    def _fill(
        self,
        stretch: Stretch,
        reached: Reached,
        double: SequenceNetwork,
        steps: list[int],
        done: int,
    ) -> None:
        arrays = self.growing.arrays
        embedded = stretch.taped.embedded
        inputs = {
            "inputs": reached.front.norm(dim=2).cpu(),
            "products": (reached.front * embedded).sum(dim=2).cpu(),
        }
        if self.columns:
            inputs["columns"] = at_columns(double, stretch, reached.front).float().cpu()
        for place, step in enumerate(steps):
            row = done + place
            for number, states in enumerate(reached.states):
                backward = self.network.rows[number].direction == "backward"
                origin = 0 if backward and self.verdicts else step
                for name, norms in states.items():
                    found = _by_distance(norms[place].cpu(), origin, self.distance, backward)
                    arrays[name][number, row, : len(found)] = found
            for name, values in inputs.items():
                before = _by_distance(values[place], step, self.distance, False)
                arrays[name][row, : len(before)] = before
                if self.after:
                    after = _by_distance(values[place], step, self.distance, True)[1:]
                    arrays[f"{name}-after"][row, : len(after)] = after


def _by_distance(values: Tensor, origin: int, distance: int, backward: bool) -> Tensor:
    """Values (S, ...) at 0, 1, 2, ... steps from an origin, as far as there are any.

    >>> _by_distance(torch.arange(5), 3, 2, False).tolist()
    [3, 2, 1]
    >>> _by_distance(torch.arange(5), 3, 2, True).tolist()
    [3, 4]
    """
    if backward:
        return values[origin : origin + distance + 1]
    return values[max(0, origin - distance) : origin + 1].flip(0)


def _take_jacobians(growing: Growing, stretches: list[tuple[Part, Stretch]], distance: int) -> None:
    where: dict[int, tuple[Stretch, int]] = {}
    for part, stretch in stretches:
        for step in part.losses:
            where[part.offset + step] = stretch, step - stretch.first

    def at(step: int) -> tuple[Taped, list[int]]:
        stretch, own = where[step]
        last = stretch.taped.steps - 1
        backward = last if stretch.of_all else last - own
        return stretch.taped, [
            backward if rows.direction == "backward" else own for rows in stretch.rows
        ]

    growing.take_jacobians(sorted(where), at, distance)
