"""Truncated BPTT: which gradients a chunk length cuts, and what memory and time it saves."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QWidget

from rnnviz.core.gradients.field import GradientField
from rnnviz.core.gradients.truncation import kept, kept_share
from rnnviz.views.gradients.panels.overlay import reach
from rnnviz.views.gradients.panels.parts import (
    FocusPicker,
    GradientPanel,
    LayerPicker,
    column,
    label,
    note,
    row_of,
    scientific,
    tools,
)
from rnnviz.views.plots import Banded, BandPlot
from rnnviz.views.shared.controls.number_field import WholeField
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.work.jobs.gradients import Comparison

_LEAST, _MOST = 10_000, 200_000
_HEADS = ("", "full BPTT", "truncated")
_MEASURES = ("Kept in memory", "Process grew by", "Time", "Gradient norm")


class TruncationPanel(GradientPanel):
    """What of each loss's gradient is left over distance, and a measurement in the engine."""

    name = "gradient-truncation"
    title = "Truncation"
    needs = ("model", "truncation", "text")

    def follow(self) -> None:
        """Follow the network in focus and the chunk."""
        gradients = self.session.gradients
        self.redraw_on(
            gradients.measurements.truncation_changed,
            gradients.shown_changed,
            gradients.fields_changed,
            self.session.jobs.changed,
        )

    def build(self) -> QWidget:
        """The chunk, what it keeps, the measurement."""
        gradients = self.session.gradients
        self.network = FocusPicker(gradients)
        self.layer = LayerPicker(gradients, all_layers=False)
        self.chunk = self._number("Steps after which the gradient is cut", 1, 100_000)
        self.chunk.value_changed.connect(gradients.measurements.set_chunk)
        self.plot = BandPlot("What truncation keeps over distance", log=True)
        self.plot.set_labels("steps back, k", "mean norm of the gradient")
        self.plot.setMinimumHeight(220)
        self.note = note()
        self.steps = self._number("Steps of the sequence that is measured", 100, _MOST)
        self.steps.set_value(_LEAST)
        self.steps.problem_changed.connect(self.request_draw)
        self.button = QPushButton("Measure memory, time")
        self.button.clicked.connect(self._measure)
        self.table = QuietTable("Memory and time of full and of truncated BPTT", _HEADS)
        self.table.setFixedHeight(
            len(_MEASURES) * 26 + self.table.horizontalHeader().sizeHint().height() + 6
        )
        self.measured = Label()
        self.measured.setWordWrap(True)
        self.measured.setContentsMargins(12, 4, 12, 12)
        return column(
            tools(self.network, stretch=0),
            WrappingRow(
                row_of(self.layer),
                row_of(label("cut every"), self.chunk, label("steps")),
                spread=False,
            ),
            (self.plot, 1),
            self.note,
            tools(label("over"), self.steps, self.button, stretch=2),
            self.table,
            self.measured,
        )

    def _number(self, name: str, low: int, high: int) -> WholeField:
        return WholeField(name, low, high, tip=name, at_once=False)

    def draw(self) -> None:
        """Show what is kept and what was measured."""
        gradients = self.session.gradients
        gradients.want_fields()
        self.network.refresh()
        self.chunk.blockSignals(True)
        self.chunk.set_value(gradients.measurements.chunk)
        self.chunk.blockSignals(False)
        self.button.setEnabled(not (gradients.measurements.measuring or self.steps.problem))
        one = gradients.focused
        field = one.field if one else None
        if one is not None and one.failure:
            self.explain(one.failure)
            return
        if field is not None and field.facts.rows:
            self.explain(field.cut_in_words)
            return
        told = field is not None and not field.cut_in_words
        self.plot.setVisible(told)
        self.layer.setVisible(told)
        if field is None:
            self.note.setText("Computing…")
        elif told:
            self.layer.refresh([field])
            self._show_kept(field)
        else:
            self.note.setText(field.cut_in_words)
        self._show_measured(gradients.measurements.truncation)

    def _show_kept(self, field: GradientField) -> None:
        layer, chunk = self.layer.layer or 0, self.session.gradients.measurements.chunk
        state = field.facts.states[-1]
        norms = field.norms(state, layer)
        mask = kept(field.own_steps, field.distance, chunk)
        known = np.isfinite(norms)
        counts = np.maximum(1, known.sum(axis=0))
        full = np.where(known, norms, 0).sum(axis=0) / counts
        left = np.where(known & mask, norms, 0).sum(axis=0) / counts
        distances = np.arange(field.distance + 1)
        # On the logarithmic axis nothing left has no place; the least that is drawn stands for it.
        least = np.nanmin(np.where(full > 0, full, np.nan)) if (full > 0).any() else 1.0
        cut = np.maximum(left, least)
        curves = (
            Banded("full BPTT", distances, full, "muted", cut, full, dashed=True),
            Banded(f"cut every {chunk:,} steps", distances, left, "accent"),
        )
        self.plot.set_curves(curves, reach(curves))
        self.plot.set_legend(
            (("full; shaded: cut", "muted"), (f"cut every {chunk:,} steps", "accent"))
        )
        self.plot.set_place(float(chunk) if chunk <= field.distance else None)
        pairs, share = kept_share(norms, mask)
        self.note.setText(
            f"Layer {layer + 1}, {state} state. Of the gradients up to {field.distance} steps "
            f"back, {pairs:.0%} are kept, which hold {share:.1%} of the summed norms. Nothing "
            f"reaches farther than {chunk - 1:,} steps; a loss at the start of a chunk reaches "
            "only its own step."
            + (" Chunks begin with each sequence." if field.facts.gives != "next" else "")
        )

    def _show_measured(self, found: Comparison | None) -> None:
        self.table.setVisible(found is not None)
        if self.session.gradients.measurements.measuring:
            self.measured.setText("Measuring…")
            return
        if found is None:
            self.measured.setText(
                "Both ways are run over the same steps: what the forward pass keeps in memory, "
                "how long forward and backward take, and how far the two gradients point apart."
            )
            return
        full, short = found.full, found.truncated
        saved = full.kept_bytes / max(1, short.kept_bytes)
        again = " (the text was read more than once)" if found.repeated else ""
        angle = found.angle_degrees
        turned = "" if math.isnan(angle) else f" The two gradients are {angle:.1f}° apart."
        self.table.setHorizontalHeaderLabels(["", "full BPTT", f"cut every {short.chunk:,}"])
        columns = [
            (
                _size(part.kept_bytes),
                _size(part.resident_bytes),
                f"{part.seconds:.2f} s",
                scientific(part.gradient_norm),
            )
            for part in (full, short)
        ]
        self.table.show_rows(list(zip(_MEASURES, *columns, strict=True)))
        self.measured.setText(f"Over {_steps(found)}{again}, {_saving(found, saved)}.{turned}")

    @Slot()
    def _measure(self) -> None:
        self.steps.settle()
        self.session.gradients.measurements.measure_truncation(self.steps.value())
        self.request_draw()


def _steps(found: Comparison) -> str:
    """What was gone back through, in words."""
    if found.gives == "next":
        return f"{found.steps:,} steps"
    several = "document" if found.gives == "verdict" else "sequence"
    several += "s" * (found.sequences != 1)
    longest = f", the longest of {found.longest:,}" if found.sequences > 1 else ""
    return f"{found.steps:,} steps of {found.sequences:,} {several}{longest}"


def _saving(found: Comparison, saved: float) -> str:
    if 0 < found.longest <= found.truncated.chunk:
        return "nothing is cut: none is longer than a chunk"
    if saved < 1.05:
        return "cutting saves no memory: the readout sees every step, and all are kept for it"
    times = f"{saved:,.0f}" if saved >= 10 else f"{saved:.2g}"
    return f"cutting keeps 1/{times} of what the forward pass has to remember"


def _size(size_bytes: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.3g} {unit}"
    return f"{size_bytes:.0f} bytes"
