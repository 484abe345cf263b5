"""Coloured texts as one page that needs nothing else: for a lecture, a letter, a printer.

The text is in the page as it is: copying gives it back character by character. Without scripts the
colours and the legend stay; with them, the pointer shows what is known about each character.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from rnnviz.core.colours.colour import LEVELS, MISSING, Scale, palette
from rnnviz.core.export.coloured import LABEL_STRENGTHS, ColouredText, ticks
from rnnviz.core.export.html_parts import SCRIPT, STYLE, THEME
from rnnviz.core.export.layout import shown, width
from rnnviz.core.files.writing import save_file
from rnnviz.core.sequences.texts.direction import TURNING, unturned

Theme = Literal["auto", "light", "dark"]


@dataclass(frozen=True)
class DrawnPart:
    """A part of a page that is a picture, on light and on dark ground."""

    heading: str
    about: str
    note: str
    light: str
    """An SVG element."""
    dark: str


Part = ColouredText | DrawnPart

_LEGEND_STOPS = 17
_BAND = 5
"""Pixels that the strip of another unit takes under each row, with the gap above it."""
_REPLACED = {0: "\u2400", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
"""NUL and lone halves of a surrogate pair have no place in a page."""


def html_page(parts: Sequence[Part], title: str = "", theme: Theme = "auto") -> str:
    """The page: a heading, a table of contents if there are several parts, and the parts.

    Args:
        theme: `auto` follows the reader's system; a button on the page changes it either way.
    """
    title = title or (parts[0].heading if parts else "rnnviz")
    texts = [part for part in parts if isinstance(part, ColouredText)]
    palettes = list(dict.fromkeys(_colours(part) for part in texts))
    single = len(parts) == 1
    sections = "".join(
        _section(part, number, palettes.index(_colours(part)), single)
        if isinstance(part, ColouredText)
        else _picture(part, number, single)
        for number, part in enumerate(parts)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en" data-theme="{theme}"'
        f'{" class=dark" if theme == "dark" else ""}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{words_as_html(title)}</title>\n"
        f"<style>{STYLE}{_colour_style(texts, palettes)}</style>\n"
        f"<script>{THEME}</script>\n</head>\n<body>\n"
        '<button id="theme" type="button">Light or dark</button>\n'
        f"<header><h1>{words_as_html(title)}</h1>{_contents(parts)}</header>\n{sections}"
        '<div id="card" role="tooltip"></div>\n<footer>Made with rnnviz.</footer>\n'
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def write_html(path: Path, parts: Sequence[Part], title: str = "", theme: Theme = "auto") -> None:
    """Write the page, UTF-8, its line ends as they are."""
    save_file(path, html_page(parts, title, theme))


def _contents(parts: Sequence[Part]) -> str:
    if len(parts) < 2:
        return ""
    items = "".join(
        f'<li><a href="#part-{number}">{words_as_html(part.heading)}</a></li>'
        for number, part in enumerate(parts)
    )
    return f'<nav aria-label="Contents"><ol>{items}</ol></nav>'


def _picture(part: DrawnPart, number: int, single: bool) -> str:
    return (
        f'<section id="part-{number}">\n'
        + ("" if single else f"<h2>{words_as_html(part.heading)}</h2>\n")
        + f'<p class="about">{words_as_html(part.about)}</p>\n'
        + (f'<p class="note">{words_as_html(part.note)}</p>\n' if part.note else "")
        + f'<div class="picture on-light">{part.light}</div>\n'
        f'<div class="picture on-dark">{part.dark}</div>\n</section>\n'
    )


def _section(part: ColouredText, number: int, colours: int, single: bool) -> str:
    return (
        f'<section id="part-{number}">\n'
        + ("" if single else f"<h2>{words_as_html(part.heading)}</h2>\n")
        + f'<p class="about">{words_as_html(part.about)}</p>\n'
        + (f'<p class="note">{words_as_html(part.note)}</p>\n' if part.note else "")
        + _legend(part, colours)
        + f'<pre data-of="data-{number}" class="c{colours}{_banded(part)}">'
        f"{_characters(part)}</pre>\n"
        f'<script type="application/json" id="data-{number}">{_data(part)}</script>\n</section>\n'
    )


def _legend(part: ColouredText, colours: int) -> str:
    marks = "".join(f"<span>{label}</span>" for _, label in ticks(part.scale))
    underline = (
        f'<div>underlined: <i class="u{LABEL_STRENGTHS}">{words_as_html(part.concept)}</i></div>'
        if part.labels is not None
        else ""
    )
    bands = f"<div>{words_as_html(part.bands_title)}</div>" if part.bands else ""
    return (
        f'<div class="legend"><div>{words_as_html(part.quantity)}</div>'
        f'<div class="bar l{colours}"></div><div class="ticks">{marks}</div>'
        f"{underline}{bands}</div>\n"
    )


def _characters(part: ColouredText) -> str:
    """Every character in an element of its own, so that its place is its number."""
    strengths = part.label_strengths()
    cells = []
    entries = part.entries.tolist()
    bands = [band.entries.tolist() for band in part.bands]
    for place, character in enumerate(part.characters):
        names = [] if entries[place] == MISSING else [f"v{entries[place]}"]
        if strengths is not None and strengths[place]:
            names.append(f"u{strengths[place]}")
        for number, band in enumerate(bands):
            if band[place] != MISSING:
                names.append(f"{_band_class(part, number)}{band[place]}")
        if part.known is not None and not part.known[place]:
            names.append("x")
        if character == "\n":
            names.append("n")
        symbol = ""
        if character not in "\n\t":
            own, symbol = _own_cell(character)
            names += own
        marked = f' class="{" ".join(names)}"' if len(names) > 1 else ""
        marked = marked or (f" class={names[0]}" if names else "")
        cells.append(f"<i{marked}{symbol}>{_escaped(character)}</i>")
    return "".join(cells)


@lru_cache(maxsize=4096)
def _own_cell(character: str) -> tuple[tuple[str, ...], str]:
    """The classes of a character that a browser would give no cell of one or two columns.

    And what is drawn for one that cannot be seen, as an attribute.
    """
    if character.isascii() and character >= " ":
        return (), ""
    drawn, symbol = shown(character)
    if symbol and character != "\0":
        return ("o",), f' data-s="{_escaped(drawn)}"'
    if drawn != character and character != "\0":
        return ("o", "m"), ""
    if len(drawn) == 1 and ord(drawn) < 0x530 and drawn.isprintable():
        return (), ""
    return ("o", "w") if width(character, 0) == 2 else ("o",), ""


def turning_nothing(text: str) -> str:
    """A text as HTML, in lines: characters that turn the direction have cells of their own."""
    cells = []
    for piece in re.split(f"([{''.join(TURNING)}])", text):
        if piece in TURNING:
            cells.append(f"<i class=o{_own_cell(piece)[1]}>{piece}</i>")
        else:
            cells.append(_escaped(piece))
    return "".join(cells)


def _data(part: ColouredText) -> str:
    """What the pointer shows, as JSON that cannot end its element."""
    data: dict[str, object] = {
        "start": part.start,
        "quantity": unturned(part.quantity),
        "values": _rounded(part.values, 3),
    }
    if part.surprisal is not None:
        data["surprisal"] = _rounded(part.surprisal, 2)
    if part.labels is not None:
        scalar = part.labels.dtype != np.bool_
        data["labels"] = _rounded(part.labels, 3) if scalar else part.labels.tolist()
        data["concept"] = unturned(part.concept)
    if part.next_ids is not None and part.next_p is not None:
        characters = np.array(part.vocabulary, dtype=object)
        ids = np.minimum(part.next_ids, len(characters) - 1)
        data["next"] = "".join(characters[ids].ravel()).translate(_REPLACED)
        data["shares"] = np.rint(np.nan_to_num(part.next_p) * 1000).astype(int).ravel().tolist()
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_REPLACED).replace("<", "\\u003c")


def _rounded(values: npt.NDArray[np.generic], digits: int) -> list[float | None]:
    return [
        round(value, digits) if math.isfinite(value) else None
        for value in np.asarray(values, np.float64).tolist()
    ]


def _escaped(text: str) -> str:
    """Text as HTML; a carriage return stays one only if it is written as a reference."""
    return html.escape(text, quote=True).replace("\r", "&#13;").translate(_REPLACED)


def words_as_html(text: str) -> str:
    """What a person or a file calls something, as HTML; it turns nothing round."""
    return _escaped(unturned(text))


def _colours(part: ColouredText) -> tuple[str, bool]:
    """What decides about the colours of the entries; the range does not."""
    return part.scale.palette, part.scale.flipped


def _colour_style(parts: Sequence[ColouredText], palettes: Sequence[tuple[str, bool]]) -> str:
    """The rules for the palette entries that occur, for both grounds."""
    rules = []
    for number, (name, flipped) in enumerate(palettes):
        of_palette = [part for part in parts if _colours(part) == (name, flipped)]
        used = sorted({int(entry) for part in of_palette for entry in np.unique(part.entries)})
        for dark in (False, True):
            table = Scale(0, 1, name, flipped).colours(dark)
            where = ".dark " if dark else ""
            rules += [
                f"{where}.c{number} .v{entry}{{background:{_hex(table[entry])}}}"
                for entry in used
                if entry != MISSING
            ]
            stops = (
                round(step * (LEVELS - 1) / (_LEGEND_STOPS - 1)) for step in range(_LEGEND_STOPS)
            )
            gradient = ",".join(_hex(table[stop]) for stop in stops)
            rules.append(f"{where}.l{number}{{background:linear-gradient(90deg,{gradient})}}")
    if any(part.labels is not None for part in parts):
        rules += _underline_rules()
    rules += _band_rules(parts)
    return "\n".join(rules)


def _banded(part: ColouredText) -> str:
    """The class of a text that has other units under its rows."""
    return f" b{len(part.bands)}" if part.bands else ""


def _band_class(part: ColouredText, number: int) -> str:
    """What the classes of a band begin with; before the entry of its palette."""
    scale = part.bands[number].scale
    return f"p{number}{scale.palette}{'-flipped' if scale.flipped else ''}-"


def _band_rules(parts: Sequence[ColouredText]) -> Iterable[str]:
    """Bands are shadows within the foot of each character: any number, and none takes a letter."""
    for count in sorted({len(part.bands) for part in parts} - {0}):
        shadows = []
        for number in reversed(range(count)):
            foot = _BAND * (count - number)
            shadows += [
                f"inset 0 -{foot - 1}px 0 var(--p{number},var(--paper))",
                f"inset 0 -{foot}px 0 var(--paper)",
            ]
        yield (
            f"pre.b{count}{{line-height:{21 + _BAND * count + 4}px}}"
            f"pre.b{count} i{{padding-bottom:{_BAND * count + 2}px;box-shadow:{','.join(shadows)}}}"
        )
    used: dict[str, tuple[int, Scale, set[int]]] = {}
    for part in parts:
        for number, band in enumerate(part.bands):
            name = _band_class(part, number)
            entries = used.setdefault(name, (number, band.scale, set()))[2]
            entries.update(int(entry) for entry in np.unique(band.entries))
    for name, (number, scale, entries) in used.items():
        for dark in (False, True):
            table = scale.colours(dark)
            for entry in sorted(entries - {MISSING}):
                where = ".dark " if dark else ""
                yield f"{where}.{name}{entry}{{--p{number}:{_hex(table[entry])}}}"


def _underline_rules() -> Iterable[str]:
    for dark in (False, True):
        table = palette("label", dark)
        for strength in range(1, LABEL_STRENGTHS + 1):
            colour = _hex(table[round(strength / LABEL_STRENGTHS * (LEVELS - 1))])
            yield (
                f"{'.dark ' if dark else ''}.u{strength}"
                f"{{border-bottom:2px solid {colour};font-style:normal}}"
            )


def _hex(entry: npt.NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{part:02x}" for part in entry[:3].tolist())
