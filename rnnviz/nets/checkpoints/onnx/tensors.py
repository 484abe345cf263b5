"""The constants of an ONNX graph: weights in the file or beside it, and what is made of them.

Exporters leave reorderings of gates in the graph (`Slice`, `Concat`, `Transpose` of weights); such
are computed here, on constants alone. Data outside the file is read from its own folder only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import memory_left
from rnnviz.nets.checkpoints.named_files import read_named_file

Array = npt.NDArray[Any]
_TYPES = {
    1: "<f4", 2: "|u1", 3: "|i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "|b1", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
"""`TensorProto.DataType` as numpy names them; bfloat16, which it lacks, is 16."""
_BFLOAT16 = 16
_EXTERNAL = 1
_MOST_MADE = 1 << 31


def array_of(tensor: Any, path: Path) -> Array:
    """The numbers of a `TensorProto`.

    Raises:
        ModelFileError: of a type that is not known, of a size that it does not have, or kept where
            it may not be.
    """
    name, shape = tensor.name, tuple(tensor.dims)
    kind = tensor.data_type
    if kind not in _TYPES and kind != _BFLOAT16:
        raise ModelFileError(
            f"{path.name}: the constant {name} is of type {kind}, which is no type of weights; if "
            "the model is quantised, open it as it was before"
        )
    dtype = np.dtype(_TYPES.get(kind, "<u2"))
    if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize > memory_left():
        raise ModelFileError(
            f"{path.name}: the constant {name} has the shape {shape}; it is damaged"
        )
    if tensor.data_location == _EXTERNAL:
        raw = _outside(tensor, math.prod(shape) * dtype.itemsize, path)
    else:
        raw = tensor.raw_data
    if raw or not math.prod(shape):
        if len(raw) != math.prod(shape) * dtype.itemsize:
            _wrong_size(name, len(raw), shape, path)
        found = np.frombuffer(raw, dtype)
    else:
        found = _listed(tensor, kind, dtype)
        if len(found) != math.prod(shape):
            _wrong_size(name, len(found) * dtype.itemsize, shape, path)
    if kind == _BFLOAT16:
        found = (found.astype(np.uint32) << 16).view(np.float32)
    return found.reshape(shape)


def _listed(tensor: Any, kind: int, dtype: np.dtype[Any]) -> Array:
    """Numbers that stand one by one; small ones stand in fields of larger types."""
    fields = {
        1: "float_data",
        7: "int64_data",
        11: "double_data",
        12: "uint64_data",
        13: "uint64_data",
    }
    listed = np.array(getattr(tensor, fields.get(kind, "int32_data")))
    if kind in (10, _BFLOAT16):
        return listed.astype(np.uint16).view(dtype)
    return listed.astype(dtype)


def _outside(tensor: Any, size: int, path: Path) -> bytes:
    about = {entry.key: entry.value for entry in tensor.external_data}
    try:
        offset = int(about.get("offset", "0"))
        length = int(about.get("length", str(size)))
    except ValueError as error:
        raise ModelFileError(f"{path.name}: where {tensor.name} lies is damaged") from error
    if offset < 0 or length != size:
        raise ModelFileError(
            f"{path.name}: {tensor.name} claims {length:,} bytes and has the shape of {size:,}"
        )
    return read_named_file(path, about.get("location"), length, offset)


def _wrong_size(name: str, size: int, shape: tuple[int, ...], path: Path) -> None:
    raise ModelFileError(
        f"{path.name}: the constant {name} of shape {shape} has {size:,} bytes; the file is cut or "
        "damaged"
    )


# What is made of constants

Attributes = Mapping[str, Any]
_Fold = Callable[[list[Array | None], Attributes], Array]


def _axes(inputs: list[Array | None], attributes: Attributes) -> tuple[int, ...]:
    given = inputs[1] if len(inputs) > 1 and inputs[1] is not None else attributes.get("axes", ())
    return tuple(int(axis) for axis in np.asarray(given).reshape(-1))


def _unsqueeze(inputs: list[Array | None], attributes: Attributes) -> Array:
    return np.expand_dims(np.asarray(inputs[0]), _axes(inputs, attributes))


def _squeeze(inputs: list[Array | None], attributes: Attributes) -> Array:
    return np.squeeze(np.asarray(inputs[0]), _axes(inputs, attributes) or None)


def _slice(inputs: list[Array | None], attributes: Attributes) -> Array:
    data = np.asarray(inputs[0])
    parts = [None if part is None else np.asarray(part).reshape(-1) for part in inputs[1:]]
    starts = np.asarray(parts[0] if parts else attributes["starts"])
    ends = np.asarray(parts[1] if len(parts) > 1 else attributes["ends"])
    axes = parts[2] if len(parts) > 2 else np.asarray(attributes.get("axes", range(len(starts))))
    steps = parts[3] if len(parts) > 3 else None
    cut = [slice(None)] * data.ndim
    for place, axis in enumerate(axes if axes is not None else range(len(starts))):
        cut[int(axis)] = slice(
            int(starts[place]), int(ends[place]), int(steps[place]) if steps is not None else 1
        )
    return data[tuple(cut)]


def _reshape(inputs: list[Array | None], attributes: Attributes) -> Array:
    data, shape = np.asarray(inputs[0]), [int(size) for size in np.asarray(inputs[1])]
    return data.reshape([data.shape[n] if size == 0 else size for n, size in enumerate(shape)])


_FOLDS: dict[str, _Fold] = {
    "Identity": lambda inputs, _: np.asarray(inputs[0]),
    "Cast": lambda inputs, about: np.asarray(inputs[0]).astype(_TYPES.get(about["to"], "<f4")),
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Slice": _slice,
    "Reshape": _reshape,
    "Transpose": lambda inputs, about: np.transpose(np.asarray(inputs[0]), about.get("perm")),
    "Concat": lambda inputs, about: np.concatenate([np.asarray(i) for i in inputs], about["axis"]),
    "Gather": lambda inputs, about: np.take(
        np.asarray(inputs[0]), np.asarray(inputs[1]), about.get("axis", 0)
    ),
    "Add": lambda inputs, _: np.asarray(inputs[0]) + np.asarray(inputs[1]),
    "Mul": lambda inputs, _: np.asarray(inputs[0]) * np.asarray(inputs[1]),
}


def folded(
    kind: str, inputs: list[Array | None], attributes: Attributes, file: str
) -> Array | None:
    """What an operation gives on constants; None if it is not one of those known.

    Raises:
        ModelFileError: it cannot be computed, or gives more than memory should hold.
    """
    if kind not in _FOLDS or not inputs or inputs[0] is None:
        return None
    if sum(part.nbytes for part in inputs if part is not None) > _MOST_MADE:
        raise ModelFileError(f"{file} makes more of its weights than it holds; it is damaged")
    if kind == "Gather" and inputs[0].nbytes * max(1, np.asarray(inputs[1]).size) > _MOST_MADE:
        raise ModelFileError(f"{file} makes more of its weights than it holds; it is damaged")
    if kind in ("Add", "Mul") and inputs[1] is not None and inputs[0].ndim + inputs[1].ndim > 2:
        return None
    try:
        return np.asarray(_FOLDS[kind](inputs, attributes))
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ModelFileError(f"{file}: a {kind} of its weights is damaged: {error}") from error
