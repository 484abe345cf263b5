"""How strongly a loss reaches the states before it, over distance; several networks overlaid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QMenu,
    QToolButton,
    QWidget,
)

from rnnviz.core.errors import RnnvizError
from rnnviz.core.gradients.field import GradientField
from rnnviz.core.gradients.matrices import bound
from rnnviz.session.gradients.gradients import LONGEST
from rnnviz.session.gradients.networks import Compared, Window, short_titles
from rnnviz.views.gradients.panels.fits import FitTable, Line, decay_of, fits_well
from rnnviz.views.gradients.panels.overlay import DECADES, inks_of, legend, reach
from rnnviz.views.gradients.panels.parts import (
    GradientPanel,
    LayerPicker,
    column,
    label,
    note,
    row_of,
    scientific,
)
from rnnviz.views.plots import Banded, BandPlot
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import WholeField
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.theme import for_text, set_icon
from rnnviz.views.shared.words.plain_text import plain_tip, warn

_QUANTITIES = {
    "loss": ("Gradient of each loss  ∂L(t)/∂h(t−k)", "norm of the gradient"),
    "jacobian": ("Jacobian  ∂h(t)/∂h(t−k)", "largest singular value"),
    "sum": ("Gradient of the summed loss  ∂ΣL/∂h", "norm of the summed gradient"),
}
_MOST_BANDS = 4
_LEAST_PLOT = 150
"""Pixels that the curves keep, whatever stands around them."""
_ABOUT = {
    "loss": "Line: median over the losses. Band: from 10 to 90 % of them. All ways from the loss "
    "to the state count, through time and through layers.",
    "jacobian": "Line: median over {steps} steps t. Band: from the least to the greatest of them. "
    "Within one layer: a state reaches its own future through nothing else.",
    "sum": "One gradient, as a training step computes it: contributions of different losses add up "
    "and may cancel. Steps are counted back from the last loss.",
}


class DistancePanel(GradientPanel):
    """The centre of the workspace: what is compared, the plot, and the fits in a table."""

    name = "gradient-distance"
    title = "Gradient over distance"
    needs = ("model", "gradients", "text")

    def follow(self) -> None:
        """Follow the comparison."""
        self._presented = False
        gradients = self.session.gradients
        self.redraw_on(
            gradients.fields_changed,
            gradients.window_changed,
            gradients.shown_changed,
            gradients.measurements.matrices_changed,
            self.session.recordings.text_changed,
            self.session.runs.runs_changed,
        )

    def set_presented(self, presented: bool) -> None:
        """Leave out the tools, for the last row, or bring them back; also where it is empty yet."""
        self._presented = presented
        if self.built:
            self.tools.setVisible(not presented)

    def build(self) -> QWidget:
        """Tools, plot, note, table."""
        self._about = ""
        gradients = self.session.gradients
        self.quantity = Choices()
        self.quantity.setAccessibleName("Quantity")
        for name, (title, _) in _QUANTITIES.items():
            self.quantity.addItem(title, name)
        self.quantity.activated.connect(self._choose_quantity)
        self.layer = LayerPicker(gradients, all_layers=True)
        self.of_class = Choices()
        self.of_class.setAccessibleName("Class whose log-probability is followed back")
        self.of_class.setToolTip(
            "The loss is the negative log-probability of a class: of the one that the text says, "
            "or of the likeliest, or always of the same"
        )
        self.of_class.activated.connect(self._choose_class)
        self.cell = QCheckBox("Cell path")
        self.cell.setToolTip("Also the gradient at an LSTM's cell state, dashed")
        self.cell.setChecked(True)
        self.fit = QCheckBox("Fit")
        self.fit.setToolTip("The exponential that fits the median")
        self.bound = QCheckBox("Bound")
        self.bound.setToolTip(
            "What the Jacobian of a vanilla RNN cannot exceed: the largest singular value of W_hh "
            "to the power of the distance (Pascanu et al. 2013)"
        )
        self.full = QCheckBox("Full range")
        self.full.setToolTip(
            plain_tip(f"Down to the smallest norm; else {DECADES} powers of ten below the largest")
        )
        for box in (self.cell, self.fit, self.bound, self.full):
            box.toggled.connect(self.request_draw)
        self.compare = QToolButton()
        self.compare.setText("Compare")
        set_icon(self.compare, "plus")
        self.compare.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.compare.setMenu(self._menu())
        self.start = self._number(
            "First character, or row, whose loss is taken, t + 1",
            0,
            2_000_000_000,
        )
        self.losses = self._number("How many losses are taken", 1, LONGEST)
        self.distance = self._number("How many steps back", 2, LONGEST)
        self.plot = BandPlot("Gradient over distance", log=True)
        self.plot.hovered.connect(self._hover)
        self.plot.left.connect(self._leave)
        self.plot.setMinimumHeight(for_text(_LEAST_PLOT))
        self.note = note()
        self.table = FitTable()
        self.table.cellClicked.connect(self._choose_row)
        what = row_of(self.quantity, self.layer)
        self.class_row = row_of(self.of_class)
        self.class_row.hide()
        lines = row_of(self.cell, self.fit, self.bound, self.full, self.compare)
        range_ = row_of(
            label("from"),
            self.start,
            label("losses"),
            self.losses,
            label("back"),
            self.distance,
        )
        self.tools = WrappingRow(what, self.class_row, lines, range_)
        if self._presented:
            # Shown without a parent, it would be a window of its own for a moment.
            self.tools.hide()
        return column(self.tools, (self.plot, 1), self.note, self.table)

    def _number(self, name: str, low: int, high: int) -> WholeField:
        field = WholeField(name, low, high, tip=name, at_once=False)
        field.setMaximumWidth(96)
        field.value_changed.connect(self._choose_window)
        return field

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("RNN beside GRU beside LSTM", self.compare_kinds)
        menu.addAction("The same network before training", self.compare_untrained)
        menu.addAction("Another model…", self.compare_file)
        menu.addAction("The stages of the run in Training", self.compare_current_run)
        menu.addAction("The stages of a training run…", self.compare_run)
        menu.addSeparator()
        menu.addAction("Only the open model", self.compare_nothing)
        return menu

    # Drawing

    def draw(self) -> None:
        """Draw what is computed, and ask for what is not."""
        gradients = self.session.gradients
        self._show_settings()
        gradients.want_fields()
        failures = [one for one in gradients.compared if one.failure]
        if failures and len(failures) == len(gradients.compared):
            self.explain(failures[0].failure)
            return
        if self.bound.isChecked():
            gradients.measurements.want_matrices()
        self._curves: list[tuple[int, int, str, Banded]] = []
        inks = inks_of(
            [
                ("" if one.network.seed is not None else one.network.path, len(self._layers(one)))
                for one in gradients.compared
            ],
            [(run.watched.directory, run.ink) for run in self.session.runs.opened],
        )
        for place, one in enumerate(gradients.compared):
            for layer, ink in zip(self._layers(one), inks[place], strict=True):
                if one.field is not None:
                    self._add(place, one, layer, ink)
        self._lone_bands = len(self._curves) > _MOST_BANDS
        if self._lone_bands:
            # More of them lie over each other and show nothing.
            self._curves = [
                (place, layer, state, replace(curve, band=place == gradients.focus))
                for place, layer, state, curve in self._curves
            ]
        drawn = [curve for *_, curve in self._curves]
        self._add_fits(drawn)
        self._add_bound(drawn)
        self.plot.set_legend(
            legend(
                [(place, self._title(place, n), curve) for place, n, _, curve in self._curves],
                short_titles([one.network for one in gradients.compared]),
                self.plot.width(),
            )
        )
        self.plot.set_labels("steps back, k", _QUANTITIES[gradients.quantity][1])
        # What belongs to another network, text or quantity goes before its successor is there.
        whole = self.full.isChecked()
        self.plot.set_curves(
            tuple(drawn),
            None if whole else reach([curve for *_, curve in self._curves]),
            "Computing…" if self._waiting else "None of these networks has this quantity.",
        )
        self._tell()
        self._fill_table()

    def _show_settings(self) -> None:
        gradients, window = self.session.gradients, self.session.gradients.window
        for field, value in (
            (self.start, window.start),
            (self.losses, window.losses),
            (self.distance, window.distance),
        ):
            field.blockSignals(True)
            field.set_value(value)
            field.blockSignals(False)
        self.quantity.setCurrentIndex(self.quantity.findData(gradients.quantity))
        fields = [one.field for one in gradients.compared if one.field is not None]
        self.layer.refresh(fields)
        self._show_classes(fields)
        plain = gradients.focused is not None and any(
            field.facts.bounded_by_weights for field in fields
        )
        self.bound.setVisible(gradients.quantity == "jacobian" and plain)
        self.cell.setVisible(any(len(field.facts.states) > 1 for field in fields))

    def _show_classes(self, fields: list[GradientField]) -> None:
        classes = next((f.facts.classes for f in fields if f.facts.classes), None)
        if fields:
            self.class_row.setVisible(classes is not None)
        if classes is None:
            return
        names = ["True or likeliest class", *classes]
        if names != [self.of_class.itemText(place) for place in range(self.of_class.count())]:
            self.of_class.clear()
            self.of_class.addItems(names)
        chosen = self.session.gradients.of_class
        self.of_class.setCurrentIndex(classes.index(chosen) + 1 if chosen in classes else 0)

    def _title(self, place: int, layer: int) -> str:
        field = self.session.gradients.compared[place].field
        return f"layer {layer + 1}" if field is None else field.facts.title_of(layer)

    def _layers(self, one: Compared) -> range:
        layers = one.field.facts.layers if one.field else 1
        chosen = self.layer.layer
        return (
            range(layers)
            if chosen is None
            else range(min(chosen, layers - 1), min(chosen + 1, layers))
        )

    def _add(self, place: int, one: Compared, layer: int, ink: int) -> None:
        field, quantity = one.field, self.session.gradients.quantity
        assert field is not None
        for number, state in enumerate(field.facts.states):
            if number and not self.cell.isChecked():
                continue
            which = f", {state}" * bool(number)
            name = f"{one.network.title}, {field.facts.title_of(layer)}{which}"
            dashed = bool(number)
            if quantity == "loss":
                found = field.bands(state, layer)
                x = np.arange(len(found.median))
                curve = Banded(name, x, found.median, ink, found.low, found.high, dashed)
            elif quantity == "sum" and not field.has_sums:
                continue
            elif quantity == "sum":
                values = np.asarray(field.array(f"{state}-sum")[layer], float)[::-1]
                curve = Banded(name, np.arange(len(values)), values, ink, dashed=dashed)
            elif field.has_jacobians:
                found, x = field.jacobian(state, layer), field.array("distances")
                curve = Banded(name, x, found.median, ink, found.low, found.high, dashed)
            else:
                continue
            self._curves.append((place, layer, state, curve))

    def _add_fits(self, drawn: list[Banded]) -> None:
        self._fits = [decay_of(curve) for curve in drawn]
        if not self.fit.isChecked() or self.session.gradients.quantity == "sum":
            return
        for curve, fit in zip(tuple(drawn), self._fits, strict=True):
            if fits_well(fit):
                line = fit.line(np.asarray(curve.x, int))
                drawn.append(Banded(f"fit of {curve.name}", curve.x, line, curve.ink, faint=True))

    def _add_bound(self, drawn: list[Banded]) -> None:
        gradients = self.session.gradients
        one, matrices = gradients.focused, gradients.measurements.matrices
        wanted = self.bound.isChecked() and not self.bound.isHidden()
        if not wanted or one is None or one.field is None or matrices is None:
            return
        if not one.field.facts.bounded_by_weights:
            return
        inks = {
            layer: curve.ink for place, layer, _, curve in self._curves if place == gradients.focus
        }
        for layer in self._layers(one):
            values = bound(matrices[layer].largest_singular_value, one.field.distance)
            x, ink = np.arange(len(values)), inks.get(layer, layer)
            drawn.append(
                Banded(f"bound of layer {layer + 1}", x, values, ink, dashed=True, faint=True)
            )

    @property
    def _waiting(self) -> list[Compared]:
        """The networks whose curves are on their way."""
        compared = self.session.gradients.compared
        return [one for one in compared if not one.failure and not one.complete]

    def _tell(self) -> None:
        gradients = self.session.gradients
        failures = [
            f"{one.network.title}: {one.failure}" for one in gradients.compared if one.failure
        ]
        waiting = self._waiting
        fields = [one.field for one in gradients.compared if one.field]
        taken = {len(field.array("jacobian-steps")) for field in fields if field.has_jacobians}
        counts = " or ".join(str(count) for count in sorted(taken)) or "a few"
        words = [_ABOUT[gradients.quantity].format(steps=counts)]
        if failures:
            words = failures
        elif waiting:
            several = len(gradients.compared) > 1
            to_go = f": {len(waiting)} of {len(gradients.compared)} networks to go."
            words = [f"Computing{to_go if several else '…'}"]
            known = waiting[0].field
            if known is not None:
                words.append(
                    f"Drawn: {len(known.targets):,} of {gradients.window.losses:,} losses."
                )
        if self._lone_bands and not waiting:
            words.append("With so many curves only the network in focus has its bands.")
        if self.plot.beyond:
            words.append(f"{self.plot.beyond}; Full range shows all.")
        skipped = sum(field.facts.skipped for field in fields)
        if skipped:
            unit = fields[0].facts.unit
            words.append(f"{skipped} {unit}s that the model does not know are no steps.")
        if any(field.facts.gives == "verdict" for field in fields):
            words.append("One loss a document; steps are counted back from its end.")
        if any(field.facts.rows for field in fields):
            words.append("Of layers that read from the end k counts the steps as they read them.")
        self._about = " ".join(words)
        self.note.setText(self._about)

    def _fill_table(self) -> None:
        gradients = self.session.gradients
        lines = tuple(
            Line(
                gradients.compared[place].network.title,
                self._title(place, layer).removeprefix("layer "),
                state,
                curve,
                fit,
            )
            for (place, layer, state, curve), fit in zip(self._curves, self._fits, strict=False)
        )
        self.table.show_lines(lines, fitted=gradients.quantity != "sum")
        self.table.setVisible(bool(lines))
        self.table.set_rows_seen(6 if self.height() > 520 else 3)

    # What the person does

    @Slot(int)
    def _choose_quantity(self, place: int) -> None:
        self.session.gradients.set_quantity(self.quantity.itemData(place))

    @Slot(int)
    def _choose_class(self, place: int) -> None:
        self.session.gradients.set_class(self.of_class.itemText(place) if place else "")

    @Slot()
    def _choose_window(self) -> None:
        self.session.gradients.set_window(
            Window(self.start.value(), self.losses.value(), self.distance.value())
        )

    @Slot(int, int)
    def _choose_row(self, row: int, _: int) -> None:
        self.session.gradients.set_focus(self._curves[row][0])

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        distance = max(0, round(x))
        self.plot.set_place(distance)
        said = []
        for *_, curve in self._curves[:4]:
            near = (
                int(np.abs(np.asarray(curve.x, float) - distance).argmin()) if len(curve.x) else 0
            )
            if len(curve.x):
                said.append(f"{curve.name} {scientific(float(curve.y[near]))}")
        more = f" and {len(self._curves) - 4} more" if len(self._curves) > 4 else ""
        self.note.setText(f"{distance} steps back: " + ";  ".join(said) + more)

    @Slot()
    def _leave(self) -> None:
        self.plot.set_place(None)
        self.note.setText(self._about)

    @Slot()
    def compare_kinds(self) -> None:
        """The shipped networks of three kinds, beside each other."""
        self.session.gradients.set_networks(self.session.gradients.kinds())

    @Slot()
    def compare_untrained(self) -> None:
        """The network in focus as it was before training, beside it."""
        self.session.gradients.add_untrained()

    @Slot()
    def compare_nothing(self) -> None:
        """The open model alone."""
        network = self.session.gradients.open_network
        if network is not None:
            self.session.gradients.set_networks((network,))

    @Slot()
    def compare_file(self) -> None:
        """A model from a file, beside the others."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Compare with", "", "Models (*.safetensors);;All files (*)"
        )
        if chosen:
            self._try(self.session.gradients.add_file, Path(chosen))

    @Slot()
    def compare_run(self) -> None:
        """The stages of a training run, beside each other."""
        folder = str(self.session.runs.folder)
        chosen = QFileDialog.getExistingDirectory(self, "The folder of a training run", folder)
        if chosen:
            self._try(self.session.gradients.add_run, Path(chosen))

    @Slot()
    def compare_current_run(self) -> None:
        """The stages of the run that is chosen in the Training workspace."""
        run = self.session.runs.current
        if run is None:
            warn(self, "Not compared", "No run is open in Training; open or start one there first.")
        else:
            self._try(self.session.gradients.add_run, run.watched.directory)

    def _try(self, action: Callable[[Path], None], path: Path) -> None:
        try:
            action(path)
        except RnnvizError as error:
            warn(self, "Not compared", str(error))
