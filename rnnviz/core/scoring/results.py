"""What ranking gives: a score for every unit, and the ranking of all units for one concept."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import msgspec

from rnnviz.core.errors import RecordingError
from rnnviz.core.files.reading import read_small
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.system.ready_types import ready

RANKING_VERSION = 1
_LARGEST_BYTES = 1 << 28


class Histogram(msgspec.Struct, frozen=True, gc=False):
    """How often a unit takes which value where the label is true, and where it is false.

    The bins have equal widths from `low` to `high`; a value outside them, seen too seldom to be in
    the sample that set the range, counts in the outermost.
    """

    low: float
    high: float
    true: tuple[int, ...]
    false: tuple[int, ...]


class Score(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How well one unit of one channel follows a concept; NaN where a figure does not exist."""

    channel: str
    unit: int
    """Counted through all layers."""
    sign: int
    """1 if the unit is high where the label is true or large, -1 if it is low there."""
    lag: int
    """How many characters later the unit reacts; below zero it anticipates."""
    correlation: float
    """Pearson's, signed, of the label at t with the value at t + lag."""
    auc: float
    """Area under the ROC curve of sign * value at t + lag for the label at t; ties count half."""
    f1: float
    """On the second half of the text, at the threshold that is best on the first."""
    threshold: float
    """A value at least this (at most this if the sign is -1) says true."""
    histogram: Histogram


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """Every unit scored for one concept, best first, and what chance would give."""

    concept: str
    title: str
    scalar: bool
    positive_from: float
    """For AUC, F1 and the histograms a label at least this counts as true; 1 for yes or no."""
    base_rate: float
    """The share of characters whose label counts as true."""
    null_correlation: float
    """The best |correlation| of any unit with labels shifted round the text; NaN if too short."""
    null_auc: float
    """The best AUC of any unit with the same shifted labels."""
    characters: int
    """How many characters had a label and counted."""
    scores: tuple[Score, ...]
    """Yes or no: by AUC; a count or a position: by |correlation|."""
    version: int = RANKING_VERSION


def write_ranking(ranking: Ranking, path: Path) -> None:
    """Write a ranking as JSON; a figure that does not exist becomes null."""
    write_atomically(path, msgspec.json.encode(ranking))


class _Version(msgspec.Struct):
    version: int


_Whole = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class _WrittenHistogram(msgspec.Struct, frozen=True):
    low: float
    high: float
    true: tuple[_Whole, ...]
    false: tuple[_Whole, ...]


class _WrittenScore(msgspec.Struct, frozen=True):
    channel: str
    unit: _Whole
    sign: _Whole
    lag: _Whole
    correlation: float | None
    auc: float | None
    f1: float | None
    threshold: float | None
    histogram: _WrittenHistogram


class _WrittenRanking(msgspec.Struct, frozen=True):
    concept: str
    title: str
    scalar: bool
    positive_from: float | None
    base_rate: float | None
    null_correlation: float | None
    null_auc: float | None
    characters: _Whole
    scores: tuple[_WrittenScore, ...]
    version: _Whole


def read_ranking(path: Path) -> Ranking:
    """The ranking in a file that `write_ranking` wrote.

    Decoded by its type at once: a window that looked through the thousands of scores of a large
    network value by value would stand still for half a second.

    Raises:
        RecordingError: no such file, damaged, or of a newer version.
    """
    try:
        raw = read_small(path, _LARGEST_BYTES)
        if msgspec.json.decode(raw, type=ready(_Version)).version > RANKING_VERSION:
            raise RecordingError(f"{path} was written by a newer rnnviz; update this one")
        found = msgspec.json.decode(raw, type=ready(_WrittenRanking))
    except OSError as error:
        raise RecordingError(f"cannot read the ranking {path}: {error.strerror}") from error
    except (ValueError, RecursionError, OverflowError, msgspec.DecodeError) as error:
        raise RecordingError(f"the ranking {path} is damaged: {error}; rank again") from error
    return Ranking(
        concept=found.concept,
        title=found.title,
        scalar=found.scalar,
        positive_from=_number(found.positive_from),
        base_rate=_number(found.base_rate),
        null_correlation=_number(found.null_correlation),
        null_auc=_number(found.null_auc),
        characters=found.characters,
        scores=tuple(map(_score, found.scores)),
        version=found.version,
    )


def _score(written: _WrittenScore) -> Score:
    histogram = written.histogram
    return Score(
        channel=written.channel,
        unit=written.unit,
        sign=written.sign,
        lag=written.lag,
        correlation=_number(written.correlation),
        auc=_number(written.auc),
        f1=_number(written.f1),
        threshold=_number(written.threshold),
        histogram=Histogram(histogram.low, histogram.high, histogram.true, histogram.false),
    )


def _number(written: float | None) -> float:
    """NaN for null, since JSON has no number for it."""
    return math.nan if written is None else written


def restore_nan(figures: dict[str, object], names: tuple[str, ...]) -> None:
    """Put NaN back where these figures are null, since JSON has no number for it."""
    for name in names:
        if figures[name] is None:
            figures[name] = math.nan
