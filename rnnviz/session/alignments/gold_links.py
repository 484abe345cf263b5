"""Gold links of a file, which of its lines belongs to the sentence, and how well links agree."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from rnnviz.core.alignments.alignment import Alignment, Direction
from rnnviz.core.alignments.links import (
    Agreement,
    Base,
    Link,
    Links,
    agreement,
    read_links,
    read_pairs,
)
from rnnviz.core.errors import AlignmentError


class GoldLinks(QObject):
    """Links that somebody drew by hand.

    Signals:
        changed: the file, the line, or how links are made of weights.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Links, ...] = ()
        self.path: Path | None = None
        self.pairs: tuple[tuple[str, str], ...] = ()
        self.pairs_path: Path | None = None
        self.line = 0
        self.swapped = False
        self.direction: Direction = "target"
        self.threshold = 0.5

    def open(self, path: Path, base: Base | None = None) -> None:
        """Read a file in Pharaoh format.

        Raises:
            AlignmentError: it is none; what was open stays.
        """
        self.lines = read_links(path, base)
        self.path, self.line = path, 0
        self.pairs, self.pairs_path = (), None
        self.changed.emit()

    def open_pairs(self, path: Path) -> None:
        """Read the sentence pairs of the links, `source ||| target` or with a tab.

        Raises:
            AlignmentError: it cannot be read, or a line holds no pair.
        """
        pairs = read_pairs(path)
        if self.lines and len(pairs) != len(self.lines):
            raise AlignmentError(
                f"{path.name} has {len(pairs):,} lines and the links {len(self.lines):,}; both "
                "need one line a sentence pair, in the same order"
            )
        self.pairs, self.pairs_path = pairs, path
        self.changed.emit()

    @property
    def pair(self) -> tuple[str, str] | None:
        """The sentence pair of the chosen line, as the model reads it; None without a file."""
        if not 0 <= self.line < len(self.pairs):
            return None
        source, target = self.pairs[self.line]
        return (target, source) if self.swapped else (source, target)

    def set(self, **settings: object) -> None:
        """Change `line`, `swapped`, `direction` or `threshold`."""
        if any(getattr(self, name) != value for name, value in settings.items()):
            for name, value in settings.items():
                setattr(self, name, value)
            self.changed.emit()

    @property
    def links(self) -> Links | None:
        """The gold links of the chosen line, if there are any."""
        if not 0 <= self.line < len(self.lines):
            return None
        links = self.lines[self.line]
        return links.swapped() if self.swapped else links

    def belong_to(self, sentence: str, translation: str) -> bool:
        """Whether they were drawn for this translation; without the sentences nobody knows."""
        pair = self.pair
        asked = (sentence.split(), translation.split())
        return pair is None or asked == (pair[0].split(), pair[1].split())

    def found(self, alignment: Alignment) -> frozenset[Link]:
        """The links that weights become, as the person chose."""
        return alignment.links(self.direction, self.threshold)

    def agreement(self, alignment: Alignment) -> Agreement | None:
        """How those links agree with gold; None without gold links."""
        gold = self.links
        return None if gold is None else agreement(self.found(alignment), gold)
