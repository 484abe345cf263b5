"""A figure as SVG: every character is text at its own place, so any font keeps the grid."""

from __future__ import annotations

from html import escape
from pathlib import Path

from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import COLUMNS, LETTER_SIZE, Figure, figure

_LETTER_FONT = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
_WORD_FONT = "Inter, 'Helvetica Neue', Arial, sans-serif"


def svg(drawn: Figure) -> str:
    """The SVG document of a figure."""
    width, height = _number(drawn.width), _number(drawn.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">',
        f'<rect width="{width}" height="{height}" fill="{drawn.ground}"/>',
        '<g shape-rendering="crispEdges">',
    ]
    parts += [
        f'<rect x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" '
        f'height="{_number(box.height)}" fill="{box.colour}"/>'
        for box in drawn.boxes
    ]
    parts.append(
        f'</g>\n<g font-family="{_LETTER_FONT}" font-size="{LETTER_SIZE}" text-anchor="middle">'
    )
    for row in drawn.letters:
        places = " ".join(
            _number(x + width / 2) for x, width, shown in row.cells for _ in range(len(shown))
        )
        text = escape("".join(shown for _, _, shown in row.cells), quote=False)
        parts.append(f'<text y="{_number(row.y)}" fill="{row.colour}" x="{places}">{text}</text>')
    parts.append(f'</g>\n<g font-family="{_WORD_FONT}">')
    for words in drawn.words:
        bold = ' font-weight="600"' if words.bold else ""
        parts.append(
            f'<text x="{_number(words.x)}" y="{_number(words.y)}" font-size="{words.size}"{bold} '
            f'fill="{words.colour}" text-anchor="{words.anchor}">{_allowed(words.text)}</text>'
        )
    parts.append("</g>\n</svg>\n")
    return "\n".join(parts)


def write_svg(
    path: Path, coloured: ColouredText, dark: bool = False, columns: int = COLUMNS
) -> None:
    """Lay out a coloured text and write it as an SVG file."""
    path.write_text(svg(figure(coloured, dark, columns)), encoding="utf-8", newline="\n")


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _allowed(text: str) -> str:
    """A person's words without what XML forbids."""
    return escape(
        "".join(c if c >= " " and not 0xD800 <= ord(c) < 0xE000 else " " for c in text), quote=False
    )
