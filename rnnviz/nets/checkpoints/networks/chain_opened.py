"""From a chain without names to an opened model: what it reads, and what it is for.

Formats that keep a network as a chain keep no names: neither the symbols that its numbers stand for
nor what its outputs mean. Symbols are asked for; columns, classes and labels are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import FRONT, Embedding, Readout, Windows
from rnnviz.nets.checkpoints.base import Companions
from rnnviz.nets.checkpoints.networks.as_symbols import FEWEST_ONE_HOT
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.chain import of_symbols
from rnnviz.nets.checkpoints.networks.found import FoundNetwork, Gives, Purpose, UnnamedNetwork
from rnnviz.nets.checkpoints.vocabulary.found import NamedCharacters
from rnnviz.nets.opened import OpenedModel

_TITLES: dict[Purpose, str] = {
    "classifier": "a classifier of rows of numbers",
    "tagger": "a label for every row of numbers",
    "numbers": "a model of numbers",
}
_SAY_NOTHING = {"model", "manifest", "config", "weights"}


def opened_chain(
    network: UnnamedNetwork,
    companions: Companions,
    path: Path,
    title: str,
    notes: Sequence[str] = (),
    *,
    logits: Gives | None = None,
    window: int | None = None,
    named: NamedCharacters | None = None,
) -> OpenedModel:
    """The model that this network is, of a row of parts.

    Args:
        path: of the file; a name that says nothing, as `model.json`, gives way to its folder's.
        title: of the format, for people.
        logits: `softmax` or `sigmoid` where the file says that its numbers are those before it.
        window: how many steps it was trained to read at a time, each time from an empty state,
            where the file says so.
        named: its symbols, where files beside it name them and no others are given.

    Raises:
        VocabularyNeeded: it reads symbols, and they are not given.
        ModelFileError: weights that do not fit each other.
    """
    network = _with_ending(network, logits)
    measured = not network.symbols and network.reads < FEWEST_ONE_HOT
    name = path.parent.name if path.stem in _SAY_NOTHING else path.stem
    readings = [] if measured else _language_models(network, window)
    if not readings:
        if FRONT in network.readout.layers:
            raise ModelFileError(
                f"{path.name}: what its layers read and what they give goes side by side into its "
                "output; such a network is shown where it predicts what it reads, in windows of a "
                "length that is known"
            )
        if network.readout.steps > 1:
            network = replace(network, notes=(*network.notes, _side_by_side(network.readout.steps)))
        purpose = _purpose(network)
        readings = [FoundNetwork(**vars(network), purpose=purpose, title=_TITLES[purpose])]
    return assembled(
        readings,
        None,
        companions,
        path.name,
        title,
        notes,
        name=name,
        named=named,
        window=window,
    )


def _language_models(network: UnnamedNetwork, window: int | None) -> list[FoundNetwork]:
    """How it may be read, the likeliest first, if it says what comes next of what it reads."""
    if not (network.reads == network.outputs > 1 and network.gives == "softmax"):
        return []
    network = of_symbols(network)
    forward = all(layer.direction == "forward" for layer in network.layers)
    streams = forward and network.readout.kind in ("every", "last")
    streams = streams and FRONT not in network.readout.layers
    found = []
    if window and network.readout.kind != "every":
        note = _in_windows(window, streams)
        windows = replace(
            network,
            windows=Windows(steps=window),
            padded=isinstance(network.front, Embedding) and not network.masked,
            notes=(*network.notes, note),
        )
        title = f"in windows of {window:,} symbols, as it was trained"
        found.append(FoundNetwork(**vars(windows), purpose="language", title=title))
    if streams:
        if network.readout.kind == "last":
            said = (*network.notes, _streamed(window))
            network = replace(network, readout=Readout(), notes=said)
        title = "one stream, its state never emptied"
        found.append(FoundNetwork(**vars(network), purpose="language", title=title))
    return found


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


def _in_windows(window: int, streams: bool) -> str:
    other = "; --reading 2 reads the text as one stream instead" if streams else ""
    return (
        f"it was trained to say what follows {window:,} symbols that it reads from an empty state: "
        f"it says so here after every symbol, of the last {window:,}{other}"
    )


def _streamed(window: int | None) -> str:
    steps = f"{window:,} symbols" if window else "a few symbols"
    return (
        f"it was trained to say what follows {steps} that it reads from an empty state; here it "
        "says so after every symbol, and its state is not emptied on the way"
    )
