"""What all plots share: axes, theme, mouse, accessible name, and the export of what they show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QGuiApplication,
    QImage,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from rnnviz.core.errors import RnnvizError
from rnnviz.views.plots.parts.axes import NumberAxis
from rnnviz.views.plots.parts.export import Columns, csv_writer, picture, svg_writer
from rnnviz.views.plots.parts.inks import Ink, ink_colour
from rnnviz.views.plots.parts.key_pointer import KeyPointer
from rnnviz.views.shared.png import png_writer
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns, save_now
from rnnviz.views.shared.theme import Theme, theme_of, ui_font
from rnnviz.views.shared.zooming import more_points

_AXIS_POINTS = 8.5
_TITLE_POINTS = 9.0
_BESIDE_TITLE = 130
"""Pixels for what stands at the right of the title."""


_BESIDE_LEGEND = 84
"""Pixels for the axis at its left and the button at its right."""
_BESIDE_NAME = 32
"""Pixels for the square before a name and the gap after it."""
_LEAST_NAME = 40


def fitted_names(names: Sequence[str], metrics: QFontMetrics, room: int) -> list[str]:
    """Names side by side in so many pixels: the longest lose their middle first."""
    widths = [metrics.horizontalAdvance(name) for name in names]
    over = sum(widths) + _BESIDE_NAME * len(names) - room
    shown = list(names)
    while over > 0 and max(widths, default=0) > _LEAST_NAME:
        place = widths.index(max(widths))
        others = max((w for n, w in enumerate(widths) if n != place), default=0)
        width = max(_LEAST_NAME, min(widths[place] - 1, max(others, widths[place] - over)))
        shown[place] = metrics.elidedText(names[place], Qt.TextElideMode.ElideMiddle, width)
        over -= widths[place] - width
        widths[place] = width
    return shown


class Canvas(pg.PlotWidget):
    """What a plot is painted on; it has the keys only by the Tab key, not by a click."""

    speaks = True

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class Plot(QWidget):
    """One plot with a quiet frame; a subclass adds items to `item` and colours them in `recolour`.

    Signals:
        hovered(x, y): the pointer is over this place, in the units of the axes.
        left: the pointer is no longer over the plot.
        clicked(x, y): the person clicked this place.
    """

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float)

    def __init__(
        self,
        name: str,
        x_axis: pg.AxisItem | None = None,
        y_axis: pg.AxisItem | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme: Theme | None = None
        self.setAccessibleName(name)
        self.x_axis = x_axis or NumberAxis("bottom")
        self.y_axis = y_axis or NumberAxis("left")
        axes = {"bottom": self.x_axis, "left": self.y_axis}
        # Its own menus would take a third of the time, and are never seen.
        self._canvas = Canvas(axisItems=axes, enableMenu=False)
        self._canvas.setAccessibleName(name)
        self._canvas.setFrameShape(Canvas.Shape.NoFrame)
        self._canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.item: pg.PlotItem = self._canvas.getPlotItem()
        self.item.hideButtons()
        self.item.layout.setContentsMargins(4, 8, 12, 4)
        self.view: pg.ViewBox = self.item.getViewBox()
        self.view.setMouseEnabled(x=True, y=False)
        self.view.setDefaultPadding(0.0)
        self._legend: tuple[tuple[str, Ink], ...] = ()
        self.title = ""
        """What it shows, where that stands above it."""
        self._more = 0.0
        """By how many points its words are larger than usual."""
        self.labels, self._labelled = ("", ""), False
        """What the axes measure."""
        self._full: tuple[tuple[float, float], tuple[float, float]] = ((0, 1), (0, 1))
        for axis in (self.x_axis, self.y_axis):
            axis.setTickFont(ui_font(_AXIS_POINTS))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._canvas)
        self._menu = self._build_menu()
        self.button = QToolButton(self)
        self.button.setText("⋯")
        self.button.setAccessibleName(f"Save or copy: {name}")
        self.button.setToolTip("Save or copy this plot")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self._menu)
        self.button.setFixedSize(28, 22)
        scene = self._canvas.scene()
        scene.sigMouseMoved.connect(self._moved)
        scene.sigMouseClicked.connect(self._pressed)
        self._canvas.viewport().installEventFilter(self)
        self.pointer = KeyPointer(self, self._canvas)
        self._apply_theme()

    @property
    def canvas(self) -> Canvas:
        """What it is painted on."""
        return self._canvas

    # For subclasses

    def recolour(self, theme: Theme) -> None:
        """Give every item its colour in this theme."""

    def columns(self) -> Columns:
        """The numbers on the plot, for CSV."""
        return {}

    def words_at(self, x: float, y: float) -> str:
        """What stands at a place, in words, for those who cannot see it."""
        across, up = self.labels
        return f"{across or 'across'} {x:.4g}, {up or 'up'} {y:.4g}"

    def set_labels(self, x: str, y: str) -> None:
        """Say what the axes measure, units included; an empty word leaves no room."""
        if (x, y) == self.labels and self._labelled:
            return
        self.labels, self._labelled = (x, y), True
        for axis, label in ((self.x_axis, x), (self.y_axis, y)):
            axis.setLabel(escape(label, quote=False))
            axis.showLabel(bool(label))
        self._apply_theme()

    def set_legend(self, entries: tuple[tuple[str, Ink], ...]) -> None:
        """Name what is drawn above the plot, each with its colour."""
        if entries != self._legend:
            self._legend = entries
            self._write_legend(theme_of(self))

    def set_title(self, words: str) -> None:
        """Say above the plot what it shows; where there is no room for all of it, its beginning."""
        if words != self.title:
            self.title = words
            self._write_legend(theme_of(self))

    def _write_legend(self, theme: Theme) -> None:
        if not (self._legend or self.title):
            self.item.setTitle(None)
            return
        size = _TITLE_POINTS + self._more
        metrics = QFontMetrics(ui_font(size))
        room = self._canvas.width() - _BESIDE_LEGEND
        names = fitted_names([name for name, _ in self._legend], metrics, room)
        words = [
            f'<span style="color:{ink_colour(ink, theme).name()}">■</span>&nbsp;{escape(name)}'
            for name, (_, ink) in zip(names, self._legend, strict=True)
        ]
        if self.title:
            room = max(40, self._canvas.width() - _BESIDE_TITLE)
            fitted = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, room)
            words.insert(0, f"<b>{escape(fitted)}</b>")
        self.item.setTitle(
            "&nbsp;&nbsp;&nbsp; ".join(words), color=theme.text, size=f"{size:g}pt", justify="left"
        )
        # Else a long one would make the plot wider than its place, and the axis end out of sight.
        self.item.titleLabel.setMinimumWidth(0)

    def set_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this part, and let nobody zoom or pan beyond it."""
        if (x, y) == self._full:
            return
        self._full = (x, y)
        self.view.setLimits(
            xMin=x[0], xMax=x[1], yMin=min(y), yMax=max(y), minXRange=min(8.0, x[1] - x[0])
        )
        self.reset_zoom()

    @Slot()
    def reset_zoom(self) -> None:
        """Show everything again."""
        x, y = self._full
        self.view.setRange(xRange=x, yRange=y, padding=0)

    def zoom(self, steps: float) -> None:
        """Make the words of axes and legend larger by so many points; 0 as usual."""
        self._more = more_points(self._more, steps)
        for axis in (self.x_axis, self.y_axis):
            axis.setTickFont(ui_font(_AXIS_POINTS + self._more))
        self._apply_theme()

    # Export

    def picture(self, scale: float = 1.0) -> QImage:
        """The plot as it is on the screen, with `scale` pixels for each of its pixels."""
        return picture(self._paint, self._area(), self.ground, scale)

    def save(self, path: Path, scale: float = 1.0) -> None:
        """Write the plot; the ending of the name says how: `.png`, `.svg` or `.csv`.

        Raises:
            RnnvizError: the ending is another one, or the file cannot be written.
        """
        save_now(self._saving(path, scale))

    def _saving(self, path: Path, scale: float) -> Turns:
        kind = path.suffix.lower()
        if kind == ".png":
            yield png_writer(self.picture(scale), path)
        elif kind == ".svg":
            yield svg_writer(self._paint, self._area(), self.ground, self.accessibleName(), path)
        elif kind == ".csv":
            yield csv_writer(self.columns(), path)
        else:
            raise RnnvizError(
                f"a plot is saved as .png, .svg or .csv, not as {kind or 'nothing'!r}"
            )

    @property
    def ground(self) -> QColor:
        """The colour under the plot."""
        return QColor(theme_of(self).background)

    def _area(self) -> QSize:
        return self._canvas.size()

    def _paint(self, painter: QPainter, area: QRect) -> None:
        self._follow_theme(seen=True)
        self._canvas.render(painter, QRectF(area), self._canvas.viewport().rect())

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        for title, ending, scale in (
            ("Save as PNG…", "png", 1.0),
            ("Save as PNG, double size…", "png", 2.0),
            ("Save as SVG…", "svg", 1.0),
            ("Save numbers as CSV…", "csv", 1.0),
        ):
            action = QAction(title, menu)
            action.setData((ending, scale))
            action.triggered.connect(self._ask_where)
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction("Copy picture", self._copy)
        menu.addAction("Show everything", self.reset_zoom)
        return menu

    @Slot()
    def _ask_where(self) -> None:
        action = self.sender()
        if not isinstance(action, QAction):
            return
        ending, scale = action.data()
        words = re.findall(r"\w+", self.accessibleName().lower())
        proposed = f"{'-'.join(words)}.{ending}"
        save_as(self, action.text(), proposed, lambda path: self._saving(path, scale))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setImage(self.picture(2.0))

    # Qt

    def changeEvent(self, event: QEvent) -> None:
        """Dress anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "button"):
            self._follow_theme()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with a theme that was chosen meanwhile."""
        super().showEvent(event)
        self._follow_theme(seen=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button in its corner."""
        super().resizeEvent(event)
        self.button.move(self.width() - self.button.width() - 4, 2)
        if self.title or self._legend:
            self._write_legend(theme_of(self))
        self.button.raise_()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu as the button's."""
        self._menu.popup(event.globalPos())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the pointer left, and a double click that asks to see everything."""
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset_zoom()
        return super().eventFilter(watched, event)

    def _follow_theme(self, *, seen: bool = False) -> None:
        """Qt tells of a palette several times: follow once, and what is not seen once it is."""
        if (seen or self.isVisible()) and theme_of(self) != self._theme:
            self._apply_theme()

    def _apply_theme(self) -> None:
        theme = self._theme = theme_of(self)
        self._canvas.setBackground(theme.background)
        for axis in (self.x_axis, self.y_axis):
            axis.setPen(theme.border)
            axis.setTickPen(theme.faint)
            axis.setTextPen(theme.muted)
            axis.label.setFont(ui_font(_AXIS_POINTS + self._more))
        self._write_legend(theme)
        self.pointer.recolour(theme)
        self.recolour(theme)

    @Slot(object)
    def _moved(self, place: QPointF) -> None:
        if self.view.sceneBoundingRect().contains(place):
            there = self.view.mapSceneToView(place)
            self.hovered.emit(there.x(), there.y())
        else:
            self.left.emit()

    @Slot(object)
    def _pressed(self, event: object) -> None:
        place = event.scenePos()  # type: ignore[attr-defined]
        if event.button() == Qt.MouseButton.LeftButton and (  # type: ignore[attr-defined]
            self.view.sceneBoundingRect().contains(place)
        ):
            there = self.view.mapSceneToView(place)
            self.clicked.emit(there.x(), there.y())
