"""What takes long to import is imported a module at a time, in the thread of the window."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from rnnviz.views.shared.importing import ImportsAhead


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """One that takes long, one that is broken, and one behind it."""
    (tmp_path / "ahead_long.py").write_text("import time\ntime.sleep(0.05)\n")
    (tmp_path / "ahead_broken.py").write_text("raise ValueError('planted')\n")
    (tmp_path / "ahead_more.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return ("ahead_long", "ahead_broken", "ahead_more")


def test_each_module_has_a_turn_of_its_own(modules, qtbot: QtBot) -> None:
    turns: list[int] = []
    counter = QTimer()
    counter.timeout.connect(lambda: turns.append(sum(name in sys.modules for name in modules)))
    ahead = ImportsAhead((modules[2], "sys", modules[0]))
    with qtbot.waitSignal(ahead.done):
        counter.start(0)
        ahead.start()
    assert {modules[0], modules[2]} <= sys.modules.keys()
    assert 1 in turns, "keys were heard between the two"


def test_nothing_is_imported_in_another_thread(modules, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "ahead_where.py").write_text(
        "import threading\nname = threading.current_thread()\n"
    )
    ahead = ImportsAhead(("ahead_where",))
    with qtbot.waitSignal(ahead.done):
        ahead.start()
    assert sys.modules["ahead_where"].name is threading.main_thread()


def test_who_needs_a_broken_module_hears_of_it(modules, qtbot: QtBot) -> None:
    ahead = ImportsAhead(modules[1:])
    with qtbot.waitSignal(ahead.done):
        ahead.start()
    with pytest.raises(ValueError, match="planted"):
        import_module("ahead_broken")
