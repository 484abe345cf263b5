"""Text, plots and tables of one workspace grow together."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QListView,
    QPlainTextEdit,
    QTableView,
    QWidget,
)

from rnnviz.views.shared.controls.quiet_table import QuietTable

_MORE = (-3.0, 20.0)
"""By how many points words may be smaller or larger than usual."""
_ROW, _POINTS, _MORE_NOW = "usual_row", "usual_points", "more_points"


def zoom_all(area: QWidget, steps: float) -> None:
    """Make the words of everything in a workspace larger by so many points; 0 as they are usually.

    What has a `zoom` of its own, as texts, plots and alignments have, knows how.
    """
    for widget in area.findChildren(QWidget):
        own = getattr(widget, "zoom", None)
        if callable(own):
            own(steps)
        elif isinstance(widget, QTableView | QPlainTextEdit | QListView) or _is_sentence(widget):
            _zoom_words(widget, steps)


def more_points(now: float, steps: float) -> float:
    """The points beyond the usual size after so many steps more.

    >>> more_points(2, 1), more_points(2, 0), more_points(20, 1)
    (3, 0.0, 20.0)
    """
    return 0.0 if steps == 0 else min(max(now + steps, _MORE[0]), _MORE[1])


def room_for(now: float, steps: float, above: float = 0) -> float:
    """How many of so many steps there is room for, where what is shown is `above` larger than now.

    >>> room_for(18, 5), room_for(18, 5, above=2), room_for(-2, -4), room_for(3, 1)
    (2.0, 0.0, -1.0, 1)
    """
    return min(max(now + steps, _MORE[0]), _MORE[1] - above) - now


def _is_sentence(widget: QWidget) -> bool:
    """Whether it says something in lines of words, rather than naming a field beside it."""
    return isinstance(widget, QLabel) and widget.wordWrap()


def _zoom_words(widget: QWidget, steps: float) -> None:
    usual = widget.property(_POINTS)
    if usual is None:
        usual = widget.font().pointSizeF()
        widget.setProperty(_POINTS, usual)
        if isinstance(widget, QTableView):
            widget.setProperty(_ROW, widget.verticalHeader().defaultSectionSize())
    more = more_points(widget.property(_MORE_NOW) or 0.0, steps)
    widget.setProperty(_MORE_NOW, more)
    font = widget.font()
    grown = (usual + more) / font.pointSizeF()
    font.setPointSizeF(usual + more)
    widget.setFont(font)
    if isinstance(widget, QTableView):
        _zoom_rows(widget, font, (usual + more) / usual, grown)


def _zoom_rows(table: QTableView, font: QFont, size: float, grown: float) -> None:
    """Heads and rows as large as the words: of the usual size, and of what they were before."""
    heads = table.horizontalHeader()
    heads.setFont(font)
    heads.viewport().setFont(font)  # which paints them, and inherits nothing under a style sheet
    table.verticalHeader().setDefaultSectionSize(round(table.property(_ROW) * size))
    # No figure is cut because it is larger; one column takes what the others leave.
    if isinstance(table, QuietTable):
        table.fit_columns()
        return
    for column in range(heads.count()):
        if heads.sectionResizeMode(column) != QHeaderView.ResizeMode.Stretch:
            table.setColumnWidth(column, round(table.columnWidth(column) * grown))
