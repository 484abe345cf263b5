"""From a chain without names to an opened model: what it reads, what it gives, of which kind it is.

Formats that keep a network as a chain keep no names: neither the symbols that its numbers stand for
nor what its outputs mean. Symbols are asked for; columns, classes and labels are numbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rnnviz.core.errors import VocabularyNeeded
from rnnviz.core.kinds.sequence import kind_of_network
from rnnviz.core.models.network import (

    Head,

    NetworkDescription,
    Numbers,
    Readout,
    SequenceDescription,
    Symbols,
    layer_in_words,
)
from rnnviz.nets.checkpoints.base import Companions
from rnnviz.nets.checkpoints.chain import Chain
from rnnviz.nets.kinds import network_kind
from rnnviz.nets.layers.weights import Tensors
from rnnviz.nets.opened import OpenedModel

_UNKNOWN = {"<unk>", "[unk]", "<oov>", "unk", "<unknown>", "oov", "[oov]"}
_FEWEST_ONE_HOT = 8
"""Rows of fewer numbers than these are measurements, also where as many come out."""


def opened_chain(
    chain: Chain,
    companions: Companions,
    file: str,
    title: str,
    notes: Sequence[str] = (),
    *,
    logits: str = "",
    window: int | None = None,
) -> OpenedModel:
    """The model that this chain is.

    Args:
        title: of the format, for people.
        logits: `softmax` or `sigmoid` where the file says that its numbers are those before it.
        window: how many steps it was trained to read at a time, where the file says so.

    Raises:
        VocabularyNeeded: it reads symbols, and they are not given.
        ModelFileError: weights that do not fit each other.
    """
    told = list(notes)
    chain = _with_ending(chain, logits, told)
    if chain.language_model and (chain.symbols or chain.reads >= _FEWEST_ONE_HOT):
        chain = chain.of_symbols()
        if chain.readout.kind == "last":
            chain = replace(chain, readout=Readout())
            told.append(_windowed(window))
    reads: Symbols | Numbers
    if chain.symbols:
        reads = _symbols(chain, companions.vocabulary, file)
    else:
        reads = Numbers(columns=tuple(f"input {number}" for number in range(1, chain.reads + 1)))
    network = NetworkDescription(
        reads=reads,
        front=chain.front,
        layers=chain.layers,
        readout=chain.readout,
        head=Head(
            outputs=_outputs(chain, reads),
            gives=chain.gives,  # type: ignore[arg-type]
            hidden=chain.hidden,
        ),
    )
    return opened_network(network, chain.tensors, file, title, told)


def opened_network(
    network: NetworkDescription,
    tensors: Tensors,
    file: str,
    title: str,
    notes: Sequence[str] = (),
) -> OpenedModel:
    """The model with this network, of whatever kind that is.

    Raises:
        ModelFileError: parts that do not go together, or weights that do not fit.
    """
    network.check(file)
    kind = kind_of_network(network)
    description = SequenceDescription(task=kind, network=network, name=file.partition(".")[0] or file)
    model = network_kind(kind).build(description, tensors, file)
    return OpenedModel(kind, model, title, tuple(notes))


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


def _symbols(chain: Chain, vocabulary: Sequence[str] | None, file: str) -> Symbols:
    """The symbols that a chain reads, by the names that a person chose for them."""
    size = chain.reads
    if vocabulary is None or len(vocabulary) != size:
        given = "" if vocabulary is None else f" (the {len(vocabulary):,} given do not fit)"
        raise VocabularyNeeded(
            f"{file} holds {_in_words(chain)} over {size:,} symbols, but not which these are{given}; "
            "choose the training text, a vocabulary file, or the word index of its tokenizer",
            size,
        )
    names = tuple(vocabulary)
    if all(len(name) == 1 for name in names):
        return Symbols(vocabulary=names)
    words = [name for name in names if len(name) > 1]
    unknown = next((name for name in names if name.lower() in _UNKNOWN), "")
    return Symbols(
        vocabulary=names,
        unit="words",
        lower=all(name == name.lower() or name == unknown for name in words),
        unknown=unknown,
    )


def _in_words(chain: Chain) -> str:
    """`LSTM 128 → GRU 64 both ways`."""
    return " → ".join(map(layer_in_words, chain.layers))


def _outputs(chain: Chain, reads: Symbols | Numbers) -> tuple[str, ...]:
    """The names of what comes out."""
    if chain.gives == "softmax" and isinstance(reads, Symbols) and chain.outputs == chain.reads:
        return reads.vocabulary
    word = "output" if chain.gives == "linear" else "class"
    first = 1 if chain.gives == "linear" or chain.outputs == 1 else 0
    return tuple(f"{word} {number}" for number in range(first, first + chain.outputs))
