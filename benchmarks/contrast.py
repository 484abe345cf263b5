"""Contrast of on against off, read from the pixels of the real window, in every shipped story.

    python benchmarks/contrast.py [--size 1024x700 --size 1920x1080] [--palette blue-red ...]

For each story of Cells, light and dark: over all lines on the screen, the WCAG ratio of the ground
at the unit's median of the steps where the concept holds to that where it does not (of a count:
above and not above its median on the text; of surprisal: the steps above 5 bits and the others; of
a verdict: above one half), and the contrast of the text on both grounds. A ground is the colour of
most pixels of a cell. The text's colour is the pixel farthest from it among the letters whose
ground that is: the middle of a stroke, where the screen does not blend it with the ground.

It ends with 1 if a ratio is below 2 : 1 or a text below 7 : 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from rnnviz.app import build
from rnnviz.core.cells.verdicts import running_verdict
from rnnviz.core.colours.oklab import contrast
from rnnviz.core.concepts.streaming import label_steps
from rnnviz.core.stories.story import Story
from rnnviz.session.shared.stories import SHIPPED
from rnnviz.views.window.window import Window
from rnnviz.work.runner import EngineRunner

GROUNDS, TEXT = 2.0, 7.0
_SURPRISING_BITS = 5.0
_LONGEST_MS = 240_000


def main() -> int:
    """Measure all; 1 if one of them is too weak."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", action="append", help="of the window (default: 1024x700)")
    parser.add_argument("--only", action="append", help="a part of the title of a story")
    parser.add_argument("--palette", action="append", help="instead of the story's own")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNVIZ_HOME"] = home
        app = QApplication(["rnnviz"])
        window = build(app, EngineRunner())
        window.show()
        weak = 0
        print(f"{'story':34} {'size':>10} {'palette':>14} theme  on:off  text on  text off")
        for place, story in enumerate(window.session.stories.of(SHIPPED)):
            named = any(part in story.title for part in options.only or [""])
            if story.show != "cells" or not named:
                continue
            window.telling.tell(SHIPPED, place, max(0, len(story.stages) - 1))
            wait_until(lambda: walked(window))
            for size in options.size or ["1024x700"]:
                window.resize(*map(int, size.split("x")))
                for palette in options.palette or [""]:
                    weak += measured(window, story, place, size, palette)
        window.close()
    return int(weak > 0)


def measured(window: Window, story: Story, place: int, size: str, palette: str) -> int:
    """Print one line a theme; how many of them are too weak."""
    session, weak = window.session, 0
    window.telling.tell(SHIPPED, place, max(0, len(story.stages) - 1))
    if palette and session.scaling.scale is not None and session.scaling.scale.signed:
        session.scaling.set_palette(palette)
    for theme in ("light", "dark"):
        window.appearance.set_setting(theme)
        wait_until(lambda: walked(window))
        on_off, on, off = figures(window)
        good = on_off >= GROUNDS and min(on, off) >= TEXT
        weak += not good
        scale = session.scaling.scale
        named = scale.palette if scale is not None else ""
        print(
            f"{story.title[:34]:34} {size:>10} {named:>14} {theme:5} {on_off:7.2f} {on:8.2f} "
            f"{off:9.2f}{'' if good else '  too weak'}",
            flush=True,
        )
    return weak


def figures(window: Window) -> tuple[float, float, float]:
    """On against off, and the text on either, of what is on the screen."""
    values, holds, characters = on_the_screen(window)
    view = window.text_panel.view
    picture = pixels(view.viewport().grab().toImage())
    grounds, inks = [], []
    for side in (True, False):
        chosen = holds == side
        median = np.median(values[chosen])
        nearest = int(np.flatnonzero(chosen)[np.abs(values[chosen] - median).argmin()])
        ground = ground_of(cell(window, picture, int(characters[nearest])))
        grounds.append(ground)
        inks.append(text_contrast(window, picture, characters, ground))
    return float(contrast(*grounds)), inks[0], inks[1]


def on_the_screen(
    window: Window,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Value, whether the concept holds, and the character, of every step that is seen."""
    session, view = window.session, window.text_panel.view
    recording = session.recordings.recording
    assert recording is not None
    finding = session.stories.current[0].finding  # type: ignore[index]
    assert finding is not None
    start, stop = view.visible_range()
    sequence = recording.sequence
    whole = view.viewport().rect()
    cells = {place: view.cell_rect(place) for place in range(start, stop)}
    seen = np.array([place for place, rect in cells.items() if whole.contains(rect)])
    steps = np.asarray(sequence.steps_at(start, stop))[seen - start]
    seen, steps = seen[steps >= 0], steps[steps >= 0]
    if finding.channel == "surprisal":
        values = np.asarray(recording.surprisal, np.float32)
        holds = values > _SURPRISING_BITS
    elif finding.channel == "verdict":
        values = np.asarray(running_verdict(recording).values, np.float32)  # type: ignore[union-attr]
        holds = values > 0.5
    else:
        unit = recording.groups.number(finding.group_name, finding.unit)
        values = np.asarray(recording.values(finding.channel, unit), np.float32)
        concept = session.rankings.concept(finding.concept_name or "")
        assert concept is not None
        labels = np.concatenate([part for _, part in label_steps(concept, sequence)])
        holds = labels if labels.dtype == np.bool_ else labels > np.nanmedian(labels)
    known = np.isfinite(values[steps])
    return values[steps][known], np.asarray(holds[steps][known], np.bool_), seen[known]


def cell(window: Window, picture: npt.NDArray[np.uint8], character: int) -> npt.NDArray[np.uint8]:
    """The pixels of a character's cell, without what lies between the lines."""
    view = window.text_panel.view
    rect = view.cell_rect(character)
    part: npt.NDArray[np.uint8] = picture[
        rect.top() + 1 : rect.bottom() - view.grid.gap, rect.left() : rect.right() + 1
    ]
    return part.reshape(-1, 3)


def ground_of(part: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The colour of most pixels."""
    colours, many = np.unique(part, axis=0, return_counts=True)
    found: npt.NDArray[np.uint8] = colours[many.argmax()]
    return found


def text_contrast(
    window: Window,
    picture: npt.NDArray[np.uint8],
    characters: npt.NDArray[np.int64],
    ground: npt.NDArray[np.uint8],
) -> float:
    """The greatest contrast of a pixel with its ground, over the letters on about this ground."""
    text, best = window.text_panel.view.text, 0.0
    for character in characters.tolist():
        part = cell(window, picture, character)
        if not text.slice(character, character + 1).isalnum() or not part.size:
            continue
        if np.abs(ground_of(part).astype(int) - ground).max() <= 12:
            best = max(best, float(contrast(part, ground).max()))
    return best


def pixels(image: QImage) -> npt.NDArray[np.uint8]:
    """(H, W, 3) of an image."""
    shown = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return rows[:, : shown.width() * 3].reshape(shown.height(), shown.width(), 3).copy()


def walked(window: Window) -> bool:
    """Whether the text is walked and nothing is under way."""
    recording = window.session.recordings.recording
    return recording is not None and recording.complete and not window.session.jobs.running


def wait_until(ready: Callable[[], bool], settle_ms: int = 300) -> None:
    """Let the window work until this holds, and a moment longer."""
    loop, timer = QEventLoop(), QTimer()

    def look() -> None:
        if ready():
            timer.stop()
            QTimer.singleShot(settle_ms, loop.quit)

    timer.timeout.connect(look)
    timer.start(30)
    QTimer.singleShot(_LONGEST_MS, loop.quit)
    loop.exec()


if __name__ == "__main__":
    sys.exit(main())
