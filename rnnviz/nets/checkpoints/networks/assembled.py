"""A network found in a file and the names of its symbols, put together to an opened model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from torch import Tensor

from rnnviz.core.errors import ModelFileError, ReadingNeeded, VocabularyNeeded
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.network import (
    Head,
    LayerDescription,
    NetworkDescription,
    Numbers,
    OneHot,
    SequenceDescription,
    Symbols,
    Windows,
)
from rnnviz.core.sequences.vocabulary import Vocabulary
from rnnviz.nets.checkpoints.base import LIST_READINGS, Companions
from rnnviz.nets.checkpoints.networks.as_symbols import with_symbols
from rnnviz.nets.checkpoints.networks.found import FoundNetwork
from rnnviz.nets.checkpoints.vocabulary.folder import vocabulary_in_folder
from rnnviz.nets.checkpoints.vocabulary.found import (
    NamedCharacters,
    as_characters,
    as_words,
    classes_in,
    stands_for_nothing,
    vocabulary_in,
)
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.opening import opened_network

_TASKS = {
    "language": "language-model", "classifier": "classification", "tagger": "tagging",
    "numbers": "numbers",
}  # fmt: skip


def assembled(
    readings: Sequence[FoundNetwork],
    content: Any,
    companions: Companions,
    file: str,
    title: str,
    notes: Sequence[str] = (),
    training: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    named: NamedCharacters | None = None,
    window: int | None = None,
) -> OpenedModel:
    """The model that the chosen reading is, its symbols named by what was given or by the file.

    Args:
        readings: at least one, the likeliest first.
        content: all that the file holds beside the tensors: perhaps a vocabulary.
        title: of the format.
        name: what people call the model; empty for the file's name.
        training: what the file tells of its training, as a summary for people.
        named: the symbols, where the format knows them and none are given.
        window: how many steps it reads at a time, where the file says so.

    Raises:
        ReadingNeeded: a person has to say which of the readings it is.
        VocabularyNeeded: the symbols are neither in the file nor given.
        ModelFileError: weights that are not finite, or symbols that are not distinct.
    """
    readings = with_symbols(readings, window)
    found = _chosen(readings, content, companions, file)
    if named is None or companions.vocabulary is not None:
        named = _named(found, content, companions, file)
    said = [*notes, *found.notes, *(named.notes if named else ())]
    if len(readings) > 1 and not companions.reading:
        others = "; ".join(f"{n}: {one.title}" for n, one in enumerate(readings, 1))
        if found.purpose != "language" or found.hidden:
            number = next(n for n, one in enumerate(readings, 1) if one is found)
            taken = "the first" if number == 1 else f"number {number}"
            said.append(f"the tensors fit several networks, of which {taken} is taken: {others}")
    description, tensors = described(found, named, content, file, name)
    description = msgspec.structs.replace(description, training=dict(training or {}))
    return opened_network(description, tensors, file, title, tuple(dict.fromkeys(said)))


def _chosen(
    readings: Sequence[FoundNetwork], content: Any, companions: Companions, file: str
) -> FoundNetwork:
    number = companions.reading
    titles = tuple(one.title or one.summary() for one in readings)
    if number == LIST_READINGS:
        raise ReadingNeeded(f"{file} may be {len(readings)} networks", titles)
    if number > len(readings):
        raise ModelFileError(
            f"{file} can be read as {len(readings)} networks; there is no reading {number}"
        )
    found = readings[max(0, number - 1)]
    if not number and (found.asked_without_symbols or not found.symbols):
        fitting = (one for one in readings if one.symbols and _at_hand(one, content, companions))
        if (first := next(fitting, None)) is not None:
            return first
    if found.asked and not number:
        if found.question:
            raise ReadingNeeded(
                f"{file} holds {found.summary()}; {found.question}. Choose the reading", titles
            )
        raise ReadingNeeded(
            f"{file} holds several recurrent modules whose names do not say that they are one "
            f"stack; read as one, it is {found.summary()}. Choose the reading if it is so",
            titles,
        )
    return found


def _at_hand(found: FoundNetwork, content: Any, companions: Companions) -> bool:
    """Whether a list of just as many symbols is given, in the file or beside it.

    What is not given may as well list columns; only characters count there.
    """
    if (given := companions.vocabulary) is not None:
        return len(given) == found.reads
    if companions.symbols:
        return True
    inside = vocabulary_in(content, found.reads)
    if inside is not None and inside.unit == "characters":
        return True
    beside = companions.path and vocabulary_in_folder(companions.path, found.reads)
    listed = as_characters(beside[0]) if beside else None
    return listed is not None and listed.unit == "characters"


def _named(
    found: FoundNetwork, content: Any, companions: Companions, file: str
) -> NamedCharacters | None:
    """The symbols that it reads; None where it reads numbers.

    Raises:
        VocabularyNeeded: none are known, or not as many as the network has.
    """
    if not found.symbols:
        return None
    given = companions.vocabulary
    named = vocabulary_in(content, found.reads) if given is None else None
    if given is not None and len(given) == found.reads:
        named = as_characters(given) or as_words(given)
        if named is None:
            raise ModelFileError("the vocabulary names the same character twice")
    if named is None:
        told = "" if given is None else f" (the {len(given):,} given do not fit)"
        raise VocabularyNeeded(
            f"{file} holds {found.summary()}, but not which characters or words these "
            f"are{told}; choose the training text or a vocabulary file",
            found.reads,
        )
    return named


def described(
    found: FoundNetwork, named: NamedCharacters | None, content: Any, file: str, name: str = ""
) -> tuple[ModelDescription | SequenceDescription, Mapping[str, Tensor]]:
    """The description of a network with these symbols, and its tensors by its names.

    A stack of one kind and width over characters is described as version 1 does, which every part
    of rnnviz can show.
    """
    name = name or file.rpartition(".")[0] or file
    if plain := _plain(found, named, name):
        return plain, found.tensors
    if named is not None:
        reads: Symbols | Numbers = symbols_named(named)
        own = named.characters
    else:
        reads, own = Numbers(columns=_columns(found.reads)), ()
    outputs = own if found.purpose == "language" else classes_in(content, found.outputs, own)
    if not outputs and found.purpose == "tagger" and len(own) == found.outputs:
        outputs = own
    outputs = outputs or _outputs(found)
    network = NetworkDescription(
        reads=reads,
        front=found.front,
        layers=found.layers,
        readout=found.readout,
        head=Head(
            outputs=outputs,
            gives=found.gives,
            normalisation=found.normalisation,
            hidden=found.hidden,
        ),
        windows=_windows(found, own),
    )
    task = _TASKS[found.purpose]
    return SequenceDescription(task=task, network=network, name=name), found.tensors


def symbols_named(named: NamedCharacters) -> Symbols:
    """What a network with these symbols reads."""
    return Symbols(
        vocabulary=named.characters,
        unit=named.unit,
        lower=named.lower,
        tokenizer=named.tokenizer,
        unknown=named.unknown,
    )


def _plain(
    found: FoundNetwork, named: NamedCharacters | None, name: str
) -> ModelDescription | None:
    """The description of version 1, where the network has one."""
    first = found.layers[0]
    alike = all(layer == first for layer in found.layers)
    usual = (
        first == LayerDescription(architecture=first.architecture, units=first.units)
        and not found.normalisation
        and found.purpose == "language"
        and not found.hidden
        and found.windows is None
        and (isinstance(found.front, OneHot) or "embedding.weight" in found.tensors)
    )
    if not (alike and usual) or named is None or named.unit != "characters" or named.lower:
        return None
    Vocabulary(named.characters)  # checks that the characters are single and distinct
    return ModelDescription(
        architecture=first.architecture,
        layers=len(found.layers),
        units=first.units,
        embedding=getattr(found.front, "width", 0),
        vocabulary=named.characters,
        name=name,
    )


def _windows(found: FoundNetwork, symbols: tuple[str, ...]) -> Windows | None:
    """How it reads; a symbol 0 that stands for nothing fills its first windows."""
    if (
        found.windows is None
        or not found.padded
        or not symbols
        or not stands_for_nothing(symbols[0])
    ):
        return found.windows
    return msgspec.structs.replace(found.windows, padding=symbols[0])


def _columns(count: int) -> tuple[str, ...]:
    return tuple(f"number {place}" for place in range(1, count + 1))


def _outputs(found: FoundNetwork) -> tuple[str, ...]:
    """Names for outputs that the file does not name."""
    if found.gives == "linear":
        return tuple(f"output {place}" for place in range(1, found.outputs + 1))
    if found.outputs == 1:
        return ("yes",)
    return tuple(f"class {place}" for place in range(found.outputs))
