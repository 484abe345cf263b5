"""What panels have in common that list places of the text in its colours."""

from __future__ import annotations

from PySide6.QtCore import Slot

from rnnviz.views.shared.panel import Panel
from rnnviz.views.text.searching.snippet_list import SnippetList


class PlacesPanel(Panel):
    """A panel with places coloured as the text is: a colour never means two things in a window."""

    def shown_places(self) -> SnippetList:
        """The list of them, once the panel is built."""
        raise NotImplementedError

    def follow_scale(self) -> None:
        """Follow whatever changes the colours of the text."""
        session = self.session
        for signal in (
            session.scaling.changed,
            session.selection.colouring_changed,
            session.selection.concept_changed,
            session.rankings.labels_changed,
        ):
            signal.connect(self.show_scale)

    @Slot()
    def show_scale(self) -> None:
        """Colour the places as the text is."""
        scale = self.session.scaling.unit_scale
        if self.built and scale is not None:
            self.shown_places().set_scale(scale)
