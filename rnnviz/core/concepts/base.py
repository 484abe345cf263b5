"""What a concept is: a function from a text to one label for every character."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.bool_] | npt.NDArray[np.float32]
"""(T,) bool for something that is or is not so, (T,) float32 for a count or a position."""


@dataclass(frozen=True)
class Concept:
    """Something that a unit may keep track of.

    `label(text)` gives one label a character: bool, or float32 with NaN where the concept does not
    apply. The label at t may depend on any part of the text, before or after t.
    """

    name: str
    """The key: lower case with hyphens, `inside-quotes`."""
    title: str
    """For people: `Inside double quotes`."""
    about: str
    """One line that says exactly what is labelled."""
    family: str
    """`prose`, `code`, `latex` or `any`: where it is offered first."""
    scalar: bool
    """True for a count or a position, False for yes or no."""
    label: Callable[[str], Labels]
