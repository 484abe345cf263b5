"""A session that keeps all of its own in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from rnnviz.nets.answering.table import TASKS
from rnnviz.session.session import Session
from tests.asking import PipedRunner


def session_in(folder: Path, runner: Any = None, **others: Any) -> Session:
    """Settings, cache, data, models and resources in this folder.

    Args:
        runner: what answers; the engine's real tasks run inline where nothing is said.
        others: what the session is given besides, or instead.
    """
    places = {name: folder / name for name in ("cache", "data", "models", "resources")}
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    return Session(runner or PipedRunner(TASKS), settings, **(places | others))
