"""Text, plots and tables of one workspace grow together."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView, QListView, QPlainTextEdit, QTableView, QWidget

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
        elif isinstance(widget, QTableView | QPlainTextEdit | QListView):
            _zoom_words(widget, steps)


def more_points(now: float, steps: float) -> float:
    """The points beyond the usual size after so many steps more.

    >>> more_points(2, 1), more_points(2, 0), more_points(20, 1)
    (3, 0.0, 20.0)
    """
    return 0.0 if steps == 0 else min(max(now + steps, _MORE[0]), _MORE[1])


def _zoom_words(widget: QTableView | QPlainTextEdit | QListView, steps: float) -> None:
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
        widget.horizontalHeader().setFont(font)
        height = round(widget.property(_ROW) * (usual + more) / usual)
        widget.verticalHeader().setDefaultSectionSize(height)
        # No figure is cut because it is larger; one column takes what the others leave.
        stretched = QHeaderView.ResizeMode.Stretch
        for column in range(widget.horizontalHeader().count()):
            if widget.horizontalHeader().sectionResizeMode(column) != stretched:
                widget.setColumnWidth(column, round(widget.columnWidth(column) * grown))
