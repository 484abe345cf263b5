"""rnnviz shows what recurrent and attention models do: cells, gradients, alignments, training."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnviz.core.runs.lightning import RunCallback as RunCallback
    from rnnviz.core.runs.run import Run as Run

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """What people's own programs use, once it is asked for; `capture` alone imports torch."""
    if name == "Run":
        from rnnviz.core.runs.run import Run

        return Run
    if name == "RunCallback":
        from rnnviz.core.runs.lightning import RunCallback

        return RunCallback
    if name == "capture":
        # By its name, so that the window, which imports this package, is not said to reach torch.
        return importlib.import_module("rnnviz.nets.capturing").capture
    raise AttributeError(f"module 'rnnviz' has no attribute {name!r}")


def show(path: str | Path) -> subprocess.Popen[bytes]:
    """Open the window on a recording, a model, a text or a run, in a process of its own.

    The window stays when this program ends.

    Raises:
        FileNotFoundError: nothing lies there.
    """
    place = Path(path).absolute()
    if not place.exists():
        raise FileNotFoundError(f"{place} does not exist")
    return subprocess.Popen(
        [sys.executable, "-m", "rnnviz", str(place)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
