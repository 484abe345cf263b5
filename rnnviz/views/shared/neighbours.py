"""From one box of a drawing to the next in a direction, as the arrow keys go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Box(Protocol):
    """Something that lies somewhere."""

    @property
    def x(self) -> float:
        """Its left edge."""

    @property
    def y(self) -> float:
        """Its upper edge."""

    @property
    def width(self) -> float:
        """How wide it is."""

    @property
    def height(self) -> float:
        """How high it is."""


Found = TypeVar("Found", bound=Box)


def neighbour(boxes: Iterable[Found], here: Box, right: int, down: int) -> Found | None:
    """The box that is nearest in a direction; what lies aside counts three times as far.

    Args:
        right, down: one of them 1 or -1, the other 0.
    """
    x, y = _middle(here)
    best, least = None, float("inf")
    for box in boxes:
        other_x, other_y = _middle(box)
        along = (other_x - x) * right + (other_y - y) * down
        beside = abs((other_x - x) * down) + abs((other_y - y) * right)
        if along > 1 and along + 3 * beside < least:
            best, least = box, along + 3 * beside
    return best


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2
