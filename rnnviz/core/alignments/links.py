"""Word links in Pharaoh format, and how well links agree with gold ones.

A line is a sentence pair, `0-0 1-2 2p1`: source-target, `-` for a sure link and `p` for a possible
one. Some files count from 0 and some from 1. In memory places count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rnnviz.core.alignments.parallel_corpus import read_lines
from rnnviz.core.errors import AlignmentError
from rnnviz.core.reading import read_small
from rnnviz.core.system.files import write_atomically

Link = tuple[int, int]
"""A source place and a target place."""
Base = Literal[0, 1]

_LARGEST_BYTES = 1 << 26
_LINK = re.compile(r"(\d{1,7})([-p])(\d{1,7})")


class Links(NamedTuple):
    """The links of one sentence pair; every sure link is possible too."""

    sure: frozenset[Link]
    possible: frozenset[Link]

    @classmethod
    def of(cls, sure: Iterable[Link], possible: Iterable[Link] = ()) -> Links:
        """Links of which the second ones are only possible."""
        sure = frozenset(sure)
        return cls(sure, sure | frozenset(possible))

    def swapped(self) -> Links:
        """The same links with source and target in each other's place."""
        sure, possible = ({(target, source) for source, target in side} for side in self)
        return Links.of(sure, possible)


class Agreement(NamedTuple):
    """How links agree with gold ones, counted over any number of sentence pairs.

    Och and Ney (2003), "A systematic comparison of various statistical alignment models": with
    links A, sure gold links S and possible ones P, which contain S, the precision is |A∩P| / |A|,
    the recall |A∩S| / |S|, and the alignment error rate 1 - (|A∩S| + |A∩P|) / (|A| + |S|).
    """

    links: int = 0
    sure: int = 0
    links_sure: int = 0
    """|A∩S|."""
    links_possible: int = 0
    """|A∩P|."""

    @property
    def precision(self) -> float:
        """The share of links that gold allows; 1 where there is no link."""
        return self.links_possible / self.links if self.links else 1.0

    @property
    def recall(self) -> float:
        """The share of sure gold links that were found; 1 where there is none."""
        return self.links_sure / self.sure if self.sure else 1.0

    @property
    def error_rate(self) -> float:
        """The alignment error rate (AER), from 0 to 1; lower is better."""
        both = self.links + self.sure
        return 1 - (self.links_sure + self.links_possible) / both if both else 0.0

    def plus(self, other: Agreement) -> Agreement:
        """Counted over the sentences of both."""
        return Agreement(*(a + b for a, b in zip(self, other, strict=True)))


def agreement(found: Iterable[Link], gold: Links) -> Agreement:
    """How the links of one sentence agree with its gold links.

    >>> agreement({(0, 0), (1, 1)}, Links.of({(0, 0)}, {(1, 1), (2, 1)})).error_rate
    0.0
    """
    links = frozenset(found)
    return Agreement(len(links), len(gold.sure), len(links & gold.sure), len(links & gold.possible))


def corpus_agreement(found: Sequence[Iterable[Link]], gold: Sequence[Links]) -> Agreement:
    """How the links of all sentences together agree with gold.

    Raises:
        AlignmentError: there are not as many sentences with links as with gold links.
    """
    if len(found) != len(gold):
        raise AlignmentError(
            f"{len(found):,} sentences have links and {len(gold):,} have gold links; "
            "both files need one line a sentence, in the same order"
        )
    total = Agreement()
    for links, right in zip(found, gold, strict=True):
        total = total.plus(agreement(links, right))
    return total


def parse_links(line: str, base: Base = 0, where: str = "the line") -> Links:
    """The links of one line; what follows a tab or stands before one is another column.

    Args:
        base: the number of the first word in this line.

    Raises:
        AlignmentError: a part of it is no link, or a place lies before the first word.
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for part in line.rsplit("\t", 1)[-1].split():
        found = _LINK.fullmatch(part)
        if found is None:
            raise AlignmentError(
                f"{where} holds “{part[:40]}”, which is no link; links look like 0-0 for sure ones "
                "and 0p0 for possible ones, with blanks between them"
            )
        link = (int(found[1]) - base, int(found[3]) - base)
        if min(link) < 0:
            raise AlignmentError(
                f"{where} holds the link {part}, but words were said to count from 1; "
                "choose counting from 0"
            )
        (sure if found[2] == "-" else possible).add(link)
    return Links.of(sure, possible)


def read_links(path: Path, base: Base | None = None) -> tuple[Links, ...]:
    """The links of every line of a file.

    Args:
        base: the number of the first word; None guesses it with `guess_base`.

    Raises:
        AlignmentError: it cannot be read, or a line holds no links.
    """
    try:
        lines = read_small(path, _LARGEST_BYTES).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise AlignmentError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AlignmentError(f"{path.name} is no text; links are lines like 0-0 1-2") from error
    read = [
        parse_links(line, 0, f"line {number:,} of {path.name}")
        for number, line in enumerate(lines, 1)
    ]
    start = guess_base(read) if base is None else base
    if start == 0:
        return tuple(read)
    return tuple(
        parse_links(line, 1, f"line {number:,} of {path.name}")
        for number, line in enumerate(lines, 1)
    )


def read_sure_links(path: Path) -> list[frozenset[Link]]:
    """The sure links of every line, counted from 0, of a text file, `.gz` or `.xz`; fast.

    Raises:
        RnnvizError: it cannot be read, or a line holds something else.
    """
    lines = []
    for number, line in enumerate(read_lines(path), 1):
        try:
            parts = [part.split("-") for part in line.split()]
            lines.append(frozenset((int(source), int(target)) for source, target in parts))
        except ValueError as error:
            raise AlignmentError(
                f"line {number:,} of {path.name} is not made of sure links like 0-0 1-2: "
                f"{line[:40]!r}"
            ) from error
    return lines


def read_pairs(path: Path) -> tuple[tuple[str, str], ...]:
    """The sentence pairs of a file, one a line: `source ||| target`, or with a tab between.

    Raises:
        AlignmentError: it cannot be read, or a line holds no pair.
    """
    try:
        lines = read_small(path, _LARGEST_BYTES).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise AlignmentError(f"cannot read {path.name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AlignmentError(f"cannot read {path.name} as text: {error}") from error
    pairs = []
    for number, line in enumerate(lines, 1):
        mark = "|||" if "|||" in line else "\t"
        source, found, target = line.partition(mark)
        if not found:
            raise AlignmentError(
                f"line {number:,} of {path.name} is no sentence pair; source and target stand in "
                "one line with ||| or a tab between them"
            )
        pairs.append((source.strip(), target.split("\t")[0].strip()))
    return tuple(pairs)


def guess_base(lines: Sequence[Links]) -> Base:
    """Whether the places of a file, as they stand there, count from 0 or from 1.

    A file of more than a few sentences that never mentions place 0 counts from 1: hardly any
    sentence leaves its first word without a link.
    """
    places = {place for links in lines for link in links.possible for place in link}
    return 1 if places and 0 not in places else 0


def links_line(links: Links | Iterable[Link], base: Base = 0) -> str:
    """One line in Pharaoh format, by source place.

    >>> links_line({(1, 0), (0, 2)}), links_line(Links.of({(0, 0)}, {(1, 1)}), base=1)
    ('0-2 1-0', '1-1 2p2')
    """
    both = links if isinstance(links, Links) else Links.of(links)
    return " ".join(
        f"{source + base}{'-' if (source, target) in both.sure else 'p'}{target + base}"
        for source, target in sorted(both.possible)
    )


def write_links(path: Path, lines: Iterable[Links | Iterable[Link]], base: Base = 0) -> None:
    """Write one line a sentence.

    Raises:
        AlignmentError: the file cannot be written.
    """
    try:
        write_atomically(path, "".join(f"{links_line(line, base)}\n" for line in lines).encode())
    except OSError as error:
        raise AlignmentError(f"cannot write {path}: {error.strerror}") from error
