"""Starts the application: QApplication, Session, Window, and nothing else."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from rnnviz.core.system import places
from rnnviz.core.system.crash_record import CrashRecord, crashed_before
from rnnviz.core.system.left_behind import remove_left_behind
from rnnviz.core.system.personal_folders import PersonalFolders
from rnnviz.core.system.version_guard import check_qt
from rnnviz.session.session import Session
from rnnviz.session.shared.settings import Settings
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.shared.words import speaking
from rnnviz.views.window.window import Window
from rnnviz.work.runner import EngineRunner, Runner

PICTURE = Path("rnnviz-window.png")
_PICTURE_TIMEOUT_MS = 120_000
_CRASHES_TOLD_MS = 3000
"""After the first messages of what is opened."""


def has_display() -> bool:
    """Whether a window can be seen: always, except on a Linux without X11 and Wayland."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def build(app: QApplication, runner: Runner, folders: PersonalFolders | None = None) -> Window:
    """The window on its session; shown by the caller.

    Args:
        folders: the person's own, by default the usual ones.
    """
    speaking.install()
    folders = folders or PersonalFolders.usable()
    settings = Settings(folders.config / "settings.ini")
    app.setWindowIcon(QIcon(str(places.resources() / "icons" / "rnnviz.svg")))
    setting = settings.value("window/theme")
    appearance = Appearance(app, setting if setting in ("light", "dark") else "system")
    session = Session(
        runner,
        settings,
        cache=folders.cache / "recordings",
        data=folders.data,
        models=places.models(),
        resources=places.resources(),
    )
    window = Window(session, appearance)
    session.setParent(window)
    return window


def run(paths: Sequence[Path] = (), addresses: Sequence[str] = ()) -> int:
    """Open the window on these files, or on what ships; the exit code.

    `addresses` are of runs on other machines, as the person typed them.

    Without a display the same window is drawn into a picture, whose path is printed.
    """
    problem = check_qt(pyside_version, sys.version_info[:2])
    if problem:
        print(f"rnnviz: {problem}", file=sys.stderr)
        return 1
    displayed = has_display()
    if not displayed:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        print("There is no display here, so the window is drawn into a picture instead.")
    folders = PersonalFolders.usable()
    atexit.register(folders.close)
    if folders.lacking:
        print(f"rnnviz: {folders.lacking}", file=sys.stderr)
    record = CrashRecord(folders.log)
    atexit.register(record.close)  # a crash while all is taken apart is one, too
    interrupted = threading.Event()
    # From here on Ctrl-C is remembered until there is a window that can be closed.
    signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    runner = EngineRunner()
    # Beside the start: what a window left behind that was killed may be gigabytes.
    threading.Thread(
        target=remove_left_behind,
        args=(folders.cache / "recordings", Path(tempfile.gettempdir())),
        name="left behind",
        daemon=True,
    ).start()
    app = QApplication(["rnnviz"])
    app.setApplicationName("rnnviz")
    app.setApplicationDisplayName("rnnviz")
    window = build(app, runner, folders)
    _catch_defects(window, record.note)
    _end_on_interrupt(window, interrupted)
    if displayed:  # the platform without a display has a screen smaller than the least window
        window.fit_on(window.screen().availableSize())
    window.show()
    if not displayed:
        # Before the files are opened, so that nothing that is said of them is missed.
        _end_when_refused(app, window)
    QTimer.singleShot(0, window, lambda: window.open_soon(paths, addresses))
    if displayed and folders.lacking:
        QTimer.singleShot(0, window, lambda: window.show_message(folders.lacking))
    QTimer.singleShot(_CRASHES_TOLD_MS, window, lambda: _tell_of_crashes(window, folders.log))
    # What is there by now stays: looking through all of it again and again would cost frames.
    QTimer.singleShot(0, window, _collect_from_now_on)
    window.build_ahead_of_use()
    if not displayed:
        window.resize(1360, 860)
        _picture_when_walked(window)
    code = app.exec()
    settings = window.session.settings
    if settings.status() != QSettings.Status.NoError and not folders.lacking:
        print(f"rnnviz: the settings cannot be written to {settings.fileName()}", file=sys.stderr)
    return code


def _tell_of_crashes(window: Window, folder: Path) -> None:
    """Say that an earlier window ended by a crash, and where its record lies."""
    found = crashed_before(folder)
    if found:
        window.status.say(
            "rnnviz ended in a crash before. Where it stood is written in "
            f"{found[-1]} (Help > Folder of crash records)",
            30_000,
        )


def _collect_from_now_on() -> None:
    gc.freeze()
    gc.enable()


def _catch_defects(window: Window, note: Callable[[str], None]) -> None:
    """Show what nobody caught, instead of printing it where nobody looks; and note it."""
    window.session.jobs.failed.connect(lambda failure: note(failure.details))

    def caught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        from rnnviz.views.dialogs.problem_dialog import show_problem  # seldom needed

        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        print(details, file=sys.stderr)
        note(details)
        message = f"{kind.__name__}: {error}"
        QTimer.singleShot(0, window, lambda: show_problem(window, message, details))

    sys.excepthook = caught
    threading.excepthook = lambda args: caught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def _end_on_interrupt(window: Window, interrupted: threading.Event) -> None:
    """Close the window on Ctrl-C; the timer lets Python see the signal while Qt waits.

    Closed within the signal itself, before Qt's loop runs, the window would be shown all the same
    and nothing would ever end the loop.
    """

    def check() -> None:
        if interrupted.is_set():
            interrupted.clear()
            window.close()

    timer = QTimer(window)
    timer.timeout.connect(check)
    timer.start(200)


def _end_when_refused(app: QApplication, window: Window) -> None:
    """Say why a file was not opened, or what it needs, and end: nobody could answer a box."""

    def end(message: str) -> None:
        print(f"rnnviz: {message}", file=sys.stderr)
        window.close()
        app.exit(1)

    def needed(companion: str, path: str, size: int, message: str) -> None:
        option = {"vocabulary": "--vocabulary FILE", "sentences": "--sentences FILE"}.get(companion)
        name = Path(path).name
        use = (
            f"without a display, convert it first: `rnnviz convert {name} model.safetensors "
            f"{option or '--reading N'}`"
            if companion != "sentences"
            else f"without a display, use `rnnviz translate {name} {option}`"
        )
        end(f"{message}; {use}")

    window.session.jobs.failed.connect(lambda failure: end(failure.message))
    window.session.opening.companion_needed.disconnect()
    window.session.opening.companion_needed.connect(needed)
    window.open_refused.connect(end)


def _picture_when_walked(window: Window) -> None:
    """Draw the window into a picture as soon as its first text is walked, then end."""
    recordings = window.session.recordings

    def draw() -> None:
        if window.grab().save(str(PICTURE)):
            print(PICTURE.resolve())
        else:
            print(f"rnnviz: cannot write {PICTURE.resolve()}", file=sys.stderr)
        window.close()

    def check() -> None:
        recording = recordings.recording
        if recording is not None and recording.complete and not window.session.jobs.running:
            ready.stop()
            QTimer.singleShot(300, window, draw)

    ready = QTimer(window)
    ready.timeout.connect(check)
    ready.start(50)
    QTimer.singleShot(_PICTURE_TIMEOUT_MS, window, draw)
