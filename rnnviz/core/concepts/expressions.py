"""Small expressions over columns of numbers: `x > 0.5 and y < 0`.

What may stand in one is read from its syntax tree and worked out on arrays; nothing is executed.

=====================  ==========================================================
part                   for instance
=====================  ==========================================================
a column               `speed`, or in grave accents where it is no plain word: `` `pulse 1` ``
a number               `0.5`, `-1e3`
arithmetic             `x + y`, `x - y`, `x * y`, `x / y`, `-x`, `abs(x)`
comparison             `x > 0.5`, `0 <= x < 1`, `x == 1`, `x != y`
yes and no             `a and b`, `a or b`, `not a`; of a number, whether it is above 0
=====================  ==========================================================
"""

from __future__ import annotations

import ast
import difflib
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ConceptError

_LONGEST = 2000
_QUOTED = re.compile(r"`([^`\n]+)`")
_STANDS_FOR = "column_in_accents_"
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MAY_STAND = "columns, numbers, + - * /, < <= > >= == !=, and, or, not, abs(...) and parentheses"
Values = npt.NDArray[np.float64] | npt.NDArray[np.bool_]
Columns = Mapping[str, npt.NDArray[Any]]


class _Part(NamedTuple):
    """A part of an expression, read."""

    yes_or_no: bool
    value: Callable[[Columns], Any]

    def number(self, columns: Columns) -> Any:
        return np.asarray(self.value(columns), np.float64)

    def truth(self, columns: Columns) -> Any:
        found = np.asarray(self.value(columns))
        return found if self.yes_or_no else found > 0


class Formula:
    """An expression that was read.

    >>> formula = Formula("`a b` > 1 and not c")
    >>> formula.columns, formula.scalar
    (('a b', 'c'), False)
    >>> formula.of({"a b": np.array([0.0, 2.0]), "c": np.array([0.0, 0.0])}).tolist()
    [False, True]

    Raises:
        ConceptError: something may not stand in one, and what.
    """

    def __init__(self, words: str) -> None:
        self.words = words
        self._quoted: list[str] = []
        if len(words) > _LONGEST:
            raise ConceptError(
                f"the expression has {len(words):,} characters; at most {_LONGEST:,} are read"
            )
        if _STANDS_FOR in words:
            raise ConceptError(f"{_STANDS_FOR!r} may not stand in an expression")
        self._named: dict[str, None] = {}
        try:
            tree = ast.parse(_QUOTED.sub(self._stand_in, words).strip(), mode="eval")
            self._whole = self._read(tree.body)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ConceptError(
                f"{_short(words)} is no expression; write something like x > 0.5 and y < 0, names "
                "that are no plain words in grave accents: `pulse 1` > 0.5"
            ) from error
        self.scalar = not self._whole.yes_or_no
        self.columns = tuple(self._named)
        if not self.columns:
            raise ConceptError(f"{_short(words)} names no column")

    def of(self, columns: Columns) -> Values:
        """Its values (T,): bool, or numbers where `scalar`; not finite ones are NaN.

        A comparison with a number that is missing is not true.

        Raises:
            ConceptError: a column that is not there.
        """
        for name in self.columns:
            if name not in columns:
                near = difflib.get_close_matches(name, columns) or list(columns)[:20]
                raise ConceptError(f"there is no column {name!r}; there is {', '.join(near)}")
        with np.errstate(all="ignore"):
            try:
                found = self._whole.value(columns)
            except RecursionError as error:
                raise ConceptError(f"{_short(self.words)} is nested too deeply") from error
            return np.where(np.isfinite(found), found, np.nan) if self.scalar else found

    def _stand_in(self, found: re.Match[str]) -> str:
        self._quoted.append(found.group(1))
        return f" {_STANDS_FOR}{len(self._quoted) - 1} "

    def _read(self, node: ast.expr) -> _Part:
        """A part of the tree; each sort of node has a method, and there are no others."""
        read = _SORTS.get(type(node))
        part = read(self, node) if read is not None else None
        if part is None:
            said = "" if self._quoted else ast.get_source_segment(self.words.strip(), node)
            raise ConceptError(
                f"{_short(said or self.words)} may not stand in an expression; what may are "
                f"{_MAY_STAND}"
            )
        return part

    def _column(self, node: ast.Name) -> _Part:
        name = node.id
        if name.startswith(_STANDS_FOR):
            name = self._quoted[int(name.removeprefix(_STANDS_FOR))]
        self._named[name] = None
        return _Part(False, lambda columns: np.asarray(columns[name], np.float64))

    def _constant(self, node: ast.Constant) -> _Part | None:
        if type(node.value) not in (int, float):
            return None
        number = float(node.value)  # type: ignore[arg-type]
        return _Part(False, lambda columns: number)

    def _arithmetic(self, node: ast.BinOp) -> _Part | None:
        do = _ARITHMETIC.get(type(node.op))
        if do is None:
            return None
        left, right = self._read(node.left), self._read(node.right)
        return _Part(False, lambda columns: do(left.number(columns), right.number(columns)))

    def _of_one(self, node: ast.UnaryOp) -> _Part | None:
        part = self._read(node.operand)
        if isinstance(node.op, ast.Not):
            return _Part(True, lambda columns: ~part.truth(columns))
        sign = {ast.USub: -1.0, ast.UAdd: 1.0}.get(type(node.op))
        return None if sign is None else _Part(False, lambda columns: sign * part.number(columns))

    def _joined(self, node: ast.BoolOp) -> _Part:
        parts = [self._read(part) for part in node.values]
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return _Part(True, lambda columns: join.reduce([part.truth(columns) for part in parts]))

    def _compared(self, node: ast.Compare) -> _Part | None:
        signs = [_COMPARED.get(type(op)) for op in node.ops]
        parts = [self._read(part) for part in (node.left, *node.comparators)]

        def value(columns: Columns) -> Any:
            sides = [part.number(columns) for part in parts]
            found = [
                compare(one, other) & _known(one, other)
                for compare, one, other in zip(signs, sides, sides[1:], strict=False)
                if compare is not None
            ]
            return np.logical_and.reduce(found)

        return None if None in signs else _Part(True, value)

    def _called(self, node: ast.Call) -> _Part | None:
        plain = isinstance(node.func, ast.Name) and node.func.id == "abs"
        if not plain or len(node.args) != 1 or node.keywords:
            return None
        part = self._read(node.args[0])
        return _Part(False, lambda columns: np.abs(part.number(columns)))


_SORTS: dict[type[ast.expr], Callable[[Formula, Any], _Part | None]] = {
    ast.Name: Formula._column,
    ast.Constant: Formula._constant,
    ast.BinOp: Formula._arithmetic,
    ast.UnaryOp: Formula._of_one,
    ast.BoolOp: Formula._joined,
    ast.Compare: Formula._compared,
    ast.Call: Formula._called,
}


def in_accents(column: str) -> str:
    """How a column is named in an expression.

    >>> in_accents("speed"), in_accents("pulse 1"), in_accents("not")
    ('speed', '`pulse 1`', '`not`')
    """
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", column) is not None
    return column if plain and column not in ("and", "or", "not", "abs") else f"`{column}`"


def _known(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> Any:
    """Where there are two numbers to compare: nothing is unequal to a missing one."""
    return ~(np.isnan(one) | np.isnan(other))


def _short(words: str) -> str:
    return repr(words if len(words) <= 80 else f"{words[:79]}…")
