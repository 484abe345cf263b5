"""How fast the text shows another unit, and whether a long text scrolls as a short one does.

    python benchmarks/text_view.py [--length 1000000] [--long 100000000] [--frames 300]

1. From choosing a unit to the painted frame (range measured, text, minimap and legend painted),
   against a QPlainTextEdit whose characters get one QTextCharFormat each. The baseline is timed on
   the first 20,000 characters and scaled to the whole text: it grows in proportion or worse.
2. The time of a frame while scrolling a long text, against one of 10,000 characters.
3. Laying a long text out for a new width, every row of it ending at a word, in processor time.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from rnnviz.core.colours.colour import Scale, scale_for
from rnnviz.core.sequences.text import Text
from rnnviz.views.cells.legend import Legend
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.text.minimap import Minimap
from rnnviz.views.text.rows import Rows
from rnnviz.views.text.text_view import TextView

UNITS = 32
BASELINE = 20_000
SENTENCE = 'The prince said, "We shall see," and went on writing as if nothing had happened at'


def main() -> None:
    """Run both and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length", type=int, default=1_000_000)
    parser.add_argument("--long", type=int, default=100_000_000)
    parser.add_argument("--frames", type=int, default=300)
    options = parser.parse_args()
    app = QApplication([])
    Appearance(app, "light")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flipping(app, folder, options.length, options.frames)
        scrolling(app, folder, options.long, options.frames)
    laying_out(options.long)


def flipping(app: QApplication, folder: Path, length: int, frames: int) -> None:
    """Choose one unit after another; compare with formatting a QPlainTextEdit."""
    codes, rows = files(folder, length, UNITS)
    noise = np.random.default_rng(0).standard_normal(length // 2).astype(np.float16)
    for unit in range(UNITS):
        rows[unit, : len(noise)] = np.roll(noise, unit * 1000) * (1 + unit % 5)
    window, view, minimap, legend = panel(Text(codes))
    taken = []
    gc.freeze()  # as the application does once its window is shown
    for frame in range(frames + 10):
        start = time.perf_counter()
        values = rows[frame % UNITS]
        scale = scale_for("cell", values)
        view.set_scale(scale)
        view.set_values(values, length)
        minimap.set_scale(scale)
        minimap.set_values(values, length)
        legend.show_scale(scale, f"cell of layer 1, unit {frame % UNITS}", "unit", False)
        app.processEvents()
        taken.append(time.perf_counter() - start)
    window.close()
    ours = np.array(taken[10:]) * 1000
    theirs = plain_text_edit(app, codes, rows[0]) * 1000 * length / min(BASELINE, length)
    print(f"unit to painted frame, {length:,} characters, {frames} frames:")
    print(f"  median {np.median(ours):.1f} ms, 99th percentile {np.quantile(ours, 0.99):.1f} ms")
    print(f"  QPlainTextEdit: {theirs:,.0f} ms, scaled from {min(BASELINE, length):,} characters")
    print(f"  ratio, at the 99th percentile: {theirs / np.quantile(ours, 0.99):,.0f} times faster")


def plain_text_edit(app: QApplication, codes: np.ndarray, values: np.ndarray) -> float:
    """Seconds to colour the first characters one by one in Qt's own editor, and to paint it."""
    part = Text(codes[:BASELINE])
    edit = QPlainTextEdit(str(part))
    edit.resize(1280, 860)
    edit.show()
    app.processEvents()
    scale = scale_for("cell", values)
    colours = [QColor(*entry.tolist()) for entry in scale.colours(dark=False)]
    start = time.perf_counter()
    cursor = QTextCursor(edit.document())
    cursor.beginEditBlock()
    style = QTextCharFormat()
    for place, entry in enumerate(scale.index(values[:BASELINE]).tolist()):
        style.setBackground(colours[entry])
        cursor.setPosition(place)
        cursor.setPosition(place + 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(style)
    cursor.endEditBlock()
    app.processEvents()
    edit.close()
    return time.perf_counter() - start


def scrolling(app: QApplication, folder: Path, long: int, frames: int) -> None:
    """Jump to places all over a text of 10,000 characters, and over a long one."""
    medians = {}
    for length in (10_000, long):
        codes, rows = files(folder, length, 1)
        window, view, _, _ = panel(Text(codes))
        view.set_scale(Scale(-1.0, 1.0, "blue-orange"))
        view.set_values(rows[0], length)
        places = np.random.default_rng(1).permutation(np.linspace(0, length - 1, frames + 10))
        taken = []
        for place in places:
            start = time.process_time()
            view.centre_on(int(place))
            app.processEvents()
            taken.append(time.process_time() - start)
        window.close()
        medians[length] = np.array(taken[10:]) * 1000
    for length, times in medians.items():
        print(
            f"scrolling {length:,} characters, processor time: median {np.median(times):.2f} ms, "
            f"99th percentile {np.quantile(times, 0.99):.2f} ms"
        )
    ratio = np.median(medians[long]) / np.median(medians[10_000])
    print(f"  a frame of the long text takes {ratio:.2f} of one of the short text")


def laying_out(long: int) -> None:
    """Wrap lines that are a little and much too long, and one line that is the whole text."""
    kinds = {"lines of 83": (SENTENCE + "\n", 60), "paragraphs": (12 * SENTENCE + "\n", 100)}
    for name, (words, wrap) in {**kinds, "one line": (SENTENCE + " ", 100)}.items():
        text = Text(np.resize(np.frombuffer(words.encode(), np.uint8), long))
        assert len(text.line_starts) and text.uneven is not None
        start = time.process_time()
        count = Rows(text, wrap).count
        taken = time.process_time() - start
        print(f"laying out {long:,} characters, {name}: {count:,} rows in {taken * 1000:.0f} ms")


def files(folder: Path, length: int, units: int) -> tuple[np.ndarray, np.ndarray]:
    """A text as a mapped file, and a sparse file of values, (units, length) float16."""
    line = np.frombuffer((SENTENCE + "\n").encode(), np.uint8)
    text = folder / f"text-{length}"
    np.resize(line, length).tofile(text)
    values = folder / f"values-{units}-{length}"
    with values.open("wb") as file:
        file.truncate(units * length * 2)
    shape = (units, length)
    return np.memmap(text, np.uint8, "r"), np.memmap(values, np.float16, "r+", shape=shape)


def panel(text: Text) -> tuple[QWidget, TextView, Minimap, Legend]:
    """The widgets as they stand together in the window."""
    window = QWidget()
    column, row = QVBoxLayout(window), QHBoxLayout()
    view, minimap, legend = TextView(), Minimap(), Legend()
    row.addWidget(view, 1)
    row.addWidget(minimap)
    column.addLayout(row, 1)
    column.addWidget(legend)
    view.visible_changed.connect(minimap.set_visible)
    window.resize(1280, 900)
    window.show()
    view.set_text(text)
    QApplication.processEvents()
    return window, view, minimap, legend


if __name__ == "__main__":
    main()
