"""All moments of an unrolled computation as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from rnnviz.core.colours.colour import PAPER
from rnnviz.core.export.figure import Figure, hex_colour
from rnnviz.core.export.page_of_figures import page_of_figures
from rnnviz.core.unroll.moments import count_of, moment
from rnnviz.core.unroll.picture import draw
from rnnviz.core.unroll.trace import Trace


def figures_of(
    trace: Trace, dark: bool = False, size: tuple[float, float] = (1180.0, 640.0)
) -> Iterator[Figure]:
    """All moments, one figure after the other."""
    plan = trace.plan
    for number in range(count_of(plan)):
        yield draw(trace, moment(number, plan.steps), size, dark).figure


def page(trace: Trace, dark: bool = False, size: tuple[float, float] = (1180.0, 640.0)) -> str:
    """One HTML page: a click or an arrow key goes to the next moment."""
    figures = figures_of(trace, dark, size)
    return page_of_figures(figures, "An unrolled network", hex_colour(PAPER[dark]), "Moment")
