"""Attention weights as people keep them in tables of text: CSV with commas, semicolons or tabs.

Three ways are read: source tokens across and target tokens down, with an empty corner, with a word
in it, or without one, as R writes row names; and a row a weight, with columns `target`, `source`,
`weight` and perhaps `layer` and `head`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from rnnviz.core.errors import TextError
from rnnviz.core.files.reading import DamagedFileError
from rnnviz.core.sequences.files.comma_separated import rows_of_csv

Row = list[str]
_COLUMNS = {
    "target": ("target", "tgt", "trg", "target_token", "query"),
    "source": ("source", "src", "source_token", "key"),
    "weight": ("weight", "attention", "attn", "attention_weight", "value"),
}
"""What columns of a table with a row a weight may be called."""
_LOOKED_AT = 50
"""Rows by which a table is told from other tables."""
_SLACK = 0.02
"""How far the sum of a row may be from 1 where nothing but the sums tells what a table is."""
_FORM = (
    "a table has a row with the source tokens and, below, a target token and its weights in each "
    "row"
)


def is_attention_table(head: bytes) -> bool:
    """Whether a file that begins so is one of the tables that `read_table` reads."""
    text = head.decode("utf-8-sig", "replace")
    if head and not text.endswith("\n") and text.count("\n") > _LOOKED_AT:
        text = text[: text.rindex("\n")]
    while text.count('"') % 2:  # the end of the head lies in a token: its row is left out
        text = text[: max(0, text.rfind("\n", 0, text.rindex('"')))]
    mark = _mark(text)
    try:
        rows = _rows(text, mark)[: _LOOKED_AT + 1]
    except DamagedFileError:
        return False
    if len(rows) < 2:
        return False
    if _columns(rows[0]) is not None:
        return True
    if not rows[0][0].strip():
        return rows[1][-1][-1:].isdigit()
    # A word in the corner, or none: weights are known by their sums.
    return len(rows[0]) > 1 and all(
        len(row) - len(rows[0]) in (0, 1) and len(row) > 2 and _adds_up(row, mark)
        for row in rows[1:]
    )


def _adds_up(row: Row, mark: str) -> bool:
    """Whether a row is a word and weights that add up to 1."""
    word, weights = _numbers(row[:1], mark), _numbers(row[1:], mark)
    if word is not None or weights is None:
        return False
    return abs(sum(weights) - 1) <= _SLACK and min(weights) >= 0


def _numbers(cells: Row, mark: str) -> list[float] | None:
    """The cells as numbers; None where one is none."""
    try:
        return [_number(cell, 0, mark) for cell in cells]
    except DamagedFileError:
        return None


def read_table(raw: bytes) -> dict[str, object]:
    """The `weights`, `source` and `target` of such a file.

    Raises:
        DamagedFileError: it is no such table.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedFileError(f"it is not UTF-8 at byte {error.start:,}") from error
    mark = _mark(text)
    rows = _rows(text, mark)
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DamagedFileError(_FORM)
    columns = _columns(rows[0])
    if columns is not None:
        return _of_single_weights(rows, columns, mark)
    cornered = not rows[0][0].strip() or len(rows[1]) != len(rows[0]) + 1
    source = rows[0][1:] if cornered else rows[0]
    weights = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(source) + 1:
            raise DamagedFileError(
                f"row {number:,} has {len(row) - 1:,} weights and the head {len(source):,} "
                "source tokens"
            )
        weights.append([_number(cell, number, mark) for cell in row[1:]])
    return {
        "weights": weights,
        "source": [_unquoted(cell) for cell in source],
        "target": [_unquoted(row[0]) for row in rows[1:]],
    }


def _mark(text: str) -> str:
    return max(",;\t", key=text.split("\n", 1)[0].count)


def _rows(text: str, mark: str) -> list[Row]:
    try:
        return [row for _, row in rows_of_csv(text.split("\n"), mark, "it")]
    except TextError as error:
        raise DamagedFileError(str(error)) from error


def _columns(head: Row) -> dict[str, int] | None:
    """Where the columns of a table with a row a weight stand; None for other tables."""
    names = [cell.strip().lower() for cell in head]
    found: dict[str, int] = {}
    for column, known in _COLUMNS.items():
        at = next((names.index(name) for name in known if name in names), None)
        if at is None:
            return None
        found[column] = at
    return found | {name: names.index(name) for name in ("layer", "head") if name in names}


def _of_single_weights(rows: list[Row], columns: dict[str, int], mark: str) -> dict[str, object]:
    """A table with a row a weight, target by target, head by head, layer by layer."""
    width = max(columns.values()) + 1
    for number, row in enumerate(rows[1:], 2):
        if len(row) < width:
            raise DamagedFileError(f"row {number:,} has {len(row):,} of {len(rows[0]):,} cells")
    tokens: tuple[Row, Row] | None = None
    layers: list[list[list[list[float]]]] = []
    numbered = list(enumerate(rows[1:], 2))
    for _, of_layer in groupby(numbered, lambda one: _cell(one[1], columns, "layer")):
        layers.append([])
        for _, of_head in groupby(of_layer, lambda one: _cell(one[1], columns, "head")):
            part = list(of_head)
            source = [row[columns["source"]] for _, row in part]
            target = [row[columns["target"]] for _, row in part]
            values = [_number(row[columns["weight"]], number, mark) for number, row in part]
            across = _period(source, target, part[0][0])
            here = (source[:across], target[::across])
            if tokens is not None and here != tokens:
                raise DamagedFileError(
                    f"from row {part[0][0]:,} on other tokens follow than in the first head"
                )
            tokens = here
            down = range(0, len(values), across)
            layers[-1].append([values[at : at + across] for at in down])
    if len({len(heads) for heads in layers}) > 1:
        raise DamagedFileError("its layers have unequal numbers of heads")
    assert tokens is not None
    return {"weights": layers, "source": tokens[0], "target": tokens[1]}


def _cell(row: Row, columns: dict[str, int], name: str) -> str:
    return row[columns[name]] if name in columns else ""


def _period(source: Sequence[str], target: Sequence[str], first_row: int) -> int:
    """After how many weights the next target token follows: the same word may follow itself."""
    turn = next((at for at in range(1, len(target)) if target[at] != target[at - 1]), len(target))
    widths: list[int] = [*range(2, turn + 1), 1]
    for across in widths:
        if len(source) % across == 0 and all(
            source[at : at + across] == source[:across] and len(set(target[at : at + across])) == 1
            for at in range(0, len(source), across)
        ):
            return across
    raise DamagedFileError(
        f"from row {first_row:,} on the weights are not in order: all source tokens of a target "
        "token, then those of the next"
    )


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
