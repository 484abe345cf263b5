"""How soon a checkpoint that is dropped on the window colours the text, the engine being warm.

    python benchmarks/first_screen.py [--units 440] [--times 5]

A PyTorch file of 10 MB with a character model of two LSTM layers, another one each time. The clock
runs from the drop until characters of the open text are painted by what one of its units does; and,
beside it, until the engine has opened the file. The claim is half a second.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from torch import nn

from rnnviz.core.system.places import models, resources
from rnnviz.session.session import Session
from rnnviz.views.shared.theme import Appearance
from rnnviz.views.window.window import Window
from rnnviz.work.runner import EngineRunner

CLAIM_MS = 500.0


def main() -> None:
    """Drop one file after the other, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", type=int, default=440)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    app = QApplication([])
    appearance = Appearance(app, "light")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [write(folder / f"{n}.pt", options.units, n) for n in range(options.times + 1)]
        session = Session(
            EngineRunner(),
            QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat),
            cache=folder / "cache",
            data=folder / "data",
            models=models(),
            resources=resources(),
        )
        window = Window(session, appearance)
        window.resize(1360, 860)
        window.show()
        session.open_path(resources() / "texts" / "pride-and-prejudice.txt")
        opened, painted = [], []
        for file in files:
            wait(app, lambda: not session.jobs.running)
            began = time.perf_counter()
            window.open_path(file)
            wait(app, partial(of, session, file))
            opened.append(1000 * (time.perf_counter() - began))
            wait(app, partial(shown, session))
            app.processEvents()
            painted.append(1000 * (time.perf_counter() - began))
            session.jobs.cancel("walk")
            time.sleep(1.0)  # the engine ends the block that it is at
        window.close()
    print(f"a file of {options.units} x 2 units, dropped {options.times} times:")
    for what, taken in (("opened", opened[1:]), ("coloured text painted", painted[1:])):
        each = np.array(taken)
        print(f"  {what:<24} median {np.median(each):4.0f} ms, slowest {each.max():4.0f}")
    median = float(np.median(painted[1:]))
    print(f"claim {CLAIM_MS:.0f} ms {'met' if median <= CLAIM_MS else 'not met'}")


def of(session: Session, file: Path) -> bool:
    """Whether this is the open model."""
    model = session.recordings.model
    return model is not None and model.path == str(file)


def shown(session: Session) -> bool:
    """Whether there is something to be coloured."""
    recording = session.recordings.recording
    return recording is not None and recording.walked > 0


def write(path: Path, units: int, seed: int) -> Path:
    """A character model as people save one: its state_dict, and its characters beside it."""
    torch.manual_seed(seed)
    characters = sorted({chr(code) for code in range(32, 127)} | {"\n"})
    parts = {"rnn": nn.LSTM(len(characters), units, 2), "output": nn.Linear(units, len(characters))}
    torch.save({"model": nn.ModuleDict(parts).state_dict(), "characters": characters}, path)
    return path


def wait(app: QApplication, ready: Callable[[], bool]) -> None:
    """Run the event loop until something is so."""
    deadline = time.monotonic() + 60
    while not ready():
        app.processEvents()
        time.sleep(0.0005)
        if time.monotonic() > deadline:
            raise TimeoutError("nothing was shown within a minute")


if __name__ == "__main__":
    main()
