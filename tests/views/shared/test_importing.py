"""What takes long to import is imported beside the window."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from rnnviz.views.shared.importing import ImportsAhead


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """One that takes long, one that is broken, and one behind it."""
    (tmp_path / "ahead_long.py").write_text("import time\ntime.sleep(0.4)\n")
    (tmp_path / "ahead_broken.py").write_text("raise ValueError('planted')\n")
    (tmp_path / "ahead_more.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return ("ahead_long", "ahead_broken", "ahead_more")


def test_the_loop_goes_on_while_modules_are_imported(modules, qtbot: QtBot) -> None:
    turns: list[int] = []
    counter = QTimer()
    counter.timeout.connect(lambda: turns.append(len(turns)))
    ahead = ImportsAhead(modules[:1])
    with qtbot.waitSignal(ahead.done):
        counter.start(0)
        ahead.start()
    assert "ahead_long" in sys.modules
    assert len(turns) > 20


def test_what_is_there_is_not_waited_for(qtbot: QtBot) -> None:
    ahead = ImportsAhead(("sys",))
    with qtbot.waitSignal(ahead.done):
        ahead.start()
        assert ahead._thread is None


def test_who_needs_a_broken_module_hears_of_it(modules, qtbot: QtBot) -> None:
    ahead = ImportsAhead(modules[1:])
    with qtbot.waitSignal(ahead.done):
        ahead.start()
    with pytest.raises(ValueError, match="planted"):
        import_module("ahead_broken")
