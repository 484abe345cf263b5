"""What a model wrote as it was trained, on one picture or page: at first, train more, train more.

After the lecture's picture of samples at several moments of a training (Karpathy 2015, "The
evolution of samples while training").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz.core.colours.colour import CELL_INK, INK, PAPER
from rnnviz.core.export.figure import (
    CELL,
    SOFT,
    Box,
    Figure,
    Letters,
    Words,
    add_arrow,
    add_lines,
    hex_colour,
)
from rnnviz.core.export.html import turning_nothing, words_as_html
from rnnviz.core.export.html_parts import STYLE
from rnnviz.core.export.layout import rows
from rnnviz.core.quantities.loss import figure as loss_figure
from rnnviz.core.runs.record import RunRecord, Sample

MOMENTS = 4
"""So many are shown unless more are asked for."""
LINES = 6
"""Of a sample so many lines are shown."""
COLUMNS = 72
_MARGIN, _PAD, _LINE, _BETWEEN = 24.0, 10.0, 18.0, 34.0
_TITLE, _CAPTION = 16, 13
_GROUND = {False: "#f5f6f8", True: "#1f242d"}


@dataclass(frozen=True)
class Moment:
    """A sample and when it was written."""

    step: int
    text: str
    loss: str = ""
    """What the held-out loss was by then, in words; empty where nobody knows."""

    @property
    def title(self) -> str:
        """As people say it.

        >>> Moment(0, "").title, Moment(1200, "").title
        ('At first', 'After 1,200 steps')
        """
        if self.step == 0:
            return "At first"
        return f"After {self.step:,} step{'s' * (self.step != 1)}"


def temperatures_of(samples: Sequence[Sample]) -> list[float]:
    """At which temperatures there are samples, ascending."""
    return sorted({sample.temperature for sample in samples if not math.isnan(sample.temperature)})


def moments_of(
    record: RunRecord, count: int = MOMENTS, temperature: float | None = None
) -> list[Moment]:
    """Some of a run's samples: the first, the last, and between them evenly over its stages.

    Stages are closer at the beginning of a training, where most changes. Of several samples of a
    step, as of several sentences, the first is taken.

    Args:
        temperature: of the samples; the middle one of those that there are by default.
    """
    known = temperatures_of(record.samples)
    if temperature is None and known:
        temperature = known[len(known) // 2]
    found: dict[int, str] = {}
    for sample in record.samples:
        if temperature is None or sample.temperature == temperature:
            found.setdefault(sample.step, sample.text)
    steps = sorted(found)
    if len(steps) > count:
        places = np.linspace(0, len(steps) - 1, max(2, count)).round().astype(int)
        steps = [steps[place] for place in places]
    return [Moment(step, found[step], _loss_at(record, step)) for step in steps]


def _loss_at(record: RunRecord, step: int) -> str:
    """The newest held-out loss until a step, else the training loss there."""
    unit = record.facts.get("loss") or "nats"
    for curve, which in ((record.validation, "held-out loss"), (record.loss, "loss")):
        last = int(np.searchsorted(curve.steps, step, side="right")) - 1
        if last >= 0 and np.isfinite(curve.values[last]):
            return f"{which} {loss_figure(float(curve.values[last]))} {unit}"
    return ""


def train_more_figure(
    moments: Sequence[Moment], title: str, *, dark: bool = False, columns: int = COLUMNS
) -> Figure:
    """The samples below each other, an arrow to the next: "train more"."""
    width = 2 * (_MARGIN + _PAD) + columns * CELL
    made = Figure(width, 0.0, hex_colour(PAPER[dark]))
    ink, soft = hex_colour(INK[dark]), SOFT[dark]
    room = width - 2 * _MARGIN
    y = add_lines(made, title, _MARGIN + _TITLE * 0.8, ink, room, _TITLE, x=_MARGIN, bold=True) + 14
    for place, moment in enumerate(moments):
        if place:
            middle = width / 2
            add_arrow(made, middle, y + 4, middle, y + _BETWEEN - 6, soft)
            made.words.append(
                Words(middle + 14, y + _BETWEEN / 2 + 4, "train more", _CAPTION, soft)
            )
            y += _BETWEEN
        y += _CAPTION + 4
        made.words.append(Words(_MARGIN, y, moment.title, _CAPTION, ink, bold=True))
        if moment.loss:
            made.words.append(Words(width - _MARGIN, y, moment.loss, 11, soft, anchor="end"))
        y = _add_sample(made, moment.text, y + 8, columns, dark=dark)
    made.height = y + _MARGIN
    return made


def _add_sample(made: Figure, text: str, y: float, columns: int, *, dark: bool) -> float:
    grid = rows(text, columns)
    shown = grid[:LINES]
    height = max(1, len(shown)) * _LINE + 2 * _PAD
    made.boxes.append(Box(_MARGIN, y, made.width - 2 * _MARGIN, height, _GROUND[dark]))
    colour = hex_colour(CELL_INK[dark])
    for number, row in enumerate(shown):
        cells = tuple(
            (_MARGIN + _PAD + cell.column * CELL, cell.width * CELL, cell.shown)
            for cell in row
            if not cell.symbol
        )
        if any(not drawn.isspace() for _, _, drawn in cells):
            made.letters.append(Letters(cells, y + _PAD + _LINE * number + 13, colour))
    if not text:
        x = _MARGIN + _PAD
        nothing = "nothing could be sampled: the weights are not numbers"
        made.words.append(Words(x, y + _PAD + 13, nothing, _CAPTION, SOFT[dark]))
    elif len(grid) > LINES:
        edge = made.width - _MARGIN - 6
        made.words.append(Words(edge, y + height - 6, "…", _CAPTION, SOFT[dark], anchor="end"))
    return y + height


def train_more_page(moments: Sequence[Moment], title: str) -> str:
    """The same as a page that needs nothing else, with the whole samples."""
    parts = []
    for place, moment in enumerate(moments):
        between = '<p class="about">↓ train more</p>' if place else ""
        loss = f'<p class="about">{words_as_html(moment.loss)}</p>' if moment.loss else ""
        parts.append(
            f"{between}<section><h2>{words_as_html(moment.title)}</h2>{loss}"
            f"<pre>{turning_nothing(moment.text) or '&nbsp;'}</pre></section>"
        )
    looks = STYLE.replace("section { margin-top: 2.6rem; }", "section { margin-top: .8rem; }")
    dark = (
        "if (matchMedia('(prefers-color-scheme: dark)').matches) "
        "document.documentElement.classList.add('dark');"
    )
    title = words_as_html(title)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{looks}</style><script>{dark}</script></head>"
        f"<body><h1>{title}</h1>{''.join(parts)}</body></html>\n"
    )
