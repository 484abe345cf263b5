"""A room is made before it is entered, in pieces, and only while nothing else goes on."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.shared.panel import Panel
from rnnviz.views.training.workspace import TrainingWorkspace
from rnnviz.views.window.prebuilding import Prebuilder
from tests.core.runs.made import finished_run


def test_a_room_is_made_piece_by_piece_and_is_whole_when_entered(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    room, busy = TrainingWorkspace(session), [True]
    qtbot.addWidget(room)
    ahead = Prebuilder((room,), (), lambda: busy[0])
    ahead.work()
    assert not room.findChildren(Panel), "something else goes on"
    busy[0] = False
    pieces = 0
    while ahead._timer.isActive() and pieces < 200:
        ahead._timer.stop()
        ahead.work()
        pieces += 1
    panels = room.findChildren(Panel)
    assert {panel.name for panel in panels} == set(room.docks) | {"curves"}
    assert all(panel._content is not None for panel in panels)
    assert pieces > 2 * len(panels)
    session.runs.open(finished_run(tmp_path / "run").directory)
    session.runs.poll()
    room.resize(1200, 800)
    room.show()
    curves = room.runs_centre.curves if room.runs_centre else None
    assert curves is not None
    qtbot.waitUntil(lambda: not curves.empty)
    assert curves.plot.traces[0].name == "run"


def test_a_room_that_is_entered_halfway_is_finished_at_once(session: Session, qtbot: QtBot) -> None:
    room = TrainingWorkspace(session)
    qtbot.addWidget(room)
    assert not room.make_on()
    assert not room.make_on()
    room.ensure_built()
    assert room.make_on()
    assert tuple(room.docks) == tuple(panel.name for panel in room.panels)
