"""Word links in Pharaoh format, and how well links agree with gold ones.

A line is a sentence pair, `0-0 1-2 2p1`: source-target, `-` for a sure link and `p` for a possible
one. Some files count from 0 and some from 1, a few of these with 0 for `no word`; which, is found
out from the sentences, and said. In memory places count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rnnviz.core.alignments.files.parallel_corpus import words_between_blanks
from rnnviz.core.errors import AlignmentError, TextError
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.sequences.texts.lines import read_lines

Link = tuple[int, int]
"""A source place and a target place."""
Base = Literal[0, 1]

_LINK = re.compile(r"([0-9]{1,7})([-p])([0-9]{1,7})")
_DOUBTFUL = 5
"""A difference of less than this part of all decides nothing."""
_COLUMNS = re.compile(r"\t|\|\|\|")


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
    """The links of one line; further columns, behind a tab or `|||`, hold scores or sentences.

    Args:
        base: the number of the first word in this line. Where it is 1, a link to 0 stands for a
            word that belongs to no other, and is left out.

    Raises:
        AlignmentError: a part of it is no link.
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for part in words_between_blanks(_column(line)):
        found = _LINK.fullmatch(part)
        if found is None:
            raise AlignmentError(
                f"{where} holds “{part[:40]}”, which is no link; links look like 0-0 for sure ones "
                "and 0p0 for possible ones, with blanks between them"
            )
        link = (int(found[1]) - base, int(found[3]) - base)
        if min(link) >= 0:
            (sure if found[2] == "-" else possible).add(link)
    return Links.of(sure, possible)


def _column(line: str) -> str:
    """The last column that is made of links, or else the last."""
    columns = _COLUMNS.split(line)
    for column in reversed(columns):
        parts = words_between_blanks(column)
        if parts and all(_LINK.fullmatch(part) for part in parts):
            return column
    return columns[-1]


class LinkFile(NamedTuple):
    """The links of a file, and what was assumed about it."""

    lines: tuple[Links, ...]
    base: Base
    """The number that the first word has in the file."""
    said: str
    """From where words are counted and why, and what does not fit, for people."""


def read_link_file(
    path: Path, base: Base | None = None, pairs: Sequence[tuple[str, str]] = ()
) -> LinkFile:
    """The links of every line of a file.

    Args:
        base: the number of the first word; None finds it out with `guess_base`.
        pairs: the sentences that the links belong to, if they are known.

    Raises:
        AlignmentError: it cannot be read, or a line holds no links.
    """
    told: list[str] = []
    try:
        raw = read_lines(path, told.append)
    except TextError as error:
        raise AlignmentError(str(error)) from error

    def counted_from(start: Base) -> tuple[Links, ...]:
        return tuple(
            parse_links(line, start, f"line {number:,} of {path.name}")
            for number, line in enumerate(raw, 1)
        )

    plain = counted_from(0)
    start, why = (base, "as was said") if base is not None else guess_base(plain, pairs)
    lines = plain if start == 0 else counted_from(start)
    told.insert(0, f"{path.name} counts words from {start}: {why}")
    nowhere = sum(len(one.possible) for one in plain) - sum(len(one.possible) for one in lines)
    if nowhere:
        told.append(f"{nowhere:,} links to 0 stand for words that belong to no other")
    told += _beyond_in_words(lines, pairs, start)
    return LinkFile(lines, start, "; ".join(told))


def read_links(path: Path, base: Base | None = None) -> tuple[Links, ...]:
    """The links of every line of a file; see `read_link_file`.

    Raises:
        AlignmentError: it cannot be read, or a line holds no links.
    """
    return read_link_file(path, base).lines


def _beyond_in_words(
    lines: Sequence[Links], pairs: Sequence[tuple[str, str]], base: Base
) -> list[str]:
    """What is to be said of links to words that their sentences do not have."""
    if len(lines) != len(pairs):
        return []
    beyond = [
        (number, links_line([link], base))
        for number, (links, pair) in enumerate(zip(lines, pairs, strict=True), 1)
        for link in sorted(_beyond(links.possible, pair))
    ]
    if not beyond:
        return []
    number, first = beyond[0]
    if len(beyond) == 1:
        return [f"the link {first} in line {number:,} lies beyond its sentence; it is never found"]
    many = f"{len(beyond):,} links lie beyond their sentences, the first is {first} in line"
    return [f"{many} {number:,}; they are never found"]


def _beyond(links: Iterable[Link], pair: tuple[str, str]) -> set[Link]:
    source, target = (len(words_between_blanks(side)) for side in pair)
    return {link for link in links if link[0] >= source or link[1] >= target}


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
        lines = read_lines(path)
    except TextError as error:
        raise AlignmentError(str(error)) from error
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


def guess_base(lines: Sequence[Links], pairs: Sequence[tuple[str, str]] = ()) -> tuple[Base, str]:
    """Whether the places of a file, as they stand there, count from 0 or from 1; and why.

    With the sentences, the count wins by which more links join equal words, signs and numbers above
    all; where these do not decide it, that by which fewer links lie beyond the sentences. Without,
    or where these agree, a file that never mentions place 0 counts from 1.
    """
    places = {place for links in lines for link in links.possible for place in link}
    if pairs and len(lines) == len(pairs):
        beyond, equal = zip(*(_fit(lines, pairs, base) for base in (0, 1)), strict=True)
        more, less = max(equal), min(equal)
        if more - less > more // _DOUBTFUL:
            return (0 if equal[0] == more else 1), (
                f"so {more:,} of its links join equal words, otherwise {less:,}"
            )
        if beyond[0] != beyond[1]:
            return (0 if beyond[0] < beyond[1] else 1), (
                f"otherwise {max(beyond):,} of its links would lie beyond their sentences, so "
                f"{min(beyond):,}"
            )
    if 0 in places:
        return 0, "place 0 occurs"
    if places:
        return 1, "place 0 never occurs"
    return 0, "it holds no links"


def _fit(lines: Sequence[Links], pairs: Sequence[tuple[str, str]], base: Base) -> tuple[int, int]:
    """How many links lie beyond their sentences, and how many join equal words."""
    beyond = equal = 0
    for links, pair in zip(lines, pairs, strict=True):
        source, target = (words_between_blanks(side.casefold()) for side in pair)
        for first, second in links.possible:
            i, j = first - base, second - base
            if i >= len(source) or j >= len(target):
                beyond += 1
            elif min(i, j) >= 0:
                equal += source[i] == target[j]
    return beyond, equal


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
        content = "".join(f"{links_line(line, base)}\n" for line in lines).encode()
        write_atomically(path, content, wait=False)
    except OSError as error:
        raise AlignmentError(f"cannot write {path}: {error.strerror}") from error
