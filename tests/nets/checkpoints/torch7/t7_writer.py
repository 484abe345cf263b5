"""A writer of Torch7's binary form, small and independent of the reader that it tests."""

from __future__ import annotations

import itertools
import struct
from typing import Any

import numpy as np


class Lua:
    """An object of a Torch class with fields."""

    def __init__(self, kind: str, **fields: Any) -> None:
        self.kind, self.fields = kind, fields


def array(values: Any) -> dict[Any, Any]:
    """A Lua table with the keys 1 to n."""
    return dict(enumerate(values, 1))


def string(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<i", len(raw)) + raw


def t7(value: Any, tensor: str = "torch.DoubleTensor") -> bytes:
    """The bytes of a value; arrays become tensors of this class."""
    counter = itertools.count(1)
    known: dict[int, tuple[int, Any]] = {}

    def write(value: Any) -> bytes:
        match value:
            case None:
                return struct.pack("<i", 0)
            case bool():
                return struct.pack("<ii", 5, value)
            case int() | float():
                return struct.pack("<id", 1, value)
            case str() | bytes():
                return struct.pack("<i", 2) + string(value)
            case _:
                return write_shared(value)

    def write_shared(value: Any) -> bytes:
        tag = 3 if isinstance(value, dict) else 4
        if id(value) in known:
            return struct.pack("<ii", tag, known[id(value)][0])
        index = next(counter)
        known[id(value)] = (index, value)
        start = struct.pack("<ii", tag, index)
        if isinstance(value, dict):
            pairs = b"".join(write(key) + write(item) for key, item in value.items())
            return start + struct.pack("<i", len(value)) + pairs
        if isinstance(value, Lua):
            return start + string("V 1") + string(value.kind) + write(value.fields)
        return start + write_tensor(value)

    def write_tensor(value: np.ndarray) -> bytes:
        dtype = "<f8" if "Double" in tensor else "<f4"
        step = np.dtype(dtype).itemsize
        flat = np.ascontiguousarray(value, dtype)
        numbers = [*flat.shape, *(stride // step for stride in flat.strides), 1]
        return (
            string("V 1")
            + string(tensor)
            + struct.pack(f"<i{len(numbers)}q", flat.ndim, *numbers)
            + struct.pack("<ii", 4, next(counter))
            + string("V 1")
            + string(tensor.replace("Tensor", "Storage"))
            + struct.pack("<q", flat.size)
            + flat.tobytes()
        )

    return write(value)
