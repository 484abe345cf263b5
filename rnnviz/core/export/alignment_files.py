"""Alignments as files of other programs, by the ending of the name."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rnnviz.core.alignment import Alignment
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.alignment_figure import (
    LEAST_DRAWN,
    WEIGHTS,
    DrawnAlignment,
    Look,
    alignment_figure,
)
from rnnviz.core.export.alignment_html import alignment_page
from rnnviz.core.export.svg import svg
from rnnviz.core.tokens import shown_token

ENDINGS = (".png", ".svg", ".csv", ".tex", ".html")
"""How names of exported alignments may end; `.png` is painted by `views.text_figure`."""

_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "\u2423": r"\textvisiblespace{}", "\u2205": r"$\emptyset$",
}  # fmt: skip
_CELL_MM = 5.0
_WIDEST_MM = 150.0


def write_alignments(
    path: Path, drawn: Sequence[DrawnAlignment], look: Look = "map", dark: bool = False
) -> None:
    """Write alignments; a page takes any number, every other kind exactly one.

    Raises:
        AlignmentError: the ending is unknown, the number does not fit, or it cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in (".svg", ".csv", ".tex", ".html"):
        raise AlignmentError(
            f"cannot write {path.name}: alignments are written as "
            f"{', '.join(ENDINGS)}; choose a name that ends so"
        )
    if ending != ".html" and len(drawn) != 1:
        raise AlignmentError(
            f"{len(drawn):,} alignments do not go into one {ending} file; write an .html page"
        )
    if ending == ".html":
        content = alignment_page(drawn)
    elif ending == ".csv":
        content = alignment_csv(drawn[0].alignment)
    elif ending == ".tex":
        content = alignment_tikz(drawn[0], look)
    else:
        content = svg(alignment_figure(drawn[0], look, dark))
    try:
        path.write_bytes(content.encode("utf-8", "replace"))
    except OSError as error:
        raise AlignmentError(f"cannot write {path}: {error.strerror}") from error


def alignment_csv(alignment: Alignment) -> str:
    """The exact weights as RFC 4180 text: source tokens across, target tokens down.

    >>> alignment_csv(Alignment(("le", "chat"), ("cat",), np.array([[0.25, 0.75]]))).splitlines()
    [',le,chat', 'cat,0.25,0.75']
    """
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["", *alignment.source])
    for token, row in zip(alignment.target, alignment.weights, strict=True):
        writer.writerow([token, *(f"{weight:.9g}" for weight in row.tolist())])
    return target.getvalue()


def alignment_tikz(drawn: DrawnAlignment, look: Look = "map") -> str:
    """A `tikzpicture` for a LaTeX document that uses the package tikz."""
    full = ",".join(map(str, WEIGHTS.colours(dark=False)[254, :3].tolist()))
    lines = [
        "% Made with rnnviz. Needs \\usepackage{tikz}; for other scripts than Latin, XeLaTeX or",
        "% LuaLaTeX with a font that has them.",
        f"% {_comment(drawn.heading)}",
        "\\begin{tikzpicture}[x=1mm, y=-1mm, every node/.style={font=\\small}]",
        f"\\definecolor{{weight}}{{RGB}}{{{full}}}",
    ]
    lines += _tikz_map(drawn.alignment) if look == "map" else _tikz_lines(drawn)
    return "\n".join([*lines, "\\end{tikzpicture}", ""])


def _tikz_map(alignment: Alignment) -> list[str]:
    rows, columns = alignment.size
    cell = min(_CELL_MM, _WIDEST_MM / max(columns, 1))
    lines = [
        f"\\fill[weight!{100 * weight:.3g}] ({_mm(column * cell)},{_mm(row * cell)}) "
        f"rectangle ++({_mm(cell)},{_mm(cell)});"
        for (row, column), weight in _drawn_weights(alignment)
    ]
    lines.append(f"\\draw[gray] (0,0) rectangle ({_mm(columns * cell)},{_mm(rows * cell)});")
    for place, token in enumerate(alignment.source):
        x = _mm((place + 0.5) * cell)
        lines.append(f"\\node[anchor=west, rotate=55] at ({x},-1) {{{tex(token)}}};")
    for place, token in enumerate(alignment.target):
        y = _mm((place + 0.5) * cell)
        lines.append(f"\\node[anchor=east] at (0,{y}) {{{tex(token)}}};")
    return lines


def _tikz_lines(drawn: DrawnAlignment) -> list[str]:
    """Nodes at equal distances: LaTeX alone knows how wide its words are."""
    alignment = drawn.alignment
    kept = alignment.heaviest(drawn.share)
    lines = []
    for name, tokens, y in (("s", alignment.source, 0), ("t", alignment.target, 30)):
        anchor = "south" if name == "s" else "north"
        lines += [
            f"\\node[anchor={anchor}] ({name}{place}) at ({16 * place},{y}) {{{tex(token)}}};"
            for place, token in enumerate(tokens)
        ]
    for (row, column), weight in _drawn_weights(alignment):
        if kept[row, column]:
            lines.append(
                f"\\draw[weight!{100 * weight:.3g}, line width={0.3 + 1.7 * weight:.2f}pt] "
                f"(s{column}.south) -- (t{row}.north);"
            )
    return lines


def _drawn_weights(alignment: Alignment) -> list[tuple[tuple[int, int], float]]:
    """(row, column) and weight, from 0 to 1, of all that can be seen."""
    seen = np.argwhere(alignment.weights >= LEAST_DRAWN).tolist()
    return [
        ((row, column), min(1.0, float(alignment.weights[row, column]))) for row, column in seen
    ]


def tex(token: str) -> str:
    r"""A token as LaTeX sets it.

    >>> print(tex("50 %"))
    50\textvisiblespace{}\%
    """
    return "".join(_TEX.get(letter, letter) for letter in shown_token(token))


def _comment(text: str) -> str:
    return " ".join(text.split())


def _mm(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
