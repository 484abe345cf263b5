"""Alignments as pictures that LaTeX draws, with its own fonts."""

from __future__ import annotations

import math

import numpy as np

from rnnviz.core.alignments.words.tokens import runs_right_to_left, shown_token
from rnnviz.core.colours.colour import LEVELS
from rnnviz.core.colours.weight_colours import LEAST_SEEN
from rnnviz.core.export.alignments.figure import DrawnAlignment, Look

_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "\u2423": r"\textvisiblespace{}", "\u2205": r"$\emptyset$", "≥": r"$\geq$",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "\u2212": "$-$",
    "\u2192": r"$\to$", "…": r"\dots{}", "\u21b5": r"$\hookleftarrow$",
}  # fmt: skip
"""What LaTeX reads as a command, or does not have in its oldest fonts."""
_CELL_MM = 5.0
_WIDEST_MM = 150.0
_LETTER_MM, _GAP_MM = 1.75, 4.0
"""About how wide a letter of `\\small` is, and what lies between two words."""
_LINE_MM = 4.0
"""The least distance between two names."""
_LEGEND_MM = 30.0


def alignment_tikz(drawn: DrawnAlignment, look: Look = "map") -> str:
    """A `tikzpicture` for a LaTeX document that uses the package tikz."""
    colours = drawn.scale.colours(dark=False)
    lines = [
        "% Made with rnnviz. Needs \\usepackage{tikz}; for other scripts than Latin, XeLaTeX or",
        "% LuaLaTeX with a font that has them.",
        f"% {' '.join(drawn.heading.split())}",
        "\\begin{tikzpicture}[x=1mm, y=-1mm, every node/.style={font=\\small}]",
    ]
    for name, entry in (("full", LEVELS - 1), ("negative", 0)):
        numbers = ",".join(map(str, colours[entry, :3].tolist()))
        lines.append(f"\\definecolor{{{name}}}{{RGB}}{{{numbers}}}")
    lines += _map(drawn) if look == "map" else _lines(drawn)
    return "\n".join([*lines, "\\end{tikzpicture}", ""])


def _map(drawn: DrawnAlignment) -> list[str]:
    alignment = drawn.alignment
    rows, columns = alignment.size
    cell = min(_CELL_MM, _WIDEST_MM / max(columns, 1))
    # A source that is written from right to left has its first word in the last column.
    turned = runs_right_to_left(alignment.source)
    order = list(range(columns))[:: -1 if turned else 1]
    lines = [
        f"\\fill[{_ink(share)}] ({_mm(order[column] * cell)},{_mm(row * cell)}) "
        f"rectangle ++({_mm(cell)},{_mm(cell)});"
        for row, column, share in _shares(drawn)
    ]
    lines.append(f"\\draw[gray] (0,0) rectangle ({_mm(columns * cell)},{_mm(rows * cell)});")
    every = max(1, math.ceil(_LINE_MM / cell))
    for place in range(0, columns, every):
        x, token = _mm((place + 0.5) * cell), alignment.source[order[place]]
        lines.append(f"\\node[anchor=west, rotate=55] at ({x},-1) {{{tex(token)}}};")
    for place, token in list(enumerate(alignment.target))[::every]:
        y = _mm((place + 0.5) * cell)
        lines.append(f"\\node[anchor=east] at (0,{y}) {{{tex(token)}}};")
    return lines + _legend(drawn, rows * cell + 4)


def _lines(drawn: DrawnAlignment) -> list[str]:
    """Nodes about as far apart as the words are long: LaTeX alone knows exactly."""
    alignment = drawn.alignment
    kept = alignment.heaviest(drawn.share)
    middles = [_middles(side) for side in (alignment.source, alignment.target)]
    longest = max((side[1] for side in middles), default=0.0)
    lines = []
    for name, tokens, (places, length), y in zip(
        "st", (alignment.source, alignment.target), middles, (0, 25), strict=True
    ):
        anchor, shift = ("south" if name == "s" else "north"), (longest - length) / 2
        lines += [
            f"\\node[anchor={anchor}] ({name}{place}) at ({_mm(x + shift)},{y}) {{{tex(token)}}};"
            for place, (token, x) in enumerate(zip(tokens, places, strict=True))
        ]
    for row, column, share in sorted(_shares(drawn), key=lambda found: found[2]):
        if kept[row, column]:
            lines.append(
                f"\\draw[{_ink(share)}, line width={0.3 + 1.7 * share:.2f}pt] "
                f"(s{column}.south) -- (t{row}.north);"
            )
    return lines + _legend(drawn, 35)


def _middles(tokens: tuple[str, ...]) -> tuple[list[float], float]:
    """The middle of every word in the order of the tokens, and the length of all, in mm."""
    lengths = [len(shown_token(token)) * _LETTER_MM + _GAP_MM for token in tokens]
    order = range(len(tokens))
    x, middles = 0.0, [0.0] * len(tokens)
    for place in reversed(order) if runs_right_to_left(tokens) else order:
        middles[place] = x + lengths[place] / 2
        x += lengths[place]
    return middles, x


def _legend(drawn: DrawnAlignment, y: float) -> list[str]:
    """A bar of all colours over its numbers."""
    half = _LEGEND_MM / 2
    signed = drawn.scale.low < 0
    bars = (
        [(0.0, "negative", "white", half), (half, "white", "full", half)]
        if signed
        else [(0.0, "white", "full", _LEGEND_MM)]
    )
    lines = [
        f"\\shade[left color={left}, right color={right}] ({_mm(x)},{_mm(y)}) "
        f"rectangle ++({_mm(width)},2);"
        for x, left, right, width in bars
    ]
    for x, words in zip((0.0, half, _LEGEND_MM), drawn.legend, strict=True):
        at = f"({_mm(x)},{_mm(y + 2)})"
        lines.append(f"\\node[anchor=north, font=\\scriptsize] at {at} {{{tex_text(words)}}};")
    return lines


def _shares(drawn: DrawnAlignment) -> list[tuple[int, int, float]]:
    """Row, column and share of the scale, from -1 to 1, of all that can be seen."""
    weights = np.nan_to_num(drawn.alignment.weights, nan=0.0) / drawn.scale.high
    seen = np.argwhere(np.abs(weights) >= LEAST_SEEN).tolist()
    return [(row, column, min(1.0, max(-1.0, float(weights[row, column])))) for row, column in seen]


def _ink(share: float) -> str:
    """A share of the scale as LaTeX mixes it: so much of the colour at that end with white."""
    return f"{'full' if share > 0 else 'negative'}!{100 * abs(share):.3g}"


def tex(token: str) -> str:
    r"""A token as LaTeX sets it.

    >>> print(tex("50 %"))
    50\textvisiblespace{}\%
    """
    return tex_text(shown_token(token))


def tex_text(words: str) -> str:
    """Words as LaTeX sets them; what cannot be seen is a blank, so that no line ends within."""
    return "".join(_TEX.get(c, c if c.isprintable() else " ") for c in words)


def _mm(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
