"""What a dropped file or folder is, by its content; reads a few kilobytes and opens nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from rnnviz.core.errors import TextError

Kind = Literal["model", "text", "recording", "run", "concept", "finding"]

_MODEL_SUFFIXES = {
    ".safetensors", ".pt", ".pth", ".ckpt", ".t7", ".bin", ".pkl", ".pickle", ".h5", ".hdf5",
    ".keras", ".onnx", ".gguf", ".npz", ".model", ".dict",
}  # fmt: skip
"""Whoever drops such a file means a model, also when it turns out to hold something else."""
_HEAD = 1 << 16


def kind_of(path: Path) -> Kind:
    """What lies at this path.

    Raises:
        TextError: nothing lies there, or a folder without a recording or a run.
    """
    if not path.exists():
        raise TextError(f"{path} does not exist; it may have been moved or deleted")
    if path.is_dir():
        if (path / "recording.json").exists():
            return "recording"
        if (path / "run.json").exists():
            return "run"
        raise TextError(
            f"the folder {path.name} holds neither a recording nor a training run; "
            "choose a model or a text file"
        )
    if path.suffix.lower() in _MODEL_SUFFIXES:
        return "model"
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix.lower() == ".json":
        return _kind_of_json(path)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "model"
    return "text"


def _kind_of_json(path: Path) -> Kind:
    if path.stat().st_size > _HEAD:
        return "text"
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return "text"
    if isinstance(content, dict) and "kind" in content:
        return "concept"
    if isinstance(content, dict) and {"channel", "scale", "start"} <= content.keys():
        return "finding"
    return "text"
