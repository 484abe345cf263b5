"""A figure as a picture that LaTeX draws, with its own fonts."""

from __future__ import annotations

from rnnviz.core.export.alignments.tikz import tex_text
from rnnviz.core.export.figure import LETTER_SIZE, Figure

_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_BOLD = "\\bfseries"
_POINTS = 0.75
"""Of TeX to a pixel: 96 of these are as wide as 72 of those."""


def figure_tikz(drawn: Figure) -> str:
    """A `tikzpicture` for a LaTeX document that uses the package tikz.

    Every character is a node at its own place, so that any font keeps the grid.
    """
    colours = dict.fromkeys(
        colour
        for things in (drawn.boxes, drawn.strokes, drawn.letters, drawn.words)
        for colour in (thing.colour for thing in things)
    )
    names = {colour: f"rnnviz{number}" for number, colour in enumerate(colours)}
    lines = [
        "% Made with rnnviz. Needs \\usepackage{tikz}; for other scripts than Latin, XeLaTeX or",
        "% LuaLaTeX with a font that has them.",
        f"\\begin{{tikzpicture}}[x={_POINTS}bp, y=-{_POINTS}bp, inner sep=0pt, outer sep=0pt]",
        *(
            f"\\definecolor{{{name}}}{{HTML}}{{{colour.removeprefix('#').upper()}}}"
            for colour, name in names.items()
        ),
    ]
    lines += [
        f"\\fill[{names[box.colour]}] ({_at(box.x)},{_at(box.y)}) "
        f"rectangle ++({_at(box.width)},{_at(box.height)});"
        for box in drawn.boxes
    ]
    lines += [
        f"\\draw[{names[line.colour]}, line width={_at(line.width * _POINTS)}bp, line cap=round] "
        f"({_at(line.x1)},{_at(line.y1)}) -- ({_at(line.x2)},{_at(line.y2)});"
        for line in drawn.strokes
    ]
    lines += [
        f"\\node[anchor=base, text={names[row.colour]}, font={_font(LETTER_SIZE)}\\ttfamily] "
        f"at ({_at(left + wide / 2)},{_at(row.y)}) {{{tex_text(shown)}}};"
        for row in drawn.letters
        for left, wide, shown in row.cells
        if not shown.isspace()
    ]
    lines += [
        f"\\node[anchor={_ANCHORS[words.anchor]}, text={names[words.colour]}, "
        f"font={_font(words.size)}\\sffamily{_BOLD if words.bold else ''}, "
        f"rotate={_at(-words.angle)}] "
        f"at ({_at(words.x)},{_at(words.y)}) {{{tex_text(words.text)}}};"
        for words in drawn.words
    ]
    return "\n".join([*lines, "\\end{tikzpicture}", ""])


def _font(pixels: float) -> str:
    size = _at(pixels * _POINTS)
    return f"\\fontsize{{{size}bp}}{{{size}bp}}\\selectfont"


def _at(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
