"""The text twice, each copy coloured by its own unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from rnnviz.session.shared.selection import Pin
from rnnviz.views.cells.text_panel import TextPanel
from tests.views.cells.panels_world import LINE_UNIT, QUOTE_UNIT, make_session, planted_recording


def test_two_units_stand_side_by_side_and_scroll_together(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path)
    recording = planted_recording(tmp_path / "planted")
    session.recordings.open_recording(recording.folder)
    panel = TextPanel(session)
    qtbot.addWidget(panel)
    panel.resize(900, 400)
    panel.show()
    qtbot.waitExposed(panel)
    first, second = panel.view, panel.beside.view
    session.selection.select_unit(QUOTE_UNIT, "hidden")
    panel.toggle_beside()
    assert panel.beside.isHidden(), "nothing is pinned yet"
    session.selection.toggle_pin(Pin("hidden", LINE_UNIT))
    assert panel.beside.isVisible()
    assert second.text is first.text
    shown = recording.shown_values("hidden", LINE_UNIT)
    np.testing.assert_array_equal(np.asarray(second.values), np.asarray(shown))
    assert panel.beside.name.text() == "Pinned: hidden of layer 2, unit 3"
    assert panel.beside.first_name.isVisible()
    assert second.grid.height == first.grid.height
    qtbot.waitUntil(lambda: abs(second.width() - first.width()) <= 4)
    qtbot.waitUntil(lambda: second.mapTo(panel, QPoint()).y() == first.mapTo(panel, QPoint()).y())
    first.begin_with(400)
    assert second.visible_range()[0] == first.visible_range()[0] > 0
    session.selection.set_cursor(first.visible_range()[0] + 3)
    assert second.cursor_at == first.cursor_at
    place = second.cell_rect(second.visible_range()[0] + 5).center()
    qtbot.mouseClick(second.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.selection.cursor == second.visible_range()[0] + 5
    panel.resize(500, 500)
    qtbot.waitUntil(lambda: first.width() == second.width() > 300)  # one below the other
    panel.resize(900, 400)
    session.selection.clear_pins()
    assert panel.beside.first_name.isHidden()
    assert panel.beside.isHidden()
    qtbot.waitUntil(lambda: first.width() > 600)  # it has its room again
    session.close()
