"""The Gradients workspace: what back-propagation through time does."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from rnnviz.views.panels.gradients import PANELS
from rnnviz.views.panels.gradients.distance import DistancePanel
from rnnviz.views.workspace import Workspace


class GradientsWorkspace(Workspace):
    """The plot over distance in the centre; inputs, matrix, clipping, truncation around it."""

    name = "gradients"
    title = "Gradients"
    panel_types = PANELS
    bottom = ("gradient-heatmap",)
    right_width = 420

    def centre(self) -> QWidget:
        """The plot over distance."""
        self.distance = DistancePanel(self.session)
        self.distance.open_requested.connect(self.open_requested)
        return self.distance
