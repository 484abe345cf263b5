"""How soon a text is there again once a unit is cut, from the wish to the painted text.

    python benchmarks/intervention_shown.py [MODEL] [--characters 2000] [--times 20]

In the real window, the engine a process of its own, each wish another unit of the layers in turn:

1. "Read with it": until the first characters are painted again, and until so many are; of a text of
   so many characters, and of the whole chapter, at whose beginning the person is.
2. "Measure": until the losses with and without the change stand in the panel, until the samples do,
   and until 20 random units do. The first wish also reads without the change.

The claim is 150 ms for the text. By the clock: on a busy machine look at the fastest.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from benchmarks.real_window import real_window, wait
from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.system.places import models, resources
from rnnviz.session.session import Session
from rnnviz.views.window.window import Window

CLAIM_MS = 150.0


def main() -> None:
    """Run and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = models() / "war-and-peace-lstm.safetensors"
    parser.add_argument("model", nargs="?", type=Path, default=default)
    parser.add_argument("--characters", type=int, default=2_000)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    app = QApplication([])
    with real_window(app) as (window, folder):
        session = window.session
        whole = resources() / "texts" / "pride-and-prejudice.txt"
        short = folder / "beginning.txt"
        short.write_text(whole.read_text("utf-8")[: options.characters], "utf-8")
        session.open_path(options.model)
        for text, times in ((short, options.times), (whole, max(1, options.times // 4))):
            session.open_path(text)
            wait(app, partial(walked, session, text.name))
            print(f"{text.name}:")
            redrawn(app, window, times, options.characters)
            session.interventions.show(None)
            wait(app, partial(walked, session, text.name))
        measured(app, session, options.times)


def walked(session: Session, text: str) -> bool:
    """Whether this text is walked to its end."""
    recordings = session.recordings
    return (
        recordings.text is not None
        and recordings.text.name == text
        and recordings.recording is not None
        and recordings.recording.complete
        and not session.jobs.running
    )


def wishes(session: Session, times: int) -> list[Intervention]:
    """Units of all layers in turn, hidden and cell."""
    assert session.recordings.model is not None
    groups = session.recordings.model.groups()
    states = [name for name in ("hidden", "cell") if name in session.recordings.model.channels]
    return [
        Intervention(
            layer=number % len(groups),
            unit=7 * number % groups[0].width,
            state=states[number // len(groups) % len(states)],
        )
        for number in range(times)
    ]


def redrawn(app: QApplication, window: Window, times: int, characters: int) -> None:
    """Cut one unit after the other, and look at the text."""
    session, view = window.session, window.text_panel.view
    first, all_of_it = [], []
    for wish in wishes(session, times + 1):
        wait(app, lambda: not session.jobs.running)  # what else is asked of the text before
        began = time.perf_counter()
        session.interventions.show(wish)

        def there(steps: int) -> bool:
            return view.values is not None and view.walked >= steps

        wait(app, lambda: there(1))
        app.processEvents()
        first.append(1000 * (time.perf_counter() - began))
        wait(app, lambda: there(min(characters, len(view.text))))
        app.processEvents()
        all_of_it.append(1000 * (time.perf_counter() - began))
    tell("first characters painted", first[1:])
    tell(f"{characters:,} characters painted", all_of_it[1:], CLAIM_MS)


def measured(app: QApplication, session: Session, times: int) -> None:
    """Measure one unit after the other."""
    interventions = session.interventions
    losses, samples, others = [], [], []
    for wish in wishes(session, times):
        began = time.perf_counter()
        interventions.request(wish)
        wait(app, partial(known, session, wish, "losses"))
        app.processEvents()
        losses.append(1000 * (time.perf_counter() - began))
        wait(app, partial(known, session, wish, "samples"))
        app.processEvents()
        samples.append(1000 * (time.perf_counter() - began))
        wait(app, partial(known, session, wish, "others"))
        app.processEvents()
        others.append(1000 * (time.perf_counter() - began))
    print(
        f"measured: the first wish {losses[0]:.0f}, {samples[0]:.0f}, {others[0]:.0f} ms; others:"
    )
    tell("losses shown", losses[1:])
    tell("samples shown", samples[1:])
    tell("20 random units shown", others[1:])


def known(session: Session, wish: Intervention, part: str) -> bool:
    """Whether this part of the answer to a wish is there."""
    answer = session.interventions.answer(wish)
    if answer is None or part == "losses":
        return answer is not None
    return bool(answer.changed_sample if part == "samples" else answer.ablation.others)


def tell(what: str, taken: list[float], claim: float = 0.0) -> None:
    """Print one line."""
    each = np.array(taken)
    verdict = ""
    if claim:
        verdict = f"; claim {claim:.0f} ms {'met' if np.median(each) <= claim else 'not met'}"
    print(
        f"  {what:<28} median {np.median(each):4.0f} ms, 99th percentile "
        f"{np.quantile(each, 0.99):4.0f}, fastest {each.min():4.0f}{verdict}"
    )


if __name__ == "__main__":
    main()
