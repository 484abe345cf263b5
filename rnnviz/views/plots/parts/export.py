"""Writes what a plot shows to a file: pictures as PNG and SVG, numbers as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QBuffer, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPicture
from PySide6.QtSvg import QSvgGenerator

from rnnviz.core.export.spreadsheets import csv_bytes
from rnnviz.core.files.writing import save_file
from rnnviz.views.shared.saving import Work

Columns = Mapping[str, npt.ArrayLike]
"""Numbers or words under their headings; columns may differ in length."""
Paint = Callable[[QPainter, QRect], None]


def picture(paint: Paint, size: QSize, ground: QColor, scale: float = 1.0) -> QImage:
    """What `paint` draws on an area of `size`, with `scale` pixels for each of its units."""
    image = QImage(size * scale, QImage.Format.Format_ARGB32)
    image.fill(ground)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        paint(painter, QRect(0, 0, size.width(), size.height()))
    return image


def svg_writer(paint: Paint, size: QSize, ground: QColor, title: str, path: Path) -> Work:
    """What writes what `paint` draws now, as vectors."""
    area = QRect(0, 0, size.width(), size.height())
    written = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(written)
    generator.setSize(size)
    generator.setViewBox(area)
    # Axes are recorded pictures; played on another resolution they would shrink.
    generator.setResolution(QPicture().logicalDpiX())
    generator.setTitle(title)
    with QPainter(generator) as painter:
        painter.fillRect(area, ground)
        paint(painter, area)
    return partial(save_file, path, bytes(written.data().data()))


def csv_writer(columns: Columns, path: Path) -> Work:
    """What writes columns as they are now under their headings; shorter ones end in empty cells."""
    arrays = [np.array(column) for column in columns.values()]

    def write() -> None:
        lists = [column.tolist() for column in arrays]
        save_file(path, csv_bytes((tuple(columns), *zip_longest(*lists, fillvalue=""))))

    return write
