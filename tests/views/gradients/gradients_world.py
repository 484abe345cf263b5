"""The Gradients workspace over small models, on the engine's real tasks run inline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from rnnviz.core.sequences.text import Text
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.session.gradients.networks import Window
from rnnviz.session.session import Session
from rnnviz.work.runner import InlineRunner
from tests.nets.small import random_text, small_model

TEXT = random_text(300)


def make_session(tmp_path: Path, kind: str = "lstm") -> Session:
    models = tmp_path / "models"
    models.mkdir(exist_ok=True)
    for one in ("rnn", "gru", "lstm"):
        save_model(models / f"{one}.safetensors", small_model(one))
    session = Session(
        InlineRunner(TASKS),
        QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat),
        cache=tmp_path / "cache",
        data=tmp_path / "data",
        models=models,
        resources=tmp_path / "resources",
    )
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
