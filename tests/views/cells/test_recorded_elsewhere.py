"""What another program recorded is dropped on the window, and coloured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.nets.capturing.test_activation_files import lstmvis
from tests.views.window.test_window import drop, home, make_window, window

__all__ = ["home", "make_window", "window"]


def test_a_folder_of_lstmvis_is_dropped(window: Any, tmp_path: Path) -> None:
    drop(window, lstmvis(tmp_path / "states-of-mine"))
    recordings = window.session.recordings
    assert recordings.model is None
    assert str(recordings.text) == "the cat sleeps <eos>\na dog sleeps <eos>\n"
    assert recordings.recording.total_units == 8
    window.session.selection.select_unit(6, "hidden")
    assert window.text_panel.view.isVisible()
    again = recordings.recording.folder
    drop(window, tmp_path / "states-of-mine" / "states.hdf5")
    assert (
        recordings.recording.total_units == 8 and recordings.recording.folder.parent == again.parent
    )
