"""A figure as SVG: every character is text at its own place, so any font keeps the grid."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import CELL, COLUMNS, Figure, LetterCell, Signs, figure
from rnnviz.core.export.layout import stands_alone
from rnnviz.core.export.mathematics import glyphs
from rnnviz.core.files.writing import save_file
from rnnviz.core.sequences.texts.direction import unturned

_LETTER_FONT = "DejaVu Sans Mono"
_WORD_FONT = "Inter"
_MARK_FONT = "DejaVu Sans"
"""Its marks stand on a dotted circle; those of the monospaced one stand behind it."""
# What a browser takes where those are missing. It stands in a rule that only browsers read: simple
# viewers know no list of fonts, and would set everything in their default one.
_FALLBACKS = (
    "<style>@supports (display: block) {"
    " .letters { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace }"
    " .marks { font-family: 'DejaVu Sans', 'Noto Sans', 'Segoe UI', Arial, sans-serif }"
    " .words { font-family: Inter, 'Helvetica Neue', Arial, sans-serif } }</style>"
)

# A letter of DejaVu Sans Mono is 0.602 of its size wide: at this size the grid is its own, so that
# even a viewer that places only the first letter of a piece shows the rest where they belong.
_SAME = 0.01
_LETTER_SIZE = CELL / 0.602


def svg(drawn: Figure) -> str:
    """The SVG document of a figure."""
    width, height = _number(drawn.width), _number(drawn.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        _FALLBACKS,
        f'<rect width="{width}" height="{height}" fill="{drawn.ground}"/>',
        '<g shape-rendering="crispEdges">',
    ]
    parts += [
        f'<rect x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" '
        f'height="{_number(box.height)}" fill="{box.colour}"/>'
        for box in drawn.boxes
    ]
    parts.append('</g>\n<g stroke-linecap="round">')
    parts += [
        f'<line x1="{_number(line.x1)}" y1="{_number(line.y1)}" x2="{_number(line.x2)}" '
        f'y2="{_number(line.y2)}" stroke="{line.colour}" stroke-width="{_number(line.width)}"/>'
        for line in drawn.strokes
    ]
    parts.append(
        f'</g>\n<g class="letters" font-family="{_LETTER_FONT}" font-size="{_LETTER_SIZE:.2f}">'
    )
    for row in drawn.letters:
        for left, wide, shown in row.cells:
            for part in _apart(shown) if stands_alone(shown) else ():
                font = f' font-family="{_MARK_FONT}" class="marks"' if len(part) > 1 else ""
                at = f'x="{_number(left + wide / 2)}" y="{_number(row.y)}"'
                parts.append(
                    f'<text {at} fill="{row.colour}" text-anchor="middle"{font}>'
                    f"{_allowed(part)}</text>"
                )
        for piece in _pieces([cell for cell in row.cells if not stands_alone(cell[2])]):
            places = " ".join(
                _number(x + (width - _advance(width)) / 2)
                for x, width, shown in piece
                for _ in shown
            )
            text = _allowed("".join(shown for _, _, shown in piece))
            parts.append(
                f'<text y="{_number(row.y)}" fill="{row.colour}" x="{places}">{text}</text>'
            )
    parts.append(f'</g>\n<g class="words" font-family="{_WORD_FONT}">')
    for words in drawn.words:
        bold = ' font-weight="600"' if words.bold else ""
        if words.angle:
            at = f"{_number(words.angle)} {_number(words.x)} {_number(words.y)}"
            bold += f' transform="rotate({at})"'
        parts.append(
            f'<text x="{_number(words.x)}" y="{_number(words.y)}" font-size="{words.size}"{bold} '
            f'fill="{words.colour}" text-anchor="{words.anchor}">{_allowed(words.text)}</text>'
        )
    parts.append("</g>")
    parts += [_outlined(signs) for signs in drawn.signs]
    parts.append("</svg>\n")
    return "\n".join(parts)


def _outlined(signs: Signs) -> str:
    """Signs of a formula as outlines: no font is needed to see them."""
    known, scale = glyphs(), signs.size / 1000
    drawn, x = [], 0.0
    for sign in signs.text:
        glyph = known[sign]
        if glyph.path:
            at = f' transform="translate({_number(x)} 0)"' if x else ""
            drawn.append(f'<path{at} d="{glyph.path}"/>')
        x += glyph.advance
    place = f"translate({_number(signs.x)} {_number(signs.y)}) scale({scale:.4f} {-scale:.4f})"
    name = escape(signs.text, quote=True)
    return f'<g transform="{place}" fill="{signs.colour}" aria-label="{name}">{"".join(drawn)}</g>'


def write_svg(
    path: Path, coloured: ColouredText, dark: bool = False, columns: int = COLUMNS
) -> None:
    """Lay out a coloured text and write it as an SVG file."""
    save_file(path, svg(figure(coloured, dark, columns)))


def _apart(shown: str) -> tuple[str, ...]:
    """A mark that encloses a letter is wider than its circle: in most fonts it stands beside it."""
    return tuple(shown) if unicodedata.category(shown[-1]) == "Me" else (shown,)


def _pieces(cells: Sequence[LetterCell]) -> Iterator[list[LetterCell]]:
    """The cells without blanks at the ends and with no two together, which XML would not keep.

    A piece has no gap and no wide letter but at its end: what heeds the first place alone, as SVG
    Tiny does, draws its letters in their cells as well.
    """
    piece: list[LetterCell] = []
    for cell in cells:
        if piece and (piece[-1][1] > CELL or cell[0] - sum(piece[-1][:2]) > _SAME):
            yield from _without_blank(piece)
            piece = []
        if not cell[2].isspace():
            piece.append(cell)
        elif piece and (piece[-1][2].isspace() or cell[2] != " "):
            yield from _without_blank(piece)
            piece = []
        elif piece:
            piece.append(cell)
    yield from _without_blank(piece)


def _without_blank(piece: list[LetterCell]) -> Iterator[list[LetterCell]]:
    """The piece without the blank at its end, if anything is left."""
    if piece and piece[-1][2].isspace():
        piece = piece[:-1]
    if piece:
        yield piece


def _advance(width: float) -> float:
    """How wide a letter is in a cell of this width: a double one holds a square character."""
    return CELL if width <= CELL else min(width, _LETTER_SIZE)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _allowed(text: str) -> str:
    """A person's words without what XML forbids."""
    shown = "".join(letter if _in_xml(letter) else " " for letter in unturned(text))
    return escape(shown, quote=False)


def _in_xml(letter: str) -> bool:
    return letter >= " " and not 0xD800 <= ord(letter) < 0xE000 and letter not in "\ufffe\uffff"
