"""All moments of an unrolled computation as one page that needs nothing else."""

from __future__ import annotations

from rnnviz.core.colours.colour import PAPER
from rnnviz.core.export.figure import hex_colour
from rnnviz.core.export.page_of_figures import page_of_figures
from rnnviz.core.unroll.moments import count_of, moment
from rnnviz.core.unroll.picture import draw
from rnnviz.core.unroll.trace import Trace


def page(trace: Trace, dark: bool = False, size: tuple[float, float] = (1180.0, 640.0)) -> str:
    """One HTML page: a click or an arrow key goes to the next moment."""
    plan = trace.plan
    moments = (moment(number, plan.steps) for number in range(count_of(plan)))
    figures = (draw(trace, shown, size, dark).figure for shown in moments)
    return page_of_figures(figures, "An unrolled network", hex_colour(PAPER[dark]), "Moment")
