"""How long a sentence of 20 words takes from Enter to its painted alignment, in the real window.

    python benchmarks/translation_shown.py [MODEL] [--times 20] [--beam 5]

The engine is a process of its own, as always; MODEL is the first translation model that ships
unless given. The baseline is the engine's own work on the same sentence, without the window.
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
from rnnviz.session.alignments.alignments import Alignments
from rnnviz.session.session import Session

SENTENCES = {
    "French": "Un homme vêtu d'une chemise bleue est debout sur une échelle et nettoie une grande "
    "fenêtre de la maison .",
    "English": "A man in a blue shirt is standing on a ladder and cleaning a big window of the old "
    "house .",
}
LIMIT_MS = 150.0


def main() -> None:
    """Run and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--beam", type=int, default=5)
    options = parser.parse_args()
    app = QApplication([])
    with real_window(app) as (window, _):
        session = window.session
        shipped = session.library.first_in("alignments")
        path = options.model or (shipped.path if shipped is not None else None)
        assert path is not None, "no translation model ships; name one"
        session.open_path(path)
        alignments = session.alignments
        wait(app, lambda: alignments.model is not None and not alignments.busy)
        alignments.search(beam=options.beam)
        wait(app, lambda: not alignments.busy)
        measure(app, session, options.times)


def measure(app: QApplication, session: Session, times: int) -> None:
    """Translate the sentence again and again, each time with another first word."""
    alignments = session.alignments
    assert alignments.model is not None
    sentence = SENTENCES.get(alignments.model.languages[0], SENTENCES["English"])
    whole, engine = [], []
    for place in range(times + 2):
        before = alignments.current
        start = time.perf_counter()
        alignments.translate(f"{sentence} {place}")
        wait(app, partial(shown_after, alignments, before))
        app.processEvents()
        whole.append(1000 * (time.perf_counter() - start))
        done: list[float] = []
        start = time.perf_counter()
        session.jobs.start(
            alignments.question.asked(alignments.model, alignments.scratch.new()),
            question="bare",
            title="bare",
            done=partial(note_time, done),
        )
        wait(app, partial(bool, done))
        engine.append(1000 * (done[0] - start))
    shown, bare = np.array(whole[2:]), np.array(engine[2:])
    words = len(sentence.split())
    print(f"{words} words, beam {alignments.question.beam}, from Enter to the painted alignment:")
    print(f"  median {np.median(shown):.0f} ms, slowest {shown.max():.0f} ms")
    print(f"  the engine alone: median {np.median(bare):.0f} ms")
    print(f"ratio of {LIMIT_MS:g} ms to the median: {LIMIT_MS / np.median(shown):.2f} (at least 1)")


def shown_after(alignments: Alignments, before: object) -> bool:
    """Whether another alignment than this is shown."""
    return alignments.current is not before


def note_time(times: list[float], result: object) -> None:
    """Note when an answer came."""
    times.append(time.perf_counter())


if __name__ == "__main__":
    main()
