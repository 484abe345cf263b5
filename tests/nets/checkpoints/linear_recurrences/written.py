"""Files of RWKV and Mamba, as the programs that make them lay them out."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

Arrays = Mapping[str, npt.NDArray[Any]]


def as_tensors(arrays: Arrays) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}


def write_pth(path: Path, arrays: Arrays) -> Path:
    torch.save(as_tensors(arrays), path)
    return path


def write_safetensors(path: Path, arrays: Arrays) -> Path:
    save_file(as_tensors(arrays), path, {"format": "pt"})
    return path


def write_rwkv_cpp(path: Path, arrays: Arrays, half: bool = False) -> Path:
    """By the specification in rwkv.cpp's FILE_FORMAT.md; its converter changes the decays."""
    size, width = arrays["emb.weight"].shape
    blocks = sum(name.endswith("ln1.weight") for name in arrays)
    content = struct.pack("<6i", 0x67676D66, 101, size, width, blocks, int(half))
    matrices = "blocks.0.att.ln_x.weight" in arrays
    for name, array in arrays.items():
        kept = array.squeeze() if ".time_" in name else array
        if name.endswith("time_decay"):
            kept = np.exp(-np.exp(kept))[..., None] if matrices else -np.exp(kept)
        elif name.endswith("time_faaaa"):
            kept = kept[..., None]
        small = half and kept.ndim > 1 and ".time_" not in name
        kept = kept.astype("<f2" if small else "<f4")
        content += struct.pack("<3i", kept.ndim, len(name), int(small))
        content += struct.pack(f"<{kept.ndim}i", *kept.shape[::-1])
        content += name.encode() + kept.tobytes()
    path.write_bytes(content)
    return path
