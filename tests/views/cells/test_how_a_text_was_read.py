"""How a text was read stays to be read as long as it is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.views.window.test_window import drop, home, make_window, window

__all__ = ["home", "make_window", "window"]


@pytest.mark.parametrize("large", [1 << 30, 1], ids=["read here", "read by the engine"])
def test_it_stands_below_the_text_for_as_long_as_that_is_open(
    window: Any, tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr("rnnviz.session.shared.recordings.LARGE_TEXT_BYTES", large)
    (tmp_path / "old.txt").write_bytes("Příliš žluťoučký kůň".encode("iso8859-2"))
    (tmp_path / "plain.txt").write_text("a bold cab")
    drop(window, tmp_path / "old.txt")
    note = window.text_panel.reading
    qtbot.waitUntil(note.isVisible)
    assert note.text().startswith("Read as Windows-1252, which it may not be")
    window.status.clearMessage()
    window.text_panel.view.setFocus()
    assert note.isVisible()
    drop(window, tmp_path / "plain.txt")
    qtbot.waitUntil(lambda: not note.isVisible())
