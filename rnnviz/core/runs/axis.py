"""Where a step lies in time, in epochs, in characters: a few knots, and straight lines between."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

KNOTS = 8192
"""Beyond so many, every second is dropped."""


class StepAxis:
    """A number that grows with the step, known at some steps and interpolated between them."""

    def __init__(self, steps: Sequence[int] = (), values: Sequence[float] = ()) -> None:
        # Arrays: a list of numbers takes four times as much, and is slower to look up in.
        self.steps = array("q", steps)
        self.values = array("d", values)

    def add(self, step: int, value: float) -> None:
        """The number at this step; what is not finite or does not grow is left out."""
        if not np.isfinite(value) or (self.values and value < self.values[-1]):
            return
        if self.steps and step <= self.steps[-1]:
            return
        self.steps.append(step)
        self.values.append(float(value))
        if len(self.steps) > KNOTS:
            for kept in (self.steps, self.values):
                del kept[1:-1:2]

    def cut(self, step: int) -> None:
        """Forget what comes after this step."""
        while self.steps and self.steps[-1] > step:
            self.steps.pop()
            self.values.pop()

    def at(self, steps: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The number at each of these steps.

        >>> StepAxis([1, 3], [10.0, 20.0]).at([1, 2, 3]).tolist()
        [10.0, 15.0, 20.0]
        """
        if not self.steps:
            return np.full(len(steps), np.nan)
        return np.interp(steps, self.steps, self.values)

    @property
    def last(self) -> float:
        """The newest number; NaN while there is none."""
        return self.values[-1] if self.values else float("nan")
