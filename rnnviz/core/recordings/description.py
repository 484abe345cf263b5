"""What `recording.json` says, in version 2; one of version 1 is read as the same.

The format is specified in `docs/formats.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from rnnviz.core.architectures import Range
from rnnviz.core.errors import RecordingError
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.core.recordings.groups import ChannelName, Group, Groups, layers_of
from rnnviz.core.sequences.kinds import AnyLayout
from rnnviz.core.sequences.text import TextLayout
from rnnviz.core.system.ready_types import ready

RECORDING_VERSION = 2
DESCRIPTION = "recording.json"
TOP = 5
"""How many of the likeliest next symbols are kept."""

FloatType = Literal["float16", "float32"]
SUFFIXES: Mapping[FloatType, str] = {"float16": "f16", "float32": "f32"}

_Length = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
_Names = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=1 << 20)]


class OutputFile(msgspec.Struct, frozen=True):
    """One array of what came out: a row, or a number, for each step."""

    dtype: str
    columns: int = 0
    """0 where it has no second axis."""


class Next(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="next"):
    """The next symbol was predicted: `surprisal`, `top_ids.u32` and `top_p`."""

    vocabulary: tuple[str, ...] = ()
    """What can come next; empty where it is what is read."""
    top: Annotated[int, msgspec.Meta(ge=1, le=1000)] = TOP

    def files(self, suffix: str) -> dict[str, OutputFile]:
        """The arrays by the names of their files; `suffix` is that of the values."""
        return {
            f"surprisal.{suffix}": OutputFile(suffix),
            "top_ids.u32": OutputFile("u32", self.top),
            f"top_p.{suffix}": OutputFile(suffix, self.top),
        }


class Classes(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="classes"):
    """A class was predicted: `class_p` for each of them, and the true one in `truth.i32`."""

    classes: _Names
    each: bool = False
    """Whether every step has a class of its own; else all steps of a document have one."""

    def files(self, suffix: str) -> dict[str, OutputFile]:
        """The arrays by the names of their files."""
        return {
            f"class_p.{suffix}": OutputFile(suffix, len(self.classes)),
            "truth.i32": OutputFile("i32"),
        }


class Predicted(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="numbers"):
    """Numbers were predicted: `predicted.f32`, and those that were wanted in `wanted.f32`."""

    columns: _Names

    def files(self, suffix: str) -> dict[str, OutputFile]:
        """The arrays by the names of their files."""
        shape = OutputFile("f32", len(self.columns))
        return {"predicted.f32": shape, "wanted.f32": shape}


Output = Next | Classes | Predicted

DTYPES = {"f16": "<f2", "f32": "<f4", "u32": "<u4", "i32": "<i4"}


class RecordingDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What `recording.json` holds."""

    length: _Length
    """T, the steps."""
    sequence: AnyLayout
    """What was read, and how it lies in files."""
    documents: Annotated[int, msgspec.Meta(ge=0, le=1 << 40)] = 1
    """D; where there are more than one, `documents.i64` says where they lie."""
    dtype: FloatType = "float16"
    """Of all values, and of what came out."""
    groups: Annotated[tuple[Group, ...], msgspec.Meta(min_length=1, max_length=1 << 14)]
    output: Output | None = None
    """What came out at each step."""
    text_name: str = ""
    text_path: str = ""
    model_name: str = ""
    model_path: str = ""
    notes: tuple[str, ...] = ()
    """What a person should know about how it was made, a sentence each."""
    version: int = RECORDING_VERSION

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ValueError: saying what.
        """
        names = [group.name for group in self.groups]
        if len(set(names)) < len(names):
            raise ValueError("two groups have the same name")
        if any(len(set(one.channels)) < len(one.channels) for one in self.groups):
            raise ValueError("a group has a channel twice")
        reserved = {name.partition(".")[0] for name in self.output_files}
        if reserved & {name for one in self.groups for name in one.channels}:
            raise ValueError("a channel has the name of what came out")
        for group in self.groups:
            ends = [0, *(end for one in group.runs for end in one), self.length]
            if (np.diff(ends) < 0).any():
                raise ValueError(f"the ranges at which {group.words} runs make no sense")

    @property
    def output_files(self) -> dict[str, OutputFile]:
        """The arrays of what came out, by the names of their files."""
        return self.output.files(SUFFIXES[self.dtype]) if self.output else {}


class _Version1(msgspec.Struct, frozen=True, kw_only=True):
    """Version 1: layers of equal width, of a model that predicts the next character."""

    length: _Length
    layers: Annotated[int, msgspec.Meta(ge=1, le=1 << 14)]
    units: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)]
    channels: Annotated[tuple[ChannelName, ...], msgspec.Meta(min_length=1, max_length=64)]
    vocabulary: tuple[str, ...]
    code_width: Literal[1, 2, 4]
    ranges: dict[str, Range] = {}
    text_name: str = ""
    text_path: str = ""
    model_name: str = ""
    model_path: str = ""

    def today(self) -> RecordingDescription:
        """The same as version 2 says it; its version stays 1, for the files lie otherwise."""
        return RecordingDescription(
            length=self.length,
            sequence=TextLayout(code_width=self.code_width, vocabulary=self.vocabulary),
            groups=tuple(
                msgspec.structs.replace(group, ranges=self.ranges)
                for group in layers_of(self.layers, self.units, self.channels)
            ),
            output=Next(),
            text_name=self.text_name,
            text_path=self.text_path,
            model_name=self.model_name,
            model_path=self.model_path,
            version=1,
        )


class _Outline(msgspec.Struct):
    version: int = RECORDING_VERSION


def read_description(folder: Path) -> RecordingDescription:
    """What this folder says that it holds, checked.

    Raises:
        RecordingError: no recording, damaged, or of a newer version.
    """
    path = folder / DESCRIPTION
    try:
        content: Any = read_json(path)
        version = msgspec.convert(content, ready(_Outline)).version
        if version > RECORDING_VERSION:
            raise RecordingError(f"{folder} was written by a newer rnnviz; update this one")
        if version < RECORDING_VERSION:
            description = msgspec.convert(content, ready(_Version1)).today()
        else:
            description = msgspec.convert(content, ready(RecordingDescription))
        description.check()
    except OSError as error:
        raise RecordingError(f"{folder} holds no recording: {error.strerror}") from error
    except (DamagedFileError, msgspec.ValidationError, ValueError) as error:
        raise RecordingError(f"{path} is damaged: {error}") from error
    return description


def size_bytes(
    length: int,
    groups: Groups,
    output: Output | None = None,
    dtype: FloatType = "float16",
) -> int:
    """What a recording of T steps takes on disk, at most, with its sequence of 4 bytes a step."""
    item = 2 if dtype == "float16" else 4
    each = sum(groups.rows(channel) for channel in groups.channels) * item + 4
    for file in (output or Next()).files(SUFFIXES[dtype]).values():
        each += np.dtype(DTYPES[file.dtype]).itemsize * max(1, file.columns)
    return length * each
