"""Attention of anybody's model: weights of layers and heads with their tokens, from a file.

JSON and NPZ hold `weights` (or one of the other `KEYS`) of 2 axes (target, source), 3 (head
before) or 4 (layer before); tokens as `source` and `target`, or as `tokens` where both are alike.
An archive may have an array for each layer. CSV is a table with the source tokens across and the
target tokens down, or a row a weight (`attention_table`). Nothing is unpickled.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Alignment, Floats
from rnnviz.core.alignments.files.attention_table import is_attention_table, read_table
from rnnviz.core.errors import AlignmentError
from rnnviz.core.files.array_files import read_arrays
from rnnviz.core.files.reading import DamagedFileError, decode_json, read_small

KEYS = (
    "weights",
    "attention",
    "attentions",
    "attention_weights",
    "attn_weights",
    "attn",
    "cross_attentions",
    "cross_attention",
)
"""What the weights may be called; the first that is there is taken."""
SOURCES = ("source", "source_tokens", "src", "src_tokens", "input_tokens", "tokens")
TARGETS = ("target", "target_tokens", "tgt", "tgt_tokens", "trg", "output_tokens", "tokens")
"""What the tokens of a side may be called; `tokens` where both sides are alike."""
SIDES = (*SOURCES, *TARGETS[:-1])
LARGEST_BYTES = 1 << 26
"""Of a JSON or CSV file."""
MOST_PLACES = 5000
"""Tokens of a side; more cannot be drawn."""
_SLACK = 0.01
"""How far the sum of a row may be from 1: float16 and rounding to two digits lose as much."""
_TEXTS = (".csv", ".tsv")


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """Weights (L, H, G, S) of L layers and H heads, with their tokens; read-only."""

    weights: Floats
    source: tuple[str, ...]
    target: tuple[str, ...]
    name: str = ""
    notes: tuple[str, ...] = ()
    """What is unusual about the numbers, as sentences."""

    @property
    def layers(self) -> int:
        """L."""
        return int(self.weights.shape[0])

    @property
    def heads(self) -> int:
        """H."""
        return int(self.weights.shape[1])

    def alignment(self, layer: int | None = 0, head: int | None = 0) -> Alignment:
        """The weights of a layer and a head, from 0; None takes the mean over all."""
        part = self.weights if layer is None else self.weights[layer : layer + 1]
        part = part if head is None else part[:, head : head + 1]
        mean = part[0, 0] if part.shape[:2] == (1, 1) else part.mean(axis=(0, 1), dtype=np.float64)
        return Alignment(self.source, self.target, np.asarray(mean, np.float32))

    def title(self, layer: int | None, head: int | None) -> str:
        """Which of them, for people: `layer 2, mean of 8 heads`; nothing where there is one."""
        said = []
        for count, chosen, word in ((self.layers, layer, "layer"), (self.heads, head, "head")):
            if count > 1:
                said.append(
                    f"mean of {count} {word}s" if chosen is None else f"{word} {chosen + 1}"
                )
        return ", ".join(said)

    @property
    def size_in_words(self) -> str:
        """`2 layers, 4 heads, 5 x 6 weights`."""
        counts = ((self.layers, "layer"), (self.heads, "head"))
        many = [f"{count} {word}{'s' * (count != 1)}" for count, word in counts]
        return ", ".join([*many, f"{len(self.target):,} × {len(self.source):,} weights"])


def is_attention(path: Path, head: bytes) -> bool:
    """Whether a file holds attention, by its first bytes; what they mean is looked at when read."""
    ending = path.suffix.lower()
    if ending == ".json":
        begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
        return begins and (_names(head, KEYS) or (_names(head, SIDES) and _names_weights(path)))
    if ending == ".npz":
        return any(f"{key}.npy".encode() in head for key in KEYS) or _lists_weights(path)
    if ending in _TEXTS:
        return is_attention_table(head)
    return False


def _names(raw: bytes, keys: Sequence[str]) -> bool:
    return any(f'"{key}"'.encode() in raw for key in keys)


def _names_weights(path: Path) -> bool:
    """Whether weights come behind very many tokens."""
    try:
        return _names(read_small(path, LARGEST_BYTES), KEYS)
    except OSError:
        return False


def _lists_weights(path: Path) -> bool:
    """Whether an archive names weights, wherever they stand, or tokens beside other arrays."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError):
        return False
    tokens = names & set(SOURCES) and names & set(TARGETS)
    return bool(names & set(KEYS) or (tokens and names - set(SIDES)))


def read_attention(path: Path) -> AttentionMaps:
    """The attention in a file.

    Raises:
        AlignmentError: it cannot be read, holds no weights, or sizes and tokens do not fit.
    """
    ending = path.suffix.lower()
    try:
        if ending == ".npz":
            held: Any = read_arrays(path, words=True, compressed=True)
        elif ending in _TEXTS:
            held = read_table(read_small(path, LARGEST_BYTES))
        else:
            held = decode_json(read_small(path, LARGEST_BYTES))
    except OSError as error:
        raise AlignmentError(f"cannot read {path.name}: {error.strerror}") from error
    except (DamagedFileError, ValueError, zipfile.BadZipFile, EOFError, MemoryError) as error:
        said = str(error) or "it is damaged"
        raise AlignmentError(f"cannot read {path.name}: {said}") from error
    weights = _weights_in(held) if isinstance(held, dict) else None
    if weights is None:
        raise AlignmentError(
            f"{path.name} holds no weights; they are called {', '.join(KEYS[:-1])} or {KEYS[-1]}, "
            "beside source and target, the tokens"
        )
    source, target = (
        next((held[name] for name in names if name in held), None) for names in (SOURCES, TARGETS)
    )
    return attention_of(weights, source, target, path.stem, f"the weights in {path.name}")


def _weights_in(held: Mapping[str, object]) -> Any:
    """The weights by their name; else the arrays beside the tokens, a layer each by their names."""
    for key in KEYS:
        if key in held:
            return held[key]
    arrays = {
        name: value
        for name, value in held.items()
        if name not in SIDES and isinstance(value, np.ndarray) and value.ndim >= 2
    }
    if not arrays or len({array.shape for array in arrays.values()}) > 1:
        return None
    layers = [arrays[name] for name in sorted(arrays, key=_by_number)]
    return layers[0] if len(layers) == 1 else np.stack(layers)


def _by_number(name: str) -> tuple[object, ...]:
    """What sorts `layer10` behind `layer9`."""
    # What stands at odd places are digits, which Python compares as numbers up to a length.
    parts = re.split(r"(\d{1,99})", name)
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def attention_of(
    weights: Any,
    source: Any = None,
    target: Any = None,
    name: str = "attention",
    where: str = "the weights",
) -> AttentionMaps:
    """Weights with tokens, checked.

    Args:
        weights: numbers of 2 axes (G, S), 3 (H, G, S) or 4 (L, H, G, S); a batch of one before
            these, as transformers return it for each layer, is taken off.
        source: (S) tokens, or a sentence whose words are cut at blanks; none are numbered.
        target: (G) tokens likewise.
        where: what is wrong, for the message.

    Raises:
        AlignmentError: the sizes do not fit, or these are no numbers.
    """
    table = _numbers(weights, where)
    if table.ndim == 5 and table.shape[1] == 1:
        table = table[:, 0]
    if not 2 <= table.ndim <= 4:
        raise AlignmentError(
            f"{where} have {table.ndim} axes ({_shape(table.shape)}); give 2 (target, source), 3 "
            "(head, target, source) or 4 (layer, head, target, source)"
        )
    if 0 in table.shape:
        raise AlignmentError(f"{where} are empty: {_shape(table.shape)}")
    table = table.reshape((1,) * (4 - table.ndim) + table.shape)
    rows, columns = table.shape[2:]
    if max(rows, columns) > MOST_PLACES:
        raise AlignmentError(
            f"{where} are about {rows:,} × {columns:,} tokens; up to {MOST_PLACES:,} can be shown, "
            "so cut them"
        )
    sides = []
    for given, count, word in ((source, columns, "source"), (target, rows, "target")):
        tokens = _tokens(given, count, word, where)
        if len(tokens) != count:
            turned = " (they would fit the other way round: transpose the weights)"
            other = rows if word == "source" else columns
            hint = turned if len(tokens) == other and rows != columns else ""
            raise AlignmentError(
                f"{where} have {count:,} {word} places ({_shape(table.shape[2:])}, target × "
                f"source) and there are {len(tokens):,} {word} tokens{hint}"
            )
        sides.append(tokens)
    found = np.array(table, np.float32)
    found.setflags(write=False)
    return AttentionMaps(found, sides[0], sides[1], name, _notes(table, sides[1]))


def write_attention(maps: AttentionMaps) -> Path:
    """Write them as a NPZ file in a folder for what is temporary; its path.

    Whoever opens it needs it no longer than the window stays; it is removed with other temporary
    files by the system.
    """
    letters = "".join(c if c.isalnum() or c in " -_" else "_" for c in maps.name)[:60]
    path = (
        Path(tempfile.mkdtemp(prefix="shown-in-rnnviz-")) / f"{letters.strip() or 'attention'}.npz"
    )
    np.savez(path, weights=maps.weights, source=np.array(maps.source), target=np.array(maps.target))
    return path


def _numbers(weights: Any, where: str) -> npt.NDArray[Any]:
    # A tensor of torch, wherever it lies and whether or not it has a gradient.
    for way in ("detach", "cpu", "float"):
        if hasattr(weights, way) and hasattr(weights, "requires_grad"):
            weights = getattr(weights, way)()
    if isinstance(weights, list | tuple) and weights and hasattr(weights[0], "requires_grad"):
        weights = [_numbers(one, where) for one in weights]
    try:
        table = np.asarray(weights)
    except (ValueError, TypeError) as error:
        raise AlignmentError(f"{where} are no table: its rows are not equally long") from error
    if table.dtype.kind not in "biuf":
        missing = table.dtype.kind == "O" and any(
            value is None for value in np.ravel(table)[:100_000]
        )
        found = "holes (null)" if missing else "something that is no number"
        raise AlignmentError(f"{where} hold {found}")
    return table


def _tokens(given: Any, count: int, word: str, where: str) -> tuple[str, ...]:
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if given is None:
        return tuple(str(number) for number in range(1, count + 1))
    if isinstance(given, str):
        return tuple(given.split())
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise AlignmentError(
            f'the {word} tokens of {where} are no list of words; write them as ["le", "chat"]'
        )
    return tuple(given)


def _notes(table: npt.NDArray[Any], target: Sequence[str]) -> tuple[str, ...]:
    """What is unusual, each as a true sentence that names the first place."""
    values, notes = table.astype(np.float64), []

    def first(where: npt.NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(int(axis) for axis in np.argwhere(where)[0])

    def named(place: tuple[int, ...]) -> str:
        layer, head, row = place[:3]
        words = [f"“{target[row]}” (row {row + 1})"]
        words += [f"head {head + 1}"] if table.shape[1] > 1 else []
        words += [f"layer {layer + 1}"] if table.shape[0] > 1 else []
        return ", ".join(words)

    bad = ~np.isfinite(values)
    if bad.any():
        notes.append(f"{_many(bad)} no numbers (NaN or infinity), first at {named(first(bad))}.")
    negative = values < 0
    if negative.any():
        notes.append(
            f"{_many(negative)} negative, first {values[first(negative)]:.3g} at "
            f"{named(first(negative))}: scores before the softmax?"
        )
    sums = np.where(bad, 0.0, values).sum(axis=3)
    wrong = (np.abs(sums - 1) > _SLACK) & ~bad.any(axis=3)
    if wrong.any():
        place = first(wrong)
        notes.append(
            f"{int(wrong.sum()):,} of {wrong.size:,} rows do not add up to 1; the row of "
            f"{named(place)} adds up to {sums[place]:.4g}."
        )
    return tuple(notes)


def _many(where: npt.NDArray[np.bool_]) -> str:
    count = int(where.sum())
    return "1 weight is" if count == 1 else f"{count:,} weights are"


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(f"{length:,}" for length in shape)
