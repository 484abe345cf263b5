"""The Cells workspace: a text coloured by one unit, and what can be asked about the units."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from rnnviz.session.session import Session
from rnnviz.views.cells.text_panel import TextPanel
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.shared.workspace import PanelsOf, Workspace


class CellsWorkspace(Workspace):
    """The text in the centre; ranking, trace, heatmap and the rest around it.

    Signals:
        concept_requested: the person wants to make a concept.
        unroll_requested: the network shall be seen unrolled at the cursor.
    """

    concept_requested = Signal()
    unroll_requested = Signal()

    name = "cells"
    title = "Cells"
    made_of = ("rnnviz.views.cells.panels",)
    panel_types = PanelsOf("rnnviz.views.cells.panels")
    bottom = ("trace", "heatmap")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.text_panel = TextPanel(session)

    def centre(self) -> QWidget:
        """The coloured text."""
        return self.text_panel

    def keys_go_to(self) -> QWidget:
        """The text."""
        return self.text_panel.view

    def present_centre(self, presented: bool) -> None:
        """The text, its legend and its caption."""
        self.text_panel.set_presented(presented)

    def connect_parts(self) -> None:
        """Jumps go to the text, wishes to the window."""
        from rnnviz.views.cells.panels.ranking import RankingPanel

        self.text_panel.concept_requested.connect(self.concept_requested)
        self.text_panel.message.connect(self.message)
        for panel in self.panels:
            panel.jump_requested.connect(self.session.selection.jump)
            if isinstance(panel, RankingPanel):
                panel.concept_dialog_requested.connect(self.concept_requested)

    @Slot()
    def switch_exact(self) -> None:
        """Record to the last digit, or in half the room again."""
        recordings = self.session.recordings
        exact = recordings.dtype == "float16"
        recordings.record_exactly(exact)
        said = "float32, exact to the last digit, in twice the room" if exact else "float16"
        self.message.emit(f"Walks are recorded in {said}.")

    def entries(self) -> tuple[MenuEntry, ...]:
        """Stepping through the units, and what is done with the one on the screen."""
        text, session, step = self.text_panel, self.session, self.session.stepping
        return (
            MenuEntry("Unit", "Next unit", None, step.next_unit, key="Right"),
            MenuEntry("Unit", "Previous unit", None, step.previous_unit, key="Left"),
            MenuEntry("Unit", "Layer above", None, step.layer_above, key="Up"),
            MenuEntry("Unit", "Layer below", None, step.layer_below, key="Down"),
            MenuEntry("Unit", "Next channel", None, step.next_channel, key="N"),
            MenuEntry("Unit", SEPARATOR),
            MenuEntry("Unit", "Pin or unpin this unit", None, text.toggle_pin, key="Space"),
            MenuEntry(
                "Unit", "Pinned unit side by side, or not", None, text.toggle_beside, key="B"
            ),
            MenuEntry("Unit", "Unpin all", None, session.selection.clear_pins),
            MenuEntry("Unit", "Colour by surprisal", None, text.surprisal.toggle, key="S"),
            MenuEntry("Unit", "Record in float32, or in float16 again", None, self.switch_exact),
            MenuEntry("Unit", "Choose a concept", None, text.open_concepts, key="C"),
            MenuEntry("Unit", SEPARATOR),
            MenuEntry("Unit", "Unroll here", None, self.unroll_requested.emit, key="U"),
        )
