"""Walking layer by layer, each whole before the one above it, as reading both ways needs it.

Rows that read from the end begin there. One document is read after another; of each, what a layer
gave is kept until the layers above have read it, and everything else is written block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from rnnviz.core.models.network import NetworkDescription
from rnnviz.core.recordings.description import FloatType
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.nets.architectures.base import LayerState
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Known, Reading
from rnnviz.nets.walking.kept import TORCH_TYPES, KeptChannels, writer_of
from rnnviz.nets.walking.outcomes import NextSymbol, Outcome, outcome_of, spread
from rnnviz.nets.walking.threads import one_thread_each

_BLOCK = 4096
"""Steps that are computed and written at a time."""


def walk_layer_by_layer(
    model: SequenceNetwork,
    reading: Reading,
    folder: Path,
    channels: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    model_path: str = "",
    until: int | None = None,
    dtype: FloatType = "float16",
) -> None:
    """Write the recording of what a network reads into a folder; readers see it grow.

    Args:
        progress: told how many steps of how many can be read, at the end of every document; and on
            the way through one how far it has come, as steps that cannot be read yet.
        until: no document that begins at this step or behind it is read.

    Raises:
        RecordingError: the disk is full.
    """
    outcome = outcome_of(model, reading)
    writer = writer_of(model, reading, folder, channels, outcome, dtype, model_path)
    walker = _Walker(model, channels, TORCH_TYPES[dtype])
    total = len(reading)
    with torch.inference_mode(), evaluating(model), one_thread_each:
        for start, stop in reading.documents:
            if until is not None and start >= until:
                break
            known, entering = reading.take(start, stop)
            walker.read(writer, start, known, entering)
            came_out = walker.came_out(outcome, entering, known, start)
            writer.write_output(start, came_out)
            progress(stop, total)


class _Walker:
    """What one document goes through."""

    def __init__(self, model: SequenceNetwork, channels: Sequence[str], dtype: torch.dtype) -> None:
        self.model = model
        self.layers = model.recurrent
        self.kept = KeptChannels(model, channels, dtype)
        self._last_use = _last_uses(model.network)
        self.given: list[Tensor] = []
        """(k, 1, W) of each layer; empty once no layer reads it."""

    def read(self, writer: RecordingWriter, start: int, known: Known, entering: Tensor) -> None:
        """Send a document through all layers; `given` then holds what the head sees."""
        model, network = self.model, self.model.network
        states: Sequence[LayerState] = model.zero_state(1)
        self.given, row = [], 0
        for place, about in enumerate(network.layers):
            hidden = []
            for direction in about.directions:
                found = torch.zeros(len(entering), 1, about.width // len(about.directions))
                state = states[row]
                for here in _blocks(len(entering), direction == "backward"):
                    inputs = self._inputs(place, entering, here)
                    state = self._run(writer, row, inputs, state, (start, here, known), found)
                if not len(entering):
                    self._write_nothing(writer, row, start, known)
                hidden.append(found)
                row += 1
            whole = torch.zeros(len(entering), 1, about.width)
            for here in _blocks(len(entering), False):
                inputs = self._inputs(place, entering, here)
                whole[here] = model.layer_output(place, inputs, [part[here] for part in hidden])
            self.given.append(whole)
            for below, last in enumerate(self._last_use):
                if last == place:
                    self.given[below] = whole.new_zeros(0)

    def _inputs(self, place: int, entering: Tensor, here: slice) -> Tensor:
        front = self.model.embed(entering[here].unsqueeze(1))
        given = [part[here] for part in self.given]
        return self.model.layer_input(place, front, given)

    def _run(
        self,
        writer: RecordingWriter,
        row: int,
        inputs: Tensor,
        state: LayerState,
        where: tuple[int, slice, Known],
        found: Tensor,
    ) -> LayerState:
        """Run and write a block of one layer in one direction; the state after it."""
        start, here, known = where
        backward = self.model.network.rows[row].direction == "backward"
        ran = self.layers[row].run(inputs.flip(0) if backward else inputs, state)
        channels = {
            name: (values.flip(0) if backward else values)[:, 0].to(self.kept.dtype)
            for name, values in self.kept.of(row, ran).items()
        }
        found[here] = ran.hidden.flip(0) if backward else ran.hidden
        first, steps = _steps_of(here, known)
        by_group: dict[int, dict[str, Tensor]] = {}
        for name, values in channels.items():
            nothing = values.new_zeros(1, values.shape[1])
            rows = torch.from_numpy(spread(values, nothing, steps)).t()
            by_group.setdefault(self.kept.group_of[row][name], {})[name] = rows
        for group, parts in by_group.items():
            writer.write_group(
                group, start + first, {name: rows.numpy() for name, rows in parts.items()}
            )
        return ran.after

    def _write_nothing(self, writer: RecordingWriter, row: int, start: int, known: Known) -> None:
        """Zeros at all steps of a document of which nothing is known."""
        for group in set(self.kept.group_of[row].values()):
            about = self.kept.groups[group]
            nothing = torch.zeros(about.width, len(known)).numpy()
            writer.write_group(group, start, dict.fromkeys(about.channels, nothing))

    def came_out(self, outcome: Outcome, entering: Tensor, known: Known, start: int) -> dict:
        """What came out at every step of the document."""
        outcome.begin()
        given = [part[:, 0] if part.dim() == 3 else part for part in self.given]
        # A language model that reads from the end predicts what stands before.
        if isinstance(outcome, NextSymbol) and self.model.network.backwards:
            given, entering = [part.flip(0) for part in given], entering.flip(0)
            turned = outcome.of(given, entering, known[::-1].copy(), start)
            return {name: values[::-1] for name, values in turned.items()}
        return outcome.of(given, entering, known, start)


def _blocks(count: int, backward: bool) -> Iterator[slice]:
    """The known steps of a document, some at a time, in the order in which they are read."""
    starts = range(0, count, _BLOCK)
    for start in reversed(starts) if backward else starts:
        yield slice(start, min(start + _BLOCK, count))


def _steps_of(here: slice, known: Known) -> tuple[int, Known]:
    """Which steps belong to a block of known ones: the first, and which of them are known.

    Steps that are not known belong to the known one before them; those in front, to the first.
    """
    if known.all():
        return here.start, known[here]
    places = known.nonzero()[0]
    first = 0 if here.start == 0 else int(places[here.start])
    stop = len(known) if here.stop >= len(places) else int(places[here.stop])
    return first, known[first:stop]


def _last_uses(network: NetworkDescription) -> list[int]:
    """The last layer that reads what each layer gives; never, where the head sees it."""
    found = []
    for place in range(len(network.layers)):
        users = [above for above in range(len(network.layers)) if place in network.inputs_of(above)]
        last = max(users, default=place)
        found.append(-1 if place in network.read_layers else last)
    return found
