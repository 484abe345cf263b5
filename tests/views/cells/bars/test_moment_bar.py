"""A folder of checkpoints is a training, and a slider goes through its moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rnnviz.core.stories.story import Stage, Story
from tests.nets.checkpoints.examples import Stock, write_pytorch
from tests.views.window.test_window import drop, home, make_window, window

__all__ = ["home", "make_window", "window"]


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """Three checkpoints of one network, whose weights differ, and a text."""
    folder = tmp_path / "training"
    folder.mkdir()
    for step in (100, 2000, 10000):
        stock = Stock("lstm", units=6, embedding=2)
        with torch.no_grad():
            stock.rnn.weight_hh_l0.mul_(1 + step / 5000)
        write_pytorch(folder / f"checkpoint_{step}.pt", stock)
    (tmp_path / "own.txt").write_text("abc\ncab\n" * 60)
    return folder


def test_the_slider_goes_through_the_moments(
    window: Any, training: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    session, bar = window.session, window.text_panel.moments
    assert not bar.isVisible()
    drop(window, tmp_path / "own.txt")
    drop(window, training)
    assert session.recordings.model.path == str(training / "checkpoint_10000.pt")
    assert bar.isVisible()
    assert bar.where.text() == "after step 10,000, 3 of 3"
    session.selection.select_unit(4, "cell")
    last = session.recordings.recording.values("cell", 4).copy()
    qtbot.keyClick(bar.slider, Qt.Key.Key_Left)
    assert session.recordings.model.path == str(training / "checkpoint_2000.pt")
    assert bar.where.text() == "after step 2,000, 2 of 3"
    assert session.recordings.text.path == tmp_path / "own.txt"
    assert (session.selection.unit, session.selection.channel) == (4, "cell")
    assert (session.recordings.recording.values("cell", 4) != last).any()
    stages = tuple(Stage(model="m", caption=name, sentence=name) for name in ("then", "now"))
    session.stories.tell_alone(Story(title="", caption="", show="alignments", stages=stages))
    assert not bar.isVisible(), "a story through the moments has a slider of its own"
    session.stories.end()
    assert bar.isVisible()
    qtbot.keyClick(bar.slider, Qt.Key.Key_Home)
    assert bar.where.text().startswith("after step 100, 1 of 3")


def test_a_model_alone_has_no_slider(window: Any, training: Path) -> None:
    drop(window, training / "checkpoint_100.pt")
    assert window.text_panel.moments.isVisible()
    for step in (2000, 10000):
        (training / f"checkpoint_{step}.pt").unlink()
    drop(window, training / "checkpoint_100.pt")
    assert not window.text_panel.moments.isVisible()
