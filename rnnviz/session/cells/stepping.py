"""From one unit to the next: through the units, the layers and the channels, round and round."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from rnnviz.session.shared.recordings import Recordings
from rnnviz.session.shared.selection import Selection


class Stepping(QObject):
    """Moves the selection by one; does nothing while no recording is open."""

    def __init__(
        self, recordings: Recordings, selection: Selection, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._selection = selection

    @Slot()
    def next_unit(self) -> None:
        """The unit after this one; after the last the first."""
        self._step(1)

    @Slot()
    def previous_unit(self) -> None:
        """The unit before this one; before the first the last."""
        self._step(-1)

    @Slot()
    def layer_above(self) -> None:
        """The same unit, one layer farther from the input."""
        self._step_group(1)

    @Slot()
    def layer_below(self) -> None:
        """The same unit, one layer nearer to the input."""
        self._step_group(-1)

    @Slot()
    def next_channel(self) -> None:
        """Hidden, cell, then the gates, and round again."""
        recording, selection = self._recordings.recording, self._selection
        if recording is not None:
            channels = recording.groups.of(selection.unit).channels
            place = channels.index(selection.channel) if selection.channel in channels else -1
            following = channels[(place + 1) % len(channels)]
            selection.select_unit(selection.unit, following)

    def _step(self, units: int) -> None:
        recording, selection = self._recordings.recording, self._selection
        if recording is not None:
            selection.select_unit((selection.unit + units) % recording.total_units)

    def _step_group(self, groups: int) -> None:
        recording, selection = self._recordings.recording, self._selection
        if recording is not None:
            there, place = recording.groups, recording.groups.place(selection.unit)
            group = (place.group + groups) % len(there)
            unit = min(place.unit, there[group].width - 1)
            selection.select_unit(there.firsts[group] + unit)
