"""The recurrent matrix: eigenvalues in the complex plane, singular values, and what follows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.gradients.matrices import MatrixFacts, verdict
from rnnviz.views.gradients.panels.parts import FocusPicker, GradientPanel, column, note, tools
from rnnviz.views.plots import Banded, BandPlot, PlanePlot, Points
from rnnviz.views.shared.controls.choices import Choices

_GATED = (
    "The bound of Pascanu et al. (2013) is about h = tanh(W h + …). With gates the way back is a "
    "product of gates and of these matrices, so that none of their numbers alone says whether "
    "gradients vanish; the plot over distance does."
)


class MatrixPanel(GradientPanel):
    """W_hh of one layer and gate of the network in focus."""

    name = "gradient-matrix"
    title = "Matrix"
    needs = ("model", "gradients")

    def follow(self) -> None:
        """Follow the network in focus."""
        gradients = self.session.gradients
        self.redraw_on(
            gradients.measurements.matrices_changed,
            gradients.shown_changed,
            gradients.fields_changed,
        )

    def build(self) -> QWidget:
        """The complex plane above the singular values."""
        self.network = FocusPicker(self.session.gradients)
        self.which = Choices()
        self.which.setAccessibleName("Layer and gate")
        self.which.currentIndexChanged.connect(self._show)
        self.plane = PlanePlot("Eigenvalues of the recurrent matrix")
        self.plane.set_labels("real part", "imaginary part")
        self.plane.point_hovered.connect(self._hover)
        self.values = BandPlot("Singular values of the recurrent matrix")
        self.values.set_labels("rank", "singular value")
        self.note = note()
        self._about = ""
        """What the note says while the pointer is at no eigenvalue."""
        self.plane.setMinimumHeight(200)
        self.values.setMinimumHeight(110)
        return column(
            tools(self.network, stretch=0),
            tools(self.which, stretch=0),
            (self.plane, 5),
            (self.values, 3),
            self.note,
        )

    def draw(self) -> None:
        """Ask for the matrices, and list them when they are there."""
        gradients = self.session.gradients
        gradients.measurements.want_matrices()
        self.network.refresh()
        matrices = gradients.measurements.matrices or ()
        if gradients.measurements.matrices_failure:
            self.explain(gradients.measurements.matrices_failure)
            return
        if gradients.measurements.matrices == ():
            self.explain("No layer of this network multiplies its last state by a matrix.")
            return
        titles = [
            f"Layer {one.layer + 1}" + f", {one.gate} gate" * (one.gate != "hidden")
            for one in matrices
        ]
        if titles != [self.which.itemText(place) for place in range(self.which.count())]:
            self.which.blockSignals(True)
            self.which.clear()
            self.which.addItems(titles)
            self.which.blockSignals(False)
        self._show()

    @property
    def _matrix(self) -> MatrixFacts | None:
        matrices, place = (
            self.session.gradients.measurements.matrices or (),
            self.which.currentIndex(),
        )
        return matrices[place] if 0 <= place < len(matrices) else None

    @Slot()
    def _show(self) -> None:
        found = self._matrix
        for plot in (self.plane, self.values):
            plot.setVisible(found is not None)
        if found is None:
            self._about = "Computing…"
            self.note.setText(self._about)
            return
        real, imaginary = np.array(found.eigenvalues).T
        reach = 1.15 * max(1.0, found.spectral_radius)
        self.plane.set_points(
            (Points("eigenvalues", real, imaginary, "accent"),), (-reach, reach), (-reach, reach)
        )
        turn = np.linspace(0, 2 * np.pi, 200)
        self.plane.set_line(np.cos(turn), np.sin(turn))
        singular = np.array(found.singular_values)
        ranks = np.arange(1, len(singular) + 1)
        self.values.set_curves(
            (Banded("singular values", ranks, singular, "accent"),),
            (0.0, max(1.1, 1.05 * found.largest_singular_value)),
        )
        self.values.set_level(1.0)
        numbers = (
            f"Spectral radius {found.spectral_radius:.4g}, largest singular value "
            f"{found.largest_singular_value:.3g}; "
            f"{int((np.hypot(real, imaginary) > 1).sum())} of {len(real)} eigenvalues lie outside "
            "the unit circle. "
        )
        if found.gate == "hidden":
            said = verdict(found.largest_singular_value, found.spectral_radius)
            self._about = numbers + said[0].upper() + said[1:]
        else:
            self._about = numbers + _GATED
        self.note.setText(self._about)

    @Slot(int, int)
    def _hover(self, group: int, place: int) -> None:
        found = self._matrix
        if found is None or group < 0:
            self.plane.set_ring(-1, 0)
            self.note.setText(self._about)
            return
        real, imaginary = found.eigenvalues[place]
        self.plane.set_ring(group, place)
        sign = "+" if imaginary >= 0 else "−"
        self.note.setText(
            f"{real:.4f} {sign} {abs(imaginary):.4f}i, modulus {np.hypot(real, imaginary):.4f}"
        )
