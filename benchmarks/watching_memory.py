"""An hour of watching: what the window's memory grows by while a run streams in.

    python benchmarks/watching_memory.py [--minutes 60] [--looks 20]

An hour's events of every kind, at the rates of a real run, are appended to a run directory faster
than an hour takes, and the whole Training workspace shows them, offscreen: 20 steps a second; every
50 steps norms of 20 parameters and gradients over 128 time steps; every 500 a validation, three
samples, a checkpoint, an alignment; now and then a changed setting. Each panel is in front for a
while. The memory of the process is printed at several moments; what counts is the growth from a
sixth of the time on, when every curve has reached its bound of points or nearly so.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Run as a script: its own folder is on the path, the repository's is not.
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.event_latency import watching_window
from tests.core.runs.made import MadeRun

LIMIT_MB = 40.0
RATE = 20
NAMES = [
    f"layers.{layer}.{kind}" for layer in range(5) for kind in ("w_ih", "w_hh", "b_ih", "b_hh")
]


def main() -> None:
    """Feed the events and print the memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--looks", type=int, default=20, help="ticks of the window a minute")
    options = parser.parse_args()
    app = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        watch(app, Path(name), options.minutes, options.looks)


def watch(app: QApplication, folder: Path, minutes: int, looks: int) -> None:
    """One window, one live run."""
    run = MadeRun(folder / "hour", units=256, batch=32, sequence_length=128)
    run.lock()
    run.event("started", step=0)
    window = watching_window(app, folder, run.directory)
    session = window.session
    docks = list(window.workspace_tabs.current.docks.values())
    step, taken = 0, []
    began = time.monotonic()
    for minute in range(minutes + 1):
        if minute % max(1, minutes // 6) == 0:
            gc.collect()
            taken.append(resident_mb())
            kept = len(session.runs.opened[0].watched.record.loss)
            print(f"minute {minute:3}: {taken[-1]:6.1f} MB, step {step:,}, {kept:,} points kept")
        if minute == minutes:
            break
        docks[minute % len(docks)].raise_()
        for _ in range(looks):
            step = feed(run, step, RATE * 60 // looks)
            end = time.monotonic() + 5
            while session.runs.opened[0].watched.record.step < step and time.monotonic() < end:
                app.processEvents()
                time.sleep(0.001)
            app.processEvents()
    grown = taken[-1] - taken[1]
    verdict = "pass" if grown < LIMIT_MB else "SHORT"
    print(
        f"{minutes} minutes of events in {time.monotonic() - began:.0f} s: {grown:+.1f} MB from "
        f"the first sixth to the end (claim: below {LIMIT_MB:.0f} MB: {verdict})"
    )
    window.close()


def feed(run: MadeRun, step: int, count: int) -> int:
    """Append the events of so many steps; the last of them."""
    for first in range(step + 1, step + count + 1, 50):
        last = min(first + 49, step + count)
        run.steps(first, last)
        loss = 4 / math.sqrt(last)
        run.event(
            "parameters",
            step=last,
            names=NAMES,
            gradient_norms=[loss] * len(NAMES),
            weight_norms=[10.0] * len(NAMES),
            update_ratios=[0.001] * len(NAMES),
        )
        run.gradient_steps(last, 2, 128)
        run.event("scalar", step=last, values={"accuracy": 1 / loss, "temperature": 50.0})
        if last // 500 != (first - 1) // 500:
            run.event("validation", step=last, loss_nats=loss * 1.05, streams=4)
            text = "".join(map(chr, np.random.default_rng(last).integers(97, 122, 500)))
            for temperature in (0.4, 0.8, 1.2):
                run.event("sample", step=last, temperature=temperature, text=text)
            run.checkpoint(last, b"0" * 100)
            run.alignment(last, "the cat sat on the mat", "le chat est assis là")
        if last // 5000 != (first - 1) // 5000:
            run.event("changed", step=last, setting="learning_rate", value=0.002)
    return step + count


def resident_mb() -> float:
    """The memory that this process holds, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024 / 1e6
    return math.nan


if __name__ == "__main__":
    main()
