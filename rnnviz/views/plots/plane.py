"""Points in a plane whose two axes have the same unit, such as the complex numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from rnnviz.views.plots.scatter import ScatterPlot


class PlanePlot(ScatterPlot):
    """A circle is drawn as a circle, whatever the shape of the plot."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent=parent)
        self.view.setAspectLocked(True)

    def set_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show at least this part; what else there is room for is seen too."""
        self._full = (x, y)
        self.reset_zoom()
