"""What is selected: unit, channel, cursor, range, concept, pins, and what is on screen."""

from __future__ import annotations

import contextlib
from typing import Literal, NamedTuple

from PySide6.QtCore import QObject, Signal

from rnnviz.core.errors import UnitError
from rnnviz.core.quantities.units import layer_name
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.sequences.base import Sequence, steps_standing_at

Colouring = Literal["unit", "surprisal", "verdict"]


class Pin(NamedTuple):
    """A unit kept in view."""

    channel: str
    unit: int
    """Counted through all groups, from 0."""


class Selection(QObject):
    """Setters return early when nothing changed; else one signal says what did.

    Signals:
        unit_changed: `unit` or `channel`.
        cursor_changed: `cursor`, the character under the pointer or last clicked.
        range_changed: `range`, what was brushed.
        concept_changed: `concept`.
        pins_changed: `pins`.
        visible_changed: `visible`, the characters on the screen.
        colouring_changed: `colouring`.
        jumped(character): bring this character into view.
        shown_from(character): bring its row to the top of the view, and leave the cursor.
    """

    unit_changed = Signal()
    cursor_changed = Signal()
    range_changed = Signal()
    concept_changed = Signal()
    pins_changed = Signal()
    visible_changed = Signal()
    colouring_changed = Signal()
    jumped = Signal(object)
    shown_from = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unit = 0
        self._channel = "hidden"
        self._cursor: int | None = None
        self._range: tuple[int, int] | None = None
        self._sequence: Sequence | None = None
        """Whose steps cursor and range count; None: characters."""
        self._concept: str | None = None
        self._pins: tuple[Pin, ...] = ()
        self._groups: Groups | None = None
        self._pins_of: dict[tuple[tuple[str, int], ...], tuple[Pin, ...]] = {}
        """What was pinned in networks of other shapes."""
        self._visible = (0, 0)
        self._colouring: Colouring = "unit"

    @property
    def unit(self) -> int:
        """The unit, counted through all groups from 0."""
        return self._unit

    @property
    def channel(self) -> str:
        """`hidden`, `cell` or the name of a gate."""
        return self._channel

    @property
    def cursor(self) -> int | None:
        """A character's offset, or None."""
        return self._cursor

    @property
    def range(self) -> tuple[int, int] | None:
        """The brushed characters, start and stop, or None."""
        return self._range

    @property
    def concept(self) -> str | None:
        """The name of the chosen concept, or None."""
        return self._concept

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The pinned units, in the order of pinning."""
        return self._pins

    @property
    def visible(self) -> tuple[int, int]:
        """The characters on the screen, start and stop."""
        return self._visible

    @property
    def colouring(self) -> Colouring:
        """What colours the text: the unit, the surprisal, or a classifier's verdict so far."""
        return self._colouring

    def fit(self, groups: Groups) -> None:
        """Tell the units of the network that is looked at.

        In one of another shape, the unit is the one at the same place of the group of the same
        name, or the first where there is none; its pins are those that were set in a network of
        that shape. A unit that has not the chosen channel is shown by the first that it has.
        """
        before, self._groups = self._groups, groups
        unit = self._unit
        if before is None:
            unit = unit if unit < groups.total else 0
        elif before.shape != groups.shape:
            self._pins_of[before.shape] = self._pins
            pins, self._pins = self._pins, self._pins_of.get(groups.shape, ())
            if self._pins != pins:
                self.pins_changed.emit()
            unit = 0
            if 0 <= self._unit < before.total:
                place = before.place(self._unit)
                with contextlib.suppress(UnitError):
                    unit = groups.number(before[place.group].name, place.unit)
        channel = self._channel
        if groups.total and not groups.has(channel, unit):
            channel = groups.of(unit).channels[0]
        if (unit, channel) != (self._unit, self._channel):
            self._unit, self._channel = unit, channel
            self.unit_changed.emit()

    def count_in(self, sequence: Sequence | None) -> None:
        """Tell the sequence whose steps are counted; None: the characters of a text not walked yet.

        Cursor and range stay at the same characters. Of another text they are gone.
        """
        before, self._sequence = self._sequence, sequence
        if before is not None and sequence is not None and len(before.text) != len(sequence.text):
            self.set_range(None)
            self.set_cursor(None)
        if self._range is not None:
            self.set_range(_in_steps(sequence, *_in_characters(before, *self._range)))
        if self._cursor is not None:
            start, stop = _in_characters(before, self._cursor, self._cursor + 1)
            cursor = _in_steps(sequence, start, max(stop, start + 1))[0]
            self.set_cursor(cursor if sequence is None else min(cursor, max(0, len(sequence) - 1)))

    @property
    def group_and_unit(self) -> tuple[str, int]:
        """The unit as the name of its group, and its place there from 0."""
        if self._groups is None or not 0 <= self._unit < self._groups.total:
            return layer_name(0), self._unit
        place = self._groups.place(self._unit)
        return self._groups[place.group].name, place.unit

    def select_unit(self, unit: int, channel: str | None = None) -> None:
        """Choose a unit, and a channel if given; colours by unit again.

        A unit that has no such channel is shown by the first that it has.
        """
        channel = channel or self._channel
        groups = self._groups
        if groups is not None and 0 <= unit < groups.total and not groups.has(channel, unit):
            channel = groups.of(unit).channels[0]
        if (unit, channel) != (self._unit, self._channel):
            self._unit, self._channel = unit, channel
            self.unit_changed.emit()
        self.set_colouring("unit")

    def set_cursor(self, cursor: int | None) -> None:
        """Point at a character."""
        if cursor != self._cursor:
            self._cursor = cursor
            self.cursor_changed.emit()

    def jump(self, character: int) -> None:
        """Point at a character and bring it into view, also when the cursor is there already."""
        self.set_cursor(character)
        self.jumped.emit(character)

    def show_from(self, character: int) -> None:
        """Bring a character's row to the top of the view; nothing is pointed at."""
        self.set_cursor(None)
        self.shown_from.emit(character)

    def set_range(self, chosen: tuple[int, int] | None) -> None:
        """Brush characters; an empty range is None."""
        if chosen is not None and chosen[0] >= chosen[1]:
            chosen = None
        if chosen != self._range:
            self._range = chosen
            self.range_changed.emit()

    def set_concept(self, concept: str | None) -> None:
        """Choose a concept by name."""
        if concept != self._concept:
            self._concept = concept
            self.concept_changed.emit()

    def toggle_pin(self, pin: Pin) -> None:
        """Pin a unit, or let it go."""
        pins = tuple(kept for kept in self._pins if kept != pin)
        self._pins = pins if len(pins) < len(self._pins) else (*self._pins, pin)
        self.pins_changed.emit()

    def clear_pins(self) -> None:
        """Let all pinned units go."""
        if self._pins:
            self._pins = ()
            self.pins_changed.emit()

    def set_visible(self, visible: tuple[int, int]) -> None:
        """Tell which characters are on the screen."""
        if visible != self._visible:
            self._visible = visible
            self.visible_changed.emit()

    def set_colouring(self, colouring: Colouring) -> None:
        """Colour the text by the unit, or by what came out."""
        if colouring != self._colouring:
            self._colouring = colouring
            self.colouring_changed.emit()


def _in_characters(sequence: Sequence | None, start: int, stop: int) -> tuple[int, int]:
    """Where these steps stand; where no text is shown, steps are counted throughout."""
    if sequence is None or not len(sequence.text):
        return start, stop
    return sequence.span(start, min(stop, len(sequence)))


def _in_steps(sequence: Sequence | None, start: int, stop: int) -> tuple[int, int]:
    """The steps that stand at these characters."""
    if sequence is None or stop <= start:
        return start, stop
    if not len(sequence.text):
        return start, min(stop, len(sequence))
    first, last = steps_standing_at(sequence, start, stop)
    return first, min(last, len(sequence))
