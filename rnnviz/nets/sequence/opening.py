"""A network of any description becomes an opened model of its kind: what importers call.

An importer makes a description and the tensors that belong to it, by the names and shapes of
`core.models.network.parameter_shapes`, and this gives what the rest of the program works on:

    network = NetworkDescription(
        reads=Symbols(vocabulary=("a", "b", "c")),
        front=Embedding(width=8),
        layers=(
            LayerDescription(architecture="gru", units=16, direction="both"),
            LayerDescription(architecture="lstm", units=12, normalisation="layer"),
        ),
        readout=Readout(kind="last"),
        head=Head(outputs=("good", "bad")),
    )
    description = SequenceDescription(task="", network=network, name="mine")
    for name, shape in parameter_shapes(network).items(): ...  # fill `tensors`
    return opened_network(description, tensors, file.name, Importer.title, notes)

The kind follows from the network (`core.kinds.sequence.kind_of_network`):

=============================================  =======================
what comes out                                 kind
=============================================  =======================
softmax over the vocabulary at every step      language model
softmax or sigmoid of anything else, a step    tagger
softmax or sigmoid once                        classifier
linear, numbers                                model of numbers
=============================================  =======================

Symbols are characters, words, subwords or bytes; `Symbols.unknown` names the one that stands for
all others, and without it what is not known is passed over. A vocabulary of characters in which
each is one character and nothing is unknown is read as shipped models read theirs. Where the file
does not hold its symbols the importer raises `VocabularyNeeded`. A layer's parameters have the
names that `ArchitectureFacts.parameters` gives; those that read from the end lie under
`backwards.<layer>.` instead of `layers.<layer>.`.

A file of version 2 (`save_model` with a `SequenceDescription`) is opened in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from rnnviz.core.kinds.sequence import kind_of_network
from rnnviz.core.models.network import Described, network_of
from rnnviz.nets.kinds import network_kind
from rnnviz.nets.opened import OpenedModel


def opened_network(
    description: Described,
    tensors: Mapping[str, Tensor],
    file: str,
    format_title: str,
    notes: Sequence[str] = (),
) -> OpenedModel:
    """The model of this description with these weights, of the kind that its network is of.

    Args:
        file: its name, for messages.
        format_title: for people: `Keras model`.
        notes: sentences about anything that was assumed.

    Raises:
        ModelFileError: parts that do not go together, tensors that do not fit, or weights that are
            not finite.
    """
    description.check(file)
    kind = kind_of_network(network_of(description))
    model = network_kind(kind).build(description, tensors, file)
    return OpenedModel(kind, model, format_title, tuple(notes))
