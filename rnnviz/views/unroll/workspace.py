"""The Unroll workspace: a small network as the lecture draws it, and the open model unrolled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QStackedWidget, QWidget

from rnnviz.core.errors import UnitError
from rnnviz.session.session import Session
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.shared.workspace import Workspace

if TYPE_CHECKING:
    from rnnviz.views.unroll.area import UnrollArea
    from rnnviz.views.unroll.model_area import ModelArea

Shown = Literal["small", "model"]
_SHOWN: dict[str, str] = {"small": "Small network", "model": "Open model"}


class UnrollWorkspace(Workspace):
    """Two drawings with their tools, one at a time; no panels: every number stands where it is.

    Signals:
        unit_wanted: a unit was chosen that shall be seen in the text.
    """

    unit_wanted = Signal()

    name = "unroll"
    title = "Unroll"
    made_of = ("rnnviz.views.unroll.area", "rnnviz.views.unroll.model_area")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._area: UnrollArea | None = None
        self._model_area: ModelArea | None = None
        self._stack = QStackedWidget(self)
        self._switches: list[Segments] = []
        self.shown: Shown = "small"

    @property
    def area(self) -> UnrollArea:
        """The small network and its tools, made when they are first asked for."""
        if self._area is None:
            from rnnviz.views.unroll.area import UnrollArea

            self._area = UnrollArea(self.session.unroll, self._switch())
            self._area.failed.connect(self.failed)
            self._area.message.connect(self.message)
            self._stack.addWidget(self._area)
            self.session.unroll.refused.connect(self._say)
        return self._area

    @property
    def model_area(self) -> ModelArea:
        """The open model and its tools, made when they are first asked for."""
        if self._model_area is None:
            from rnnviz.views.unroll.model_area import ModelArea

            self._model_area = ModelArea(self.session.unrolled_model, self._switch())
            self._model_area.failed.connect(self.failed)
            self._model_area.message.connect(self.message)
            self._model_area.unit_chosen.connect(self._see_unit)
            self._stack.addWidget(self._model_area)
        return self._model_area

    def _switch(self) -> Segments:
        switch = Segments("What is unrolled", _SHOWN)
        switch.choose(self.shown)
        switch.chosen.connect(self._choose)
        self._switches.append(switch)
        return switch

    def centre(self) -> QWidget:
        """One of the two drawings, with its tools."""
        self.show_part(self.shown)
        return self._stack

    def show_part(self, part: Shown) -> None:
        """Show the small network, or the open model."""
        self.shown = part
        current = self.area if part == "small" else self.model_area
        self._stack.setCurrentWidget(current)
        for switch in self._switches:
            switch.choose(part)
        if part == "model":
            self.session.unrolled_model.ensure_computed()

    @Slot(str)
    def _choose(self, part: str) -> None:
        self.show_part("model" if part == "model" else "small")
        self.keys_go_to().setFocus()

    def unroll_here(self) -> None:
        """Show the open model at the cursor in the text."""
        self.show_part("model")
        self.session.unrolled_model.show_cursor()

    def keys_go_to(self) -> QWidget:
        """The drawing; the field of the word would take T, L and the arrows."""
        return self.area.drawing if self.shown == "small" else self.model_area.drawing

    def present_centre(self, presented: bool) -> None:
        """The drawing without its tools."""
        self.area.set_presented(presented)
        if self._model_area is not None:
            self._model_area.tools.setVisible(not presented)

    def entries(self) -> tuple[MenuEntry, ...]:
        """Forwards and backwards, training, writing, and how it is drawn."""
        menu = "Network"
        return (
            MenuEntry(menu, "One moment on", None, self._on, key="Right"),
            MenuEntry(menu, "One moment back", None, self._back, key="Left"),
            MenuEntry(menu, "To the beginning", None, self._first, key="Home"),
            MenuEntry(menu, "To the end", None, self._last, key="End"),
            MenuEntry(menu, "Play or pause", None, self._play, key="Space"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "One training step", None, self._train, key="T"),
            MenuEntry(menu, "Ten training steps", None, self._train_ten, key="Shift+T"),
            MenuEntry(menu, "Train until it is learned", None, self._learn, key="L"),
            MenuEntry(menu, "Draw anew", None, self._anew, key="N"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "Write on: what it says goes back in", None, self._write, key="W"),
            MenuEntry(menu, "Read again", None, self._read, key="Backspace"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "Small network or open model", None, self._other, key="O"),
            MenuEntry(menu, "Roll up or unroll", None, self._roll, key="R"),
            MenuEntry(menu, "All steps at once, or readable", None, self._all, key="F"),
            MenuEntry(menu, "Inside a step", None, self._inside, key="I"),
            MenuEntry(menu, "How far gradients reach", None, self._reach, key="V"),
            MenuEntry(
                menu, "Save the picture…", QKeySequence.StandardKey.Save, self._save, key="S"
            ),
        )

    def undo(self) -> bool:
        """Back to the weights before."""
        return self.shown == "small" and self.session.unroll.undo()

    @property
    def _small(self) -> bool:
        return self.shown == "small"

    def _on(self) -> None:
        (self.session.unroll.step if self._small else self.session.unrolled_model.go)(1)

    def _back(self) -> None:
        (self.session.unroll.step if self._small else self.session.unrolled_model.go)(-1)

    def _first(self) -> None:
        if self._small:
            self.session.unroll.set_index(0)
        else:
            self.session.unrolled_model.show(0)

    def _last(self) -> None:
        if self._small:
            self.session.unroll.set_index(self.session.unroll.last_index)
        elif (recording := self.session.recordings.recording) is not None:
            self.session.unrolled_model.show(recording.length - 1)

    def _play(self) -> None:
        (self.area if self._small else self.model_area).toggle_play()

    def _train(self) -> None:
        if self._of_small():
            self.session.unroll.train(1)

    def _train_ten(self) -> None:
        if self._of_small():
            self.session.unroll.train(10)

    def _learn(self) -> None:
        if self._of_small():
            self.session.unroll.learn()

    def _anew(self) -> None:
        if self._small and self.session.unroll.test is None:
            self.session.unroll.begin_anew()
        elif self._small:
            self.area.draw_again()
        else:
            self.model_area.draw_again()

    def _write(self) -> None:
        if not self._small:
            self.model_area.write_on()
        elif self.session.unroll.test is None:
            self.area.set_testing(True)
        else:
            self.session.unroll.step(1)

    def _read(self) -> None:
        if self._small:
            self.area.set_testing(False)
        else:
            self.model_area.read_again()

    def _other(self) -> None:
        self._choose("model" if self._small else "small")

    def _roll(self) -> None:
        if self._of_small():
            self.area.toggle_rolled()

    def _inside(self) -> None:
        if self._of_small():
            self.area.toggle_inside()

    def _all(self) -> None:
        if self._of_small():
            self.area.toggle_all()

    def _reach(self) -> None:
        if self._of_small():
            self.area.toggle_reach()

    def _save(self) -> None:
        (self.area if self._small else self.model_area).save()

    def _of_small(self) -> bool:
        """Whether the small network is shown; only it is trained and rolled up here."""
        if not self._small:
            self.message.emit("Only the small network is trained and rolled up here (O shows it).")
        return self._small

    @Slot(str)
    def _see_unit(self, name: str) -> None:
        recording = self.session.recordings.recording
        if recording is None:
            return
        try:
            unit = recording.groups.unit_named(name)
        except UnitError:
            return
        self.session.selection.select_unit(unit)
        at = self.session.unrolled_model.at
        self.unit_wanted.emit()
        self.session.selection.jump(at)

    @Slot(str)
    def _say(self, words: str) -> None:
        self.message.emit(words)
