"""Clipping as what it is: the raw step beside the clipped ones, their lengths and angles."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.views.gradients.panels.parts import (
    FocusPicker,
    GradientPanel,
    column,
    label,
    note,
    scientific,
    tools,
)
from rnnviz.views.plots import Arrow, ArrowPlot, Banded, BandPlot
from rnnviz.views.shared.controls.number_field import NumberField
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.work.jobs.gradients import Clipped, StepClipped

_HEADS = ("Parameter", "raw", "norm", "value", "turn", "cut")
_RAW, _NORM, _VALUE = "muted", 0, 1
"""Inks of the three."""


class ClippingPanel(GradientPanel):
    """One training step of the network in focus on the chosen stretch of the text."""

    name = "gradient-clipping"
    title = "Clipping"
    needs = ("model", "clipping", "text")

    def follow(self) -> None:
        """Follow the network in focus, the window and the thresholds."""
        gradients = self.session.gradients
        self.redraw_on(
            gradients.measurements.clipping_changed,
            gradients.shown_changed,
            gradients.window_changed,
            gradients.fields_changed,
        )

    def build(self) -> QWidget:
        """Thresholds, the arrows, the the norms of further steps."""
        self.network = FocusPicker(self.session.gradients)
        self.norm = self._threshold("Threshold of clipping by norm")
        self.value = self._threshold("Threshold of clipping by value")
        self.arrows = ArrowPlot("A training step, raw and clipped")
        self.arrows.set_labels("along the raw gradient", "across it")
        self.arrows.set_legend((("raw", _RAW), ("by norm", _NORM), ("by value", _VALUE)))
        self.arrows.setMinimumHeight(140)
        self.note = note()
        self.table = QuietTable("Gradient of each parameter, raw and clipped", _HEADS)
        self.steps = BandPlot("Raw gradient norm of consecutive steps", log=True)
        self.steps.set_labels("step", "raw norm")
        self.steps.setMinimumHeight(110)
        self.table.setMinimumHeight(140)
        return column(
            tools(self.network, stretch=0),
            tools(label("norm"), self.norm, label("value"), self.value),
            (self.arrows, 4),
            self.note,
            (self.table, 4),
            (self.steps, 3),
        )

    def _threshold(self, name: str) -> NumberField:
        field = NumberField(name, 0.0, above=True, tip=name, at_once=False)
        field.set_smallest_step(1e-9)
        field.clear_value()
        field.setMinimumWidth(108)
        field.value_changed.connect(self._choose)
        return field

    def draw(self) -> None:
        """Ask for the step, and show it when it is there."""
        gradients = self.session.gradients
        gradients.measurements.want_clipping()
        self.network.refresh()
        found = gradients.measurements.clipping
        # Thresholds are proposed with the first result; until then there is nothing to change.
        known = isinstance(found, StepClipped)
        for field in (self.norm, self.value):
            field.setEnabled(known)
            if not known:
                field.blockSignals(True)
                field.clear_value()
                field.blockSignals(False)
        for widget in (self.table, self.steps):
            widget.setVisible(known)
        if found is None:
            self.note.setText("Computing…")
            return
        if isinstance(found, str):
            self.explain(found)
            return
        asked = gradients.measurements.thresholds  # perhaps newer than what is found
        for field, wanted, value in (
            (self.norm, asked[0], found.norm),
            (self.value, asked[1], found.value),
        ):
            field.blockSignals(True)
            field.set_value(float(f"{value:.5g}") if wanted is None else wanted)
            field.blockSignals(False)
        whole = found.whole
        self.arrows.set_arrows(
            (
                Arrow("raw", whole.raw, 0.0, _RAW, 5.0),
                Arrow("by norm", whole.by_norm, 0.0, _NORM),
                Arrow("by value", whole.by_value, whole.angle, _VALUE),
            )
        )
        self._tell(found)
        self._fill(found.parameters)
        norms, level = np.array(found.norms), found.norm
        finite = [*norms[np.isfinite(norms) & (norms > 0)], level]
        self.steps.set_curves(
            (Banded("raw norm", np.arange(1, len(norms) + 1), norms, "accent"),),
            (0.8 * min(finite), 1.25 * max(finite)),
        )
        self.steps.set_level(level)

    def _tell(self, found: StepClipped) -> None:
        whole = found.whole
        raw, by_norm, by_value = whole.raw, whole.by_norm, whole.by_value
        if not math.isfinite(raw):
            self.note.setText(
                "The raw gradient is not finite: no clipping repairs that, the step must be left "
                "out."
            )
            return
        steps = len(found.norms)
        clipped = int((np.array(found.norms) > found.norm).sum())
        times = f"{raw / by_norm:.3g} times as long" if by_norm else "undefined"
        value_times = f"{raw / by_value:.3g} times as long" if by_value else "undefined"
        self.note.setText(
            f"{_of_what(found)}Raw norm {scientific(raw)}. Without clipping by norm the step would "
            f"be {times}, in the same direction. "
            f"Without clipping by value it would be {value_times} and point "
            f"{whole.angle:.1f}° elsewhere: {whole.cut:,} of {whole.numbers:,} numbers "
            "are cut." + (f" {clipped} of {steps} such steps pass the norm." if steps > 1 else "")
        )

    def _fill(self, parameters: Mapping[str, Clipped]) -> None:
        self.table.show_rows(
            [
                (
                    _short(name),
                    *map(scientific, (part.raw, part.by_norm, part.by_value)),
                    f"{part.angle:.1f}°".replace("nan°", "–"),
                    f"{part.cut / max(1, part.numbers):.1%}",
                )
                for name, part in parameters.items()
            ]
        )

    @Slot()
    def _choose(self) -> None:
        self.session.gradients.measurements.set_thresholds(self.norm.value(), self.value.value())


_ABOUT = {"verdict": "{} verdict", "label": "{} label", "numbers": "the numbers of {} row"}


def _of_what(found: StepClipped) -> str:
    """What the step takes the mean loss of, where that is not the next symbol."""
    if found.gives not in _ABOUT:
        return ""
    what = _ABOUT[found.gives].format(f"{found.losses:,}")
    return f"A step on {what}{'s' * (found.losses != 1)}. "


def _short(name: str) -> str:
    """A parameter as it is written on paper: `layers.0.weight_hh_l0` is `1 W_hh`.

    >>> _short("layers.0.weight_hh_l0"), _short("backwards.1.bias_ih_l0"), _short("output.bias")
    ('1 W_hh', '2 back b_ih', 'output b')
    """
    parts = name.replace("_l0", "").replace("weight", "W").replace("bias", "b").split(".")
    if parts[0] in ("layers", "backwards"):
        back = "back " * (parts[0] == "backwards")
        return f"{int(parts[1]) + 1} {back}{parts[2]}"
    return " ".join(parts)
