"""How values become colours: measured on one unit or shared, kept, flipped, in chosen colours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.colours.colour import DIVERGING, Mode, Scale, scale_for
from rnnviz.session.shared.recordings import Recordings
from rnnviz.session.shared.selection import Selection


class Scaling(QObject):
    """What the person chose for the colours, and the scale that follows from it.

    Signals:
        changed: a choice that may change `scale`.
    """

    changed = Signal()

    def __init__(
        self, recordings: Recordings, selection: Selection, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._selection = selection
        self._palette: str | None = None
        self._flipped = False
        self._shared: tuple[tuple[Path, str, int], Scale] | None = None
        """What was measured on all units of a channel last, and its scale."""
        self.mode: Mode = "unit"
        self.locked: Scale | None = None
        """The scale that is kept while units change."""
        recordings.model_changed.connect(self.unlock)

    @property
    def scale(self) -> Scale | None:
        """The scale of what colours the text now; None without a recording."""
        recording, selection = self._recordings.recording, self._selection
        if recording is None:
            return None
        walked = recording.walked
        if selection.colouring == "surprisal" and recording.surprisal is not None:
            return scale_for("surprisal", recording.surprisal[:walked])
        if selection.colouring == "verdict" and recording.class_p is not None:
            return Scale(0.0, 1.0, DIVERGING[0])
        if self.locked is not None:
            return self.locked
        about = recording.about_channel(selection.channel, selection.unit)
        if self.mode != "channel":
            values = recording.running_values(selection.channel, selection.unit)
            return self._dressed(scale_for(about, values, self.mode))
        # One range for all units: measured once, not again for each unit that is looked at.
        measured = (recording.folder, selection.channel, walked)
        if self._shared is None or self._shared[0] != measured:
            self._shared = (
                measured,
                scale_for(about, recording.running_rows(selection.channel), "channel"),
            )
        return self._dressed(self._shared[1])

    @Slot(str)
    def set_mode(self, mode: Mode) -> None:
        """Measure the colours on this unit, or share them by all units of the channel."""
        self.mode, self.locked = mode, None
        self.changed.emit()

    @Slot(bool)
    def set_locked(self, locked: bool) -> None:
        """Keep the range of colours while units change, or let it follow them again."""
        self.lock(self.scale if locked else None)

    def lock(self, scale: Scale | None) -> None:
        """Keep exactly this scale, as a saved finding has it."""
        if scale != self.locked:
            self.locked = scale
            self.changed.emit()

    @Slot()
    def unlock(self) -> None:
        """Let the range follow the units again: another model has other values."""
        self.lock(None)

    @Slot(bool)
    def set_flipped(self, flipped: bool) -> None:
        """Run the colours the other way round."""
        if flipped != self._flipped:
            self._flipped = flipped
            self.locked = self.locked.flip() if self.locked else None
            self.changed.emit()

    @Slot(str)
    def set_palette(self, palette: str) -> None:
        """Use other colours for signed values."""
        self._palette = palette
        if self.locked is not None and self.locked.symmetric:
            self.locked = self.locked.with_palette(palette)
        self.changed.emit()

    def _dressed(self, scale: Scale) -> Scale:
        if self._palette is not None and scale.symmetric:
            scale = scale.with_palette(self._palette)
        return scale.flip() if self._flipped else scale
