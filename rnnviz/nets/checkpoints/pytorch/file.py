"""Files that `torch.save` and `torch.jit.save` wrote, read as data; nothing in them is ever run.

Three containers: a zip with a `data.pkl`, the same with code beside it (TorchScript), and the older
form, pickles one after the other with the numbers behind them.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import read_head
from rnnviz.nets.checkpoints.pytorch.checksums import check
from rnnviz.nets.checkpoints.pytorch.inert_pickle import (
    Followed,
    Instance,
    Stored,
    follow,
    resolved,
)

_LEGACY = re.compile(rb"\x80[\x02-\x05](?:\x95.{8})?\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\.", re.DOTALL)
"""The older form begins with a pickle of this number, in whatever protocol."""
_LOOKED_AT = 1 << 16
_LOCAL_HEADER = struct.Struct("<4s2xH18xHH")
"""How a record in a zip begins: magic, flags, the lengths of its name and of what follows that."""
_NAMED_IN_UTF8 = 1 << 11
_WHOLE = 1 << 26
"""A larger file, most of which may be the state of an optimiser, is read record by record."""
_ALIGNED = 16
_LARGEST_PICKLE = 256 * 1024 * 1024
_DEEPEST = 24
_PLAIN = frozenset({str, int, float, bool, bytes, type(None), Tensor})
"""What holds nothing; asked first, since asking whether something is a mapping takes long."""
_HOLDING = (dict, list, tuple, Instance, Mapping)
"""What may hold a network; those that most files are made of first, which are quickest to tell."""
Form = Literal["zip", "legacy", "torchscript"]


@dataclass(frozen=True)
class PyTorchFile:
    """What such a file holds."""

    content: Any
    """Containers, strings, numbers, arrays, tensors; whatever else is an `Instance`."""
    form: Form
    names: tuple[str, ...]
    """Every name that its pickle asks for."""
    harmful: str
    """One of them that would do something in the world, if it were called; empty for none."""
    quantised: bool


@dataclass(frozen=True)
class ModuleFacts:
    """What a module is beside its tensors, where the file tells."""

    kind: str
    """The name of its class: `LSTM`, `ReLU`, `CharRNN`."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """`num_layers`, `eps` and whatever a person's own module keeps."""
    of_torch: bool = False
    """Whether its class is one of torch's own."""


@dataclass(frozen=True)
class Weights:
    """Named tensors, and where they were found."""

    tensors: dict[str, Tensor]
    place: str = ""
    """The keys that lead to it: `model.state_dict`; empty for the top."""
    kind: str = ""
    """The class of the whole module that they are of; empty for a state_dict."""
    modules: Mapping[str, ModuleFacts] = field(default_factory=dict)
    """By the names of modules, `encoder.rnn`, also those without tensors, in their order."""


def looks_like_pytorch(path: Path) -> bool:
    """Whether the file is a zip with a `data.pkl`, or starts with the older form's number."""
    head = read_head(path, _LOOKED_AT)
    if _LEGACY.match(head) or _is_plain_pickle(head):
        return True
    try:
        if not head.startswith(b"PK"):
            return False
        with zipfile.ZipFile(path) as archive:
            return _pickle_name(archive) is not None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _is_plain_pickle(head: bytes) -> bool:
    """Whether `pickle.dump` wrote tensors, each of which keeps its numbers inside the pickle."""
    return head[:1] == b"\x80" and b"_load_from_bytes" in head


def read_pytorch(path: Path) -> PyTorchFile:
    """What the file holds, after every size in it was checked.

    Raises:
        ModelFileError: damaged, cut short, or announcing what is not there.
    """
    try:
        head = read_head(path, _LOOKED_AT)
        legacy = _LEGACY.match(head) is not None
        if not legacy and _is_plain_pickle(head):
            followed = follow(io.BytesIO(path.read_bytes()), path.name)
            return _made(resolved(followed, path.name), "legacy", followed)
        return _read_legacy(path) if legacy else _read_zip(path)
    except ModelFileError:
        raise
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # damaged bytes may raise anything
        raise ModelFileError(
            f"{path.name} is a PyTorch file that is damaged or cut short: "
            f"{str(error)[:120] or type(error).__name__}"
        ) from error


def _pickle_name(archive: zipfile.ZipFile) -> str | None:
    """The name of the pickle in a zip that torch wrote; None for any other zip."""
    names = archive.namelist()
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    return pickles[0] if len(pickles) == 1 else None


def _read_zip(path: Path) -> PyTorchFile:
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        name = _pickle_name(archive)
        if name is None:
            raise ModelFileError(f"{path.name} is a zip archive that torch.save did not write")
        folder = name.removesuffix("data.pkl")
        entries = {entry.filename: entry for entry in archive.infolist()}
        if len(entries) != len(archive.infolist()):
            raise ModelFileError(f"{path.name} names the same record twice; it is made to deceive")
        scripted = any("/code/" in one or one.endswith("/constants.pkl") for one in entries)
        _check_entries(path.name, entries, name, folder, size)
        followed = follow(io.BytesIO(archive.read(name)), path.name)
        for key, block in followed.stored.items():
            record = entries.get(f"{folder}data/{key}")
            held = record.file_size if record else 0
            if held < block.length:
                raise ModelFileError(
                    f"{path.name} announces {block.count:,} numbers ({block.length:,} bytes) and "
                    f"holds {held:,} bytes of them: it is cut short or made to harm"
                )

        with path.open("rb", buffering=0) as file:
            records = _Records(file, path.name, size)

            def storage(block: Stored) -> npt.NDArray[np.uint8]:
                return records.of(entries[f"{folder}data/{block.key}"])

            order = entries.get(f"{folder}byteorder")  # from before torch 2.1 there is none
            big = order is not None and order.file_size < 16 and archive.read(order) == b"big"
            content = resolved(followed, path.name, storage, big_endian=big)
    return _made(content, "torchscript" if scripted else "zip", followed)


class _Records:
    """The records of a zip that are not compressed, read once, to where they stay, and checked.

    `ZipFile.read` would bring them in small pieces, joined and copied again. A file that is not
    large is read as a whole: memory that is asked for in one piece comes in a fraction of the time.
    """

    def __init__(self, file: io.FileIO, name: str, size: int) -> None:
        self._file, self._name = file, name
        self._whole: npt.NDArray[np.uint8] | None = None
        if size <= _WHOLE:
            self._whole = self._read(0, size)

    def of(self, entry: zipfile.ZipInfo) -> npt.NDArray[np.uint8]:
        """The bytes of a record.

        Raises:
            BadZipFile: the record is another, or is cut short.
            ModelFileError: its checksum does not fit.
        """
        head = self._read(entry.header_offset, _LOCAL_HEADER.size).tobytes()
        magic, flags, named, extra = _LOCAL_HEADER.unpack(head.ljust(_LOCAL_HEADER.size, b"\0"))
        begin = entry.header_offset + _LOCAL_HEADER.size
        coding = "utf-8" if flags & _NAMED_IN_UTF8 else "cp437"
        name = self._read(begin, named).tobytes().decode(coding)
        if magic != b"PK\x03\x04" or name != entry.orig_filename:
            raise zipfile.BadZipFile(f"{entry.filename} does not lie where the archive says")
        found = self._read(begin + named + extra, entry.file_size)
        if len(found) != entry.file_size:
            raise zipfile.BadZipFile(f"{entry.filename} is cut short")
        check(self._name, entry.filename, found, entry.CRC)
        # Numbers begin where processors like it; torch writes them so.
        return found if found.ctypes.data % _ALIGNED == 0 else found.copy()

    def _read(self, start: int, count: int) -> npt.NDArray[np.uint8]:
        """Bytes of the file from here on; fewer, where it ends."""
        if self._whole is not None:
            return self._whole[start : start + count]
        found, done = np.empty(count, np.uint8), 0
        self._file.seek(start)
        while done < count and (more := self._file.readinto(found[done:].data)):
            done += more
        return found[:done]


def _check_entries(
    file: str, entries: Mapping[str, zipfile.ZipInfo], name: str, folder: str, size: int
) -> None:
    """Refuse a zip whose records of numbers torch never writes so.

    Raises:
        ModelFileError: naming the record.
    """
    for entry in entries.values():
        ours = entry.filename == name or entry.filename.startswith(f"{folder}data/")
        stored = entry.compress_type == zipfile.ZIP_STORED
        whole = stored and entry.file_size == entry.compress_size
        if ours and (not whole or entry.file_size > size):
            raise ModelFileError(
                f"{file} holds {entry.filename} compressed or larger than the file; "
                "PyTorch never writes that, save the model again"
            )
    if entries[name].file_size > _LARGEST_PICKLE:
        raise ModelFileError(f"{file} describes its tensors in an absurd number of bytes")


def _read_legacy(path: Path) -> PyTorchFile:
    content = path.read_bytes()
    stream = io.BytesIO(content)
    for _ in ("magic number", "protocol version", "sizes of C types"):
        follow(stream, path.name)
    followed = follow(stream, path.name)
    keys = follow(stream, path.name).root
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(followed.stored):
        raise ModelFileError(f"{path.name} lists other storages than it uses; it is damaged")
    places: dict[str, int] = {}
    for key in map(str, keys):
        block, head = followed.stored[key], stream.read(8)
        left = len(content) - stream.tell()
        count = struct.unpack("<q", head)[0] if len(head) == 8 else -1
        if count != block.count or left < block.length:
            raise ModelFileError(
                f"{path.name} announces {block.count:,} numbers where {left:,} bytes are left: "
                "it is cut short or damaged"
            )
        places[key] = stream.tell()
        stream.seek(block.length, io.SEEK_CUR)

    held = memoryview(content)

    def storage(block: Stored) -> memoryview:
        return held[places[block.key] : places[block.key] + block.length]

    return _made(resolved(followed, path.name, storage), "legacy", followed)


def _made(content: Any, form: Form, followed: Followed) -> PyTorchFile:
    return PyTorchFile(content, form, tuple(followed.names), followed.harmful, followed.quantised)


# What is a network among it


def weights_in(content: Any, scripted: bool = False) -> Iterator[Weights]:
    """Every state_dict and every whole module, with the keys that lead to it, outermost first."""
    waiting: deque[tuple[str, Any, int]] = deque([("", content, 0)])
    seen: set[int] = set()
    while waiting:
        place, value, depth = waiting.popleft()
        if id(value) in seen or depth > _DEEPEST:
            continue
        seen.add(id(value))
        if isinstance(value, Instance):
            if found := (_scripted if scripted else _module)(value, place):
                yield found
                continue
            inside: list[tuple[Any, Any]] = [*value.fields.items(), *value.items.items()]
            inside += [("", one) for one in (*value.listed[:100], *value.arguments[:10])]
        elif isinstance(value, Mapping):
            tensors = {
                name: tensor.data
                for name, tensor in value.items()
                if isinstance(name, str) and isinstance(tensor, Tensor)
            }
            if tensors:
                yield Weights(tensors, place)
            inside = list(value.items())
        elif isinstance(value, list | tuple):
            inside = list(enumerate(value[:100]))
        else:
            continue
        waiting.extend(  # texts and numbers, of which there may be many thousands, hold nothing
            (f"{place}.{key}".strip("."), below, depth + 1)
            for key, below in inside
            if type(below) not in _PLAIN and isinstance(below, _HOLDING)
        )


def _module(root: Instance, place: str) -> Weights | None:
    """The tensors of a whole module under the names that its state_dict would give them."""
    if not {"_modules", "_parameters"} <= root.fields.keys():
        return None
    tensors: dict[str, Tensor] = {}
    modules: dict[str, ModuleFacts] = {}

    def collect(module: Instance, prefix: str, depth: int) -> None:
        own = {
            key: value
            for key, value in module.fields.items()
            if isinstance(key, str) and not key.startswith("_")
        }
        modules[prefix.rstrip(".")] = ModuleFacts(module.title, own, _of_torch(module))
        passing = module.fields.get("_non_persistent_buffers_set", frozenset())
        for kind in ("_parameters", "_buffers"):
            for key, value in _items(module.fields.get(kind)):
                hidden = isinstance(passing, frozenset) and key in passing
                if isinstance(value, Tensor) and not hidden:
                    tensors[f"{prefix}{key}"] = value
        if depth < _DEEPEST:
            for key, inner in _items(module.fields.get("_modules")):
                if isinstance(inner, Instance):
                    collect(inner, f"{prefix}{key}.", depth + 1)

    collect(root, "", 0)
    return Weights(tensors, place, root.title, modules)


def _scripted(root: Instance, place: str) -> Weights | None:
    """The tensors of a TorchScript module: its attributes, and those of the modules inside."""
    tensors: dict[str, Tensor] = {}
    modules: dict[str, ModuleFacts] = {}

    def collect(module: Instance, prefix: str, depth: int) -> None:
        plain = {}
        for key, value in module.fields.items():
            if isinstance(value, Tensor):
                tensors[f"{prefix}{key}"] = value
            elif isinstance(value, Instance) and depth < _DEEPEST:
                collect(value, f"{prefix}{key}.", depth + 1)
            else:
                plain[str(key)] = value
        # TorchScript numbers classes of one name: `___torch_mangle_3.LSTM`
        modules[prefix.rstrip(".")] = ModuleFacts(module.title, plain, _of_torch(module))

    collect(root, "", 0)
    return Weights(tensors, place, root.title, modules) if tensors else None


def _of_torch(module: Instance) -> bool:
    return module.kind.removeprefix("__torch__.").startswith("torch.")


def _items(value: Any) -> list[tuple[Any, Any]]:
    """The items of a dictionary, or of an object that is one."""
    if isinstance(value, Instance):
        return list(value.items.items())
    return list(value.items()) if isinstance(value, Mapping) else []


def contents_in_words(content: Any) -> str:
    """A short phrase for what was found instead of a network."""
    if isinstance(content, Mapping):
        return f"a dictionary with {', '.join(repr(key) for key in list(content)[:6]) or 'nothing'}"
    if isinstance(content, Tensor):
        return f"one tensor of shape {tuple(content.shape)}"
    if isinstance(content, list | tuple) and content:
        kind, first = type(content).__name__, type(content[0]).__name__
        return f"a {kind} of {len(content)}, the first of them a {first}"
    if isinstance(content, Instance):
        return f"an object of the class {content.kind}"
    return f"a value of type {type(content).__name__}"
