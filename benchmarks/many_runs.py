"""Whether the Training workspace stays fluent with many long runs in several charts.

    python benchmarks/many_runs.py [--runs 50] [--steps 1000000]

The whole window shows so many runs, all ticked, in four charts: loss, held-out loss, gradient norm,
rate. Told is the longest step of the main thread while they are first drawn and smoothed, while
every run grows by one step thirty times a second, while the pointer moves, while a part is zoomed
into, and while a filter is typed. The curves are put into the records as if they had been read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.event_latency import STEP_LIMIT_MS, TimedApplication, idle, watching_window
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.training.centre import TrainingCentre
from rnnviz.views.training.panels.curves import HELD_OUT, LOSS, NORM, RATE

LIVE_SECONDS, GROWS_MS = 3.0, 33


def main() -> None:
    """Make the runs, do what a person does, and print the longest steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--steps", type=int, default=1_000_000)
    options = parser.parse_args()
    app = TimedApplication()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.runs):
            made_run(folder / "runs" / f"run-{number:02d}", number)
        window = watching_window(app, folder, folder / "runs")
        idle(app, 3.0)
        centre = window.workspace_tabs.current.centralWidget()
        assert isinstance(centre, TrainingCentre)
        runs = window.session.runs
        for number, run in enumerate(runs.opened):
            fill(run, options.steps, number)
        print(f"{len(runs.opened)} runs of {options.steps:,} steps in four charts:")
        measured(app, "first drawn and smoothed", lambda: first(app, centre))
        measured(app, "growing", lambda: grow(app, runs.opened, runs.curve_changed.emit))
        measured(app, "the pointer moves", lambda: point(app, centre, options.steps))
        measured(app, "zoomed into", lambda: zoom(app, centre, options.steps))
        measured(app, "a filter is typed", lambda: type_filter(app, centre))
        window.close()


def made_run(folder: Path, number: int) -> None:
    """A run directory with settings and one step."""
    folder.mkdir(parents=True)
    config = {"name": folder.name, "units": 16 * (1 + number % 5), "seed": number}
    (folder / "run.json").write_text(json.dumps({"version": 2, "config": config}))
    lines = [{"k": "step", "step": 1, "loss_nats": 4.0}, {"k": "finished", "step": 1}]
    text = "".join(json.dumps({"seq": n, "t": 0.0, **line}) + "\n" for n, line in enumerate(lines))
    (folder / "events.jsonl").write_text(text)


def fill(run: OpenRun, steps: int, seed: int) -> None:
    """What a long training would have brought."""
    random, record = np.random.default_rng(seed), run.watched.record
    places = np.arange(2, steps + 2)
    loss = 4 / places**0.1 + random.normal(0, 0.1, steps) + 0.01 * seed
    record.loss.append(places, loss)
    record.gradient_norm.append(places, np.exp(random.normal(0, 0.3, steps)))
    record.learning_rate.append(places, np.linspace(0.01, 0, steps))
    every = max(1, steps // 200)
    record.validation.append(places[::every], loss[::every])
    record.reach(steps + 1)


def measured(app: TimedApplication, name: str, do: Callable[[], None]) -> None:
    """Do something and print the longest steps of the main thread meanwhile."""
    app.steps_ms.clear()
    app.busy_ms.clear()
    began = time.perf_counter()
    do()
    busy = np.sort(np.array(app.busy_ms))
    verdict = "PASS" if busy[-1] < STEP_LIMIT_MS else f"short of {STEP_LIMIT_MS:.0f} ms"
    print(
        f"  {name}: of the processor the longest {busy[-1]:.1f} ms, 99.9th percentile "
        f"{np.quantile(busy, 0.999):.1f} ms; by the clock {max(app.steps_ms):.1f} ms; "
        f"{time.perf_counter() - began:.1f} s in all. {verdict}"
    )


def first(app: TimedApplication, centre: TrainingCentre) -> None:
    """Four charts, until every curve is smoothed."""
    centre.curves.set_charts([LOSS, HELD_OUT, NORM, RATE])
    idle(app, 0.3)
    until = time.monotonic() + 120
    while not centre.curves.idle and time.monotonic() < until:
        idle(app, 0.1)


def grow(app: TimedApplication, runs: tuple[OpenRun, ...], tell: Callable[[], None]) -> None:
    """One step more of every run, thirty times a second."""
    until = time.monotonic() + LIVE_SECONDS
    while time.monotonic() < until:
        for run in runs:
            record = run.watched.record
            step = [record.loss.steps[-1] + 1]
            record.loss.append(step, [0.5])
            record.gradient_norm.append(step, [1.0])
            record.learning_rate.append(step, [0.001])
        tell()
        idle(app, GROWS_MS / 1000)


def point(app: TimedApplication, centre: TrainingCentre, steps: int) -> None:
    """Move over the loss."""
    chart = centre.curves.grid.charts[LOSS]
    for x in np.linspace(10, steps, 40):
        chart.hovered.emit(float(x), 1.0)
        idle(app, 0.02)
    chart.left.emit()


def zoom(app: TimedApplication, centre: TrainingCentre, steps: int) -> None:
    """Into the middle, and out."""
    chart = centre.curves.grid.charts[LOSS]
    chart.view.setXRange(0.4 * steps, 0.6 * steps)
    idle(app, 0.6)
    chart.reset_zoom()
    idle(app, 0.6)


def type_filter(app: TimedApplication, centre: TrainingCentre) -> None:
    """Letter by letter, and away again."""
    for typed in ("u", "units", "units =", "units = 32", ""):
        centre.list.filter.setText(typed)
        idle(app, 0.3)


if __name__ == "__main__":
    main()
