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


def show(
    what: Any, source: Any = None, target: Any = None, name: str = "attention"
) -> subprocess.Popen[bytes]:
    """Open the window on a recording, a model, a text or a run, or on attention weights.

    The window is a process of its own, and stays when this program ends.

    Args:
        what: a path; or weights of attention, an array, a tensor or lists, with the axes (target,
            source), (head, target, source) or (layer, head, target, source).
        source: the tokens of the weights' last axis, or a sentence that is cut at blanks.
        target: those of the axis before; the source's where both are as many and none are given.
        name: what the weights are called.

    Raises:
        FileNotFoundError: nothing lies there.
        AlignmentError: these are no weights, or they do not fit their tokens.
    """
    if isinstance(what, str | Path):
        place = Path(what).absolute()
        if not place.exists():
            raise FileNotFoundError(f"{place} does not exist")
    else:
        from rnnviz.core.alignments.files.attention_file import attention_of, write_attention

        maps = attention_of(what, source, target, name)
        if target is None and source is not None and len(maps.source) == len(maps.target):
            maps = attention_of(what, source, source, name)
        place = write_attention(maps)
    return subprocess.Popen(
        [sys.executable, "-m", "rnnviz", str(place)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
