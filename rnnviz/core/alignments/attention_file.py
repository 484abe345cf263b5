"""Attention of anybody's model: weights of layers and heads with their tokens, from a file.

JSON and NPZ hold `weights` (or `attention`, `attentions`) of 2 axes (target, source), 3 (head
before) or 4 (layer before); tokens as `source` and `target`, or as `tokens` where both are alike.
CSV is a table with the source tokens across and the target tokens down. Nothing is unpickled.
"""

from __future__ import annotations

import csv
import io
import math
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Alignment, Floats
from rnnviz.core.array_files import read_arrays
from rnnviz.core.errors import AlignmentError
from rnnviz.core.reading import DamagedFileError, decode_json, read_small

KEYS = ("weights", "attention", "attentions")
"""What the weights may be called."""
SIDES = ("source", "target", "tokens")
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
        lines = head.decode("utf-8-sig", "replace").splitlines()[:2]
        cornered = len(lines) == 2 and lines[0].startswith((",", ";", "\t", '""'))
        return cornered and lines[1][-1:].isdigit()
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
    """Whether an archive names weights, wherever in it they stand."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.removesuffix(".npy") in KEYS for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError):
        return False


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
            held = _table(read_small(path, LARGEST_BYTES))
        else:
            held = decode_json(read_small(path, LARGEST_BYTES))
    except OSError as error:
        raise AlignmentError(f"cannot read {path.name}: {error.strerror}") from error
    except (DamagedFileError, ValueError, zipfile.BadZipFile, EOFError, MemoryError) as error:
        said = str(error) or "it is damaged"
        raise AlignmentError(f"cannot read {path.name}: {said}") from error
    if not isinstance(held, dict) or not any(key in held for key in KEYS):
        raise AlignmentError(
            f"{path.name} holds no weights; they are called {', '.join(KEYS[:-1])} or {KEYS[-1]}, "
            "beside source and target, the tokens"
        )
    weights = next(held[key] for key in KEYS if key in held)
    tokens = held.get("tokens")
    return attention_of(
        weights,
        held.get("source", tokens),
        held.get("target", tokens),
        path.stem,
        f"the weights in {path.name}",
    )


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


def _table(raw: bytes) -> dict[str, object]:
    """A CSV file: a head with the source tokens, then rows of a target token and its weights."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedFileError(f"it is not UTF-8 at byte {error.start:,}") from error
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if row]
    except csv.Error as error:
        raise DamagedFileError(str(error)) from error
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DamagedFileError(
            "a table has a row with the source tokens and, below, a target token and its weights "
            "in each row"
        )
    weights = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise DamagedFileError(
                f"row {number:,} has {len(row) - 1:,} weights and the head {len(rows[0]) - 1:,} "
                "source tokens"
            )
        weights.append([_number(cell, number, mark) for cell in row[1:]])
    return {
        "weights": weights,
        "source": [_unquoted(cell) for cell in rows[0][1:]],
        "target": [_unquoted(row[0]) for row in rows[1:]],
    }


def _number(cell: str, row: int, mark: str) -> float:
    text = cell.strip()
    if not text:
        return math.nan
    try:
        return float(text.replace(",", ".") if mark != "," else text)
    except ValueError as error:
        raise DamagedFileError(f"row {row:,} holds {text[:40]!r}, which is no number") from error


def _unquoted(cell: str) -> str:
    """A token without the apostrophe that keeps spreadsheets from computing it."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(f"{length:,}" for length in shape)
