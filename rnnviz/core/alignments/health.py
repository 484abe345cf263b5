"""Whether an alignment can be trusted: entropy, coverage, repeats, skips, dead attention.

A map can look busy and mean nothing. Several captioners drew attention for years that was the same
for every word; whoever looks at one picture cannot tell. What is said here is counted on the table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnnviz.core.alignments.alignment import Alignment, Floats
from rnnviz.core.alignments.words.tokens import is_mark, is_word, shown_token

ALIKE = 0.02
"""Rows that differ by less than this share of their weight, on average, are alike."""
FLAT = 0.95
"""Rows whose entropy is above this share of the largest possible one are nearly uniform."""
SEEN = 0.2
"""A source word that no target word gives so much weight was skipped."""
_NAMED = 5


class Repeat(NamedTuple):
    """A target word that was written again from the same source word."""

    first: int
    again: int
    """Places in the target."""
    source: int


@dataclass(frozen=True, eq=False)
class Health:
    """What is known about one alignment."""

    entropy_bits: Floats
    """(G,)"""
    coverage: Floats
    """(S,)"""
    skipped: tuple[int, ...]
    """Source places that no target word gave `SEEN` of its weight or more."""
    repeated: tuple[Repeat, ...]
    difference: float
    """How much of its weight a row moves away from the mean row, on average, from 0 to 1."""
    flatness: float
    """The mean entropy as a share of the largest possible one, from 0 to 1."""
    warnings: tuple[str, ...]
    """Plain sentences, the worst first; none if nothing is wrong."""

    @property
    def alarm(self) -> str:
        """In one sentence, that the whole picture means little; empty if it may mean something."""
        flat = math.isfinite(self.flatness) and self.flatness > FLAT
        said = next((words for words in self.warnings if "no numbers" not in words), "")
        return f"{said.split('. ')[0]}." if self.dead or flat else ""

    @property
    def dead(self) -> bool:
        """Whether attention does nothing: all rows alike, whatever the word."""
        return math.isfinite(self.difference) and self.difference < ALIKE


def health_of(alignment: Alignment) -> Health:
    """Count everything on one alignment; words and pieces alike."""
    entropy, coverage = alignment.entropy_bits(), alignment.coverage()
    difference, flatness = row_difference(alignment), _flatness(alignment, entropy)
    dead = difference < ALIKE or flatness > FLAT
    # Where every row looks everywhere or at the same place, neither means anything.
    skipped = () if dead else _skipped(alignment)
    repeated = () if dead else _repeated(alignment)
    return Health(
        entropy,
        coverage,
        skipped,
        repeated,
        difference,
        flatness,
        _warnings(alignment, difference, flatness, skipped, repeated),
    )


def row_difference(alignment: Alignment) -> float:
    """The mean total variation distance of the rows from their mean.

    0 means that the map is the same for every word; NaN stands for fewer than two rows or columns,
    and for weights that are no numbers. Sentence marks are left out where words remain.

    >>> import numpy as np
    >>> row_difference(Alignment(("a", "b"), ("x", "y"), np.eye(2)))
    0.5
    """
    rows = [place for place, token in enumerate(alignment.target) if not is_mark(token)]
    weights = alignment.weights[rows if len(rows) > 1 else slice(None)].astype(np.float64)
    if weights.shape[0] < 2 or weights.shape[1] < 2 or not np.isfinite(weights).all():
        return math.nan
    return float(np.abs(weights - weights.mean(axis=0)).sum(axis=1).mean() / 2)


def _flatness(alignment: Alignment, entropy: Floats) -> float:
    most = math.log2(len(alignment.source)) if len(alignment.source) > 1 else 0.0
    known = entropy[np.isfinite(entropy)]
    return float(known.mean()) / most if most and known.size else math.nan


def _skipped(alignment: Alignment) -> tuple[int, ...]:
    if not alignment.target:
        return ()
    most = np.nan_to_num(alignment.weights, nan=0.0).max(axis=0)
    return tuple(
        place
        for place, token in enumerate(alignment.source)
        if is_word(token) and most[place] < SEEN
    )


def _repeated(alignment: Alignment) -> tuple[Repeat, ...]:
    """The same target word twice from the same source word; from two of them it is no mistake."""
    if not alignment.source:
        return ()
    looked = np.nan_to_num(alignment.weights, nan=-1.0).argmax(axis=1).tolist()
    first: dict[tuple[str, int], int] = {}
    found = []
    for place, (token, source) in enumerate(zip(alignment.target, looked, strict=True)):
        if not is_word(token):
            continue
        before = first.setdefault((token, source), place)
        if before != place:
            found.append(Repeat(before, place, source))
    return tuple(found)


def _warnings(
    alignment: Alignment,
    difference: float,
    flatness: float,
    skipped: tuple[int, ...],
    repeated: tuple[Repeat, ...],
) -> tuple[str, ...]:
    said = []
    if not np.isfinite(alignment.weights).all():
        said.append("Some weights are no numbers: the model computed NaN or infinity.")
    flat = flatness > FLAT
    if difference < ALIKE:
        where = (
            "everywhere alike"
            if flat
            else f"at the same places, most of all at “{_heaviest_source(alignment)}”"
        )
        said.append(
            f"Attention does nothing here: every word looks {where}. The rows differ by "
            f"{_share(difference)} of their weight. Whatever is translated right, it is not "
            "because of where the model looks."
        )
    elif flat:
        said.append(
            f"Nearly uniform: the rows have {flatness:.0%} of the largest possible entropy. The "
            "model looks at all source words alike, and the map says little."
        )
    if repeated:
        words = _listed([alignment.target[repeat.again] for repeat in repeated])
        said.append(f"Written again from the same source word: {words}.")
    if skipped:
        words = _listed([alignment.source[place] for place in skipped])
        said.append(
            f"No target word gives {100 * SEEN:.0f} % of its weight or more to {words}: "
            "perhaps left out of the translation."
        )
    return tuple(said)


def _heaviest_source(alignment: Alignment) -> str:
    return shown_token(alignment.source[int(np.argmax(alignment.coverage()))])


def _share(value: float) -> str:
    return "less than 0.01 %" if value < 1e-4 else f"{100 * value:.2g} %"


def _listed(tokens: list[str]) -> str:
    named = ", ".join(f"“{shown_token(token)}”" for token in tokens[:_NAMED])
    more = len(tokens) - _NAMED
    return f"{named} and {more:,} more" if more > 0 else named
