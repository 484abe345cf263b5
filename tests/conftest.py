"""What every test gets: a world of its own, and watchdogs that nothing is left behind.

A test fails for a log record at warning or above that it did not expect, and for every thread,
child process, running timer and top-level widget that outlives it.
"""

from __future__ import annotations

import os

# Before anything imports torch or makes a QApplication: threads that spin while they wait make
# small steps a hundred times slower on a busy machine.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import itertools
import logging
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_timeout
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QCoreApplication, QEvent, QTimer

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.recordings.description import TOP, Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.core.system import deleting

# What is collected stays to the end: to search it for garbage in between finds none.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is looked for, and only in what tests make."""
    gc.collect()
    gc.freeze()
    gc.enable()


# How long an example takes says how busy the machine is, and nothing of what is tried.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

LONGEST_WAIT_SECONDS = 2.0
"""How long a thread, a child or a widget may take to go once its test is over."""
_LONG_COLLECTION_SECONDS = 0.03
"""A search for garbage that takes longer goes through torch and Qt, after each test."""


class _TimeLimit:
    """Ends a test that takes too long, as pytest-timeout does, in one thread for all of them: to
    start and to join one for each takes longer than most tests.
    """

    def __init__(self) -> None:
        self._limit: tuple[float, Callable[[], None]] | None = None

    def set(self, seconds: float, end: Callable[[], None]) -> None:
        """Call this so many seconds from now, or one later."""
        self._limit = time.monotonic() + seconds, end

    def cancel(self) -> None:
        """The test is over."""
        self._limit = None

    def watch(self) -> None:
        """Look each second, to the end of the process."""
        never = threading.Event()
        while not never.wait(1.0):  # tests put something else in the place of `time.sleep`
            limit = self._limit
            if limit is not None and time.monotonic() >= limit[0]:
                self._limit = None
                limit[1]()


_time_limit = _TimeLimit()


def pytest_sessionstart() -> None:
    """Before any test, so that none is said to have left this thread behind."""
    threading.Thread(target=_time_limit.watch, name="time limit", daemon=True).start()


def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:
    """pytest-timeout asks whether somebody else limits the time of this test."""
    if settings.method != "thread":
        return None
    _time_limit.set(settings.timeout, partial(pytest_timeout.timeout_timer, item, settings))
    return True


def pytest_timeout_cancel_timer() -> None:
    """pytest-timeout goes on to cancel what it has set itself, if anything."""
    _time_limit.cancel()


@pytest.fixture(autouse=True)
def _own_folders(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The person's own settings, recordings and findings are never touched.

    They lie in the folder of the test, where it has one: to make one for each takes longer than
    most tests that need none.
    """
    if "tmp_path" in request.fixturenames:
        place = request.getfixturevalue("tmp_path")
    else:
        place = tmp_path_factory.getbasetemp() / f"no-folder-{next(_homes)}"
    monkeypatch.setenv("RNNVIZ_HOME", str(place / "home"))


_homes = itertools.count()


@pytest.fixture(autouse=True)
def _drives_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any reading may take long; what shall not be waited for, a test says."""
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 20.0)


class _Kept(logging.Handler):
    """Keeps every record at warning or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def expect_log() -> list[str]:
    """Regular expressions; a warning that none of them matches fails the test, and so does one
    of them that matches no warning: `expect_log.append("cannot be read")`.
    """
    return []


@pytest.fixture(autouse=True)
def _no_surprising_log(expect_log: list[str]) -> Iterator[None]:
    kept = _Kept()
    logging.getLogger().addHandler(kept)
    yield
    logging.getLogger().removeHandler(kept)
    messages = [record.getMessage() for record in kept.records]
    surprising = [
        message for message in messages if not any(re.search(part, message) for part in expect_log)
    ]
    assert not surprising, f"logged without being expected: {surprising}"
    missing = [part for part in expect_log if not any(re.search(part, m) for m in messages)]
    assert not missing, f"expected in the log and not there: {missing}"


@pytest.fixture(autouse=True)
def _nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compare threads, children, timers and widgets with what was there before the test."""
    timers: weakref.WeakSet[QTimer] = weakref.WeakSet()
    _watch_timers(monkeypatch, timers)
    threads, children, widgets = set(threading.enumerate()), _children(), _top_level_widgets()
    yield

    def left() -> list[str]:
        return [
            *(f"thread {thread.name}" for thread in set(threading.enumerate()) - threads),
            *(f"child process {child}" for child in _children() - children),
            *(f"timer of {timer.interval()} ms" for timer in _running(timers)),
            *(f"widget {widget}" for widget in _top_level_widgets() - widgets),
        ]

    deleting.wait()  # it ends by itself, when the disk has time
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while (found := left()) and time.monotonic() < deadline:
        _collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        if left():
            threading.Event().wait(0.01)
    assert not found, f"left behind: {', '.join(sorted(found))}"


def _collect() -> None:
    """Collect garbage; what is there for good, as modules are, is looked through only once."""
    began = time.thread_time()
    gc.collect()
    if time.thread_time() - began > _LONG_COLLECTION_SECONDS:
        gc.freeze()


def _watch_timers(monkeypatch: pytest.MonkeyPatch, timers: weakref.WeakSet[QTimer]) -> None:
    start: Callable[..., None] = QTimer.start

    def watched(timer: QTimer, *arguments: Any) -> None:
        timers.add(timer)
        # As a slot it may be called with a signal's text or flag, which Qt itself leaves out.
        start(timer, *(argument for argument in arguments if type(argument) is int))

    monkeypatch.setattr(QTimer, "start", watched)


def _running(timers: weakref.WeakSet[QTimer]) -> list[QTimer]:
    from shiboken6 import isValid

    return [timer for timer in timers if isValid(timer) and timer.isActive()]


def _children() -> set[str]:
    """Process numbers of our children, where the system tells (Linux)."""
    # Without `pathlib`, which takes three times as long: this is done twice a test.
    found: set[str] = set()
    try:
        tasks = os.listdir("/proc/self/task")  # noqa: PTH208
    except FileNotFoundError:
        return found
    for task in tasks:
        try:
            with open(f"/proc/self/task/{task}/children", "rb", 0) as file:  # noqa: PTH123
                found.update(file.read().decode().split())
        except OSError:
            continue  # the thread ended between the listing and the reading
    return found


def _top_level_widgets() -> set[str]:
    """Names of all windows, with their places in memory; menus belong to their owners."""
    from PySide6.QtWidgets import QApplication, QMenu

    if not isinstance(QApplication.instance(), QApplication):
        return set()
    return {
        f"{type(widget).__name__} {widget.objectName()!r} {id(widget):#x}"
        for widget in QApplication.topLevelWidgets()
        if not isinstance(widget, QMenu)
    }


TINY_ALPHABET = tuple('\n "abcdehlo')
TINY_TEXT = 'a "cold bed"\nhello "a cab" hello\n'


@pytest.fixture
def tiny_description() -> ModelDescription:
    """An LSTM of 2 layers of 8 units over eleven characters."""
    return ModelDescription(
        architecture="lstm", layers=2, units=8, vocabulary=TINY_ALPHABET, name="tiny"
    )


@pytest.fixture
def tiny_model(tiny_description: ModelDescription) -> Any:
    """That LSTM with its weights as drawn, in evaluation mode."""
    from rnnviz.nets.language.model import LanguageModel

    return LanguageModel(tiny_description, seed=1).eval()


@pytest.fixture
def tiny_recording(tiny_model: Any, tmp_path: Path) -> Recording:
    """A short text walked through `tiny_model`, with every channel."""
    from rnnviz.nets.walking.walk import walk

    folder = tmp_path / "tiny-recording"
    text = Text.of(TINY_TEXT, "tiny text")
    walk(tiny_model, text, folder, tiny_model.network.channel_names)
    return Recording(folder)


@pytest.fixture
def random_recording(tmp_path: Path) -> Callable[..., Recording]:
    """Makes recordings of random numbers without any network:
    `random_recording(text, layers=2, units=8, channels=("hidden", "cell"), seed=0)`.
    """
    made = 0

    def make(
        text: str = TINY_TEXT,
        layers: int = 2,
        units: int = 8,
        channels: tuple[str, ...] = ("hidden", "cell"),
        seed: int = 0,
    ) -> Recording:
        nonlocal made
        made += 1
        return _write_random(
            tmp_path / f"random-recording-{made}", text, (layers, units), channels, seed
        )

    return make


def _write_random(
    folder: Path, text: str, sizes: tuple[int, int], channels: tuple[str, ...], seed: int
) -> Recording:
    """A complete recording whose values are uniform in -1 to 1."""
    random = np.random.default_rng(seed)
    layers, units = sizes
    length, vocabulary = len(text), sorted(set(text))
    groups = layers_of(layers, units, channels)
    writer = RecordingWriter(folder, Text.of(text, "random"), groups, Next(), vocabulary)
    probabilities = -np.sort(-random.dirichlet(np.ones(TOP), size=length), axis=1)
    writer.write(
        0,
        {name: random.uniform(-1, 1, (layers * units, length)) for name in channels},
        {
            "surprisal": random.uniform(0, 6, length),
            "top_ids": random.integers(len(vocabulary), size=(length, TOP)),
            "top_p": probabilities,
        },
    )
    return Recording(folder)
