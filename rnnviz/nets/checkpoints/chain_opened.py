"""From a chain without names to an opened model: what it reads, and what it is for.

Formats that keep a network as a chain keep no names: neither the symbols that its numbers stand for
nor what its outputs mean. Symbols are asked for; columns, classes and labels are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from rnnviz.core.models.network import Readout
from rnnviz.nets.checkpoints.assembled import assembled
from rnnviz.nets.checkpoints.base import Companions
from rnnviz.nets.checkpoints.chain import Chain
from rnnviz.nets.checkpoints.network_found import FoundNetwork, Gives, Purpose
from rnnviz.nets.opened import OpenedModel

_SAY_NOTHING = {"model", "manifest", "config", "weights"}
_FEWEST_ONE_HOT = 8
"""Rows of fewer numbers than these are measurements, also where as many come out."""


@dataclass(frozen=True)
class _ChainNetwork(FoundNetwork):
    """A network of which the file says whether ids enter."""

    ids: bool = False

    @property
    def symbols(self) -> bool:
        """Whether it reads symbols, and not rows of numbers."""
        return self.ids


def opened_chain(
    chain: Chain,
    companions: Companions,
    path: Path,
    title: str,
    notes: Sequence[str] = (),
    *,
    logits: str = "",
    window: int | None = None,
) -> OpenedModel:
    """The model that this chain is.

    Args:
        path: of the file; a name that says nothing, as `model.json`, gives way to its folder's.
        title: of the format, for people.
        logits: `softmax` or `sigmoid` where the file says that its numbers are those before it.
        window: how many steps it was trained to read at a time, where the file says so.

    Raises:
        VocabularyNeeded: it reads symbols, and they are not given.
        ModelFileError: weights that do not fit each other.
    """
    told = list(notes)
    chain = _with_ending(chain, logits, told)
    language = chain.language_model and (chain.symbols or chain.reads >= _FEWEST_ONE_HOT)
    if language:
        chain = chain.of_symbols()
        if chain.readout.kind == "last":
            chain = replace(chain, readout=Readout())
            told.append(_windowed(window))
    found = _ChainNetwork(
        purpose="language" if language else _purpose(chain),
        front=chain.front,
        layers=chain.layers,
        readout=chain.readout,
        hidden=chain.hidden,
        gives=cast("Gives", chain.gives),
        reads=chain.reads,
        outputs=chain.outputs,
        tensors=chain.tensors,
        ids=chain.symbols,
    )
    name = path.parent.name if path.stem in _SAY_NOTHING else path.stem
    return assembled([found], None, companions, path.name, title, told, name=name)


def _purpose(chain: Chain) -> Purpose:
    if chain.gives == "linear" and not chain.symbols:
        return "numbers"
    return "tagger" if chain.readout.kind == "every" else "classifier"


def _with_ending(chain: Chain, logits: str, notes: list[str]) -> Chain:
    """The chain, where its last numbers are those before a softmax or sigmoid that is left out."""
    if chain.gives != "linear":
        return chain
    if not logits and chain.symbols and chain.reads == chain.outputs > 1:
        notes.append(
            "its last numbers are taken for those before a softmax over the symbols that it reads"
        )
        logits = "softmax"
    return replace(chain, gives=logits) if logits else chain


def _windowed(window: int | None) -> str:
    steps = f"{window:,} symbols" if window else "a few symbols"
    return (
        f"it was trained to say what follows {steps} that it reads from an empty state; here it "
        "says so after every symbol, and its state is not emptied on the way"
    )
