"""Plots that look alike, follow the theme and export what they show; they alone know pyqtgraph.

pyqtgraph takes longer to import than all the rest of the window together, so it waits for the first
plot that is made: what stands here are stand-ins that import what they stand for when called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnviz.views.plots.parts.inks import SWATCH, Ink, ink_colour, ink_pen, ink_swatch, ramp_ink

if TYPE_CHECKING:
    from rnnviz.views.plots.bands import Banded, BandPlot
    from rnnviz.views.plots.bars import BarPlot
    from rnnviz.views.plots.base import Plot
    from rnnviz.views.plots.chart import Chart
    from rnnviz.views.plots.curves import CurvePlot
    from rnnviz.views.plots.heat import HeatPlot
    from rnnviz.views.plots.histogram import Histogram, HistogramPlot
    from rnnviz.views.plots.image import ImagePlot
    from rnnviz.views.plots.line import LinePlot, Series
    from rnnviz.views.plots.names_plot import NamesPlot
    from rnnviz.views.plots.parts.arrows import Arrow, ArrowPlot
    from rnnviz.views.plots.parts.log_axis import plain
    from rnnviz.views.plots.parts.run_marks import RunMark
    from rnnviz.views.plots.plane import PlanePlot
    from rnnviz.views.plots.ridges import RidgePlot
    from rnnviz.views.plots.scatter import Points, ScatterPlot
    from rnnviz.views.plots.strips_of_lines import Strip
    from rnnviz.views.plots.traces import Trace, as_it_is
else:

    class _Later:
        """Stands for a class or a function of this package until it is first called."""

        def __init__(self, module: str, name: str) -> None:
            self._module, self._name = module, name

        def __call__(self, *given: Any, **named: Any) -> Any:
            return self.real(*given, **named)

        def __instancecheck__(self, value: object) -> bool:
            return isinstance(value, self.real)

        @property
        def real(self) -> Any:
            """What it stands for."""
            return getattr(import_module(f"{__name__}.{self._module}"), self._name)

    Arrow, ArrowPlot = _Later("parts.arrows", "Arrow"), _Later("parts.arrows", "ArrowPlot")
    Banded, BandPlot = _Later("bands", "Banded"), _Later("bands", "BandPlot")
    BarPlot = _Later("bars", "BarPlot")
    Plot = _Later("base", "Plot")
    Chart = _Later("chart", "Chart")
    CurvePlot, Trace = _Later("curves", "CurvePlot"), _Later("traces", "Trace")
    as_it_is = _Later("traces", "as_it_is")
    HeatPlot = _Later("heat", "HeatPlot")
    Histogram, HistogramPlot = (_Later("histogram", n) for n in ("Histogram", "HistogramPlot"))
    ImagePlot = _Later("image", "ImagePlot")
    LinePlot, Series = _Later("line", "LinePlot"), _Later("line", "Series")
    plain = _Later("parts.log_axis", "plain")
    NamesPlot = _Later("names_plot", "NamesPlot")
    PlanePlot = _Later("plane", "PlanePlot")
    Points, ScatterPlot = _Later("scatter", "Points"), _Later("scatter", "ScatterPlot")
    RidgePlot = _Later("ridges", "RidgePlot")
    RunMark = _Later("parts.run_marks", "RunMark")
    Strip = _Later("strips_of_lines", "Strip")

__all__ = [
    "SWATCH",
    "Arrow",
    "ArrowPlot",
    "BandPlot",
    "Banded",
    "BarPlot",
    "Chart",
    "CurvePlot",
    "HeatPlot",
    "Histogram",
    "HistogramPlot",
    "ImagePlot",
    "Ink",
    "LinePlot",
    "NamesPlot",
    "PlanePlot",
    "Plot",
    "Points",
    "RidgePlot",
    "RunMark",
    "ScatterPlot",
    "Series",
    "Strip",
    "Trace",
    "as_it_is",
    "ink_colour",
    "ink_pen",
    "ink_swatch",
    "plain",
    "ramp_ink",
]
