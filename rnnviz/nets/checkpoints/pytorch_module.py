"""Whole PyTorch modules, as `torch.save(model, path)` writes them, read without running anything.

Such a file names the classes of its modules, which may be anybody's. Here every class becomes an
inert record: nothing is imported and nothing called. A module is a record whose state holds
`_modules`, `_parameters` and `_buffers`; their tensors, under the names that a state_dict would
give them, are the network.
"""

from __future__ import annotations

import io
import pickletools
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.pickle_outline import (
    ITEM_BYTES,
    TENSORS,
    Call,
    Name,
    PickleMachine,
    Stored,
)
from rnnviz.nets.checkpoints.pytorch import (
    LEGACY,
    check_legacy_header,
    looks_like_pytorch,
    pickle_name,
)
from rnnviz.nets.checkpoints.stack import infer_network
from rnnviz.nets.checkpoints.vocabulary_found import vocabulary_in
from rnnviz.nets.opened import OpenedModel

_DEEPEST = 24
_MOST_RECORDS = 2_000_000
_PARAMETER = "torch._utils._rebuild_parameter"
_NUMPY = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1",
    "BoolStorage": "?",
}  # fmt: skip


@dataclass(eq=False)
class Record(Call):
    """What would be an object of a class that is never looked up; `state` is what it would hold."""

    state: dict[Any, Any] = field(default_factory=dict)


class _Recorder(PickleMachine):
    """Follows a pickle and makes records of everything that it would make."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.kinds: dict[str, str] = {}
        """The kind of every storage by its key."""
        self._made = 0

    def stop(self, _: None) -> None:
        (self.outline.root,) = self.stack

    def step(self, opcode: str, argument: Any) -> None:
        extra = _EXTRA.get(opcode)
        if extra is not None:
            extra(self, argument)
        else:
            super().step(opcode, argument)

    def name(self, module: str, name: str) -> None:
        self.stack.append(Name(f"{module}.{name}"))

    def call(self, called: Any, arguments: Any) -> None:
        self._made += 1
        if self._made > _MOST_RECORDS:
            raise self._damaged("it would make millions of objects")
        arguments = arguments if isinstance(arguments, tuple) else (arguments,)
        name = called.name if isinstance(called, Name) else type(called).__name__
        if name in TENSORS:
            self._check_tensor(*arguments[:4])
        self.stack.append(Record(name, arguments))

    def set_items(self, flat: list[Any]) -> None:
        target = self.stack[-1]
        items = target.items if isinstance(target, Call) else target
        if not isinstance(items, dict):
            return
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if isinstance(key, str | int | float | bytes | bool | type(None)):
                items[key] = value

    def append(self, added: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(added)

    def build(self, state: Any) -> None:
        target = self.stack[-1]
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict | None):
            state = {**(state[0] or {}), **(state[1] if isinstance(state[1], dict) else {})}
        if isinstance(target, Record) and isinstance(state, dict):
            target.state = state

    def storage(self, identity: Any) -> None:
        if isinstance(identity, tuple) and identity[:1] == ("module",) and len(identity) > 1:
            self.stack.append(identity[1])  # old files keep the source of the class beside it
            return
        if isinstance(identity, tuple) and len(identity) >= 3 and isinstance(identity[1], Name):
            self.kinds[str(identity[2])] = identity[1].name.removeprefix("torch.")
        super().storage(identity)


def _new_object(machine: _Recorder, _: Any) -> None:
    called, arguments, _keywords = machine.pop(3)
    machine.call(called, arguments)


def _drop(machine: _Recorder, _: Any) -> None:
    machine.pop(1)


_EXTRA: dict[str, Callable[[_Recorder, Any], None]] = {
    "NEWOBJ_EX": _new_object,
    "EMPTY_SET": lambda machine, _: machine.stack.append([]),
    "ADDITEMS": lambda machine, _: machine.append(machine.pop_mark()),
    "FROZENSET": lambda machine, _: machine.stack.append(machine.pop_mark()),
    "LONG4": lambda machine, number: machine.stack.append(number),
    "BINUNICODE8": lambda machine, words: machine.stack.append(words),
    "BINBYTES8": lambda machine, words: machine.stack.append(words),
    "POP": _drop,
}


@dataclass(frozen=True)
class FoundModule:
    """A module, and the numbers that lie beside it."""

    root: Record
    kinds: Mapping[str, str]
    storage: Callable[[str], bytes]


def read_module(path: Path) -> FoundModule | None:
    """The module in a file that torch.save wrote; None where it holds something else.

    Raises:
        ModelFileError: damaged, or made to harm.
    """
    try:
        with path.open("rb") as file:
            legacy = file.read(len(LEGACY)) == LEGACY
        return _read_legacy(path) if legacy else _read_zip(path)
    except ModelFileError:
        raise
    except Exception as error:  # damaged bytes may raise anything, in zipfile as in pickletools
        raise ModelFileError(f"{path.name} is damaged or cut short") from error


def _followed(stream: BinaryIO, file: str) -> _Recorder:
    machine = _Recorder(file)
    for opcode, argument, _ in pickletools.genops(stream):
        machine.step(opcode.name, argument)
    return machine


def _read_zip(path: Path) -> FoundModule | None:
    name = pickle_name(path)
    if name is None:
        return None
    with zipfile.ZipFile(path) as archive:
        machine = _followed(io.BytesIO(archive.read(name)), path.name)
    root = machine.outline.root
    if not _is_module(root):
        return None
    folder = name.removesuffix("data.pkl")

    def storage(key: str) -> bytes:
        with zipfile.ZipFile(path) as archive:
            return archive.read(f"{folder}data/{key}")

    return FoundModule(root, machine.kinds, storage)


def _read_legacy(path: Path) -> FoundModule | None:
    content = path.read_bytes()
    stream = io.BytesIO(content)
    check_legacy_header(stream, path.name)
    machine = _followed(stream, path.name)
    root = machine.outline.root
    if not _is_module(root):
        return None
    keys = _followed(stream, path.name).outline.root
    places: dict[str, tuple[int, int]] = {}
    for key in keys if isinstance(keys, list) else []:
        stored = machine.outline.stored.get(str(key))
        head = stream.read(8)
        if stored is None or len(head) < 8 or struct.unpack("<q", head)[0] != stored.count:
            raise ModelFileError(f"{path.name} lists other storages than it uses; it is damaged")
        places[str(key)] = (stream.tell(), stored.count * stored.item_bytes)
        stream.seek(places[str(key)][1], io.SEEK_CUR)

    def storage(key: str) -> bytes:
        start, length = places.get(key, (0, 0))
        return content[start : start + length]

    return FoundModule(root, machine.kinds, storage)


def _is_module(root: Any) -> bool:
    return isinstance(root, Record) and {"_modules", "_parameters"} <= root.state.keys()


class PyTorchModule:
    """Reads whole modules as data: the classes that they name stay names."""

    name = "pytorch-module"
    title = "PyTorch module"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether torch.save was given a module, and not a dictionary of tensors."""
        if not file.read(looks_like_pytorch):
            return False
        try:
            return file.read(read_module) is not None
        except ModelFileError:
            return False  # the reader of state_dicts says what is wrong

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the characters are neither in the file nor given.
            ModelFileError: truncated, damaged, or not a character model that can be shown.
        """
        found = file.read(read_module)
        assert found is not None
        try:
            tensors = _tensors(found, file.name)
        except ModelFileError:
            raise
        except Exception as error:  # damaged bytes may raise anything
            raise ModelFileError(f"{file.name} is damaged or cut short") from error
        network = infer_network(tensors, file.name)
        kind = found.root.name.rpartition(".")[2]
        taken = (
            f"the file holds a whole module of the class {kind}; its code is not in the file and "
            "was not needed: what the class computes between its layers is taken to be the usual"
        )
        notes = [taken, *network.notes]
        characters = companions.vocabulary
        attributes = {key: _plain(value) for key, value in _attributes(found.root)}
        if characters is None and (named := vocabulary_in(attributes, network.size)):
            characters = named.characters
            notes.extend(named.notes)
        model = network.model(characters, file.name)
        return OpenedModel("language-model", model, PyTorchModule.title, tuple(notes))


def _tensors(found: FoundModule, file: str) -> dict[str, Tensor]:
    """Every tensor under the name that a state_dict would give it.

    Raises:
        ModelFileError: a layer computes something else than can be shown, or numbers are missing.
    """
    tensors: dict[str, Tensor] = {}
    for prefix, module in modules_of(found.root):
        if module.state.get("mode") == "RNN_RELU" or module.state.get("nonlinearity") == "relu":
            where = prefix.rstrip(".") or "the module"
            raise ModelFileError(
                f"{file} holds a vanilla RNN with ReLU ({where}); only tanh can be shown"
            )
        for kind in ("_parameters", "_buffers"):
            for key, value in _items(module.state.get(kind)):
                tensor = _tensor(value, found, file)
                if tensor is not None:
                    tensors[f"{prefix}{key}"] = tensor
    return tensors


def modules_of(root: Record, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Record]]:
    """Every module with the prefix of its parameters' names, the outermost first."""
    yield prefix, root
    if depth > _DEEPEST:
        return
    for name, module in _items(root.state.get("_modules")):
        if isinstance(module, Record):
            yield from modules_of(module, f"{prefix}{name}.", depth + 1)


def _items(value: Any) -> list[tuple[Any, Any]]:
    """The items of a dictionary or of a record of one."""
    if isinstance(value, Call):
        pairs = value.arguments[0] if value.arguments else ()
        given = (
            [tuple(pair) for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]
            if isinstance(pairs, list | tuple)
            else []
        )
        return [*given, *value.items.items()]
    return list(value.items()) if isinstance(value, dict) else []


def _attributes(root: Record) -> Iterator[tuple[str, Any]]:
    """What a person's module keeps beside its tensors: perhaps the characters."""
    for _, module in modules_of(root):
        for key, value in module.state.items():
            if isinstance(key, str) and not key.startswith("_"):
                yield key, value


def _plain(value: Any, depth: int = 0) -> Any:
    """Records of dictionaries and lists as what they stand for."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, Record):
        inside = dict(_items(value)) or value.state
        return {key: _plain(one, depth + 1) for key, one in inside.items()}
    if isinstance(value, dict):
        return {key: _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    return value


def _tensor(value: Any, found: FoundModule, file: str) -> Tensor | None:
    """The numbers of a tensor or a parameter; None for what is neither."""
    call = value
    if isinstance(call, Call) and call.name == _PARAMETER and call.arguments:
        call = call.arguments[0]
    if not isinstance(call, Call) or call.name not in TENSORS:
        return None
    stored, offset, size, stride = call.arguments[:4]
    if not isinstance(stored, Stored):
        return None
    kind = found.kinds.get(stored.key, "")
    content = found.storage(stored.key)
    if len(content) < stored.count * ITEM_BYTES.get(kind, 8):
        raise ModelFileError(f"{file} is cut short: a tensor's numbers are missing")
    if kind == "BFloat16Storage":
        flat = torch.frombuffer(bytearray(content), dtype=torch.bfloat16)
    else:
        flat = torch.from_numpy(np.frombuffer(content, _NUMPY[kind]).copy())
    return flat.as_strided(tuple(size), tuple(stride), int(offset)).clone()
