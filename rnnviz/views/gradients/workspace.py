"""The Gradients workspace: what back-propagation through time does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from rnnviz.session.session import Session
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.shared.workspace import PanelsOf, Workspace

if TYPE_CHECKING:
    from rnnviz.views.gradients.panels.distance import DistancePanel


class GradientsWorkspace(Workspace):
    """The plot over distance in the centre; inputs, matrix, clipping, truncation around it."""

    name = "gradients"
    title = "Gradients"
    made_of = ("rnnviz.views.gradients.panels",)
    panel_types = PanelsOf("rnnviz.views.gradients.panels")
    bottom = ("gradient-heatmap",)
    right_width = 420
    low = 760
    larger = 5

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._distance: DistancePanel | None = None

    @property
    def distance(self) -> DistancePanel:
        """The plot over distance, made when it is first asked for."""
        if self._distance is None:
            from rnnviz.views.gradients.panels.distance import DistancePanel

            self._distance = DistancePanel(self.session, self)
        return self._distance

    def centre(self) -> QWidget:
        """The plot over distance."""
        self.distance.open_requested.connect(self.open_requested)
        return self.distance

    def keys_go_to(self) -> QWidget:
        """The plot, where there is one: a field of choices would take R and the others as words."""
        plot = self.distance.plot if self.distance.built else None
        return plot if plot is not None and plot.isVisible() else super().keys_go_to()

    def present_centre(self, presented: bool) -> None:
        """The plot and what it says, without its tools."""
        self.distance.set_presented(presented)

    def entries(self) -> tuple[MenuEntry, ...]:
        """What is compared, and where in the text."""
        menu = "Gradient"
        return (
            MenuEntry(menu, "RNN beside GRU beside LSTM", None, self._compare_kinds, key="R"),
            MenuEntry(menu, "The same network before training", None, self._compare_untrained),
            MenuEntry(menu, "Compare with another model…", None, self._compare_file),
            MenuEntry(menu, "The stages of a training run…", None, self._compare_run),
            MenuEntry(menu, "Only the open model", None, self._compare_nothing),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "Next prediction", None, self._next, key="."),
            MenuEntry(menu, "Previous prediction", None, self._previous, key=","),
            MenuEntry(menu, "Next stretch of the text", None, self._later, key="PgDown"),
            MenuEntry(menu, "Previous stretch of the text", None, self._earlier, key="PgUp"),
            MenuEntry(menu, "The stretch on the screen in Cells", None, self._from_cells),
        )

    def _compare_kinds(self) -> None:
        self.distance.compare_kinds()

    def _compare_untrained(self) -> None:
        self.distance.compare_untrained()

    def _compare_file(self) -> None:
        self.distance.compare_file()

    def _compare_run(self) -> None:
        self.distance.compare_run()

    def _compare_nothing(self) -> None:
        self.distance.compare_nothing()

    def _next(self) -> None:
        self.session.gradients.step(1)

    def _previous(self) -> None:
        self.session.gradients.step(-1)

    def _later(self) -> None:
        self._move(self.session.gradients.window.losses)

    def _earlier(self) -> None:
        self._move(-self.session.gradients.window.losses)

    def _move(self, characters: int) -> None:
        window = self.session.gradients.window
        self.session.gradients.set_window(replace(window, start=window.start + characters))

    def _from_cells(self) -> None:
        window, (start, _) = self.session.gradients.window, self.session.selection.visible
        self.session.gradients.set_window(replace(window, start=start))
