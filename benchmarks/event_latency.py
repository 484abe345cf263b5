"""How soon an event of a trainer is on the screen, and how long the window is busy with it.

    python benchmarks/event_latency.py [--seconds 10] [--rate 50]

Another process appends events to a run directory, at that rate; the whole Training workspace shows
the run. An event has arrived when the first paint of the curves after its reading is done. Also
told: the longest steps of the main thread while the run streams in.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings
from PySide6.QtWidgets import QApplication

from rnnviz.session.session import Session
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.window.window import Window
from rnnviz.work.runner import InlineRunner

LATENCY_LIMIT_MS, STEP_LIMIT_MS = 150.0, 16.0
_WRITER = """
import json, os, sys, time
path, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
file = os.open(path, os.O_WRONLY | os.O_APPEND)
for step in range(1, int(rate * seconds) + 1):
    line = {"seq": step, "t": time.time(), "k": "step", "step": step, "loss_nats": 4 / step ** 0.5,
            "gradient_norm": 1.0, "clipped": False, "clipped_norm": 1.0, "learning_rate": 0.003,
            "seconds": step / rate, "tokens": step * 1024, "epoch": step / 1e4}
    os.write(file, json.dumps(line).encode() + b"\\n")
    time.sleep(1 / rate)
"""


class TimedApplication(QApplication):
    """Notes how long every event of the main thread takes."""

    def __init__(self) -> None:
        super().__init__([])
        self.steps_ms: list[float] = []
        self.busy_ms: list[float] = []
        """The same without what other processes took of the processor meanwhile."""
        self._depth = 0

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        """Deliver an event, and time it if it is not part of another."""
        if self._depth:
            return bool(super().notify(receiver, event))
        self._depth += 1
        start, busy = time.perf_counter(), time.thread_time()
        try:
            return bool(super().notify(receiver, event))
        finally:
            self._depth -= 1
            self.steps_ms.append(1000 * (time.perf_counter() - start))
            self.busy_ms.append(1000 * (time.thread_time() - busy))


class PaintedAt(QObject):
    """When the canvas of the curves was painted with which step."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window = window
        self.seen: list[tuple[int, float]] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the newest step that is drawn, right after this paint."""
        if event.type() == QEvent.Type.Paint:
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))
        return False

    def customEvent(self, event: QEvent) -> None:
        """The paint is over."""
        run = self.window.session.runs.current
        if run is not None:
            self.seen.append((run.watched.record.step, time.time()))


def main() -> None:
    """Watch a writer and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=50.0)
    options = parser.parse_args()
    app = TimedApplication()
    with tempfile.TemporaryDirectory() as name:
        delays = watched_delays(app, Path(name), options.rate, options.seconds)
    slowest = np.sort(np.array(app.steps_ms))[-5:][::-1]
    print(f"{len(delays):,} events at {options.rate:g} a second, from the write to the paint:")
    worst = float(np.quantile(delays, 0.99))
    print(f"  median {np.median(delays):.0f} ms, 99th percentile {worst:.0f} ms")
    print(f"  {'PASS' if worst < LATENCY_LIMIT_MS else 'short of'} {LATENCY_LIMIT_MS:.0f} ms")
    print(f"steps of the main thread, {len(app.steps_ms):,}:")
    print(f"  99.9th percentile {np.quantile(app.steps_ms, 0.999):.1f} ms, the longest", end=" ")
    print(", ".join(f"{each:.1f}" for each in slowest), "ms")
    print(f"  {'PASS' if slowest[0] < STEP_LIMIT_MS else 'short of'} {STEP_LIMIT_MS:.0f} ms")
    print(f"  of the processor: the longest {max(app.busy_ms):.1f} ms")


def watched_delays(app: TimedApplication, folder: Path, rate: float, seconds: float) -> np.ndarray:
    """Milliseconds from each event's time to the first paint that shows it."""
    run = folder / "run"
    run.mkdir()
    (run / "run.json").write_text(json.dumps({"version": 2, "config": {"name": "run"}}))
    (run / "events.jsonl").touch()
    window = watching_window(app, folder, run)
    centre = window.workspace_tabs.current.centralWidget()
    idle(app, 1.5)
    painted = PaintedAt(window)
    centre.curves.plot._canvas.viewport().installEventFilter(painted)  # type: ignore[attr-defined]
    app.steps_ms.clear()
    app.busy_ms.clear()
    arguments = [sys.executable, "-c", _WRITER, str(run / "events.jsonl"), str(rate), str(seconds)]
    with subprocess.Popen(arguments) as writer:
        while writer.poll() is None:
            idle(app, 0.02)
    idle(app, 0.5)
    written = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    steps, times = (np.array(column) for column in zip(*painted.seen, strict=True))
    order = np.searchsorted(np.maximum.accumulate(steps), [event["step"] for event in written])
    there = order < len(times)
    delays = times[order[there]] - np.array([event["t"] for event in written])[there]
    window.close()
    return 1000 * delays


def watching_window(app: QApplication, folder: Path, run: Path) -> Window:
    """A window without models or texts that watches one run."""
    session = Session(
        InlineRunner({}),
        QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat),
        cache=folder / "cache",
        data=folder / "data",
        models=folder / "models",
        resources=folder / "resources",
    )
    window = Window(session, Appearance(app, "light"))
    window.resize(1400, 900)
    window.show()
    window.open_path(run)
    return window


def idle(app: QApplication, seconds: float) -> None:
    """Let the window work for a while, as its own loop does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.001)


if __name__ == "__main__":
    main()
