"""The folders that runs lie in: names, the way to the trash, and where new runs appear."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Signal, Slot

from rnnviz.core.errors import RnnvizError, RunDirectoryError
from rnnviz.core.runs.directory.config import rename
from rnnviz.core.runs.directory.state import STATE_WORDS
from rnnviz.core.runs.watched import WatchedRun, runs_below
from rnnviz.core.system.background import Background
from rnnviz.core.system.deleting import delete
from rnnviz.core.system.trash import NoTrashError, move_to_trash
from rnnviz.session.training.runs import DELETE, OpenRun, Runs

LOOK_MS = 2000
"""How often a watched folder is searched for new runs."""
_BUSY_MS = 30
_WATCHED = "runs/watched"
_CLOSED = "runs/closed"
_MOST_CLOSED = 2000

Found = dict[Path, list[tuple[Path, str]]]


class RunFolders(QObject):
    """Renames and deletes runs; opens what appears in a watched folder. Nothing here waits.

    Signals:
        watched_changed: another folder is watched, or one no longer.
        appeared(int): so many new runs were found in a watched folder, and are open.
        deleted(name, to_trash): a run and its folder are gone.
        not_deleted(OpenRun, message): its folder could not be moved to the trash.
    """

    watched_changed = Signal()
    appeared = Signal(int)
    deleted = Signal(str, bool)
    not_deleted = Signal(object, str)

    def __init__(self, runs: Runs, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs, self._settings = runs, settings
        self.watched: tuple[Path, ...] = ()
        """Folders in which runs are opened as soon as they are there."""
        self._closed = {Path(path) for path in self._kept(_CLOSED)}
        self._deleting: dict[OpenRun, Background[None]] = {}
        self._searching: Background[Found] = Background("searching for runs")
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_MS)
        self._looks.timeout.connect(self.search_again)
        self._waits = QTimer(self)
        self._waits.setInterval(_BUSY_MS)
        self._waits.timeout.connect(self._take)
        runs.closed_by_hand.connect(self._leave_out)

    def _kept(self, key: str) -> list[str]:
        kept = self._settings.value(key, [])
        return [kept] if isinstance(kept, str) else list(kept) if isinstance(kept, list) else []

    # Watching

    def reopen(self) -> None:
        """Watch again what was watched when the window was closed."""
        for path in self._kept(_WATCHED):
            self.watch(Path(path))

    def watch(self, folder: Path) -> None:
        """Open every run in this folder or below it, now and whenever a new one appears."""
        folder = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps the `..`
        if folder not in self.watched:
            self.watched = (*self.watched, folder)
            self._remember()
        self._looks.start()
        self.search_again()

    def leave(self, folder: Path) -> None:
        """Look for new runs there no longer; those that are open stay."""
        self.watched = tuple(other for other in self.watched if other != folder)
        if not self.watched:
            self._looks.stop()
        self._remember()

    def welcome(self, directory: Path) -> None:
        """The person opened this one: it is no longer one that was closed by hand."""
        self._closed.discard(directory)

    def _remember(self) -> None:
        self._settings.setValue(_WATCHED, [str(folder) for folder in self.watched])
        self.watched_changed.emit()

    @Slot()
    def search_again(self) -> None:
        """Search the watched folders, beside the window."""
        if not self._searching.busy:
            self._searching.start(partial(_search, self.watched))
            if self._searching.ready_soon():
                self._take()
        self._waits.start()

    @Slot(object)
    def _leave_out(self, directory: Path) -> None:
        """What the person took off the list does not come back by itself."""
        if any(folder in directory.parents for folder in self.watched):
            self._closed.add(directory)
            kept = sorted(map(str, self._closed))[-_MOST_CLOSED:]
            self._settings.setValue(_CLOSED, kept)

    @Slot()
    def _take(self) -> None:
        """What came of searching, and of folders that were to go to the trash."""
        if self._searching.busy and self._searching.ready():
            found = self._searching.take()
            wanted = [
                (path, name)
                for folder in self.watched
                for path, name in found.get(folder, ())
                if path not in self._closed
            ]
            fresh = self._runs.open_several(wanted)
            if fresh:
                self.appeared.emit(fresh)
        self._note_deleted()
        if not self._searching.busy and not self._deleting:
            self._waits.stop()

    # Names and the trash

    def rename(self, run: OpenRun, name: str) -> None:
        """Give a run another name; its folder keeps its own.

        Raises:
            RunDirectoryError: it is of another machine, not ours, or its folder cannot be written.
        """
        self._check(run, "renamed")
        watched = run.watched
        if not isinstance(watched, WatchedRun):
            raise RunDirectoryError(
                f"{run.name} is called by the folder of its event files; rename that folder"
            )
        name = name.strip()
        if not name:
            raise RunDirectoryError("a run without a name cannot be found again; type one")
        rename(watched.directory, name)
        watched.rename(name)
        self._runs.list_anew()
        self._runs.runs_changed.emit()

    def delete(self, run: OpenRun, *, for_good: bool = False) -> None:
        """Move the folder of a run to the system's trash, or delete it; `deleted` says when.

        Raises:
            RunDirectoryError: somebody trains in it, or it lies on another machine.
        """
        self._check(run, "deleted")
        if run.live:
            raise RunDirectoryError(
                f"{run.name} is {STATE_WORDS[run.watched.state]}; stop it before it is deleted"
            )
        directory = run.watched.directory
        if for_good:
            self._runs.close_run(run)
            delete(directory)
            self.deleted.emit(run.name, False)
            return
        moving: Background[None] = Background("moving to the trash")
        moving.start(partial(move_to_trash, directory))
        self._deleting[run] = moving
        run.asked = DELETE
        self._runs.runs_changed.emit()
        self._waits.start()

    def _check(self, run: OpenRun, done: str) -> None:
        if self._runs.is_elsewhere(run):
            raise RunDirectoryError(f"{run.name} lies on another machine; it is {done} there")
        if run in self._deleting:
            raise RunDirectoryError(f"{run.name} is being deleted")

    def _note_deleted(self) -> None:
        for run, moving in [*self._deleting.items()]:
            if not moving.ready():
                continue
            del self._deleting[run]
            run.asked = ""
            try:
                moving.take()
            except NoTrashError as error:
                self._runs.runs_changed.emit()
                self.not_deleted.emit(run, str(error))
            else:
                self._runs.close_run(run)
                self.deleted.emit(run.name, True)
            finally:
                moving.close()

    def close(self) -> None:
        """Look no more; a folder on its way to the trash goes on."""
        self._looks.stop()
        self._waits.stop()
        self._searching.close()
        for moving in self._deleting.values():
            moving.close()


def _search(folders: tuple[Path, ...]) -> Found:
    """In the thread that may wait for the drive: the runs in each folder."""
    found: Found = {}
    for folder in folders:
        try:
            found[folder] = runs_below(folder)
        except (OSError, RnnvizError):
            continue  # it may be mounted again
    return found
