"""Walking many documents side by side: each is a stream of its own, since its state starts anew.

Some documents that follow each other are sorted by length and read in batches, longest first. A
batch goes through the network some steps at a time; streams that have ended leave it. While one
thread steps through a block, another computes what else there is to know of the block before it
and writes it where each document lies. Every layer reads forwards; see `layerwise` for others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.recordings.description import FloatType
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.nets.architectures.base import LayerState, Ran
from rnnviz.nets.sequence import states
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Known, Reading
from rnnviz.nets.walking.kept import TORCH_TYPES, KeptChannels, input_table, writer_of
from rnnviz.nets.walking.outcomes import ANSWERS_AT_ONCE, Arrays, Outcome, outcome_of, spread
from rnnviz.nets.walking.pipeline import run_staged
from rnnviz.nets.walking.threads import one_thread_each

STREAMS = 64
_BATCHES_SORTED = 4
"""So many batches are sorted by length together."""
_BLOCK_STEPS = 4096
"""Steps of all streams together in a block: what was computed of it stays in the caches."""


@dataclass
class _Document:
    """One document: where it lies, and what of it the network knows."""

    start: int
    stop: int
    known: Known
    """(stop - start,) which steps the network knows, k of them."""
    entering: Tensor
    """(k,) ids or (k, F) numbers: what enters at those."""
    outcome: Outcome
    """What came out of it so far."""

    def __post_init__(self) -> None:
        self._places = None if self.known.all() else np.flatnonzero(self.known)

    def steps(self, first: int, last: int) -> slice:
        """The steps of the document that the first-th to the last-th known one stand for.

        Steps that are not known belong to the known one before them; those in front, to the first.
        """
        if self._places is None:
            return slice(first, last)
        begin = int(self._places[first]) if first else 0
        return slice(
            begin, int(self._places[last]) if last < len(self._places) else len(self.known)
        )


@dataclass
class _Block:
    """The same steps of some documents: B streams, T steps, the longest first."""

    documents: list[_Document]
    first: int
    """How many known steps of each were read before."""
    entering: Tensor
    """(T, B) or (T, B, F); anything behind the end of a document."""
    front: Tensor = field(default_factory=lambda: torch.zeros(0))
    """(T, B, E), what the front end gives."""
    given: list[Tensor] = field(default_factory=list)
    """(T, B, W) of each layer."""
    ran: list[Ran] = field(default_factory=list)
    rows: list[dict[str, Tensor]] = field(default_factory=list)
    """By layer the wanted channels, (B, U, T)."""
    output: list[Arrays] = field(default_factory=list)
    """What came out of each document."""
    ends: tuple[int, int] | None = None
    """The steps that are complete once this block is written."""

    def known_of(self, document: _Document) -> slice:
        """Which known steps of a document it holds."""
        return slice(self.first, min(self.first + len(self.entering), len(document.entering)))


class _Walker:
    """The stages that a block passes, and the states that each carries on."""

    def __init__(
        self,
        model: SequenceNetwork,
        channels: Sequence[str],
        writer: RecordingWriter,
        dtype: torch.dtype,
    ) -> None:
        self.model, self.writer = model, writer
        self.kept = KeptChannels(model, channels, dtype)
        self.layers = model.recurrent
        self.state: list[LayerState] = [()] * len(self.layers)
        steps: list[Callable[[_Block], None]] = [
            partial(self.step, layer) for layer in range(len(self.layers))
        ]
        self.stages = [*steps, self.finish, self.write]
        self.table = input_table(model)
        self.groups = [sorted(set(found.values())) for found in self.kept.group_of]
        """Of each layer."""

    @torch.inference_mode()
    def step(self, layer: int, block: _Block) -> None:
        """Step one layer through the block."""
        model, own, streams = self.model, self.layers[layer], len(block.documents)
        if block.first == 0:
            self.state[layer] = model.zero_state(streams)[layer]
        before = states.rows(self.state[layer], slice(0, streams))
        if layer == 0:
            block.front = model.embed(block.entering)
        inputs = model.layer_input(layer, block.front, block.given)
        ran = own.run(inputs, before)
        self.state[layer] = ran.after
        block.given.append(model.layer_output(layer, inputs, [ran.hidden]))
        block.ran.append(ran)

    @torch.inference_mode()
    def finish(self, block: _Block) -> None:
        """Everything else about the block."""
        for layer, ran in enumerate(block.ran):
            known = None
            if layer == 0 and self.table is not None and not self.kept.hidden_alone:
                known = self.table[block.entering]
            block.rows.append(
                {
                    name: values.to(self.kept.dtype).permute(1, 2, 0).contiguous()
                    for name, values in self.kept.of(layer, ran, known).items()
                }
            )
        said = self._answers(block)
        for stream, document in enumerate(block.documents):
            here = block.known_of(document)
            steps = document.steps(here.start, here.stop)
            own = slice(here.stop - here.start), stream
            block.output.append(
                document.outcome.of(
                    [part[own] for part in block.given],
                    document.entering[here],
                    document.known[steps],
                    document.start + steps.start,
                    None if said is None else said[own],
                )
            )
        block.given, block.ran = [], []

    def _answers(self, block: _Block) -> Tensor | None:
        """What the head says at every step of all streams, (T, B, O), where that is little."""
        network, places = self.model.network, block.entering.shape[0] * len(block.documents)
        if network.readout.kind != "every" or places * len(network.head.outputs) > ANSWERS_AT_ONCE:
            return None
        return self.model.answers(block.given)

    def write(self, block: _Block) -> None:
        """Write each document's part where it lies."""
        for stream, document in enumerate(block.documents):
            here = block.known_of(document)
            steps = document.steps(here.start, here.stop)
            start, known = document.start + steps.start, document.known[steps]
            own = stream, slice(None), slice(here.stop - here.start)
            for layer, rows in enumerate(block.rows):
                for group in self.groups[layer]:
                    channels = self.kept.groups[group].channels
                    part = {name: _at_steps(rows[name][own], known) for name in channels}
                    self.writer.put_group(group, start, part)
            self.writer.put_output(start, block.output[stream])
        block.rows, block.output = [], []
        if block.ends is not None:
            self.writer.complete(*block.ends)


def _at_steps(values: Tensor, known: Known) -> npt.NDArray[Any]:
    """Values (U, b) at every step, from those (U, k) at the known ones; 0 before the first."""
    if known.all():
        return values.numpy()
    return spread(values.t(), values.new_zeros(1, len(values)), known).T


def walk_documents(
    model: SequenceNetwork,
    reading: Reading,
    folder: Path,
    channels: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    model_path: str = "",
    streams: int = STREAMS,
    threads: int | None = None,
    until: int | None = None,
    dtype: FloatType = "float16",
) -> None:
    """Walk every document from a fresh state and write one recording of all.

    Args:
        channels: which to keep; names of channels that some layer has.
        progress: told how many steps of how many are complete; what it raises ends the walk,
            and what was written stays.
        streams: so many documents are read side by side.
        until: no document that begins at this step or behind it is read.

    Raises:
        RecordingError: the disk is full.
    """
    outcome = outcome_of(model, reading)
    writer = writer_of(model, reading, folder, channels, outcome, dtype, model_path)
    walker = _Walker(model, channels, writer, TORCH_TYPES[dtype])

    def told(block: _Block) -> None:
        if block.ends is not None:
            progress(block.ends[1], len(reading))

    with evaluating(model), one_thread_each:
        run_staged(
            walker.stages,
            _blocks(model, reading, streams, until),
            told,
            threads or min(os.cpu_count() or 1, len(walker.stages)),
        )


def _blocks(
    model: SequenceNetwork, reading: Reading, streams: int, until: int | None
) -> Iterator[_Block]:
    """All documents in blocks; those of a batch follow each other."""
    bounds = [one for one in reading.documents if until is None or one[0] < until]
    together = streams * _BATCHES_SORTED
    for first in range(0, len(bounds), together):
        documents = [
            _Document(start, stop, *reading.take(start, stop), outcome_of(model, reading))
            for start, stop in bounds[first : first + together]
        ]
        ends = documents[0].start, documents[-1].stop
        documents.sort(key=lambda one: -len(one.entering))
        blocks = [
            block
            for begin in range(0, len(documents), streams)
            for block in _blocks_of_batch(documents[begin : begin + streams])
        ]
        blocks[-1].ends = ends
        yield from blocks


def _blocks_of_batch(documents: list[_Document]) -> Iterator[_Block]:
    """Documents side by side, the longest first; one with nothing known is written as it is."""
    length, like = len(documents[0].entering), documents[0].entering
    first = 0
    while first < max(length, 1):
        here = [one for one in documents if len(one.entering) > first or first == 0]
        steps = max(1, min(max(16, _BLOCK_STEPS // len(here)), length - first))
        entering = like.new_zeros(steps, len(here), *like.shape[1:])
        for stream, document in enumerate(here):
            part = document.entering[first : first + steps]
            entering[: len(part), stream] = part
        yield _Block(here, first, entering)
        first += steps
