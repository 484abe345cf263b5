"""How long a frame of the unrolled network takes, and how long a change of it.

    python benchmarks/unroll.py [--steps 30] [--units 8]

1. Baseline: a bare widget of the same size that is filled with one colour and repainted.
2. One frame of the movement between rolled up and unrolled, all steps on the screen and each
   elsewhere than in the frame before; the claim is 8 ms. Its first frame paints every part once: it
   is measured apart, and so is the whole picture laid out and painted anew.
3. From moment to moment, all steps on the screen, as the right arrow does it: the session's index
   moves, and the area with its drawing, its slider and its formula is painted; the claim is 8.3 ms,
   120 frames a second. There and back, the first one, in which nothing of the kind was laid out
   before, among them. And the same with numbers that can be read, as many steps as have room.
4. One training step: from the wish to the new numbers on the screen, through the engine's own task
   in this process; the claim is 30 ms at the 99th percentile for the lecture's "hello".
5. The same in a warm engine of its own, without a drawing: from the wish to the numbers that were
   read from its answer, which is all that the drawing waits for.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from rnnviz.core.unroll.plan import Plan, of_word
from rnnviz.nets.answering.unroll import TASKS
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.views.unroll.area import UnrollArea
from rnnviz.views.unroll.drawing import UnrollDrawing
from rnnviz.work.runner import EngineRunner, InlineRunner

_SIZE = (1440, 760)
_FRAMES = 100
_TRAINED = 300


class Bare(QWidget):
    """Fills itself with one colour."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing but the ground."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), Qt.GlobalColor.white)


def times_ms(run: Callable[[], object], count: int) -> np.ndarray:
    """How long each of so many runs took."""
    found = []
    for _ in range(count):
        began = time.perf_counter()
        run()
        found.append(1000 * (time.perf_counter() - began))
    return np.array(found)


def session(folder: Path, plan: Plan, index: int) -> Unroll:
    """A session of its own, which nothing else draws."""
    unroll = Unroll(Jobs(InlineRunner(TASKS)), folder)
    unroll.set_plan(plan)
    unroll.ensure_computed()
    unroll.set_index(index)
    return unroll


def steps_ms(unroll: Unroll, everything: bool) -> None:
    """Print how long the area takes from moment to moment, there and back."""
    area = UnrollArea(unroll)
    area.resize(_SIZE[0], _SIZE[1] + 160)
    area.show()
    area.drawing.show_all(everything)
    QApplication.processEvents()
    last = unroll.last_index
    order = iter([*range(1, last + 1), *range(last - 1, -1, -1)])

    def on() -> None:
        unroll.set_index(next(order))
        QApplication.processEvents()

    used = []

    def frame() -> None:
        start = time.process_time()
        on()
        used.append(1000 * (time.process_time() - start))

    taken = times_ms(frame, 2 * last)
    print(
        f"from moment to moment, {'all' if everything else len(area.drawing.seen)} steps seen: "
        f"median {np.median(taken):.1f} ms, 99th percentile {np.quantile(taken, 0.99):.1f} ms, "
        f"the first {taken[0]:.1f} ms; of processor time median {np.median(used):.1f} ms, "
        f"99th percentile {np.quantile(used, 0.99):.1f} ms; "
        f"{(taken < 1000 / 120).mean():.0%} in time for 120 a second"
    )
    area.hide()
    unroll.close()


def movement_ms(drawing: UnrollDrawing, baseline: float) -> str:
    """How long a frame of the movement takes, and the whole picture, in words."""
    place, taller = [0.0], [0]

    def whole() -> None:
        # Of another size everything lies elsewhere: nothing is kept of the picture before.
        taller[0] = 1 - taller[0]
        drawing.resize(_SIZE[0], _SIZE[1] + taller[0])
        drawing.repaint()

    def frame() -> None:
        place[0] = (place[0] + 0.009) % 0.97
        drawing.roll_to(0.01 + place[0])
        drawing.repaint()

    whole()
    # As the window does once it stands: what is there by now, the whole of torch here, is not
    # looked through again and again for garbage, a tenth of a second each time.
    gc.collect()
    gc.freeze()
    wholes = times_ms(whole, _FRAMES)
    first = times_ms(frame, 1)
    used = time.process_time()
    frames = times_ms(frame, _FRAMES)
    used = 1000 * (time.process_time() - used) / _FRAMES
    drawing.roll_to(0.0)
    return (
        f"a frame of the movement: median {np.median(frames):.1f} ms, 99th percentile "
        f"{np.quantile(frames, 0.99):.1f} ms ({np.median(frames) / baseline:.0f} bare widgets), "
        f"{used:.1f} ms of processor time; its first frame {first[0]:.1f} ms; the whole picture "
        f"laid out and painted anew: median {np.median(wholes):.1f} ms, 99th percentile "
        f"{np.quantile(wholes, 0.99):.1f} ms"
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--units", type=int, default=8)
    options = parser.parse_args()
    QApplication(["rnnviz"])
    bare = Bare()
    bare.resize(*_SIZE)
    bare.show()
    QApplication.processEvents()
    baseline = float(np.median(times_ms(bare.repaint, _FRAMES)))
    print(f"bare widget repainted: {baseline:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        word = "".join("helo"[step * 3 % 4] for step in range(options.steps + 1))
        plan = of_word(word, units=options.units)
        drawing = shown(session(home, plan, 2 * options.steps + 1))
        drawing.show_all(True)
        QApplication.processEvents()
        what = f"{options.steps} steps of {options.units} units"
        print(f"{what}, {movement_ms(drawing, baseline)}")
        drawing.hide()
        for everything in (True, False):
            steps_ms(session(home, plan, 0), everything)
        unroll = session(home, of_word("hello"), 10)
        drawing = shown(unroll)
        gc.collect()
        gc.freeze()  # as above: the sessions before are garbage of this script, not of a window
        used = time.process_time()
        steps = times_ms(lambda: unroll.train(1), _TRAINED)
        used = 1000 * (time.process_time() - used) / _TRAINED
        print(
            f"one training step of “hello”, to the picture: median {np.median(steps):.1f} ms, "
            f"99th percentile {np.quantile(steps, 0.99):.1f} ms, {used:.1f} ms of processor time"
        )
        unroll.close()
        print(f"the same in the engine, to its answer: {answered_ms(home)}")


def answered_ms(home: Path) -> str:
    """How long the engine takes for one training step of "hello", in words."""
    runner = EngineRunner()
    unroll = Unroll(Jobs(runner), home)
    loop = QEventLoop()
    unroll.changed.connect(loop.quit)

    def step() -> None:
        unroll.train(1)
        loop.exec()

    unroll.set_plan(of_word("hello"))
    unroll.ensure_computed()
    loop.exec()
    times_ms(step, 3)  # the first ones import what they need
    taken = times_ms(step, _TRAINED)
    unroll.close()
    runner.close()
    return f"median {np.median(taken):.1f} ms, 99th percentile {np.quantile(taken, 0.99):.1f} ms"


def shown(unroll: Unroll) -> UnrollDrawing:
    """The drawing of a session on the screen."""
    drawing = UnrollDrawing(unroll)
    drawing.resize(*_SIZE)
    drawing.show()
    QApplication.processEvents()
    return drawing


if __name__ == "__main__":
    main()
