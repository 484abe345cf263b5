"""Torch7's binary serialisation, read with every count checked against the bytes that are left.

    tag int32: 0 nil, 1 number, 2 string, 3 table, 4 object, 5 boolean; 6, 7, 8 functions
    tables and objects are followed by a number; a number met before refers to the same thing

Numbers are little-endian; `long` has 8 bytes. Functions hold Lua code; they are passed over, and
nothing of them is run.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import read_head
from rnnviz.nets.checkpoints.strided import view_fits

_NIL, _NUMBER, _STRING, _TABLE, _OBJECT, _BOOLEAN = range(6)
_FUNCTIONS = (6, 7, 8)
_DEEPEST = 64
_LONGEST_NAME = 256
_TYPES = {
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
    "Cuda": "<f4",
    "CudaDouble": "<f8",
    "CudaHalf": "<f2",
    "CudaLong": "<i8",
    "CudaInt": "<i4",
    "CudaShort": "<i2",
    "CudaChar": "i1",
    "CudaByte": "u1",
}
_TENSORS = {f"torch.{name}Tensor": dtype for name, dtype in _TYPES.items()}
_STORAGES = {f"torch.{name}Storage": dtype for name, dtype in _TYPES.items()}

Array = npt.NDArray[np.generic]


class LuaObject:
    """An object of a Torch class: its class name and its fields."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.fields: Any = {}

    def get(self, name: str, default: Any = None) -> Any:
        """A field, or the default."""
        return self.fields.get(name, default) if isinstance(self.fields, dict) else default


def looks_like_t7(path: Path) -> bool:
    """Whether the file starts with a table and a likely key, or an object and its version."""
    head = read_head(path, 16)
    if len(head) < 16:
        return False
    tag, index, count, following = struct.unpack("<4i", head)
    if index != 1:
        return False
    if tag == _TABLE:
        return 0 <= count < 1 << 24 and following in (_NUMBER, _STRING, _BOOLEAN, _OBJECT)
    return tag == _OBJECT and count == 3 and head[12:14] == b"V "


def read_t7(path: Path) -> Any:
    """What the file holds: dicts for tables, arrays for tensors, `LuaObject` for other objects.

    Raises:
        ModelFileError: truncated or damaged.
    """
    return _Reader(path.read_bytes(), path.name).value(0)


class _Reader:
    """Walks the bytes once, front to back."""

    def __init__(self, raw: bytes, file: str) -> None:
        self.raw, self.file, self.at = raw, file, 0
        self.known: dict[int, Any] = {}

    def value(self, depth: int) -> Any:  # noqa: PLR0911 - a tag each
        """The next value, whatever it is."""
        if depth > _DEEPEST:
            raise self._damaged(f"values are nested more than {_DEEPEST} deep")
        tag = self._int()
        if tag == _NIL:
            return None
        if tag == _NUMBER:
            (number,) = self._unpack("<d")
            return int(number) if number.is_integer() else number
        if tag == _STRING:
            return self._string()
        if tag == _BOOLEAN:
            return self._int() == 1
        if tag in _FUNCTIONS:
            return self._function(tag, depth)
        if tag not in (_TABLE, _OBJECT):
            raise self._damaged(f"a value of the unknown type {tag}")
        index = self._int()
        if index in self.known:
            return self.known[index]
        return self._table(index, depth) if tag == _TABLE else self._object(index, depth)

    def _function(self, tag: int, depth: int) -> LuaObject:
        """Compiled code and the values that it closes over: read to get behind it, and left."""
        made = LuaObject("function")
        if tag != _FUNCTIONS[0]:
            index = self._int()
            if index in self.known:
                found: LuaObject = self.known[index]
                return found
            self.known[index] = made
        length = self._int()
        if not 0 <= length <= self._left():
            raise self._damaged(f"a function of {length:,} bytes is announced")
        self.at += length
        self.value(depth + 1)
        return made

    def _table(self, index: int, depth: int) -> dict[Any, Any]:
        table: dict[Any, Any] = {}
        self.known[index] = table
        count = self._int()
        if not 0 <= count <= self._left() // 8:
            raise self._damaged(f"a table of {count:,} entries is announced")
        for _ in range(count):
            key = self.value(depth + 1)
            value = self.value(depth + 1)
            if isinstance(key, str | int | float):
                table[key] = value
        return table

    def _object(self, index: int, depth: int) -> Any:
        kind = self._string(_LONGEST_NAME)
        if kind.startswith("V "):
            kind = self._string(_LONGEST_NAME)
        made: Any
        if kind in _TENSORS:
            made = self._tensor(_TENSORS[kind], depth)
        elif kind in _STORAGES:
            made = self._storage(_STORAGES[kind])
        else:
            made = self.known[index] = LuaObject(kind)
            made.fields = self.value(depth + 1)
        self.known[index] = made
        return made

    def _storage(self, dtype: str) -> Array:
        (count,) = self._unpack("<q")
        width = np.dtype(dtype).itemsize
        if not 0 <= count <= self._left() // width:
            raise self._damaged(f"a storage of {count:,} numbers is announced")
        found = np.frombuffer(self.raw, dtype, count, self.at)
        self.at += count * width
        return found

    def _tensor(self, dtype: str, depth: int) -> Array:
        dimensions = self._int()
        if not 0 <= dimensions <= 8:
            raise self._damaged(f"a tensor of {dimensions} dimensions is announced")
        size = self._unpack(f"<{dimensions}q")
        stride = self._unpack(f"<{dimensions}q")
        (offset,) = self._unpack("<q")
        storage = self.value(depth + 1)
        if storage is None or dimensions == 0:
            return np.zeros(0, dtype)
        if not isinstance(storage, np.ndarray) or storage.ndim != 1 or storage.dtype != dtype:
            raise self._damaged("a tensor refers to something that is no storage of its type")
        if min(*size, *stride) < 0 or offset < 1:
            raise self._damaged("a tensor has negative sizes")
        if 0 in size:
            return np.zeros(size if max(size) <= len(storage) else 0, dtype)
        if not view_fits(size, stride, offset - 1, len(storage)):
            raise self._damaged(
                f"a tensor of shape {size} is announced in a storage of {len(storage):,} numbers"
            )
        width = storage.dtype.itemsize
        return np.lib.stride_tricks.as_strided(
            storage[offset - 1 :], size, [step * width for step in stride], writeable=False
        )

    def _string(self, longest: int | None = None) -> str:
        length = self._int()
        if not 0 <= length <= min(self._left(), longest or self._left()):
            raise self._damaged(f"a string of {length:,} bytes is announced")
        raw = self.raw[self.at : self.at + length]
        self.at += length
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def _int(self) -> int:
        return int(self._unpack("<i")[0])

    def _unpack(self, form: str) -> tuple[Any, ...]:
        length = struct.calcsize(form)
        if self._left() < length:
            raise self._damaged("it ends in the middle of a value")
        found = struct.unpack_from(form, self.raw, self.at)
        self.at += length
        return found

    def _left(self) -> int:
        return len(self.raw) - self.at

    def _damaged(self, what: str) -> ModelFileError:
        return ModelFileError(
            f"{self.file} is a Torch7 file that is damaged or cut short: at byte {self.at:,} {what}"
        )
