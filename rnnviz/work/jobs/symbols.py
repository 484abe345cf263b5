"""Jobs on what stands for symbols in a network."""

from __future__ import annotations

import msgspec

from rnnviz.core.cells.symbol_vectors import Source
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.messages import Request


class VectorsFound(msgspec.Struct, frozen=True):
    """Where the vectors lie, in the order of the symbols, and what they are."""

    path: str
    symbols: tuple[str, ...]
    source: Source


class FindVectors(Request[None, VectorsFound], frozen=True, kw_only=True):
    """The vector that stands for each symbol that a network reads, and their plane, in a file."""

    model: ModelGiven
    path: str
