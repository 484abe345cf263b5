"""Steps of a recording, and the characters of the text on the screen that they stand at.

Everything that is selected is counted in steps; the text view counts characters. Where characters
were read the two are the same, and nothing here costs anything.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.base import steps_standing_at
from rnnviz.core.sequences.text import Text


class Placing:
    """The places of one recording's steps; without a recording, steps are characters."""

    def __init__(self, recording: Recording | None) -> None:
        self._sequence = recording.sequence if recording else None

    @property
    def same(self) -> bool:
        """Whether every step is a character."""
        return self._sequence is None or isinstance(self._sequence, Text)

    @cached_property
    def _steps(self) -> npt.NDArray[np.int64]:
        """The step at each character of the text; -1 between steps."""
        assert self._sequence is not None
        return self._sequence.steps_at(0, len(self._sequence.text))

    def by_character(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What belongs to each character, of something that belongs to each step."""
        if self.same:
            return array
        steps = self._steps
        shown = np.asarray(array)[np.maximum(steps, 0)]
        shown[steps < 0] = np.nan if shown.dtype.kind == "f" else 0
        return shown

    def characters(self, start: int, stop: int) -> tuple[int, int]:
        """From which character to which these steps stand."""
        return (start, stop) if self._sequence is None else self._sequence.span(start, stop)

    def steps(self, start: int, stop: int) -> tuple[int, int]:
        """The steps that stand at these characters."""
        if self._sequence is None or self.same or stop <= start:
            return start, stop
        return steps_standing_at(self._sequence, start, stop)

    def step(self, character: int) -> int:
        """The step that stands at a character."""
        return character if self._sequence is None else self._sequence.step_at(character)

    def within_a_document(self, start: int, stop: int) -> tuple[int, int]:
        """A range of steps, cut where the document ends that it begins in."""
        if self._sequence is None or not 0 <= start < len(self._sequence):
            return start, stop
        return start, min(stop, self._sequence.documents.around(start)[1])


def piece_of(
    recording: Recording, values: npt.NDArray[np.floating], start: int, stop: int
) -> tuple[int, str, npt.NDArray[np.floating]]:
    """These steps as they are shown: their first character, their text, and a value for each."""
    first, last = recording.sequence.span(start, stop)
    steps = recording.sequence.steps_at(first, last)
    shown = np.array(values[np.maximum(steps, 0)])
    shown[steps < 0] = np.nan
    return first, recording.text.slice(first, last), shown


def axis_text(recording: Recording) -> Text | None:
    """The characters to write along an axis of steps, where each step is one."""
    return recording.text if isinstance(recording.sequence, Text) else None
