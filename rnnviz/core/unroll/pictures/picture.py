"""What a picture of an unrolled network is: a figure, and where each of its numbers lies in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from rnnviz.core.export.figure import Box, Figure, Stroke

Kind = Literal[
    "input", "hidden", "own", "later", "score", "probability", "loss", "weight", "arrow",
    "attention", "context", "front", "unit", "said",
]  # fmt: skip
FORWARD = {False: "#3452c7", True: "#8ea6ff"}
BACK = {False: "#b84a00", True: "#ff9a52"}
RIGHT = {False: "#0a7a3d", True: "#4fd08a"}
WRONG = {False: "#b3261e", True: "#ff8f85"}
FAINT = {False: "#d9dee6", True: "#363d49"}


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where one number lies, so that a pointer finds it."""

    x: float
    y: float
    width: float
    height: float
    kind: Kind
    key: str
    """Of the trace, or of a parameter."""
    step: int
    row: int
    column: int = -1

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(eq=False)
class Picture:
    """What is painted, and where the numbers lie in it."""

    figure: Figure
    places: list[Place] = field(default_factory=list)
    parts: tuple[Picture, ...] = ()
    """What it was put together from, where it was: what stayed is the same in the next picture."""

    def scaled(self, by: float) -> Picture:
        """The same picture, everything in it so many times as large."""
        drawn, change = self.figure, msgspec.structs.replace
        assert not drawn.letters  # the text under study has a size of its own
        figure = Figure(
            drawn.width * by,
            drawn.height * by,
            drawn.ground,
            [
                Box(one.x * by, one.y * by, one.width * by, one.height * by, one.colour)
                for one in drawn.boxes
            ],
            [
                Stroke(s.x1 * by, s.y1 * by, s.x2 * by, s.y2 * by, s.width * by, s.colour)
                for s in drawn.strokes
            ],
            words=[
                change(one, x=one.x * by, y=one.y * by, size=round(one.size * by))
                for one in drawn.words
            ],
            signs=[
                change(one, x=one.x * by, y=one.y * by, size=one.size * by) for one in drawn.signs
            ],
        )
        places = [
            change(one, x=one.x * by, y=one.y * by, width=one.width * by, height=one.height * by)
            for one in self.places
        ]
        return Picture(figure, places)

    def at(self, x: float, y: float) -> Place | None:
        """The number at a point; the uppermost."""
        for place in reversed(self.places):
            if place.holds(x, y):
                return place
        return None


def shown_symbol(symbol: str) -> str:
    r"""What stands for a symbol: line ends, and blanks that are alone, are seen.

    >>> shown_symbol("\n\n"), shown_symbol(" "), shown_symbol("New York")
    ('⏎⏎', '␣', 'New York')
    """
    shown = symbol.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", "⇥")
    return shown.replace(" ", "␣") if symbol.isspace() else shown
