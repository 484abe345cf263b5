"""How long a lecturer waits for each story, from the page key to its finished picture.

    python benchmarks/stories.py [--look 10]

The real window with an engine of its own in an empty home, as at the very first start. Page down is
pressed, the clock runs until what is on the screen is finished, then it is looked at for so many
seconds before the next key. The first story comes by itself: its clock runs from before the process
is made. Seconds are told until

* near: everything on the screen is coloured, if need be by a preview that is marked as one,
* finished: by exact values, with its caption; an alignment is written, all gradients are there.

Beside it the processor time of the window and of its engine until then, which says what the clock
would on a machine that has nothing else to do.

The claim: five stories in sixty seconds, at a first start and without a look.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from rnnviz.app import build
from rnnviz.core.stories.story import Story
from rnnviz.session.shared.opening import OPEN
from rnnviz.views.window.window import Window
from rnnviz.work.runner import EngineRunner

CLAIM_S = 60.0
_TOLD = 5
_LONGEST_S = 120.0


def main() -> None:
    """Tell all stories and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--look", type=float, default=0.0, help="seconds before the next key")
    parser.add_argument("--size", default="1360x860", help="of the window")
    options = parser.parse_args()
    began = psutil.Process().create_time() - time.time() + time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNVIZ_HOME"] = home
        runner = EngineRunner()
        app = QApplication(["rnnviz"])
        window = build(app, runner)
        window.resize(*map(int, options.size.split("x")))
        window.show()
        window.activateWindow()
        window.open_soon(())
        window.build_ahead_of_use()
        try:
            finished = told(app, window, began, options.look)
        finally:
            window.close()
    first = [seconds for place, seconds in finished if place < _TOLD]
    print(f"the first {_TOLD} stories: {sum(first):.1f} s, and the looks between them")
    print(f"claim {CLAIM_S:.0f} s {'met' if sum(first) <= CLAIM_S else 'not met'}")


def told(app: QApplication, window: Window, began: float, look: float) -> list[tuple[int, float]]:
    """Go through all stories and their stages; (place, seconds until it was finished) of each."""
    stories, finished = window.session.stories, []
    print(f"{'':3} {'story':34} stage    near  finished   window  engine")
    used = 0.0, 0.0
    while True:
        wait(app, lambda: stories.current is not None)
        assert stories.current is not None
        story, place, _ = stories.current
        wait(app, partial(near, window, story))
        seen = time.perf_counter() - began
        wait(app, partial(exact, window, story))
        taken = time.perf_counter() - began
        ours, engine = (now - before for now, before in zip(processor(), used, strict=True))
        assert window.story_bar.title.text() == story.title
        assert window.story_bar.caption.isVisible() == bool(story.caption)
        finished.append((place, taken))
        stage = f"{stories.stage + 1}" if story.stages else ""
        print(
            f"{place + 1:3} {story.title[:34]:34} {stage:>5} {seen:7.2f} {taken:9.2f} "
            f"{ours:8.2f} {engine:7.2f}",
            flush=True,
        )
        rest(app, look)
        if stories.beside(1) is None:
            return finished
        began, used = time.perf_counter(), processor()
        QTest.keyClick(app.focusWidget() or window, Qt.Key.Key_PageDown)


def processor() -> tuple[float, float]:
    """Seconds of processor time of the window's process, and of its engine."""
    own = psutil.Process()
    times = [one.cpu_times() for one in (own, *own.children(recursive=True))]
    used = [float(one.user + one.system) for one in times]
    return used[0], sum(used[1:])


def near(window: Window, story: Story) -> bool:
    """Whether everything on the screen is coloured, exactly or nearly."""
    if exact(window, story):
        return True
    if story.show != "cells" or not shows(window):
        return False
    view, previews = window.text_panel.view, window.session.previews
    preview, (start, stop) = previews.preview, view.visible_range()
    return preview is not None and preview.start <= start and stop <= preview.stop


def exact(window: Window, story: Story) -> bool:
    """Whether what is on the screen is finished."""
    session = window.session
    if not shows(window):
        return False
    if story.show == "alignments":
        return not session.alignments.busy and session.alignments.current is not None
    if story.show == "gradients":
        compared = session.gradients.compared
        return len(compared) > 1 and all(one.complete for one in compared)
    view = window.text_panel.view
    return view.values is not None and view.walked >= view.visible_range()[1]


def shows(window: Window) -> bool:
    """Whether the told story's model, text and unit are on the screen."""
    session = window.session
    if session.jobs.busy(OPEN) or session.showing.wanted is not None:
        return False
    current = session.stories.current
    named = current is not None and current[0].show == window.workspace_tabs.current.name
    return named and session.showing.shows_story


def wait(app: QApplication, ready: Callable[[], bool]) -> None:
    """Run the event loop until something is so and painted.

    Raises:
        TimeoutError: it was not within two minutes.
    """
    deadline = time.perf_counter() + _LONGEST_S
    while not ready():
        app.processEvents()
        time.sleep(0.001)
        if time.perf_counter() > deadline:
            raise TimeoutError("what was waited for did not come within two minutes")
    app.processEvents()


def rest(app: QApplication, seconds: float) -> None:
    """Let the window work for so long."""
    until = time.perf_counter() + seconds
    wait(app, lambda: time.perf_counter() >= until)


if __name__ == "__main__":
    main()
