"""The real window with the real engine in this process, under events, and what goes wrong in it.

    python -m tests.harness.watched_window PLACE [--seed S] [--events N | --trail FILE | --soak S]

Writes `trail` (the events), `faults` and `result` into PLACE, one JSON a line. Random events are
drawn from a seed, played from the trail of another window, or those of a long watch (`--soak`).
`tests.harness.events` and `tests.harness.soak` start it and prepare PLACE.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import itertools
import json
import logging
import os
import resource
import sys
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TextIO

# Qt's own loop, not GLib's: it says when it awakes, also while there is always something to do.
os.environ["QT_NO_GLIB"] = "1"

import psutil
from PySide6.QtCore import (
    QAbstractEventDispatcher,
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from rnnviz.app import build
from rnnviz.views.window.window import Window
from rnnviz.work import trainer
from rnnviz.work.error_output import CRASH
from rnnviz.work.messages import Failure
from rnnviz.work.runner import EngineRunner
from tests.harness.events import FREEZE_SECONDS
from tests.harness.random_events import CLOSING, Chooser, Doer, Event, watching
from tests.harness.reach import Reach

_IGNORED = (
    "This plugin does not support propagateSizeHints",
    "This plugin does not support raise",
    "This plugin does not support grabbing the",
)
"""What the offscreen platform cannot do, which has no window manager."""
_TRAINERS = 2
_TRAINER_BYTES = 3 << 30
_LOOK_SECONDS = 0.03
_MOST_LOOKS = 6
_SLOW_MS = (50, 100, 150)
_LOOKED = "\n==\n"
_EVERY = {"events": 100, "soak": 5}
"""So many events lie between two measurements of what is held."""
_NESTED_MS = 400
_FIRST_REST_MS, _REST_MS = 100, 25
"""Panels ask a moment after they are seen; so often it is looked whether all is answered."""
_CLOSING_SECONDS = 1.25
"""So long a window that is no longer on the screen may wait for its engine's end."""


_MOST_OF_A_CRASH = 1 << 18
"""Characters: of a crash each thread tells something, and the engine's runner bounds it."""

_open_to_the_end: list[TextIO] = []


class Held(NamedTuple):
    """What this process holds at one moment."""

    events: int
    seconds: float
    bytes: int
    """Memory that lies in no file: recordings that are mapped do not count."""
    descriptors: int
    threads: int
    widgets: int
    curves: int
    """Of the bytes, those of the curves of open runs: they may grow, up to their capacity."""

    @classmethod
    def now(cls, events: int, window: Window) -> Held:
        """Measured now."""
        process = psutil.Process()
        anonymous = process.memory_info().rss
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                anonymous = int(line.split()[1]) << 10
        widgets = len(QApplication.allWidgets())
        threads = process.num_threads()
        runs = window.session.runs.opened
        curves = sum(curve.size_bytes for run in runs for curve in run.watched.record.curves)
        return cls(events, time.monotonic(), anonymous, process.num_fds(), threads, widgets, curves)


def _shortened(words: str, most: int) -> str:
    """The beginning and the end: an error that went through many overrides names all of them."""
    if len(words) <= most:
        return words
    return f"{words[: most // 2]}\n...\n{words[-most // 2 :]}"


class Faults:
    """Writes what went wrong, with the event it followed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")
        self._guard = threading.RLock()
        self.number = 0
        """Of the event that was done last."""

    def add(self, kind: str, words: str, details: str = "") -> None:
        """Note one."""
        fault = {
            "event": self.number,
            "kind": kind,
            "words": _shortened(words, 2000),
            "details": _shortened(details, _MOST_OF_A_CRASH if CRASH in details else 6000),
        }
        with self._guard:
            self._file.write(json.dumps(fault) + "\n")
            self._file.flush()

    def catch_all(self) -> None:
        """Hear of everything that nobody caught, and of every warning."""

        def caught(
            kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
        ) -> None:
            details = "".join(traceback.format_exception(kind, error, trace))
            self.add("exception", f"{kind.__name__}: {error}", details)

        def told(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
            if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
                return
            if not message.startswith(_IGNORED):
                stack = "".join(traceback.format_stack()[:-1])
                self.add("Qt warning", message, stack)

        def warned(
            message: Warning | str, category: type[Warning], file: str, line: int, *_: Any
        ) -> None:
            stack = "".join(traceback.format_stack()[:-1])
            self.add("warning", f"{category.__name__}: {message} ({file}:{line})", stack)

        sys.excepthook = caught
        threading.excepthook = lambda args: caught(
            args.exc_type, args.exc_value, args.exc_traceback
        )
        sys.unraisablehook = lambda args: caught(args.exc_type, args.exc_value, args.exc_traceback)
        qInstallMessageHandler(told)
        warnings.showwarning = warned  # type: ignore[assignment]
        warnings.simplefilter("always", RuntimeWarning)
        warnings.simplefilter("always", ResourceWarning)
        logging.getLogger().addHandler(_Log(self))


class _Log(logging.Handler):
    """Defects that are logged with a traceback."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(logging.ERROR)
        self._faults = faults

    def emit(self, record: logging.LogRecord) -> None:
        self._faults.add("logged", record.getMessage(), self.format(record))


def _fixed_work() -> float:
    """Seconds of the processor for some thousand steps of Python."""
    began, number = time.thread_time(), 0
    for step in range(100_000):
        number ^= step
    return time.thread_time() - began


class Spent(NamedTuple):
    """What the window's thread has spent so far: seconds, and how often it gave the processor up.

    The clock's seconds are those of the processor, those in which it waited until it got one (the
    machine's), and the rest, in which it waited for a disk, a lock or another process (its own).
    """

    clock: float
    processor: float
    queue: float
    voluntary: int
    involuntary: int

    def since(self, before: Spent) -> Spent:
        """What was spent from then to here."""
        return Spent(
            self.clock - before.clock,
            self.processor - before.processor,
            self.queue - before.queue,
            self.voluntary - before.voluntary,
            self.involuntary - before.involuntary,
        )

    @property
    def waited(self) -> float:
        """Seconds in which it had nothing to do with a processor."""
        return self.clock - self.processor - self.queue

    def __str__(self) -> str:
        return (
            f"{self.clock:.2f} s by the clock: {self.processor:.2f} s of the processor, "
            f"{self.queue:.2f} s until it had one, {self.waited:.2f} s waiting; gave it up "
            f"{self.voluntary} times, lost it {self.involuntary} times"
        )


class Meter:
    """Reads what the thread that makes it has spent."""

    def __init__(self) -> None:
        # One descriptor for all: it is read twice a turn. Without it nothing is known of the queue.
        path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._file = os.open(path, os.O_RDONLY) if path.exists() else None
        self.knows_the_queue = self._file is not None

    def now(self) -> Spent:
        """So much until now."""
        queue = 0.0
        if self._file is not None:
            queue = int(os.pread(self._file, 80, 0).split()[1]) / 1e9
        used = resource.getrusage(resource.RUSAGE_THREAD)
        return Spent(time.monotonic(), time.thread_time(), queue, used.ru_nvcsw, used.ru_nivcsw)


class Freezes(QObject):
    """Measures how much of the processor the window's thread takes from one turn of the event loop
    to the next: the time in which others have it is not counted. A processor that is shared is also
    slower, by a factor that a fixed piece of work tells: it is measured at the start and after each
    freeze. Where one is too long, the stack is kept, taken by `faulthandler`, which holds on to no
    frame and so to no painter.

    By the clock a turn may take as long for two other reasons, which are told apart and counted:
    the thread waits for something (a fault: nothing that waits belongs there), or it queues, as
    what it waits for does, for a processor that others have (the machine's, `machine`).
    """

    def __init__(self, faults: Faults, place: Path, limit_s: float) -> None:
        super().__init__()
        self._faults = faults
        self._limit = limit_s
        # Not buffered: `faulthandler` writes beside it.
        self._stacks = (place / "stacks").open("w+b", buffering=0)
        self._clock = time.pthread_getcpuclockid(threading.main_thread().ident or 0)
        self._meter = Meter()
        self._began = self._meter.now()
        self._running = False
        self._ended: Spent | None = None
        """When the loop began to wait for something to happen."""
        self._own, self._own_clock = 0.0, 0.0
        self.own = 0.0
        """Seconds of the processor that the harness itself took so far."""
        self._looks, self._next_look = 0, self._limit * 0.7
        self.machine, self.longest_clock = 0, 0.0
        self.slow: Counter[str] = Counter()
        """Turns of more than so many milliseconds of the processor."""
        self._work_seconds = min(_fixed_work() for _ in range(9))
        self.longest = 0.0
        self.turns = 0
        threading.Thread(target=self._look, name="freezes", daemon=True).start()
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None
        dispatcher.awake.connect(self.turn)
        dispatcher.aboutToBlock.connect(self.block)

    def leave_out(self, seconds: float, clock: float) -> None:
        """The harness itself took so long, of the processor and by the clock."""
        self._own += seconds
        self.own += seconds
        self._own_clock += clock

    @Slot()
    def block(self) -> None:
        """The loop has nothing more to do in this turn."""
        self._ended = self._meter.now()

    @Slot()
    def turn(self) -> None:
        """One turn of the loop ends, another begins; what came before the first is the start."""
        if not self._running:
            self._running, self._began = True, self._meter.now()
            return
        now = self._meter.now()
        spent = (self._ended or now).since(self._began)
        by_clock = spent.clock - self._own_clock
        # A timer may fire after the loop was about to wait; waiting takes no processor time.
        took = now.since(self._began).processor - self._own
        self.turns += 1
        for limit in _SLOW_MS:
            self.slow[str(limit)] += took > limit / 1000
        if took > self._limit:
            factor = max(1.0, _fixed_work() / self._work_seconds)
            if took / factor > self._limit:
                slower = f"({took:.2f} s on a machine {factor:.1f} times slower)"
                self._faults.add(
                    "freeze", f"{took / factor:.2f} s {slower}; {spent}", self._stack()
                )
            took /= factor
        elif by_clock > self._limit:
            waited = spent.waited - (self._own_clock - self._own)
            # Where it has to queue, so have the threads and processes that it waits for.
            shown = any(one.isVisible() for one in QApplication.topLevelWidgets())
            most = self._limit if shown else max(self._limit, _CLOSING_SECONDS)
            if self._meter.knows_the_queue and waited > max(most, spent.queue):
                self._faults.add("wait", str(spent), self._stack())
            else:
                self.machine += 1
        self.longest = max(self.longest, took)
        self.longest_clock = max(self.longest_clock, by_clock)
        self._ended, self._own, self._own_clock = None, 0.0, 0.0
        self._looks, self._next_look = 0, self._limit * 0.7
        self._began = self._meter.now()

    def _stack(self) -> str:
        """Where the window's thread was, each time it was looked at; it is written last."""
        self._stacks.seek(0)
        seen = self._stacks.read().decode(errors="replace").split(_LOOKED)
        self._forget()
        return "\n".join(one[one.rfind("Thread") :] for one in seen if "Thread" in one)

    def _forget(self) -> None:
        self._stacks.seek(0)
        self._stacks.truncate()

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            if not self._running:
                continue
            began, waits = self._began, self._ended is not None
            took = time.clock_gettime(self._clock) - began.processor
            by_clock = 0.0 if waits else time.monotonic() - began.clock
            if max(took, by_clock) > self._next_look:
                if self._looks == 0:
                    self._forget()
                self._looks += 1
                self._next_look += self._limit * 0.7
                if self._looks <= _MOST_LOOKS:
                    faulthandler.dump_traceback(self._stacks)
                    self._stacks.write(_LOOKED.encode())


class Driver(QObject):
    """Does one event after the other, also within dialogs that run a loop of their own."""

    def __init__(
        self,
        window: Window,
        events: Iterator[Event],
        place: Path,
        watch: Watch,
        reach: Reach,
        every: int,
    ) -> None:
        super().__init__()
        self._window = window
        self._events = events
        self._closing = itertools.cycle(CLOSING)
        self._doer = Doer(window)
        self.reached = reach
        self.trail = (place / "trail").open("w")
        self._watch = watch
        self.held: list[Held] = []
        self._every = every
        self.done = 0
        self.missed = 0
        self._turn = 0
        self._doing: list[tuple[QWidget | None, QWidget | None]] = []
        """Which dialog and menu lay over the window before each event that is under way."""

    def begin(self, wait_ms: int) -> None:
        """Do the first event so much later."""
        self._later(wait_ms)

    def _later(self, wait_ms: int) -> None:
        self._turn += 1
        QTimer.singleShot(wait_ms, self, partial(self._step, self._turn))

    def _rest(self, turn: int, until: float) -> None:
        """Do the next event once the engine has nothing to do, at the latest then."""
        if turn != self._turn:
            return
        left = until - time.monotonic()
        if left <= 0 or not self._window.session.jobs.running:
            self._later(0)
        else:
            QTimer.singleShot(_REST_MS, self, partial(self._rest, turn, until))

    def _step(self, turn: int) -> None:
        """Do the next event, unless that was done already."""
        if turn != self._turn or not self._window.isVisible():
            return
        over = (QApplication.activeModalWidget(), QApplication.activePopupWidget())
        if self._doing and self._doing[-1] == over:
            # No dialog or menu was opened, the machine is slow: QTest would send the rest of a
            # stroke to a window that the next event closed.
            self._later(_NESTED_MS)
            return
        event = self._next()
        # Where the event opens a dialog with a loop of its own, the next one comes from here; what
        # QTest lets happen within an event is over much sooner.
        self._later(_NESTED_MS)
        turn = self._turn
        self._doing.append(over)
        try:
            self.missed += not self._doer.do(event)
        finally:
            self._doing.pop()
        if turn != self._turn:
            return
        wait = event["wait"]
        if event.get("idle") and wait > _FIRST_REST_MS:
            self._turn += 1
            until = time.monotonic() + wait / 1000
            QTimer.singleShot(_FIRST_REST_MS, self, partial(self._rest, self._turn, until))
        else:
            self._later(wait)

    def _next(self) -> Event:
        began, clock = time.thread_time(), time.monotonic()
        event = next(self._events, None) or next(self._closing)
        self.trail.write(json.dumps(event) + "\n")
        self.trail.flush()
        self._watch.answer = event["answer"]
        self._watch.faults.number = self.done
        self.reached.look()
        if self.done % self._every == 0:
            self.held.append(Held.now(self.done, self._window))
        self.done += 1
        self._watch.freezes.leave_out(time.thread_time() - began, time.monotonic() - clock)
        return event


class Watch:
    """What is watched, and what stands in for the desktop."""

    def __init__(self, place: Path, freeze_s: float) -> None:
        self.faults = Faults(place / "faults")
        self.faults.catch_all()
        self.freezes = Freezes(self.faults, place, freeze_s)
        self._place = place.resolve()
        self.answer = ""
        self._trainers: list[int] = []

    def stand_in(self) -> None:
        """File dialogs answer at once, the desktop opens nothing, and few trainers live."""

        def one(*_: Any, **__: Any) -> tuple[str, str]:
            return self.answer, ""

        def saved(
            _: Any, title: str = "", start: str = "", kinds: str = "", *__: Any
        ) -> tuple[str, str]:
            # What ships is opened where it lies; nothing is saved over it.
            own = Path(self.answer).is_relative_to(self._place)
            chosen = self.answer if own or not self.answer else str(self._free(self.answer))
            return chosen, kinds.partition(";;")[0] if chosen else ""

        def several(*_: Any, **__: Any) -> tuple[list[str], str]:
            return [self.answer] if self.answer else [], ""

        start, resume = trainer.start_run, trainer.resume_run

        def started(*arguments: Any) -> int:
            return self._small(start(*arguments))

        def resumed(*arguments: Any) -> int:
            return self._small(resume(*arguments))

        QFileDialog.getOpenFileName = one  # type: ignore[method-assign]
        QFileDialog.getSaveFileName = saved  # type: ignore[method-assign,assignment]
        QFileDialog.getOpenFileNames = several  # type: ignore[method-assign]
        QFileDialog.getExistingDirectory = lambda *_, **__: self.answer  # type: ignore[method-assign]
        QDesktopServices.openUrl = lambda *_: True  # type: ignore[method-assign]
        setattr(trainer, "start_run", started)  # noqa: B010 - whatever they take
        setattr(trainer, "resume_run", resumed)  # noqa: B010

    def _free(self, answer: str) -> Path:
        return self._place / "saved" / Path(answer).name

    def _small(self, process: int) -> int:
        """Let it not take the machine: what was asked for may be a network of any size."""
        made = psutil.Process(process)
        made.nice(19)
        made.rlimit(psutil.RLIMIT_AS, (_TRAINER_BYTES, _TRAINER_BYTES))
        self._trainers.append(process)
        while len(self._trainers) > _TRAINERS:
            self.end_trainer(self._trainers.pop(0))
        return process

    @staticmethod
    def end_trainer(process: int) -> None:
        """As somebody may do at any time."""
        try:
            os.kill(process, 9)
        except ProcessLookupError:
            return

    def children(self) -> list[str]:
        """Processes that a window which was closed has left, without trainers."""
        left = psutil.Process().children(recursive=True)
        return [
            str(one)
            for one in left
            if one.pid not in self._trainers and one.status() != psutil.STATUS_ZOMBIE
        ]

    def end(self) -> None:
        """End all trainers."""
        for process in self._trainers:
            self.end_trainer(process)


def _files(place: Path) -> list[Path]:
    listed: list[str] = json.loads((place / "files").read_text())
    return [Path(one) for one in listed]


def _events(place: Path, asked: argparse.Namespace, reached: set[str]) -> Iterator[Event]:
    if asked.trail is not None:
        for line in asked.trail.read_text().splitlines():
            yield json.loads(line)
        return
    free = place / "saved"
    free.mkdir(exist_ok=True)
    if asked.soak is not None:
        yield from watching(asked.seed, _files(place), free, asked.soak)
        return
    chooser = Chooser(asked.seed, _files(place), free, reached)
    for _ in range(asked.events):
        yield chooser.next() or {"in": "window", "do": "close", "wait": 20, "answer": ""}


def main() -> int:
    """Open the window, do the events, close it; what was measured goes into `result`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--events", type=int, default=0)
    parser.add_argument("--trail", type=Path)
    parser.add_argument("--freeze", type=float, default=FREEZE_SECONDS, help="seconds that are one")
    parser.add_argument("--soak", type=float, help="watch and walk for so many seconds")
    asked = parser.parse_args()
    place: Path = asked.place
    every = _EVERY["events" if asked.soak is None else "soak"]
    # Open to the very end: what holds the program up after the window is looked for, too.
    crash = (place / "crash").open("w")
    _open_to_the_end.append(crash)
    faulthandler.enable(crash)
    app = QApplication(["rnnviz"])
    watch = Watch(place, asked.freeze)
    watch.stand_in()
    window = build(app, EngineRunner())
    # Closing is an event of its own; a key in a menu must not end the window before.
    window.actions_.actions["Quit"].setEnabled(False)
    window.session.jobs.failed.connect(lambda failure: _defect(watch.faults, failure))
    window.show()
    QTimer.singleShot(0, window, lambda: window.open_soon(()))
    QTimer.singleShot(0, window, gc.freeze)
    window.build_ahead_of_use()
    reached = set[str]()
    events, reach = _events(place, asked, reached), Reach(window, reached)
    driver = Driver(window, events, place, watch, reach, every)
    driver.begin(500)
    began = time.monotonic()
    code = app.exec()
    driver.trail.close()
    _look_after(watch, window)
    result = {
        "events": driver.done, "missed": driver.missed, "seconds": time.monotonic() - began,
        "held": driver.held, "turns": watch.freezes.turns, "longest": watch.freezes.longest,
        "longest_clock": watch.freezes.longest_clock, "machine": watch.freezes.machine,
        "slow": watch.freezes.slow, "reached": driver.reached.found(),
        "processor": time.thread_time(), "own": watch.freezes.own,
    }  # fmt: skip
    (place / "result").write_text(json.dumps(result))
    watch.end()
    return code


def _look_after(watch: Watch, window: Window) -> None:
    """After closing no job is under way, and no process is left."""
    if window.session.jobs.running:
        watch.faults.add("after closing", f"jobs: {window.session.jobs.running}")
    deadline = time.monotonic() + 5
    while watch.children() and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in watch.children():
        watch.faults.add("after closing", f"a process is left: {child}")


def _defect(faults: Faults, failure: Failure) -> None:
    if failure.details:
        faults.add("engine", f"{failure.kind}: {failure.message}", failure.details)


if __name__ == "__main__":
    sys.exit(main())
