"""How much gradient reaches the earlier characters of a sequence, as the training goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.directory.arrays import RowReader, Rows
from rnnviz.core.runs.record import ArrayRow, RunRecord
from rnnviz.views.plots import CurvePlot, HeatPlot, Trace
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.training.panels.page import QuietWords, page_of

_MOST_COLUMNS = 400
_READ_AT_ONCE = 100
_PATIENCE_SECONDS = 2.0
"""A drive that needs longer is asked again when the run says something new."""


class TimeStepsPanel(Panel):
    """A column a training step, a row a distance back; beside it the newest of each layer."""

    name = "gradient-steps"
    title = "Gradient over time"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        self._reader: tuple[RunRecord, RowReader] | None = None
        runs = self.session.runs
        self.redraw_on(runs.curve_changed, runs.current_changed)

    def prepare(self) -> Iterator[None]:
        """The picture, its legend, and the plot beside it."""
        self.heat = HeatPlot("Gradient norm by training step and distance back", self)
        self.heat.set_labels("training step", "steps back")
        yield
        self.heat.make_legend()
        yield
        self.newest = CurvePlot("Gradient norm over distance at the newest step", self)
        self.newest.set_labels("steps back", "norm")
        self.newest.set_x_words("steps back", "{:.0f}")
        self.newest.set_log(True)
        yield

    def build(self) -> QWidget:
        """The picture, and a plot of the newest step."""
        self.layer = Choices()
        self.layer.setAccessibleName("Layer")
        self.layer.currentIndexChanged.connect(self._choose)
        self.loss = Segments("Loss", {"last": "Last step's loss", "all": "All losses"})
        self.loss.chosen.connect(self._choose)
        self.words = QuietWords()
        return page_of([self.loss, self.layer], self.words, [(self.heat, 3), (self.newest, 2)])

    def draw(self) -> None:
        """Read the rows that are new, and draw."""
        run = self.session.runs.current
        assert run is not None
        record = run.watched.record
        if self._reader is None or self._reader[0] is not record:
            self._reader = record, RowReader(run.watched.directory)
        self.loss.setVisible(bool(record.last_step_rows))
        last = self.loss.value == "last" and record.last_step_rows
        kept = record.last_step_rows if last else record.gradient_rows
        shape = kept[-1].shape if kept else (0, 0)
        rows = [row for row in kept if row.shape == shape]
        rows = [rows[i] for i in _spread(len(rows), _MOST_COLUMNS)]
        found = self._read(rows)
        decoder = _decoder_steps(record.facts, shape[1])
        self._tell(record.step if not found else -1, decoder)
        self.layer.setVisible(shape[0] > 1)
        self._offer_layers(_layer_names(record.facts, shape[0]))
        layer = max(0, self.layer.currentIndex())
        columns = [values[min(layer, shape[0] - 1), ::-1] for _, values in found]
        picture = np.stack(columns, axis=1) if columns else np.zeros((0, 0), np.float32)
        self.heat.set_values(picture, [f"{row.step:,}" for row, _ in found])
        for plot in (self.heat, self.newest):
            plot.setVisible(bool(found))
        self.heat.set_row(decoder)
        self.newest.set_place(decoder)
        self._draw_newest(found[-1][1] if found else None)

    def _tell(self, step: int, decoder: int | None) -> None:
        """Say what is drawn, or, at a step from 0 on, why nothing is."""
        if step >= 0:
            said = "This run has not recorded the gradient over time." if step else ""
        elif decoder is None:
            said = "How much of it reaches the hidden states before."
        else:
            said = "Above the line the decoder's steps, below it the encoder's."
        self.words.setText(said)
        self.words.setToolTip(
            plain_tip(
                said
                if decoder is None
                else f"{said} One sentence pair, the same throughout the run."
            )
        )

    def _read(self, rows: list[ArrayRow]) -> list[tuple[ArrayRow, Rows]]:
        assert self._reader is not None
        reader = self._reader[1]
        fresh = [row for row in rows if not reader.known(row)]
        there = reader.load(fresh[:_READ_AT_ONCE])
        if len(fresh) > _READ_AT_ONCE or (not there and reader.waits_seconds < _PATIENCE_SECONDS):
            self.request_draw()
        return [(row, values) for row in rows if (values := reader.kept(row)) is not None]

    def _draw_newest(self, values: Rows | None) -> None:
        traces = []
        for layer, norms in enumerate(() if values is None else values):
            curve = Curve()
            curve.append(np.arange(len(norms)), norms[::-1])
            name = self.layer.itemText(layer)
            traces.append(Trace(name[:1].lower() + name[1:], curve, layer, width=1.5))
        self.newest.set_traces(tuple(traces))

    def _offer_layers(self, names: list[str]) -> None:
        if names != [self.layer.itemText(place) for place in range(self.layer.count())]:
            self.layer.blockSignals(True)
            self.layer.clear()
            self.layer.addItems(names)
            self.layer.blockSignals(False)

    @Slot()
    def _choose(self) -> None:
        self.request_draw()


def _layer_names(facts: Mapping[str, Any], layers: int) -> list[str]:
    """What the run calls them, or just their numbers."""
    named = facts.get("gradient_layers")
    if isinstance(named, list) and len(named) == layers:
        return [str(name) for name in named]
    return [f"Layer {layer + 1}" for layer in range(layers)]


def _decoder_steps(facts: Mapping[str, Any], steps: int) -> int | None:
    """How many of the steps are a decoder's, which come after those of its encoder."""
    encoder = facts.get("gradient_source_steps", 0)
    return steps - encoder if isinstance(encoder, int) and 0 < encoder < steps else None


def _spread(count: int, most: int) -> list[int]:
    """At most so many places out of `count`, evenly, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return np.unique(np.linspace(0, count - 1, most).astype(int)).tolist()
