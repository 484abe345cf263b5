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

from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.spreadsheets import csv_bytes

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


def save_svg(paint: Paint, size: QSize, ground: QColor, title: str, path: Path) -> None:
    """Write what `paint` draws as vectors.

    Raises:
        RnnvizError: the file cannot be written.
    """
    area = QRect(0, 0, size.width(), size.height())
    # Into memory first: Qt warns of a missing folder, and leaves half a file on a full disk.
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
    try:
        path.write_bytes(written.data().data())
    except OSError as error:
        raise RnnvizError(f"cannot write {path}: {error.strerror}") from error


def save_png(image: QImage, path: Path) -> None:
    """Write a picture.

    Raises:
        RnnvizError: the file cannot be written.
    """
    if not image.save(str(path), "PNG"):  # type: ignore[call-overload]
        raise RnnvizError(f"cannot write {path}; choose another place")


def png_writer(image: QImage, path: Path) -> Callable[[], None]:
    """What writes a picture in any thread: packing it takes much longer than painting.

    Raises:
        RnnvizError: the file cannot be written, as is known at once: a small picture was tried.
    """
    # It also lets Qt for Python name all that the other thread will ask of it.
    save_png(image.copy(0, 0, 1, 1), path)
    return partial(save_png, image, path)


def save_csv(columns: Columns, path: Path) -> None:
    """Write columns under their headings; shorter ones end in empty cells.

    Raises:
        RnnvizError: the file cannot be written.
    """
    lists = [np.asarray(column).tolist() for column in columns.values()]
    rows = csv_bytes((tuple(columns), *zip_longest(*lists, fillvalue="")))
    try:
        path.write_bytes(rows)
    except OSError as error:
        raise RnnvizError(f"cannot write {path}: {error.strerror}") from error
