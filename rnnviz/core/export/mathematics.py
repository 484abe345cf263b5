r"""Formulas set as in a book: a small part of LaTeX laid out as outlines of signs, and as words.

Known are letters (italic), digits, `_` and `^`, `\frac`, `\sum` and `\prod` with limits, matrices
(`\begin{bmatrix}`), `\left( \right)`, `\text`, names of functions, and the signs of `_SIGNS`.
The outlines are those of STIX Two Math; what that has not, such as an emoji in a `\text`, is left
to the font of captions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from rnnviz.core.export.figure import Figure, Signs, Stroke, Words
from rnnviz.core.system.places import resources

_TOP = "\u22a4"
"""As an exponent: transposed."""
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[{}_^&]|\s+|.", re.DOTALL)
_UPRIGHT = ("tanh", "softmax", "diag", "ln", "exp", "max")
_SIGNS = {
    "cdot": "·", "odot": "⊙", "partial": "∂", "sum": "∑", "prod": "∏", "top": _TOP,
    "leftarrow": "←", "rightarrow": "→", "cdots": "⋯", "ldots": "…", "eta": "η", "sigma": "σ",
    "quad": "\u2003", "Vert": "‖", "infty": "∞", ",": "\u2009", ";": "\u2005", "{": "{", "}": "}",
    "_": "_", "\\": "\n", "&": "&", "^": "^",
}  # fmt: skip
_SPACES = {"\u2003": 1.0, "\u2009": 0.17, "\u2005": 0.28}
_BINARY = {"=": 0.28, "←": 0.28, "+": 0.22, "−": 0.22, "·": 0.17, "⊙": 0.2}
"""How much room stands on both sides of a sign between two others, in its size."""
_SMALLER, _LEAST = 0.72, 8.0
_AXIS = 0.26
"""So high above the line, in its size, is the middle of a fraction."""


class Glyph(NamedTuple):
    """A sign of the font, in thousandths of its size; y grows upwards."""

    advance: float
    path: str


@lru_cache(maxsize=1)
def glyphs() -> dict[str, Glyph]:
    """All signs that have an outline."""
    text = (resources() / "fonts" / "stix-two-math.json").read_text(encoding="utf-8")
    return {sign: Glyph(*both) for sign, both in json.loads(text).items()}


# What is read


class _Node(NamedTuple):
    """A part of a formula: what it is, its text, and its parts."""

    kind: str
    text: str = ""
    parts: tuple[tuple[_Node, ...], ...] = ()


@lru_cache(maxsize=512)
def _parsed(latex: str) -> tuple[_Node, ...]:
    tokens: list[str] = _TOKEN.findall(latex)
    found, rest = _row(tokens, 0, "")
    assert rest == len(tokens)
    return found


def _row(tokens: list[str], at: int, until: str) -> tuple[tuple[_Node, ...], int]:
    """The nodes up to a closing token, and where it goes on behind that."""
    found: list[_Node] = []
    while at < len(tokens) and tokens[at] != until:
        token = tokens[at]
        if token in ("_", "^"):
            part, at = _argument(tokens, at + 1)
            base = found.pop() if found else _Node("sign")
            kind = "sub" if token == "_" else "sup"
            if base.kind in ("sub", "sup") and base.kind != kind:
                found.append(_Node("both", "", (base.parts[0], *_ordered(base, kind, part))))
            else:
                found.append(_Node(kind, "", ((base,), part)))
            continue
        node, at = _one(tokens, at)
        if node is not None:
            found.append(node)
    return tuple(found), at + bool(until)


def _ordered(
    base: _Node, kind: str, part: tuple[_Node, ...]
) -> tuple[tuple[_Node, ...], tuple[_Node, ...]]:
    return (part, base.parts[1]) if kind == "sub" else (base.parts[1], part)


def _argument(tokens: list[str], at: int) -> tuple[tuple[_Node, ...], int]:
    while tokens[at].isspace():
        at += 1
    if tokens[at] == "{":
        return _row(tokens, at + 1, "}")
    node, at = _one(tokens, at)
    return ((node,) if node is not None else ()), at


def _one(tokens: list[str], at: int) -> tuple[_Node | None, int]:
    token = tokens[at]
    if token == "{":
        parts, at = _row(tokens, at + 1, "}")
        return _Node("group", "", (parts,)), at
    if token.isspace():
        return None, at + 1
    if not token.startswith("\\"):
        return _Node("sign", "−" if token == "-" else token), at + 1
    return _command(token[1:], tokens, at + 1)


def _command(name: str, tokens: list[str], at: int) -> tuple[_Node | None, int]:
    if name == "text":
        end = tokens.index("}", at)
        said = "".join(token.removeprefix("\\") for token in tokens[at + 1 : end])
        return _Node("text", said), end + 1
    if name == "frac":
        above, at = _argument(tokens, at)
        below, at = _argument(tokens, at)
        return _Node("frac", "", (above, below)), at
    if name == "left":
        opens = tokens[at]
        parts, at = _row(tokens, at + 1, "\\right")
        return _Node("fence", opens + tokens[at], (parts,)), at + 1
    if name == "begin":
        end = tokens.index("\\end", at)
        first = tokens.index("}", at) + 1
        return _matrix(tokens[first:end]), tokens.index("}", end) + 1
    if name in _UPRIGHT:
        return _Node("function", name), at
    return _Node("sign", _SIGNS[name]), at


def _matrix(tokens: list[str]) -> _Node:
    rows: list[list[list[str]]] = [[[]]]
    for token in tokens:
        if token == "\\\\":
            rows.append([[]])
        elif token == "&":
            rows[-1].append([])
        else:
            rows[-1][-1].append(token)
    cells = tuple(_row(cell, 0, "")[0] for row in rows for cell in row)
    return _Node("matrix", str(len(rows[0])), cells)


def in_text(words: str) -> str:
    r"""Anybody's words as they stand in a `\text`."""
    return re.sub(r"([\\{}_^&])", r"\\\1", words)


_PIECE = re.compile(r"(?:\$[^$]*\$|[^\s$])+")


def set_in_lines(said: str, width: float, size: float) -> list[str]:
    r"""Words with formulas between `$` in lines that are no wider, each of them to be set.

    >>> set_in_lines("how $W_{hh}$ grows", 1000, 12)
    ['\\text{how }W_{hh}\\text{ grows}']
    """
    space, room = _SPACES["\u2005"] * size, 0.0
    lines: list[list[str]] = []
    for piece in _PIECE.findall(said):
        wide = _width(piece, size)
        if not lines or wide > room:
            lines.append([])
            room = width
        lines[-1].append(piece)
        room -= wide + space
    return [_with_words(" ".join(line)) for line in lines]


@lru_cache(maxsize=1024)
def _width(piece: str, size: float) -> float:
    return _set(_parsed(_with_words(piece)), size).width


def _with_words(said: str) -> str:
    r"""What stands between two `$` is a formula, the rest is `\text`."""
    parts = [
        part if number % 2 else f"\\text{{{in_text(part)}}}"
        for number, part in enumerate(said.split("$"))
        if part
    ]
    return "".join(parts)


# As words

_SUB = str.maketrans("0123456789i+−", "₀₁₂₃₄₅₆₇₈₉ᵢ₊₋")
_SUP = str.maketrans(f"0123456789{_TOP}", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ")
_SUB_SIGNS, _SUP_SIGNS = frozenset("0123456789i+−"), frozenset(f"0123456789{_TOP}")


def plain(latex: str) -> str:
    r"""A formula as one line of words and signs, to be spoken or copied.

    >>> plain(r"h_2 = \tanh(W_{xh}\,x_2 + b)")
    'h₂ = tanh(W_xh x₂ + b)'
    >>> plain(r"\frac{\partial h_3}{\partial h_2}")
    '∂h₃/∂h₂'
    """
    said = _plain(_parsed(latex))
    return re.sub(r" {2,}", " ", said).strip()


def _plain(nodes: tuple[_Node, ...]) -> str:
    said, function = "", False
    for node in nodes:
        text = _plain_of(node)
        if said and node.kind == "function" and said[-1].isalnum():
            text = f" {text}"
        if function and text[:1] not in ("(", "[", ""):
            text = f" {text}"
        function = node.kind == "function"
        binary = node.kind == "sign" and node.text in _BINARY and node.text != "·"
        if binary and said and not said.endswith(("(", "[", ", ", "·", " ")):
            text = f" {text} "
        elif node.kind == "sign" and node.text == ",":
            text = ", "
        said += text
    return said


def _plain_of(node: _Node) -> str:
    if node.kind in ("text", "function", "sign"):
        return " " if node.text in _SPACES else node.text
    parts = [_plain(part) for part in node.parts]
    said = parts[0]
    if node.kind == "frac":
        said = "/".join(f"({one})" if " " in one else one for one in parts)
    elif node.kind == "fence":
        said = f"{node.text[0]}{parts[0]}{node.text[1]}"
    elif node.kind == "matrix":
        wide = int(node.text)
        rows = [" ".join(parts[at : at + wide]) for at in range(0, len(parts), wide)]
        said = f"[{'; '.join(rows)}]"
    if node.kind in ("sub", "both"):
        said += _small(parts[1], "_", _SUB_SIGNS)
    if node.kind in ("sup", "both"):
        said += _small(parts[-1], "^", _SUP_SIGNS)
    return said


def _small(said: str, mark: str, signs: frozenset[str]) -> str:
    if set(said) <= signs:
        return said.translate(_SUB if mark == "_" else _SUP)
    return mark + said.replace(" ", "")


# As boxes


@dataclass
class Box:
    """A part that was laid out, about the left end of its base line; y grows downwards."""

    width: float = 0.0
    above: float = 0.0
    below: float = 0.0
    signs: list[tuple[float, float, float, str]] = field(default_factory=list)
    """x, y, size, and what stands there in the outlines of the font."""
    words: list[tuple[float, float, float, str]] = field(default_factory=list)
    """The same in the font of captions."""
    lines: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    """x1, y1, x2, y2, width."""

    def put(self, other: Box, x: float, y: float = 0.0) -> None:
        """Put another part into this one."""
        for mine, theirs in ((self.signs, other.signs), (self.words, other.words)):
            mine += [(x + dx, y + dy, size, text) for dx, dy, size, text in theirs]
        self.lines += [(x + a, y + b, x + c, y + d, wide) for a, b, c, d, wide in other.lines]
        self.width = max(self.width, x + other.width)
        self.above = max(self.above, other.above - y)
        self.below = max(self.below, other.below + y)

    def then(self, other: Box, gap: float = 0.0) -> None:
        """Put another part behind this one."""
        self.put(other, self.width + gap)


@lru_cache(maxsize=512)
def typeset(latex: str, size: float) -> Box:
    """Lay out a formula in letters of this size, pixels; it is kept, and not to be changed."""
    return _set(_parsed(latex), size)


def add_formula(drawn: Figure, x: float, y: float, latex: str, size: float, colour: str) -> Box:
    """Put a formula into a figure, its base line beginning at (x, y)."""
    box = typeset(latex, size)
    for dx, dy, large, text in box.signs:
        drawn.signs.append(Signs(x + dx, y + dy, large, text, colour))
    for dx, dy, large, text in box.words:
        drawn.words.append(Words(x + dx, y + dy, text, round(large), colour))
    for x1, y1, x2, y2, wide in box.lines:
        drawn.strokes.append(Stroke(x + x1, y + y1, x + x2, y + y2, wide, colour))
    return box


def _set(nodes: tuple[_Node, ...], size: float, script: bool = False) -> Box:
    """Set one behind the other; in an index nothing stands apart."""
    row = Box(0.0, 0.0, 0.0)
    between = False
    """Whether what came before can stand at the left of a sign between two."""
    function = False
    for node in nodes:
        box = _set_one(node, size)
        gap, after = 0.0, 0.0
        if node.kind == "sign" and node.text in _BINARY and between:
            gap = after = 0.0 if script else _BINARY[node.text] * size
        elif node.kind == "sign" and node.text == ",":
            after = 0.2 * size
        elif function and not (node.kind == "fence" or node.text[:1] in ("(", "'")):
            gap = 0.17 * size
        if node.kind == "function" and between and row.width:
            gap = max(gap, 0.12 * size)
        row.then(box, gap)
        row.width += after
        opens = node.kind == "sign" and (node.text in _BINARY or node.text in "([,")
        between = not opens and node.kind != "text"
        function = node.kind == "function"
    return row


def _set_one(node: _Node, size: float) -> Box:
    if node.kind in ("sign", "text", "function"):
        return _signs(_italic(node.text) if node.kind == "sign" else node.text, size)
    if node.kind == "group":
        return _set(node.parts[0], size)
    made = {"frac": _fraction, "fence": _fence, "matrix": _table}.get(node.kind, _scripts)
    return made(node, size)


def _italic(text: str) -> str:
    """Letters as variables are set."""
    if len(text) != 1 or not text.isascii() or not text.isalpha():
        return text
    if text == "h":
        return "\u210e"
    return chr((0x1D44E + ord(text) - ord("a")) if text.islower() else 0x1D434 + ord(text) - 65)


def _signs(text: str, size: float) -> Box:
    """Signs one behind the other; those without an outline in the font of captions."""
    if text in _SPACES:
        return Box(_SPACES[text] * size)
    box, known = Box(0.0, 0.72 * size, 0.2 * size), glyphs()
    for with_outline, run in _runs(text):
        if with_outline:
            box.signs.append((box.width, 0.0, size, run))
            box.width += sum(known[sign].advance for sign in run) / 1000 * size
        else:
            box.words.append((box.width, 0.0, 0.9 * size, run))
            box.width += 0.9 * size * sum(0.62 if sign < "\u2000" else 1.1 for sign in run)
    return box


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    known, start = glyphs(), 0
    for end in range(1, len(text) + 1):
        if end == len(text) or (text[end] in known) != (text[start] in known):
            yield text[start] in known, text[start:end]
            start = end


def _fraction(node: _Node, size: float) -> Box:
    above, below = (_set(part, max(_LEAST, 0.86 * size)) for part in node.parts)
    width = max(above.width, below.width) + 0.16 * size
    axis, gap = -_AXIS * size, 0.14 * size
    box = Box(0.08 * size)
    box.put(above, 0.08 * size + (width - above.width) / 2, axis - gap - above.below)
    box.put(below, 0.08 * size + (width - below.width) / 2, axis + gap + below.above)
    box.lines.append((0.1 * size, axis, width + 0.06 * size, axis, max(1.0, 0.05 * size)))
    box.width = width + 0.16 * size
    return box


def _scripts(node: _Node, size: float) -> Box:
    base = node.parts[0]
    small = max(_LEAST, _SMALLER * size)
    sub = _set(node.parts[1], small, True) if node.kind in ("sub", "both") else None
    sup = _set(node.parts[-1], small, True) if node.kind in ("sup", "both") else None
    if len(base) == 1 and base[0].text in ("∑", "∏"):
        return _limits(base[0].text, size, sub, sup)
    box = _set(base, size)
    x = box.width + 0.03 * size
    if sub is not None:
        box.put(sub, x, max(0.22 * size, box.below - 0.12 * size if box.below > 0.4 * size else 0))
    if sup is not None:
        box.put(sup, x, -max(0.4 * size, box.above - 0.4 * size))
    box.width += 0.04 * size
    return box


def _limits(sign: str, size: float, sub: Box | None, sup: Box | None) -> Box:
    """A sum or a product with what it runs over below and above."""
    large = 1.35 * size
    drawn = _signs(sign, large)
    parts = [part for part in (sub, sup) if part is not None]
    width = max([drawn.width, *(part.width for part in parts)])
    box = Box(0.0)
    box.put(drawn, (width - drawn.width) / 2, 0.14 * size)
    box.above, box.below = 0.95 * size, 0.4 * size
    if sub is not None:
        box.put(sub, (width - sub.width) / 2, 0.6 * size + 0.8 * sub.above)
    if sup is not None:
        box.put(sup, (width - sup.width) / 2, -1.06 * size)
    box.width = width + 0.17 * size
    return box


def _fence(node: _Node, size: float) -> Box:
    inner = _set(node.parts[0], size)
    axis = -_AXIS * size
    reach = max(inner.above + axis, inner.below - axis, 0.5 * size)
    large = max(size, 2 * reach / 0.95)
    box = Box(0.0)
    for text in (node.text[0], node.text[1]):
        if text == "(":
            box.then(_signs(text, large))
            box.signs[-1] = (box.signs[-1][0], axis + 0.26 * large, large, text)
            box.then(inner)
        elif text != ".":
            end = _signs(text, large)
            end.signs = [(x, axis + 0.26 * large, large, sign) for x, _, _, sign in end.signs]
            box.then(end)
    box.above, box.below = max(inner.above, reach - axis), max(inner.below, reach + axis)
    return box


def _table(node: _Node, size: float) -> Box:
    """A matrix in brackets."""
    wide = int(node.text)
    cells = [_set(part, 0.86 * size) for part in node.parts]
    rows = [cells[at : at + wide] for at in range(0, len(cells), wide)]
    widths = [max(row[at].width for row in rows) for at in range(wide)]
    high = 1.14 * size
    top = -_AXIS * size - high * len(rows) / 2
    box, left = Box(0.0), 0.28 * size
    for number, row in enumerate(rows):
        x = left
        for cell, width in zip(row, widths, strict=True):
            box.put(cell, x + width - cell.width, top + high * (number + 0.76))
            x += width + 0.5 * size
    right, bottom = left + sum(widths) + 0.5 * size * (wide - 1), top + high * len(rows)
    tick, thick = 0.16 * size, max(1.0, 0.06 * size)
    for x, way in ((0.1 * size, 1), (right + 0.18 * size, -1)):
        box.lines += [
            (x, top, x, bottom, thick),
            (x, top, x + way * tick, top, thick),
            (x, bottom, x + way * tick, bottom, thick),
        ]
    box.width, box.above, box.below = right + 0.34 * size, -top, bottom
    return box
