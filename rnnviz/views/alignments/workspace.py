"""The Alignments workspace: a sentence, its translation, and where each word of it looked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.watched import run_of
from rnnviz.session.session import Session
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.shared.workspace import PanelsOf, Workspace

if TYPE_CHECKING:
    from rnnviz.views.alignments.area import AlignmentArea


_NO_RUN = (
    "The open model is no checkpoint of a run, so its training is not here. Open one from the "
    "folder checkpoints of a run, or train one: Run > New run…"
)


class AlignmentsWorkspace(Workspace):
    """The alignment in the centre; what if, health, the beam and the rest around it."""

    name = "alignments"
    title = "Alignments"
    made_of = (
        "rnnviz.views.alignments.drawing.table_painter", "rnnviz.core.alignments.health",
        "rnnviz.core.export.figure", "rnnviz.core.alignments.steps.step_formulas",
        "rnnviz.views.text.painting.text_figure", "rnnviz.views.alignments.drawing.step_view",
        "rnnviz.views.alignments.pane", "rnnviz.views.alignments.area",
        "rnnviz.views.alignments.panels",
    )  # fmt: skip
    panel_types = PanelsOf("rnnviz.views.alignments.panels")
    bottom = ("beam", "corpus")
    bottom_height = 240
    low = 840
    right_width = 368
    least_right_width = 368

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.area: AlignmentArea | None = None
        session.alignments.tables.recorded.connect(self._show_recording)

    def centre(self) -> QWidget:
        """The sentence over its alignment."""
        from rnnviz.views.alignments.area import AlignmentArea

        self.area = AlignmentArea(self.session)
        return self.area

    def present_centre(self, presented: bool) -> None:
        """The alignment alone; its words stand along it."""
        assert self.area is not None
        self.area.set_presented(presented)

    def connect_parts(self) -> None:
        """Messages go to the window."""
        assert self.area is not None
        self.area.message.connect(self.message)
        self.area.failed.connect(self.failed)

    def keys_go_to(self) -> QWidget:
        """The sentence; Esc leads to its table."""
        assert self.area is not None
        return self.area.bar.line

    def subjects(self) -> tuple[str, ...] | None:
        """The open translator."""
        model = self.session.alignments.model
        return () if model is None else (model.name,)

    def undo(self) -> bool:
        """Take back the last what if."""
        alignments = self.session.alignments
        possible = alignments.can_undo
        alignments.undo()
        return possible

    def redo(self) -> bool:
        """Ask it again."""
        alignments = self.session.alignments
        possible = alignments.can_redo
        alignments.redo()
        return possible

    def entries(self) -> tuple[MenuEntry, ...]:
        """Stepping through the translation, and what is done with it."""
        alignments, menu = self.session.alignments, "Alignment"
        return (
            MenuEntry(menu, "Type a sentence", "Ctrl+L", self._type, key="T"),
            MenuEntry(menu, "Next word", None, self._step_on, key="."),
            MenuEntry(menu, "Previous word", None, self._step_back, key=","),
            MenuEntry(menu, "To the beginning", None, self._first, key="Home"),
            MenuEntry(menu, "To the last word", None, self._last, key="End"),
            MenuEntry(menu, "Play or pause", None, self._play, key="Space"),
            MenuEntry(menu, "Steps as the lecture draws them", None, self._picture, key="P"),
            MenuEntry(menu, "All words", None, self._all, key="Esc"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "Larger cells", None, self._larger, key="+"),
            MenuEntry(menu, "Smaller cells", None, self._smaller, key="-"),
            MenuEntry(menu, "All of the table, or readable names", None, self._fit, key="0"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(
                menu, "Put the alignment at the right away", None, alignments.put_away, key="X"
            ),
            MenuEntry(menu, "See encoder and decoder in Cells", None, alignments.tables.record),
            MenuEntry(menu, "Alignment through training", None, self._training),
            MenuEntry(menu, "Save this alignment…", QKeySequence.StandardKey.Save, self._save),
        )

    def _type(self) -> None:
        if self.area is not None:
            self.area.focus_sentence()

    def _step_on(self) -> None:
        if self.area is not None:
            self.area.tools.step_on()

    def _step_back(self) -> None:
        if self.area is not None:
            self.area.tools.step_back()

    def _first(self) -> None:
        if self.area is not None:
            self.area.tools.step_to(end=False)

    def _last(self) -> None:
        if self.area is not None:
            self.area.tools.step_to(end=True)

    def _play(self) -> None:
        if self.area is not None:
            self.area.toggle_play()

    def _picture(self) -> None:
        alignments = self.session.alignments
        alignments.set_pictured(not alignments.pictured)

    def _all(self) -> None:
        self.session.alignments.set_step(None)
        self.session.alignments.unpin()

    def _larger(self) -> None:
        if self.area is not None:
            self.area.main.table.zoom_in()

    def _smaller(self) -> None:
        if self.area is not None:
            self.area.main.table.zoom_out()

    def _fit(self) -> None:
        if self.area is not None:
            self.area.main.table.fit()

    def _save(self) -> None:
        if self.area is not None and self.session.alignments.current is not None:
            self.area.export()

    def _training(self) -> None:
        """Show how the run of the open model aligned its sentence, checkpoint by checkpoint."""
        model = self.session.alignments.model
        run = None if model is None else run_of(Path(model.path))
        if run is None:
            self.failed.emit(_NO_RUN)
            return
        try:
            self.session.open_path(run)
        except RnnvizError as error:
            self.failed.emit(str(error))
            return
        self.session.panel_wanted.emit("training", "checkpoints")

    @Slot(object)
    def _show_recording(self, folder: Path) -> None:
        """Show the units of encoder and decoder like those of any other network."""
        try:
            self.session.recordings.open_recording(folder)
        except RnnvizError as error:
            self.failed.emit(str(error))
            return
        self.session.workspace_wanted.emit("cells")
