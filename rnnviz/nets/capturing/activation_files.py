"""Activations that another program recorded become a recording of ours; see `core.recordings`.

Matrices (T, U) of numbers are layers; their names say which channel of which layer they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ModelFileError, RecordingError
from rnnviz.core.files.reading import DamagedFileError, check_fits, read_json, read_small
from rnnviz.core.recordings.activation_files import KEY, states_in
from rnnviz.core.recordings.groups import Group
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences import base
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens
from rnnviz.nets.checkpoints.keras.hdf5 import (
    check_stored,
    group_in,
    h5py_for,
    opened_hdf5,
    tensor_in,
)

Numbers = npt.NDArray[np.floating]
_LARGEST = 1 << 28
_DEEPEST = 6
_ENDS = {"<eos>", "</s>", "<end>"}
_CELL = re.compile(r"cell|state|(^|[^a-z])c\d*$", re.IGNORECASE)
_HIDDEN = re.compile(r"hidden|output|(^|[^a-z])h\d*$", re.IGNORECASE)


def record_activations(path: Path, folder: Path) -> None:
    """Write what lies at this path as a recording into a folder.

    Raises:
        RecordingError: it cannot be read, or has no tokens, or no matrices with a row for each.
        ModelFileError: damaged, or h5py is missing.
    """
    try:
        _record(path, folder)
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror or error}") from error


def _record(path: Path, folder: Path) -> None:
    source = path if path.is_dir() or path.suffix.lower() == ".json" else path.parent
    matrices, tokens = _of_lstmvis(source) if source.is_dir() else _of_json(source)
    fitting = {name: one for name, one in matrices.items() if len(one) == len(tokens)}
    if not fitting:
        sizes = ", ".join(f"{name} {one.shape}" for name, one in list(matrices.items())[:4])
        raise RecordingError(
            f"{path.name} holds {len(tokens):,} tokens and no matrix with so many rows"
            f"{f' (it has {sizes})' if sizes else ''}"
        )
    layers = _layers(fitting)
    groups = [
        Group(name=str(place), title=title, width=width, channels=tuple(parts), layer=place - 1)
        for place, (title, width, parts) in enumerate(layers, 1)
    ]
    name = source.name if source.is_dir() else source.stem
    note = f"recorded by another program, and read from {path.name}"
    writer = RecordingWriter(
        folder, _sequence(tokens, name), groups, None, dtype="float32", notes=(note,)
    )
    for place, (_, _, parts) in enumerate(layers):
        writer.put_group(place, 0, {channel: rows.T for channel, rows in parts.items()})
    writer.complete(0, len(tokens))


def _of_json(path: Path) -> tuple[dict[str, Numbers], list[str]]:
    try:
        content = read_json(path, limit=_LARGEST)
    except DamagedFileError as error:
        raise RecordingError(f"{path.name} is damaged: {error}") from error
    found = content.get(KEY) if isinstance(content, dict) else None
    tokens = content.get("tokens", content.get("text")) if isinstance(content, dict) else None
    if isinstance(tokens, str):
        tokens = list(tokens)
    listed = isinstance(tokens, list) and all(isinstance(one, str) for one in tokens)
    if not listed or not tokens:
        raise RecordingError(f"{path.name} has activations, and no list of `tokens` and no `text`")
    named = found if isinstance(found, dict) else {"layer 1": found}
    matrices = {}
    for name, rows in named.items():
        try:
            matrix = np.asarray(rows, np.float32)
        except (ValueError, TypeError, OverflowError) as error:
            raise RecordingError(
                f"the activations {name[:40]!r} of {path.name} are no rows of numbers"
            ) from error
        if matrix.ndim == 2 and matrix.size:
            matrices[name] = matrix
    return matrices, tokens


def _of_lstmvis(folder: Path) -> tuple[dict[str, Numbers], list[str]]:
    states, words = states_in(folder)
    if words is None or not states:
        raise RecordingError(f"{folder.name} holds no states with a list of words")
    known = _words(words)
    matrices: dict[str, Numbers] = {}
    numbered: list[npt.NDArray[np.int64]] = []
    for file in states:
        check_fits(file)
        with opened_hdf5(file, file.name) as root:
            for name, data in _datasets(root, file.name):
                if data.ndim == 2 and data.dtype.kind == "f" and data.size:
                    matrices[name] = tensor_in(root, name, file.name).numpy()
                elif data.dtype.kind in "iu" and 0 < data.size < _LARGEST:
                    check_stored(data, name, file.name)
                    numbered.append(np.asarray(data[()], np.int64).ravel())
    rows = {len(matrix) for matrix in matrices.values()}
    ids = next((one for one in numbered if len(one) in rows), None)
    if ids is None:
        raise RecordingError(f"{folder.name} has no list of word numbers as long as its states")
    return matrices, [known.get(int(one), f"<{int(one)}>") for one in ids]


def _datasets(root: Any, file: str, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    h5py = h5py_for(file)
    for name in list(root)[:1000]:
        found = group_in(root, name, file)
        if isinstance(found, h5py.Dataset):
            yield f"{prefix}{name}", found
        elif isinstance(found, h5py.Group) and depth < _DEEPEST:
            yield from _datasets(found, file, f"{prefix}{name}/", depth + 1)


def _words(path: Path) -> dict[int, str]:
    """`word id` a line."""
    try:
        lines = read_small(path, _LARGEST).decode("utf-8", "replace").splitlines()
    except DamagedFileError as error:
        raise RecordingError(f"{path.name} is damaged: {error}") from error
    found = {}
    for line in lines:
        word, _, number = line.rpartition(" ")
        if word and number.isdecimal() and len(number) < 10:
            found[int(number)] = word
    if not found:
        raise ModelFileError(f"{path.name} lists no words with their numbers, one a line")
    return found


def _layers(matrices: Mapping[str, Numbers]) -> list[tuple[str, int, dict[str, Numbers]]]:
    """Title, width and channels of each layer, which matrices of one number in their names are."""
    found: dict[str, tuple[str, int, dict[str, Numbers]]] = {}
    for name, rows in matrices.items():
        numbers = re.findall(r"\d+", name)
        channel = (
            "cell" if _CELL.search(name) else "hidden" if _HIDDEN.search(name) else "activation"
        )
        key = f"{numbers[-1] if numbers else name}/{rows.shape[1]}"
        if key in found and channel in found[key][2]:
            key = name
        _, _, parts = found.setdefault(key, (name.replace("\n", " ")[:60], rows.shape[1], {}))
        parts[channel] = rows
    return list(found.values())


def _sequence(tokens: list[str], name: str) -> base.Sequence:
    """A text where every token is a character, else words with blanks between."""
    if all(len(token) == 1 for token in tokens):
        return Text.of("".join(tokens), name)
    parts, spans, place = [], [], 0
    for token in tokens:
        spans.append((place, place + len(token)))
        parts.append(token + ("\n" if token in _ENDS else " "))
        place += len(parts[-1])
    vocabulary = tuple(dict.fromkeys(tokens))
    numbers = {token: place for place, token in enumerate(vocabulary)}
    ids = np.array([numbers.get(token, UNKNOWN_TOKEN) for token in tokens], np.uint32)
    return Tokens(ids, np.array(spans, np.int64), Text.of("".join(parts), name), vocabulary)
