"""Word alignment from pairs of sentences alone: IBM model 1 with a prior for the diagonal.

Dyer, Chahuneau and Smith (2013), "A Simple, Fast, and Effective Reparameterization of IBM Model 2".
Every target word j of m comes from no word with probability p0, else from source word i of n with

    (1 - p0) exp(-λ |i/n - j/m|) / Z_j

and is then chosen by t(target word | source word). The table t and the tension λ are found by
expectation maximisation, t with the sparse prior of variational Bayes that the paper uses. Both
directions are trained side by side on one table of word pairs.

Pairs of equal lengths are one block of numbers (n, T, S), so that no loop runs over sentences. What
a word is, and where links go, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.links import Link
from rnnviz.core.errors import AlignmentError

WordPair = tuple[Sequence[str], Sequence[str]]
"""Source words and target words."""
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Symmetrised = Literal["intersection", "grow-diag-final-and", "union", "forward", "backward"]
SYMMETRISED: dict[Symmetrised, str] = {
    "intersection": "links that both directions have, the surest",
    "grow-diag-final-and": "these, grown by neighbours that one direction has (Koehn et al. 2005)",
    "union": "links that one of the directions has",
    "forward": "one source word for each target word",
    "backward": "one target word for each source word",
}
"""How the links of both directions become one set, in words."""
assert set(SYMMETRISED) == set(get_args(Symmetrised))

NULL_PROBABILITY = 0.08
"""p0: that a target word comes from no source word."""
FIRST_TENSION = 4.0
_TENSIONS = (0.1, 14.0)
_SPARSE = 0.01
"""The parameter of the Dirichlet prior over t( | source word)."""
_TENSION_STEPS, _TENSION_RATE = 8, 20.0
_AT_ONCE = 1 << 22
"""Cells of blocks whose expected counts are added up together."""
_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True)
class BothWays:
    """What each direction says of one pair of S source and T target words."""

    forward: tuple[int, ...]
    """(T,) the source word of each target word; -1 for none."""
    backward: tuple[int, ...]
    """(S,) the target word of each source word; -1 for none."""

    def links(self, how: Symmetrised = "grow-diag-final-and") -> frozenset[Link]:
        """Links (source place, target place), from 0.

        >>> BothWays((0, 0), (0,)).links("intersection")
        frozenset({(0, 0)})
        """
        forward = {(i, j) for j, i in enumerate(self.forward) if i >= 0}
        backward = {(i, j) for i, j in enumerate(self.backward) if j >= 0}
        if how == "forward":
            return frozenset(forward)
        if how == "backward":
            return frozenset(backward)
        if how == "union":
            return frozenset(forward | backward)
        if how == "intersection":
            return frozenset(forward & backward)
        return grow_diag_final_and(forward, backward)


def grow_diag_final_and(forward: set[Link], backward: set[Link]) -> frozenset[Link]:
    """The links of both, grown by neighbours, then by links of two words without any.

    Koehn, Axelrod, Birch Mayne, Callison-Burch, Osborne and Talbot (2005), section 2: a link of one
    direction that lies beside a chosen one, also aslant, is taken where one of its words has none
    yet; in the end those of which both words have none.

    >>> sorted(grow_diag_final_and({(0, 0), (1, 1), (1, 2)}, {(0, 0), (1, 1)}))
    [(0, 0), (1, 1), (1, 2)]
    """
    union, chosen = forward | backward, forward & backward
    sources, targets = {i for i, _ in chosen}, {j for _, j in chosen}
    grown = True
    while grown:
        grown = False
        for i, j in sorted(chosen):
            for across, down in _NEIGHBOURS:
                near = (i + across, j + down)
                if near in chosen or near not in union:
                    continue
                if near[0] not in sources or near[1] not in targets:
                    chosen.add(near)
                    sources.add(near[0])
                    targets.add(near[1])
                    grown = True
    for direction in (forward, backward):
        for i, j in sorted(direction):
            if i not in sources and j not in targets:
                chosen.add((i, j))
                sources.add(i)
                targets.add(j)
    return frozenset(chosen)


@dataclass(frozen=True)
class _Block:
    """n pairs of S source and T target words."""

    places: Ints
    """(n,) which pairs of the corpus these are."""
    entries: Ints
    """(n, T, S) the place of each pair of words in the table."""
    sources: Ints
    """(n, S)."""
    targets: Ints
    """(n, T)."""

    @property
    def far(self) -> Floats:
        """(T, S) how far each cell is from the diagonal: |i/n - j/m|, both counted from 1."""
        _, rows, columns = self.entries.shape
        i, j = np.arange(1, columns + 1) / columns, np.arange(1, rows + 1) / rows
        distances: Floats = np.abs(i - j[:, None])
        return distances


@dataclass(frozen=True)
class _Table:
    """All pairs of words that ever stand in one pair of sentences, and where they stand."""

    blocks: list[_Block]
    source_of: Ints
    """(E,) the source word of each entry."""
    target_of: Ints
    """(E,)."""
    words: tuple[int, int]
    """How many source and target words there are."""


def _numbered(sentences: Sequence[Sequence[str]]) -> tuple[list[Ints], int]:
    known: dict[str, int] = {}
    found = [
        np.array([known.setdefault(word, len(known)) for word in words], np.int64)
        for words in sentences
    ]
    return found, len(known)


def _table(pairs: Sequence[WordPair]) -> _Table:
    sources, many_sources = _numbered([pair[0] for pair in pairs])
    targets, many_targets = _numbered([pair[1] for pair in pairs])
    by_shape: dict[tuple[int, int], list[int]] = {}
    for place, (source, target) in enumerate(zip(sources, targets, strict=True)):
        if len(source) and len(target):
            by_shape.setdefault((len(source), len(target)), []).append(place)
    stacked = [
        (
            np.array(places, np.int64),
            np.stack([sources[place] for place in places]),
            np.stack([targets[place] for place in places]),
        )
        for _, places in sorted(by_shape.items())
    ]
    if not stacked:
        return _Table([], np.zeros(0, np.int64), np.zeros(0, np.int64), (0, 0))
    keys = np.concatenate(
        [(s[:, None, :] * many_targets + t[:, :, None]).ravel() for _, s, t in stacked]
    )
    entries, inverse = np.unique(keys, return_inverse=True)
    del keys
    blocks, start = [], 0
    for places, s, t in stacked:
        shape = (len(places), t.shape[1], s.shape[1])
        stop = start + int(np.prod(shape))
        blocks.append(_Block(places, inverse[start:stop].reshape(shape), s, t))
        start = stop
    return _Table(
        blocks, entries // many_targets, entries % many_targets, (many_sources, many_targets)
    )


class _Direction:
    """t(word | given word) for every entry of the table, and the tension; one way.

    Args:
        turned: the target words are given, and the source words come from them.
    """

    def __init__(self, table: _Table, turned: bool) -> None:
        self.table, self.turned = table, turned
        given, made = (1, 0) if turned else (0, 1)
        self.given_of = table.target_of if turned else table.source_of
        self.many_given, self.many_made = table.words[given], table.words[made]
        self.chance = np.full(len(table.source_of), 1.0)
        self.chance_null = np.full(self.many_made, 1.0)
        self.tension = FIRST_TENSION

    def _scores(self, block: _Block) -> tuple[Floats, Floats, Floats]:
        """(n, made, given) joint scores, (n, made) those of no word, and how far cells are."""
        scores = self.chance[block.entries]
        far = block.far
        made = block.targets
        if self.turned:
            scores, far, made = scores.swapaxes(1, 2), far.T, block.sources
        prior = np.exp(-self.tension * far)
        scores = scores * ((1 - NULL_PROBABILITY) * prior / prior.sum(axis=1, keepdims=True))
        return scores, NULL_PROBABILITY * self.chance_null[made], far

    def improve(self) -> None:
        """One step of expectation maximisation."""
        counts = np.zeros(len(self.chance))
        counts_null = np.zeros(self.many_made)
        waiting: list[tuple[Ints, Floats]] = []
        waits = 0
        distances: list[tuple[Floats, Floats]] = []
        found_far = words = 0.0
        for block in self.table.blocks:
            scores, null, far = self._scores(block)
            whole = scores.sum(axis=2) + null
            scores /= whole[:, :, None]
            made = block.sources if self.turned else block.targets
            np.add.at(counts_null, made.ravel(), (null / whole).ravel())
            summed = scores.sum(axis=0)
            found_far += float((summed * far).sum())
            words += float(made.size)
            distances.append((far, summed.sum(axis=1)))
            waiting.append(
                (
                    block.entries.ravel(),
                    (scores.swapaxes(1, 2) if self.turned else scores).ravel(),
                )
            )
            waits += scores.size
            if waits >= _AT_ONCE:
                counts += _added(waiting, len(counts))
                waiting, waits = [], 0
        if waiting:
            counts += _added(waiting, len(counts))
        self._pull(distances, found_far, words)
        wholes = _summed(self.given_of, counts + _SPARSE, self.many_given)
        self.chance = np.exp(digamma(counts + _SPARSE) - digamma(wholes)[self.given_of])
        null_whole = digamma(np.array([(counts_null + _SPARSE).sum()]))
        self.chance_null = np.exp(digamma(counts_null + _SPARSE) - null_whole)

    def _pull(self, distances: list[tuple[Floats, Floats]], found: float, words: float) -> None:
        """Choose the tension so that the prior expects the distances that were found."""
        for _ in range(_TENSION_STEPS):
            expected = 0.0
            for far, mass in distances:
                prior = np.exp(-self.tension * far)
                expected += float(mass @ ((prior * far).sum(axis=1) / prior.sum(axis=1)))
            self.tension += _TENSION_RATE * (expected - found) / words
            self.tension = float(np.clip(self.tension, *_TENSIONS))

    def best(self, block: _Block) -> Ints:
        """(n, made) the likeliest given word of each; -1 where no word is likelier."""
        scores, null, _ = self._scores(block)
        chosen = scores.argmax(axis=2)
        top = np.take_along_axis(scores, chosen[:, :, None], axis=2)[:, :, 0]
        return np.where(top >= null, chosen, -1)


def _added(waiting: list[tuple[Ints, Floats]], many: int) -> Floats:
    places = np.concatenate([place for place, _ in waiting])
    return _summed(places, np.concatenate([values for _, values in waiting]), many)


def _summed(places: Ints, values: Floats, many: int) -> Floats:
    return np.bincount(places, values, many).astype(np.float64)


def digamma(x: Floats) -> Floats:
    """The derivative of log Γ, for x > 0: five steps up, then its series for large x.

    Abramowitz and Stegun (1964), 6.3.5 and 6.3.18.
    """
    x = np.array(x, np.float64)
    below = np.zeros_like(x)
    for _ in range(5):
        below -= 1 / x
        x += 1
    square = 1 / (x * x)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    result: Floats = below + np.log(x) - 0.5 / x - series
    return result


def align_words(
    pairs: Sequence[WordPair],
    iterations: int = 5,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[BothWays]:
    """Learn from these pairs which words belong together, and say it of each of them.

    Args:
        pairs: source and target words; a pair with an empty side gets no links.
        progress: told after each of so many steps.

    Raises:
        AlignmentError: there is no pair with words on both sides.
    """
    table = _table(pairs)
    if not table.blocks:
        raise AlignmentError("no pair has words on both sides; there is nothing to align")
    forward, backward = _Direction(table, turned=False), _Direction(table, turned=True)
    steps = 2 * iterations + 1
    for number in range(iterations):
        forward.improve()
        progress(2 * number + 1, steps)
        backward.improve()
        progress(2 * number + 2, steps)
    found = [BothWays((-1,) * len(target), (-1,) * len(source)) for source, target in pairs]
    for block in table.blocks:
        rows = zip(
            block.places.tolist(),
            forward.best(block).tolist(),
            backward.best(block).tolist(),
            strict=True,
        )
        for place, there, back in rows:
            found[place] = BothWays(tuple(there), tuple(back))
    progress(steps, steps)
    return found


def diagonal(source_words: int, target_words: int) -> frozenset[Link]:
    """The straight line from corner to corner, one link a target word: what must be surpassed.

    >>> sorted(diagonal(3, 2))
    [(0, 0), (2, 1)]
    """
    if not source_words:
        return frozenset()
    slope = (source_words - 1) / max(1, target_words - 1)
    return frozenset((round(row * slope), row) for row in range(target_words))
