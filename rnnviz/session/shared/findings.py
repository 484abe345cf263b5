"""The person's findings: kept as files in one folder, listed, changed, exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from rnnviz.core.cells.finding import (
    DamagedFinding,
    Finding,
    SavedFinding,
    list_findings,
    replace_finding,
    save_finding,
)
from rnnviz.core.concepts.base import Labels
from rnnviz.core.errors import FindingError
from rnnviz.core.export.coloured import (
    ColouredText,
    coloured_surprisal,
    coloured_unit,
    with_concept,
)
from rnnviz.core.export.html import write_html
from rnnviz.core.recordings.recording import Recording


class Findings(QObject):
    """What lies in the folder of findings, newest first.

    Signals:
        findings_changed: `items`, `damaged` or `can_restore`.
    """

    findings_changed = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._items: tuple[SavedFinding, ...] = ()
        self._damaged: tuple[DamagedFinding, ...] = ()
        self._removed: list[SavedFinding] = []
        self.reload()

    @property
    def items(self) -> tuple[SavedFinding, ...]:
        """The findings, newest first."""
        return self._items

    @property
    def damaged(self) -> tuple[DamagedFinding, ...]:
        """Files in the folder that hold no finding, with the reason."""
        return self._damaged

    @property
    def can_restore(self) -> bool:
        """Whether a finding was removed that `restore` would bring back."""
        return bool(self._removed)

    def reload(self) -> None:
        """Read the folder anew."""
        saved, damaged = list_findings(self._folder)
        if (tuple(saved), tuple(damaged)) != (self._items, self._damaged):
            self._items, self._damaged = tuple(saved), tuple(damaged)
            self.findings_changed.emit()

    def add(self, finding: Finding) -> SavedFinding:
        """Keep a new finding.

        Raises:
            FindingError: it cannot be shown, or the folder cannot be written to.
        """
        saved = save_finding(self._folder, finding)
        self.reload()
        return saved

    def rename(self, item: SavedFinding, title: str) -> SavedFinding:
        """Give a finding another title; its file keeps its name.

        Raises:
            FindingError: the file cannot be written.
        """
        return self._replace(item, msgspec.structs.replace(item.finding, title=title))

    def annotate(self, item: SavedFinding, note: str) -> SavedFinding:
        """Give a finding another note.

        Raises:
            FindingError: the file cannot be written.
        """
        return self._replace(item, msgspec.structs.replace(item.finding, note=note))

    def remove(self, item: SavedFinding) -> None:
        """Delete a finding's file; `restore` brings it back as long as the window is open.

        Raises:
            FindingError: the file cannot be deleted.
        """
        try:
            item.path.unlink(missing_ok=True)
        except OSError as error:
            raise FindingError(f"cannot delete {item.path}: {error.strerror}") from error
        self._removed.append(item)
        self.reload()

    def restore(self) -> SavedFinding | None:
        """Bring back the finding that was removed last; None if there is none.

        Raises:
            FindingError: the folder cannot be written to; it can be tried again.
        """
        if not self._removed:
            return None
        item = self._removed[-1]
        taken = item.path.exists()
        saved = (
            save_finding(self._folder, item.finding)
            if taken
            else replace_finding(item.path, item.finding)
        )
        self._removed.pop()
        self.reload()
        return saved

    def _replace(self, item: SavedFinding, finding: Finding) -> SavedFinding:
        if finding == item.finding:
            return item
        saved = replace_finding(item.path, finding)
        self.reload()
        return saved


def coloured_finding(
    finding: Finding, recording: Recording, labels: Labels | None = None
) -> ColouredText:
    """A finding as it looked: its range, unit and scale on a recording of the same text.

    Args:
        labels: (T,) of its concept on the whole text, if they are known.

    Raises:
        FindingError: the recording is of another text.
        UnitError: its model has no such unit.
        RecordingError: the channel was not recorded, or the range is not walked yet.
    """
    about = recording.description
    if finding.text_name != about.text_name or finding.stop > recording.length:
        raise FindingError(
            f"“{finding.title}” was found in {finding.text_name or 'another text'}, and the open "
            f"recording is of {about.text_name or 'another one'}; open that text first"
        )
    if finding.channel == "surprisal":
        coloured = coloured_surprisal(recording, finding.start, finding.stop, finding.scale)
    else:
        unit = recording.groups.number(finding.group_name, finding.unit)
        coloured = coloured_unit(
            recording, finding.channel, unit, finding.start, finding.stop, finding.scale
        )
    if labels is not None:
        coloured = with_concept(coloured, labels, str((finding.concept or {}).get("title", "")))
    return replace(coloured, title=finding.title, note=finding.note)


def export_findings_html(
    path: Path,
    findings: Sequence[Finding],
    recording: Recording,
    labels: Mapping[str, Labels] | None = None,
    title: str = "",
) -> None:
    """Write these findings on one self-contained page.

    Args:
        labels: the labels of concepts on the whole text, by the concept's name.

    Raises:
        FindingError: one of them is of another text.
    """
    known = labels or {}
    parts = [
        coloured_finding(finding, recording, known.get((finding.concept or {}).get("name", "")))
        for finding in findings
    ]
    write_html(path, parts, title)
