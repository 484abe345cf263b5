"""The description in the header of a model file of ours, of whatever kind it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import DamagedFileError, decode_json
from rnnviz.core.kinds import Description, ModelKind, kind_named, kind_of_task
from rnnviz.core.kinds.sequence import kind_of_network
from rnnviz.core.models.classification import ClassifierDescription
from rnnviz.core.models.model_file import (
    CHARACTER_LANGUAGE_MODEL,
    FORMAT_VERSION,
    description_in,
    read_header,
)
from rnnviz.core.models.network import NETWORK_VERSION, SequenceDescription
from rnnviz.core.system.ready_types import ready


class Described(NamedTuple):
    """A kind of model, and what a file of that kind says about itself."""

    kind: ModelKind
    description: Description


class Listed(NamedTuple):
    """What a list says of a file of ours."""

    kind: ModelKind
    name: str
    """As in its description; empty where that gives none."""
    description: Description | None
    """Where it had to be read to know the kind."""


class _Task(msgspec.Struct):
    task: str = CHARACTER_LANGUAGE_MODEL
    version: int = 1
    name: str = ""


def read_described(path: Path) -> Described:
    """The kind of the model in a file of ours, and its description, checked.

    Raises:
        ModelFileError: not one of our files, a newer version, an unknown kind, or sizes that make
            no sense.
    """
    return decode_described(description_in(read_header(path), path.name), path.name)


def read_listed(path: Path) -> Listed:
    """The kind and the name alone, which take a tenth of the time where a vocabulary is large.

    Raises:
        ModelFileError: as `read_described`, but what else is wrong with the description may not be
            noticed.
    """
    raw = description_in(read_header(path), path.name)
    try:
        about = msgspec.json.decode(raw.encode("utf-8", "replace"), type=ready(_Task))
    except (ValueError, RecursionError, msgspec.DecodeError):
        about = _Task(version=NETWORK_VERSION)  # what is wrong is said below
    kind = kind_of_task(about.task)
    if about.version >= NETWORK_VERSION or kind is None:
        found = decode_described(raw, path.name)
        return Listed(found.kind, str(found.description.name), found.description)
    return Listed(kind, about.name, None)


def read_description(path: Path) -> Description:
    """The description alone; see `read_described`."""
    return read_described(path).description


def decode_described(raw: str, name: str) -> Described:
    """The kind and the description in this JSON; `name` is the file's, for the messages.

    Raises:
        ModelFileError: a newer version, an unknown kind, or fields or sizes that make no sense.
    """
    try:
        encoded = raw.encode("utf-8", "replace")
        about = decode_json(encoded, _Task)
        if about.version > FORMAT_VERSION:
            raise ModelFileError(
                f"{name} has format version {about.version}, newer than the "
                f"{FORMAT_VERSION} known here; update rnnviz"
            )
        if about.version >= NETWORK_VERSION:
            found = decode_json(encoded, SequenceDescription)
            found.check(name)
            return Described(kind_named(kind_of_network(found.network)), found)
        kind = kind_of_task(about.task)
        if kind is None:
            raise ModelFileError(
                f"{name} is an rnnviz model for the task {about.task!r}, which this version "
                "cannot show; update rnnviz"
            )
        description = decode_json(encoded, kind.description)
    except DamagedFileError as error:
        raise ModelFileError(f"the description in {name} is malformed: {error}") from error
    description.check(name)
    if isinstance(description, ClassifierDescription):
        description = description.today()
    return Described(kind, description)


def from_plain(about: Mapping[str, Any], kind: str) -> Any:
    """The description that this plain JSON is, of a model of the kind of this key."""
    today = about.get("version", 1) >= NETWORK_VERSION
    return msgspec.convert(
        about, ready(SequenceDescription if today else kind_named(kind).description)
    )
