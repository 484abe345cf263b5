"""Files of rwkv.cpp: a header of six numbers, then every tensor with its name, its axes reversed.

What the converter has computed of the decays is taken back, so that the tensors are those of the
PyTorch file that it was given.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import read_head

_MAGIC = 0x67676D66
_HEADER = struct.Struct("<6i")
_TENSOR = struct.Struct("<3i")
_VERSIONS = (100, 101)
_TYPES = {0: "<f4", 1: "<f2"}
_LONGEST_NAME = 256
_MOST_AXES = 4


def looks_like_rwkv_cpp(path: Path) -> bool:
    """Whether the file begins as rwkv.cpp's do."""
    return read_head(path, 4) == struct.pack("<i", _MAGIC)


def read_rwkv_cpp(path: Path) -> Mapping[str, Tensor]:
    """The tensors by the names of the original program.

    Raises:
        ModelFileError: cut short, damaged, quantised or of a newer form.
    """
    raw = path.read_bytes()
    if len(raw) < _HEADER.size:
        raise ModelFileError(f"{path.name} ends in its header: it is cut short; fetch it again")
    _, version, *_ = _HEADER.unpack_from(raw)
    if version not in _VERSIONS:
        raise ModelFileError(
            f"{path.name} is a file of rwkv.cpp of the form {version}; the forms 100 and 101 are "
            "read"
        )
    tensors: dict[str, Tensor] = {}
    at = _HEADER.size
    while at < len(raw):
        name, tensor, at = _tensor(raw, at, path.name)
        if name in tensors:
            raise ModelFileError(f"{path.name} holds {name[:80]} twice: it is damaged")
        tensors[name] = tensor
    return {name: _as_before(name, tensor, tensors) for name, tensor in tensors.items()}


def _tensor(raw: bytes, at: int, file: str) -> tuple[str, Tensor, int]:
    """A tensor and its name, and where the next one begins."""
    cut = ModelFileError(f"{file} is damaged or cut short at byte {at:,}; fetch it again")
    if at + _TENSOR.size > len(raw):
        raise cut
    axes, length, kind = _TENSOR.unpack_from(raw, at)
    at += _TENSOR.size
    if not (0 < axes <= _MOST_AXES and 0 < length <= _LONGEST_NAME):
        raise cut
    if at + 4 * axes + length > len(raw):
        raise cut
    shape = struct.unpack_from(f"<{axes}i", raw, at)
    at += 4 * axes
    name = raw[at : at + length].decode("utf-8", "replace")
    at += length
    if kind not in _TYPES:
        if 2 <= kind < 32:
            raise ModelFileError(
                f"{file} is a quantised file of rwkv.cpp ({name[:80]} is of type {kind}); convert "
                "the .pth once more with FP16, or open the .pth itself"
            )
        raise cut
    if min(shape) < 1:
        raise cut
    count, dtype = math.prod(shape), np.dtype(_TYPES[kind])
    stop = at + count * dtype.itemsize
    if stop > len(raw):
        raise cut
    numbers = np.frombuffer(raw, dtype, count, at).astype(np.float32)
    return name, torch.from_numpy(numbers.reshape(shape[::-1])), stop


def _as_before(name: str, tensor: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
    """A decay as the original program keeps it, of -exp(decay) or exp(-exp(decay)) here."""
    if not name.endswith(".time_decay"):
        return tensor
    exact = tensor.double()
    if f"{name.removesuffix('time_decay')}ln_x.weight" in tensors:
        exact = exact.clamp(torch.finfo(torch.float32).tiny, 1 - 1e-12).log()
    return (-exact).clamp_min(torch.finfo(torch.float32).tiny).log().float()
