"""An application that is dressed, and undressed again; and a session of small made-up answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from rnnviz.session.session import Session
from rnnviz.views.shared.theme import Appearance
from tests.views.cells.panels_world import make_session


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    style, palette, font = qapp.style().name(), qapp.palette(), qapp.font()
    appearance = Appearance(qapp, "light")
    yield appearance
    # What was closed goes first: it would be dressed anew as what is left is undressed.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    appearance.deleteLater()
    qapp.setStyleSheet("")
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    """A session whose engine is made up, with settings of its own and nothing open."""
    session = make_session(tmp_path)
    yield session
    session.close()
