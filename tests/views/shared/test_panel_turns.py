"""Panels draw one after the other, so that what is painted and typed comes between them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.shared.panel import Panel
from tests.views.cells.panels_world import make_session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


class _Drawn(Panel):
    """Notes when it is drawn."""

    title, needs = "Drawn", ()
    told: list[str]

    def build(self) -> QWidget:
        return QLabel("drawn")

    def draw(self) -> None:
        self.told.append(self.objectName())


def test_one_panel_draws_in_a_turn_of_the_event_loop(session: Session, qtbot: QtBot) -> None:
    told: list[str] = []
    panels = []
    for place in range(4):
        panel = type(f"_Drawn{place}", (_Drawn,), {"name": f"panel {place}", "told": told})(session)
        qtbot.addWidget(panel)
        panel.show()
        panels.append(panel)
    qtbot.waitUntil(lambda: all(panel.idle for panel in panels))
    told.clear()
    beat = QTimer()
    beat.timeout.connect(lambda: told.append("turn"))
    for panel in panels:
        panel.request_draw()
        panel.request_draw()
    beat.start(0)
    qtbot.waitUntil(lambda: all(panel.idle for panel in panels))
    beat.stop()
    drawn = [one for one in told if one != "turn"]
    assert drawn == [f"panel {place}" for place in range(4)], "once each, in the order of asking"
    places = [told.index(one) for one in drawn]
    assert all(after - before > 1 for before, after in itertools.pairwise(places))
    session.close()
