"""The units of a recording: groups of rows, one a layer and direction, and how all are numbered.

A group has a name, a width, an architecture and channels of its own; nothing here assumes that two
groups have any of them in common. All units are numbered through, group after group.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.architectures import Range
from rnnviz.core.errors import RecordingError, UnitError
from rnnviz.core.quantities.units import layer_name, layer_title, parse_unit, unit_name
from rnnviz.core.recordings.ranges import Ranges

Direction = Literal["forward", "backward"]

ChannelName = Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,64}\Z")]
"""A name that is part of a file's name, and leads nowhere else."""
GroupName = Annotated[str, msgspec.Meta(pattern=r"^[^\s:]{1,64}\Z")]
_Step = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one layer in one direction, or of anything else that has units."""

    name: GroupName
    """What its units are named by: `2` in `2:142`."""
    title: str = ""
    """In words: `layer 2, read backwards`."""
    architecture: str = ""
    """The key of what computed it; empty where it is unknown."""
    width: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)]
    """U, its units."""
    channels: Annotated[tuple[ChannelName, ...], msgspec.Meta(min_length=1, max_length=64)]
    ranges: dict[str, Range] = {}
    """Where the values of a channel lie, where its name alone does not tell it."""
    layer: Annotated[int, msgspec.Meta(ge=0, le=1 << 16)] = 0
    """From 0, within its part."""
    direction: Direction = "forward"
    part: str = ""
    """`encoder` or `decoder`, where the network has such parts."""
    runs: Annotated[tuple[tuple[_Step, _Step], ...], msgspec.Meta(max_length=1 << 20)] = ()
    """The ranges of steps at which it runs at all; empty where it runs at every step."""

    @property
    def words(self) -> str:
        """What to call it for people."""
        return self.title or layer_title(self.layer, self.direction, self.part)


class Place(NamedTuple):
    """Where a unit is."""

    group: int
    """The group, from 0."""
    unit: int
    """In the group, from 0."""


class Groups:
    """All groups in order, and N units numbered through them.

    >>> groups = Groups([*layers_of(1, 3, ("hidden",)), *layers_of(1, 2, ("hidden",), first=1)])
    >>> groups.total, groups.place(4), groups.unit_name(4), groups.unit_named("2:1")
    (5, Place(group=1, unit=1), '2:1', 4)
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        self._all = tuple(groups)
        self.firsts = (0, *accumulate(group.width for group in self._all))
        """The number of the first unit of each group, and N behind the last."""
        self.channels = tuple(dict.fromkeys(name for one in self._all for name in one.channels))
        """Every channel that any group has."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._all)

    def __getitem__(self, place: int) -> Group:
        return self._all[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Groups) and self._all == other._all

    __hash__ = None  # type: ignore[assignment]

    @property
    def total(self) -> int:
        """N: the units of all groups together."""
        return self.firsts[-1]

    @property
    def shape(self) -> tuple[tuple[str, int], ...]:
        """Names and widths: networks that share them have the same units."""
        return tuple((group.name, group.width) for group in self._all)

    def units(self, group: int) -> range:
        """The numbers of the units of a group."""
        return range(self.firsts[group], self.firsts[group + 1])

    def place(self, unit: int) -> Place:
        """Where a unit is.

        Raises:
            UnitError: there are not so many.
        """
        if not 0 <= unit < self.total:
            raise UnitError(f"there is no unit {unit}: there are {self.total:,} of them")
        group = bisect.bisect_right(self.firsts, unit) - 1
        return Place(group, unit - self.firsts[group])

    def of(self, unit: int) -> Group:
        """The group of a unit."""
        return self._all[self.place(unit).group]

    def number(self, group: str, unit: int) -> int:
        """The number of a unit of the group of this name.

        Raises:
            UnitError: there is none.
        """
        for place, one in enumerate(self._all):
            if one.name == group and 0 <= unit < one.width:
                return self.firsts[place] + unit
        raise UnitError(f"there is no unit {unit_name(group, unit)}: there are {self.in_words}")

    def unit_named(self, name: str) -> int:
        """The number of the unit of this short name, `2:142`.

        Raises:
            UnitError: it is no such name, or there is no such unit.
        """
        return self.number(*parse_unit(name))

    def unit_name(self, unit: int) -> str:
        """The short name of a unit."""
        group, within = self.place(unit)
        return unit_name(self._all[group].name, within)

    def unit_title(self, unit: int) -> str:
        """The name of a unit in words: `layer 2, unit 142`."""
        group, within = self.place(unit)
        return f"{self._all[group].words}, unit {within}"

    @property
    def in_words(self) -> str:
        """Which units there are: `2 layers of 512 units, 1:0 to 2:511`."""
        widths = {group.width for group in self._all}
        last = unit_name(self._all[-1].name, self._all[-1].width - 1)
        if len(widths) == 1:
            many = f"{len(self)} layer{'s' * (len(self) != 1)} of {widths.pop()} units"
            return f"{many}, so the last is {last}"
        return ", ".join(
            f"{unit_name(group.name, 0)} to {unit_name(group.name, group.width - 1)}"
            for group in self._all
        )

    # Rows: the units that have a channel, in order

    def having(self, channel: str) -> tuple[int, ...]:
        """The groups that have this channel."""
        return tuple(n for n, group in enumerate(self._all) if channel in group.channels)

    def rows(self, channel: str) -> int:
        """R: how many units have this channel."""
        return sum(self._all[place].width for place in self.having(channel))

    def first_row(self, channel: str, group: int) -> int:
        """The row at which the units of a group begin.

        Raises:
            RecordingError: the group has no such channel.
        """
        row = 0
        for place in self.having(channel):
            if place == group:
                return row
            row += self._all[place].width
        one = self._all[group]
        raise RecordingError(
            f"{one.words} has no channel {channel!r}; it has {', '.join(one.channels)}"
        )

    def row(self, channel: str, unit: int) -> int:
        """The row of a unit among those that have this channel.

        Raises:
            RecordingError: it has none.
        """
        group, within = self.place(unit)
        return self.first_row(channel, group) + within

    def unit_of_row(self, channel: str, row: int) -> int:
        """The unit whose values of this channel are in a row."""
        for place in self.having(channel):
            if row < self._all[place].width:
                return self.firsts[place] + row
            row -= self._all[place].width
        raise IndexError(f"no unit has row {row} of {channel!r}")

    def units_having(self, channel: str) -> npt.NDArray[np.int64]:
        """The units that have this channel, (R,), in the order of their rows."""
        having = [np.arange(*self.firsts[place : place + 2]) for place in self.having(channel)]
        return np.concatenate([np.zeros(0, np.int64), *having])

    def has(self, channel: str, unit: int) -> bool:
        """Whether there is such a unit and it has this channel."""
        return 0 <= unit < self.total and channel in self.of(unit).channels


def layers_of(
    layers: int,
    units: int,
    channels: Sequence[str],
    architecture: str = "",
    *,
    first: int = 0,
    direction: Direction = "forward",
    part: str = "",
    runs: Ranges = (),
) -> tuple[Group, ...]:
    """Layers that are alike, as groups.

    Args:
        first: the number of the first of them, from 0.
    """
    return tuple(
        Group(
            name=layer_name(layer, direction, part),
            architecture=architecture,
            width=units,
            channels=tuple(channels),
            layer=layer,
            direction=direction,
            part=part,
            runs=runs,
        )
        for layer in range(first, first + layers)
    )
