"""What a person found and wants to keep: a unit on a range of a text, with its scale and a note.

One JSON file each, in a folder; a damaged file is named and left alone. The format is specified in
`docs/formats.md`.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from rnnviz.core.colours.colour import DIVERGING, SEQUENTIAL, Scale
from rnnviz.core.errors import FindingError
from rnnviz.core.files.reading import DamagedFileError, files_in, read_json
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.quantities.units import layer_name, unit_name, unit_title

FINDING_VERSION = 1

_LARGEST_FILE = 1 << 20
_CAME_OUT = {"surprisal": "surprisal", "verdict": "the verdict so far"}
"""Channels that are of no unit, in words."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Everything needed to show it again, and the person's words about it."""

    title: str
    channel: str
    """`hidden`, `cell`, a gate; or `surprisal` or `verdict`, which are of no layer and unit."""
    layer: int = 0
    """From 0."""
    unit: int = 0
    """In the layer, from 0."""
    group: str = ""
    """The name of the unit's group, where that is not the layer counted from 1: `1<`, `e1`."""
    start: int
    stop: int
    """The characters from start up to stop."""
    scale: Scale
    note: str = ""
    created: str = ""
    """When, ISO 8601 in UTC."""
    model_name: str = ""
    model_path: str = ""
    vocabulary: tuple[str, ...] | None = None
    """The characters that a person chose for the model, where its file has none."""
    reading: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    """Which of the networks that its tensors may be the person chose, from 1; 0 for none."""
    text_name: str = ""
    text_path: str = ""
    concept: dict[str, object] | None = None
    """The concept it was found with, as in a concept file."""
    score: dict[str, object] = {}
    """A summary of its score for that concept: `auc`, `correlation`, `lag`, ..."""
    version: int = FINDING_VERSION

    @property
    def concept_name(self) -> str | None:
        """The name of the concept it was found with."""
        name = (self.concept or {}).get("name")
        return name if isinstance(name, str) else None

    @property
    def quantity(self) -> str:
        """What is shown, in words."""
        if self.channel in _CAME_OUT:
            return _CAME_OUT[self.channel]
        if self.group:
            return f"{self.channel} of unit {self.unit_name}"
        return f"{self.channel} of {unit_title(self.layer, self.unit)}"

    @property
    def of_unit(self) -> bool:
        """Whether it shows a unit, not what came out of the network."""
        return self.channel not in _CAME_OUT

    @property
    def group_name(self) -> str:
        """What the unit's group is called in a recording."""
        return self.group or layer_name(self.layer)

    @property
    def unit_name(self) -> str:
        """The short name of the unit."""
        return unit_name(self.group_name, self.unit)

    def check(self) -> None:
        """Refuse what cannot be shown.

        Raises:
            FindingError: naming the field.
        """
        if not 0 <= self.start < self.stop:
            raise FindingError(f"the range from {self.start} to {self.stop} holds no character")
        if self.layer < 0 or self.unit < 0:
            raise FindingError(f"layer {self.layer} and unit {self.unit} must not be negative")
        low, high = self.scale.low, self.scale.high
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise FindingError(f"the scale from {low} to {high} is no range")
        if self.scale.palette not in (*DIVERGING, *SEQUENTIAL):
            raise FindingError(f"the palette {self.scale.palette!r} is unknown here")


class SavedFinding(NamedTuple):
    """A finding and the file that keeps it."""

    path: Path
    finding: Finding


class DamagedFinding(NamedTuple):
    """A file among the findings that is none, and why."""

    path: Path
    reason: str


def now() -> str:
    """This moment as `Finding.created` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def save_finding(folder: Path, finding: Finding) -> SavedFinding:
    """Keep a finding in a new file of this folder, which is made if need be.

    Raises:
        FindingError: it cannot be shown, or the folder cannot be written to.
    """
    finding.check()
    if not finding.created:
        finding = msgspec.structs.replace(finding, created=now())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _free_path(folder, finding.title)
    except OSError as error:
        raise FindingError(f"cannot keep a finding in {folder}: {error.strerror}") from error
    return replace_finding(path, finding)


def replace_finding(path: Path, finding: Finding) -> SavedFinding:
    """Write a finding over the file that keeps it; a reader sees the old one or the new one.

    Raises:
        FindingError: it cannot be shown, or the file cannot be written.
    """
    finding.check()
    content = msgspec.json.format(msgspec.json.encode(finding), indent=1) + b"\n"
    try:
        write_atomically(path, content, wait=False)
    except OSError as error:
        raise FindingError(f"cannot write {path}: {error.strerror}") from error
    return SavedFinding(path, finding)


def load_finding(path: Path) -> Finding:
    """The finding in this file.

    Raises:
        FindingError: unreadable, damaged, or of a newer version.
    """
    try:
        finding = read_json(path, Finding, _LARGEST_FILE)
    except OSError as error:
        raise FindingError(f"cannot read {path}: {error.strerror}") from error
    except DamagedFileError as error:
        raise FindingError(f"{path.name} is damaged: {error}") from error
    if finding.version > FINDING_VERSION:
        raise FindingError(f"{path.name} was written by a newer rnnviz; update this one")
    finding.check()
    return finding


def list_findings(folder: Path) -> tuple[list[SavedFinding], list[DamagedFinding]]:
    """The findings of a folder, newest first, and the files among them that are damaged."""
    saved: list[SavedFinding] = []
    damaged: list[DamagedFinding] = []
    for path in files_in(folder, ".json"):
        try:
            saved.append(SavedFinding(path, load_finding(path)))
        except FindingError as error:
            damaged.append(DamagedFinding(path, str(error)))
    saved.sort(key=lambda one: (one.finding.created, one.path.name), reverse=True)
    return saved, damaged


def _free_path(folder: Path, title: str) -> Path:
    """A name for a new file that says what is in it."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "finding"
    path, number = folder / f"{words}.json", 2
    while path.exists():
        path, number = folder / f"{words}-{number}.json", number + 1
    return path
