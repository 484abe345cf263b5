"""Change one thing and decode again: a source word, a target word, a weight, the search."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.alignments.words.tokens import (
    is_special,
    shown_token,
    word_groups,
    word_number,
    word_of,
)
from rnnviz.session.alignments.alignments import Mark
from rnnviz.session.alignments.questions import Answer
from rnnviz.views.shared.controls.number_field import NumberField, WholeField
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import Label

_ROLE = Qt.ItemDataRole.UserRole
_CHOOSE = (
    "Click a word or a cell of the alignment to change it. The sentence is then decoded again from "
    "there, and old and new stand side by side."
)


class WhatIfPanel(Panel):
    """Acts on the word or the cell that is pinned."""

    name = "what-if"
    title = "What if"
    needs = ("translator", "translation")

    def follow(self) -> None:
        """Follow the answer and what is pinned."""
        alignments = self.session.alignments
        self.redraw_on(
            alignments.model_changed,
            alignments.answer_changed,
            alignments.view_changed,
            alignments.marked,
        )
        self._of: tuple[object, ...] | None = None
        self._step: int | None = None
        self._place: int | None = None
        self._cell: Mark | None = None

    def build(self) -> QWidget:
        """Four small forms: target word, weight, source word, search."""
        page = QWidget()
        self.hint = Label(_CHOOSE)
        self.hint.setWordWrap(True)
        self.hint.setProperty("role", "muted")
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.hint)
        column.addWidget(self._build_target())
        column.addWidget(self._build_weight())
        column.addWidget(self._build_source())
        column.addWidget(self._build_search())
        column.addStretch(1)
        return page

    def _build_target(self) -> QWidget:
        self.target = QWidget()
        self.target_title = _title("Target word")
        self.likely = QListWidget()
        self.likely.setAccessibleName("Likeliest words at this step")
        self.likely.setToolTip("Enter or a double click puts this word here")
        self.likely.itemActivated.connect(self._force_item)
        self.token = QLineEdit()
        self.token.setAccessibleName("Another target word")
        self.token.setPlaceholderText("or type another word")
        self.token.returnPressed.connect(self._force_typed)
        self.force = QPushButton("Force")
        self.force.setToolTip("Put this word here and decode the rest again")
        self.force.clicked.connect(self._force_typed)
        self.goes_on = QCheckBox("The word may go on")
        self.goes_on.setToolTip(
            "Off: the typed word stands alone. On: the translator may go on with it, from “er” to "
            "“error”"
        )
        row = _row(self.token, self.force)
        return _stacked(self.target, self.target_title, self.likely, row, self.goes_on)

    def _build_weight(self) -> QWidget:
        self.weight = QWidget()
        self.weight_title = _title("Weight")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Weight, in thousandths")
        self.slider.setRange(0, 1000)
        self.number = NumberField("Weight from 0 to 1", 0.0, 1.0, step=0.05)
        self.number.problem_changed.connect(self._show_refusal)
        self.slider.valueChanged.connect(self._slide)
        self.slider.sliderReleased.connect(self._force_weight)
        self.number.value_changed.connect(self._type_weight)
        self.set_weight = QPushButton("Set")
        self.set_weight.setToolTip("Force this weight; the other places share the rest")
        self.set_weight.clicked.connect(self._force_weight)
        self.erase = QPushButton("Erase")
        self.erase.setToolTip("Take this weight away (Delete in the table)")
        self.erase.clicked.connect(self._erase)
        row = _row(self.slider, self.number, self.set_weight, self.erase)
        return _stacked(self.weight, self.weight_title, row)

    def _build_source(self) -> QWidget:
        self.source = QWidget()
        self.source_title = _title("Source word")
        self.word = QLineEdit()
        self.word.setAccessibleName("Another source word")
        self.word.setPlaceholderText("nothing leaves the word out")
        self.word.returnPressed.connect(self._replace)
        self.replace = QPushButton("Replace")
        self.replace.clicked.connect(self._replace)
        return _stacked(self.source, self.source_title, _row(self.word, self.replace))

    def _build_search(self) -> QWidget:
        search = QWidget()
        self.temperature = NumberField(
            "Temperature of the attention's softmax", 0.05, 20.0, step=0.1, at_once=False,
            tip="Below 1 the weights become sharper, above 1 flatter",
        )  # fmt: skip
        self.beam = WholeField(
            "Beam", 1, 50, at_once=False,
            tip="How many translations are followed at once; 1 is greedy search",
        )  # fmt: skip
        self.length = NumberField(
            "Length penalty", 0.0, 3.0, step=0.1, at_once=False,
            tip="Larger values prefer longer translations (Wu et al. 2016)",
        )  # fmt: skip
        self.covering = NumberField(
            "Coverage penalty", 0.0, 3.0, step=0.1, at_once=False,
            tip="Larger values punish source words that nobody looks at",
        )  # fmt: skip
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow("Softmax temperature", self.temperature)
        form.addRow("Beam", self.beam)
        form.addRow("Length penalty", self.length)
        form.addRow("Coverage penalty", self.covering)
        for box in (self.temperature, self.beam, self.length, self.covering):
            box.value_changed.connect(self._search)
        column = QVBoxLayout(search)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(_title("Search"))
        column.addLayout(form)
        return search

    # Drawing

    def draw(self) -> None:
        """Show the forms of what is pinned, and fill them anew if that is another one."""
        alignments = self.session.alignments
        answer, pinned = alignments.current, alignments.pinned
        assert answer is not None
        of = (answer, pinned, alignments.words)
        if of == self._of:
            return
        self._of = of
        self._step = self._place = None
        if pinned is not None and alignments.layer in ("weights", "energies"):
            cell = alignments.pieces_at(pinned.row or 0, pinned.column or 0)
            if cell is not None:
                self._step = cell[0][0] if pinned.row is not None else None
                self._place = cell[1][0] if pinned.column is not None else None
        elif pinned is not None and alignments.layer in ("context", "decoder"):
            self._step = pinned.row
        decoded = answer.decoded
        if self._step is not None and self._step >= len(decoded.target):
            self._step = None
        if self._place is not None and self._place >= len(decoded.source):
            self._place = None
        self.hint.setVisible(self._step is None and self._place is None)
        self._fill_target(answer)
        self._fill_weight(answer)
        self._fill_source(answer)
        self._fill_search()

    def _fill_target(self, answer: Answer) -> None:
        step, decoded = self._step, answer.decoded
        self.target.setVisible(step is not None)
        if step is None:
            return
        p = math.exp(decoded.log_p[step])
        shown, number = _word(decoded.target[step]), word_number(decoded.target, step)
        self.target_title.setText(f"Target word {number}: “{shown}”, p {p:.3f}")
        self.token.clear()
        self.goes_on.setVisible(answer.model.spells_words)
        self.likely.clear()
        for likely in decoded.likely[step] if step < len(decoded.likely) else ():
            item = QListWidgetItem(f"{likely.p:.3f}   {shown_token(likely.token)}")
            item.setData(_ROLE, likely.token)
            if likely.token == decoded.target[step]:
                item.setForeground(QColor(theme_of(self).accent))
            self.likely.addItem(item)
        height = self.likely.sizeHintForRow(0) if self.likely.count() else 0
        self.likely.setFixedHeight(self.likely.count() * height + 4)
        self.likely.setVisible(self.likely.count() > 0)

    def _fill_weight(self, answer: Answer) -> None:
        step, place, decoded = self._step, self._place, answer.decoded
        whole = step is not None and place is not None and decoded.has_attention
        pinned = self._cell = self.session.alignments.pinned
        self.weight.setVisible(whole)
        if pinned is None or pinned.row is None or pinned.column is None or not whole:
            return
        joined = self.session.alignments.joined(answer)
        alignment = decoded.word_alignment if joined else decoded.alignment
        names = (_word(alignment.target[pinned.row]), _word(alignment.source[pinned.column]))
        self.weight_title.setText(f"Weight of “{names[1]}” for “{names[0]}”")
        self._set_weight(float(alignment.weights[pinned.row, pinned.column]))

    def _fill_source(self, answer: Answer) -> None:
        place, source = self._place, answer.decoded.source
        self.source.setVisible(place is not None and not is_special(source[place]))
        if place is None:
            return
        start, stop = next(group for group in word_groups(source) if group[0] <= place < group[1])
        word = word_of(source[start:stop])
        self.source_title.setText(f"Source word “{shown_token(word)}”")
        self.word.setText(word)

    def _fill_search(self) -> None:
        question = self.session.alignments.question
        for box, value in (
            (self.temperature, question.temperature),
            (self.length, question.length_penalty),
            (self.covering, question.coverage_penalty),
        ):
            box.blockSignals(True)
            box.set_value(value)
            box.blockSignals(False)
        self.beam.blockSignals(True)
        self.beam.set_value(question.beam)
        self.beam.blockSignals(False)

    def _set_weight(self, value: float) -> None:
        for box in (self.number, self.slider):
            box.blockSignals(True)
        self.number.set_value(round(value, 4))
        self.slider.setValue(round(1000 * value))
        for box in (self.number, self.slider):
            box.blockSignals(False)

    # What the person does

    @Slot(QListWidgetItem)
    def _force_item(self, item: QListWidgetItem) -> None:
        if self._step is not None:
            self.session.alignments.force_token(self._step, str(item.data(_ROLE)))

    @Slot()
    def _force_typed(self) -> None:
        if self._step is None:
            return
        typed = self.token.text().strip()
        item = self.likely.currentItem()
        if typed:
            whole = not (self.goes_on.isVisibleTo(self.target) and self.goes_on.isChecked())
            self.session.alignments.force_word(self._step, typed, whole=whole)
        elif item is not None:
            self._force_item(item)

    @Slot(int)
    def _slide(self, value: int) -> None:
        self._set_weight(value / 1000)

    @Slot(object)
    def _type_weight(self, value: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round(1000 * value))
        self.slider.blockSignals(False)

    @Slot()
    def _show_refusal(self) -> None:
        self.set_weight.setEnabled(not self.number.problem)

    @Slot()
    def _force_weight(self) -> None:
        self._set_cell(self.number.value())

    @Slot()
    def _erase(self) -> None:
        self._set_cell(0.0)

    def _set_cell(self, value: float) -> None:
        pinned = self._cell
        if pinned is not None and pinned.row is not None and pinned.column is not None:
            self.session.alignments.force_weight(pinned.row, pinned.column, value)

    @Slot()
    def _replace(self) -> None:
        if self._place is not None:
            self.session.alignments.replace_word(self._place, self.word.text())

    @Slot()
    def _search(self) -> None:
        self.session.alignments.search(
            temperature=self.temperature.value(),
            beam=self.beam.value(),
            length_penalty=self.length.value(),
            coverage_penalty=self.covering.value(),
        )


def _word(token: str) -> str:
    """A token as a part of a sentence: without the mark that opens a word."""
    return shown_token(word_of([token]))


def _title(text: str) -> QLabel:
    label = Label(text)
    label.setProperty("role", "title")
    label.setWordWrap(True)
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 0 if place else 1)
    return row


def _stacked(holder: QWidget, *parts: QWidget | QHBoxLayout) -> QWidget:
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 8, 0, 0)
    column.setSpacing(6)
    for part in parts:
        if isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    return holder
