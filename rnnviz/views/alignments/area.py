"""The middle of the Alignments workspace: the sentence, the tools, and one answer or two."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from rnnviz.core.alignments.trust import EFFECTS
from rnnviz.core.alignments.words.tokens import has_pieces
from rnnviz.core.colours.weight_colours import WHOLE
from rnnviz.session.alignments.alignments import Mark
from rnnviz.session.alignments.questions import TRANSLATOR, Answer
from rnnviz.session.session import Session
from rnnviz.session.shared.opening import OPEN
from rnnviz.views.alignments.drawing.table_painter import Place
from rnnviz.views.alignments.pane import Pane, growing_sentence
from rnnviz.views.alignments.saving import ask_where, saving
from rnnviz.views.alignments.sentence_bar import SentenceBar
from rnnviz.views.alignments.tools import Tools
from rnnviz.views.dialogs.number_dialog import NumberDialog
from rnnviz.views.shared.controls.number_field import NumberField
from rnnviz.views.shared.panel import FRAME_MS
from rnnviz.views.shared.question_boxes import open_dialog
from rnnviz.views.shared.saving import save_and_tell
from rnnviz.views.shared.words.plain_text import Label

_WELCOME = (
    "Open a translation model from the library, or drop its file on the window.\n"
    "Then type a sentence: its translation appears word by word, with where each word looked."
)


_PLAY_MS = 1400
"""A word, while they are written by themselves."""


class AlignmentArea(QWidget):
    """Shows the session's answers and tells the session what was pointed at and asked.

    Signals:
        message(str): something for the status bar.
        failed(str): what a person must read.
    """

    message = Signal(str)
    failed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self._session = session
        self._first_due = False
        """Whether the first model is to be opened as soon as nothing else is."""
        self._alignments = session.alignments
        self.bar = SentenceBar()
        self.tools = Tools()
        self._presented = False
        self.main = Pane("Alignment")
        self.side = Pane("Alignment beside it")
        self.side.hide()
        self._welcome = Label(_WELCOME)
        self._welcome.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._welcome.setProperty("role", "muted")
        self._welcome.setWordWrap(True)
        self._timer = self._frame_timer(self._show_mark)
        self._growing_timer = self._frame_timer(self.show_growing)
        self._playing = QTimer(self)
        self._playing.setInterval(_PLAY_MS)
        self._playing.timeout.connect(self._play_on)
        self._build()
        self._connect()
        self.show_model()
        self.show_answer()

    def _frame_timer(self, draw: Callable[[], None]) -> QTimer:
        """A timer that draws in the next frame, however often it is started until then."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(FRAME_MS)
        timer.timeout.connect(draw)
        return timer

    def _build(self) -> None:
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.main)
        self.split.addWidget(self.side)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._welcome)
        self._pages.addWidget(self.split)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.tools)
        column.addWidget(self._pages, 1)

    def set_presented(self, presented: bool) -> None:
        """Leave out the sentence and the tools, for the last row, or bring them back."""
        self._presented = presented
        self.bar.setVisible(not presented)
        self.tools.setVisible(not presented and self._alignments.current is not None)

    def _connect(self) -> None:
        alignments, tools = self._alignments, self.tools
        alignments.model_changed.connect(self.show_model)
        alignments.answer_changed.connect(self.show_answer)
        alignments.view_changed.connect(self.show_view)
        alignments.gold.changed.connect(self.show_gold)
        alignments.grew.connect(self._request_growing)
        alignments.marked.connect(self._request_mark)
        alignments.refused.connect(self._refuse)
        self._session.jobs.changed.connect(self._open_first)
        self.bar.sentence_entered.connect(alignments.translate)
        self.bar.pair_entered.connect(alignments.align)
        self.bar.left.connect(self.main.take_focus)
        tools.map_chosen.connect(alignments.choose_map)
        tools.layer_chosen.connect(alignments.set_layer)
        tools.words_chosen.connect(alignments.set_words)
        tools.share_chosen.connect(alignments.set_share)
        tools.step_chosen.connect(alignments.set_step)
        tools.pictured_chosen.connect(alignments.set_pictured)
        tools.play_requested.connect(self.toggle_play)
        tools.undo_requested.connect(alignments.undo)
        tools.redo_requested.connect(alignments.redo)
        tools.alone_requested.connect(alignments.put_away)
        tools.export_requested.connect(self.export)
        for pane in (self.main, self.side):
            pane.whole_scale_chosen.connect(alignments.set_whole_scale)
        self.main.hovered.connect(self._point)
        self.main.clicked.connect(self._pin)
        self.main.edit_requested.connect(self.ask_weight)
        self.main.erase_requested.connect(self._erase)
        self.side.hovered.connect(self._point_beside)
        self.side.clicked.connect(self._pin_beside)

    # What is shown

    @Slot()
    def show_model(self) -> None:
        """Say what can be typed."""
        model, maps = self._alignments.model, self._alignments.maps
        self.tools.show_maps(*((maps.layers, maps.heads) if maps is not None else (1, 1)))
        if model is None or model.weights_alone:
            self.bar.set_model(("", ""), (), usable=False, weights=model is not None)
            self.bar.show_problem("")
        else:
            self.bar.set_model(
                model.languages,
                model.examples,
                usable=True,
                name=model.name,
                letters=model.reads_letters,
            )
            self.bar.show_problem("")
            if model.notes:
                self.message.emit("; ".join(model.notes))
        self.show_answer()

    @Slot()
    def show_answer(self) -> None:
        """Show the answer, and beside it another one if there is one."""
        alignments, current = self._alignments, self._alignments.current
        self._pages.setCurrentIndex(0 if current is None else 1)
        self._welcome.setVisible(alignments.model is None)
        self.tools.setVisible(current is not None and not self._presented)
        self.show_growing()
        if current is None:
            return
        beside = alignments.beside
        self.bar.set_sentence(current.question.sentence)
        self.tools.show_map(*alignments.map)
        self.bar.set_target(current.question.target)
        self.side.setVisible(beside is not None)
        for pane, answer in ((self.main, current), (self.side, beside)):
            pane.set_alone(beside is None)
            if answer is not None:
                self._show_in(pane, answer)
        if beside is not None:
            half = max(1, self.split.width() // 2)
            self.split.setSizes([half, half])
        self.show_view_only()

    def _show_in(self, pane: Pane, answer: Answer) -> None:
        alignments = self._alignments
        pane.show_answer(
            answer,
            self._layer_in(pane),
            alignments.share,
            words=alignments.joined(answer),
            heading=self._heading(answer),
            against=alignments.beside if pane is self.main else None,
        )

    def _layer_in(self, pane: Pane) -> str:
        """The chosen table; beside a table that the other answer has not, its weights."""
        layer = self._alignments.layer
        other = layer in EFFECTS or layer == "difference"
        return "weights" if pane is self.side and other else layer

    def _heading(self, answer: Answer) -> str:
        """What tells two panes apart; the model where there is one."""
        beside = self._alignments.beside
        if beside is None:
            name = answer.model.name
            given = f"{name}, for a translation that is given: {answer.decoded.likelihood}"
            return given if answer.question.target else name
        if answer.model.path != self._alignments.current_model_path or beside.model != answer.model:
            return answer.model.name
        if answer is beside and not answer.question.why:
            return "Before"
        why = answer.question.why
        return f"{why[:1].upper()}{why[1:]}" if why else "As the model says"

    @Slot()
    def show_view(self) -> None:
        """Another table, other lines, another step."""
        if self._alignments.current is None:
            return
        for pane in (self.main, self.side):
            answer = self._answer_in(pane)
            if answer is not None and self._is_stale(pane, answer):
                self._show_in(pane, answer)
            pane.set_share(self._alignments.share)
        self.show_view_only()

    def _answer_in(self, pane: Pane) -> Answer | None:
        return self._alignments.current if pane is self.main else self._alignments.beside

    def _is_stale(self, pane: Pane, answer: Answer) -> bool:
        """Whether a pane shows another table than the chosen one."""
        shown = (pane.answer, pane.shown_layer, pane.shown_words)
        return shown != (answer, self._layer_in(pane), self._alignments.joined(answer))

    def show_view_only(self) -> None:
        """Bring the tools up to date, and how many words are shown."""
        alignments, current = self._alignments, self._alignments.current
        assert current is not None
        decoded = current.decoded
        self.tools.show_view(
            alignments.layer,
            alignments.share,
            words=alignments.words,
            pieces=has_pieces(decoded.source) or has_pieces(decoded.target),
        )
        steps, counted = len(decoded.target), None
        if alignments.joined(current):
            at = steps if alignments.step is None else alignments.step
            begun, every = (current.rows_written(seen, words=True) for seen in (at, steps))
            counted = (begun, every)
        self.tools.show_steps(alignments.step, steps, counted)
        self.tools.show_pictured(alignments.pictured)
        if alignments.step is None or alignments.step >= len(decoded.target):
            self.set_playing(False)
        self.tools.show_history(
            undo=alignments.can_undo,
            redo=alignments.can_redo,
            beside=alignments.beside is not None,
            shown=True,
        )
        for pane in (self.main, self.side):
            pane.set_step(alignments.step, pictured=alignments.pictured)
        self._share_scale()
        self.show_gold()
        self._show_mark()

    def _share_scale(self) -> None:
        """Colour the weights of both panes alike, so that they can be compared."""
        panes = (self.main, self.side)
        shown = [pane for pane in panes if self._answer_in(pane) is not None]
        scales = [pane.own_scale for pane in shown if pane.own_scale is not None]
        found = max(scales, key=attrgetter("high"), default=WHOLE)
        whole = self._alignments.whole_scale
        for pane in shown:
            pane.set_weights_scale(WHOLE if whole else found, None if found == WHOLE else whole)

    @Slot()
    def show_gold(self) -> None:
        """Frame the cells of gold links, a broken frame for those that are only possible."""
        answer, shown = self._alignments.current, self.main.alignment
        if answer is not None and shown is not None:
            self.main.set_outlines(self._alignments.gold.framed(answer, shown))
        else:
            self.main.set_outlines({})

    @Slot()
    def show_growing(self) -> None:
        """Show the words so far of a translation under way."""
        self._growing_timer.stop()
        alignments = self._alignments
        words = growing_sentence(alignments.growing) if alignments.busy else None
        first = alignments.current is None
        self.bar.show_growing(words if first else None)
        self.main.show_growing(None if first else words)
        if words is not None:
            self.bar.show_problem("")

    @Slot()
    def _request_growing(self) -> None:
        if not self._growing_timer.isActive():
            self._growing_timer.start()

    @Slot(str)
    def _refuse(self, why: str) -> None:
        self.bar.show_problem(why)

    def showEvent(self, event: QShowEvent) -> None:
        """Now entered: open the first translation model that ships, if none is open."""
        super().showEvent(event)
        self._first_due = True
        self._open_first()

    @Slot()
    def _open_first(self) -> None:
        """Open it once nothing else is being opened: that might be a translation model, too."""
        if not self._first_due or self._session.jobs.busy(OPEN):
            return
        self._first_due = False
        first = self._session.library.first_in("alignments")
        if self._alignments.model is None and first:
            self._session.opening.open_beside(first.path, "alignments", TRANSLATOR)

    # Stepping

    @Slot()
    def toggle_play(self) -> None:
        """Write the translation word for word, from here on or from the beginning; or stop."""
        alignments = self._alignments
        if alignments.current is None:
            return
        playing = not self._playing.isActive()
        if playing and (
            alignments.step is None or alignments.step >= len(alignments.current.decoded.target)
        ):
            alignments.set_step(0)
        self.set_playing(playing)

    def set_playing(self, playing: bool) -> None:
        """Go on by itself, or rest."""
        if playing != self._playing.isActive():
            (self._playing.start if playing else self._playing.stop)()
        self.tools.show_playing(playing)

    @Slot()
    def _play_on(self) -> None:
        if not self.isVisible() or self._alignments.step is None:
            self.set_playing(False)
            return
        self.tools.step_on()

    # Marks

    @Slot()
    def _request_mark(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _show_mark(self) -> None:
        self._timer.stop()
        alignments = self._alignments
        mark, pinned = alignments.mark, alignments.pinned is not None
        self.main.set_mark(mark, pinned=pinned)
        beside = alignments.beside
        if beside is not None and alignments.current is not None:
            same = beside.decoded.source == alignments.current.decoded.source
            of_words = self.side.layer is None or self.side.layer.of_words
            column = mark.column if same and of_words else None
            row = self._own_row if self._own_row is not None else self._same_row(mark.row)
            self.side.set_mark((row, column), pinned=pinned)

    def _same_row(self, row: int | None) -> int | None:
        """The row in the pane beside, where both translations are the same up to there."""
        layers = self.main.layer, self.side.layer
        if row is None or any(layer is None or layer.rows_of_source for layer in layers):
            return None
        same = self.main.target[: row + 1] == self.side.target[: row + 1]
        return row if same and row < len(self.side.target) else None

    _own_row: int | None = None
    """The row under the pointer in the pane beside."""

    @Slot(object)
    def _point(self, place: Place) -> None:
        self._own_row = None
        self._alignments.point(Mark(*place))

    @Slot(object)
    def _pin(self, place: Place) -> None:
        self._alignments.pin(Mark(*place))

    @Slot(object)
    def _point_beside(self, place: Place) -> None:
        row, column = place
        self._own_row = row
        self._alignments.point(Mark(None, column))
        self._request_mark()

    @Slot(object)
    def _pin_beside(self, place: Place) -> None:
        self._alignments.pin(Mark(None, place[1]))

    # What the person asks

    @Slot(int, int)
    def ask_weight(self, row: int, column: int) -> None:
        """Ask for another weight in a cell, and decode again from there."""
        cell = self._alignments.pieces_at(row, column)
        layer = self.main.layer
        if cell is None or layer is None or not layer.of_words:
            self.message.emit("Weights can be changed in the table of weights.")
            return
        now = float(self.main.alignment.weights[row, column]) if self.main.alignment else 0.0
        names = f"{layer.row_names[row]} ← {layer.column_names[column]}"
        field = NumberField("Weight from 0 to 1", 0.0, 1.0, step=0.05)
        field.set_value(round(now, 4))
        words = f"{names}\nWeight from 0 to 1; the others share the rest."
        dialog = NumberDialog("Force a weight", words, field, self)

        def chosen() -> None:
            self._alignments.force_weight(row, column, dialog.number)

        open_dialog(dialog, chosen, self.failed.emit)

    @Slot(int, int)
    def _erase(self, row: int, column: int) -> None:
        if self.main.layer is not None and self.main.layer.of_words:
            self._alignments.force_weight(row, column, 0.0)

    @Slot()
    def export(self) -> None:
        """Ask where the alignment goes, and write it."""
        chosen = ask_where(self)
        if chosen is None:
            return
        path, look = chosen
        shown = self._alignments
        save_and_tell(path, saving(path, self.main, shown.share, look, shown.step), self)

    @Slot()
    def focus_sentence(self) -> None:
        """Put the cursor into the line."""
        self.bar.line.setFocus()
        self.bar.line.selectAll()
