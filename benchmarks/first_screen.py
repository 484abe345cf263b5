"""How soon a checkpoint that is dropped on the window colours the text, the engine being warm.

    python benchmarks/first_screen.py [--units 440] [--times 5]

A PyTorch file of 10 MB with a character model of two LSTM layers, another one each time. The clock
runs from the drop until characters of the open text are painted by what one of its units does; and,
beside it, until the engine has opened the file. The claim is half a second.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PySide6.QtWidgets import QApplication
from torch import nn

from benchmarks.real_window import real_window, wait
from rnnviz.core.system.places import resources
from rnnviz.session.session import Session

CLAIM_MS = 500.0


def main() -> None:
    """Drop one file after the other, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", type=int, default=440)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    app = QApplication([])
    with real_window(app) as (window, folder):
        session = window.session
        files = [write(folder / f"{n}.pt", options.units, n) for n in range(options.times + 1)]
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


if __name__ == "__main__":
    main()
