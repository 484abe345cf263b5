"""How long the table and the lines of an alignment take to follow the pointer.

    python benchmarks/heatmap_hover.py [--tokens 512] [--frames 400]

From the pointer's move to the painted frame, both views and the exact numbers included: each frame
another cell lights up. At four zooms, from all cells in view to the largest cells. The baseline
paints the whole table for every move, as a view without a picture of what rests would.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.colours.weight_colours import weights_scale
from rnnviz.views.alignments.drawing.lines_view import LinesView
from rnnviz.views.alignments.drawing.table_view import TableView
from rnnviz.views.shared.theme import Appearance

LIMIT_MS = 16.0


def main() -> None:
    """Run and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--frames", type=int, default=400)
    options = parser.parse_args()
    app = QApplication([])
    Appearance(app, "light")
    size = options.tokens
    alignment = made(size)
    table, lines = TableView("table"), LinesView("lines")
    table.resize(900, 620)
    lines.resize(900, 160)
    table.show()
    lines.show()
    scale = weights_scale(alignment.weights)
    table.set_table(alignment.weights, alignment.target, alignment.source, scale)
    lines.set_alignment(alignment, 1.0)
    lines.set_scale(scale)
    table.fit()
    app.processEvents()
    worst = 0.0
    print(f"hover on a table of {size} × {size} tokens, {options.frames} frames at each zoom:")
    for zoom in range(4):
        taken, busy = hover(app, table, lines, size, options.frames)
        worst = max(worst, float(np.quantile(taken, 0.99)))
        print(
            f"  cells of {table.layout_.width:g} × {table.layout_.height:g} pixels: median "
            f"{np.median(taken):.2f} ms, 99th percentile {np.quantile(taken, 0.99):.2f} ms "
            f"({np.quantile(busy, 0.99):.2f} ms of processor time)"
        )
        for _ in range(6 if zoom < 3 else 0):
            table.zoom_in()
    table.zoom_out()
    table.fit()
    app.processEvents()
    whole = painting(app, table, 40)
    print(f"  painting all of it for every move: {whole:.1f} ms")
    print(f"ratio of {LIMIT_MS:g} ms to the 99th percentile: {LIMIT_MS / worst:.1f} (at least 1)")
    table.close()
    lines.close()


def made(size: int) -> Alignment:
    """Weights that are heaviest near the diagonal, with some everywhere."""
    random = np.random.default_rng(0)
    distance = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :])
    scores = -0.4 * distance + random.normal(0, 1.0, (size, size))
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    words = tuple(f"word{place}" for place in range(size))
    return Alignment(words, words, weights.astype(np.float32))


def hover(
    app: QApplication, table: TableView, lines: LinesView, size: int, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds from each mark to both painted views, by the clock and of processor time."""
    places = np.random.default_rng(1).integers(size, size=(frames + 10, 2)).tolist()
    taken, busy = [], []
    for row, column in places:
        start, worked = time.perf_counter(), time.thread_time()
        table.set_mark((row, column))
        lines.set_mark((row, None))
        app.processEvents()
        taken.append(time.perf_counter() - start)
        busy.append(time.thread_time() - worked)
    return 1000 * np.array(taken[10:]), 1000 * np.array(busy[10:])


def painting(app: QApplication, table: TableView, frames: int) -> float:
    """Milliseconds to paint all of a table, the median."""
    taken = []
    for _ in range(frames):
        start = time.perf_counter()
        table.forget_picture()
        app.processEvents()
        taken.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken))


if __name__ == "__main__":
    main()
