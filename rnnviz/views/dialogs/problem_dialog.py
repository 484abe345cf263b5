"""What went wrong, in words, with details for a bug report."""

from __future__ import annotations

import platform

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from rnnviz import __version__


def show_problem(parent: QWidget | None, message: str, details: str = "") -> QMessageBox:
    """Open a box that does not block the window; a defect's traceback can be copied from it.

    Args:
        details: a traceback; empty for an error that a person can act on.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Critical if details else QMessageBox.Icon.Warning)
    box.setWindowTitle("rnnviz")
    # What was wrong may quote a file: as rich text, its words could load other files.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText("Something in rnnviz broke." if details else message)
    if details:
        box.setInformativeText(f"{message}\n\nWhat was open is still there.")
        box.setDetailedText(f"{versions()}\n\n{details}")
        copy = box.addButton("Copy details", QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(f"{message}\n{versions()}\n\n{details}")
        )
    box.addButton(QMessageBox.StandardButton.Ok)
    box.open()
    return box


def versions() -> str:
    """The versions that matter for a report; no paths, no names."""
    return (
        f"rnnviz {__version__}, Python {platform.python_version()}, "
        f"PySide6 {pyside_version}, {platform.system()} {platform.release()}"
    )
