"""Walking many documents side by side: each is a stream of its own, since its state starts anew.

Some documents that follow each other are sorted by length and read in batches, longest first. A
batch goes through the network some steps at a time; streams that have ended leave it. While one
thread steps through a block, another computes what else there is to know of the block before it
and writes it where each document lies.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.recordings.description import TOP
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures.base import LayerState, Ran
from rnnviz.nets.evaluating import evaluating
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.layers import states
from rnnviz.nets.sequence.reading import Reading, read_text
from rnnviz.nets.walking.kept import KeptChannels, input_table, require_channels, writer_of
from rnnviz.nets.walking.outcomes import NextSymbol
from rnnviz.nets.walking.pipeline import run_staged
from rnnviz.nets.walking.threads import one_thread_each

STREAMS = 64
_BATCHES_SORTED = 4
"""So many batches are sorted by length together."""
_BLOCK_STEPS = 4096
"""Steps of all streams together in a block: what was computed of it stays in the caches."""

Places = npt.NDArray[np.int64]


@dataclass
class _Document:
    """One document: where it lies, and which of its characters the model knows."""

    start: int
    stop: int
    ids: Tensor
    """(k,) of the characters that it knows."""
    known: Places | None
    """(k,) their places in the text; None where it knows all."""

    def steps(self, first: int, last: int) -> tuple[int, int, Places | None]:
        """Where in the text what the first-th to the last-th known character became is written.

        Returns:
            The first step, the one after the last, and for each of them the place among those
            known characters, -1 for what was before them; None where each has its own.
        """
        if self.known is None:
            return self.start + first, self.start + last, None
        begin = int(self.known[first]) if first else self.start
        end = int(self.known[last]) if last < len(self.known) else self.stop
        places = np.searchsorted(self.known, np.arange(begin, end), side="right") - 1 - first
        return begin, end, places


@dataclass
class _Block:
    """The same steps of some documents: B streams, T steps, the longest first."""

    documents: list[_Document]
    first: int
    """How many known characters of each were read before."""
    ids: Tensor
    """(T, B); anything behind the end of a document."""
    front: Tensor = field(default_factory=lambda: torch.zeros(0))
    """(T, B, E), what the front end gives."""
    given: list[Tensor] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    rows: list[dict[str, npt.NDArray[np.number]]] = field(default_factory=list)
    """By layer the wanted channels, (B, U, T)."""
    output: dict[str, npt.NDArray[np.number]] = field(default_factory=dict)
    """What came out, (B, T, ...)."""
    ends: tuple[int, int] | None = None
    """The steps that are complete once this block is written."""


class _Walker:
    """The stages that a block passes, and the states that each carries on."""

    def __init__(
        self, model: LanguageModel, channels: Sequence[str], writer: RecordingWriter
    ) -> None:
        self.model, self.writer = model, writer
        self.kept = KeptChannels(model, channels, torch.float16)
        self.layers = model.recurrent
        self.state: list[LayerState] = [()] * len(self.layers)
        self.log_p = torch.zeros(0, 0)
        steps: list[Callable[[_Block], None]] = [
            partial(self.step, layer) for layer in range(len(self.layers))
        ]
        self.stages = [*steps, self.finish, self.write]
        self.table = input_table(model)

    @torch.inference_mode()
    def step(self, layer: int, block: _Block) -> None:
        """Step one layer through the block."""
        model, own, streams = self.model, self.layers[layer], block.ids.shape[1]
        if block.first == 0:
            self.state[layer] = model.zero_state(streams)[layer]
        before = states.rows(self.state[layer], slice(0, streams))
        if layer == 0:
            block.front = model.embed(block.ids)
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
                known = self.table[block.ids]
            block.rows.append(
                {
                    name: values.half().permute(1, 2, 0).contiguous().numpy()
                    for name, values in self.kept.of(layer, ran, known).items()
                }
            )
        streams, size = block.ids.shape[1], len(self.model.symbols)
        if block.first == 0:
            self.log_p = torch.full((streams, size), math.nan)
        log_p = torch.log_softmax(self.model.answers(block.given), dim=2)
        expected = torch.cat([self.log_p[None, :streams], log_p[:-1]])
        surprisal = expected.gather(2, block.ids.unsqueeze(2)).squeeze(2) / -math.log(2)
        self.log_p = log_p[-1]
        top = log_p.topk(min(TOP, size), dim=2)
        missing = (0, TOP - top.indices.shape[2])
        block.output = {
            "surprisal": surprisal.t().numpy(),
            "top_ids": functional.pad(top.indices, missing).transpose(0, 1).numpy(),
            "top_p": functional.pad(top.values.exp(), missing).transpose(0, 1).numpy(),
        }
        block.given, block.ran = [], []

    def write(self, block: _Block) -> None:
        """Write each document's part where it lies."""
        for stream, document in enumerate(block.documents):
            last = min(block.first + len(block.ids), len(document.ids))
            start, _, places = document.steps(block.first, last)
            here = slice(0, last - block.first)
            for layer, rows in enumerate(block.rows):
                part = {name: values[stream, :, here] for name, values in rows.items()}
                if places is not None:
                    part = {name: _spread(values.T, places).T for name, values in part.items()}
                for group in sorted(set(self.kept.group_of[layer].values())):
                    self.writer.put_group(group, start, part)
            output = {name: values[stream, here] for name, values in block.output.items()}
            if places is not None:
                output = {name: _spread(values, places) for name, values in output.items()}
                output["surprisal"] = _at_known(output["surprisal"], places)
            self.writer.put_output(start, output)
        block.rows, block.output = [], {}
        if block.ends is not None:
            self.writer.complete(*block.ends)


def _spread(values: npt.NDArray[np.number], places: Places) -> npt.NDArray[np.number]:
    """Values (k, ...) at every step, (b, ...): those of the last known character, or nothing."""
    nothing = np.zeros((1, *values.shape[1:]), values.dtype)
    spread: npt.NDArray[np.number] = np.concatenate([nothing, values])[np.maximum(places, -1) + 1]
    return spread


def _at_known(surprisal: npt.NDArray[np.number], places: Places) -> npt.NDArray[np.number]:
    """NaN where the character is not known: it has the place of the one before it."""
    known = np.diff(places, prepend=-1) > 0
    found: npt.NDArray[np.number] = np.where(known, surprisal, np.nan)
    return found


def walk_documents(
    model: LanguageModel,
    text: Text,
    folder: Path,
    channels: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    model_path: str = "",
    streams: int = STREAMS,
    threads: int | None = None,
) -> None:
    """Walk every document of a text from a fresh state and write one recording of all.

    Args:
        channels: which to keep; names of channels that the architecture has.
        progress: told how many characters of how many are complete; what it raises ends the walk,
            and what was written stays.
        streams: so many documents are read side by side.

    Raises:
        RecordingError: the model has no such channel, or the disk is full.
    """
    require_channels(model, channels)
    reading = read_text(model.network.reads, text)
    writer = writer_of(model, reading, folder, channels, NextSymbol(model), model_path=model_path)
    walker = _Walker(model, channels, writer)

    def told(block: _Block) -> None:
        if block.ends is not None:
            progress(block.ends[1], len(reading))

    with evaluating(model), one_thread_each:
        run_staged(
            walker.stages,
            _blocks(reading, streams),
            told,
            threads or min(os.cpu_count() or 1, len(walker.stages)),
        )


def _blocks(reading: Reading, streams: int) -> Iterator[_Block]:
    """All documents in blocks; those of a batch follow each other."""
    together = streams * _BATCHES_SORTED
    for first in range(0, len(reading.documents), together):
        last = min(first + together, len(reading.documents))
        documents = []
        for number in range(first, last):
            start, stop = reading.documents.bounds(number)
            known, ids = reading.take(start, stop)
            places = None if known.all() else start + np.flatnonzero(known)
            documents.append(_Document(start, stop, ids, places))
        ends = documents[0].start, documents[-1].stop
        documents.sort(key=lambda one: -len(one.ids))
        blocks = [
            block
            for begin in range(0, len(documents), streams)
            for block in _blocks_of_batch(documents[begin : begin + streams])
        ]
        blocks[-1].ends = ends
        yield from blocks


def _blocks_of_batch(documents: list[_Document]) -> Iterator[_Block]:
    """Documents side by side, the longest first; one with nothing known is written as it is."""
    length = len(documents[0].ids)
    at_once = max(16, _BLOCK_STEPS // len(documents))
    for first in range(0, max(length, 1), at_once):
        here = [one for one in documents if len(one.ids) > first or first == 0]
        steps = max(1, min(at_once, length - first))
        ids = torch.zeros(steps, len(here), dtype=torch.long)
        for stream, document in enumerate(here):
            part = document.ids[first : first + steps]
            ids[: len(part), stream] = part
        yield _Block(here, first, ids)
