"""A run as a row among others: its figures, its settings, and in which of these the runs differ.

The window's list and `rnnviz run list` show the same columns, sorted and filtered alike.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple, TypeVar

import numpy as np
from msgspec import Struct

from rnnviz.core.quantities.durations import duration_in_words, rate_in_words
from rnnviz.core.quantities.loss import figure
from rnnviz.core.runs.comparing.settings import FACTS, setting_in_words, setting_title, settings_of
from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.directory.state import STATE_WORDS, State
from rnnviz.core.runs.record import RunRecord

_NEWEST_SHARE, _NEWEST_MOST = 20, 100
"""The loss of a run is the mean over its newest steps: one part in so many, and at most these."""


class RunRow(Struct, frozen=True):
    """What there is to say of a run in one line."""

    name: str
    state: State
    step: int
    steps_planned: int
    loss: float
    """The mean of the newest steps' training loss; NaN or infinity where the newest is."""
    held_out: float
    """The newest loss on what is not trained on."""
    best: float
    """The least of these."""
    best_step: int
    seconds: float
    """How long it was trained."""
    steps_per_second: float
    seconds_left: float
    settings: dict[str, object]
    """By the name of the setting, as it is by now."""
    said: str = ""
    """What stands for the state, where more is known than it: `pausing…`."""
    has_loss: bool = True
    """Whether a step was taken that has one; else it is no NaN but absent."""


def row_of(name: str, state: State, record: RunRecord, said: str = "") -> RunRow:
    """The row of a run as it is by now."""
    best, best_step = _least(record.validation)
    live = state == "running"
    seconds = record.seconds.values
    return RunRow(
        name=name,
        state=state,
        step=record.step,
        steps_planned=record.steps_planned,
        loss=newest_loss(record.loss),
        held_out=record.validation.last,
        best=best,
        best_step=best_step,
        seconds=float(seconds[-1]) if seconds else math.nan,
        steps_per_second=record.steps_per_second() if live else math.nan,
        seconds_left=record.seconds_left() if live else math.nan,
        settings=settings_of(record),
        said=said,
        has_loss=len(record.loss) > 0,
    )


def newest_loss(curve: Curve) -> float:
    """The mean over the newest steps, since one batch alone says little; NaN while there is none.

    Where the newest is no number, that is what is said.
    """
    last = curve.last
    if not math.isfinite(last):
        return last
    counted = int(curve.weights.sum()) if curve.thinned else len(curve)
    return curve.mean_of_last(max(1, min(_NEWEST_MOST, counted // _NEWEST_SHARE)))


def _least(curve: Curve) -> tuple[float, int]:
    values = curve.values
    finite = np.isfinite(values)
    if not finite.any():
        return math.nan, 0
    place = int(np.where(finite, values, np.inf).argmin())
    return float(values[place]), int(curve.steps[place])


class Column(NamedTuple):
    """One column of a list of runs."""

    key: str
    title: str
    words: Callable[[RunRow], str]
    value: Callable[[RunRow], Any]
    """What it is sorted and filtered by."""
    about: str = ""
    numeric: bool = True


def _loss_in_words(value: float, known: bool = True) -> str:
    if not known:
        return "–"
    return "NaN" if math.isnan(value) else figure(value).replace("inf", "∞")


def _steps_in_words(row: RunRow) -> str:
    going = row.steps_planned and row.step != row.steps_planned
    return f"{row.step:,}" + (f" of {row.steps_planned:,}" if going else "")


def _known(value: float) -> bool:
    return not math.isnan(value)


FIGURES: tuple[Column, ...] = (
    Column("name", "Run", lambda row: row.name, lambda row: row.name, numeric=False),
    Column(
        "state",
        "State",
        lambda row: row.said or STATE_WORDS[row.state],
        lambda row: STATE_WORDS[row.state],
        numeric=False,
    ),
    Column("step", "Step", _steps_in_words, lambda row: row.step),
    Column(
        "loss",
        "Loss",
        lambda row: _loss_in_words(row.loss, row.has_loss),
        lambda row: row.loss,
        f"Training loss: the mean over the newest {100 // _NEWEST_SHARE} % of the steps, at most "
        f"{_NEWEST_MOST}",
    ),
    Column(
        "validation",
        "Held out",
        lambda row: _loss_in_words(row.held_out, _known(row.held_out)),
        lambda row: row.held_out,
        "The newest loss on what is not trained on",
    ),
    Column(
        "best",
        "Best",
        lambda row: _loss_in_words(row.best, _known(row.best)),
        lambda row: row.best,
        "The least loss on what is not trained on",
    ),
    Column(
        "time",
        "Time",
        lambda row: duration_in_words(row.seconds),
        lambda row: row.seconds,
        "How long it was trained, pauses not counted",
    ),
    Column(
        "speed",
        "Speed",
        lambda row: rate_in_words(row.steps_per_second, "steps"),
        lambda row: row.steps_per_second,
        "How fast it is trained now",
    ),
    Column(
        "left",
        "Time left",
        lambda row: duration_in_words(row.seconds_left),
        lambda row: row.seconds_left,
        "How long the rest takes at this speed",
    ),
)
"""What is known of every run, whatever it learns."""
FIGURE_KEYS = frozenset(column.key for column in FIGURES)


def setting_column(key: str) -> Column:
    """The column of a setting."""

    def words(row: RunRow) -> str:
        return _shortly(key, row)

    def value(row: RunRow) -> Any:
        return row.settings.get(key)

    return Column(key, setting_title(key), words, value, numeric=True)


def settings_by_difference(rows: Sequence[RunRow]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The settings in which runs differ, those that differ most first, and those that are equal.

    How much a setting differs is the entropy of its values over the runs: how many bits a run's
    value says about which run it is. A run that does not say counts as another value.
    """
    keys = dict.fromkeys(key for row in rows for key in row.settings)
    spread = {key: _entropy(Counter(_comparable(row, key) for row in rows)) for key in keys}
    # What follows from the settings, as the number of parameters does, comes behind them.
    differing = sorted(
        (key for key in keys if spread[key] > 0), key=lambda key: (key in FACTS, -spread[key])
    )
    return tuple(differing), tuple(key for key in keys if spread[key] == 0)


def _comparable(row: RunRow, key: str) -> str:
    return setting_in_words(key, row.settings[key]) if key in row.settings else "–"


def _shortly(key: str, row: RunRow) -> str:
    """A setting for a narrow column: of files their names alone."""
    if key not in row.settings:
        return "–"
    value = row.settings[key]
    if key == "texts" and isinstance(value, list | tuple):
        value = [PurePath(str(path)).name for path in value]
    return setting_in_words(key, value)


def _entropy(counts: Counter[str]) -> float:
    total = counts.total()
    shares = [count / total for count in counts.values()]
    return 0.0 if len(shares) < 2 else -sum(share * math.log2(share) for share in shares)


Shown = TypeVar("Shown")


def in_order(
    shown: Iterable[Shown],
    row: Callable[[Shown], RunRow],
    column: Column,
    descending: bool = False,
) -> list[Shown]:
    """Sorted by a column; what has no value there, or NaN, comes last either way."""
    known: list[tuple[Any, Shown]] = []
    unknown: list[tuple[Any, Shown]] = []
    for one in shown:
        value = column.value(row(one))
        absent = value is None or (isinstance(value, float) and math.isnan(value))
        (unknown if absent else known).append((value, one))
    known.sort(key=lambda pair: _sortable(pair[0]), reverse=descending)
    return [one for _, one in (*known, *unknown)]


def _sortable(value: Any) -> tuple[int, float, str]:
    """Numbers before words; words as people sort them."""
    if isinstance(value, bool | int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value).casefold()
