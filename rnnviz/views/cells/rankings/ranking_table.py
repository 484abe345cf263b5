"""The table of a ranking: one row a unit, sortable, with a small histogram in each row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.scoring import Score
from rnnviz.views.plots.parts.export import Columns
from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.shared.theme import for_text, theme_of

_SCORE = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 28
_MEASURED = 400
"""The width of a column is that of its widest figure in so many rows."""
_BESIDE = 13
"""Pixels of a column beside its figure."""
Index = QModelIndex | QPersistentModelIndex


class _Column(NamedTuple):
    title: str
    about: str
    value: Callable[[Score], float]
    """What the column is sorted by."""
    shown: Callable[[Score], str]


def _figure(value: float, decimals: int, sign: str = "") -> str:
    if math.isnan(value):
        return "–"
    return shown_number(value, f"{sign}.{decimals}f")


_AUC = _Column(
    "AUC",
    "How well the unit tells characters where the label is true from others: 0.5 is chance",
    lambda score: score.auc,
    lambda score: _figure(score.auc, 3),
)
_MEDIAN_AUC = _AUC._replace(
    about="How well the unit tells labels above the median from those below: 0.5 is chance"
)
_R = _Column(
    "r",
    "Pearson's correlation of value and label; sorted by size, whatever the sign",
    lambda score: abs(score.correlation),
    lambda score: _figure(score.correlation, 3, "+"),
)
_F1 = _Column(
    "F1",
    "At the threshold that is best on the first half of the text, measured on the second",
    lambda score: score.f1,
    lambda score: _figure(score.f1, 2),
)
_SIGN = _Column(
    "Sign",
    "+ the unit is high where the label is true or large, − it is low there",
    lambda score: score.sign,
    lambda score: "+" if score.sign > 0 else "−",
)
_LAG = _Column(
    "Lag",
    "How many characters later the unit reacts; below zero it anticipates",
    lambda score: score.lag,
    lambda score: "0" if score.lag == 0 else _figure(score.lag, 0, "+"),
)


class RankingModel(QAbstractTableModel):
    """Scores as rows, filtered and sorted here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: tuple[Score, ...] = ()
        self._groups: Groups | None = None
        self._kept: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._rows: npt.NDArray[np.int64] = self._kept
        self._sorted: tuple[int, bool] | None = None
        self.set_scalar(False)

    def set_scalar(self, scalar: bool) -> None:
        """The correlation comes first for a count or a position, the AUC for yes or no."""
        first = (_R, _MEDIAN_AUC) if scalar else (_AUC, _R)
        unit = _Column("Unit", "Layer and unit", lambda score: score.unit, self._name)
        channel = _Column(
            "Channel",
            "Hidden state, cell state or gate",
            lambda score: self._channels.index(score.channel),
            lambda score: score.channel,
        )
        self.columns = (unit, channel, *first, _F1, _SIGN, _LAG)

    def set_scores(self, scores: tuple[Score, ...], groups: Groups, scalar: bool) -> None:
        """Take these, best first, and what their units are called."""
        self.beginResetModel()
        self._scores, self._groups = scores, groups
        self._channels = list(dict.fromkeys(score.channel for score in scores))
        self.set_scalar(scalar)
        self._kept = np.arange(len(scores))
        self._arrange()
        self.endResetModel()

    def keep(self, channel: str | None, group: int | None) -> None:
        """Show only this channel and this group of units; None for all."""
        self.beginResetModel()
        kept = self._groups.units(group) if self._groups is not None and group is not None else None
        self._kept = np.array(
            [
                place
                for place, score in enumerate(self._scores)
                if channel in (None, score.channel) and (kept is None or score.unit in kept)
            ],
            np.int64,
        )
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of the ranking."""
        self.beginResetModel()
        falling = order == Qt.SortOrder.DescendingOrder
        self._sorted = (column, falling) if 0 <= column < len(self.columns) else None
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        self._rows = self._kept
        if self._sorted is None or not len(self._kept):
            return
        column, falling = self._sorted
        value = self.columns[column].value
        keys = np.array([value(self._scores[place]) for place in self._kept], float)
        # NaN sorts last either way; equals stay in the order of the ranking.
        keys = np.where(np.isnan(keys), np.inf, -keys if falling else keys)
        self._rows = self._kept[np.argsort(keys, kind="stable")]

    def score(self, row: int) -> Score:
        """The score in a row."""
        return self._scores[self._rows[row]]

    def row_of(self, unit: int, channel: str) -> int | None:
        """The row of a unit, if it is shown."""
        for row, place in enumerate(self._rows):
            score = self._scores[place]
            if score.unit == unit and score.channel == channel:
                return row
        return None

    def _name(self, score: Score) -> str:
        return self._groups.unit_name(score.unit) if self._groups else ""

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many units are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The figures and the histogram."""
        return len(self.columns) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The figures as people read them."""
        score = self.score(index.row())
        if role == _SCORE:
            return score
        if index.column() == len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[index.column()].shown(score)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if index.column() < 2 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles, and what they mean on hover."""
        if orientation == Qt.Orientation.Vertical:
            return None
        last = section == len(self.columns)
        if role == Qt.ItemDataRole.DisplayRole:
            return "Values" if last else self.columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            about = "How often which value: where the label is true in colour, elsewhere in grey"
            return about if last else self.columns[section].about
        if role == Qt.ItemDataRole.InitialSortOrderRole and not last:
            # The first click brings the best to the top.
            falling = self.columns[section] in (_AUC, _MEDIAN_AUC, _R, _F1)
            return Qt.SortOrder.DescendingOrder if falling else Qt.SortOrder.AscendingOrder
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = section < 2 or last
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def table(self) -> Columns:
        """What is shown, for CSV; with all digits."""
        scores = [self._scores[place] for place in self._rows]
        return {
            "unit": [self._name(score) for score in scores],
            "channel": [score.channel for score in scores],
            "sign": [score.sign for score in scores],
            "lag": [score.lag for score in scores],
            "correlation": [score.correlation for score in scores],
            "auc": [score.auc for score in scores],
            "f1": [score.f1 for score in scores],
            "threshold": [score.threshold for score in scores],
        }


class _HistogramDelegate(QStyledItemDelegate):
    """Two outlines over each other: where the label is true, and elsewhere."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = theme_of(option.widget)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(theme.tint))
        histogram = index.data(_SCORE).histogram
        area = QRectF(option.rect).adjusted(8, 4, -12, -3)
        painter.save()
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        for counts, colour in ((histogram.false, theme.muted), (histogram.true, theme.accent)):
            fill = QColor(colour)
            fill.setAlphaF(0.45)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(_steps(counts, area))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(140, _ROW_HEIGHT)


def _steps(counts: tuple[int, ...], area: QRectF) -> QPolygonF:
    """The outline of a histogram in an area, its highest bin as high as the area."""
    heights = np.asarray(counts, float)
    # The square root lifts what is rare; a bin that dwarfs all others is common in gates.
    heights = np.sqrt(heights / max(1.0, heights.max(initial=0.0))) * area.height()
    width = area.width() / max(1, len(heights))
    points = [area.bottomLeft()]
    for place, height in enumerate(heights.tolist()):
        left = area.left() + place * width
        points += [
            QPointF(left, area.bottom() - height),
            QPointF(left + width, area.bottom() - height),
        ]
    return QPolygonF([*points, area.bottomRight()])


class RankingTable(QTableView):
    """Click or walk through the rows with the arrow keys.

    Signals:
        unit_chosen(unit, channel): the person is on another row.
    """

    unit_chosen = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ranking = RankingModel(self)
        self.setModel(self.ranking)
        self.setAccessibleName("Units by how well they follow the concept")
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        set_plain_rows(self, _ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setProperty("role", "close")
        header.setSortIndicatorClearable(True)
        header.setMinimumSectionSize(40)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        last = len(self.ranking.columns)
        self.setItemDelegateForColumn(last, _HistogramDelegate(self))
        # The sign of r says it; the exported table has it in a column of its own.
        self.hideColumn(self.ranking.columns.index(_SIGN))
        self.setSortingEnabled(True)
        self._marked: tuple[int, str] = (-1, "")
        self.selectionModel().currentChanged.connect(self._moved)
        self.ranking.modelReset.connect(self._fit)
        self.ranking.modelReset.connect(self._show_top)
        self._fit()

    def mark(self, unit: int, channel: str) -> None:
        """Show which row is selected elsewhere, without choosing it."""
        self._marked = (unit, channel)
        self._mark_again()

    @Slot()
    def _fit(self) -> None:
        """Make each column as wide as its title and its figures: in a narrow panel all must fit."""
        metrics, columns = self.fontMetrics(), self.ranking.columns
        shown = [self.ranking.score(row) for row in range(min(_MEASURED, self.ranking.rowCount()))]
        for place, column in enumerate(columns):
            words = {column.title, *(column.shown(score) for score in shown)}
            widest = max(metrics.horizontalAdvance(word) for word in words)
            self.setColumnWidth(place, widest + for_text(_BESIDE))
        self.setColumnWidth(len(columns), metrics.horizontalAdvance("Values") + for_text(_BESIDE))

    @Slot()
    def _show_top(self) -> None:
        """After a ranking, a filter or a sort the first rows matter, wherever the unit stands."""
        self.setAutoScroll(False)
        self._mark_again()
        self.setAutoScroll(True)
        self.scrollToTop()

    def _mark_again(self) -> None:
        row = self.ranking.row_of(*self._marked)
        with QSignalBlocker(self):
            if row is None:
                self.clearSelection()
                self.setCurrentIndex(QModelIndex())
            elif row != self.currentIndex().row():
                self.setCurrentIndex(self.ranking.index(row, 0))

    @Slot(QModelIndex, QModelIndex)
    def _moved(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid() and current.row() != before.row():
            score = self.ranking.score(current.row())
            self._marked = (score.unit, score.channel)
            self.unit_chosen.emit(score.unit, score.channel)
