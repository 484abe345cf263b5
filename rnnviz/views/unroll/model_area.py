"""The open model unrolled at a place of the text: its tools, the picture, what a number is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.export.figure import Figure
from rnnviz.core.quantities.units import unit_name
from rnnviz.core.unroll.model_formulas import explain_model
from rnnviz.core.unroll.page import page_of_model
from rnnviz.core.unroll.pictures.model_picture import (
    Unit,
    draw_model,
    figures_of_model,
    steps_that_fit,
)
from rnnviz.core.unroll.pictures.picture import Picture, Place
from rnnviz.session.unroll.opened import UnrolledModel
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import NumberField, WholeField
from rnnviz.views.shared.controls.wrapping_row import WrappingRow, side_by_side
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.words.speaking import speak
from rnnviz.views.unroll.played_area import PlayedArea
from rnnviz.views.unroll.pointed_picture import PointedPicture
from rnnviz.views.unroll.tools import icon_button, word_button

_NOTHING = (
    "No model has read a text here yet. Open one in Cells, put the cursor where it gets "
    "interesting, and choose Unroll here (U)."
)


class ModelDrawing(PointedPicture):
    """Paints the steps of the open model that were computed last."""

    def __init__(self, model: UnrolledModel, parent: QWidget | None = None) -> None:
        super().__init__("Unrolled model", parent)
        self._model = model
        model.changed.connect(self.find_place)

    @property
    def marked(self) -> Unit | None:
        """The selected unit, where the network on the screen has it."""
        trace, (group, unit) = self._model.trace, self._model.marked
        for number, row in enumerate(trace.about.rows if trace else ()):
            if row.name == group.removesuffix("c") and unit < row.given:
                return number, unit
        return None

    def make_picture(self, size: tuple[float, float], dark: bool) -> Picture | None:
        """The steps, the selected unit followed through them."""
        trace = self._model.trace
        return None if trace is None else draw_model(trace, size, dark, self.marked)

    def may_edit(self, place: Place) -> bool:
        """A unit may be looked at in the text."""
        return place.kind == "unit"

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many steps as have room."""
        super().resizeEvent(event)
        self._model.set_steps(steps_that_fit(self.width()))


class ModelArea(PlayedArea):
    """A row of tools over the picture, and the number that is pointed at below.

    Signals:
        unit_chosen(str): a unit was clicked twice, by its name.
    """

    unit_chosen = Signal(str)

    def __init__(
        self, model: UnrolledModel, switch: QWidget, parent: QWidget | None = None
    ) -> None:
        self._model, self.drawing = model, ModelDrawing(model)
        super().__init__(self.drawing, model, "step", parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.tools = WrappingRow(switch, self._moving(), self._writing())
        column.addWidget(self.tools)
        column.addWidget(self.drawing, 1)
        self._readout = Label()
        self._readout.setAccessibleName("What the number is that is pointed at")
        self._readout.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._readout.setWordWrap(True)
        self._readout.setMinimumHeight(52)
        self._readout.setContentsMargins(20, 4, 20, 8)
        column.addWidget(self._readout)
        self.drawing.pointed.connect(self._explain)
        self.drawing.edit_requested.connect(self._choose_unit)
        model.changed.connect(self._follow)
        model.refused.connect(self._refuse)
        self._follow()

    def _moving(self) -> QWidget:
        self._at = WholeField("Step", 1, 2**40)
        self._at.setToolTip("The last step that is read, counted from 1")
        self._at.entered.connect(self._go)
        return side_by_side(*self._movers, Label("Step"), self._at)

    def _writing(self) -> QWidget:
        self._how = Choices()
        self._how.setAccessibleName("How it writes on")
        self._how.addItem("greedy: the likeliest", 0.0)
        self._how.addItem("sample", 1.0)
        self._how.setToolTip(
            "What it says goes back in: the likeliest symbol, or one that is drawn"
        )
        self._how.currentIndexChanged.connect(self._change_writing)
        self._temperature = NumberField("Temperature", 0.0, 5.0, step=0.1, above=True)
        self._temperature.set_value(1.0)
        self._temperature.setToolTip("Below 1 the likely becomes likelier, above 1 all more alike")
        self._temperature.value_changed.connect(self._change_writing)
        self._seed = icon_button("dice-5", "Draw anew: another seed (N)")
        self._seed.clicked.connect(self.draw_again)
        self._write = word_button("Write on", "Let it write a symbol, which it reads next (W)")
        self._write.clicked.connect(self.write_on)
        self._stop = word_button("Read again", "Back to what the text says (Backspace)")
        self._stop.clicked.connect(self.read_again)
        return side_by_side(self._how, self._temperature, self._seed, self._write, self._stop)

    # What follows

    @Slot()
    def _follow(self) -> None:
        """Show where the session is."""
        model, sampling = self._model, bool(self._how.currentData())
        if not self._at.hasFocus():
            self._at.set_value(model.at + 1)
        for widget in (self._how, self._write):
            widget.setEnabled(model.can_write)
        self._temperature.setVisible(sampling)
        self._seed.setVisible(sampling)
        self._stop.setEnabled(bool(model.writes.steps))
        self._explain(self.drawing.place)

    @Slot(object)
    def _explain(self, place: Place | None) -> None:
        trace = self._model.trace
        if trace is None:
            self._readout.setText("Computing…" if self._model.possible else _NOTHING)
            return
        if place is None:
            writes = ", W lets it write on" if self._model.can_write else ""
            self._readout.setText(
                "Every strip is a state: one cell a unit, or the strongest of neighbours where "
                "there is no room. Named are the units that add most to what it says. Point at one "
                "for its numbers; click it twice to see it in the text. → and ← go on and back"
                f"{writes}."
            )
            return
        try:
            what, numbers = explain_model(trace, place)
        except (KeyError, IndexError):
            return  # the picture is of other numbers already
        self._readout.setText(f"{what}\n{numbers}")
        speak(self.drawing, f"{what}; {numbers}")

    @Slot(str)
    def _refuse(self, why: str) -> None:
        self.message.emit(why)
        self._readout.setText(why)

    # What the person does

    def go(self, by: int) -> None:
        """A step further on or back, or a symbol more or less."""
        self._model.go(by)

    def figures(self, dark: bool, size: tuple[float, float]) -> Iterator[Figure]:
        """A step more in each, the selected unit followed through them."""
        assert self._model.trace is not None
        return figures_of_model(self._model.trace, dark, size, self.drawing.marked)

    def page(self, dark: bool, size: tuple[float, float]) -> Callable[[], str]:
        """The same."""
        assert self._model.trace is not None
        return partial(page_of_model, self._model.trace, dark, size, self.drawing.marked)

    @Slot(object)
    def _go(self, step: int) -> None:
        self._model.show(step - 1)
        self.drawing.setFocus()

    @Slot()
    def write_on(self) -> None:
        """Let the network write one symbol more."""
        self._model.set_written(self._model.writes.steps + 1)

    @Slot()
    def read_again(self) -> None:
        """Take back all that it wrote."""
        self._model.set_written(0)

    @Slot()
    def draw_again(self) -> None:
        """Write on with other luck."""
        writes = self._model.writes
        self._model.set_writes(msgspec.structs.replace(writes, seed=writes.seed + 1))

    @Slot()
    def _change_writing(self, _: Any = None) -> None:
        sampling = bool(self._how.currentData())
        self._model.set_writes(
            msgspec.structs.replace(
                self._model.writes, temperature=self._temperature.value() if sampling else 0.0
            )
        )
        self._follow()

    @Slot(object)
    def _choose_unit(self, place: Place) -> None:
        trace = self._model.trace
        if trace is not None:
            row = trace.about.rows[int(place.key.split("/")[0])]
            self.unit_chosen.emit(unit_name(row.name, place.row))
