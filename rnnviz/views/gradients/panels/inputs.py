"""Which earlier characters a prediction depends on: hover one, and the text before it is tinted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.errors import RnnvizError
from rnnviz.core.gradients.field import GradientField
from rnnviz.core.sequences.text import Text
from rnnviz.session.gradients.networks import short_titles
from rnnviz.views.gradients.panels.columns import ColumnDependence
from rnnviz.views.gradients.panels.dependence import (
    Dependence,
    half_within,
    in_units,
)
from rnnviz.views.gradients.panels.parts import (
    FocusPicker,
    GradientPanel,
    column,
    cost_of,
    note,
    read_at,
    scientific,
    tools,
    what_of,
)
from rnnviz.views.plots.parts.export import csv_writer
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.png import png_writer
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns
from rnnviz.views.text.text_view import TextView

_SIGNED = ("Strength, relative to the strongest", "Gradient × input, signed")
_SIGNED_COLUMNS = ("Strength, relative to the strongest", "Gradient at each column, signed")
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -(10**9),
    Qt.Key.Key_End: 10**9,
}


class InputsPanel(GradientPanel):
    """A stretch of the text, once for each network that is compared, one below the other.

    The pointer or the arrow keys choose the prediction to explain, in all of them.
    """

    name = "gradient-inputs"
    title = "Inputs"
    needs = ("model", "gradients", "text")

    def follow(self) -> None:
        """Follow the comparison."""
        gradients = self.session.gradients
        self.redraw_on(gradients.fields_changed, gradients.shown_changed)
        gradients.character_changed.connect(self.show_character)

    def build(self) -> QWidget:
        """The texts, and the pickers above them."""
        self.network = FocusPicker(self.session.gradients)
        self.kind = Choices()
        self.kind.setAccessibleName("What the colours are")
        self.kind.addItems(_SIGNED)
        self.kind.activated.connect(self.show_character)
        self.parts: list[Dependence | ColumnDependence] = []
        """One for each network, in the order of the comparison."""
        self._stack = QWidget()
        self._column = QVBoxLayout(self._stack)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._stand_below_each_other(1, Dependence)
        self.setFocusProxy(self._stack)
        self.note = note()
        self.note.setMinimumHeight(110)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
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
            (self._stack, 1),
            self.note,
        )

    @property
    def view(self) -> TextView:
        """The first network's text."""
        first = self.parts[0]
        assert isinstance(first, Dependence)
        return first.view

    def _stand_below_each_other(
        self, count: int, kind: type[Dependence] | type[ColumnDependence]
    ) -> None:
        """Have as many texts, or pictures, as networks; texts scroll together."""
        while len(self.parts) > max(1, count) or (self.parts and type(self.parts[-1]) is not kind):
            gone = self.parts.pop()
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self.parts) < count:
            part = kind()
            part.pointed.connect(self._choose)
            self._column.addWidget(part, 1)
            if isinstance(part, Dependence):
                self._stack.setFocusProxy(part.view if not self.parts else self.view)
                if self.parts:
                    one, other = self.view.verticalScrollBar(), part.view.verticalScrollBar()
                    one.valueChanged.connect(other.setValue)
                    other.valueChanged.connect(one.setValue)
            else:
                self._stack.setFocusProxy(part.plot)
            self.parts.append(part)

    # Drawing

    def draw(self) -> None:
        """Show the stretch of text that the fields are about."""
        gradients, text = self.session.gradients, self.session.recordings.text
        gradients.want_fields()
        self.network.refresh()
        failures = [one.failure for one in gradients.compared if one.failure]
        if failures and len(failures) == len(gradients.compared):
            self.explain(failures[0])
            return
        fields = [one.field for one in gradients.compared if one.field is not None]
        numbers = any(field.facts.columns for field in fields)
        self._stand_below_each_other(
            len(gradients.compared), ColumnDependence if numbers else Dependence
        )
        for place, title in enumerate(_SIGNED_COLUMNS if numbers else _SIGNED):
            self.kind.setItemText(place, title)
        if not fields or text is None:
            self._clear()
            return
        texts = [part for part in self.parts if isinstance(part, Dependence)]
        first = min(int(field.places[0]) for field in fields)
        last = max(int(max(field.ends[-1], field.predicted[-1] + 1)) for field in fields)
        stretch = Text.of("" if numbers else text.slice(first, last))
        for part in texts:
            part.set_stretch(stretch, first, text.line_of(first))
        if not self._known(gradients.character):
            gradients.set_character(int(fields[0].predicted[len(fields[0].predicted) // 2]))
        self.show_character()
        # What is too narrow for several texts scrolls: else they would be squashed.
        self._stack.setMinimumHeight(sum(p.minimumSizeHint().height() for p in self.parts))
        place = (gradients.character or first) - first
        for part in texts:
            part.view.centre_on(min(max(0, place), len(stretch) - 1))

    def _clear(self) -> None:
        """Show that nothing is known yet."""
        self.note.setText("Computing…")
        for part in self.parts:
            part.title.hide()
            if isinstance(part, Dependence):
                part.view.set_values(None, 0)
            else:
                part.plot.clear_values()

    @property
    def _signed(self) -> bool:
        return self.kind.currentIndex() == 1

    @property
    def _field(self) -> GradientField | None:
        """Of the network in focus."""
        one = self.session.gradients.focused
        return one.field if one else None

    def _known(self, character: int | None) -> bool:
        """Whether a prediction of this character was followed back, in any of the networks."""
        fields = (one.field for one in self.session.gradients.compared)
        return character is not None and any(
            field is not None and field.row_of(character) is not None for field in fields
        )

    @Slot()
    def show_character(self) -> None:
        """Tint what the prediction of the chosen character depends on."""
        compared, character = self.session.gradients.compared, self.session.gradients.character
        if self.stale or self.empty or character is None or not self.isVisible():
            return  # the stretch that is shown may be of another text; drawing it calls this again
        names = short_titles([one.network for one in compared]) if len(compared) > 1 else ("",)
        for part, one, name in zip(self.parts, compared, names, strict=False):
            part.show_character(one, character, signed=self._signed, name=name)
        field = self._field
        row = None if field is None else field.row_of(character)
        if field is None or row is None:
            self.note.setText("Computing…" if field is None else "")
        else:
            self._tell(field, row)

    def _tell(self, field: GradientField, row: int) -> None:
        text = self.session.recordings.text
        assert text is not None
        steps, strengths = field.steps_of(row, "products" if self._signed else "inputs")
        about = int(field.targets[row]) + field.facts.ahead
        order = np.argsort(-np.abs(strengths), kind="stable")[:5]
        named = ", ".join(
            f"{read_at(field, int(steps[place]), text)} {_away(about - int(steps[place]))}"
            f"({scientific(float(strengths[place]))})"
            for place in order
        )
        half = half_within(field, row, signed=self._signed)
        several = len(self.session.gradients.compared) > 1
        whose = f"{self.network.currentText()}: " if several else ""
        said = f"{whose}{what_of(field, row, text)} {cost_of(field, row)}. "
        self.note.setText(
            f"{said[:1].upper()}{said[1:]}It depends most on {named}. "
            f"Half of all dependence lies within {in_units(field, half)}. ← → move along."
        )

    # Export

    def saving_csv(self, path: Path) -> Turns:
        """Write the characters before the prediction, and how much each network depends on them.

        Raises:
            RnnvizError: the file cannot be written.
        """
        character, text = self.session.gradients.character, self.session.recordings.text
        names = ("network", "predicted", "distance", "offset", "character",
                 "gradient_norm", "gradient_times_input")  # fmt: skip
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for one in self.session.gradients.compared if text is not None else ():
            field = one.field
            row = None if field is None or character is None else field.row_of(character)
            if field is None or row is None or text is None:
                continue
            places, strengths = field.inputs_of(row)
            signed = field.inputs_of(row, signed=True)[1]
            steps, _ = field.steps_of(row, "inputs")
            count = len(places)
            about = int(field.targets[row]) + field.facts.ahead
            ends = field.ends[steps].tolist()
            read = [text.slice(*span) for span in zip(places.tolist(), ends, strict=True)]
            for name, values in zip(
                names,
                (
                    [one.network.title] * count,
                    [character] * count,
                    (about - steps).tolist(),
                    places.tolist(),
                    read,
                    strengths.tolist(),
                    signed.tolist(),
                ),
                strict=True,
            ):
                columns[name].extend(values)
        if not columns["network"]:
            raise RnnvizError("no prediction is explained; point at a character first")
        yield csv_writer(columns, path)

    @Slot()
    def _ask_csv(self) -> None:
        self._ask("csv", self.saving_csv)

    @Slot()
    def _ask_png(self) -> None:
        self._ask("png", self._saving_png)

    def _saving_png(self, path: Path) -> Turns:
        yield png_writer(self._stack.grab().toImage(), path)

    def _ask(self, ending: str, save: Callable[[Path], Turns]) -> None:
        proposed = f"dependence-{self.session.gradients.character}.{ending}"
        save_as(self, "Save", proposed, save)

    # What the person does

    @Slot(int)
    def _choose(self, character: int) -> None:
        if self._known(character):
            self.session.gradients.set_character(character)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move to other predictions."""
        gradients = self.session.gradients
        if self.empty or event.key() not in _STEPS:
            super().keyPressEvent(event)
        else:
            gradients.step(_STEPS[Qt.Key(event.key())])


def _away(steps: int) -> str:
    """How far before, or after, with a blank behind it.

    >>> _away(3), _away(-1), _away(0)
    ('3 before ', '1 after ', 'itself ')
    """
    if steps == 0:
        return "itself "
    return f"{abs(steps)} {'before' if steps > 0 else 'after'} "
