"""Rows of numbers from files as people have them: CSV and TSV, `.npy`, `.npz`.

A step is a row. A column that holds words holds classes. An array of three axes, (N, T, F), and a
column that says to which sequence a row belongs, part a file into documents.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from rnnviz.core.errors import TextError
from rnnviz.core.files.array_files import read_array, read_arrays
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.files.comma_separated import Rows, rows_of_csv
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.texts.lines import read_lines

SUFFIXES = (".npy", ".npz")
"""Of files of numbers that are no text."""
_INPUTS = ("x", "inputs", "input", "values", "data", "arr_0")
_OUTPUTS = ("y", "outputs", "output", "targets", "target", "labels", "label", "classes", "arr_1")
SEQUENCE_NAMES = ("sequence", "sequence_id", "series", "document", "episode", "trial", "id")
"""What a column that says to which sequence a row belongs is called, in lower case."""
_SHOWN = 40
_LOOKED_AT = 100
"""So many rows tell a table from a text,"""
_LEAST_NUMBERS = 0.1
"""of whose cells at least such a share are numbers."""


class Table(Struct, frozen=True):
    """T rows of numbers in named columns, and of classes in others."""

    columns: tuple[str, ...]
    values: npt.NDArray[np.float32]
    """(T, columns)."""
    words: dict[str, tuple[str, ...]]
    """The columns that hold words, (T,) each, by their names."""
    documents: Documents
    name: str = ""
    path: Path | None = None
    outputs: tuple[str, ...] = ()
    """Columns of which the file itself says that they are to come out."""

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self, columns: Sequence[str]) -> Numbers:
        """The rows in these columns.

        Raises:
            TextError: one of them is not there, or holds words.
        """
        missing = [column for column in columns if column not in self.columns]
        if missing:
            what = "holds words" if missing[0] in self.words else "is not there"
            raise TextError(
                f"the column {missing[0]!r} of {self.name} {what}; its columns of numbers are "
                f"{', '.join(self.columns[:_SHOWN])}"
            )
        places = [self.columns.index(column) for column in columns]
        values = np.ascontiguousarray(self.values[:, places])
        return Numbers(values, tuple(columns), self.name, self.path, self.documents)


def read_table(
    path: Path, sequence_column: str = "", told: Callable[[str], None] = lambda said: None
) -> Table:
    """The rows of a file of numbers.

    Args:
        sequence_column: the column that says to which sequence a row belongs; empty takes one
            that is called so.
        told: how a text was read, where that is unusual.

    Raises:
        TextError: saying what was found, and where.
    """
    try:
        if path.suffix.lower() == ".npy":
            return _of_arrays({"x": read_array(path)}, path)
        if path.suffix.lower() == ".npz":
            return _of_arrays(read_arrays(path), path)
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, zipfile.BadZipFile) as error:
        raise TextError(
            f"{path.name} cannot be read as an array of numbers: {error}; write it with numpy.save "
            "or numpy.savez, without compression and without objects"
        ) from error
    return _of_text(path, sequence_column, told)


def _of_arrays(arrays: dict[str, npt.NDArray[np.generic]], path: Path) -> Table:
    inputs = next((arrays[name] for name in _INPUTS if name in arrays), None)
    outputs = next((arrays[name] for name in _OUTPUTS if name in arrays), None)
    if inputs is None:
        if len(arrays) != 1:
            raise TextError(
                f"{path.name} holds the arrays {', '.join(list(arrays)[:8]) or 'none'}; call what "
                "is read x, and what is to come out y"
            )
        (inputs,) = arrays.values()
    parts = [("x", _steps(inputs, inputs.shape, path))]
    if outputs is not None:
        parts.append(("y", _steps(outputs, inputs.shape, path)))
    if len({len(steps) for _, steps in parts}) > 1:
        told = " and ".join(f"{letter} {len(steps):,}" for letter, steps in parts)
        raise TextError(f"the arrays of {path.name} have unequal numbers of steps: {told}")
    columns = [f"{letter}{n}" for letter, steps in parts for n in range(1, steps.shape[1] + 1)]
    whole = np.concatenate([steps.astype(np.float32) for _, steps in parts], axis=1)
    _refuse_gaps(whole, columns, path)
    documents = Documents.one(len(whole))
    if inputs.ndim == 3:
        documents = Documents.of_lengths([inputs.shape[1]] * len(inputs))
    out = tuple(column for column in columns if column[0] == "y")
    return Table(tuple(columns), whole, {}, documents, path.name, path, out)


def _steps(
    array: npt.NDArray[np.generic], like: tuple[int, ...], path: Path
) -> npt.NDArray[np.generic]:
    """An array as rows, (steps, columns); an answer a sequence stands at all of its steps.

    Args:
        like: the shape of what is read.
    """
    if array.ndim not in (1, 2, 3) or 0 in array.shape:
        raise TextError(
            f"an array of {path.name} has the shape {array.shape}; (T, F) or (N, T, F) is wanted, "
            "T steps of F numbers, N sequences"
        )
    if len(like) == 3 and array.ndim < 3:
        if array.shape == like[:2]:
            array = array[..., None]
        else:  # (N,) or (N, O)
            rows = array.reshape(len(array), -1)
            array = np.repeat(rows[:, None], like[1], axis=1)
    if array.ndim == 3:
        return array.reshape(-1, array.shape[2])
    return array[:, None] if array.ndim == 1 else array


def _refuse_gaps(values: npt.NDArray[np.float32], columns: Sequence[str], path: Path) -> None:
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0].tolist()
        more = f", one of {len(wrong):,} that are NaN or infinite" if len(wrong) > 1 else ""
        raise TextError(
            f"row {row + 1:,}, column {columns[column]} of {path.name} is "
            f"{values[row, column]}{more}; fill it, or leave its row out"
        )


def _refuse_prose(rows: Sequence[tuple[int, Sequence[str]]], path: Path) -> None:
    cells = [cell for _, row in rows[:_LOOKED_AT] for cell in row]
    if sum(_number(cell) is not None for cell in cells) < _LEAST_NUMBERS * len(cells):
        raise TextError(
            f"{path.name} is a text and no table of numbers, which this model reads; open one: "
            "rows of numbers with commas between (.csv), or an array (.npy, .npz)"
        )


def _of_text(path: Path, sequence_column: str, told: Callable[[str], None]) -> Table:
    lines = read_lines(path, told)
    rows = _rows(lines, path)
    if not rows:
        raise TextError(f"{path.name} is empty; rows of numbers with commas between are wanted")
    width = len(rows[0][1])
    for number, row in rows:
        if len(row) != width:
            _refuse_prose(rows, path)
            raise TextError(
                f"line {number:,} of {path.name} has {len(row)} columns and line {rows[0][0]:,} "
                f"has {width}; every row must have the same"
            )
    first = rows[0][1]
    header = any(_number(cell) is None for cell in first) and (
        len(rows) == 1 or any(
            _number(cell) is None and _number(below) is not None
            for cell, below in zip(first, rows[1][1], strict=True)
        ) or (len(set(first)) == width and all(_number(cell) is None for cell in first))
    )  # fmt: skip
    names = [cell.strip() or f"column {n}" for n, cell in enumerate(first, 1)] if header else [
        f"column {n}" for n in range(1, width + 1)
    ]  # fmt: skip
    if len(set(names)) < width:
        twice = next(name for name in names if names.count(name) > 1)
        raise TextError(f"two columns of {path.name} are called {twice!r}; rename one of them")
    body = rows[1:] if header else rows
    if not body:
        raise TextError(f"{path.name} holds a header and no rows")
    numbers: dict[str, npt.NDArray[np.float32]] = {}
    words: dict[str, tuple[str, ...]] = {}
    for place, name in enumerate(names):
        cells = [row[place].strip() for _, row in body]
        found = [_number(cell) for cell in cells]
        unread = [n for n, one in enumerate(found) if one is None or not math.isfinite(one)]
        if not unread:
            numbers[name] = np.array(found, np.float32)
        elif len(unread) < len(cells) / 2 or all(
            not cells[n] or found[n] is not None for n in unread
        ):
            line = body[unread[0]][0]
            more = f", one of {len(unread):,} such" if len(unread) > 1 else ""
            raise TextError(
                f"line {line:,}, column {name} of {path.name} is "
                f"{cells[unread[0]][:30]!r}, which is no number{more}; fill it, or leave its row "
                "out"
            )
        else:
            words[name] = tuple(cells)
    return _with_documents(path, numbers, words, len(body), sequence_column)


def _with_documents(
    path: Path,
    numbers: dict[str, npt.NDArray[np.float32]],
    words: dict[str, tuple[str, ...]],
    count: int,
    sequence_column: str,
) -> Table:
    named = {name.lower(): name for name in (*numbers, *words)}
    column = sequence_column or next((named[n] for n in SEQUENCE_NAMES if n in named), "")
    documents = Documents.one(count)
    if column:
        if column not in numbers and column not in words:
            raise TextError(f"{path.name} has no column {column!r}")
        said = numbers.pop(column, None)
        values = np.array(words.pop(column)) if said is None else said
        starts = np.flatnonzero(values[1:] != values[:-1]) + 1
        documents = Documents(np.array([0, *starts, count], np.int64))
    if not numbers:
        raise TextError(f"{path.name} holds no column of numbers")
    table = np.stack(list(numbers.values()), axis=1)
    return Table(tuple(numbers), table, words, documents, path.name, path)


def _rows(lines: list[str], path: Path) -> Rows:
    """Cells of every row that is not blank, with the number of its line.

    Raises:
        TextError: it cannot be cut into cells.
    """
    first = next((line for line in lines if line.strip()), "")
    delimiter = next((sign for sign in "\t;," if sign in first), "")
    if not delimiter:
        return [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    rows = rows_of_csv(lines, delimiter, path.name)
    if delimiter != ";":
        return rows
    return [(number, [_with_point(cell) for cell in row]) for number, row in rows]


def _with_point(cell: str) -> str:
    """A number with a decimal point; words keep their commas."""
    pointed = cell.replace(",", ".")
    return cell if _number(pointed) is None else pointed


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
