"""The person's findings: kept as files in one folder, listed, changed, exported."""

from __future__ import annotations

from collections.abc import Sequence
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
from rnnviz.core.errors import FindingError
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.work.jobs.findings import PageWritten, WriteFindingsPage


class Findings(QObject):
    """What lies in the folder of findings, newest first.

    Signals:
        findings_changed: `items`, `damaged` or `can_restore`.
        page_written(PageWritten, path): `write_page` is done.
        page_refused(str): nothing was written, and why.
    """

    findings_changed = Signal()
    page_written = Signal(object, object)
    page_refused = Signal(str)

    def __init__(self, jobs: Jobs, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
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

    def write_page(self, path: Path, recordings: Sequence[Path] = ()) -> None:
        """Put all findings onto one web page, each with the data of its own model and text.

        Args:
            recordings: folders of recordings that may be of some of them.
        """
        findings = tuple(item.finding for item in self._items)
        texts = {finding.text_name for finding in findings}
        several = f"Findings in {texts.pop()}" if len(texts) == 1 else "Findings"

        def done(page: PageWritten) -> None:
            self.page_written.emit(page, path)

        def failed(failure: Failure) -> None:
            self.page_refused.emit(failure.message)

        self._jobs.start(
            WriteFindingsPage(
                findings=findings,
                path=str(path),
                # One finding alone is the page, and its title that of the page.
                title=several if len(findings) > 1 else "",
                recordings=tuple(map(str, recordings)),
            ),
            title="Writing the page of findings",
            done=done,
            failed=failed,
        )

    def _replace(self, item: SavedFinding, finding: Finding) -> SavedFinding:
        if finding == item.finding:
            return item
        saved = replace_finding(item.path, finding)
        self.reload()
        return saved
