"""How long from the command to the painted window, warm, beside a bare Qt window.

    python benchmarks/startup.py [--repeats 5]

Each start is a process of its own. The clock runs from before the process is made until the first
frame is painted; plots draw themselves into it afterwards. The engine starts meanwhile, as always.
The fastest of the starts counts, but the first one, which warms the file cache, does not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLAIM_S = 1.0
_BARE = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.show()
window.grab()
print(time.time() - float(sys.argv[1]))
"""
_RNNVIZ = """
import gc, sys, time
gc.disable()  # as the command does, until the window stands
from PySide6.QtWidgets import QApplication
from rnnviz.app import build
from rnnviz.work.runner import EngineRunner
runner = EngineRunner()
app = QApplication([])
window = build(app, runner)
window.show()
window.grab()
print(time.time() - float(sys.argv[1]))
window.close()
"""


def seconds(code: str, repeats: int) -> float:
    """The fastest start of this code, from spawning the process to the painted window."""
    root = str(Path(__file__).resolve().parent.parent)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "PYTHONPATH": root,
    }
    # Warm means that modules are compiled already, as they are for everybody after the first start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    taken = []
    with tempfile.TemporaryDirectory() as home:
        environment["RNNVIZ_HOME"] = home
        for _ in range(repeats + 1):
            command = [sys.executable, "-c", code, str(time.time())]
            run = subprocess.run(
                command, env=environment, cwd=root, capture_output=True, text=True, check=True
            )
            taken.append(float(run.stdout.split()[-1]))
    return min(taken[1:])


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description="Time the start of the window.")
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    bare, ours = seconds(_BARE, repeats), seconds(_RNNVIZ, repeats)
    verdict = "PASS" if ours <= CLAIM_S else "short"
    print(f"a bare Qt window      {bare:6.2f} s")
    print(f"rnnviz, window shown  {ours:6.2f} s   {ours / bare:.1f} times the bare window")
    print(f"at most {CLAIM_S} s: {verdict}")


if __name__ == "__main__":
    main()
