"""A unit that a model file says was found in it: what the window opens on, and `info` lists."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import msgspec
from rnnviz.core.system.ready_types import ready

from rnnviz.core.quantities.units import layer_name, unit_name

_Place = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]


class UnitFound(msgspec.Struct, frozen=True, kw_only=True):
    """A unit, where it is, and how well it follows what; see `findings` in `docs/formats.md`."""

    title: str = ""
    concept: str = ""
    channel: str = "hidden"
    layer: _Place = 0
    unit: _Place = 0
    group: str = ""
    """The name of its group, where that is not the layer counted from 1."""
    auc: float | None = None
    correlation: float | None = None
    f1: float | None = None

    @property
    def group_name(self) -> str:
        """The name of its group."""
        return self.group or layer_name(self.layer)

    @property
    def words(self) -> str:
        """All of it in a line for people."""
        named = (("AUC", self.auc), ("r", self.correlation), ("F1", self.f1))
        figures = [
            f"{name} {value:.3f}"
            for name, value in named
            if value is not None and math.isfinite(value)
        ]
        what = self.title or self.concept or "a unit"
        return ", ".join([f"{what}: {self.channel} {unit_name(self.layer, self.unit)}", *figures])


def units_found(findings: Iterable[Mapping[str, object]]) -> Iterator[UnitFound]:
    """The findings of a description, without those that name no unit.

    >>> [one.words for one in units_found([{"unit": 7, "auc": 0.9}, {"unit": "seven"}])]
    ['a unit: hidden 1:7, AUC 0.900']
    """
    for found in findings:
        try:
            yield msgspec.convert(found, ready(UnitFound))
        except msgspec.ValidationError:
            continue
