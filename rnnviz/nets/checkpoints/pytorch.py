"""PyTorch files: a state_dict, or anything that holds one, in the zip form or the older one.

The outline of the pickle is checked first (`pickle_outline`), then `torch.load` reads the file with
`weights_only=True`. Nothing in the file is ever run.
"""

from __future__ import annotations

import argparse
import collections
import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy._core.multiarray as _multiarray
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.pickle_outline import PATHS, outline
from rnnviz.nets.checkpoints.recurrent import RECURRENT
from rnnviz.nets.checkpoints.stack import infer_network
from rnnviz.nets.checkpoints.vocabulary_found import vocabulary_in
from rnnviz.nets.opened import OpenedModel

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_DEEPEST = 12
_LARGEST_PICKLE = 256 * 1024 * 1024


def _dictionary(*_: Any) -> collections.OrderedDict[Any, Any]:
    """Stands in for `defaultdict`, into which torch does not read items."""
    return collections.OrderedDict()


def _path(*parts: str) -> str:
    """Stands in for a path among a person's options."""
    return "/".join(parts)


_HARMLESS: list[Any] = [
    argparse.Namespace,
    *((_path, name) for name in PATHS),
    (_dictionary, "collections.defaultdict"),
    *(int, float, str, list, dict),
    np.dtype,
    np.ndarray,
    *(type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "b1", "i1", "i2", "i4", "i8", "U1")),
    *(type(np.dtype(kind)) for kind in ("u1", "u2", "u4", "u8")),
    *(
        (getattr(_multiarray, name), f"numpy.{core}.multiarray.{name}")
        for name in ("scalar", "_reconstruct")
        for core in ("core", "_core")
    ),
]


class PyTorchStateDict:
    """Reads what `torch.save` wrote, as long as it is data and no code."""

    name = "pytorch"
    title = "PyTorch state_dict"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is a zip with a `data.pkl`, or starts with the older form's number."""
        return file.read(looks_like_pytorch)

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the characters are neither in the file nor given.
            ModelFileError: truncated, hostile, or not a character model that can be shown.
        """
        content = file.read(read)
        found = list(state_dicts(content))
        if not found:
            raise ModelFileError(
                f"{file.name} is a PyTorch file without a state_dict: it holds "
                f"{_contents(content)}; save the weights with torch.save(model.state_dict(), ...)"
            )
        recurrent = [item for item in found if any(RECURRENT.fullmatch(name) for name in item[1])]
        _, tensors = recurrent[0] if recurrent else max(found, key=lambda item: len(item[1]))
        network = infer_network(tensors, file.name)
        notes = list(network.notes)
        if len(recurrent) > 1:
            places = ", ".join(where or "the top" for where, _ in recurrent)
            notes.append(f"the file holds several networks ({places}); shown is the first")
        characters = companions.vocabulary
        if characters is None and (named := vocabulary_in(content, network.size)):
            characters = named.characters
            notes.extend(named.notes)
        model = network.model(characters, file.name)
        return OpenedModel("language-model", model, PyTorchStateDict.title, tuple(notes))


def looks_like_pytorch(path: Path) -> bool:
    """Whether the file is a zip with a `data.pkl`, or starts with the older form's number."""
    with path.open("rb") as file:
        head = file.read(len(LEGACY))
    if head == LEGACY:
        return True
    try:
        return head.startswith(b"PK") and pickle_name(path) is not None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def read(path: Path) -> Any:
    """What `torch.save` was given, after every name and size in it was checked.

    Raises:
        ModelFileError: code, sizes that the file cannot hold, or damage.
    """
    try:
        with path.open("rb") as file:
            legacy = file.read(len(LEGACY)) == LEGACY
        _check_legacy(path) if legacy else _check_zip(path)
        with torch.serialization.safe_globals(_HARMLESS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except ModelFileError:
        raise
    except Exception as error:  # damaged bytes may raise anything, in torch as in zipfile
        # what torch says before this would have people switch weights_only off
        lines = str(error).rpartition("WeightsUnpickler error:")[2].split("\n")
        reason = next((line.strip() for line in lines if line.strip()), type(error).__name__)
        raise ModelFileError(
            f"{path.name} is a PyTorch file that is damaged or cut short: {reason[:160]}"
        ) from error


def state_dicts(content: Any) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every mapping of names to tensors, with the keys that lead to it, outermost first."""
    waiting: collections.deque[tuple[str, Any, int]] = collections.deque([("", content, 0)])
    seen: set[int] = set()
    while waiting:
        place, value, depth = waiting.popleft()
        if id(value) in seen or depth > _DEEPEST:
            continue
        seen.add(id(value))
        if isinstance(value, argparse.Namespace):
            value = vars(value)
        if isinstance(value, Mapping):
            tensors = {
                name: tensor.data
                for name, tensor in value.items()
                if isinstance(name, str) and isinstance(tensor, Tensor)
            }
            if tensors:
                yield place, tensors
            inside = list(value.items())
        elif isinstance(value, list | tuple):
            inside = list(enumerate(value[:100]))
        else:
            continue
        waiting.extend((f"{place}.{key}".lstrip("."), below, depth + 1) for key, below in inside)


def pickle_name(path: Path) -> str | None:
    """The name of the pickle in a zip that torch.save wrote; None for any other zip."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    scripted = any("/code/" in name or name.endswith("/constants.pkl") for name in names)
    return pickles[0] if len(pickles) == 1 and not scripted else None


def _check_zip(path: Path) -> None:
    """Compare what the pickle announces with the records beside it."""
    size = path.stat().st_size
    name = pickle_name(path)
    if name is None:
        raise ModelFileError(f"{path.name} is a zip archive that torch.save did not write")
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if len(entries) != len(archive.infolist()):
            raise ModelFileError(f"{path.name} names the same record twice; it is made to deceive")
        for entry in entries.values():
            stored = entry.compress_type == zipfile.ZIP_STORED
            if not stored or entry.file_size != entry.compress_size or entry.file_size > size:
                raise ModelFileError(
                    f"{path.name} holds {entry.filename} compressed or larger than the file; "
                    "PyTorch never writes that, save the model again"
                )
        if entries[name].file_size > _LARGEST_PICKLE:
            raise ModelFileError(f"{path.name} describes its tensors in an absurd number of bytes")
        found = outline(io.BytesIO(archive.read(name)), path.name)
    for key, block in found.stored.items():
        record = entries.get(f"{name.removesuffix('data.pkl')}data/{key}")
        held, announced = record.file_size if record else 0, block.count * block.item_bytes
        if held < announced:
            raise ModelFileError(
                f"{path.name} announces {block.count:,} numbers ({announced:,} bytes) and holds "
                f"{held:,} bytes of them: it is cut short or made to harm"
            )


def check_legacy_header(stream: io.BytesIO, file: str) -> None:
    """Read the three small pickles that the older form begins with."""
    for _ in ("magic number", "protocol version", "sizes of C types"):
        outline(stream, file)


def _check_legacy(path: Path) -> None:
    """Compare what the pickles announce with the numbers that follow them."""
    size = path.stat().st_size
    with io.BytesIO(path.read_bytes()) as stream:
        check_legacy_header(stream, path.name)
        found = outline(stream, path.name)
        keys = outline(stream, path.name).root
        if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(found.stored):
            raise ModelFileError(f"{path.name} lists other storages than it uses; it is damaged")
        for key in keys:
            block, head = found.stored[key], stream.read(8)
            length = block.count * block.item_bytes
            left = size - stream.tell()
            if len(head) < 8 or struct.unpack("<q", head)[0] != block.count or left < length:
                raise ModelFileError(
                    f"{path.name} announces {block.count:,} numbers where {left:,} bytes are left: "
                    "it is cut short or damaged"
                )
            stream.seek(length, io.SEEK_CUR)


def _contents(content: Any) -> str:
    """A short phrase for what was found instead of a state_dict."""
    if isinstance(content, Mapping):
        return f"a dictionary with {', '.join(repr(key) for key in list(content)[:6]) or 'nothing'}"
    if isinstance(content, Tensor):
        return f"one tensor of shape {tuple(content.shape)}"
    if isinstance(content, list | tuple) and content:
        kind, first = type(content).__name__, type(content[0]).__name__
        return f"a {kind} of {len(content)}, the first of them a {first}"
    return f"a value of type {type(content).__name__}"
