"""What a dropped file or folder is, by its content; reads a few kilobytes and opens nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from rnnviz.core.alignments.files.attention_file import is_attention
from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.files.reading import DamagedFileError, exists, read_head, read_json
from rnnviz.core.models.model_folder import NoModelInFolder, describes_model, model_file_in
from rnnviz.core.recordings.activation_files import is_folder_of_states, is_recorded_elsewhere
from rnnviz.core.runs.tensorboard.event_files import run_folders
from rnnviz.core.sequences.texts.decoding import begins_as_text
from rnnviz.core.stories.pack import is_pack
from rnnviz.core.stories.story import FORMAT

Kind = Literal[
    "model", "text", "recording", "recorded", "run", "concept", "finding", "attention", "stories"
]  # fmt: skip

_MODEL_SUFFIXES = {
    ".safetensors", ".pt", ".pth", ".ckpt", ".t7", ".bin", ".pkl", ".pickle", ".h5", ".hdf5",
    ".keras", ".onnx", ".tflite", ".pb", ".gguf", ".npz", ".model", ".dict",
}  # fmt: skip
"""Whoever drops such a file means a model, also when it turns out to hold something else."""
_MAGIC = (b"PK\x03\x04", b"\x80", b"\x89HDF", b"GGUF", b"\x93NUMPY", b"\x1f\x8b")
"""How files of weights begin: zip archives, pickles, HDF5, GGUF, numpy, gzip."""
_NO_PROSE = (b"<", b"version https://git-lfs")
"""How text begins that came in place of a model: a web page, a pointer to a large file."""
_T7_TEXT = re.compile(rb"\d+\r?\n\d+\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
"""What stands in binary files and in no prose."""
_HEAD = 1 << 16
_LEAST_PROSE = 200
_LARGEST_JSON = 1 << 24


def kind_of(path: Path) -> Kind:
    """What lies at this path.

    Raises:
        TextError: nothing lies there, or a folder without a recording or a run.
    """
    if not exists(path):
        raise TextError(f"{path} does not exist; it may have been moved or deleted")
    if path.is_dir():
        return _kind_of_folder(path)
    if _is_of_a_run(path):
        return "run"
    return _kind_of_file(path)


def _kind_of_file(path: Path) -> Kind:
    """What a file is that belongs to no run."""
    try:
        head = read_head(path, _HEAD)
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    if is_recorded_elsewhere(path, head):
        return "recorded"
    if path.suffix.lower() == ".npz" and is_attention(path, head):
        return "attention"
    if _is_of_numbers(path, head):
        return "text"
    if head.startswith(_MAGIC) or not begins_as_text(head):
        return "stories" if is_pack(path) else "model"
    if path.suffix.lower() in _MODEL_SUFFIXES and not _is_prose(head):
        return "model"
    kind = _kind_of_json(path, head) if path.suffix.lower() == ".json" else "text"
    return "attention" if kind == "text" and is_attention(path, head) else kind


def _is_of_numbers(path: Path, head: bytes) -> bool:
    """Whether this is an array of numbers, or an archive with one that is called as inputs are."""
    if path.suffix.lower() == ".npy":
        return head.startswith(b"\x93NUMPY")
    names = (b"x.npy", b"inputs.npy", b"arr_0.npy", b"data.npy", b"values.npy")
    return path.suffix.lower() == ".npz" and any(name in head for name in names)


def _kind_of_folder(path: Path) -> Kind:
    """A recording, a run, or the folder of a model, also of one that will not open."""
    if exists(path / "recording.json"):
        return "recording"
    if run_folders(path):
        return "run"
    if is_folder_of_states(path):
        return "recorded"
    try:
        model_file_in(path)
    except NoModelInFolder as error:
        raise TextError(
            f"the folder {path.name} holds neither a recording nor a training run nor a model; "
            "choose a model or a text file"
        ) from error
    except ModelFileError:
        return "model"
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    return "model"


def _is_of_a_run(path: Path) -> bool:
    """Whether this is a file by which a person may point at the run directory that it lies in."""
    ours = path.name in ("run.json", "events.jsonl") and exists(path.parent / "run.json")
    return ours or ".tfevents." in path.name


def _is_prose(head: bytes) -> bool:
    """Whether this is a text, named like a model by chance."""
    if len(head) < _LEAST_PROSE or head.lstrip().startswith(_NO_PROSE) or _T7_TEXT.match(head):
        return False
    return b"{" not in head[:16] and b"\n" in head and not _CONTROL.search(head)


def _kind_of_json(path: Path, head: bytes) -> Kind:
    if FORMAT.encode() in head:
        return "stories"
    if describes_model(head):
        return "model"
    told = b'"kind"' in head or b'"channel"' in head
    if not told:
        return "text"
    try:
        content = read_json(path, limit=_LARGEST_JSON)
    except (OSError, DamagedFileError):
        return "text"
    if isinstance(content, dict) and "kind" in content:
        return "concept"
    found = isinstance(content, dict) and {"channel", "scale", "start"} <= content.keys()
    return "finding" if found else "text"
