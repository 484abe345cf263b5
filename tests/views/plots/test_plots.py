"""Plots: what they export, how they thin out, and what a click hits."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QFontMetrics, QImage
from pytestqt.qtbot import QtBot

from rnnviz.core.colours.colour import Scale
from rnnviz.core.colours.oklab import contrast, from_linear, linear, oklab
from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve, SmoothedCurve
from rnnviz.core.sequences.text import Text
from rnnviz.views.plots import (
    BarPlot,
    CurvePlot,
    HeatPlot,
    Histogram,
    HistogramPlot,
    ImagePlot,
    LinePlot,
    Plot,
    Points,
    ScatterPlot,
    Series,
    Trace,
    ink_colour,
)
from rnnviz.views.plots.base import fitted_names
from rnnviz.views.plots.line import decimate
from rnnviz.views.plots.parts.axes import NumberAxis, TextAxis, number
from rnnviz.views.plots.parts.log_axis import LogAxis
from rnnviz.views.shared.theme import DARK, LIGHT, Theme, qt_palette, theme_of, ui_font
from tests.views.cells.panels_world import click


def line() -> Plot:
    plot = LinePlot("Values")
    plot.set_text(Text.of("abcdefghij"))
    plot.set_range((2.0, 6.0), (-1.0, 1.0))
    plot.set_series((Series("1:4", 2, np.array([0.0, 1.0, -1.0, 0.5], np.float16), "accent"),))
    return plot


def image() -> Plot:
    plot = ImagePlot("Units")
    plot.set_values(np.array([[1.0, -1.0], [0.0, 0.5]], np.float16), 7, Scale(-1, 1, "blue-orange"))
    return plot


def histogram() -> Plot:
    plot = HistogramPlot("Spread")
    plot.set_histograms((Histogram("all", np.array([0.0, 1.0, 2.0]), np.array([0.25, 0.75]), 0),))
    return plot


def scatter() -> Plot:
    plot = ScatterPlot("Points")
    plot.set_points(
        (Points("one", np.array([0.25, 0.75]), np.array([0.5, 0.5]), 0),), (0, 1), (0, 1)
    )
    return plot


def curves() -> Plot:
    plot = CurvePlot("Curves")
    curve = Curve()
    curve.append([1, 2, 3, 4], [4.0, 2.0, np.nan, 1.0])
    plot.set_traces((Trace("run", curve, 0, SmoothedCurve(curve, 0.5)),))
    return plot


def heat() -> Plot:
    plot = HeatPlot("Heat")
    plot.set_values(np.array([[1.0, 0.5], [0.0, np.nan]]), ("10", "20"))
    return plot


def bars() -> Plot:
    plot = BarPlot("Gates", {"shut": 0, "open": 1})
    plot.set_rows({"input": (0.25, 0.5), "forget": (0.1, 0.9)})
    return plot


EVERY = (line, image, histogram, scatter, bars, curves, heat)
SECOND_ROWS = {
    "Values": ["2", "0.0"],
    "Units": ["7", "1.0", "0.0"],
    "Spread": ["0.0", "1.0", "0.25"],
    "Points": ["one", "0.25", "0.5"],
    "Curves": ["1", "4.0", "4.0"],
    "Heat": ["0", "1.0", "0.5"],
    "Gates": ["input", "0.25", "0.5"],
}


@pytest.mark.parametrize("make", EVERY)
def test_exports_png_svg_and_csv(make, qtbot: QtBot, tmp_path: Path) -> None:
    plot = make()
    qtbot.addWidget(plot)
    plot.resize(320, 200)
    plot.show()
    for scale in (1.0, 2.0):
        plot.save(tmp_path / "plot.png", scale)
        picture = QImage(str(tmp_path / "plot.png"))
        assert (picture.width(), picture.height()) == (320 * scale, 200 * scale)
        colours = {picture.pixel(x, y) for x in range(0, 320, 3) for y in range(0, 200, 3)}
        assert len(colours) > 2, "only the ground was painted"
    plot.save(tmp_path / "plot.svg")
    root = ET.parse(tmp_path / "plot.svg").getroot()
    assert root.get("viewBox") == "0 0 320 200"
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 0
    plot.save(tmp_path / "plot.csv")
    rows = list(csv.reader((tmp_path / "plot.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[1] == SECOND_ROWS[plot.accessibleName()]


def test_an_unknown_ending_is_refused(qtbot: QtBot, tmp_path: Path) -> None:
    plot = line()
    qtbot.addWidget(plot)
    with pytest.raises(RnnvizError, match=r"\.png, \.svg or \.csv"):
        plot.save(tmp_path / "plot.gif")


@pytest.mark.parametrize("ending", ["png", "svg", "csv"])
def test_a_folder_that_is_not_there_is_refused_once(ending, qtbot: QtBot, tmp_path: Path) -> None:
    """By us alone: a warning of Qt fails the test."""
    plot = line()
    qtbot.addWidget(plot)
    plot.resize(320, 200)
    with pytest.raises(RnnvizError, match="cannot write"):
        plot.save(tmp_path / "missing" / f"plot.{ending}")


@pytest.mark.parametrize("make", EVERY)
def test_has_a_named_export_button_and_follows_the_theme(make, qtbot: QtBot) -> None:
    plot = make()
    qtbot.addWidget(plot)
    plot.resize(320, 200)
    plot.show()
    assert plot.button.accessibleName() == f"Save or copy: {plot.accessibleName()}"
    for theme in (LIGHT, DARK):
        plot.setPalette(qt_palette(theme))
        corner = QColor(plot.picture().pixel(319, 199))
        assert corner.name() == theme.background


@pytest.mark.parametrize("make", EVERY)
def test_a_plot_that_is_not_seen_changes_its_theme_when_it_is(
    make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = make()
    qtbot.addWidget(plot)
    plot.setPalette(qt_palette(LIGHT))
    plot.show()
    dressed: list[bool] = []
    monkeypatch.setattr(plot, "recolour", lambda theme: dressed.append(theme.dark))
    plot.hide()
    plot.setPalette(qt_palette(DARK))
    assert dressed == []
    plot.show()
    plot.setPalette(qt_palette(DARK))
    assert dressed == [True], "and once"


def test_thinning_keeps_the_highest_and_the_lowest() -> None:
    values = np.zeros(10_000)
    values[4_321], values[4_325] = 9.0, -9.0
    places, kept = decimate(np.arange(10_000.0), values, 200)
    assert len(kept) <= 402
    assert kept.max() == 9.0 and kept.min() == -9.0
    assert places[kept.argmax()] == 4_321 and places[kept.argmin()] == 4_325
    assert (np.diff(places) >= 0).all()


def test_thinning_keeps_gaps() -> None:
    values = np.ones(1000)
    values[300:700] = np.nan
    _, kept = decimate(np.arange(1000.0), values, 50)
    assert 30 < np.isnan(kept).sum() < 50


def test_axis_numbers_are_plain() -> None:
    assert number(12_000, 500) == "12,000"
    assert number(-0.5, 0.5) == "−0.5"
    assert number(-0.0, 0.1) == "0.0"


@pytest.mark.parametrize("points", [8, 28])
@pytest.mark.parametrize("way", ["left", "bottom"])
def test_numbers_of_an_axis_stand_apart_however_short_it_is(
    qtbot: QtBot, way: str, points: int
) -> None:
    font = ui_font(points)
    metrics = QFontMetrics(font)
    for axis, low, high in (
        (NumberAxis(way), 0.0, 0.0105),
        (NumberAxis(way), 199_000.0, 201_500.0),
        (LogAxis(way), -3.2, 1.1),
    ):
        axis.setTickFont(font)
        if isinstance(axis, LogAxis):
            axis.set_log(True)
        for size in (12, 40, 90, 300, 1200):
            (spacing, places), *_ = axis.tickValues(low, high, size)
            names = axis.tickStrings(places, 1.0, spacing)
            high_or_wide = [
                metrics.ascent() if way == "left" else metrics.horizontalAdvance(name)
                for name in names
            ]
            apart = np.diff(places) * size / (high - low)
            needed = [sum(pair) / 2 for pair in pairwise(high_or_wide)]
            assert names and (apart >= needed).all(), (size, names)
        assert len(names) > 2


def test_characters_stand_along_a_short_stretch_and_offsets_along_a_long_one(qtbot: QtBot) -> None:
    axis = TextAxis("bottom")
    axis.set_text(Text.of("ab c\n" * 1000))
    (spacing, places), *_ = axis.tickValues(0, 5, 200)
    assert axis.tickStrings(places, 1.0, spacing) == ["a", "b", "·", "c", "↵"]
    (spacing, places), *_ = axis.tickValues(0, 5000, 400)
    shown = axis.tickStrings(places, 1.0, spacing)
    assert set(shown) <= {f"{place:,.0f}" for place in places}
    assert "2,000" in shown


def test_a_click_hits_the_nearest_point_and_a_miss_hits_none(qtbot: QtBot) -> None:
    plot = scatter()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    assert isinstance(plot, ScatterPlot)
    with qtbot.waitSignal(plot.point_clicked, timeout=1000) as hit:
        click(qtbot, plot, 0.745, 0.5)
    assert hit.args == [0, 1]
    with qtbot.assertNotEmitted(plot.point_clicked, wait=50):
        click(qtbot, plot, 0.5, 0.1)


def test_a_click_near_points_that_are_no_numbers_hits_none(qtbot: QtBot) -> None:
    plot = ScatterPlot("Points")
    qtbot.addWidget(plot)
    plot.show()
    nothing = np.full(3, np.nan, np.float32)
    plot.set_points((Points("none", nothing, nothing, 0),), (0.0, 1.0))
    assert plot._nearest(0.5, 0.5) == (-1, -1)


@pytest.mark.parametrize("values", [[1.0, 2.0, 30.0], [np.nan, np.inf, 2.0]])
def test_a_curve_without_places_along_the_axis_has_no_points(values, qtbot: QtBot) -> None:
    """As a run along its epochs before the first is known: numpy warns of bounds of NaN alone."""
    plot = CurvePlot("Curves")
    qtbot.addWidget(plot)
    curve = Curve()
    curve.append([1, 2, 3], values)
    plot.set_traces((Trace("run", curve, 0, axis=StepAxis(), points=True),))
    plot.resize(320, 200)
    plot.show()
    plot.picture()
    for item in map(plot._lines[0].points, ("dots", "marks", "outside")):
        assert len(item.data) == 0
        item.boundingRect()


def test_points_that_are_no_numbers_have_no_bounds(qtbot: QtBot) -> None:
    plot = ScatterPlot("Points")
    qtbot.addWidget(plot)
    x = np.array([np.nan, 0.5])
    plot.set_points((Points("a", x, x, 0), Points("b", x[:1], x[:1], 1)))
    assert [len(item.data) for item in plot._items] == [1, 0]
    for item in plot._items:
        item.boundingRect()
    assert len(plot.columns()["group"]) == 3  # type: ignore[arg-type]


def test_many_points_become_a_density(qtbot: QtBot) -> None:
    plot = ScatterPlot("Many")
    qtbot.addWidget(plot)
    random = np.random.default_rng(0)
    x, y = random.uniform(0, 1, (2, 20_000))
    plot.set_points((Points("many", x, y, 0),))
    assert plot.dense
    assert len(plot.columns()["group"]) == 20_000  # type: ignore[arg-type]


# Machado, Oliveira and Fernandes 2009, full protanopia and deuteranopia, in linear light.
SIGHTS = (
    np.eye(3),
    np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
              [-0.003882, -0.048116, 1.051998]]),
    np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
              [-0.011820, 0.042940, 0.968881]]),
)  # fmt: skip


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_inks_can_be_told_apart_by_everybody_and_from_the_ground(theme: Theme) -> None:
    colours = [ink_colour(number, theme) for number in range(8)]
    rgb = np.array([(c.red(), c.green(), c.blue()) for c in colours], np.uint8)
    for sight in SIGHTS:
        seen = oklab(from_linear(linear(rgb) @ sight.T))
        apart = np.sqrt(((seen[:, None] - seen) ** 2).sum(-1))
        assert apart[~np.eye(8, dtype=bool)].min() > 0.1
    ground = QColor(theme.background)
    assert contrast(rgb, (ground.red(), ground.green(), ground.blue())).min() > 3


def test_inks_of_two_dozen_runs_differ() -> None:
    names = [ink_colour(number, LIGHT).name() for number in range(25)]
    assert len(set(names[:24])) == 24
    assert names[24] == names[0]
    assert ink_colour("accent", DARK).name() == DARK.accent


@pytest.mark.parametrize("place", [1.0, 200.0, 1e6])
def test_one_point_stands_in_the_middle_of_an_axis_from_0(appearance, qtbot, place):
    plot, curve = CurvePlot("loss"), Curve()
    qtbot.addWidget(plot)
    curve.append([place], [0.812])
    plot.set_traces((Trace("this", curve, "text", points=True),))
    (left, right), (low, high) = plot.view.viewRange()
    assert (left, right) == (0.0, 2 * place)
    assert low < 0.812 < high and high - low > 0.05


def test_names_above_a_plot_lose_their_middle_where_there_is_no_room():
    metrics = QFontMetrics(ui_font(9))
    names = ["1:0 hidden +0.00", "probability of “positive” so far +0.66"]
    assert fitted_names(names, metrics, 2000) == names
    short, long = fitted_names(names, metrics, 300)
    assert short == names[0]
    assert long.startswith("prob") and long.endswith("0.66") and "…" in long
    assert sum(map(metrics.horizontalAdvance, (short, long))) <= 300


@pytest.mark.parametrize("plot", ["curves", "line"])
def test_a_line_that_fills_the_plot_is_painted_piece_by_piece(
    plot: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One path of wide smooth strokes takes seconds; a calm line stays one smooth path."""
    painted: list[tuple[bool, str]] = []

    def paint(item: pg.PlotCurveItem, *_: object) -> None:
        if item.xData is not None and len(item.xData):
            painted.append((item.opts["antialias"], item.opts["segmentedLineMode"]))

    monkeypatch.setattr(pg.PlotCurveItem, "paint", paint)
    made = CurvePlot("Loss") if plot == "curves" else LinePlot("Values")
    qtbot.addWidget(made)
    made.resize(1200, 500)
    found = []
    for values in (np.linspace(0, 1, 2000), np.arange(100) % 2, np.arange(2000) % 2):
        if isinstance(made, CurvePlot):
            curve = Curve()
            curve.append(np.arange(len(values)), values)
            made.set_traces((Trace("a", curve, "accent"),))
        else:
            made.set_text(Text.of("a" * len(values)))
            made.set_range((0.0, float(len(values))), (0.0, 1.0))
            made.set_series((Series("a", 0, values.astype(np.float32), "accent"),))
        painted.clear()
        made.grab()
        found.append(painted[-1])
    assert found == [(True, "auto"), (True, "on"), (False, "on")]


def test_rows_that_get_other_names_colour_nothing_anew(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = ImagePlot("Units")
    qtbot.addWidget(plot)
    plot.set_values(np.zeros((4, 3), np.float16), 0, Scale(-1, 1, "blue-orange"))
    assert plot._bar is not None
    assert plot._bar.colorMap() is not None
    plot.set_rows({1.0: "layer 1"}, (2,))
    muted = theme_of(plot).muted
    assert plot._lines[0].pen.color().name() == muted
    coloured: list[object] = []
    monkeypatch.setattr(plot, "recolour", coloured.append)
    plot.set_rows({1.0: "layer 1", 3.0: "layer 2"}, (1, 3))
    plot.set_values(np.ones((4, 3), np.float16), 0, Scale(-1, 1, "blue-orange"))
    assert not coloured
    assert [line.pen.color().name() for line in plot._lines] == [muted, muted]
