"""Words, heads and figures grow together, and are as they were afterwards."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.zooming import zoom_all


def test_a_table_cuts_no_figure_while_it_grows_and_goes_back_to_where_it_was(qtbot):
    area = QWidget()
    table, sentence = (
        QuietTable("Fits", ("Network", "Half-life", "At the end")),
        QLabel("So it is."),
    )
    sentence.setWordWrap(True)
    name = QLabel("from")
    column = QVBoxLayout(area)
    for widget in (table, sentence, name):
        column.addWidget(widget)
    qtbot.addWidget(area)
    area.resize(500, 300)
    area.show()
    rows = [("War and Peace, small GRU", "13.3 steps", "2.66×10⁻⁴ at 128")] * 3
    table.show_rows(rows, wide=0)

    def widths():
        return [table.columnWidth(place) for place in range(3)]

    before, head = widths(), table.horizontalHeader()
    high = head.height()
    for _ in range(6):
        zoom_all(area, 1)
    assert all(table.columnWidth(place) >= table.sizeHintForColumn(place) for place in (1, 2))
    assert head.viewport().font().pointSizeF() == table.font().pointSizeF() and head.height() > high
    assert sentence.font().pointSizeF() > name.font().pointSizeF()
    zoom_all(area, 0)
    assert widths() == before
