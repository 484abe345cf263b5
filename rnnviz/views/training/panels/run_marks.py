"""What happened to runs, as marks along a plot of theirs."""

from __future__ import annotations

import numpy as np

from rnnviz.core.runs.axis import StepAxis
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.plots import RunMark

_MOST = 100


def run_marks_of(run: OpenRun, axis: StepAxis | None = None, named: bool = False) -> list[RunMark]:
    """The newest changes, pauses and ways back of a run, where its steps lie along an axis.

    Args:
        named: say the run's name with each.
    """
    turns = run.watched.record.turns[-_MOST:]
    steps = np.array([turn.step for turn in turns], np.int64)
    places = steps.astype(float) if axis is None else axis.at(steps)
    before = f"{run.name}: " if named else ""
    return [
        RunMark(float(x), f"{before}{turn.words}", run.ink)
        for x, turn in zip(places, turns, strict=True)
    ]
