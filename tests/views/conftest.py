"""An application that is dressed, and undressed again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from rnnviz.views.shared.theme import Appearance


@pytest.fixture
def appearance(qapp: QApplication) -> Iterator[Appearance]:
    style, palette, font = qapp.style().name(), qapp.palette(), qapp.font()
    appearance = Appearance(qapp, "light")
    yield appearance
    appearance.deleteLater()
    qapp.setStyleSheet("")
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
