"""From named tensors to a character model: embedding and output are told apart by their shapes.

A tensor that has no place in a character model is named and refused, never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnviz.core.architectures import ArchitectureFacts
from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.vocabulary import Vocabulary
from rnnviz.nets.checkpoints.recurrent import RECURRENT, Layer, Tensors, recurrent_layers, shape_of
from rnnviz.nets.language.model import CharacterLanguageModel, build_language_model
from rnnviz.nets.layers.weights import check_weights

_ATTENTION = re.compile(r"attn|attention|\b[WUV]a\b", re.IGNORECASE)
_EMBEDDING = re.compile(r"emb|encoder|lookup|wte", re.IGNORECASE)
_LOSS = re.compile(r"(^|\.)(criterion|loss|loss_fn|loss_function)\.")


@dataclass(frozen=True)
class Network:
    """A character model without its characters: every tensor has found its place."""

    architecture: ArchitectureFacts
    layers: tuple[Layer, ...]
    embedding: Tensor | None
    """(V, E), or None for one-hot input."""
    output_weight: Tensor
    """(V, U)."""
    output_bias: Tensor
    """(V,)."""
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """V: how many characters it knows."""
        return self.output_weight.shape[0]

    def summary(self) -> str:
        """One phrase for people: `an LSTM of 2 layers of 256 units over 84 characters`."""
        layers, units = len(self.layers), self.layers[0].units
        plural = "s" if layers > 1 else ""
        return (
            f"{self.architecture.with_article} of {layers} layer{plural} of {units:,} units "
            f"over {self.size:,} characters"
        )

    def model(self, vocabulary: Sequence[str] | None, file: str) -> CharacterLanguageModel:
        """The character model, with these characters in the order of their ids.

        Raises:
            VocabularyNeeded: no characters, or not as many as the network has.
            ModelFileError: weights that are not finite, or characters that are not distinct.
        """
        if vocabulary is None or len(vocabulary) != self.size:
            given = "" if vocabulary is None else f" (the {len(vocabulary):,} given do not fit)"
            raise VocabularyNeeded(
                f"{file} holds {self.summary()}, but not which characters these are{given}; "
                "choose the training text or a vocabulary file",
                self.size,
            )
        Vocabulary(vocabulary)  # checks that the characters are single and distinct
        tensors = {"output.weight": self.output_weight, "output.bias": self.output_bias}
        if self.embedding is not None:
            tensors["embedding.weight"] = self.embedding
        for number, layer in enumerate(self.layers):
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                tensors[f"layers.{number}.{part}_l0"] = getattr(layer, part)
        description = ModelDescription(
            architecture=self.architecture.name,
            layers=len(self.layers),
            units=self.layers[0].units,
            embedding=0 if self.embedding is None else self.embedding.shape[1],
            vocabulary=tuple(vocabulary),
            name=file.rpartition(".")[0] or file,
        )
        return build_language_model(description, tensors, file)


def infer_network(tensors: Tensors, file: str) -> Network:
    """The network that these tensors make up.

    Raises:
        ModelFileError: not a plain RNN, LSTM or GRU character model; the message names the tensor
            that is in the way.
    """
    losses = [name for name in tensors if _LOSS.search(name)]
    notes = [f"{name} belongs to the loss and was left out" for name in losses]
    kept = {name: tensor for name, tensor in tensors.items() if name not in losses}
    layers = recurrent_layers(kept, file)
    others = {name: tensor for name, tensor in kept.items() if not RECURRENT.fullmatch(name)}
    roles = find_roles(others, layers, file)
    for name, tensor in kept.items():
        check_weights(name, tensor, file)
    architecture = layers[0].architecture
    if architecture.assumed:
        notes.append(architecture.assumed)
    if roles.embedding == roles.output:
        notes.append(f"{roles.output} is the embedding and the output at once: weights are tied")
    output = others[roles.output]
    return Network(
        architecture,
        layers,
        others[roles.embedding] if roles.embedding else None,
        output,
        others[roles.bias] if roles.bias else torch.zeros(len(output)),
        tuple(notes),
    )


@dataclass(frozen=True)
class Roles:
    """The names of the tensors outside the recurrent layers, by what they do."""

    embedding: str | None
    output: str
    bias: str | None


def find_roles(others: Tensors, layers: Sequence[Layer], file: str) -> Roles:
    """Which tensors are the embedding (V, E), the output weight (V, U) and its bias (V,).

    Raises:
        ModelFileError: the tensors outside the recurrent layers are not exactly these.
    """
    for name, tensor in others.items():
        if _ATTENTION.search(name):
            raise ModelFileError(
                f"{file} is the decoder, with attention, of a translation model ({name} "
                f"{shape_of(tensor)}); this opening shows character language models only"
            )
    matrices = {name: tensor for name, tensor in others.items() if tensor.dim() == 2}
    biases = _biases(others, matrices)
    strange = [name for name in others if name not in matrices and name not in biases.values()]
    inputs, units = layers[0].inputs, layers[-1].units
    fits = [name for name, tensor in matrices.items() if tensor.shape[1] in (inputs, units)]
    pairs = [
        (embedding, output)
        for embedding in fits
        for output in fits
        if embedding != output
        and embedding not in biases
        and matrices[embedding].shape[1] == inputs
        and matrices[output].shape[1] == units
    ]
    if strange or len(matrices) > 2 or (len(matrices) == 2 and not pairs):
        raise ModelFileError(_not_understood(strange or list(matrices), others, file))
    if not matrices:
        raise ModelFileError(
            f"{file} holds recurrent layers but neither an embedding nor an output layer; save the "
            "state_dict of the whole model, not of its recurrent part"
        )
    if tied := _tied(matrices, biases, inputs, units):
        # Sizes agree by themselves: what is read is what is predicted.
        return Roles(tied, tied, biases[tied])
    if pairs:
        embedding, output = max(
            pairs, key=lambda pair: (pair[1] in biases, bool(_EMBEDDING.search(pair[0])))
        )
        roles = Roles(embedding, output, biases.get(output))
        reads, what = len(matrices[embedding]), "symbols"
    else:
        (output,) = matrices
        _check_only_output(output, matrices[output], output in biases, inputs, units, file)
        roles = Roles(None, output, biases.get(output))
        reads, what = inputs, "numbers"
    _check_sizes(reads, what, output, len(matrices[output]), file)
    return roles


def _tied(matrices: Tensors, biases: dict[str, str], inputs: int, units: int) -> str | None:
    """The one matrix that is both embedding and output, where the file keeps it once."""
    if len(matrices) != 1 or inputs != units:
        return None
    ((name, matrix),) = matrices.items()
    tied = matrix.shape[1] == units and len(matrix) != inputs and bool(biases)
    return name if tied else None


def _biases(others: Tensors, matrices: Tensors) -> dict[str, str]:
    """The bias of each matrix that has one: the same name, or the only vector of its height."""
    vectors = {name: len(tensor) for name, tensor in others.items() if tensor.dim() == 1}
    biases = {}
    for name, matrix in matrices.items():
        beside = f"{name.removesuffix('weight')}bias"
        if vectors.get(beside) == len(matrix):
            biases[name] = beside
    left = [name for name in vectors if name not in biases.values()]
    if len(left) == 1 and not biases:
        heights = [name for name, matrix in matrices.items() if len(matrix) == vectors[left[0]]]
        biases.update(dict.fromkeys(heights[-1:], left[0]))
    return biases


def _not_understood(names: Sequence[str], others: Tensors, file: str) -> str:
    found = ", ".join(f"{name} {shape_of(others[name])}" for name in names[:6])
    return (
        f"besides the recurrent layers, {file} holds {found}; a character model has one embedding "
        "(or one-hot input) and one linear output, and what else this network computes is not "
        "understood here, so it could not be shown truly"
    )


def _check_only_output(
    name: str, matrix: Tensor, biased: bool, inputs: int, units: int, file: str
) -> None:
    """Refuse a single matrix that is no output layer."""
    rows, columns = matrix.shape
    if columns == inputs and not biased and rows != inputs:
        raise ModelFileError(
            f"{file} holds an embedding of {rows:,} entries ({name}) and recurrent layers but no "
            "output layer: it looks like the encoder of a translation model; this opening shows "
            "character language models only"
        )
    if columns != units:
        raise ModelFileError(
            f"{file}: {name} {shape_of(matrix)} fits neither the input of {inputs:,} numbers nor "
            f"the {units:,} units of the last layer"
        )


def _check_sizes(reads: int, what: str, output: str, size: int, file: str) -> None:
    """Refuse a network that does not predict what it reads."""
    if size < 2:
        raise ModelFileError(
            f"{file} predicts {size} number ({output}), not one of several characters"
        )
    if reads != size:
        raise ModelFileError(
            f"{file} reads {reads:,} {what} and predicts {size:,} ({output}); a character model "
            "predicts the characters that it reads, so this is a classifier, a translation model "
            "or a model of something else"
        )
