"""The tree of the beam search; following a branch shows where it looked."""

from __future__ import annotations

import math

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from rnnviz.core.alignments.beam_layout import Placed
from rnnviz.core.alignments.words.tokens import shown_token
from rnnviz.core.errors import RnnvizError
from rnnviz.views.alignments.drawing.saving_widget import SaveButton
from rnnviz.views.alignments.drawing.tree_view import TreeView
from rnnviz.views.shared.controls.colour_bar import number
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.words.speaking import speak

_HINT = "Arrows walk the tree, Enter follows a branch."
_NONE = "Greedy search has no tree; set a beam of 2 or more in What if."
_TOLD = 330
"""The width of the line that says where one is: as wide whatever it says."""
_GIVEN = "A translation that is given was not searched for."


class BeamPanel(Panel):
    """What the search followed, and what it dropped."""

    name = "beam"
    title = "Beam"
    needs = ("translator", "translation")

    def follow(self) -> None:
        """Follow the answer."""
        self.session.alignments.model_changed.connect(self.request_draw)
        self.session.alignments.answer_changed.connect(self.request_draw)
        self._shown: tuple[object, bool] | None = None

    def build(self) -> QWidget:
        """A line that says where one is, above the tree."""
        page = QWidget()
        self.status = Label(_HINT)
        self.status.setProperty("role", "muted")
        self.status.setFixedWidth(_TOLD)
        self.dropped = QCheckBox("Dropped too")
        self.dropped.setToolTip("Also show what the search looked at and did not follow")
        self.dropped.toggled.connect(self.request_draw)
        self.show_branch = QPushButton("Show its alignment")
        self.show_branch.setEnabled(False)
        self.show_branch.clicked.connect(self._show_current)
        self.tree = TreeView("Tree of the beam search")
        self.tree.moved.connect(self._tell)
        self.tree.chosen.connect(self._choose)
        self.save = SaveButton(self.tree, "beam", self.tree.paint)
        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for widget in (self.dropped, self.show_branch, self.save):
            row.addWidget(widget)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        said = QWidget()
        words = QHBoxLayout(said)
        words.setContentsMargins(0, 0, 0, 0)
        words.addWidget(self.status)
        column.addWidget(WrappingRow(said, tools))
        column.addWidget(self.tree, 1)
        return page

    def draw(self) -> None:
        """Show the tree of the answer."""
        answer = self.session.alignments.current
        assert answer is not None
        dropped = self.dropped.isChecked()
        if (answer, dropped) == self._shown:
            return
        self._shown = (answer, dropped)
        decoded = answer.decoded
        self.tree.set_tree(decoded.tree, decoded.target, dropped=dropped)
        self.save.columns = self.tree.columns()
        self.show_branch.setEnabled(False)
        none = _GIVEN if answer.question.target else _NONE
        self.status.setText(_HINT if answer.decoded.tree else none)

    @Slot(object)
    def _tell(self, found: Placed) -> None:
        node = found.node
        self.show_branch.setEnabled(True)
        self.status.setText(
            f"“{shown_token(node.token)}” at {found.column + 1}, the branch has log p "
            f"{number(node.score)} (p {math.exp(min(0.0, node.score)):.2g})"
            + ("" if node.kept else ", dropped")
        )
        speak(self.tree, self.status.text())

    @Slot()
    def _show_current(self) -> None:
        if self.tree.current is not None:
            self._choose(self.tree.placed[self.tree.current].node.id)

    @Slot(int)
    def _choose(self, leaf: int) -> None:
        try:
            self.session.alignments.choose_branch(leaf)
        except RnnvizError as error:
            self.status.setText(str(error))
