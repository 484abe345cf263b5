"""Weights of textgenrnn: the package keeps the structure of its network in its own program.

An embedding, recurrent layers one on the other, all of them side by side, attention over the
window, and a softmax (`textgenrnn_model` there). The names of the layers say that it is such a
network, the shapes of their weights everything else but the length of its windows and how a text is
cut, which stand in `NAME_config.json` beside `NAME_weights.hdf5`; its symbols in `NAME_vocab.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.nets.checkpoints.keras.config import KerasLayer
from rnnviz.nets.checkpoints.keras.layers import WEIGHTED_AVERAGE
from rnnviz.nets.checkpoints.vocabulary.found import NamedCharacters
from rnnviz.nets.sequence.symbols.reader import SIGNS

_WEIGHTS, _VOCABULARY, _CONFIG = "_weights", "_vocab.json", "_config.json"
_LARGEST_JSON = 1 << 24
_RECURRENT = re.compile(r"rnn_[1-9]\d?")
_USUAL_WINDOW = 40
_LONGEST_WINDOW = 1 << 14
_BOTH_WAYS_ARRAYS = 6
PADDING = "<pad>"
"""What has the id 0: it fills windows, and stands for what is not in the vocabulary."""


class Settings(NamedTuple):
    """What lies beside the weights."""

    window: int
    symbols: NamedCharacters | None
    """None where there is no list of them."""
    notes: tuple[str, ...]


def recurrent_names(names: Sequence[str]) -> tuple[str, ...]:
    """The recurrent layers of such a network, bottom first; none if the names are of another."""
    found = tuple(sorted(filter(_RECURRENT.fullmatch, names), key=_number))
    wanted = {"embedding", "attention", "output", *(f"rnn_{n}" for n in range(1, len(found) + 1))}
    return found if found and wanted <= set(names) else ()


def _number(name: str) -> int:
    return int(name.removeprefix("rnn_"))


def layers_of(
    names: Sequence[str], weights: Mapping[str, Sequence[Tensor]], file: str
) -> list[tuple[KerasLayer, Sequence[Tensor]]]:
    """The layers with what each was made with, and their weights.

    Raises:
        ModelFileError: a network for texts with a context beside them, or weights of other layers.
    """
    if beside := [name for name in names if name.startswith("context")]:
        raise ModelFileError(
            f"{file} is a network of textgenrnn that was trained with contexts ({beside[0]}), "
            "which are read beside the text; one without them can be shown"
        )
    recurrent = recurrent_names(names)
    table, output = weights["embedding"], weights["output"]
    if len(table) != 1 or table[0].dim() != 2 or not output or output[0].dim() != 2:
        raise ModelFileError(
            f"{file} names layers of textgenrnn and holds other weights; it is damaged"
        )
    found = [
        KerasLayer(
            "Embedding",
            "embedding",
            {"input_dim": len(table[0]), "output_dim": table[0].shape[1]},
        )
    ]
    found += [_recurrent(name, weights[name], file) for name in recurrent]
    found.append(KerasLayer("Concatenate", "rnn_concat", {}, (), ("embedding", *recurrent)))
    found.append(KerasLayer(WEIGHTED_AVERAGE, "attention", {}))
    about = {"units": output[0].shape[1], "activation": "softmax"}
    found.append(KerasLayer("Dense", "output", about))
    return [(layer, weights.get(layer.name, ())) for layer in found]


def _recurrent(name: str, arrays: Sequence[Tensor], file: str) -> KerasLayer:
    if len(arrays) < 2 or arrays[1].dim() != 2:
        raise ModelFileError(f"{file}: {name} has no weights of an LSTM; the file is damaged")
    about = {
        "units": len(arrays[1]),
        "return_sequences": True,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
    }
    if len(arrays) != _BOTH_WAYS_ARRAYS:
        return KerasLayer("LSTM", name, about)
    return KerasLayer("Bidirectional", name, {"layer": {"class_name": "LSTM", "config": about}})


def settings_beside(path: Path, size: int) -> Settings:
    """The window, the symbols and what a person should know, from the files beside the weights.

    Args:
        size: how many symbols the network has.
    """
    stem = path.name.split(".", maxsplit=1)[0]
    name = stem.removesuffix(_WEIGHTS)
    config = _json(path.with_name(f"{name}{_CONFIG}"))
    window, notes = config.get("max_length"), []
    if type(window) is not int or not 1 < window <= _LONGEST_WINDOW:
        window = _USUAL_WINDOW
        notes.append(
            f"no {name}{_CONFIG} beside it says how long its windows are: {window} symbols, as "
            "textgenrnn has them where nothing else was asked for"
        )
    words = config.get("word_level") is True
    index = _json(path.with_name(f"{name}{_VOCABULARY}"))
    symbols = _symbols(index, size, words)
    if symbols is None and index:
        notes.append(f"{name}{_VOCABULARY} beside it does not name its {size - 1:,} symbols")
    if symbols is not None and "<s>" in symbols.characters:
        notes.append("in its training each text stood between two <s>; a sample begins behind one")
    return Settings(window, symbols, tuple(notes))


def _symbols(index: Mapping[str, Any], size: int, words: bool) -> NamedCharacters | None:
    """The symbols in the order of their ids, which begin at 1."""
    tokens: list[str | None] = [None] * size
    for token, number in index.items():
        if type(number) is not int or not 0 < number < size or tokens[number] is not None:
            return None
        tokens[number] = token
    tokens[0] = PADDING
    if None in tokens or len(set(tokens)) < size:
        return None
    known = tuple(token for token in tokens if token is not None)
    if not words:
        return NamedCharacters(known, unknown=PADDING)
    said = "it reads words, signs and line ends, each by itself, in lower case"
    return NamedCharacters(known, (said,), "words", True, SIGNS, PADDING)


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = read_json(path, limit=_LARGEST_JSON)
    except (OSError, DamagedFileError):
        return {}
    return found if isinstance(found, dict) else {}
