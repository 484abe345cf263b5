"""Which earlier characters a prediction depends on: hover one, and the text before it is tinted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QMenu,
    QMessageBox,
    QToolButton,
    QWidget,
)

from rnnviz.core.colour import Scale
from rnnviz.core.errors import RnnvizError
from rnnviz.core.gradients import GradientField
from rnnviz.core.text import Text
from rnnviz.views.panels.gradients.parts import (
    FocusPicker,
    GradientPanel,
    column,
    note,
    scientific,
    tools,
)
from rnnviz.views.plots.export import save_csv, save_png
from rnnviz.views.text_view import TextView

_SIGNED = ("Strength, relative to the strongest", "Gradient × input, signed")
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -(10**9),
    Qt.Key.Key_End: 10**9,
}


class InputsPanel(GradientPanel):
    """A stretch of the text; the pointer or the arrow keys choose the prediction to explain."""

    name = "gradient-inputs"
    title = "Inputs"
    needs = ("model", "text")

    def follow(self) -> None:
        """Follow the comparison."""
        gradients = self.session.gradients
        for signal in (gradients.fields_changed, gradients.shown_changed):
            signal.connect(self.request_draw)
        gradients.character_changed.connect(self.show_character)

    def build(self) -> QWidget:
        """The text and the pickers above it."""
        self.network = FocusPicker(self.session.gradients)
        self.kind = QComboBox()
        self.kind.setAccessibleName("What the colours are")
        self.kind.addItems(_SIGNED)
        self.kind.activated.connect(self.show_character)
        self.view = TextView()
        self.view.setAccessibleName("Text tinted by what a prediction depends on")
        self.view.hovered.connect(self._hover)
        self.view.clicked.connect(self._hover)
        self.setFocusProxy(self.view)
        self.said = note()
        self.said.setMinimumHeight(110)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._field: GradientField | None = None
        self._first = 0
        self.export = QToolButton()
        self.export.setText("⋯")
        self.export.setAccessibleName("Save what this prediction depends on")
        self.export.setToolTip("Save the numbers or the picture")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addAction("Save numbers as CSV…", self._ask_csv)
        menu.addAction("Save picture as PNG…", self._ask_png)
        self.export.setMenu(menu)
        return column(
            tools(self.network, stretch=0),
            tools(self.kind, self.export, stretch=0),
            (self.view, 1),
            self.said,
        )

    def draw(self) -> None:
        """Show the stretch of text that the field is about."""
        gradients, text = self.session.gradients, self.session.recordings.text
        gradients.want_fields()
        self.network.refresh()
        one = gradients.focused
        field = one.field if one else None
        self._field = field
        if one is not None and one.failure:
            self.explain(one.failure)
            return
        if field is None or text is None:
            self.said.setText("Computing…")
            self.view.set_values(None, 0)
            return
        first, last = int(field.places[0]), int(field.predicted[-1]) + 1
        stretch = Text.of(text.slice(first, last))
        if first != self._first or str(stretch) != str(self.view.text):
            self._first = first
            self.view.set_text(stretch)
        if gradients.character is None or field.row_of(gradients.character) is None:
            gradients.set_character(int(field.predicted[len(field.predicted) // 2]))
        self.show_character()
        place = (gradients.character or first) - first
        self.view.centre_on(min(max(0, place), len(stretch) - 1))

    @Slot()
    def show_character(self) -> None:
        """Tint what the prediction of the chosen character depends on."""
        field, character = self._field, self.session.gradients.character
        if self.empty or field is None or character is None or not self.isVisible():
            return
        row = field.row_of(character)
        if row is None:
            self.view.set_values(None, 0)
            return
        signed = self.kind.currentIndex() == 1
        places, strengths = field.inputs_of(row, signed=signed)
        values = np.full(len(self.view.text), np.nan, np.float32)
        most = float(np.abs(strengths[np.isfinite(strengths)]).max(initial=0.0)) or 1.0
        values[places - self._first] = strengths / most
        self.view.set_scale(
            Scale(-1.0, 1.0, "blue-orange") if signed else Scale(0.0, 1.0, "surprisal")
        )
        self.view.set_values(values, len(values))
        self.view.set_cursor(character - self._first)
        self.view.set_matches([(character - self._first, character - self._first + 1)])
        self._tell(field, row, character)

    def _tell(self, field: GradientField, row: int, character: int) -> None:
        text = self.session.recordings.text
        assert text is not None
        signed = self.kind.currentIndex() == 1
        places, strengths = field.inputs_of(row, signed=signed)
        order = np.argsort(-np.abs(strengths), kind="stable")[:5]
        named = ", ".join(
            f"{text.slice(int(places[place]), int(places[place]) + 1)!r} {place + 1} before "
            f"({scientific(float(strengths[place]))})"
            for place in order
        )
        total = float(np.abs(strengths).sum())
        half = int(np.searchsorted(np.cumsum(np.abs(strengths)), total / 2)) + 1
        bits = float(field.array("losses")[row]) / np.log(2)
        shown = text.slice(character, character + 1)
        self.said.setText(
            f"{shown!r} at {character:,} cost {bits:.2f} bits. It depends most on {named}. "
            f"Half of all dependence lies within {half:,} character{'s' * (half > 1)}. "
            "← → move along."
        )

    # Export

    def save_csv(self, path: Path) -> None:
        """Write the characters before the prediction, and how strongly it depends on each.

        Raises:
            RnnvizError: the file cannot be written.
        """
        field, character = self._field, self.session.gradients.character
        text = self.session.recordings.text
        row = None if field is None or character is None else field.row_of(character)
        if field is None or row is None or text is None:
            raise RnnvizError("no prediction is explained; point at a character first")
        places, strengths = field.inputs_of(row)
        signed = field.inputs_of(row, signed=True)[1]
        save_csv(
            {
                "predicted": np.full(len(places), character),
                "distance": np.arange(1, len(places) + 1),
                "offset": places,
                "character": [text.slice(place, place + 1) for place in places.tolist()],
                "gradient_norm": strengths,
                "gradient_times_input": signed,
            },
            path,
        )

    @Slot()
    def _ask_csv(self) -> None:
        self._ask("csv", self.save_csv)

    @Slot()
    def _ask_png(self) -> None:
        self._ask("png", lambda path: save_png(self.view.grab().toImage(), path))

    def _ask(self, ending: str, save: Callable[[Path], None]) -> None:
        proposed = f"dependence-{self.session.gradients.character}.{ending}"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save", proposed, f"*.{ending}")
        if not chosen:
            return
        try:
            save(Path(chosen).with_suffix(f".{ending}"))
        except RnnvizError as error:
            QMessageBox.warning(self, "Not saved", str(error))

    # What the person does

    @Slot(object)
    def _hover(self, place: int | None) -> None:
        if place is not None and self._field is not None:
            self._choose(place + self._first)

    def _choose(self, character: int) -> None:
        if self._field is not None and self._field.row_of(character) is not None:
            self.session.gradients.set_character(character)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move to other predictions."""
        gradients = self.session.gradients
        if self.empty or event.key() not in _STEPS:
            super().keyPressEvent(event)
        else:
            gradients.step(_STEPS[Qt.Key(event.key())])
