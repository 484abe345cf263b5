"""charRNN models of ml5.js: a folder of raw arrays, a `manifest.json` and a `vocab.json`.

They were trained by TensorFlow's `BasicLSTMCell`, which keeps one matrix (I + U, 4 U) for what
enters and for the last state, its gates in the order i, j, f, o, and adds 1 to the forget gate when
it runs (`forget_bias`), as ml5 does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.architectures.lstm import LSTM
from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.files.reading import (
    DamagedFileError,
    decode_json,
    read_head,
    read_json,
    read_small,
)
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.named_files import read_named_file
from rnnviz.nets.checkpoints.networks.chain import (
    DensePart,
    Part,
    RecurrentPart,
    TablePart,
    chain_of,
)
from rnnviz.nets.checkpoints.networks.chain_opened import opened_chain
from rnnviz.nets.checkpoints.networks.gate_layout import GateLayout
from rnnviz.nets.checkpoints.vocabulary.found import characters_of
from rnnviz.nets.opened import OpenedModel

_CELL = re.compile(
    r"rnnlm/multi_rnn_cell/cell_(?P<layer>\d{1,9})/basic_lstm_cell/(?P<part>kernel|weights|bias|biases)"
)
_PARTS = {"weights": "kernel", "biases": "bias"}
"""Their names before TensorFlow 1.3."""
_LAYOUT = GateLayout(LSTM, ("BasicLSTMCell",), ("input", "candidate", "forget", "output"))
_FORGET_BIAS = 1.0
_LARGEST = 1 << 32
_VOCABULARY = "vocab.json"


class Ml5:
    """Reads the character models of ml5.js."""

    name = "ml5"
    title = "ml5 charRNN model"
    holds = "character models of ml5.js: the folder, or its `manifest.json`"
    needs = "nothing; the characters where `vocab.json` is damaged"
    refuses = "arrays that no such model has"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is the manifest of such a model."""
        return file.read(_manifest) is not None

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model that this manifest names, with the characters in `vocab.json` beside it.

        Raises:
            VocabularyNeeded: that list is missing or damaged, and no characters are given.
            ModelFileError: an array is missing, cut or unknown.
        """
        manifest, name = file.read(_manifest), file.name
        if manifest is None:
            raise ModelFileError(f"{name} is no manifest of ml5")
        parts = _parts(_arrays(manifest, file.path), name)
        chain = chain_of(parts, name)
        found, notes, problem = _vocabulary(file.path.parent / _VOCABULARY, chain.reads)
        chosen = Companions(found or companions.vocabulary, companions.sentences)
        try:
            return opened_chain(chain, chosen, file.path, Ml5.title, notes)
        except VocabularyNeeded as needed:
            if not problem or companions.vocabulary is not None:
                raise
            raise VocabularyNeeded(f"{needed}; {problem}", needed.size) from needed


def _manifest(path: Path) -> Mapping[str, Any] | None:
    """What the manifest lists; None if the file is something else."""
    head = read_head(path, 1 << 12)
    if b'"filename"' not in head or b'"shape"' not in head:
        return None
    try:
        content = read_json(path)
    except (OSError, DamagedFileError):
        return None
    if not isinstance(content, dict) or not any(map(_CELL.fullmatch, content)):
        return None
    return content


def _arrays(manifest: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    arrays = {}
    for name, about in manifest.items():
        shape = about.get("shape") if isinstance(about, dict) else None
        stored = about.get("filename") if isinstance(about, dict) else None
        if (
            not isinstance(shape, list)
            or not all(type(size) is int and size > 0 for size in shape)
            or not isinstance(stored, str)
            or math.prod(shape) * 4 > _LARGEST
        ):
            raise ModelFileError(f"{path.name}: its entry for {name} is damaged")
        size = 4 * math.prod(shape)
        content = read_named_file(path, stored, size + 1)
        if len(content) != size:
            raise ModelFileError(
                f"{stored} has {len(content):,} bytes and its manifest says {size:,}; the file is "
                "cut, fetch it again"
            )
        if shape:
            arrays[name] = torch.from_numpy(np.frombuffer(content, "<f4").copy()).reshape(shape)
    return arrays


def _parts(arrays: Mapping[str, Tensor], file: str) -> list[Part]:
    cells: dict[int, dict[str, Tensor]] = {}
    for name, array in arrays.items():
        if match := _CELL.fullmatch(name):
            part = _PARTS.get(match["part"], match["part"])
            cells.setdefault(int(match["layer"]), {})[part] = array
        elif name not in ("embedding", "rnnlm/softmax_w", "rnnlm/softmax_b"):
            raise ModelFileError(f"{file} names {name}, which no charRNN of ml5 has")
    missing = [
        name for name in ("embedding", "rnnlm/softmax_w", "rnnlm/softmax_b") if name not in arrays
    ]
    missing += [f"cell_{place}" for place, cell in cells.items() if len(cell) < 2]
    if missing or sorted(cells) != list(range(len(cells))):
        raise ModelFileError(f"{file} lacks {', '.join(missing) or 'a layer'}; it is incomplete")
    return [
        TablePart("embedding", arrays["embedding"]),
        *(_layer(place, cells[place], file) for place in sorted(cells)),
        DensePart("softmax", arrays["rnnlm/softmax_w"].t(), arrays["rnnlm/softmax_b"], "softmax"),
    ]


def _layer(place: int, cell: Mapping[str, Tensor], file: str) -> RecurrentPart:
    kernel, bias = cell["kernel"], cell["bias"]
    units = len(bias) // 4
    if kernel.dim() != 2 or bias.dim() != 1 or kernel.shape[1] != 4 * units or len(kernel) <= units:
        raise ModelFileError(
            f"{file}: cell_{place} has a kernel {tuple(kernel.shape)} and a bias "
            f"{tuple(bias.shape)}, which no LSTM has"
        )
    into, candidate, forget, output = bias.chunk(4)
    rows = _LAYOUT.ordered(kernel.t())
    return RecurrentPart(
        name=f"cell_{place}",
        architecture=_LAYOUT.facts.name,
        units=units,
        directions={
            "forward": {
                "weight_ih_l0": rows[:, :-units],
                "weight_hh_l0": rows[:, -units:],
                "bias_ih_l0": _LAYOUT.ordered(
                    torch.cat([into, candidate, forget + _FORGET_BIAS, output])
                ),
                "bias_hh_l0": torch.zeros(4 * units),
            }
        },
    )


def _vocabulary(path: Path, size: int) -> tuple[tuple[str, ...] | None, tuple[str, ...], str]:
    """The characters in the order of their ids, notes about them, and what is wrong with them."""
    try:
        content = decode_json(read_small(path))
    except OSError as error:
        return None, (), f"{path.name} cannot be read ({error.strerror or error})"
    except DamagedFileError as error:
        return None, (), f"{path.name} is damaged ({error})"
    try:
        named = characters_of(content, size)
    except ModelFileError as error:
        return None, (), f"{path.name} is of no use: {error}"
    if named is None:
        count = len(content) if isinstance(content, dict | list) else 0
        return None, (), f"{path.name} is damaged: it names {count:,} characters, not {size:,}"
    return named.characters, named.notes, ""
