"""What fits each curve over distance, as a table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from rnnviz.core.gradients.decay import Decay, decay
from rnnviz.views.gradients.panels.parts import scientific
from rnnviz.views.plots import Banded, ink_colour
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.theme import theme_of

_HEADS = ("", "Network", "Layer", "State", "A step back", "Half-life", "r²", "At the end")
_NONE = "–"
_LEAST_R_SQUARED = 0.5
_LEAST_ROWS = 2
"""A fit that explains less of a curve describes something else."""


class Line(NamedTuple):
    """One curve, what it is about, and its fit."""

    network: str
    layer: str
    state: str
    curve: Banded
    fit: Decay

    def cells(self, fitted: bool) -> tuple[str, ...]:
        """The words of its row; without the fit's where there is none."""
        fit = self.fit
        fits = fitted and fits_well(fit)
        half = f"{fit.half_life:,.3g} steps"
        if fit.half_life < 0:
            half = f"doubles in {-fit.half_life:,.3g}"
        return (
            "■",
            self.network,
            self.layer,
            self.state,
            f"×{fit.factor:.4f}" if fits else _NONE,
            half if fits else _NONE,
            f"{fit.r_squared:.3f}" if fitted and fit.factor == fit.factor else _NONE,
            self.end(),
        )

    def end(self) -> str:
        """The value at the longest distance that has one."""
        known = np.flatnonzero(np.isfinite(self.curve.y))
        if not known.size:
            return _NONE
        last = known[-1]
        return f"{scientific(float(self.curve.y[last]))} at {int(self.curve.x[last])}"


class FitTable(QuietTable):
    """A row a curve, with a swatch of its colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Fits", _HEADS, parent)
        self._most = self._wanted = 0

    def show_lines(self, lines: tuple[Line, ...], *, fitted: bool) -> None:
        """Show these; without their fits where these make no sense."""
        theme = theme_of(self)
        self.show_rows(
            [line.cells(fitted) for line in lines],
            [ink_colour(line.curve.ink, theme) for line in lines],
            wide=1,
        )

    def set_rows_seen(self, most: int) -> None:
        """Be as tall as so many rows, or as there are; where there is no room, some scroll."""
        self._most = most
        rows = min(self.rowCount(), most)
        heights = [self.rowHeight(row) for row in range(rows)] or [26]
        around = self.horizontalHeader().sizeHint().height() + 6
        self._wanted = around + sum(heights)
        self.setMaximumHeight(self._wanted)
        self.setMinimumHeight(around + sum(heights[:_LEAST_ROWS]))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As tall as its rows."""
        return QSize(super().sizeHint().width(), self._wanted or super().sizeHint().height())

    def fit_columns(self, wide: int | None = None) -> None:
        """Rows of larger words are higher, too."""
        super().fit_columns(wide)
        if self._most:
            self.set_rows_seen(self._most)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names that found no room in one line have lower rows in a wider table."""
        super().resizeEvent(event)
        if self._most and event.size().width() != event.oldSize().width():
            self.set_rows_seen(self._most)


def fits_well(fit: Decay) -> bool:
    """Whether an exponential says something about the curve that it was fitted to."""
    return fit.factor == fit.factor and fit.r_squared >= _LEAST_R_SQUARED


def decay_of(curve: Banded) -> Decay:
    """The fit to a curve over distance, whatever distances it has."""
    x = np.asarray(curve.x, int)
    dense = np.full(int(x.max()) + 1 if len(x) else 0, np.nan)
    dense[x] = curve.y
    return decay(dense)
