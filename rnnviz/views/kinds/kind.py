"""What a kind of model is in `views`."""

from __future__ import annotations

from msgspec import Struct

OF_UNITS = (
    "ranking",
    "unit_page",
    "pattern",
    "surprises",
    "trace",
    "heatmap",
    "scatter",
    "saturation",
)
"""Panels that show the units of any network whose steps are recorded."""


class KindView(Struct, frozen=True):
    """How models of one kind look."""

    key: str
    """That of its facts in `core.kinds`."""
    icon: str
    """The name of its icon in `resources/icons`."""
    panels: tuple[str, ...]
    """The panels of its workspace that have something to show of it, by their names."""
