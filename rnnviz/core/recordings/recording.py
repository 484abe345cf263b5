"""What a walk leaves on disk: every unit at every step, memory-mapped, unit-major.

    RECORDING/recording.json     sizes, groups, channels, vocabulary, versions: written once
    RECORDING/text.codes, ...    what was read, in files of its kind (`core.sequences`)
    RECORDING/documents.i64      where the documents begin, if there are several
    RECORDING/<channel>.f16      (R, T): the rows of all groups that have this channel
    RECORDING/surprisal.f16, ... what came out at each step (`description.Output`)
    RECORDING/complete           which ranges of steps of which group are complete
    RECORDING/state.<step>       what a walk goes on with from this step: bytes of whoever wrote it

Version 1, which had layers of equal width and one number for what is complete, is read as well.
The format is specified in `docs/formats.md`.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from rnnviz.core.architectures import Channel, channel_named, known_facts
from rnnviz.core.errors import ModelFileError, RecordingError
from rnnviz.core.files.reading import open_regular, read_small
from rnnviz.core.recordings.completeness import (
    COMPLETE,
    WALKED,
    Completeness,
    CompleteRanges,
    WalkedSoFar,
    slots,
)
from rnnviz.core.recordings.description import (
    DESCRIPTION,
    DTYPES,
    RECORDING_VERSION,
    SUFFIXES,
    TOP,
    Classes,
    Next,
    read_description,
    size_bytes,
)
from rnnviz.core.recordings.groups import Group, Groups
from rnnviz.core.recordings.ranges import Ranges, common, merged, without
from rnnviz.core.sequences.base import Sequence
from rnnviz.core.sequences.documents import Documents, checked
from rnnviz.core.sequences.numbers import VALUES, Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import CODES, IDS, SPANS
from rnnviz.core.sequences.vocabulary import Vocabulary

__all__ = ["RECORDING_VERSION", "TOP", "Halves", "Recording", "Values", "size_bytes"]

DOCUMENTS = "documents.i64"
STATE = re.compile(r"state\.(\d{1,18})")
_LARGEST_STATE = 1 << 32
_DERIVED = ("ranking-*.json", "probe-*.json", "labels-*.npy", "state.*")

Halves = npt.NDArray[np.float16]
Values = npt.NDArray[np.floating]
"""float16, or float32 where that was asked for."""


def remove_recording(folder: Path) -> None:
    """Delete what a recording holds, and what was derived from it; other files there stay."""
    names = [DESCRIPTION, COMPLETE, WALKED, DOCUMENTS, CODES, SPANS, IDS, VALUES]
    try:
        about = read_description(folder)
    except RecordingError:
        about = None
    if about is not None:
        suffix = SUFFIXES[about.dtype]
        names += [f"{channel}.{suffix}" for group in about.groups for channel in group.channels]
        names += about.output_files
    derived = [path for pattern in _DERIVED for path in folder.glob(pattern) if path.is_file()]
    for path in (*(folder / name for name in names), *derived):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


class Files:
    """The arrays in the folder of a recording, memory-mapped and read-only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str, dtype: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The array of this file.

        Raises:
            RecordingError: it is not there, or of another size.
        """
        path, kind = self.folder / name, np.dtype(dtype)
        wanted = math.prod(shape) * kind.itemsize
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
            if size != wanted:
                raise RecordingError(
                    f"{path.name} of the recording {self.folder.name} holds {size:,} bytes instead "
                    f"of {wanted:,}; walk the text again"
                )
            if wanted == 0:
                return np.zeros(shape, kind)
            return np.memmap(path, dtype=kind, mode="r", shape=shape)
        except OSError as error:
            raise RecordingError(f"cannot read {path}: {error.strerror}") from error


class Recording:
    """A recording opened read-only; it may still be growing (see `walked`).

    ==================  ===========================================================
    `values(c, n)`      (T,) float16, one unit over the whole sequence
    `rows(c)`           (R, T) float16, all units that have the channel; memory-mapped
    `groups`            which units there are, what they are called, what they have
    `sequence`          what was read; `text` is what people see of it
    `documents`         where the state starts anew
    ==================  ===========================================================

    `description.output` says what came out. Of a network that predicts the next symbol:

    ==================  ===========================================================
    `surprisal`         (T,) float16, bits; NaN where unknown
    `top_ids`           (T, 5) uint32, ids of the likeliest next symbols
    `top_p`             (T, 5) float16, their probabilities
    ==================  ===========================================================

    of a classifier `class_p` (T, classes) and `truth` (T,), -1 where it is not known; of a network
    that predicts numbers `predicted` and `wanted` (T, columns). What does not come out of a
    network is None.

    Only the first `walked` steps hold values of all groups; what is not complete reads as zero. At
    a step that the network does not know every unit keeps its value, and the surprisal is NaN.

    Raises:
        RecordingError: not a recording, cut short, or of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.description = about = read_description(folder)
        self.length = about.length
        self.groups = Groups(about.groups)
        self.channels = self.groups.channels
        files = Files(folder)
        self._done = self._completeness(files)
        self._over = False
        """Whether the walk was over when it was last asked for; it is never taken back."""
        try:
            path = Path(about.text_path) if about.text_path else None
            self.sequence: Sequence = about.sequence.map(files, self.length, about.text_name, path)
            if about.documents > 1:
                offsets = files.read(DOCUMENTS, "<i8", (about.documents + 1,))
                self.sequence.documents = checked(offsets, self.length)
            symbols = getattr(about.sequence, "vocabulary", ())
            if isinstance(self.sequence, Text) and symbols:
                Vocabulary(symbols)
        except (ValueError, ModelFileError) as error:
            raise RecordingError(f"{folder / DESCRIPTION} is damaged: {error}") from error
        self.symbols: tuple[str, ...] = symbols
        """What the network knows, characters or tokens; empty where it reads numbers."""
        suffix, kind = SUFFIXES[about.dtype], DTYPES[SUFFIXES[about.dtype]]
        self.dtype = np.dtype(kind)
        self._rows = {
            name: files.read(f"{name}.{suffix}", kind, (self.groups.rows(name), self.length))
            for name in self.channels
        }
        self._output = {
            name.partition(".")[0]: files.read(
                name,
                DTYPES[file.dtype],
                (self.length, file.columns) if file.columns else (self.length,),
            )
            for name, file in about.output_files.items()
        }
        if isinstance(self.sequence, Numbers) and self.wanted is not None:
            named = zip(self.outputs, self.wanted.T, strict=True)
            self.sequence.beside = dict(named)

    def _completeness(self, files: Files) -> Completeness:
        if self.description.version == 1:
            return WalkedSoFar(files.read(WALKED, "<i8", (1,)), self.length)
        shape = (len(self.groups) + 1, slots(self.description.documents), 2)
        return CompleteRanges(files.read(COMPLETE, "<i8", shape), self.length)

    # What there is

    @property
    def total_units(self) -> int:
        """N: the units of all groups together."""
        return self.groups.total

    @property
    def text(self) -> Text:
        """What people see of what was read; empty where it is numbers."""
        return self.sequence.text

    @property
    def documents(self) -> Documents:
        """Where the state starts anew."""
        return self.sequence.documents

    @property
    def outputs(self) -> tuple[str, ...]:
        """What can come out: symbols, classes, or the names of columns."""
        output = self.description.output
        if isinstance(output, Next):
            return output.vocabulary or self.symbols
        if isinstance(output, Classes):
            return output.classes
        return output.columns if output is not None else ()

    # What is complete

    @property
    def walked(self) -> int:
        """Up to which step everything that runs is complete; T when the walk is over."""
        if self._over:
            return self.length
        whole: Ranges = ((0, self.length),)
        missing = [
            without(self._runs(place), self._done.ranges(place))
            for place in range(len(self.groups))
        ]
        if self.description.output is not None:
            missing.append(without(whole, self.output_ranges))
        walked = min((each[0][0] for each in missing if each), default=self.length)
        self._over = walked == self.length
        return walked

    def _runs(self, group: int) -> Ranges:
        return merged(self.groups[group].runs) or ((0, self.length),)

    @property
    def complete(self) -> bool:
        """Whether the walk is over."""
        return self.walked == self.length

    def complete_ranges(self, group: int) -> Ranges:
        """The steps at which a group's values are complete by now."""
        return self._done.ranges(group)

    @property
    def output_ranges(self) -> Ranges:
        """The steps at which what came out is complete by now."""
        return self._done.ranges(len(self.groups))

    def ranges_of(self, unit: int) -> Ranges:
        """The steps before `walked` at which a unit runs."""
        return common(self._runs(self.groups.place(unit).group), ((0, self.walked),))

    # Values

    def rows(self, channel: str) -> Values:
        """All units that have a channel, (R, T), memory-mapped and read-only.

        Row r is of unit `groups.unit_of_row(channel, r)`.

        Raises:
            RecordingError: this channel was not recorded.
        """
        try:
            return self._rows[channel]
        except KeyError:
            raise RecordingError(
                f"the channel {channel!r} was not recorded; here are {', '.join(self.channels)}. "
                "Walk the text again with it chosen"
            ) from None

    def file_of(self, channel: str) -> Path:
        """The file that holds `rows` of a channel."""
        return self.folder / f"{channel}.{SUFFIXES[self.description.dtype]}"

    def group_rows(self, channel: str, group: int) -> Values:
        """One group, (U, T), memory-mapped and read-only.

        Raises:
            RecordingError: this channel was not recorded, or the group has none.
        """
        rows, first = self.rows(channel), self.groups.first_row(channel, group)
        found: Values = rows[first : first + self.groups[group].width]
        return found

    def values(self, channel: str, unit: int) -> Values:
        """One unit over the whole sequence, (T,).

        Raises:
            RecordingError: this channel was not recorded, or the unit has none.
        """
        values: Values = self.rows(channel)[self.groups.row(channel, unit)]
        return values

    def running_values(self, channel: str, unit: int) -> Values:
        """A unit at the steps at which it runs, as far as all is walked, one after the other."""
        values, ranges = self.values(channel, unit), self.ranges_of(unit)
        if len(ranges) == 1:
            return values[slice(*ranges[0])]
        parts = [values[start:stop] for start, stop in ranges]
        return np.concatenate(parts) if parts else np.zeros(0, self.dtype)

    def running_rows(self, channel: str) -> Values:
        """All units that have a channel, (R, walked); in one row, where some do not run always."""
        walked: Ranges = ((0, self.walked),)
        having = self.groups.having(channel)
        if all(common(self._runs(place), walked) == walked for place in having):
            return self.rows(channel)[:, : self.walked]
        parts = [
            self.group_rows(channel, place)[:, start:stop].ravel()
            for place in having
            for start, stop in common(self._runs(place), walked)
        ]
        return np.concatenate([np.zeros(0, self.dtype), *parts])

    def shown_values(self, channel: str, unit: int) -> Values:
        """As `values`; NaN at the steps before `walked` at which the unit does not run."""
        values = self.values(channel, unit)
        gaps = without(((0, self.walked),), self.ranges_of(unit))
        if not gaps:
            return values
        shown: Values = np.array(values)
        for start, stop in gaps:
            shown[start:stop] = np.nan
        return shown

    def has(self, channel: str, unit: int) -> bool:
        """Whether there is such a unit, and this channel of it was recorded."""
        return self.groups.has(channel, unit)

    def unit_name(self, unit: int) -> str:
        """The short name of a unit: `2:142`."""
        return self.groups.unit_name(unit)

    def unit_title(self, unit: int) -> str:
        """The name of a unit in words: `layer 2, unit 142`."""
        return self.groups.unit_title(unit)

    def about_channel(self, channel: str, unit: int | None = None) -> Channel:
        """What there is to know of a channel: of this unit, or of the first that has it."""
        group = self.groups.of(unit) if unit is not None else None
        having = [group] if group else [self.groups[n] for n in self.groups.having(channel)]
        about = next(filter(None, (_known(one, channel) for one in having)), None)
        about = about or channel_named(channel)
        said = next((one.ranges[channel] for one in having if channel in one.ranges), about.range)
        return replace(about, range=said)

    def known(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """Which steps of this range the network knows."""
        return self.sequence.known(start, stop, self.symbols)

    # What came out

    @property
    def surprisal(self) -> Values | None:
        """(T,) bits; NaN where unknown."""
        return self._output.get("surprisal")

    @property
    def top_ids(self) -> npt.NDArray[np.uint32] | None:
        """(T, 5) the likeliest next symbols, as places in `outputs`."""
        return self._output.get("top_ids")

    @property
    def top_p(self) -> Values | None:
        """(T, 5) their probabilities."""
        return self._output.get("top_p")

    def likeliest(self, step: int) -> tuple[tuple[str, float], ...]:
        """The symbols or classes that were found likeliest at a step, best first, and how likely.

        Nothing where numbers come out, or nothing does.
        """
        names = self.outputs
        if self.top_ids is not None and self.top_p is not None:
            ids, shares = self.top_ids[step], self.top_p[step]
        elif self.class_p is not None:
            ids = np.argsort(-self.class_p[step], kind="stable")[:TOP].astype(np.uint32)
            shares = self.class_p[step][ids]
        else:
            return ()
        found = zip(ids.tolist(), shares.tolist(), strict=True)
        return tuple((names[one], share) for one, share in found if share > 0 and one < len(names))

    @property
    def class_p(self) -> Values | None:
        """(T, classes) the probability of each class, as places in `outputs`."""
        return self._output.get("class_p")

    @property
    def truth(self) -> npt.NDArray[np.int32] | None:
        """(T,) the true class; -1 where it is not known."""
        return self._output.get("truth")

    @property
    def predicted(self) -> npt.NDArray[np.float32] | None:
        """(T, columns) the numbers that were predicted."""
        return self._output.get("predicted")

    @property
    def wanted(self) -> npt.NDArray[np.float32] | None:
        """(T, columns) those that were wanted; NaN where nothing was."""
        return self._output.get("wanted")

    # States

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters that the network knows.

        Raises:
            ModelFileError: it reads no characters.
        """
        return Vocabulary(self.symbols)

    def states(self) -> tuple[int, ...]:
        """The steps from which a walk can go on: how many steps had been read there."""
        return saved_states(self.folder)

    def state(self, step: int) -> bytes:
        """What was saved there, as whoever wrote it understands it.

        Raises:
            RecordingError: nothing was, or it cannot be read.
        """
        return read_state(self.folder, step)


def saved_states(folder: Path) -> tuple[int, ...]:
    """The steps of a recording from which a walk can go on, ascending."""
    found = (STATE.fullmatch(path.name) for path in folder.glob("state.*"))
    return tuple(sorted(int(match[1]) for match in found if match))


def read_state(folder: Path, step: int) -> bytes:
    """What was saved at this step.

    Raises:
        RecordingError: nothing was, or it cannot be read.
    """
    try:
        return read_small(folder / f"state.{step}", _LARGEST_STATE)
    except OSError as error:
        raise RecordingError(f"no state was saved at step {step:,}: {error.strerror}") from error


def _known(group: Group, channel: str) -> Channel | None:
    """What the architecture of a group says of its channel, where both are known."""
    facts = known_facts(group.architecture)
    return facts.channel(channel) if facts and channel in facts.channel_names else None
