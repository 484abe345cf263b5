"""What the selected unit tells of the selected concept, and what is odd about it: for captions."""

from __future__ import annotations

from PySide6.QtCore import QObject

from rnnviz.core.cells.conditions import Health, condition
from rnnviz.core.scoring.separation import Separation, separation
from rnnviz.session.cells.rankings import Rankings
from rnnviz.session.shared.recordings import Recordings
from rnnviz.session.shared.selection import Selection

_ENOUGH = 2048
"""Steps after which what was found stays until more than twice as many are walked."""


class UnitSummary(QObject):
    """Answers at once, on a sample of what is walked; keeps the last answer."""

    def __init__(
        self,
        recordings: Recordings,
        selection: Selection,
        rankings: Rankings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._selection = selection
        self._rankings = rankings
        self._separation: tuple[tuple[object, ...], object, Separation | None] | None = None
        """What it is about, the labels themselves, and what was found."""
        self._health: tuple[tuple[object, ...], Health] | None = None

    @property
    def separation(self) -> Separation | None:
        """What the unit tells of the concept; None without one, or where its labels are unknown."""
        recording, selection = self._recordings.recording, self._selection
        name = selection.concept
        if recording is None or name is None or selection.colouring != "unit":
            return None
        labels = self._rankings.labels(name)
        if labels is None or not recording.has(selection.channel, selection.unit):
            return None
        key, known = self._about(recording.walked), self._separation
        if known is None or known[0] != key or known[1] is not labels:
            values = recording.shown_values(selection.channel, selection.unit)
            known = key, labels, separation(values[: recording.walked], labels)
            self._separation = known
        return known[2]

    @property
    def health(self) -> Health:
        """Whether the unit is dead or has run away by itself."""
        recording, selection = self._recordings.recording, self._selection
        if self._recordings.holds(selection.unit):
            return Health()
        if recording is None or not recording.has(selection.channel, selection.unit):
            return Health()
        key = self._about(recording.walked)
        if self._health is None or self._health[0] != key:
            values = recording.running_values(selection.channel, selection.unit)
            self._health = key, condition(values)
        return self._health[1]

    def _about(self, walked: int) -> tuple[object, ...]:
        """What an answer is about; while a text is walked, it is found anew as that doubles."""
        recording = self._recordings.recording
        folder = None if recording is None else recording.folder
        far = walked.bit_length() if walked >= _ENOUGH else walked
        if recording is not None and recording.complete:
            far = -1
        return folder, self._selection.channel, self._selection.unit, self._selection.concept, far
