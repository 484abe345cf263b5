"""Which channels of which layers a walk keeps, and where in a recording each of them lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnnviz.core.errors import RecordingError
from rnnviz.core.models.network import NetworkDescription, Symbols
from rnnviz.core.models.units import groups_of
from rnnviz.core.recordings.description import FloatType
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.nets.architectures.base import Ran
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Reading
from rnnviz.nets.walking.outcomes import Outcome

TORCH_TYPES: Mapping[FloatType, torch.dtype] = {
    "float16": torch.float16,
    "float32": torch.float32,
}
"""What the values of a recording are while they are computed."""
_LARGEST_TABLE = 1 << 24
"""Numbers of a table of what the first layer makes of each symbol."""
BOTH_WAYS = "The network reads both ways: the units that read from the end have seen what follows."
CUT_THERE = (
    "The network reads both ways: the verdict after a word is that of the text cut there, and the "
    "units that read from the end have seen what follows."
)


def in_windows(network: NetworkDescription) -> str:
    """What is shown of a network that reads in windows, in a sentence."""
    windows = network.windows
    assert windows is not None
    first = (
        f"before the first step of a text stands {windows.padding!r}"
        if windows.padding and windows.padding.isprintable()
        else "before the first step of a text stands what filled windows in training"
        if windows.padding
        else f"the first {windows.steps - 1:,} windows of a text are shorter"
    )
    shown = (
        "what is shown of a unit at a step is its state after it has read the window that ends "
        "there, from its end where the unit reads so"
        if network.backwards
        else "what is shown of a unit at a step is its state at the end of the window that ends "
        "there"
    )
    return (
        f"The network reads in windows of {windows.steps:,} steps, each from an empty state; "
        f"{shown}; {first}."
    )


def require_channels(model: SequenceNetwork, channels: Sequence[str]) -> None:
    """Refuse channels that no layer has.

    Raises:
        RecordingError: naming those that there are.
    """
    available = model.network.channel_names
    kinds = list(dict.fromkeys(rows.facts.with_article for rows in model.network.rows))
    for channel in channels:
        if channel not in available:
            raise RecordingError(
                f"{' and '.join(kinds)} has no channel {channel!r}; it has {', '.join(available)}"
            )


class KeptChannels:
    """The wanted channels of every row of layers, in the form in which they are written."""

    def __init__(self, model: SequenceNetwork, channels: Sequence[str], dtype: torch.dtype) -> None:
        self.layers, self.dtype = model.recurrent, dtype
        self.groups = Groups(groups_of(model.description, channels))
        self.rows = {name: self.groups.rows(name) for name in channels}
        """R of every channel."""
        self.hidden_alone = set(channels) == {"hidden"}
        self.places: list[dict[str, tuple[int, int]]] = []
        """For each layer and direction, the rows at which each of its channels lies."""
        self.group_of: list[dict[str, int]] = []
        """For each layer and direction, the group that has the channel."""
        self._any_size: list[set[str]] = []
        for rows in model.network.rows:
            mine = [
                (number, group)
                for number, group in enumerate(self.groups)
                if (group.layer, group.direction) == (rows.layer, rows.direction)
            ]
            self.group_of.append(
                {name: number for number, group in mine for name in group.channels}
            )
            self.places.append({})
            for number, group in mine:
                for name in group.channels:
                    first = self.groups.first_row(name, number)
                    self.places[-1][name] = first, first + group.width
            said = {name for _, group in mine for name, of in group.ranges.items()}
            known = {one.name for one in rows.facts.channels if one.range == "unbounded"}
            self._any_size.append(said | known)

    def buffers(self, steps: int) -> dict[str, Tensor]:
        """Empty arrays for so many steps of every channel, (R, steps) each."""
        return {
            name: torch.empty(rows, steps, dtype=self.dtype) for name, rows in self.rows.items()
        }

    def of(self, row: int, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """The wanted channels (T, B, U) of a block that a layer ran.

        Args:
            row: the layer and direction, by its place among the description's `rows`.
            projected: what it makes of its inputs, if known; it may be overwritten.
        """
        if self.hidden_alone:
            given = {"hidden": ran.hidden}
        else:
            given = dict(self.layers[row].channels(ran, projected))
        limits = torch.finfo(self.dtype)
        for name in given.keys() & self._any_size[row]:
            # A unit that counts without forgetting leaves the range of float16 in a long text.
            given[name] = given[name].clamp(limits.min, limits.max)
        return {name: given[name] for name in self.places[row]}


def input_table(model: SequenceNetwork) -> Tensor | None:
    """What the first layer makes of its input, where that is one of a few rows: (V, R)."""
    network = model.network
    rows = network.layers[0].facts.blocks * network.layers[0].units
    if not isinstance(network.reads, Symbols) or len(network.symbols) * rows > _LARGEST_TABLE:
        return None
    with torch.inference_mode():
        every = torch.arange(len(network.symbols))
        return model.recurrent[0].project(model.embed(every))


def writer_of(
    model: SequenceNetwork,
    reading: Reading,
    folder: Path,
    channels: Sequence[str],
    outcome: Outcome,
    dtype: FloatType = "float16",
    model_path: str = "",
    **more: Any,
) -> RecordingWriter:
    """A writer for the recording of what a network reads.

    Raises:
        RecordingError: the disk is too full for it, or cannot be written.
    """
    network = model.network
    notes: tuple[str, ...] = ()
    if network.windows is not None:
        notes = (in_windows(network),)
    elif network.both_ways:
        notes = (BOTH_WAYS if network.readout.kind == "every" else CUT_THERE,)
    if model.intervention is not None:
        done = model.intervention.sentence
        notes = (*notes, f"Read while {done}.")
    return RecordingWriter(
        folder,
        reading.sequence,
        groups_of(model.description, channels),
        outcome.output,
        reading.vocabulary,
        dtype=dtype,
        model_name=model.description.name,
        model_path=model_path,
        notes=notes,
        **more,
    )
