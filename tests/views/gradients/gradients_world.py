"""The Gradients workspace over small models, on the engine's real tasks run inline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.session.gradients.networks import Window
from rnnviz.session.session import Session
from tests.nets.small import random_text, small_model
from tests.session.in_folder import session_in

TEXT = random_text(300)


def make_session(tmp_path: Path, kind: str = "lstm") -> Session:
    models = tmp_path / "models"
    models.mkdir(exist_ok=True)
    for one in ("rnn", "gru", "lstm"):
        save_model(models / f"{one}.safetensors", small_model(one))
    session = session_in(tmp_path)
    session.open_path(models / f"{kind}.safetensors")
    session.show_text(Text.of(TEXT, "random"))
    session.gradients.set_window(Window(40, 12, 10))
    return session


def shown(qtbot: QtBot, panel: Any) -> Any:
    qtbot.addWidget(panel)
    panel.resize(700, 700)
    panel.show()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: Any) -> None:
    qtbot.waitUntil(lambda: panel.idle and not panel.session.jobs.running)
