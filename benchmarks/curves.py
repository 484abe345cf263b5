"""How fast a curve of a million points is drawn, and what watching for long does to the memory.

    python benchmarks/curves.py [--points 1000000] [--frames 120]

1. Frames of the loss curve, smoothed over its raw values, while every frame brings ten more points;
   against a pyqtgraph curve that is given all points with its own downsampling.
2. A million events through a reader and a record as they come from a file: resident memory at the
   half and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from rnnviz.core.runs.curve import Curve, SmoothedCurve
from rnnviz.core.runs.directory.reader import EventTail
from rnnviz.core.runs.record import RunRecord
from rnnviz.views.plots import CurvePlot, Trace
from rnnviz.views.shared.theme import Appearance

LIMIT_MS = 1000 / 60
PER_FRAME = 10


def main() -> None:
    """Run both and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=120)
    options = parser.parse_args()
    app = QApplication([])
    Appearance(app, "light")
    ours, busy = ours_ms(app, options.points, options.frames)
    theirs = theirs_ms(app, options.points)
    print(f"frame of a curve of {options.points:,} points, raw and smoothed, growing:")
    print(f"  median {np.median(ours):.1f} ms, 99th percentile {np.quantile(ours, 0.99):.1f} ms")
    print(f"  of the processor: median {np.median(busy):.1f} ms")
    print(f"  {np.median(theirs) / np.median(ours):.1f} times faster than pyqtgraph's downsampling")
    print(f"  {'PASS' if np.quantile(ours, 0.99) < LIMIT_MS else 'short of'} 60 frames a second")
    half, whole, seconds = memory_mb(options.points)
    print(f"{options.points:,} events read in {seconds:.1f} s:")
    print(f"  {whole - half:.0f} MB more at the end than at the half ({half:.0f} MB then)")


def ours_ms(app: QApplication, points: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds of each frame of our plot: on the clock, and of the processor alone."""
    plot, curve = CurvePlot("Loss"), Curve(2 * points)
    values = 4 / np.sqrt(np.arange(1, points + 1)) + np.random.default_rng(0).normal(0, 0.1, points)
    curve.append(np.arange(points), values)
    smoothed = SmoothedCurve(curve, 0.95)
    while not smoothed.complete:
        len(smoothed.values)
    plot.set_traces((Trace("loss", curve, 0, smoothed),))
    plot.resize(1200, 600)
    plot.show()
    app.processEvents()
    taken, busy = [], []
    for frame in range(frames + 5):
        first = points + frame * PER_FRAME
        curve.append(np.arange(first, first + PER_FRAME), np.full(PER_FRAME, 0.1))
        start, worked = time.perf_counter(), time.thread_time()
        plot.refresh()
        plot.grab()
        taken.append(1000 * (time.perf_counter() - start))
        busy.append(1000 * (time.thread_time() - worked))
    plot.close()
    return np.array(taken[5:]), np.array(busy[5:])


def theirs_ms(app: QApplication, points: int) -> np.ndarray:
    """Milliseconds of each frame where pyqtgraph itself thins the points, without smoothing."""
    plot = pg.PlotWidget()
    item = plot.plot()
    item.setDownsampling(auto=True, method="peak")
    item.setClipToView(True)
    plot.resize(1200, 600)
    plot.show()
    values = np.random.default_rng(0).normal(0, 1, points)
    places = np.arange(points, dtype=float)
    taken = []
    for _ in range(15):
        start = time.perf_counter()
        item.setData(places, values)
        plot.grab()
        taken.append(1000 * (time.perf_counter() - start))
    plot.close()
    return np.array(taken[5:])


def memory_mb(events: int) -> tuple[float, float, float]:
    """Resident memory after half of the events and after all, and the seconds to read them."""
    record, spent, half = RunRecord({}, {}), 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        tail, block = EventTail(path), 20_000
        for first in range(0, events, block):
            lines = [
                json.dumps(
                    {"seq": s, "t": s * 0.01, "k": "step", "step": s + 1, "loss_nats": 1.5,
                     "gradient_norm": 0.5, "clipped": False, "learning_rate": 0.003,
                     "seconds": s * 0.01, "tokens": s * 1024, "epoch": s / 1e5,
                     "clipped_norm": 0.5}
                )
                for s in range(first, first + block)
            ]  # fmt: skip
            with path.open("a") as file:
                file.write("\n".join(lines) + "\n")
            del lines
            start = time.perf_counter()
            record.take(tail.read())
            spent += time.perf_counter() - start
            if first + block == events // 2:
                half = resident_mb()
    return half, resident_mb(), spent


def resident_mb() -> float:
    """What this process holds in memory."""
    words = Path("/proc/self/statm").read_text().split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
