"""What a panel says while there is nothing to show."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from rnnviz.session.shared.opening import OPEN
from rnnviz.views.cells.panels.sample import SamplePanel
from tests.session.in_folder import session_in


def test_it_says_that_the_model_is_on_its_way_and_asks_for_none(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_in(tmp_path)
    coming = True
    monkeypatch.setattr(session.jobs, "busy", lambda question: coming and question == OPEN)
    panel = SamplePanel(session)
    qtbot.addWidget(panel)
    assert panel._button.isHidden()
    panel.show()
    qtbot.waitUntil(lambda: panel._sentence.text() == "The model is being opened.")
    assert panel._button.isHidden()
    coming = False
    session.jobs.changed.emit()
    qtbot.waitUntil(lambda: panel._sentence.text().startswith("Open a model"))
    assert panel._button.isVisible()
    session.close()
