"""The Unroll workspace: a small network drawn as the lecture draws it, and moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from rnnviz.session.session import Session
from rnnviz.views.shared.workspace import Workspace
from rnnviz.views.window.actions import SEPARATOR, MenuEntry

if TYPE_CHECKING:
    from rnnviz.views.unroll.area import UnrollArea


class UnrollWorkspace(Workspace):
    """One drawing with its tools; no panels: every number stands where it belongs."""

    name = "unroll"
    title = "Unroll"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._area: UnrollArea | None = None

    @property
    def area(self) -> UnrollArea:
        """The drawing and its tools, made when they are first asked for."""
        if self._area is None:
            from rnnviz.views.unroll.area import UnrollArea

            self._area = UnrollArea(self.session.unroll, self)
            self._area.failed.connect(self.failed)
            self._area.message.connect(self.message)
            self.session.unroll.refused.connect(self._say)
        return self._area

    def centre(self) -> QWidget:
        """The drawing and its tools."""
        return self.area

    def keys_go_to(self) -> QWidget:
        """The drawing; the field of the word would take T, L and the arrows."""
        return self.area.drawing

    def entries(self) -> tuple[MenuEntry, ...]:
        """Forwards and backwards, training, and how it is drawn."""
        menu = "Network"
        return (
            MenuEntry(menu, "One moment on", None, self._on, key="Right"),
            MenuEntry(menu, "One moment back", None, self._back, key="Left"),
            MenuEntry(menu, "To the beginning", None, self._first, key="Home"),
            MenuEntry(menu, "To the update", None, self._last, key="End"),
            MenuEntry(menu, "Play or pause", None, self._play, key="Space"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "One training step", None, self._train, key="T"),
            MenuEntry(menu, "Ten training steps", None, self._train_ten, key="Shift+T"),
            MenuEntry(menu, "Train until it is learned", None, self._learn, key="L"),
            MenuEntry(menu, "Draw the weights anew", None, self._anew, key="N"),
            MenuEntry(menu, SEPARATOR),
            MenuEntry(menu, "Roll up or unroll", None, self._roll, key="R"),
            MenuEntry(
                menu, "Save the picture…", QKeySequence.StandardKey.Save, self._save, key="S"
            ),
        )

    def undo(self) -> bool:
        """Back to the weights before."""
        return self.session.unroll.undo()

    def _on(self) -> None:
        self.session.unroll.step(1)

    def _back(self) -> None:
        self.session.unroll.step(-1)

    def _first(self) -> None:
        self.session.unroll.set_index(0)

    def _last(self) -> None:
        self.session.unroll.set_index(self.session.unroll.last_index)

    def _play(self) -> None:
        self.area.toggle_play()

    def _train(self) -> None:
        self.session.unroll.train(1)

    def _train_ten(self) -> None:
        self.session.unroll.train(10)

    def _learn(self) -> None:
        self.session.unroll.learn()

    def _anew(self) -> None:
        self.session.unroll.begin_anew()

    def _roll(self) -> None:
        self.area.toggle_rolled()

    def _save(self) -> None:
        self.area.save()

    @Slot(str)
    def _say(self, words: str) -> None:
        self.message.emit(words)
