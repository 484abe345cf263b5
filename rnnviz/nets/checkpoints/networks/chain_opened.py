"""From a chain without names to an opened model: what it reads, and what it is for.

Formats that keep a network as a chain keep no names: neither the symbols that its numbers stand for
nor what its outputs mean. Symbols are asked for; columns, classes and labels are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rnnviz.core.models.network import Readout
from rnnviz.nets.checkpoints.base import Companions
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.chain import of_symbols
from rnnviz.nets.checkpoints.networks.found import FoundNetwork, Gives, Purpose, UnnamedNetwork
from rnnviz.nets.opened import OpenedModel

_SAY_NOTHING = {"model", "manifest", "config", "weights"}
_FEWEST_ONE_HOT = 8
"""Rows of fewer numbers than these are measurements, also where as many come out."""


def opened_chain(
    network: UnnamedNetwork,
    companions: Companions,
    path: Path,
    title: str,
    notes: Sequence[str] = (),
    *,
    logits: Gives | None = None,
    window: int | None = None,
) -> OpenedModel:
    """The model that this network is, of a row of parts.

    Args:
        path: of the file; a name that says nothing, as `model.json`, gives way to its folder's.
        title: of the format, for people.
        logits: `softmax` or `sigmoid` where the file says that its numbers are those before it.
        window: how many steps it was trained to read at a time, where the file says so.

    Raises:
        VocabularyNeeded: it reads symbols, and they are not given.
        ModelFileError: weights that do not fit each other.
    """
    network = _with_ending(network, logits)
    measured = not network.symbols and network.reads < _FEWEST_ONE_HOT
    language = _predicts_what_it_reads(network) and not measured
    if language:
        network = of_symbols(network)
        if network.readout.kind == "last":
            said = (*network.notes, _windowed(window))
            network = replace(network, readout=Readout(), notes=said)
    if network.readout.steps > 1:
        network = replace(network, notes=(*network.notes, _side_by_side(network.readout.steps)))
    found = FoundNetwork(**vars(network), purpose="language" if language else _purpose(network))
    name = path.parent.name if path.stem in _SAY_NOTHING else path.stem
    return assembled([found], None, companions, path.name, title, notes, name=name)


def _predicts_what_it_reads(network: UnnamedNetwork) -> bool:
    """Whether it says which of the symbols that it reads comes next, from those before it."""
    forward = all(layer.direction == "forward" for layer in network.layers)
    alike = network.reads == network.outputs > 1 and network.gives == "softmax"
    return forward and alike and network.readout.kind in ("every", "last")


def _purpose(network: UnnamedNetwork) -> Purpose:
    if network.gives == "linear" and not network.symbols:
        return "numbers"
    return "tagger" if network.readout.kind == "every" else "classifier"


def _with_ending(network: UnnamedNetwork, logits: Gives | None) -> UnnamedNetwork:
    """The same, where its last numbers are those before a softmax or sigmoid that is left out."""
    if network.gives != "linear":
        return network
    if logits is not None:
        return replace(network, gives=logits)
    if not (network.symbols and network.outputs > 1):
        return network
    over = "the symbols that it reads" if network.reads == network.outputs else "classes"
    said = f"its last numbers are taken for those before a softmax over {over}"
    return replace(network, gives="softmax", notes=(*network.notes, said))


def _side_by_side(steps: int) -> str:
    return (
        f"it looks at {steps:,} states side by side: of a longer document at the last {steps:,}, "
        "and of a shorter one those before its beginning count as zeros, where its training may "
        "have had padding"
    )


def _windowed(window: int | None) -> str:
    steps = f"{window:,} symbols" if window else "a few symbols"
    return (
        f"it was trained to say what follows {steps} that it reads from an empty state; here it "
        "says so after every symbol, and its state is not emptied on the way"
    )
