"""All moments of an unrolled computation as one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from rnnviz.core.colours.colour import PAPER
from rnnviz.core.export.figure import Figure, hex_colour
from rnnviz.core.export.page_of_figures import page_of_figures
from rnnviz.core.unroll.model_trace import ModelTrace
from rnnviz.core.unroll.moments import count_of, moment
from rnnviz.core.unroll.pictures.model_picture import figures_of_model
from rnnviz.core.unroll.pictures.moment_picture import draw
from rnnviz.core.unroll.trace import Trace


def figures_of(
    trace: Trace, dark: bool = False, size: tuple[float, float] = (1180.0, 640.0)
) -> Iterator[Figure]:
    """All moments, one figure after the other."""
    plan = trace.plan
    for number in range(count_of(plan)):
        yield draw(trace, moment(number, plan.moves), size, dark).figure


def page(trace: Trace, dark: bool = False, size: tuple[float, float] = (1180.0, 640.0)) -> str:
    """One HTML page: a click or an arrow key goes to the next moment."""
    figures = figures_of(trace, dark, size)
    return page_of_figures(figures, "An unrolled network", hex_colour(PAPER[dark]), "Moment")


def page_of_model(
    trace: ModelTrace,
    dark: bool = False,
    size: tuple[float, float] = (1180.0, 680.0),
    marked: tuple[int, int] | None = None,
) -> str:
    """One HTML page of an open model: a click or an arrow key shows one step more.

    Args:
        marked: the row and the unit that is followed through all steps.
    """
    figures = figures_of_model(trace, dark, size, marked)
    return page_of_figures(figures, "An unrolled model", hex_colour(PAPER[dark]), "Step")
