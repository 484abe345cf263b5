"""Draws the floors of the house from its imports into docs/pictures/architecture.svg.

    python docs/architecture.py

A band is a floor, a box in it a folder (its width grows with its lines of code), an arrow at the
right the imports from one floor to another, as thick as there are many. Nothing is drawn by hand:
what the picture shows is what the code does.
"""

from __future__ import annotations

import ast
import math
import tomllib
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnnviz"
TARGET = ROOT / "docs" / "pictures" / "architecture.svg"

WIDTH, MARGIN, LABEL = 1180, 16, 136
ROW, GAP, LEAST_ROOM = 44, 6, 84
LEAST_LINES = 20
ARROWS = 150
INK, QUIET, BAND, ROOM, ARROW = "#1c2430", "#5b6675", "#eef1f5", "#ffffff", "#2f6db3"
KNOWS = {
    "commands": "arguments, printing",
    "app": "the composition root",
    "views": "widgets",
    "session": "what is looked at",
    "nets": "torch",
    "work": "processes, messages",
    "core": "facts, arithmetic",
}


def floors() -> list[str]:
    """The floors from the top down, as the import contract names them; `cli` is in `commands`."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers: list[str] = next(c for c in contracts["contracts"] if c["id"] == "floors")["layers"]
    return [layer for layer in layers if layer != "cli"]


def floor_of(module: str) -> str:
    """The floor that a dotted module of the package belongs to."""
    parts = module.split(".")
    floor = parts[1] if len(parts) > 1 else "app"
    return "commands" if floor in ("cli", "__main__") else floor


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports, dotted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("rnnviz."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rnnviz."):
            yield str(node.module)


def measure() -> tuple[dict[str, Counter[str]], Counter[tuple[str, str]]]:
    """Lines of code by floor and folder, and imports by pair of floors."""
    rooms: dict[str, Counter[str]] = {floor: Counter() for floor in floors()}
    imports: Counter[tuple[str, str]] = Counter()
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        floor = floor_of("rnnviz." + parts[0].removesuffix(".py"))
        if floor not in rooms:
            continue
        room = parts[1] if len(parts) > 2 else "·"
        rooms[floor][room] += len(path.read_text(encoding="utf-8").splitlines())
        for module in imported(path):
            below = floor_of(module)
            if below != floor and below in rooms:
                imports[floor, below] += 1
    return rooms, imports


def rows_of(rooms: Counter[str], width: float) -> list[list[tuple[str, int, float]]]:
    """Folders in rows, the largest first, each with its lines and its width in pixels."""
    total = max(1, sum(rooms.values()))
    rows: list[list[tuple[str, int, float]]] = [[]]
    free = width
    for name, lines in rooms.most_common():
        if lines < LEAST_LINES:
            continue  # an __init__.py with its docstring
        wide = max(LEAST_ROOM, 7.4 * len(name) + 46, 1.5 * width * lines / total / 2)
        if rows[-1] and wide + GAP > free:
            rows.append([])
            free = width
        rows[-1].append((name, lines, wide))
        free -= wide + GAP
    return rows


def text(x: float, y: float, words: str, size: int = 13, ink: str = INK, more: str = "") -> str:
    """A line of words at a place."""
    place = f'x="{x:.0f}" y="{y:.0f}"'
    return f'<text {place} font-size="{size}" fill="{ink}" {more}>{escape(words)}</text>'


def picture() -> str:
    """The whole picture as SVG."""
    rooms, imports = measure()
    parts: list[str] = []
    inner = WIDTH - 2 * MARGIN - LABEL - ARROWS
    places: dict[str, tuple[float, float]] = {}
    y: float = MARGIN
    for floor, folders in rooms.items():
        rows = rows_of(folders, inner - GAP)
        height = len(rows) * (ROW + GAP) + GAP
        places[floor] = (y, height)
        parts.append(
            f'<rect x="{MARGIN}" y="{y}" width="{LABEL + inner}" height="{height}" '
            f'rx="8" fill="{BAND}"/>'
        )
        parts.append(text(MARGIN + 12, y + 24, floor, 15, INK, 'font-weight="bold"'))
        parts.append(text(MARGIN + 12, y + 41, KNOWS.get(floor, ""), 10, QUIET))
        for index, row in enumerate(rows):
            x: float = MARGIN + LABEL + GAP
            stretch = (inner - GAP - (len(row)) * GAP) / sum(wide for _, _, wide in row)
            for name, lines, wide in row:
                shown = wide * (stretch if index < len(rows) - 1 or stretch < 1 else 1)
                top = y + GAP + index * (ROW + GAP)
                parts.append(
                    f'<rect x="{x:.0f}" y="{top:.0f}" width="{shown:.0f}" height="{ROW}" rx="5" '
                    f'fill="{ROOM}" stroke="#c6ced8"/>'
                )
                parts.append(text(x + 9, top + 19, "single files" if name == "·" else name))
                parts.append(text(x + 9, top + 34, f"{lines:,} lines", 10, QUIET))
                x += shown + GAP
        y += height + 10
    parts += arrows(places, imports)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 6:.0f}" '
        f'viewBox="0 0 {WIDTH} {y + 6:.0f}" font-family="DejaVu Sans, Verdana, sans-serif">'
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="4" '
        f'markerHeight="4" orient="auto"><path d="M0 0 8 4 0 8z" fill="{ARROW}"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def arrows(places: dict[str, tuple[float, float]], imports: Counter[tuple[str, str]]) -> list[str]:
    """One bow at the right for every pair of floors, the far ones outside."""
    order = list(places)
    drawn = []
    left = WIDTH - MARGIN - ARROWS + 4
    out: Counter[str] = Counter()
    pairs = sorted(imports, key=lambda p: abs(order.index(p[1]) - order.index(p[0])))
    for above, below in pairs:
        count = imports[above, below]
        span = abs(order.index(below) - order.index(above))
        y0 = places[above][0] + 14 + 9 * out[above]
        y1 = places[below][0] + 10 + 9 * out["to " + below]
        out[above] += 1
        out["to " + below] += 1
        far = left + 14 + 23 * span
        thick = 1 + math.log10(count) * 1.6
        drawn.append(
            f'<path d="M{left} {y0:.0f} C{far} {y0:.0f} {far} {y1:.0f} {left} {y1:.0f}" '
            f'fill="none" stroke="{ARROW}" stroke-opacity="0.55" stroke-width="{thick:.1f}" '
            f'marker-end="url(#head)"><title>{above} imports {below} {count} times</title></path>'
        )
    return drawn


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8")
    print(TARGET.relative_to(ROOT))
