"""One answer: the translation, its lines, its table, and the exact numbers of what is marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.decoded import LAYERS
from rnnviz.core.alignments.difference import Difference
from rnnviz.core.alignments.health import health_of
from rnnviz.core.alignments.trust import EFFECTS, in_few_words, in_words
from rnnviz.core.alignments.words.tokens import is_mark, sentence_of, shown_token
from rnnviz.core.colours.colour import Scale
from rnnviz.core.colours.weight_colours import WHOLE, weights_scale
from rnnviz.core.errors import AlignmentError
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.session.alignments.questions import Answer
from rnnviz.views.alignments.drawing.lines_view import LinesView
from rnnviz.views.alignments.drawing.step_view import StepView
from rnnviz.views.alignments.drawing.table_painter import NOWHERE, Outlines, Place
from rnnviz.views.alignments.drawing.table_view import TableView
from rnnviz.views.alignments.drawn_tables import (
    Layer,
    difference_of,
    layer_of,
    place_of_token,
    so_far,
    weights_of,
    weights_so_far,
    words_of,
)
from rnnviz.views.shared.controls.colour_bar import ColourBar
from rnnviz.views.shared.words.directions import direction_of
from rnnviz.views.shared.words.elided_label import ElidedLabel
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.views.shared.words.speaking import speak

_NAMED = 6
_WIDE = 820
"""Pixels from which on the picture of a step stands beside the table."""
_LOW = 520
"""Pixels under which a step takes the room of the titles, too."""
_MOST_SHOWN = 180
"""Characters of a translation over its table; all of it is in the table and in every export."""
_ANY_SIZE = (1 << 24) - 1
"""What Qt takes for no limit."""
_GROWING_TOKENS = 40
"""Of a translation under way the last ones are shown: it must not push the table down."""
_NO_ATTENTION = (
    "This model has no attention: it translates from one vector, the last state of the encoder, "
    "and says nothing about where it looks. Its encoder and decoder states can be seen as layers."
)


class Pane(QWidget):
    """Shows one answer; knows no session.

    Signals:
        hovered(Place), clicked(Place): a place in the table or a word, (row, column).
        whole_scale_chosen(bool): colour weights from 0 to 1 even where all are small.
        edit_requested(row, column), erase_requested(row, column): change a weight.
    """

    hovered = Signal(object)
    clicked = Signal(object)
    whole_scale_chosen = Signal(bool)
    edit_requested = Signal(int, int)
    erase_requested = Signal(int, int)

    change: Difference | None = None
    """What differs from the alignment beside it."""
    _whole: Layer | None = None
    """The table with all of its words whole."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.answer: Answer | None = None
        self.layer: Layer | None = None
        self.alignment: Alignment | None = None
        self.own_scale: Scale | None = None
        """The colours that suit the weights; None without attention."""
        self.shown_layer, self.shown_words = "", False
        self.target: tuple[str, ...] = ()
        """The words of the translation, as they are shown."""
        self.mark: Place = NOWHERE
        self._alone = True
        self.heading = Label()
        self.heading.setProperty("role", "muted")
        self.text = Label()
        self.text.setProperty("role", "title")
        self.alarm = Label()
        self.alarm.setProperty("role", "warning")
        self.alarm.setAccessibleName(f"{name}: warning")
        self.alarm.hide()
        for label in (self.heading, self.text, self.alarm):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.lines = LinesView(f"{name}: weights as lines between the sentences")
        self.table = TableView(f"{name}: table of target against source")
        self.missing = Label(_NO_ATTENTION)
        self.missing.setWordWrap(True)
        self.missing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.missing.setProperty("role", "muted")
        self.missing.setMargin(32)
        self.readout = ElidedLabel(" ")
        self.readout.setAccessibleName(f"{name}: exact numbers")
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setMinimumWidth(1)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.legend = ColourBar()
        self.legend.setFixedSize(130, 36)
        self.small = Label()
        self.small.setProperty("role", "muted")
        self.whole = QToolButton()
        self.whole.setText("0 to 1")
        self.whole.setCheckable(True)
        self.whole.setToolTip("Colour weights from 0 to 1, even where all of them are small")
        self.whole.clicked.connect(self.whole_scale_chosen)
        self._build()
        for view in (self.lines, self.table):
            view.hovered.connect(self.hovered)
            view.clicked.connect(self.clicked)
        for bar in (self.table.horizontalScrollBar(), self.table.verticalScrollBar()):
            bar.valueChanged.connect(self._scroll_lines)
        self.table.edit_requested.connect(self.edit_requested)
        self.table.erase_requested.connect(self.erase_requested)

    @Slot()
    def take_focus(self) -> None:
        """Give the keys to the table, or to what stands in its place."""
        shown = (self.table, self.missing, self.lines)
        next((view for view in shown if view.isVisible()), self.table).setFocus()

    def _build(self) -> None:
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.missing)
        # Keys that step have to come from somewhere, also where no table is.
        self.missing.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.lines)
        self.split.addWidget(self._pages)
        self.split.setStretchFactor(0, 0)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([140, 480])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(2)
        self._titles = QBoxLayout(QBoxLayout.Direction.RightToLeft)
        self._titles.setSpacing(12)
        self._titles.setContentsMargins(16, 0, 16, 0)
        self._titles.addWidget(self.heading)
        self._titles.addWidget(self.text, 1)
        column.addLayout(self._titles)
        said = QHBoxLayout()
        said.setContentsMargins(16, 0, 16, 0)
        said.addWidget(self.alarm)
        column.addLayout(said)
        self.picture = StepView(f"{self.accessibleName()}: the decoder at this step")
        self.picture.hide()
        self.picture.hovered.connect(self._hover_place)
        self.picture.clicked.connect(self._click_place)
        self.picture.explained.connect(self._explain)
        self.beside = QSplitter(Qt.Orientation.Horizontal)
        self.beside.setChildrenCollapsible(False)
        self.beside.addWidget(self.picture)
        self.beside.addWidget(self.split)
        column.addWidget(self.beside, 1)
        scale = QHBoxLayout()
        scale.addStretch(1)
        for widget in (self.small, self.whole, self.legend):
            scale.addWidget(widget)
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._foot.setContentsMargins(16, 4, 16, 4)
        self._foot.setSpacing(4)
        self._foot.addWidget(self.readout, 1)
        self._foot.addLayout(scale)
        column.addLayout(self._foot)

    @Slot()
    def _scroll_lines(self) -> None:
        """The lines show the words that the table is scrolled to."""
        across, down = self.table.horizontalScrollBar(), self.table.verticalScrollBar()
        bar = across if across.maximum() else down
        if bar.maximum():
            self.lines.scroll_to_share(bar.value() / bar.maximum())

    # What is shown

    def show_answer(
        self,
        answer: Answer,
        layer: str,
        share: float,
        *,
        words: bool,
        heading: str,
        against: Answer | None = None,
    ) -> None:
        """Show an answer through one of its tables.

        Args:
            against: the answer beside it; changed words are marked, and `difference` is from it.
        """
        self.answer, self.shown_layer, self.shown_words = answer, layer, words
        decoded = answer.decoded
        self.target = words_of(decoded.target, words=words)
        self.heading.setText(heading)
        self._arrange_titles()
        self._show_text(answer)
        self.alignment = weights_of(decoded, words=words) if decoded.has_attention else None
        self.own_scale = None if self.alignment is None else weights_scale(self.alignment.weights)
        alarm = health_of(self.alignment).alarm if self.alignment is not None else ""
        unknown = self._unknown(answer)
        notes = answer.model.notes if answer.model.weights_alone else ()
        alarm = " ".join(said for said in (alarm, unknown_words(answer), *notes) if said)
        self.alarm.setText(alarm)
        self.alarm.setVisible(bool(alarm))
        self.lines.setVisible(self.alignment is not None)
        if self.alignment is not None:
            self.lines.set_alignment(self.alignment, share, unknown)
        self.change = self._change_from(against)
        if self.change is not None and heading:
            self.heading.setText(f"{heading}. {self.change.words}")
        try:
            self.layer = self._layer_of(layer, against)
        except AlignmentError as error:
            self.layer = None
            attends = decoded.has_attention or layer in EFFECTS
            self.missing.setText(_sentence(error) if attends else _NO_ATTENTION)
        self._whole = self.layer
        self._pages.setCurrentIndex(0 if self.layer is not None else 1)
        self._make_room()
        self.small.hide()
        if self.layer is not None:
            self._show_scale()
            self.table.setAccessibleName(f"{self.accessibleName()}: {LAYERS[layer]}")
            drawn = self.layer
            self.table.set_forced(self._forced(answer) if drawn.of_words else frozenset())
            self.table.set_changed(
                (self.change.new_rows, self.change.changed)
                if self.change is not None and drawn.of_words
                else (frozenset(), frozenset())
            )
            self.table.set_table(
                drawn.values,
                drawn.row_names,
                drawn.column_names,
                drawn.scale,
                unknown if drawn.of_words else frozenset(),
            )
        self.set_mark(NOWHERE)

    def _change_from(self, against: Answer | None) -> Difference | None:
        """What differs from the alignment beside it, where both have one."""
        if against is None or self.alignment is None or not against.decoded.has_attention:
            return None
        try:
            old = weights_of(against.decoded, words=self.shown_words)
        except AlignmentError:
            return None
        return difference_of(self.alignment, old)[1]

    def _layer_of(self, layer: str, against: Answer | None) -> Layer:
        assert self.answer is not None
        decoded = self.answer.decoded
        if layer != "difference":
            return layer_of(decoded, layer, words=self.shown_words)
        if against is None or self.alignment is None or not against.decoded.has_attention:
            raise AlignmentError(
                "there is no alignment beside this one; change something in What if, or compare "
                "with another model"
            )
        return difference_of(self.alignment, weights_of(against.decoded, words=self.shown_words))[0]

    def _unknown(self, answer: Answer) -> frozenset[int]:
        """The columns on the screen whose words the model does not know."""
        columns = place_of_token(answer.decoded.source, words=self.shown_words)
        return frozenset(columns[at] for at in answer.decoded.unknown if at < len(columns))

    def _forced(self, answer: Answer) -> frozenset[tuple[int, int]]:
        """The cells whose weights were forced, as they are on the screen."""
        rows = place_of_token(answer.decoded.target, words=self.shown_words)
        columns = place_of_token(answer.decoded.source, words=self.shown_words)
        return frozenset(
            (rows[step], columns[place])
            for step, place in answer.question.weights
            if step < len(rows) and place < len(columns)
        )

    def show_growing(self, words: str | None) -> None:
        """Show the words so far of the next translation in place of this one; None ends it."""
        if words is None and self.answer is not None:
            self._show_text(self.answer)
        elif words is not None:
            # The table below is still that of the answer before, and stays where it is: of a
            # fixed size, the words lay nothing out anew, some hundred times a long translation.
            self.text.setFixedSize(self.text.size())
            self.text.setText(self._end_of(words))

    def _end_of(self, words: str) -> str:
        """As many of the last words of a translation under way as there is room for."""
        before, shown, room = "Translating: ", words, self.text.contentsRect()
        wrap = Qt.TextFlag.TextWordWrap
        while self.text.fontMetrics().boundingRect(
            room, wrap, before + shown
        ).height() > room.height() and " " in shown.removeprefix("… "):
            shown = "… " + shown.removeprefix("… ").partition(" ")[2]
        return before + shown

    def _show_text(self, answer: Answer) -> None:
        self.text.setMinimumSize(0, 0)
        self.text.setMaximumSize(_ANY_SIZE, _ANY_SIZE)
        whole, title = shown_sentence(answer.decoded.text), title_of(answer)
        self.text.setLayoutDirection(direction_of(title))
        self.text.setText(title)
        self.text.setToolTip(plain_tip(whole if whole != title else ""))

    def set_share(self, share: float) -> None:
        """Draw the heaviest lines that make this share of all weight."""
        self.lines.set_share(share)

    def set_step(self, step: int | None, *, pictured: bool) -> None:
        """Show only the first tokens of the translation, and how the last of them was found."""
        answer = self.answer
        if answer is None:
            return
        words = self.shown_words
        rows = None if step is None else answer.rows_written(step, words=words)
        whole = self.layer is not None and not self.layer.rows_of_source
        self._show_words_so_far(step)
        self.table.set_shown_rows(rows if whole else None)
        self.lines.set_shown_rows(rows)
        shown = pictured and step is not None
        self.lines.setVisible(self.alignment is not None and not shown)
        if shown and step is not None:
            self.picture.show_step(answer.steps, step)
        if shown == self.picture.isHidden():
            self.picture.setVisible(shown)
            self._share_room()

    def _show_words_so_far(self, step: int | None) -> None:
        """Of a word under way the lines and the table have the pieces that are written."""
        if self.answer is None or not self.shown_words:
            return
        if self.alignment is not None:
            self.lines.set_so_far(weights_so_far(self.alignment, self.answer.decoded, step))
        if self._whole is None or self.layer is None or self.shown_layer == "difference":
            return
        found = so_far(self._whole, self.answer.decoded, self.shown_layer, step)
        if found.row_names != self.layer.row_names:
            self.layer = replace(found, scale=self.layer.scale)
            self.table.set_rows(found.values, found.row_names)

    def _share_room(self) -> None:
        """The picture beside the table; over it where that is too narrow."""
        self._make_room()
        low = self.width() < _WIDE
        self.beside.setOrientation(Qt.Orientation.Vertical if low else Qt.Orientation.Horizontal)
        whole = self.beside.height() if low else self.beside.width()
        part = int(whole * ((0.63 if self.height() < _LOW else 0.7) if low else 0.64))
        self.beside.setSizes([part, max(1, whole - part)])

    def _make_room(self) -> None:
        """In a small window a step has the room of the titles and of the colours' scale.

        The picture itself says which word is written, and writes a number beside every colour.
        """
        small = self.width() < _WIDE and self.height() < _LOW
        brief = small and not self.picture.isHidden()
        self.legend.setVisible(self.layer is not None and not brief)
        self.text.setVisible(not brief)
        self.heading.setVisible(bool(self.heading.text()) and not brief)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture stands beside the table, or over it."""
        super().resizeEvent(event)
        low = self.width() < _WIDE
        before = event.oldSize().height() < _LOW
        turned = low != (self.beside.orientation() == Qt.Orientation.Vertical)
        if turned or before != (self.height() < _LOW):
            self._share_room()

    def _column_of(self, place: int | None) -> int | None:
        """Where a token of the source is on the screen."""
        if place is None or self.answer is None:
            return None
        columns = place_of_token(self.answer.decoded.source, words=self.shown_words)
        return columns[place] if place < len(columns) else None

    @Slot(object)
    def _hover_place(self, place: int | None) -> None:
        self.hovered.emit((None, self._column_of(place)))

    @Slot(object)
    def _click_place(self, place: int | None) -> None:
        self.clicked.emit((None, self._column_of(place)))

    @Slot(str)
    def _explain(self, formula: str) -> None:
        self._read_out(formula or self._readout_text(self.mark))

    def _read_out(self, told: str) -> None:
        """Say this, or how far the attention agrees: in short where there is no room for more."""
        agreement = "" if told else self._agreement()
        self.readout.set_texts(told or agreement or " ", self._agreement_in_short(agreement))

    def set_alone(self, alone: bool) -> None:
        """Alone, things stand beside each other that in a narrow half stand in two rows."""
        way = QBoxLayout.Direction
        self._foot.setDirection(way.LeftToRight if alone else way.TopToBottom)
        self._alone = alone
        self._arrange_titles()

    def _arrange_titles(self) -> None:
        """One row for a short heading; one with a probability would make the window wider."""
        way = QBoxLayout.Direction
        beside = self._alone and not (self.answer is not None and self.answer.question.target)
        self._titles.setDirection(way.RightToLeft if beside else way.TopToBottom)
        self.heading.setWordWrap(not beside)

    def set_weights_scale(self, scale: Scale, whole: bool | None) -> None:
        """Colour weights by this scale, in both views.

        Args:
            scale: the same for all panes, so that they can be compared.
            whole: whether 0 to 1 was chosen; None where there is nothing to choose.
        """
        self.lines.set_scale(scale)
        self.whole.setVisible(whole is not None)
        self.whole.setChecked(bool(whole))
        if self.layer is not None and self.layer.of_weights:
            self.layer = replace(self.layer, scale=scale)
            self.table.set_scale(scale)
            self._show_scale()

    def _show_scale(self) -> None:
        assert self.layer is not None
        scale = self.layer.scale
        self.legend.show_scale(scale)
        small = self.layer.of_weights and scale != WHOLE
        self.small.setText(f"full colour: {scale.high:g} and more" if small else "")
        self.small.setVisible(small)

    def set_outlines(self, outlines: Outlines) -> None:
        """Frame the cells of gold links."""
        self.table.set_outlines(outlines if self.layer and self.layer.of_words else {})

    def set_mark(self, mark: Place, *, pinned: bool = False) -> None:
        """Light up a target word, a source word or both, in both views, with the exact numbers."""
        self.mark = mark
        self.lines.set_mark(mark if self.layer is None or self.layer.of_words else self._row(mark))
        self.table.set_mark(mark, pinned=pinned)
        self._mark_place(mark)
        told = self._readout_text(mark) or self._agreement()
        for view in (self.table, self.lines):
            speak(view, told)
        if not self.picture.underMouse() or self.picture.isHidden():
            self._read_out(self._readout_text(mark))
        # What is under the pointer rests; the other view follows.
        if not self.lines.underMouse():
            self.lines.reveal(self.lines.mark)
        if not self.table.viewport().underMouse() and (pinned or self.lines.underMouse()):
            self.table.reveal(*mark)

    def _mark_place(self, mark: Place) -> None:
        """Let the first token of the marked source word stand out in the picture."""
        column = mark[1]
        if self.answer is None or column is None or not (self.layer and self.layer.of_words):
            self.picture.set_mark(None)
            return
        _, columns = self.answer.groups(words=self.shown_words)
        self.picture.set_mark(columns[column][0] if column < len(columns) else None)

    def _row(self, mark: Place) -> Place:
        """What the lines can show of a mark in a table of units."""
        assert self.layer is not None
        return (None, mark[0]) if self.layer.rows_of_source else (mark[0], None)

    # Words

    def _readout_text(self, mark: Place) -> str:
        row, column = mark
        if self.layer is None:
            return ""
        rows, columns = self.layer.values.shape
        if (row or 0) >= rows or (column or 0) >= columns:
            return ""
        if row is not None and column is not None:
            where = f"{self.layer.row_names[row]} ← {self.layer.column_names[column]}"
            if not self.layer.of_words:
                where = f"{self.layer.row_names[row]}, unit {self.layer.column_names[column]}"
            more = self._likely(row) + self._effects_at(row, column)
            return f"{where}   {self.layer.cell(row, column)}{more}"
        if row is not None:
            return self._heaviest(self.layer.values[row], self.layer.row_names[row], of_row=True)
        if column is not None:
            values = self.layer.values[:, column]
            name = self.layer.column_names[column]
            name = name if self.layer.of_words else f"unit {name}"
            return self._heaviest(values, name, of_row=False)
        return ""

    def _heaviest(self, values: np.ndarray, name: str, *, of_row: bool) -> str:
        assert self.layer is not None
        names = self.layer.column_names if of_row else self.layer.row_names
        if of_row and not self.layer.of_words:
            names = tuple(f"unit {name}:" for name in names)
        # Of weights and scores the highest; of numbers about zero those that are farthest from it.
        highest = self.layer.of_weights or self.layer.quantity == "score"
        size = np.nan_to_num(values if highest else np.abs(values), nan=-np.inf)
        order = np.argsort(-size, kind="stable")[:_NAMED]
        listed = "   ".join(f"{names[place]} {two_decimals(values[place])}" for place in order)
        return f"{name}:   {listed}"

    def _agreement(self) -> str:
        """How far the weights agree with the effects that are shown; nothing for other tables."""
        answer = self.answer
        if answer is None or self.shown_layer not in EFFECTS or self.layer is None:
            return ""
        try:
            return in_words(answer.decoded.effects_agree())
        except AlignmentError:
            return ""

    def _agreement_in_short(self, agreement: str) -> str:
        """The same for the effect that is shown alone."""
        if not agreement or self.answer is None:
            return ""
        tau = self.answer.decoded.effects_agree().get(self.shown_layer, math.nan)
        return in_few_words(tau)

    def _effects_at(self, row: int, column: int) -> str:
        """What the weight does, beside it, where it was measured."""
        assert self.answer is not None and self.layer is not None
        if not (self.layer.of_words and self.answer.decoded.measured):
            return ""
        said = []
        for name, title in EFFECTS.items():
            if name == self.shown_layer:
                continue
            try:
                table = layer_of(self.answer.decoded, name, words=self.shown_words).values
            except AlignmentError:
                continue
            said.append(f"{title.lower()} {two_decimals(table[row, column], sign=True)}")
        weight = ""
        if self.alignment is not None and not self.layer.of_weights:
            weight = f"   weight {self.alignment.weights[row, column]:.2f}"
        return f"{weight}   {'   '.join(said)}"

    def _likely(self, row: int) -> str:
        """How likely the token of a row was, where rows are tokens."""
        assert self.answer is not None and self.layer is not None
        log_p = self.answer.decoded.log_p
        if self.layer.rows_of_source or len(self.target) != len(log_p):
            return ""
        return f"   p of {self.layer.row_names[row]} {math.exp(log_p[row]):.2f}"


def shown_sentence(text: str) -> str:
    """A translation as one line in which nothing is hidden.

    >>> shown_sentence("the  <unk> cat </s>")
    'the <unk> cat'
    """
    return " ".join(shown_token(word) for word in text.split(" ") if word and not is_mark(word))


def two_decimals(value: float, *, sign: bool = False) -> str:
    """A number with two decimals and a real minus; what rounds to zero has none.

    >>> two_decimals(-0.125), two_decimals(-0.001), two_decimals(0.5, sign=True)
    ('−0.12', '0.00', '+0.50')
    """
    rounded = round(float(value), 2) + 0.0
    return shown_number(rounded, "+.2f" if sign else ".2f")


def title_of(answer: Answer) -> str:
    """The translation, or the beginning of a long one."""
    shown = shown_sentence(answer.decoded.text)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"


def unknown_words(answer: Answer) -> str:
    """Which source words the model does not know, as a sentence; empty if it knows all."""
    decoded = answer.decoded
    if not decoded.unknown:
        return ""
    columns = place_of_token(decoded.source, words=True)
    words = words_of(decoded.source, words=True)
    places = dict.fromkeys(columns[at] for at in decoded.unknown if at < len(columns))
    # Isolated, so that words from right to left stay in their order.
    names = [f"\u2068“{shown_token(words[place])}”\u2069" for place in list(places)[:_NAMED]]
    named = ", ".join(names)
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return f"Not in the vocabulary, read as <unk>: {named}{more}."


def growing_sentence(tokens: Sequence[str]) -> str:
    """The end of a translation under way, with a cursor.

    >>> growing_sentence(("▁the", "▁cat"))
    'the cat ▍'
    """
    shown = shown_sentence(sentence_of(tuple(tokens)[-_GROWING_TOKENS:]))
    before = "… " if len(tokens) > _GROWING_TOKENS else ""
    return f"{before}{shown} ▍" if shown else "▍"


def _sentence(error: AlignmentError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] + "."
