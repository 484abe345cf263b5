"""Watches runs grow and walks texts for an hour, in the real window: `make soak`.

    python -m tests.harness.soak [--hours 1] [--seed 0]

Memory, open files, threads and widgets of the window must stay level: their slopes over the second
half are printed, and what they come to over that half. The exit code is the number of things that
went wrong, faults of the window among them (see `tests.harness.events`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.harness.events import Windows


class Slope(NamedTuple):
    """How something went over the second half."""

    name: str
    last: float
    an_hour: float
    grown: float
    """What the slope comes to over the second half."""
    allowed: float

    @property
    def level(self) -> bool:
        """Whether it stayed where it was, but for noise."""
        return self.grown <= self.allowed


ALLOWED = {
    "MB of memory beside curves": (2, 12.0),
    "open files": (3, 6.0),
    "threads": (4, 3.0),
    "widgets": (5, 60.0),
}
"""Of each column of `watched_window.Held`, what it may grow by over the second half."""


def slopes(held: list[list[float]]) -> list[Slope]:
    """The slope of everything that is held, over the second half of a life."""
    rows = np.array(held[len(held) // 2 :], float)
    rows[:, 2] -= rows[:, 6]  # a run that is watched may add points, up to what a curve may hold
    seconds = rows[:, 1] - rows[0, 1]
    found = []
    for name, (column, allowed) in ALLOWED.items():
        values = rows[:, column] / (1 << 20 if column == 2 else 1)
        slope = float(np.polyfit(seconds, values, 1)[0])
        found.append(Slope(name, float(values[-1]), slope * 3600, slope * seconds[-1], allowed))
    return found


def soak(windows: Windows, name: str, seconds: float) -> tuple[list[str], list[str]]:
    """Let a window watch for so long; what is said of it, and what was wrong."""
    lived = windows.live(name, "--soak", str(seconds))
    said = list[str]()
    wrong = [f"{one.kind}: {one.words}\n{one.details}" for one in lived.faults]
    held = lived.facts.get("held", [])
    if len(held) < 4:
        return said, [*wrong, "it did not live long enough to be measured"]
    for one in slopes(held):
        words = (
            f"{one.name}: {one.last:.0f} at the end, {one.an_hour:+.1f} an hour, "
            f"{one.grown:+.1f} over the second half (level up to {one.allowed:g})"
        )
        said.append(words)
        wrong += [] if one.level else [f"grows: {words}"]
    curves = [row[6] / (1 << 20) for row in held]
    said.append(f"MB of curves: {curves[0]:.1f} at first, {curves[-1]:.1f} at the end")
    said.append(f"{lived.events} events, longest turn {lived.facts['longest']:.2f} s")
    return said, wrong


def main() -> int:
    """Watch for some hours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    asked, began = parser.parse_args(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rnnviz-soak-") as made:
        windows = Windows(Path(made) / "w")
        windows.prepare(asked.seed)
        said, wrong = soak(windows, f"soak-{asked.seed}", asked.hours * 3600)
    for words in (*said, *wrong):
        sys.stdout.write(f"{words}\n")
    sys.stdout.write(f"{len(wrong)} wrong; {time.monotonic() - began:.0f} s\n")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
