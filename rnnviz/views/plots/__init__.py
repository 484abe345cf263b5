"""Plots that look alike, follow the theme and export what they show; they alone know pyqtgraph."""

from rnnviz.views.plots.arrows import Arrow, ArrowPlot
from rnnviz.views.plots.bands import Banded, BandPlot
from rnnviz.views.plots.bars import BarPlot
from rnnviz.views.plots.base import Plot
from rnnviz.views.plots.curves import CurvePlot, Trace
from rnnviz.views.plots.heat import HeatPlot
from rnnviz.views.plots.histogram import Histogram, HistogramPlot
from rnnviz.views.plots.image import ImagePlot
from rnnviz.views.plots.inks import Ink, ink_colour
from rnnviz.views.plots.line import LinePlot, Series
from rnnviz.views.plots.plane import PlanePlot
from rnnviz.views.plots.scatter import Points, ScatterPlot

__all__ = [
    "Arrow",
    "ArrowPlot",
    "BandPlot",
    "Banded",
    "BarPlot",
    "CurvePlot",
    "HeatPlot",
    "Histogram",
    "HistogramPlot",
    "ImagePlot",
    "Ink",
    "LinePlot",
    "PlanePlot",
    "Plot",
    "Points",
    "ScatterPlot",
    "Series",
    "Trace",
    "ink_colour",
]
