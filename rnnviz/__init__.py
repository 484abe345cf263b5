"""rnnviz shows what recurrent and attention models do: cells, gradients, alignments, training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnviz.core.runs.lightning import RunCallback as RunCallback
    from rnnviz.core.runs.run import Run as Run

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`Run` and `RunCallback`, for people's own training loops, once they are asked for."""
    if name == "Run":
        from rnnviz.core.runs.run import Run

        return Run
    if name == "RunCallback":
        from rnnviz.core.runs.lightning import RunCallback

        return RunCallback
    raise AttributeError(f"module 'rnnviz' has no attribute {name!r}")
