"""The names of layers are read whole, also where a recording brings longer ones."""

from __future__ import annotations

from rnnviz.views.cells.choosing.unit_picker import UnitPicker
from tests.views.cells.panels_world import make_session


def test_the_box_of_layers_grows_with_their_names(tmp_path, qtbot):
    picker = UnitPicker(make_session(tmp_path))
    qtbot.addWidget(picker)
    picker.group.addItems(["1"])
    picker.group.show()
    picker.show()
    narrow = picker.group.sizeHint().width()
    picker.group.clear()
    picker.group.addItems(["lstm, layer 1, backwards"])
    words = picker.group.fontMetrics().horizontalAdvance("lstm, layer 1, backwards")
    assert picker.group.sizeHint().width() > max(narrow, words)
