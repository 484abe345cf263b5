"""The real window with what ships and an engine of its own, to time what a person sees."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from rnnviz.core.system.places import models, resources
from rnnviz.session.session import Session
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.window.window import Window
from rnnviz.work.runner import EngineRunner


@contextmanager
def real_window(app: QApplication) -> Iterator[tuple[Window, Path]]:
    """A window that is shown and closed at the end, and an empty folder that goes with it."""
    appearance = Appearance(app, "light")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session = Session(
            EngineRunner(),
            QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat),
            cache=folder / "cache",
            data=folder / "data",
            models=models(),
            resources=resources(),
        )
        window = Window(session, appearance)
        window.resize(1360, 860)
        window.show()
        yield window, folder
        window.close()


def wait(app: QApplication, ready: Callable[[], bool]) -> None:
    """Run the event loop until something is so.

    Raises:
        TimeoutError: it was not within a minute.
    """
    deadline = time.monotonic() + 60
    while not ready():
        app.processEvents()
        time.sleep(0.0005)
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come within a minute")
