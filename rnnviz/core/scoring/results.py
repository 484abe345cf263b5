"""What ranking gives: a score for every unit, and the ranking of all units for one concept."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec

from rnnviz.core.errors import RecordingError
from rnnviz.core.reading import read_json
from rnnviz.core.system.files import write_atomically

RANKING_VERSION = 1
_LARGEST_BYTES = 1 << 28
_SCORE_FIGURES = ("correlation", "auc", "f1", "threshold")
_RANKING_FIGURES = ("base_rate", "positive_from", "null_correlation", "null_auc")


class Histogram(msgspec.Struct, frozen=True):
    """How often a unit takes which value where the label is true, and where it is false.

    The bins have equal widths from `low` to `high`; a value outside them, seen too seldom to be in
    the sample that set the range, counts in the outermost.
    """

    low: float
    high: float
    true: tuple[int, ...]
    false: tuple[int, ...]


class Score(msgspec.Struct, frozen=True, kw_only=True):
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


def read_ranking(path: Path) -> Ranking:
    """The ranking in a file that `write_ranking` wrote.

    Raises:
        RecordingError: no such file, damaged, or of a newer version.
    """
    try:
        found = read_json(path, limit=_LARGEST_BYTES)
        if found["version"] > RANKING_VERSION:
            raise RecordingError(f"{path} was written by a newer rnnviz; update this one")
        restore_nan(found, _RANKING_FIGURES)
        for score in found["scores"]:
            restore_nan(score, _SCORE_FIGURES)
        return msgspec.convert(found, Ranking)
    except OSError as error:
        raise RecordingError(f"cannot read the ranking {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise RecordingError(f"the ranking {path} is damaged: {error}; rank again") from error


def restore_nan(figures: dict[str, Any], names: tuple[str, ...]) -> None:
    """Put NaN back where these figures are null, since JSON has no number for it."""
    for name in names:
        if figures[name] is None:
            figures[name] = math.nan
