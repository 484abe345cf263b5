"""Where a step lies in time, in epochs, in characters: a few knots, and straight lines between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

KNOTS = 8192
"""Beyond so many, every second is dropped."""


class StepAxis:
    """A number that grows with the step, known at some steps and interpolated between them."""

    def __init__(self, steps: Sequence[int] = (), values: Sequence[float] = ()) -> None:
        self.steps: list[int] = list(steps)
        self.values: list[float] = list(values)

    def add(self, step: int, value: float) -> None:
        """The number at this step; what is not finite or does not grow is left out."""
        if not np.isfinite(value) or (self.values and value < self.values[-1]):
            return
        if self.steps and step <= self.steps[-1]:
            return
        self.steps.append(step)
        self.values.append(float(value))
        if len(self.steps) > KNOTS:
            self.steps = [*self.steps[:-1:2], step]
            self.values = [*self.values[:-1:2], float(value)]

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
