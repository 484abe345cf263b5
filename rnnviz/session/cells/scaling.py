"""How values become colours: measured on one unit or shared, kept, flipped, in chosen colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.colours.colour import DIVERGING, Mode, Scale, scale_between, scale_for
from rnnviz.core.recordings.recording import Recording
from rnnviz.session.cells.unit_summary import UnitSummary
from rnnviz.session.shared.recordings import Recordings
from rnnviz.session.shared.selection import Colouring, Selection

_ENOUGH = 2048
"""Steps after which a range that was measured stays while more of the text is walked."""
_REMEMBERED = 256
"""Scales of units that were shown beside the selected one."""


class Scaling(QObject):
    """What the person chose for the colours, and the scale that follows from it.

    A range is measured once for a unit and stays while the text streams in: colours that are on
    the screen do not change under the eyes.

    Signals:
        changed: a choice that may change `scale`.
    """

    changed = Signal()

    def __init__(
        self,
        recordings: Recordings,
        selection: Selection,
        unit_summary: UnitSummary,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._recordings = recordings
        self._selection = selection
        self._unit_summary = unit_summary
        self._palette: str | None = None
        self._flipped = False
        self._shared: tuple[tuple[Path, str], int, Scale] | None = None
        """What was measured on all units of a channel last, at how many steps, and its scale."""
        self._own: tuple[tuple[object, ...], int, Scale] | None = None
        """The same of one unit."""
        self._others: dict[tuple[Path, str, int], tuple[int, Scale]] = {}
        """Of units shown beside it: at how many steps each was measured, and its scale."""
        self.mode: Mode = "unit"
        self.tanh = False
        """Whether the hyperbolic tangent of a cell state is shown, as in Karpathy's pictures."""
        self.locked: Scale | None = None
        """The scale that is kept while units change."""
        self._locked_of: Colouring = "unit"
        """What it is the scale of."""
        recordings.model_changed.connect(self._forget_lock)

    @property
    def scale(self) -> Scale | None:
        """The scale of what colours the text now; None without a recording."""
        recording, selection = self._recordings.recording, self._selection
        if recording is None:
            return None
        if self.locked is not None and self._locked_of == selection.colouring:
            return self.locked
        surprisal = recording.surprisal
        if selection.colouring == "surprisal" and surprisal is not None:

            def of_surprisal() -> Scale:
                return scale_for("surprisal", surprisal[: recording.walked])

            return self._steady(recording, ("surprisal",), of_surprisal)
        if selection.colouring == "verdict" and recording.class_p is not None:
            return Scale(0.0, 1.0, DIVERGING[0])
        return self._with_palette(self._measured(recording))

    def scale_of(self, recording: Recording, channel: str, unit: int) -> Scale:
        """The scale of another unit beside the selected one: its own range, the same colours."""
        key, walked = (recording.folder, channel, unit), recording.walked
        known = self._others.get(key)
        if known is None or known[0] < min(_ENOUGH, walked):
            about = recording.about_channel(channel, unit)
            measured = scale_for(about, recording.running_values(channel, unit))
            if len(self._others) > _REMEMBERED:
                self._others.clear()
            known = self._others[key] = walked, measured
        return self._with_palette(known[1])

    @property
    def unit_scale(self) -> Scale | None:
        """The scale of the selected unit: that of the text, where the text shows that unit.

        None without a recording, and while a unit of the one before is still selected.
        """
        recording, selection = self._recordings.recording, self._selection
        if recording is None or not recording.has(selection.channel, selection.unit):
            return None
        if selection.colouring == "unit":
            return self.scale
        return self.scale_of(recording, selection.channel, selection.unit)

    @property
    def can_squash(self) -> bool:
        """Whether what is selected is a state that may go beyond -1 and 1."""
        recording, selection = self._recordings.recording, self._selection
        if recording is None or selection.colouring != "unit":
            return False
        return recording.about_channel(selection.channel, selection.unit).range == "unbounded"

    def _measured(self, recording: Recording) -> Scale:
        channel, unit = self._selection.channel, self._selection.unit
        about = recording.about_channel(channel, unit)
        tanh = self.tanh and self.can_squash
        if self.mode == "channel":
            if tanh:
                return Scale(-1.0, 1.0, DIVERGING[0], tanh=True)
            # One range for all units: measured once, not again for each that is looked at.
            key, walked = (recording.folder, channel), recording.walked
            known = self._shared
            if known is None or known[0] != key or known[1] < min(_ENOUGH, walked):
                rows = recording.running_rows(channel)
                known = self._shared = key, walked, scale_for(about, rows, "channel")
            return known[2]

        def measure() -> Scale:
            told = self._unit_summary.separation
            values: npt.NDArray[np.floating] = recording.running_values(channel, unit)
            squashed = Scale(-1.0, 1.0, DIVERGING[0], tanh=True)
            scale = squashed if tanh else scale_for(about, values)
            if told is None or not told.tells:
                return scale
            on, off = (float(np.tanh(v)) if tanh else v for v in (told.on, told.off))
            return scale_between(scale, off, on)

        concept = self._selection.concept if self._unit_summary.separation is not None else None
        return self._steady(recording, (channel, unit, tanh, concept), measure)

    def _steady(
        self, recording: Recording, about: tuple[object, ...], measure: Callable[[], Scale]
    ) -> Scale:
        """What was measured of this, or measure it now; once there is enough, it stays."""
        key, walked = (recording.folder, *about), recording.walked
        known = self._own
        if known is None or known[0] != key or known[1] < min(_ENOUGH, walked):
            known = self._own = key, walked, measure()
        return known[2]

    @Slot(str)
    def set_mode(self, mode: Mode) -> None:
        """Measure the colours on this unit, or share them by all units of the channel."""
        self.mode, self.locked = mode, None
        self.changed.emit()

    @Slot(bool)
    def set_tanh(self, tanh: bool) -> None:
        """Show the hyperbolic tangent of a cell state, or the state itself."""
        if tanh != self.tanh or self.locked is not None:
            self.tanh, self.locked = tanh, None
            self.changed.emit()

    @Slot(float, float)
    def set_range(self, low: float, high: float) -> None:
        """Take a range that was pulled or typed; it stays, as a locked one does."""
        if (scale := self.scale) is not None:
            self.lock(scale.with_range(low, high))

    @Slot(bool)
    def set_locked(self, locked: bool) -> None:
        """Keep the range of colours while units change, or let it follow them again."""
        self.lock(self.scale if locked else None)

    def lock(self, scale: Scale | None) -> None:
        """Keep exactly this scale, as a saved finding has it."""
        colouring = self._selection.colouring
        if scale != self.locked or colouring != self._locked_of:
            self.locked, self._locked_of = scale, colouring
            self.changed.emit()

    @Slot()
    def _forget_lock(self) -> None:
        """Another model has other values; one that was only awaited has those that are shown."""
        recording, model = self._recordings.recording, self._recordings.model
        shown = None if recording is None else recording.description.model_path
        if model is None or shown != model.path:
            self.unlock()

    @Slot()
    def unlock(self) -> None:
        """Let the range follow the units again."""
        self.lock(None)

    @Slot(bool)
    def set_flipped(self, flipped: bool) -> None:
        """Run the colours the other way round than they are."""
        scale = self.scale
        if scale is None or flipped == scale.flipped:
            return
        if self.locked is not None:
            self.locked = self.locked.flip()
        else:
            self._flipped = not self._flipped
        self.changed.emit()

    @Slot(str)
    def set_palette(self, palette: str) -> None:
        """Use other colours for signed values."""
        self._palette = palette
        if self.locked is not None and self.locked.signed:
            self.locked = self.locked.with_palette(palette)
        self.changed.emit()

    def _with_palette(self, scale: Scale) -> Scale:
        if self._palette is not None and scale.signed:
            scale = scale.with_palette(self._palette)
        return scale.flip() if self._flipped else scale
