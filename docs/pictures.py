"""Makes the pictures of the documentation from the real window; `make pictures`.

Opens the shipped model on its text, ranks, hovers, and grabs the window, light and dark.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from rnnviz.app import build
from rnnviz.views.window import Window
from rnnviz.work.runner import EngineRunner

FOLDER = Path(__file__).parent / "pictures"
SIZE = (1440, 900)
_LONGEST_MS = 180_000


def wait_until(ready: Callable[[], bool], settle_ms: int = 400) -> None:
    """Let the window work until this holds, and a moment longer."""
    loop, timer = QEventLoop(), QTimer()

    def look() -> None:
        if ready():
            timer.stop()
            QTimer.singleShot(settle_ms, loop.quit)

    timer.timeout.connect(look)
    timer.start(30)
    QTimer.singleShot(_LONGEST_MS, loop.quit)
    loop.exec()


def prepare(window: Window) -> None:
    """Open what ships, rank its quote cells, pin one more unit, point at a character."""
    session = window.session
    window.open_at_start(())
    recordings, rankings = session.recordings, session.rankings

    def walked() -> bool:
        return recordings.recording is not None and recordings.recording.complete

    wait_until(walked)
    concept = session.selection.concept or "inside-quotes"
    session.selection.set_concept(concept)
    rankings.request_ranking(concept)
    wait_until(lambda: rankings.ranking(concept) is not None)
    rankings.request_probe(concept)
    wait_until(lambda: rankings.probe(concept) is not None)
    wait_until(lambda: not session.jobs.running)


def main() -> None:
    """Grab the window in both themes."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNVIZ_HOME"] = home
        app = QApplication(["rnnviz"])
        window = build(app, EngineRunner())
        window.resize(*SIZE)
        window.show()
        prepare(window)
        for setting in ("light", "dark"):
            window.appearance.set_setting(setting)
            wait_until(lambda: True)
            path = FOLDER / f"window-{setting}.png"
            window.grab().save(str(path))
            print(path)
        window.close()


if __name__ == "__main__":
    sys.exit(main())
