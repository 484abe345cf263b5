"""PyTorch files as data: state_dicts, whole modules, TorchScript archives.

Each is read by `pytorch_file`, which runs nothing; what the tensors are is found by
`network_found`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.found import FoundNetwork
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.networks.parts import RECURRENT
from rnnviz.nets.checkpoints.networks.rewritten import quantised_in_words
from rnnviz.nets.checkpoints.pytorch.file import (
    PyTorchFile,
    Weights,
    contents_in_words,
    looks_like_pytorch,
    read_pytorch,
    weights_in,
)
from rnnviz.nets.checkpoints.pytorch.inert_pickle import Instance, Refused
from rnnviz.nets.checkpoints.pytorch.shards import whole_of_shards
from rnnviz.nets.checkpoints.vocabulary.found import everything, sizes_in
from rnnviz.nets.opened import OpenedModel

_RECURRENT = re.compile(rf"{RECURRENT.pattern}(_raw|_g|_v|_orig|\.original\d*)?|.*weight_hh.*")
_FORWARD = "is_forward_lm"
_MOST_NAMES = 200


class PyTorchModule:
    """Reads whole modules as data: the classes that they name stay names."""

    name = "pytorch-module"
    title = "PyTorch module"
    holds = "what torch.save(model) wrote, of torch 0.2 and later, zip and older form"
    needs = "the characters or words, where the module keeps none"
    refuses = "convolutions, Transformers and cells of one's own, by name"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether torch.save was given a module, or something with one in it."""
        found = _read_or_none(file)
        if found is None or found.form == "torchscript":
            return False
        return any(weights.kind for weights in weights_in(found.content))

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the symbols are neither in the file nor given.
            ModelFileError: truncated, damaged, or not a network that can be shown.
        """
        found = file.read(read_pytorch)
        return _opened(found, _of_modules(found), file, companions, PyTorchModule.title)


class TorchScript:
    """Reads the parameters and constants of TorchScript archives; their code is not run."""

    name = "torchscript"
    title = "TorchScript archive"
    holds = "what torch.jit.save wrote: its parameters, not its code"
    needs = "the characters or words, where no attribute holds them"
    refuses = "frozen archives, whose parameters have lost their names"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether code and constants lie beside the pickle."""
        if not file.read(looks_like_pytorch):
            return False
        found = _read_or_none(file)
        return found is not None and found.form == "torchscript"

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this archive.

        Raises:
            VocabularyNeeded: the symbols are neither in the file nor given.
            ModelFileError: truncated, damaged, frozen, or not a network that can be shown.
        """
        found = file.read(read_pytorch)
        if found.quantised:
            raise ModelFileError(quantised_in_words(file.name))
        weights = [one for one in weights_in(found.content, scripted=True) if _recurrent(one)]
        if not weights:
            raise ModelFileError(
                f"{file.name} is a TorchScript archive without recurrent parameters under their "
                "names: it may have been frozen (torch.jit.freeze), which makes constants of them. "
                "Its code was not run. Save it before it is frozen, or save its state_dict"
            )
        return _opened(found, weights, file, companions, TorchScript.title)


class PyTorchStateDict:
    """Reads what `torch.save` wrote, as long as it is data and no code."""

    name = "pytorch"
    title = "PyTorch state_dict"
    holds = "a state_dict, or a checkpoint with one in it, zip and older form, or shards of one"
    needs = "the characters or words, where the file holds none"
    refuses = "quantised weights, optimisers alone, pickled code, by name"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is a zip with a `data.pkl`, or starts with the older form's number."""
        return file.read(looks_like_pytorch)

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the symbols are neither in the file nor given.
            ModelFileError: truncated, hostile, or not a network that can be shown.
        """
        found = file.read(read_pytorch)
        own = _harmless_in(found, file.name)
        weights, notes = whole_of_shards(file, own, _of_shard)
        opened = _opened(found, weights, file, companions, PyTorchStateDict.title)
        return replace(opened, notes=(*notes, *opened.notes))


def _of_shard(path: Path) -> list[Weights]:
    return _harmless_in(read_pytorch(path), path.name)


def _harmless_in(found: PyTorchFile, file: str) -> list[Weights]:
    """The weights of a file that asks for nothing that does something in the world."""
    if found.harmful:
        raise Refused(found.harmful, file)
    return list(weights_in(found.content))


def _read_or_none(file: ModelFile) -> PyTorchFile | None:
    try:
        return file.read(read_pytorch) if file.read(looks_like_pytorch) else None
    except ModelFileError:
        return None  # the reader of state_dicts, asked last, says what is wrong


def _of_modules(found: PyTorchFile) -> list[Weights]:
    return [weights for weights in weights_in(found.content) if weights.kind]


def _recurrent(weights: Weights) -> bool:
    return any(_RECURRENT.fullmatch(name) for name in weights.tensors)


def _opened(
    found: PyTorchFile,
    weights: Sequence[Weights],
    file: ModelFile,
    companions: Companions,
    title: str,
) -> OpenedModel:
    """The model that these weights are, with what else the file holds."""
    readings, notes, taken = readings_of(found, weights, file.name)
    if taken.kind:
        scripted = found.form == "torchscript"
        notes.insert(
            0,
            f"the file holds {'an archive' if scripted else 'a whole module'} of the class "
            f"{taken.kind}; its code "
            + ("was not run" if scripted else "is not in the file and was not needed")
            + ": what the class computes between its layers is taken to be the usual",
        )
        if found.harmful:
            notes.append(
                f"the file also asks for {found.harmful}, which could do anything where it is "
                "unpickled; here nothing was run"
            )
    content = (taken.modules and _attributes(taken), found.content)
    return assembled(readings, content, companions, file.name, title, notes)


def readings_of(
    found: PyTorchFile, weights: Sequence[Weights], file: str
) -> tuple[list[FoundNetwork], list[str], Weights]:
    """What these weights may be, the likeliest first, what was noted, and which were taken.

    Raises:
        ModelFileError: no network that can be shown.
    """
    if found.quantised:
        raise ModelFileError(quantised_in_words(file))
    networks = _networks(found.content, weights, file)
    content = found.content
    notes: list[str] = []
    taken = networks[0]
    hints = _hints(content, taken, file)
    try:
        readings = find_networks(taken.tensors, file, hints)
    except ModelFileError:
        joined = _joined(weights)
        if joined is None:
            raise
        try:
            readings = find_networks(joined.tensors, file, hints)
        except ModelFileError:
            joined = None
        if joined is None:
            raise
        notes.append(f"the parts of the network lie apart in the file ({joined.place})")
        return readings, notes, joined
    if len(networks) > 1:
        places = ", ".join(one.place or "the top" for one in networks)
        notes.append(f"the file holds several networks ({places}); shown is the first")
    if hints.backwards:
        notes.append(
            f"the file says {_FORWARD}: False, so it was trained on texts from their end: it is "
            "read backwards, and predicts the character before"
        )
    return readings, notes, taken


def _networks(content: Any, weights: Sequence[Weights], file: str) -> list[Weights]:
    """Those weights that may be a network.

    Raises:
        ModelFileError: there are none.
    """
    networks = [one for one in weights if _recurrent(one) and not _of_optimiser(one)]
    if networks:
        return networks
    if optimiser := _optimiser_in_words(content):
        raise ModelFileError(
            f"{file} is the state of an optimiser alone ({optimiser}), not of a network; open "
            "the model's state_dict, which is another file or another entry of the checkpoint"
        )
    if not weights:
        raise ModelFileError(
            f"{file} is a PyTorch file without a state_dict: it holds "
            f"{contents_in_words(content)}; save the weights with "
            "torch.save(model.state_dict(), ...)"
        )
    return [max(weights, key=lambda one: len(one.tensors))]


def _joined(weights: Sequence[Weights]) -> Weights | None:
    """Several state_dicts as one, each under the key that it lies at."""
    own = [one for one in weights if not _of_optimiser(one) and not one.kind]
    own = [one for one in own if one.place]
    if len(own) < 2:
        return None
    tensors = {f"{one.place}.{name}": tensor for one in own for name, tensor in one.tensors.items()}
    return Weights(tensors, ", ".join(one.place for one in own[:6]))


def _of_optimiser(weights: Weights) -> bool:
    return bool(re.search(r"optim|exp_avg|momentum", weights.place, re.IGNORECASE)) or bool(
        {"exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg"} & weights.tensors.keys()
    )


def _optimiser_in_words(content: Any) -> str:
    """`Adam over 11 parameters`, where the file holds that and no network."""
    for _, value in everything(content):
        if not isinstance(value, Mapping) or not {"param_groups", "state"} <= value.keys():
            continue
        groups, state = value["param_groups"], value["state"]
        names: set[Any] = set()
        if isinstance(groups, list):
            for group in groups:
                names |= set(group) if isinstance(group, Mapping) else set()
        kind = (
            "Adam" if "betas" in names else "RMSprop" if "alpha" in names
            else "SGD" if "momentum" in names else "an optimiser"
        )  # fmt: skip
        count = len(state) if isinstance(state, Mapping) else 0
        return f"{kind} over {count:,} parameters"
    return ""


def _hints(content: Any, weights: Weights, file: str) -> Hints:
    """What the file says beside its tensors."""
    names = [weights.kind, Path(file).stem]
    backwards = False
    for place, value in everything(content):
        if len(names) < _MOST_NAMES:
            names.append(place)
        fields = value.fields if isinstance(value, Instance) else value
        if isinstance(fields, Mapping) and fields.get(_FORWARD) is False:
            backwards = True
    for about in weights.modules.values():
        backwards = backwards or about.attributes.get(_FORWARD) is False
    attributes = _attributes(weights)
    sizes = sizes_in(content) | sizes_in(attributes)
    return Hints(weights.modules, backwards, tuple(names), sizes)


def _attributes(weights: Weights) -> dict[str, object]:
    """What the modules of a person keep beside their tensors: perhaps the characters."""
    return {
        f"{name}.{key}".strip("."): value
        for name, about in weights.modules.items()
        if not about.of_torch
        for key, value in about.attributes.items()
    }
