"""Packs a painted picture into a file: in any thread, since it takes much longer than painting."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage

from rnnviz.core.files.writing import save_file
from rnnviz.views.shared.saving import Work


def png_writer(image: QImage, path: Path) -> Work:
    """What packs a picture and writes it; raises an `RnnvizError` where that cannot be done."""
    # Lets Qt for Python name here all that the other thread will ask of it.
    _packed(image.copy(0, 0, 1, 1))
    return lambda: save_file(path, _packed(image))


def _packed(image: QImage) -> bytes:
    file = QBuffer()
    image.save(file, "PNG")  # type: ignore[call-overload]
    return bytes(file.data().data())
