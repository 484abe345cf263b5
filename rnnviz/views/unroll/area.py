"""The drawing of a small network with its tools: what it reads, how it is shown, how it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.architectures import ARCHITECTURES, facts_of
from rnnviz.core.export.figure import Figure
from rnnviz.core.unroll.equations import formula_of
from rnnviz.core.unroll.formulas import explain_set
from rnnviz.core.unroll.page import figures_of, page
from rnnviz.core.unroll.pictures.parameters import title_of
from rnnviz.core.unroll.pictures.picture import Place
from rnnviz.core.unroll.plan import END, LECTURE, MOST_LAYERS, MOST_STEPS, MOST_UNITS, STRUCTURES
from rnnviz.core.unroll.trace import Trace
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.views.dialogs.number_dialog import NumberDialog
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import NumberField, WholeField
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.controls.wrapping_row import WrappingRow, side_by_side
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.views.shared.words.speaking import speak
from rnnviz.views.unroll.drawing import UnrollDrawing
from rnnviz.views.unroll.formula_panel import FormulaPanel
from rnnviz.views.unroll.played_area import PlayedArea
from rnnviz.views.unroll.tools import icon_button, word_button
from rnnviz.work.jobs.unroll import TestTime

_SPEEDS = {"slow": 1600, "normal": 800, "fast": 300}
"""Milliseconds a moment."""


_DIRECTIONS = {"forward": "reads on", "backward": "from the end", "both": "both ways"}
_RADII = (50, 150)
"""Hundredths: where gradients vanish and where they explode."""
_WORD = "hello"
"""The lecture's word."""
_TEST_TIP = "What it writes is what it reads next, until the end mark (W)"


class _Room(QScrollArea):
    """Scrolls up and down; the keys to the left and right are those of the moments."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down alone."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class UnrollArea(PlayedArea):
    """Two rows of tools, the drawing, and the formula of the number that is pointed at."""

    def __init__(
        self, unroll: Unroll, switch: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        self._unroll, self.drawing = unroll, UnrollDrawing(unroll)
        super().__init__(self.drawing, unroll, "moment", parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        first = (switch,) if switch is not None else ()
        tools = (self._reading(), self._structures(), self._network(), self._learning())
        self._rows = (WrappingRow(*first, *tools, self._moving(), self._testing(), spread=False),)
        self._more_row = WrappingRow(self._weights(), self._way_back())
        self._more_row.hide()
        for row in (*self._rows, self._more_row):
            column.addWidget(row)
        self._scroll = _Room()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self.drawing)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._steps())
        column.addWidget(self._formula())
        self.drawing.pointed.connect(self._explain)
        self.drawing.seen_changed.connect(self._follow_steps)
        self.drawing.edit_requested.connect(self._edit)
        unroll.changed.connect(self._follow)
        unroll.moment_changed.connect(self._follow_moment)
        unroll.refused.connect(self._refuse)
        self._follow()
        unroll.ensure_computed()

    # The tools

    def _reading(self) -> QWidget:
        self._word = QLineEdit(_WORD)
        self._word.setMaxLength(200)
        self._word.setAccessibleName("Word to read")
        self._word.setToolTip("The word that the network reads; every letter should give the next")
        self._word.setFixedWidth(130)
        self._word.editingFinished.connect(self._read)
        self._end = QCheckBox("end mark")
        self._end.setToolTip(
            "A symbol like others says that the word is over: how else would it know to stop?"
        )
        self._end.toggled.connect(self._read)
        return side_by_side(self._word, self._end)

    def _structures(self) -> QWidget:
        self._structure = Segments(
            "Structure", {structure.name: structure.title for structure in STRUCTURES}
        )
        for structure, button in zip(
            STRUCTURES, self._structure.findChildren(QToolButton), strict=True
        ):
            button.setToolTip(plain_tip(f"{structure.title}. {structure.about}"))
            set_icon(button, f"structure-{structure.name}")
            button.setIconSize(QSize(26, 26))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self._structure.choose(self._unroll.plan.structure)
        self._structure.chosen.connect(self._choose_structure)
        return self._structure

    def _steps(self) -> QWidget:
        """Which steps are seen, where not all have room for numbers."""
        self._bar = QScrollBar(Qt.Orientation.Horizontal)
        self._bar.setAccessibleName("Steps that are seen")
        self._bar.setToolTip("Other steps; or Shift and the wheel")
        self._bar.valueChanged.connect(self.drawing.show_from)
        self._whole = QCheckBox("All steps")
        self._whole.setToolTip(
            "All steps at once; where their numbers have no room, as strips of colour (F)"
        )
        self._whole.toggled.connect(self.drawing.show_all)
        self._which = QWidget()
        row = QHBoxLayout(self._which)
        row.setContentsMargins(20, 0, 20, 0)
        row.addWidget(self._bar, 1)
        row.addWidget(self._whole)
        return self._which

    @Slot()
    def _follow_steps(self) -> None:
        """The bar shows which steps are seen; it is there where not all are."""
        seen, steps = self.drawing.seen, self.drawing.steps
        self._bar.blockSignals(True)
        self._bar.setRange(0, steps - len(seen))
        self._bar.setPageStep(len(seen))
        self._bar.setValue(seen[0])
        self._bar.blockSignals(False)
        self._bar.setVisible(len(seen) < steps)
        shown = len(seen) < steps or self._whole.isChecked()
        self._which.setVisible(shown and not self.drawing.inside)

    def toggle_all(self) -> None:
        """Show all steps, or as many as have room for their numbers."""
        self._whole.setChecked(not self._whole.isChecked())

    def _network(self) -> QWidget:
        plan = self._unroll.plan
        self._architecture = Choices()
        self._architecture.setAccessibleName("Architecture")
        for facts in ARCHITECTURES:
            if facts.starts_anywhere:
                self._architecture.addItem(facts.short, facts.name)
                self._architecture.setItemData(
                    self._architecture.count() - 1,
                    plain_tip(facts.about),
                    Qt.ItemDataRole.ToolTipRole,
                )
        self._architecture.setCurrentIndex(self._architecture.findData(plan.architecture))
        self._architecture.currentIndexChanged.connect(self._changed)
        self._fields: dict[str, NumberField] = {
            "units": WholeField("Units", 1, MOST_UNITS),
            "layers": WholeField("Layers", 1, MOST_LAYERS),
            "embedding": WholeField("Embedding", 0, MOST_UNITS, special="one-hot"),
            "seed": WholeField("Seed", 0, 9999),
        }
        for name, field in self._fields.items():
            field.set_value(getattr(plan, name))
            field.value_changed.connect(self._changed)
        units, layers = self._fields["units"], self._fields["layers"]
        for field in (units, layers):
            field.setFixedWidth(62)
        return side_by_side(self._architecture, Label("Units"), units, Label("Layers"), layers)

    def _weights(self) -> QWidget:
        """What the weights are: drawn by a seed, scaled to a radius, with an embedding or not."""
        self._radius = NumberField("Spectral radius", 0.0, 3.0, step=0.05, special="as it is")
        self._radius.set_value(0.0)
        self._radius.value_changed.connect(self._set_radius)
        self._radius_slider = QSlider(Qt.Orientation.Horizontal)
        self._radius_slider.setAccessibleName("Spectral radius from 0.5 to 1.5")
        self._radius_slider.setRange(*_RADII)
        self._radius_slider.setValue(100)
        self._radius_slider.setFixedWidth(110)
        self._radius_slider.valueChanged.connect(self._slide_radius)
        embedding, seed = self._fields["embedding"], self._fields["seed"]
        embedding.setFixedWidth(100)
        seed.setFixedWidth(70)
        self._radius.setFixedWidth(84)
        self._direction = Choices()
        self._direction.setAccessibleName("Direction of reading")
        for key, title in _DIRECTIONS.items():
            self._direction.addItem(title, key)
        self._direction.currentIndexChanged.connect(self._changed)
        return side_by_side(
            self._direction, Label("Input"), embedding, Label("Seed"), seed,
            Label("Radius of W_hh"), self._radius_slider, self._radius,
        )  # fmt: skip

    def _way_back(self) -> QWidget:
        """How far the gradient goes back, and how long it may be."""
        plan = self._unroll.plan
        self._chunk = WholeField("BPTT chunk", 0, MOST_STEPS, special="full")
        self._chunk.setToolTip("Truncated back-propagation: after how many steps gradients are cut")
        self._chunk.set_value(plan.chunk)
        self._chunk.value_changed.connect(self._changed)
        self._carried = QCheckBox("carry state")
        self._carried.setChecked(plan.carried)
        self._carried.toggled.connect(self._changed)
        self._clip = Choices()
        self._clip.setAccessibleName("Clipping")
        for key, title in (("none", "no clipping"), ("norm", "by norm"), ("value", "by value")):
            self._clip.addItem(title, key)
        self._clip.currentIndexChanged.connect(self._changed)
        self._threshold = NumberField("Clipping threshold", 0.0, 1000.0, above=True)
        self._threshold.set_value(plan.threshold)
        self._threshold.value_changed.connect(self._changed)
        self._squashed = QCheckBox("y = tanh(W h)")
        self._squashed.setToolTip("Scores are tanh(W_hy h), as one page of the lecture has it")
        self._squashed.toggled.connect(self._changed)
        return side_by_side(
            Label("BPTT"), self._chunk, self._carried, self._clip, self._threshold, self._squashed
        )

    def _moving(self) -> QWidget:
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName("Moment")
        self._slider.setFixedWidth(140)
        self._slider.valueChanged.connect(self._unroll.set_index)
        self._speed = Choices()
        self._speed.setAccessibleName("Speed of playing")
        for name, milliseconds in _SPEEDS.items():
            self._speed.addItem(name, milliseconds)
        self._speed.setCurrentIndex(1)
        self._roll = QCheckBox("Rolled up")
        self._roll.setToolTip("The same W at every step: rolled up it is one step with a loop (R)")
        self._roll.toggled.connect(self.drawing.roll)
        self._inside = QCheckBox("Inside")
        self._inside.setToolTip("One step opened: its gates and states, and the way through it (I)")
        self._inside.toggled.connect(self.drawing.open_step)
        self._reach = QCheckBox("Reach")
        self._reach.setToolTip(
            "How far gradients reach: vanishing and exploding, on a curve and in a circle (V)"
        )
        self._reach.toggled.connect(self.show_reach)
        return side_by_side(
            *self._movers, self._slider, self._speed, self._roll, self._inside, self._reach
        )

    @Slot(bool)
    def show_reach(self, shown: bool) -> None:
        """Show how far gradients reach, with the slider that makes them vanish or explode."""
        self.drawing.show_reach(shown)
        if shown and not self._more.isChecked():
            self._more.setChecked(True)

    def _testing(self) -> QWidget:
        """Test time: what it writes goes back in."""
        self._test = QCheckBox("Test time")
        self._test.setToolTip(plain_tip(_TEST_TIP))
        self._test.toggled.connect(self._change_test)
        self._how = Choices()
        self._how.setAccessibleName("How it writes")
        self._how.addItem("greedy", False)
        self._how.addItem("sample", True)
        self._how.setToolTip("The likeliest symbol is taken, or one is drawn by its probability")
        self._how.currentIndexChanged.connect(self._change_test)
        self._temperature = NumberField("Temperature", 0.0, 5.0, step=0.1, above=True)
        self._temperature.set_value(1.0)
        self._temperature.setToolTip("Below 1 the likely becomes likelier, above 1 all more alike")
        self._temperature.value_changed.connect(self._change_test)
        self._draw = icon_button("dice-5", "Draw what it writes anew (N)")
        self._draw.clicked.connect(self.draw_again)
        return side_by_side(self._test, self._how, self._temperature, self._draw)

    @Slot()
    def _change_test(self, _: Any = None) -> None:
        if not self._test.isChecked():
            self._unroll.set_test(None)
            return
        drawn = self._unroll.test.draw if self._unroll.test is not None else 0
        sampling = bool(self._how.currentData())
        self._unroll.set_test(TestTime(self._temperature.value() if sampling else 0.0, drawn))

    @Slot()
    def draw_again(self) -> None:
        """At test time draw what is written with other luck."""
        if (test := self._unroll.test) is not None:
            self._unroll.set_test(msgspec.structs.replace(test, draw=test.draw + 1))

    def set_testing(self, on: bool) -> None:
        """Show test time, or the pass over the targets."""
        self._test.setChecked(on)

    def _learning(self) -> QWidget:
        plan = self._unroll.plan
        self._rate = NumberField("Rate", 0.0, 100.0, above=True)
        self._rate.set_value(plan.rate)
        self._rate.setFixedWidth(76)
        self._rate.value_changed.connect(self._changed)
        one = word_button("1 step", "One training step (T)")
        one.clicked.connect(self._train)
        ten = word_button("10", "Ten training steps (Shift+T)")
        ten.clicked.connect(self._train_ten)
        learn = word_button("Learn", "Train until every answer is likelier than 90 % (L)")
        learn.clicked.connect(self._learn)
        anew = icon_button("dice-5", "Draw the weights anew (N)")
        anew.clicked.connect(self._unroll.begin_anew)
        self._undo = icon_button("undo-2", "Back to the weights before (Ctrl+Z)")
        self._undo.clicked.connect(self._unroll.undo)
        self._more = icon_button(
            "sliders-horizontal", "Direction, input, seed, radius of W_hh, BPTT, clipping"
        )
        self._more.setCheckable(True)
        self._more.toggled.connect(self._more_row_shown)
        return side_by_side(
            Label("Rate"), self._rate, one, ten, learn, anew, self._undo, self._more
        )

    def set_presented(self, presented: bool) -> None:
        """The drawing and the formula alone, for the last row; or the tools again."""
        for row in self._rows:
            row.setVisible(not presented)
        self._more_row.setVisible(not presented and self._more.isChecked())

    @Slot(bool)
    def _more_row_shown(self, shown: bool) -> None:
        self._more_row.setVisible(shown)

    def _formula(self) -> QWidget:
        self._readout = FormulaPanel("Formula of the number that is pointed at")
        self._explain(None)
        return self._readout

    # What follows

    @Slot()
    def _follow(self) -> None:
        """Show where the session is."""
        self._undo.setEnabled(self._unroll.can_undo)
        plan, test = self._unroll.plan, self._unroll.test
        self._test.blockSignals(True)
        self._test.setChecked(test is not None)
        self._test.blockSignals(False)
        sampling = test is not None and bool(self._how.currentData())
        self._how.setVisible(test is not None)
        self._temperature.setVisible(sampling)
        self._draw.setVisible(sampling)
        asked = self._unroll.asked  # a number that was typed stays while it is on its way
        for name, field in (*self._fields.items(), ("rate", self._rate), ("chunk", self._chunk)):
            if field.value() != getattr(asked, name) and not field.hasFocus():
                field.set_value(getattr(asked, name))
        self._follow_choices()
        self._threshold.setVisible(plan.clip != "none")
        self._carried.setVisible(plan.chunk > 0)
        self._follow_moment()

    @Slot()
    def _follow_moment(self) -> None:
        """Show which moment it is."""
        self._slider.blockSignals(True)
        self._slider.setRange(0, self._unroll.last_index)
        self._slider.setValue(self._unroll.index)
        self._slider.blockSignals(False)
        self._explain(self.drawing.place)

    def _follow_choices(self) -> None:
        """Undo may bring back another network, structure or word than the tools show."""
        if self._unroll.busy:
            return  # the tools show what is asked for
        plan, word = self._unroll.plan, self._unroll.word
        for choices, value in (
            (self._architecture, plan.architecture),
            (self._clip, plan.clip),
            (self._direction, plan.direction),
        ):
            choices.blockSignals(True)
            choices.setCurrentIndex(choices.findData(value))
            choices.blockSignals(False)
        turned = plan.direction != "forward"
        why = plan.why_not_from_end
        if plan.chunk:
            why = why or "BPTT is cut into chunks, and what reads from the end needs the whole"
        self._direction.setEnabled(turned or not why)
        self._direction.setToolTip(
            plain_tip(
                f"Not here: {why}"
                if why and not turned
                else "Layers read on, or from the end; or each has a row for both, which are "
                "joined below the scores"
            )
        )
        self._test.setEnabled(not plan.why_no_test)
        self._test.setToolTip(plain_tip(plan.why_no_test or _TEST_TIP))
        self._chunk.setEnabled(not turned)
        facts = facts_of(plan.architecture)
        recurrent = "weight_hh_l0" in facts.parameters
        gates = " in every gate" if facts.gated else ""
        tip = (
            f"Scale W_hh{gates} to this spectral radius: below 1 gradients vanish, above they may "
            "explode"
            if recurrent
            else f"Not here: no matrix leads from state to state in {facts.title}"
        )
        for field in (self._radius, self._radius_slider):
            field.setEnabled(recurrent)
            field.setToolTip(plain_tip(tip))
        for box, on in (
            (self._carried, plan.carried),
            (self._squashed, plan.squashed_output),
        ):
            box.blockSignals(True)
            box.setChecked(on)
            box.blockSignals(False)
        self._structure.choose(plan.structure)
        if word and not self._word.hasFocus():
            self._word.setText(word)
        if self._threshold.value() != plan.threshold and not self._threshold.hasFocus():
            self._threshold.set_value(plan.threshold)

    @Slot(object)
    def _explain(self, place: Place | None) -> None:
        trace = self._unroll.trace
        if trace is None or place is None:
            self._tell(trace)
            return
        try:
            self._readout.set_formulas(*explain_set(trace, place))
        except (KeyError, IndexError):
            return  # the picture is of other numbers already
        speak(self.drawing, self._readout.text().replace("\n", "; "))

    def _tell(self, trace: Trace | None) -> None:
        """What is computed at the moment as a formula, and what can be done next."""
        index, last = self._unroll.index, self._unroll.last_index
        if trace is None:
            self._readout.set_words("Computing…")
            return
        hint = (
            "Press → or Space: the network reads letter by letter, then goes back. Point at any "
            "number for its formula."
        )
        if index == last:
            hint = (
                "→ makes this update and reads again; L trains until it is learned; Ctrl+Z undoes"
            )
        elif index:
            hint = "→ goes on, ← back, Space plays. Point at a number for its formula."
        if trace.plan.drawn:
            hint = "→ lets it write on; N draws anew, Backspace goes back to training."
        formula = formula_of(trace.plan, self._unroll.moment)
        self._readout.set_formulas(formula, below=hint)

    @Slot(str)
    def _choose_structure(self, name: str) -> None:
        """Another structure; the lecture's word and sentence take each other's place."""
        translates = name in ("encoder-decoder", "attention")
        if translates and self._word.text() == _WORD:
            self._word.setText(LECTURE)
        elif not translates and self._word.text() == LECTURE:
            self._word.setText(_WORD)
        self._word.setFixedWidth(300 if translates else 130)
        self._read()

    @Slot()
    def _read(self, _: Any = None) -> None:
        translates = self._structure.value in ("encoder-decoder", "attention")
        # These two end with the mark whatever is chosen.
        self._end.setEnabled(not translates)
        end = END if self._end.isChecked() and not translates else ""
        self._unroll.set_word(self._word.text() + end, self._structure.value)

    @Slot()
    def _changed(self, _: Any = None) -> None:
        settings = {name: field.value() for name, field in self._fields.items()}
        plan = msgspec.structs.replace(
            self._unroll.asked,
            architecture=self._architecture.currentData(),
            rate=self._rate.value(),
            chunk=self._chunk.value(),
            carried=self._carried.isChecked(),
            clip=self._clip.currentData(),
            threshold=self._threshold.value(),
            squashed_output=self._squashed.isChecked(),
            direction=self._direction.currentData(),
            **settings,
        )
        self._unroll.set_plan(plan)
        if plan not in (self._unroll.asked, self._unroll.plan):
            self._follow()  # it was refused: the tools show what is there

    @Slot(object)
    def _set_radius(self, radius: float) -> None:
        if radius:
            self._unroll.set_radius(radius)

    @Slot(int)
    def _slide_radius(self, hundredths: int) -> None:
        self._radius.set_value(hundredths / 100)
        self._unroll.set_radius(hundredths / 100)

    @Slot(object)
    def _edit(self, place: Place) -> None:
        """Ask for the number that shall stand in a weight."""
        trace = self._unroll.trace
        if trace is None:
            return
        title = title_of(place.key, trace.plan.layers, trace.plan.directions)
        name = f"{title}[{place.row + 1}, {place.column + 1}]"
        value = float(trace[f"weight/{place.key}"][place.row, place.column])
        field = NumberField(name, -1000.0, 1000.0, step=0.1)
        field.set_value(round(value, 6))
        dialog = NumberDialog("A weight by hand", f"{name}, the same at every step", field, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen() -> None:
            self._unroll.edit(place.key, place.row, place.column, float(dialog.number))

        dialog.accepted.connect(chosen)
        dialog.open()

    @Slot(str)
    def _refuse(self, why: str) -> None:
        self.message.emit(why)
        self._readout.set_words(why)

    # Moving

    def go(self, by: int) -> None:
        """A moment further on or back."""
        self._unroll.step(by)

    def plays_ms(self) -> int:
        """As the person chose."""
        return int(self._speed.currentData())

    def figures(self, dark: bool, size: tuple[float, float]) -> Iterator[Figure]:
        """All moments."""
        assert self._unroll.trace is not None
        return figures_of(self._unroll.trace, dark, size)

    def page(self, dark: bool, size: tuple[float, float]) -> Callable[[], str]:
        """All moments."""
        assert self._unroll.trace is not None
        return partial(page, self._unroll.trace, dark, size)

    @Slot()
    def _train(self) -> None:
        self._unroll.train(1)

    @Slot()
    def _train_ten(self) -> None:
        self._unroll.train(10)

    @Slot()
    def _learn(self) -> None:
        self._unroll.learn()

    def toggle_rolled(self) -> None:
        """Roll the network up, or unroll it."""
        self._roll.setChecked(not self._roll.isChecked())

    def toggle_reach(self) -> None:
        """Show how far gradients reach, or the parameters."""
        self._reach.setChecked(not self._reach.isChecked())

    def toggle_inside(self) -> None:
        """Show one step from inside, or all of them."""
        self._inside.setChecked(not self._inside.isChecked())

    def sizeHint(self) -> QSize:
        """Room for the lecture's network."""
        return QSize(1100, 700)
