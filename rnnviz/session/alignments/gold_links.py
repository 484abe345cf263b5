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
    read_link_file,
    read_pairs,
)
from rnnviz.core.alignments.words.given_words import in_given_words, places_of_words
from rnnviz.core.alignments.words.tokens import is_mark, word_groups
from rnnviz.core.errors import AlignmentError
from rnnviz.session.alignments.questions import Answer


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
        self.base: Base | None = None
        """From where words are counted; None finds it out."""
        self.said = ""
        """What was assumed about the file."""
        self.pairs: tuple[tuple[str, str], ...] = ()
        self.pairs_path: Path | None = None
        self.line = 0
        self.swapped = False
        self.direction: Direction = "target"
        self.threshold = 0.5
        self._claimed: tuple[int, str, str] | None = None

    def open(self, path: Path, base: Base | None = None) -> None:
        """Read a file in Pharaoh format.

        Raises:
            AlignmentError: it is none; what was open stays.
        """
        found = read_link_file(path, base)
        self.lines, self.said, self.base = found.lines, found.said, base
        self.path, self.line = path, 0
        self.pairs, self.pairs_path, self._claimed = (), None, None
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
        self._count_again()
        self.changed.emit()

    def count_from(self, base: Base | None) -> None:
        """Read the links again, counted from 0 or 1; None finds it out.

        Raises:
            AlignmentError: the file cannot be read any more.
        """
        if base != self.base and self.path is not None:
            self.base = base
            self._count_again()
            self.changed.emit()

    def _count_again(self) -> None:
        """With the sentences it is known better from where words are counted."""
        if self.path is not None:
            found = read_link_file(self.path, self.base, self.pairs)
            self.lines, self.said = found.lines, found.said

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

    def belong_to(self, answer: Answer) -> bool:
        """Whether they were drawn for this translation.

        Without the sentences nobody knows, but for the person who says so (`claim`).
        """
        asked = (answer.question.sentence, answer.written)
        if (pair := self.pair) is None:
            return self._claimed == (self.line, *asked)
        return all(_spelled(a) == _spelled(b) for a, b in zip(asked, pair, strict=True))

    def claim(self, answer: Answer) -> None:
        """The person says that the chosen line was drawn for this translation."""
        self._claimed = (self.line, answer.question.sentence, answer.written)
        self.changed.emit()

    def aligned(self, answer: Answer, *, words: bool) -> Alignment:
        """The weights between words as the links count them; else as they are on the screen.

        Raises:
            AlignmentError: the model has no attention, or the file is gone.
        """
        pair = self.pair
        if pair is not None and self.belong_to(answer):
            given = in_given_words(answer.decoded.alignment, *pair)
            if given is not None:
                return given
        return answer.decoded.word_alignment if words else answer.decoded.alignment

    def framed(self, answer: Answer, shown: Alignment) -> dict[tuple[int, int], bool]:
        """Cells (row, column) on the screen with gold links; whether they are sure ones.

        A link between words that are not cut as on the screen frames all cells that have a part.
        """
        links = self.links
        if links is None or not self.belong_to(answer):
            return {}
        pair, found = self.pair, dict[tuple[int, int], bool]()
        columns, rows = (
            (places_of_words(side, text) if text else None) or _joined(side)
            for side, text in zip((shown.source, shown.target), pair or ("", ""), strict=True)
        )
        for source, target in sorted(links.possible):
            for column in columns[source] if source < len(columns) else ():
                for row in rows[target] if target < len(rows) else ():
                    sure = (source, target) in links.sure
                    found[row, column] = found.get((row, column), False) or sure
        return found

    def found(self, alignment: Alignment) -> frozenset[Link]:
        """The links that weights become, as the person chose."""
        return alignment.links(self.direction, self.threshold)

    def agreement(self, alignment: Alignment) -> Agreement | None:
        """How those links agree with gold; None without gold links."""
        gold = self.links
        return None if gold is None else agreement(self.found(alignment), gold)

    def straight(self, alignment: Alignment) -> Agreement | None:
        """How a straight diagonal agrees with gold, the least that a model must beat."""
        from rnnviz.core.alignments.statistical_aligner import (
            diagonal,
        )  # only who asks waits for it

        gold = self.links
        sides = [sum(not is_mark(t) for t in side) for side in (alignment.source, alignment.target)]
        return None if gold is None else agreement(diagonal(*sides), gold)


def _joined(tokens: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """The tokens of each word as the model cuts them."""
    return tuple(tuple(range(*group)) for group in word_groups(tokens))


def _spelled(text: str) -> str:
    """What two ways to write a sentence have in common: blanks and curved apostrophes aside."""
    return "".join(text.replace("’", "'").split())
