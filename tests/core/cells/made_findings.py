"""Findings to try things with."""

from __future__ import annotations

from typing import Any

import msgspec

from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale


def finding(**changes: Any) -> Finding:
    """A finding on eight characters of a random text, with whatever is said otherwise."""
    made = Finding(
        title="quotes",
        note="a note",
        text_name="random",
        channel="cell",
        layer=1,
        unit=2,
        start=2,
        stop=10,
        scale=Scale(-0.5, 0.5, "green-purple"),
    )
    return msgspec.structs.replace(made, **changes)
