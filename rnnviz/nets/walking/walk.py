"""Walking a text: what every unit of a model does at every character, exactly.

A text is one stream and never split: some units of a trained network never forget, so a part that
started from zero would show other values. What makes it fast is the division of labour. Torch's
fused module steps through time and gives hidden states only; everything else follows from those
for thousands of characters at a time; an LSTM's gates are read from where its fused module leaves
them. While one thread does that for a block of the text, another steps through the block after it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from rnnviz.core.errors import RecordingError
from rnnviz.core.models.network import NetworkDescription
from rnnviz.core.recordings.description import FloatType
from rnnviz.core.recordings.recording import read_state, saved_states
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures.base import LayerState, Ran
from rnnviz.nets.sequence import states
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Reading, read_text
from rnnviz.nets.walking.beginnings import Beginning, beginning_of
from rnnviz.nets.walking.blocks import BLOCK, FIRST_BLOCK, spans
from rnnviz.nets.walking.documents import walk_documents
from rnnviz.nets.walking.kept import (
    TORCH_TYPES,
    KeptChannels,
    input_table,
    require_channels,
    writer_of,
)
from rnnviz.nets.walking.layerwise import walk_layer_by_layer
from rnnviz.nets.walking.outcomes import outcome_of, spread
from rnnviz.nets.walking.pipeline import run_staged
from rnnviz.nets.walking.threads import one_thread_each
from rnnviz.nets.walking.windows import walk_windows

SEEN_AT_ONCE = 3072
"""2,000 characters of a text a person sees, and others are under way while the last of them are
finished; a walk that is waited for has small blocks up to there, so that no layer waits long for
the one below it, and none is kept from a processor by a large block behind."""
_SECONDS_BETWEEN_STATES = 1.0
"""So much of a walk is lost at most when its process is killed."""
_KEPT_STATES = 64
"""So many states stay in a recording at most, evenly apart."""


Sizes = tuple[int, int] | tuple[int, int, int]


@dataclass(frozen=True)
class Walked:
    """What a block of b steps became; see `Recording` for what the arrays hold."""

    start: int
    channels: dict[str, npt.NDArray[np.floating]]
    """Each (R, b), the rows of all layers that have the channel."""
    output: dict[str, npt.NDArray[Any]]
    """What came out, (b, ...) each."""


@dataclass
class Block:
    """Some consecutive steps of what is read, b of them, of which the model knows k."""

    start: int
    known: npt.NDArray[np.bool_]
    """(b,) which steps the model knows."""
    entering: Tensor
    """(k,) ids, or (k, F) numbers."""
    front: Tensor = field(default_factory=lambda: torch.zeros(0))
    """(k, 1, E) what the front end gives."""
    given: list[Tensor] = field(default_factory=list)
    """(k, 1, W), of each layer that the block has passed."""
    ran: list[Ran | None] = field(default_factory=list)
    """What each layer did; None where there was nothing to read."""
    after: list[LayerState] = field(default_factory=list)
    """The state of each layer after the block."""
    below: dict[int, Ran] = field(default_factory=dict)
    """What layers did with it that no change reaches, as far as that is known; by layer."""
    walked: Walked | None = None
    """What came of it, after `Walker.finish`."""
    last: dict[str, Tensor] = field(default_factory=dict)
    """What `Walker.finish` carries from this block to the next."""

    @property
    def stop(self) -> int:
        """The first step after the block."""
        return self.start + len(self.known)

    @property
    def carried(self) -> dict[str, Tensor]:
        """A copy of everything that a walk of what follows begins with."""
        return {n: part.clone().contiguous() for n, part in named(self.after, self.last).items()}


class Walker:
    """One walk of one document: its stages, and the state that each carries from block to block.

    Every layer reads forwards; see `layerwise` for others.

    Args:
        beginning: what is known of the layers below a changed unit, in a walk from the first step.
    """

    def __init__(
        self,
        model: SequenceNetwork,
        reading: Reading,
        channels: Sequence[str],
        dtype: torch.dtype,
        beginning: Beginning | None = None,
    ) -> None:
        require_channels(model, channels)
        self.model, self.reading = model, reading
        self.layers = model.recurrent
        self.channels = tuple(channels)
        self.kept = KeptChannels(model, channels, dtype)
        self.state = list(model.zero_state(1))
        self.values = {
            name: torch.zeros(count, 1, dtype=dtype) for name, count in self.kept.rows.items()
        }
        self.outcome = outcome_of(model, reading)
        steps: list[Callable[[Block], None]] = [
            partial(self.step, layer) for layer in range(len(self.state))
        ]
        self.stages = [*steps, self.finish]
        self.beginning = beginning

    @cached_property
    def table(self) -> Tensor | None:
        """What the first layer makes of each symbol, where it does not leave that by itself."""
        return input_table(self.model)

    def block(self, start: int, stop: int) -> Block:
        """The block of these steps."""
        known, entering = self.reading.take(start, stop)
        block = Block(start, known, entering)
        if self.beginning is not None:
            block.below = self.beginning.ran(start, known, entering)
        return block

    @torch.inference_mode()
    def step(self, layer: int, block: Block) -> None:
        """Step one layer through the block: its hidden states."""
        model, own = self.model, self.layers[layer]
        if len(block.entering) == 0:
            width = model.network.width_of(layer)
            block.given.append(torch.zeros(0, 1, width))
            block.ran.append(None)
            block.after.append(self.state[layer])
            return
        if layer == 0:
            block.front = model.embed(block.entering.unsqueeze(1))
        inputs = model.layer_input(layer, block.front, block.given)
        ran = block.below.get(layer)
        if ran is None:
            ran = own.run(inputs, self.state[layer])
            if self.beginning is not None and layer < len(self.beginning.layers):
                block.below[layer] = ran
        self.state[layer] = ran.after
        block.given.append(model.layer_output(layer, inputs, [ran.hidden]))
        block.ran.append(ran)
        block.after.append(ran.after)

    @torch.inference_mode()
    def finish(self, block: Block) -> None:
        """Everything else about the block."""
        values = self.known_values(block)
        given = [part[:, 0] for part in block.given]
        output = self.outcome.of(given, block.entering, block.known, block.start)
        block.walked = Walked(
            block.start,
            {
                name: spread(rows.t(), self.values[name].t(), block.known).T
                for name, rows in values.items()
            },
            output,
        )
        if len(block.entering) > 0:
            self.values = {name: rows[:, -1:].clone() for name, rows in values.items()}
        block.last = self.last()

    def last(self) -> dict[str, Tensor]:
        """What stays at a step that the model does not know, and the next prediction."""
        values = {f"values.{name}": rows for name, rows in self.values.items()}
        return {**self.outcome.carried(), **values}

    def go_on(self, carried: Mapping[str, Tensor]) -> None:
        """Begin where another walk ended its block; see `Block.carried`.

        Raises:
            RecordingError: it was the walk of another network, or of other channels.
        """
        last = self.last()
        try:
            found = {name: states.restored(carried, part, name) for name, part in last.items()}
            state = states.restored(carried, tuple(self.state), "state")
        except (KeyError, ValueError) as error:
            raise RecordingError("the walk was left by another network") from error
        if carried.keys() != {*found, *(name for name, _ in states.named(state, "state"))}:
            raise RecordingError("the walk was left with other channels")
        self.outcome.restore(carried)
        self.values = {name: carried[f"values.{name}"] for name in self.values}
        self.state = list(state)

    def known_values(self, block: Block) -> dict[str, Tensor]:
        """Every channel at the steps that the model knows, each (R, k)."""
        rows = self.kept.buffers(len(block.entering))
        for layer, ran in enumerate(block.ran):
            if ran is None:
                continue
            known = None
            if layer == 0 and ran.kept is None and not self.kept.hidden_alone:
                known = None if self.table is None else self.table[block.entering].unsqueeze(1)
            for name, values in self.kept.of(layer, ran, known).items():
                first, last = self.kept.places[layer][name]
                rows[name][first:last].copy_(values[:, 0].to(self.kept.dtype).t())
        return rows


def named(state: Sequence[LayerState], last: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The states of all layers and what else is carried, by names for a file."""
    return {**dict(states.named(state, "state")), **last}


def run(
    walker: Walker,
    stop: int,
    receive: Callable[[Block, Walked], None],
    progress: Callable[[int, int], None],
    sizes: Sizes,
    threads: int | None,
    begin: int = 0,
) -> None:
    """Send the steps before `stop` through the walker's stages, block by block.

    Args:
        receive: given every block in order, and what it became, on some thread.
        progress: told after it, on this thread.
        sizes: of the blocks; see `spans`.
        begin: the blocks before this step were walked already; where one of them ended.
    """

    def hand_over(block: Block) -> None:
        assert block.walked is not None
        receive(block, block.walked)

    stages: list[Callable[[Block], None]] = [*walker.stages, hand_over]
    # A walk that goes on has the same blocks as one that was never left, so the same rounding.
    blocks = (walker.block(*span) for span in spans(stop, *sizes) if span[0] >= begin)
    with evaluating(walker.model), one_thread_each:
        run_staged(
            stages,
            blocks,
            lambda block: progress(block.stop, stop),
            threads or min(os.cpu_count() or 1, len(stages)),
        )


class _Way(Protocol):
    """Walks documents, each for itself; see `walk` for what is given."""

    def __call__(
        self,
        model: SequenceNetwork,
        reading: Reading,
        folder: Path,
        channels: Sequence[str],
        *,
        progress: Callable[[int, int], None],
        model_path: str,
        until: int | None,
        dtype: FloatType,
    ) -> None: ...


def ignore(done: int, total: int) -> None:
    """Progress that is not shown."""


def walk(
    model: SequenceNetwork,
    read: Text | Reading,
    folder: Path,
    channels: Sequence[str],
    *,
    progress: Callable[[int, int], None] = ignore,
    model_path: str = "",
    first_block: int = FIRST_BLOCK,
    block: int = BLOCK,
    threads: int | None = None,
    until: int | None = None,
    model_stamp: str = "",
    dtype: FloatType = "float16",
) -> None:
    """Walk what a network reads and write its recording into a folder; readers see it grow.

    A walk of the same text through the same model that was left in this folder goes on from its
    last complete block; whatever else the folder holds of a recording is replaced. A network that
    reads both ways or in windows, and one that reads several documents, is walked anew.

    Args:
        channels: which to keep; names of channels that some layer has.
        progress: told how many steps of how many can be read; what it raises ends the walk, and
            what was written stays.
        first_block: steps of the first block; each is twice as long as the one before, up to
            `block`.
        threads: at most so many; by default one a core, as far as they are of use.
        until: read no further than this step; the recording stays incomplete then.
        model_stamp: tells this state of the model's file from others; without it no walk goes on.
        dtype: of the values on the disk.

    Raises:
        RecordingError: the model has no such channel, or the disk is full.
        TextError: the model knows none of the symbols.
    """
    reading = read_text(model.network.reads, read) if isinstance(read, Text) else read
    require_channels(model, channels)
    reading.require_known()
    if not model.network.streams or reading.documents.many:
        way = _other_way(model.network)
        way(
            model, reading, folder, channels,
            progress=progress, model_path=model_path, until=until, dtype=dtype,
        )  # fmt: skip
        return
    kind = TORCH_TYPES[dtype]
    below = None
    if model.intervention is not None and model.intervention.layer > 0:
        below = beginning_of(model.recurrent[: model.intervention.layer], SEEN_AT_ONCE)
    walker = Walker(model, reading, channels, kind, below)
    new_writer = partial(
        writer_of, model, reading, folder, channels, walker.outcome, dtype, model_path
    )
    sizes: Sizes = (first_block, block)
    if model.intervention is not None:
        sizes = (first_block, block, SEEN_AT_ONCE)
    left = _Left(model_stamp if until is None else "", sizes, len(reading))
    begin, ready = left.read(folder, walker), Future[RecordingWriter]()
    if begin > 0:
        walker.beginning = None
        try:
            ready.set_result(new_writer(again=True))
        except RecordingError:
            walker, begin = Walker(model, reading, channels, kind), 0

    def write(done: Block, walked: Walked) -> None:
        writer = ready.result()
        writer.write(walked.start, walked.channels, walked.output)
        left.note(writer, done)

    stop = len(reading) if until is None else min(until, len(reading))
    with ThreadPoolExecutor(1) as making:
        if begin == 0:  # the files are made while the first block is read
            ready = making.submit(new_writer, until=until)
        try:
            run(walker, stop, write, progress, sizes, threads, begin)
        finally:
            left.write(ready.result())


def _other_way(network: NetworkDescription) -> _Way:
    """How is walked what is not one stream from the first step to the last."""
    if network.windows is not None:
        return walk_windows
    return walk_layer_by_layer if network.backwards else walk_documents


class _Left:
    """The states that a recording keeps of a walk, and how to go on from the last of them."""

    def __init__(self, model: str, sizes: Sizes, length: int) -> None:
        self._model, self._sizes = model, sizes
        self._written = time.monotonic()
        self._newest: tuple[int, dict[str, Tensor]] | None = None
        # Where a text is walked again from its middle, states kept on the way spare the way there.
        self._apart = max(sizes[1], -(-length // _KEPT_STATES))
        self._kept = 0
        self._passing: int | None = None
        """A state that the next one takes the place of."""

    def read(self, folder: Path, walker: Walker) -> int:
        """Put the walker where the walk was left; the character to go on from, 0 for none."""
        steps = saved_states(folder) if self._model else ()
        if not steps:
            return 0
        try:
            state = read_state(folder, steps[-1])
            if _header(state) != self._about():
                return 0
            walker.go_on(load_tensors(state))
        except (SafetensorError, RecordingError, ValueError, TypeError):
            return 0
        self._kept = steps[-1]
        return steps[-1]

    def note(self, writer: RecordingWriter, block: Block) -> None:
        """Remember where the walk is; written now and then."""
        if self._model:
            self._newest = block.stop, block.carried
            late = time.monotonic() - self._written > _SECONDS_BETWEEN_STATES
            if late or block.stop - self._kept >= self._apart:
                self.write(writer)

    def write(self, writer: RecordingWriter) -> None:
        """Write what was noted last; a walk that cannot keep it is walked anew some day."""
        if self._newest is None:
            return
        stop, state = self._newest
        with contextlib.suppress(OSError, SafetensorError):
            writer.save_state(stop, save_tensors(state, self._about()))
            if self._passing is not None:
                writer.forget_state(self._passing)
        self._passing = stop
        if stop - self._kept >= self._apart:
            self._kept, self._passing = stop, None
        self._newest, self._written = None, time.monotonic()

    def _about(self) -> dict[str, str]:
        return {"model": self._model, "blocks": f"{self._sizes}"}


def _header(state: bytes) -> object:
    """What was written beside the tensors of a state."""
    size = int.from_bytes(state[:8], "little")
    return json.loads(state[8 : 8 + size]).get("__metadata__")
