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
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor
from torch.nn import functional

from rnnviz.core.errors import RecordingError, TextError
from rnnviz.core.models.units import groups_of
from rnnviz.core.recordings.description import TOP, Next
from rnnviz.core.recordings.recording import read_state, saved_states
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Codes, Text
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.architectures.base import LayerState, Ran
from rnnviz.nets.language.model import CharacterLanguageModel
from rnnviz.nets.layers import states
from rnnviz.nets.walking.pipeline import run_staged
from rnnviz.nets.walking.threads import one_thread_each

FIRST_BLOCK = 256
BLOCK = 2048
"""Characters at a time: few at first, so that there is something to see at once, then as many as
stay in the processor's caches."""
_SECONDS_BETWEEN_STATES = 1.0
"""So much of a walk is lost at most when its process is killed."""
_KEPT_STATES = 64
"""So many states stay in a recording at most, evenly apart."""


@dataclass(frozen=True)
class Walked:
    """What a block of b characters became; see `Recording` for what the arrays hold."""

    start: int
    channels: dict[str, npt.NDArray[np.floating]]
    """Each (N, b)."""
    surprisal: npt.NDArray[np.float32]
    top_ids: npt.NDArray[np.int64]
    top_p: npt.NDArray[np.float32]


@dataclass
class Block:
    """Some consecutive characters of the text, b of them, of which the model knows k."""

    start: int
    known: npt.NDArray[np.bool_]
    """(b,) which characters the model knows."""
    ids: Tensor
    """(k,) their ids."""
    hidden: list[Tensor] = field(default_factory=list)
    """(k, 1, U), one a layer that the block has passed."""
    ran: list[Ran | None] = field(default_factory=list)
    """What each layer did; None where there was nothing to read."""
    after: list[LayerState] = field(default_factory=list)
    """The state of each layer after the block."""
    walked: Walked | None = None
    """What came of it, after `Walker.finish`."""
    last: dict[str, Tensor] = field(default_factory=dict)
    """What `Walker.finish` carries from this block to the next."""

    @property
    def stop(self) -> int:
        """The first character after the block."""
        return self.start + len(self.known)

    @property
    def carried(self) -> dict[str, Tensor]:
        """A copy of everything that a walk of what follows begins with."""
        return {n: part.clone().contiguous() for n, part in named(self.after, self.last).items()}


class Walker:
    """One walk of one text: its stages, and the state that each carries from block to block."""

    def __init__(
        self,
        model: CharacterLanguageModel,
        channels: Sequence[str],
        dtype: torch.dtype,
    ) -> None:
        facts = model.architecture.facts
        available = facts.channel_names
        for channel in channels:
            if channel not in available:
                raise RecordingError(
                    f"a {facts.title} has no channel {channel!r}; it has {', '.join(available)}"
                )
        self.model = model
        self.layers = model.recurrent
        self.vocabulary = model.description.characters()
        self.channels = tuple(channels)
        self.any_size = {one.name for one in facts.channels if one.range == "unbounded"}
        self.dtype = dtype
        units = model.description.total_units
        self.state = list(model.zero_state(1))
        self.values = {name: torch.zeros(units, 1, dtype=dtype) for name in channels}
        self.log_p = torch.full((1, len(self.vocabulary)), math.nan)
        self.top_ids = torch.zeros(1, TOP, dtype=torch.long)
        self.top_p = torch.zeros(1, TOP)
        steps: list[Callable[[Block], None]] = [
            partial(self.step, layer) for layer in range(len(self.state))
        ]
        self.stages = [*steps, self.finish]
        with torch.inference_mode():
            # What the first layer makes of its input is one of V rows.
            every = torch.arange(len(self.vocabulary))
            self.table = self.layers[0].project(model.embed(every))

    def block(self, codes: Codes, start: int) -> Block:
        """The block of these characters, (b,)."""
        ids = self.vocabulary.encode_codes(codes)
        known = ids != UNKNOWN
        return Block(start, known, torch.from_numpy(ids[known]).long())

    def require_known(self, codes: Codes) -> None:
        """Refuse a text of which no character is in the vocabulary.

        Raises:
            TextError: naming some of the characters that the model knows.
        """
        bounds = range(0, len(codes), BLOCK)
        if codes.size and not any(self.block(codes[a : a + BLOCK], a).known.any() for a in bounds):
            raise TextError(
                "the model knows none of the characters of this text; "
                f"it knows {''.join(self.vocabulary.characters)[:80]!r}"
            )

    @torch.inference_mode()
    def step(self, layer: int, block: Block) -> None:
        """Step one layer through the block: its hidden states."""
        model, own = self.model, self.layers[layer]
        if len(block.ids) == 0:
            block.hidden.append(self.log_p.new_zeros(0, 1, own.units))
            block.ran.append(None)
            block.after.append(self.state[layer])
            return
        embedded = model.embed(block.ids.unsqueeze(1))
        below = block.hidden[-1] if block.hidden else embedded
        ran = own.run(model.layer_input(layer, embedded, below), self.state[layer])
        self.state[layer] = ran.after
        block.hidden.append(ran.hidden)
        block.ran.append(ran)
        block.after.append(ran.after)

    @torch.inference_mode()
    def finish(self, block: Block) -> None:
        """Everything else about the block."""
        values = self.known_values(block)
        log_p = torch.log_softmax(self.model.logits([part[:, 0] for part in block.hidden]), dim=1)
        expected = torch.cat([self.log_p, log_p])
        surprisal = expected[:-1].gather(1, block.ids.unsqueeze(1)).squeeze(1) / -math.log(2)
        top = log_p.topk(min(TOP, log_p.shape[1]))
        missing = (0, TOP - top.indices.shape[1])
        top_ids = functional.pad(top.indices, missing)
        top_p = functional.pad(top.values.exp(), missing)
        surprisals = np.full(len(block.known), np.nan, np.float32)
        surprisals[block.known] = surprisal.numpy()
        block.walked = Walked(
            block.start,
            {
                name: repeat(rows.t(), self.values[name].t(), block).T
                for name, rows in values.items()
            },
            surprisals,
            repeat(top_ids, self.top_ids, block),
            repeat(top_p, self.top_p, block),
        )
        if len(block.ids) > 0:
            self.values = {name: rows[:, -1:].clone() for name, rows in values.items()}
            self.log_p, self.top_ids, self.top_p = log_p[-1:], top_ids[-1:], top_p[-1:]
        block.last = self.last()

    def last(self) -> dict[str, Tensor]:
        """What stays at a character that the model does not know, and the next prediction."""
        values = {f"values.{name}": rows for name, rows in self.values.items()}
        return {"log_p": self.log_p, "top_ids": self.top_ids, "top_p": self.top_p, **values}

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
        self.log_p, self.top_p = carried["log_p"], carried["top_p"]
        self.top_ids = carried["top_ids"]
        self.values = {name: carried[f"values.{name}"] for name in self.values}
        self.state = list(state)

    def known_values(self, block: Block) -> dict[str, Tensor]:
        """Every channel at the characters that the model knows, each (N, k)."""
        units = self.model.description.units
        limits = torch.finfo(self.dtype)
        rows = {
            name: torch.empty(units * len(block.hidden), len(block.ids), dtype=self.dtype)
            for name in self.channels
        }
        for layer, ran in enumerate(block.ran):
            if ran is None:
                continue
            given = {"hidden": ran.hidden}
            if set(self.channels) != {"hidden"}:
                known = None
                if layer == 0 and self.table is not None:
                    known = self.table[block.ids].unsqueeze(1)
                given = dict(self.layers[layer].channels(ran, known))
            for name in given.keys() & self.any_size:
                # A unit that counts without forgetting leaves the range of float16 in a long text.
                given[name] = given[name].clamp(limits.min, limits.max)
            for name in rows.keys() & given.keys():
                part = rows[name][layer * units : (layer + 1) * units]
                part.copy_(given[name][:, 0].to(self.dtype).t())
        return rows


def named(state: Sequence[LayerState], last: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The states of all layers and what else is carried, by names for a file."""
    return {**dict(states.named(state, "state")), **last}


def repeat(values: Tensor, last: Tensor, block: Block) -> npt.NDArray[Any]:
    """Values (b, ...) at every character, from those (k, ...) at the known ones.

    At a character the model does not know they are those of the last known one, which may be the
    last before the block, (1, ...).
    """
    if block.known.all():
        return values.numpy()
    places = torch.from_numpy(np.cumsum(block.known))
    return torch.cat([last, values])[places].numpy()


def spans(length: int, first: int, largest: int) -> Iterator[tuple[int, int]]:
    """Start and stop of every block of a text, each twice as long as the one before it."""
    start, size = 0, min(first, largest)
    while start < length:
        yield start, min(start + size, length)
        start, size = start + size, min(2 * size, largest)


def run(
    walker: Walker,
    codes: Codes,
    receive: Callable[[Block, Walked], None],
    progress: Callable[[int, int], None],
    sizes: tuple[int, int],
    threads: int | None,
    begin: int = 0,
) -> None:
    """Send the text of these characters through the walker's stages, block by block.

    Args:
        receive: given every block in order, and what it became, on some thread.
        progress: told after it, on this thread.
        sizes: characters of the first block and of the largest.
        begin: the blocks before this character were walked already; where one of them ended.
    """

    def hand_over(block: Block) -> None:
        assert block.walked is not None
        receive(block, block.walked)

    stages: list[Callable[[Block], None]] = [*walker.stages, hand_over]
    # A walk that goes on has the same blocks as one that was never left, so the same rounding.
    blocks = (
        walker.block(np.asarray(codes[start:stop]), start)
        for start, stop in spans(len(codes), *sizes)
        if start >= begin
    )
    training = walker.model.training
    walker.model.eval()
    try:
        with one_thread_each:
            run_staged(
                stages,
                blocks,
                lambda block: progress(block.stop, len(codes)),
                threads or min(os.cpu_count() or 1, len(stages)),
            )
    finally:
        walker.model.train(training)


def ignore(done: int, total: int) -> None:
    """Progress that nobody watches."""


def walk(
    model: CharacterLanguageModel,
    text: Text,
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
) -> None:
    """Walk a text and write its recording into a folder; readers see it grow.

    A walk of the same text through the same model that was left in this folder goes on from its
    last complete block; whatever else the folder holds of a recording is replaced.

    Args:
        channels: which to keep; names of channels that the architecture has.
        progress: told how many characters of how many can be read; what it raises ends the walk,
            and what was written stays.
        first_block: characters of the first block; each is twice as long as the one before, up to
            `block`.
        threads: at most so many; by default one a core, as far as they are of use.
        until: read no further than this character; the recording stays incomplete then.
        model_stamp: tells this state of the model's file from others; without it no walk goes on.

    Raises:
        RecordingError: the model has no such channel, or the disk is full.
        TextError: the model knows none of the characters.
    """
    walker = Walker(model, channels, torch.float16)
    walker.require_known(text.codes)
    about = model.description
    new_writer = partial(
        RecordingWriter,
        folder,
        text,
        groups_of(about, channels),
        Next(),
        about.vocabulary,
        model_name=about.name,
        model_path=model_path,
    )
    sizes = (first_block, block)
    left = _Left(model_stamp if until is None else "", sizes, len(text))
    writer, begin = None, left.read(folder, walker)
    if begin > 0:
        with contextlib.suppress(RecordingError):
            writer = new_writer(again=True)
    if writer is None:
        walker, begin = Walker(model, channels, torch.float16), 0
        writer = new_writer(until=until)

    def write(done: Block, walked: Walked) -> None:
        came_out: dict[str, npt.NDArray[Any]] = {
            "surprisal": walked.surprisal,
            "top_ids": walked.top_ids,
            "top_p": walked.top_p,
        }
        writer.write(walked.start, walked.channels, came_out)
        left.note(writer, done)

    try:
        run(walker, text.codes[:until], write, progress, sizes, threads, begin)
    finally:
        left.write(writer)


class _Left:
    """The states that a recording keeps of a walk, and how to go on from the last of them."""

    def __init__(self, model: str, sizes: tuple[int, int], length: int) -> None:
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


def walk_arrays(
    model: CharacterLanguageModel,
    text: str,
    channels: Sequence[str],
    *,
    first_block: int = FIRST_BLOCK,
    block: int = BLOCK,
    threads: int | None = None,
) -> Mapping[str, npt.NDArray[Any]]:
    """Walk a short text in memory, in full precision.

    Returns:
        Every channel, (N, T) float32; `surprisal` (T,); `top_ids` and `top_p`, (T, 5).

    Raises:
        RecordingError: the model has no such channel.
        TextError: the text is empty or the model knows none of its characters.
    """
    if not text:
        raise TextError("there is no text to walk")
    codes = Text.of(text).codes
    walker = Walker(model, channels, torch.float32)
    walker.require_known(codes)
    parts: list[Walked] = []

    def receive(_: Block, walked: Walked) -> None:
        parts.append(walked)

    run(walker, codes, receive, ignore, (first_block, block), threads)
    return {
        **{name: np.concatenate([part.channels[name] for part in parts], 1) for name in channels},
        "surprisal": np.concatenate([part.surprisal for part in parts]),
        "top_ids": np.concatenate([part.top_ids for part in parts]),
        "top_p": np.concatenate([part.top_p for part in parts]),
    }
