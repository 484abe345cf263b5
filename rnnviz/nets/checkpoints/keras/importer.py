"""Models of Keras 1, 2 and 3: `.h5`, `.keras`, and weights with the model's JSON beside them.

The structure is JSON and the weights are HDF5, which h5py reads; TensorFlow is not needed, and no
code that a file carries is run.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import (
    DamagedFileError,
    decode_json,
    memory_left,
    read_head,
    read_json,
)
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.keras.config import MODELS, KerasLayer, input_shape, layers_in
from rnnviz.nets.checkpoints.keras.hdf5 import (
    Group,
    group_in,
    looks_like_hdf5,
    names_in,
    opened_hdf5,
    text_in,
)
from rnnviz.nets.checkpoints.keras.layers import parts_of
from rnnviz.nets.checkpoints.keras.textgenrnn import (
    layers_of,
    recurrent_names,
    settings_beside,
)
from rnnviz.nets.checkpoints.keras.weights import CountedGroups, NamedGroups, lists_layers
from rnnviz.nets.checkpoints.networks.chain import chain_of
from rnnviz.nets.checkpoints.networks.chain_opened import opened_chain
from rnnviz.nets.checkpoints.networks.found import Gives
from rnnviz.nets.opened import OpenedModel

_CONFIG = 1 << 24
_HEAD = 1 << 12
_OLD = "1"
"""The version that is taken where none is said: Keras 1 did not."""
_NEW = "3"


@dataclass(frozen=True)
class _Model:
    """What a file says beside its weights."""

    config: Mapping[str, Any]
    version: str
    training: Mapping[str, Any]


class Keras:
    """Reads what Keras wrote, of any version."""

    name = "keras"
    title = "Keras model"
    holds = (
        "networks of Keras 1, 2 and 3 whose layers follow one another: `.h5`, `.keras`, weights "
        "with the JSON of the model beside them; textgenrnn's weights"
    )
    needs = (
        "the package h5py; the characters, or the word index, of a network that reads symbols "
        "(textgenrnn's lie beside it)"
    )
    refuses = (
        "layers with code (Lambda, own classes), forks, other attention than textgenrnn's, "
        "SavedModel, quantised weights"
    )

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether it is HDF5, an archive with a configuration and HDF5, or that configuration."""
        return bool(_form(file))

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the symbols are not given; Keras never keeps them.
            ModelFileError: damaged, without its structure, h5py missing, or a network that cannot
                be shown.
        """
        form, name = _form(file), file.name
        if form == "archive":
            model, weights = _unpacked(file.path)
            with opened_hdf5(weights, name) as root:
                read = _read(model, root, name)
        elif form == "config":
            source, _ = _beside(file.path, (".weights.h5", ".h5", ".hdf5"), "weights")
            model = _of_config(file.read(_own_config))
            with opened_hdf5(source, source.name) as root:
                read = _read(model, root, name)
        else:
            with opened_hdf5(file.path, name) as root:
                if lists_layers(root) and recurrent_names(names_in(root, "layer_names", name)):
                    return _textgenrnn(root, companions, file.path)
                model = _model_of(root, file.path)
                read = _read(model, root, name)
        parts, notes = parts_of(read, model.version, name)
        return opened_chain(
            chain_of(parts, name),
            companions,
            file.path,
            Keras.title,
            notes,
            logits=_from_logits(model.training),
            window=_window([layer for layer, _ in read]),
        )


def _textgenrnn(root: Group, companions: Companions, path: Path) -> OpenedModel:
    """A network whose structure its own program has, and whose symbols lie beside it."""
    names, stored = names_in(root, "layer_names", path.name), NamedGroups(root, path.name)
    weights = {name: stored.of(KerasLayer("", name, {})) for name in names}
    parts, notes = parts_of(layers_of(names, weights, path.name), _OLD, path.name)
    network = chain_of(parts, path.name)
    beside = settings_beside(path, network.reads)
    return opened_chain(
        network,
        companions,
        path,
        f"{Keras.title} of textgenrnn",
        (*notes, *beside.notes),
        window=beside.window,
        named=beside.symbols,
    )


def _window(layers: list[KerasLayer]) -> int | None:
    """How many steps it reads at a time; None where its state goes on from one time to the next."""
    if any(layer.says("stateful") for layer in layers):
        return None
    return next(iter(input_shape(layers)), None)


def _form(file: ModelFile) -> str:
    """`hdf5`, `archive` or `config`; empty for anything else."""
    if file.read(looks_like_hdf5):
        return "hdf5"
    if file.read(_is_archive):
        return "archive"
    return "config" if file.read(_own_config) else ""


def _is_archive(path: Path) -> bool:
    if read_head(path, 2) != b"PK":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return "config.json" in names and any(name.endswith(".h5") for name in names)


def _own_config(path: Path) -> Mapping[str, Any]:
    """The configuration that this file begins as; {} if it is something else."""
    head = read_head(path, _HEAD)
    told = head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"class_name"' in head
    return _config_in(path) if told else {}


def _config_in(path: Path) -> Mapping[str, Any]:
    try:
        content = read_json(path, limit=_CONFIG)
    except (OSError, DamagedFileError):
        return {}
    return content if isinstance(content, dict) and content.get("class_name") in MODELS else {}


def _unpacked(path: Path) -> tuple[_Model, bytes]:
    """What a `.keras` archive holds: what it says, and the HDF5 file."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = decode_json(_member(archive, "config.json", _CONFIG, path))
            version = _NEW
            if "metadata.json" in archive.namelist():
                about = decode_json(_member(archive, "metadata.json", _CONFIG, path))
                version = str(about.get("keras_version", _NEW)) if isinstance(about, dict) else _NEW
            weights = [name for name in archive.namelist() if name.endswith(".h5")]
            if len(weights) != 1:
                raise ModelFileError(
                    f"{path.name} keeps its weights in {len(weights)} parts; save it without shards"
                )
            content = _member(archive, weights[0], memory_left(), path)
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, ValueError, zlib.error,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        raise ModelFileError(
            f"{path.name} is a Keras archive that is damaged or was not copied whole ({error}); "
            "fetch it again"
        ) from error
    if not isinstance(config, dict):
        raise ModelFileError(f"the configuration in {path.name} is no Keras model; it is damaged")
    return _Model(config, version, _training(config.get("compile_config"))), content


def _member(archive: zipfile.ZipFile, name: str, most: int, path: Path) -> bytes:
    size = archive.getinfo(name).file_size
    if size > most:
        raise ModelFileError(
            f"{path.name} claims {size:,} bytes for {name}; it is damaged or made to harm"
        )
    with archive.open(name) as member:
        return member.read(size)


def _model_of(root: Group, path: Path) -> _Model:
    """What an HDF5 file says of its model; or what the JSON beside it does."""
    inner = group_in(root, "model_weights", path.name)
    version = text_in(root, "keras_version", path.name)
    if inner is not None and not version:
        version = text_in(inner, "keras_version", path.name)
    if raw := text_in(root, "model_config", path.name):
        told = text_in(root, "training_config", path.name)
        try:
            config = decode_json(raw.encode("utf-8", "replace"))
            training = decode_json(told.encode("utf-8", "replace")) if told else {}
        except DamagedFileError as error:
            raise ModelFileError(
                f"the configuration in {path.name} is damaged: {error}; fetch the file again"
            ) from error
        return _Model(config, version or _OLD, _training(training))
    counted = group_in(root, "layers", path.name) is not None
    if not counted and not lists_layers(root):
        found = ", ".join(list(root)[:6]) or "nothing"
        if "char_embed" in root and "CNN" in root:
            raise ModelFileError(
                f"{path.name} holds the weights of an ELMo model (AllenNLP's bilm): convolutions "
                "over characters below LSTMs with projections; such a network cannot be shown yet"
            )
        if any("vars" in root[name] for name in list(root)[:20] if hasattr(root[name], "keys")):
            raise ModelFileError(
                f"{path.name} holds the weights ({found}) of a Keras model of a class of its own: "
                "what it computes stands in its Python code and not in the file. Build it from "
                "Keras's layers (Sequential or Functional), load the weights into that where it "
                "was made, and save it with model.save('model.keras')"
            )
        raise ModelFileError(
            f"{path.name} is an HDF5 file that Keras did not write: it holds {found}"
        )
    _, config = _beside(path, (".json",), "structure")
    return _of_config(config, version)


def _beside(path: Path, endings: tuple[str, ...], what: str) -> tuple[Path, Any]:
    """The one file beside this one that holds its structure, or its weights, and what is known."""
    stem = re.sub(r"(\.weights)?\.\w+$", "", path.name)
    try:
        others = sorted(other for other in path.parent.iterdir() if other.is_file())
    except OSError:
        others = []
    known_by = _config_in if what == "structure" else looks_like_hdf5
    known = {o: _quietly(known_by, o) for o in others if o.name.endswith(endings)}
    found = [o for o, about in known.items() if about]
    same = [o for o in found if o.name in {f"{stem}{ending}" for ending in endings}]
    chosen = same if len(same) == 1 else found
    if len(chosen) == 1:
        return chosen[0], known[chosen[0]]
    if what == "weights":
        raise ModelFileError(
            f"{path.name} is the structure of a Keras model without its weights, and beside it lie "
            f"{len(chosen)} files of weights; put the one that belongs to it beside it, as "
            f"{stem}.weights.h5"
        )
    several = f", and {len(chosen)} lie beside it ({', '.join(o.name for o in chosen[:4])})"
    raise ModelFileError(
        f"{path.name} holds the weights of a Keras model and not its structure"
        f"{several if chosen else ''}; write that where it was made with "
        f"open('{stem}.json', 'w').write(model.to_json()), and put it beside the weights"
    )


def _quietly(known_by: Callable[[Path], Any], path: Path) -> Any:
    try:
        return known_by(path)
    except OSError:
        return None


def _of_config(config: Mapping[str, Any], version: str = "") -> _Model:
    said = config.get("keras_version")
    return _Model(config, version or (said if isinstance(said, str) else _NEW), {})


def _training(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, Mapping) else {}


def _read(model: _Model, root: Group, file: str) -> list[tuple[KerasLayer, Sequence[Tensor]]]:
    """The layers of a model, and the weights of each."""
    layers = layers_in(model.config, file)
    counted = not lists_layers(root) and group_in(root, "model_weights", file) is None
    stored = CountedGroups(root, model.config, file) if counted else NamedGroups(root, file)
    return [(layer, stored.of(layer)) for layer in layers]


def _from_logits(training: Mapping[str, Any]) -> Gives | None:
    """What its loss says that the last numbers are before: softmax, sigmoid, or nothing."""
    for loss in _losses(training.get("loss")):
        about = loss.get("config")
        if isinstance(about, Mapping) and about.get("from_logits"):
            kind = str(loss.get("class_name")).lower()
            return "sigmoid" if "binary" in kind else "softmax"
    return None


def _losses(loss: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(loss, Mapping):
        yield loss
    elif isinstance(loss, list):
        yield from (entry for entry in loss if isinstance(entry, Mapping))
