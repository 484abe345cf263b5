"""Files that other programs wrote, kept in archives, and what those programs say they answer."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import torch

from rnnviz.core.models.network import network_of
from rnnviz.nets.opened import OpenedModel

SYMBOLS = tuple("abcdefghi")
"""Those that the networks in the archives read."""


def unpacked(archive: str, folder: Path) -> Path:
    """The files of `data/ARCHIVE.tar.xz`, in this folder."""
    with tarfile.open(Path(__file__).parent / "data" / f"{archive}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return folder


def largest_difference(opened: OpenedModel, told: Path) -> float:
    """How far the answers of an opened model lie from those that its own program gave."""
    with np.load(told) as kept:
        read, wanted = kept["x"], kept["y"]
    network = network_of(opened.model.description)
    if read.ndim == 3 and network.symbols:
        read = read.argmax(-1)
    entering = torch.from_numpy(read).transpose(0, 1)
    with torch.inference_mode():
        found = opened.model(entering.long() if entering.dim() == 2 else entering.float())[0]
    if network.head.gives == "softmax":
        found = found.softmax(-1)
    elif network.head.gives == "sigmoid":
        found = found.sigmoid()
    if found.dim() == 3:
        found = found.transpose(0, 1)
        if wanted.ndim == 2:  # of the last step alone, or of all steps in a row
            found = found[:, -1] if len(wanted) == len(found) else found.reshape(wanted.shape)
    elif wanted.ndim == 3:  # the one answer was cut into rows
        wanted = wanted.reshape(len(wanted), -1)
    assert found.shape == wanted.shape
    return float(np.abs(found.numpy() - wanted).max())
