"""The training runs on the screen: opened, watched on one timer, asked to pause, started, ended."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct, field
from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal, Slot

from rnnviz.core.errors import RnnvizError, RunDirectoryError
from rnnviz.core.runs.comparing.filtering import FilterError, RunFilter, could_go_on, read_filter
from rnnviz.core.runs.comparing.rows import RunRow, row_of
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.state import LIVE
from rnnviz.core.runs.watched import Watched, WatchedRun, watch
from rnnviz.core.system.background import Background
from rnnviz.session.training.trainers import Trainers
from rnnviz.work.remote import Mirror, mirror_name, mirrored_address, parse_address

TICK_MS = 30
"""How often every live run is looked at; an event waits half of it on average."""
_CATCHING_UP_MS = 16
_QUIET_TICKS = 30
"""A run that is over is looked at so many times less often."""
_NEWS_SECONDS = 2.0
"""A run that brought something so lately is not over, whatever its lock says."""
_BUDGET_SECONDS = 0.006
"""How long a tick may take; the rest waits for the next."""
_OPENING_SECONDS = 0.25
"""How long opening waits for the drive; a run that needs longer is listed and read later."""
_SILENT_SECONDS = 3.0
"""A drive that has not answered for so long is said to be silent."""
_SILENT = "the drive of {} does not answer; what was read so far stays on the screen"
_NOT_FOLLOWED = (
    "this folder says that it mirrors {}; nothing was connected because a file says so. To watch "
    "that run, give its address in File > Open run over ssh"
)
_SLOW_SECONDS = 0.05
_LONGEST_REST = 1.0
_OPEN_RUNS = "runs/open"
_INKS = "runs/inks"
_AGREED = "runs/addresses"
_MOST_REMEMBERED = 500
_MOST_AGREED = 200
DELETE = "delete"
"""What a run was asked for whose folder goes to the trash."""
ASKED_WORDS = {
    "pause": "pausing…", "stop": "stopping…", "resume": "resuming…", DELETE: "deleting…"
}  # fmt: skip
"""What stands for the state of a run that was asked for something and has not answered."""


class OpenRun(Struct, eq=False, weakref=True):
    """A run in the list: what it says, and how it is drawn."""

    watched: Watched
    ink: int
    """The number of its colour."""
    shown: bool = True
    started_here: bool = False
    found: bool = True
    """Whether its drive has said that a run lies there."""
    quick: bool = True
    """Its drive answered at once last time: a tick waits a moment for it."""
    rests_until: float = 0.0
    """It lies on a slow drive, and is not looked at before this time."""
    news_at: float = -math.inf
    """When something new was last read."""
    given_name: str = ""
    """What event files are called, where the folder's name does not say enough."""
    elsewhere: str = ""
    """The address that its folder says it mirrors, where the person has not agreed to it."""
    refused: str = ""
    """Why its trainer could not go on with it, when it was asked last."""
    asked: str = ""
    """The command that its trainer has not answered yet."""
    listed: bool = True
    """Whether the filter lets it through."""
    reading: Background[Callable[[], bool]] = field(
        default_factory=partial(Background, "reading a run")
    )
    """Looks at its drive, which may stall."""
    _state: tuple[object, ...] = ()

    @property
    def name(self) -> str:
        """What people call it."""
        return self.watched.name

    @property
    def live(self) -> bool:
        """Whether its trainer listens."""
        return self.watched.state in LIVE

    @property
    def ours(self) -> bool:
        """Whether it is a run directory of ours, and no event files."""
        return isinstance(self.watched, WatchedRun)

    def row(self) -> RunRow:
        """Its figures and settings in one line, as they are by now."""
        watched = self.watched
        said = ASKED_WORDS.get(self.asked, "")
        return row_of(self.name, watched.state, watched.record, said)


class Runs(QObject):
    """Watches every open run; nothing here waits for a trainer.

    Signals:
        runs_changed: a run was opened or closed, or its state, colour or checkpoints changed.
        current_changed: `current` is another run.
        curve_changed: some run has new events; at most once a tick.
        closed_by_hand(Path): the person took the run in this directory off the list.
    """

    runs_changed = Signal()
    current_changed = Signal()
    curve_changed = Signal()
    closed_by_hand = Signal(object)

    def __init__(
        self,
        trainers: Trainers,
        settings: QSettings,
        folder: Path,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        """Where new runs go unless the person says otherwise."""
        self.opened: tuple[OpenRun, ...] = ()
        self.current: OpenRun | None = None
        self.filter_typed = ""
        """What the person typed to see some of the runs."""
        self._filter = RunFilter()
        self._trainers, self._settings, self._clock = trainers, settings, clock
        self._inks = self._remembered_inks()
        self._mirrors: dict[Path, Mirror] = {}
        self._ticks = 0
        self._last_signal = 0.0
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.poll)

    # The list

    def open_remote(self, address: str) -> OpenRun:
        """Watch a run on another machine, `user@host:/path`, through ssh.

        Whoever calls this has the address from the person, or has shown it whole and was told yes:
        from now on it is followed whenever its mirror is opened.

        Raises:
            RunDirectoryError: it is no such address.
        """
        parse_address(address)
        agreed = [known for known in self._agreed() if known != address]
        self._settings.setValue(_AGREED, [*agreed, address][-_MOST_AGREED:])
        folder = self._mirror_folder(address)
        if folder not in self._mirrors:
            self._mirrors[folder] = Mirror(address, folder)
        return self.open(folder, TrainingConfig(name=address))

    def problem(self, run: OpenRun) -> str:
        """Why a run cannot be read at present, or did not go on; empty where all is well."""
        mirror = self._mirrors.get(run.watched.directory)
        if run.reading.waits_seconds > _SILENT_SECONDS:
            return _SILENT.format(run.watched.directory)
        not_followed = _NOT_FOLLOWED.format(run.elsewhere) if run.elsewhere else ""
        unread = (mirror.problem if mirror else not_followed) or run.watched.problem
        refused = f"{run.name} did not go on: {run.refused}" if run.refused else ""
        return unread or refused

    def _agreed(self) -> list[str]:
        """The addresses that the person gave; kept with the settings, never with a run."""
        kept = self._settings.value(_AGREED, [])
        addresses = [kept] if isinstance(kept, str) else kept
        return [str(one) for one in addresses] if isinstance(addresses, list) else []

    def _mirror_folder(self, address: str) -> Path:
        return (self.folder.parent / "remote" / mirror_name(address)).resolve()

    def _follows(self, address: str, directory: Path) -> bool:
        """Whether this folder is the mirror that we made of an address that the person gave."""
        return address in self._agreed() and directory == self._mirror_folder(address)

    def open(
        self, directory: Path, started: TrainingConfig | None = None, name: str = ""
    ) -> OpenRun:
        """Watch the run in this directory, and make it the current one.

        Args:
            started: the settings of a trainer that was started here and has written nothing yet.
            name: of event files, where another one than the folder's says more.

        Raises:
            RunDirectoryError: no run lies there.
        """
        known = self.find(directory) or self._open(
            _absolute(directory), started, _OPENING_SECONDS, name
        )
        self.set_current(known)
        self._tell_list()
        return known

    def open_several(
        self,
        found: Sequence[tuple[Path, str]],
        *,
        patience_s: float = 0.25,
        told: Callable[[str], None] = lambda said: None,
    ) -> int:
        """Watch the runs in these directories, each with its name; how many were not watched yet.

        What turns out to hold no run is left out; those whose drive takes longer are read later.

        Args:
            told: why one is left out.
        """
        deadline = time.perf_counter() + patience_s
        fresh = 0
        for directory, name in found:
            if self.find(directory) is not None:
                continue
            try:
                patience = max(0.001, deadline - time.perf_counter())
                self._open(_absolute(directory), None, patience, name, tell=False)
                fresh += 1
            except RunDirectoryError as error:
                told(str(error))
        if fresh:
            self._remember()
            if self.current is None:
                self.set_current(self.opened[-1])
            self._tell_list()
        return fresh

    def _tell_list(self) -> None:
        """The list is another one."""
        self._list_anew()
        self.runs_changed.emit()
        self._wake()

    def _open(
        self,
        directory: Path,
        started: TrainingConfig | None,
        patience_s: float,
        name: str = "",
        *,
        tell: bool = True,
    ) -> OpenRun:
        expected = {} if started is None else msgspec.to_builtins(started)
        ink = self._free_ink(str(directory))
        run = OpenRun(WatchedRun(directory, self._clock, expected), ink)
        run.given_name = name
        if started is None:
            run.found = False
            run.reading.start(partial(self._find_run, run, directory))
            if run.reading.ready(patience_s):
                try:
                    run.reading.take()()
                except RunDirectoryError:
                    run.reading.close()
                    raise
        run.started_here = started is not None and directory not in self._mirrors
        self.opened = (*self.opened, run)
        self._inks[str(directory)] = ink
        if tell:
            self._remember()
        return run

    def _find_run(self, run: OpenRun, directory: Path) -> Callable[[], bool]:
        """In the thread that may wait for the drive: what lies there, and how to take it over."""
        watched = watch(directory, self._clock, None, run.given_name)
        address = mirrored_address(directory)

        def adopt() -> bool:
            run.watched, run.found = watched, True
            if address and directory not in self._mirrors:
                if self._follows(address, directory):
                    self._mirrors[directory] = Mirror(address, directory)
                else:
                    run.elsewhere = address
            return True

        return adopt

    def is_elsewhere(self, run: OpenRun) -> bool:
        """Whether it lies on another machine, and its folder here is a mirror."""
        return run.watched.directory in self._mirrors

    def find(self, directory: Path) -> OpenRun | None:
        """The open run of this directory, if any."""
        wanted = _absolute(directory)
        return next((run for run in self.opened if run.watched.directory == wanted), None)

    def close_run(self, run: OpenRun) -> None:
        """Watch it no longer; a trainer goes on."""
        self.opened = tuple(other for other in self.opened if other is not run)
        self._remember()
        mirror = self._mirrors.pop(run.watched.directory, None)
        if mirror is not None:
            mirror.close()
        run.reading.close()
        if self.current is run:
            self.set_current(self._next_to_show())
        self.runs_changed.emit()
        self.closed_by_hand.emit(run.watched.directory)
        if not self.opened:
            self._timer.stop()

    def _next_to_show(self) -> OpenRun | None:
        shown = self.listed or self.opened
        return shown[-1] if shown else None

    def set_current(self, run: OpenRun | None) -> None:
        """The run that panels for one run show."""
        if run is self.current:
            return
        self.current = run
        self.current_changed.emit()

    def set_shown(self, run: OpenRun, shown: bool) -> None:
        """Draw its curves, or leave them out."""
        if run.shown != shown:
            run.shown = shown
            self.runs_changed.emit()

    def show_alone(self, shown: Collection[OpenRun]) -> None:
        """Draw the curves of these runs, and of no other."""
        for run in self.opened:
            run.shown = run in shown
        self.runs_changed.emit()

    @property
    def shown(self) -> tuple[OpenRun, ...]:
        """The runs whose curves are drawn: ticked, and let through by the filter."""
        return tuple(run for run in self.opened if run.shown and run.listed)

    @property
    def listed(self) -> tuple[OpenRun, ...]:
        """The runs that the filter lets through."""
        return tuple(run for run in self.opened if run.listed)

    def set_filter(self, typed: str) -> None:
        """List the runs of which this is so, such as `gru rate < 1e-3`; an empty one lists all.

        Raises:
            FilterError: some of it means nothing, or nothing yet; what stands before it holds.
        """
        rows = [run.row() for run in self.opened]
        settings = tuple(dict.fromkeys(key for row in rows for key in row.settings))
        self.filter_typed = typed
        try:
            found = read_filter(typed, settings)
            if found.words and not any(map(found.takes, rows)) and could_go_on(typed, settings):
                # The last word may become a condition: until then it empties no list.
                found = RunFilter(found.words[:-1], found.conditions)
        except FilterError as error:
            self._filter_by(error.readable, rows)
            raise
        self._filter_by(found, rows)

    def _filter_by(self, found: RunFilter, rows: Sequence[RunRow]) -> None:
        self._filter = found
        if self._list_anew(rows):
            self.runs_changed.emit()

    def list_anew(self) -> None:
        """Filter again: what a run is asked for may have come to be so, or ceased to be."""
        if self._list_anew():
            self.runs_changed.emit()

    def _list_anew(self, rows: Sequence[RunRow] = ()) -> bool:
        """Whether the filter lets others through than before."""
        if not (self._filter.words or self._filter.conditions):
            changed = any(not run.listed for run in self.opened)
            for run in self.opened:
                run.listed = True
            return changed
        changed = False
        for run, row in zip(self.opened, rows or [run.row() for run in self.opened], strict=True):
            takes = self._filter.takes(row)
            changed, run.listed = changed or takes != run.listed, takes
        return changed

    @property
    def training_here(self) -> tuple[OpenRun, ...]:
        """Runs that were started from this window and go on."""
        return tuple(run for run in self.opened if run.started_here and run.live)

    def reopen(self) -> None:
        """Watch again what was watched when the window was closed; what is gone is left out."""
        kept = self._settings.value(_OPEN_RUNS, [])
        paths = [kept] if isinstance(kept, str) else kept
        found = map(_absolute, paths if isinstance(paths, list) else [])
        self.open_several([(path, "") for path in found])
        if self.opened:
            self.open(self.opened[-1].watched.directory)

    def _remember(self) -> None:
        kept = self.opened[-_MOST_REMEMBERED:]
        self._settings.setValue(_OPEN_RUNS, [str(run.watched.directory) for run in kept])
        self._settings.setValue(_INKS, [str(run.ink) for run in kept])

    def _remembered_inks(self) -> dict[str, int]:
        """The colours that runs had when the window was closed, by their directories."""
        paths, inks = (
            [kept] if isinstance(kept, str) else kept if isinstance(kept, list) else []
            for kept in (self._settings.value(_OPEN_RUNS, []), self._settings.value(_INKS, []))
        )
        return {
            str(path): int(ink)
            for path, ink in zip(paths, inks, strict=False)
            if str(ink).isdecimal() and len(str(ink)) < 6
        }

    def _free_ink(self, directory: str) -> int:
        """The colour that it had before, unless another run has it by now; else the first free."""
        used = {run.ink for run in self.opened}
        before = self._inks.get(directory)
        if before is not None and before not in used:
            return before
        return next(ink for ink in itertools.count() if ink not in used)

    # Trainers

    def start(self, config: TrainingConfig, directory: Path) -> OpenRun:
        """Start a trainer, and watch what it writes.

        Raises:
            RnnvizError: the settings or the directory cannot be used.
        """
        self._trainers.start(directory, config)
        return self.open(directory, config)

    def ask(
        self, run: OpenRun, command: str, setting: str = "", value: float | None = None
    ) -> None:
        """Ask its trainer for something; it answers by an event.

        Raises:
            RnnvizError: it cannot be asked.
        """
        if run.reading.waits_seconds > _LONGEST_REST:
            raise RunDirectoryError(_SILENT.format(run.watched.directory))
        self._trainers.ask(run.watched.directory, command, setting, value)
        mirror = self._mirrors.get(run.watched.directory)
        if mirror is not None:
            mirror.ask()
        if command in ("pause", "resume", "stop"):
            run.asked = command
            self.runs_changed.emit()

    def resume(self, run: OpenRun) -> None:
        """Let a paused run go on, or start a trainer for one whose trainer is gone.

        Raises:
            RnnvizError: it cannot go on.
        """
        if run.watched.state == "paused":
            self.ask(run, "resume")
            return
        mirror = self._mirrors.get(run.watched.directory)
        if mirror is not None:
            raise RunDirectoryError(
                f"{run.name} was trained on another machine; go on with it there: "
                f"rnnviz train --resume {parse_address(mirror.address)[1]}"
            )
        self._trainers.resume(run.watched.directory)
        run.started_here = True
        run.asked, run.refused = "resume", ""
        self.runs_changed.emit()
        self._wake()

    def stop_all_here(self) -> None:
        """Ask every trainer that this window started to stop with a checkpoint."""
        for run in self.training_here:
            try:
                self.ask(run, "stop")
            except RnnvizError:
                continue  # its directory is gone, and with it the way to ask

    # Watching

    @Slot()
    def poll(self) -> None:
        """One tick: read what is new, and tell it once."""
        if self._closed:
            return
        self._ticks += 1
        deadline = time.perf_counter() + _BUDGET_SECONDS

        def enough() -> bool:
            return time.perf_counter() > deadline

        changed = behind = waiting = told = False
        for run in self._looked_at():
            begins = not run.reading.busy
            if begins:
                now = time.perf_counter()
                over = not run.live and bool(run._state) and not run.asked
                quiet = over and now - run.news_at > _NEWS_SECONDS
                if now < run.rests_until or (
                    quiet and self._ticks % _QUIET_TICKS and not run.watched.behind
                ):
                    continue
                work = partial(self._read, run, enough)
                run.reading.start(
                    work if run.found else partial(self._find_run, run, run.watched.directory)
                )
            # A drive that answers does so within this tick; one that stalls holds nothing up.
            if run.reading.ready_soon() if begins and run.quick else run.reading.ready():
                if self._take(run):
                    changed, run.news_at = True, time.perf_counter()
                behind = behind or (enough() and run.watched.behind)
            else:
                run.quick = False
                waiting = waiting or run.reading.waits_seconds < _SLOW_SECONDS
            told = self._note(run) or told
        if told:
            self.runs_changed.emit()
        now = time.perf_counter()
        if changed and (not behind or now - self._last_signal >= TICK_MS / 1000):
            self._last_signal = now
            self.curve_changed.emit()
        self._timer.setInterval(_CATCHING_UP_MS if behind or waiting else TICK_MS)

    def _looked_at(self) -> list[OpenRun]:
        """All but those whose folders are on their way to the trash."""
        return [run for run in self.opened if run.asked != DELETE]

    @staticmethod
    def _read(run: OpenRun, enough: Callable[[], bool]) -> Callable[[], bool]:
        """In the thread that may wait for the drive."""
        began = time.perf_counter()
        found = run.watched.read(enough)
        taken = time.perf_counter() - began
        run.quick = taken < _SLOW_SECONDS
        if not run.quick:
            # A slow drive is not asked all the time.
            run.rests_until = began + min(_LONGEST_REST, 10 * taken)
        return found

    @staticmethod
    def _take(run: OpenRun) -> bool:
        try:
            return run.reading.take()()
        except RunDirectoryError as error:
            # The drive answers, and holds no run; one may be there when it is mounted anew.
            run.watched.problem = str(error)
            run.rests_until = time.perf_counter() + _LONGEST_REST
            return False

    def _note(self, run: OpenRun) -> bool:
        """Whether the state of this run is another one than at the last tick."""
        watched = run.watched
        if run.started_here and watched.state in ("starting", "crashed", "damaged"):
            watched.give_up(self._trainers.ended(watched.directory))
        if run.started_here and run.asked == "resume" and not run.live:
            ended = self._trainers.ended(watched.directory)
            if ended is not None:
                run.asked, run.refused = "", ended or "its trainer ended without a word"
        made = len(watched.checkpoints)
        state = (watched.state, self.problem(run), watched.damage, made, watched.name)
        if state == run._state:
            return False
        if run._state and state[0] != run._state[0]:
            run.asked = ""
            run.refused = "" if run.live else run.refused
        run._state = state
        return True

    def _wake(self) -> None:
        if not self._timer.isActive():
            self._timer.start(TICK_MS)
        QTimer.singleShot(0, self, self.poll)

    def close(self) -> None:
        """Watch nothing any more; trainers go on."""
        self._timer.stop()
        self._closed = True
        for mirror in self._mirrors.values():
            mirror.close()
        self._mirrors.clear()
        for run in self.opened:
            run.reading.close()


def _absolute(directory: Path | str) -> Path:
    """The same without `..`; links are not followed, since that asks the drive."""
    return Path(os.path.abspath(directory))  # noqa: PTH100 - Path.absolute keeps the `..`
