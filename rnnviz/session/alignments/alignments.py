"""The open translation model, the sentence, what was made of it, and what was asked about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from rnnviz.core.alignments.decoded import LAYERS, Decoded, branch
from rnnviz.core.alignments.trust import EFFECTS
from rnnviz.core.alignments.words.tokens import Group, begun, sentence_of, word_of
from rnnviz.core.models.translation import TranslatorTold
from rnnviz.session.alignments.gold_links import GoldLinks
from rnnviz.session.alignments.questions import (
    ANSWER,
    TRANSLATOR,
    Answer,
    Question,
    Translator,
    replaced,
)
from rnnviz.session.alignments.tables import AlignmentTables
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.scratch import Scratch
from rnnviz.work.jobs.alignments import EffectsMeasured, MeasureEffects, TokensSoFar, Translated
from rnnviz.work.jobs.models import ModelOpened
from rnnviz.work.messages import Failure

if TYPE_CHECKING:
    from rnnviz.core.alignments.files.attention_file import AttentionMaps

_TRANSLATE, _BESIDE = "translate", "translate beside"


_NO_MODEL = (
    "This file holds weights and no model, so nothing can be asked of it; open a translation model."
)


class Mark(NamedTuple):
    """A target place, a source place, or both: what lights up in every view."""

    row: int | None = None
    column: int | None = None


class Alignments(QObject):
    """Asks the engine to translate, and keeps every answer so that a step can be taken back.

    Signals:
        model_changed: `model`.
        answer_changed: `current` or `beside` is another one.
        grew: `growing` holds more words of a translation under way.
        marked: `mark` is another one.
        view_changed: `layer`, `words`, `share` or `step` is another one.
        refused(str): why nothing was translated; for people.
    """

    model_changed = Signal()
    answer_changed = Signal()
    grew = Signal()
    marked = Signal()
    view_changed = Signal()
    refused = Signal(str)

    def __init__(self, jobs: Jobs, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.scratch = Scratch(cache, "alignments")
        self.model: Translator | None = None
        self.question = Question("")
        self.beside: Answer | None = None
        self.growing: tuple[str, ...] = ()
        self.pinned: Mark | None = None
        self._pointed = Mark()
        self._answers: list[Answer] = []
        self._place = -1
        self.maps: AttentionMaps | None = None
        """The attention of a file, if that is what is open."""
        self.map: tuple[int | None, int | None] = (0, 0)
        """Its layer and its head on the screen, from 0; None is the mean of all."""
        self.layer = "weights"
        self.words = True
        """Whether pieces of words are joined."""
        self.share = 1.0
        """Of all weight, how much the lines between the sentences make."""
        self.whole_scale = False
        """Whether weights are coloured from 0 to 1 even where all of them are small."""
        self.gold = GoldLinks(self)
        self.tables = AlignmentTables(self, jobs)
        self.begin_with: tuple[str, str] | None = None
        """The path of a model that is being opened, and the sentence that it translates first."""
        self.step: int | None = None
        """How many target tokens are written, while they are stepped through; None shows all."""
        self.pictured = True
        """Whether each step is shown as the lecture draws it."""

    # The model

    def take_model(self, opened: ModelOpened) -> None:
        """Take the model that the engine has just opened, and translate its first example."""
        self.model = Translator.of(opened)
        self._forget()
        self._jobs.now(TRANSLATOR, self.model.path, self.model.digest)
        self.model_changed.emit()
        self.answer_changed.emit()
        wanted, self.begin_with = self.begin_with, None
        if wanted is not None and wanted[0] == self.model.path:
            self.translate(wanted[1])
        elif self.model.examples:
            self.translate(self.model.examples[0])

    def open_attention(self, path: Path) -> None:
        """Show the attention of anybody's model, from a file.

        Raises:
            AlignmentError: it holds none; what was open stays.
        """
        # Here: only who asks waits for it.
        from rnnviz.core.alignments.files.attention_file import read_attention

        maps = read_attention(path)
        self.model = Translator(
            str(path),
            TranslatorTold(name=maps.name, attention="file"),
            notes=maps.notes,
            weights_alone=True,
        )
        self._forget()
        self.maps = maps
        self._jobs.now(TRANSLATOR, str(path), id(maps))
        self.model_changed.emit()
        self.choose_map(0, 0)

    def choose_map(self, layer: int | None, head: int | None) -> None:
        """Of the attention in a file show this layer and head, from 0; None is the mean of all."""
        if (maps := self.maps) is None or self.model is None:
            return
        self.map = (layer, head)
        alignment = maps.alignment(layer, head)
        path = self.scratch.new() / "weights.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, alignment.weights)
        which = maps.title(layer, head)
        name = f"{maps.name}: {which}" if which else maps.name
        decoded = Decoded(
            alignment.source,
            alignment.target,
            (),
            files={"weights": str(path)},
            text=sentence_of(alignment.target),
        )
        told = TranslatorTold(name=name, attention="file")
        model = msgspec.structs.replace(self.model, description=told)
        answer = Answer(Question(sentence_of(alignment.source)), decoded, model)
        step, pinned = self.step, self.pinned
        self._answers, self._place = [answer], 0
        self._show(None)
        self.step, self.pinned = step, pinned
        self.answer_changed.emit()

    def _forget(self) -> None:
        self._answers, self._place, self.beside, self.maps = [], -1, None, None
        self._note_answer()
        self.growing, self.pinned, self._pointed, self.step = (), None, Mark(), None
        self.question = replace(Question(""), beam=self.question.beam)

    def _note_answer(self) -> None:
        """What was asked about another answer than the one on the screen is dropped."""
        self._jobs.now(ANSWER, self._place, id(self.current))

    # Asking

    @property
    def current(self) -> Answer | None:
        """The answer on the screen."""
        return self._answers[self._place] if self._place >= 0 else None

    @property
    def busy(self) -> bool:
        """Whether a translation is under way."""
        return self._jobs.busy(_TRANSLATE)

    def translate(self, sentence: str) -> None:
        """Translate a sentence from its first word, with nothing forced."""
        if self.model is None:
            self.refused.emit("Open a translation model first.")
        elif self.model.weights_alone:
            self.refused.emit(_NO_MODEL)
        elif not sentence.strip():
            self.refused.emit("Type a sentence, then press Enter.")
        else:
            free = Question(sentence, self.question.beam, self.question.temperature)
            penalties = (self.question.length_penalty, self.question.coverage_penalty)
            free = replace(free, length_penalty=penalties[0], coverage_penalty=penalties[1])
            self._ask(free, compared=False)

    def align(self, sentence: str, translation: str) -> None:
        """See where the model looks while it writes a given translation."""
        if self.model is not None and sentence.strip() and translation.strip():
            given = replace(self.question, sentence=sentence, target=translation)
            self._ask(replace(given, why="a given translation"), compared=False)

    def force_token(self, step: int, token: str) -> None:
        """Decode again from a step with this token there."""
        if (answer := self.current) is not None and token:
            self._ask(answer.question.with_token(step, token, answer.decoded))

    def force_word(self, step: int, word: str, *, whole: bool = True) -> None:
        """Decode again from a step with a word that was typed: it begins a word there.

        Args:
            whole: the word ends where it ends; else it may go on, "er" as "error".
        """
        answer = self.current
        if answer is not None and word:
            token = begun(word) if answer.model.writes_pieces else word
            self._ask(answer.question.with_token(step, token, answer.decoded, whole=whole))

    def force_weight(self, row: int, column: int, value: float) -> None:
        """Decode again with this weight, from 0 to 1, in a cell on the screen."""
        answer = self.current
        pieces = self.pieces_at(row, column)
        if answer is not None and pieces is not None and answer.decoded.has_attention:
            value = min(max(value, 0.0), 1.0)
            self._ask(answer.question.with_weight(*pieces, value, answer.decoded))

    def replace_word(self, place: int, word: str) -> None:
        """Translate again with another word at a source place; nothing leaves the place out."""
        answer = self.current
        if answer is None:
            return
        by_character = answer.model.by_character
        sentence = replaced(answer.decoded.source, place, word.strip(), by_character=by_character)
        if not sentence.strip():
            self.refused.emit("Nothing would be left of the sentence.")
            return
        old = word_of(answer.decoded.source[place : place + 1])
        why = f"“{old}” became “{word}”" if word else f"“{old}” left out"
        self._ask(replace(answer.question.with_search(sentence=sentence), why=why))

    def search(self, **settings: Any) -> None:
        """Translate again with another beam, temperature or penalty."""
        changed = {
            name: value for name, value in settings.items() if getattr(self.question, name) != value
        }
        if not changed:
            return
        self.question = replace(self.question, **changed)
        if (answer := self.current) is not None:
            # Those that were changed before may still be on their way: they are asked for again.
            others = {name: getattr(self.question, name) for name in settings.keys() - changed}
            self._ask(answer.question.with_search(**changed, **others))

    def compare(self, path: str, name: str = "", *, attention: bool = True) -> None:
        """Translate the same sentence with another model, and show both side by side."""
        if (answer := self.current) is None:
            self.refused.emit("Translate a sentence first; then compare.")
            return
        kind = "additive" if attention else "none"
        other = Translator(path, TranslatorTold(name=name, attention=kind))
        free = answer.question.with_search(beam=answer.question.beam)
        self._ask_beside(replace(free, why=""), other)

    def choose_branch(self, leaf: int) -> None:
        """Show what the decoder looked at along a branch of the beam's tree, beside the best."""
        if (answer := self.current) is not None:
            tokens = tuple(node.token for node in branch(answer.decoded.tree, leaf))
            self._ask_beside(answer.question.along(tokens), answer.model)

    def put_away(self) -> None:
        """Show one alignment alone."""
        if self.beside is not None:
            self.beside = None
            self.answer_changed.emit()

    def _ask(self, question: Question, *, compared: bool = True) -> None:
        model, before = self.model, self.current
        assert model is not None
        if model.weights_alone:
            self.refused.emit(_NO_MODEL)
            return
        self.question = question.unforced()
        self.growing = question.kept

        def done(found: Translated) -> None:
            self.growing = ()
            del self._answers[self._place + 1 :]
            self._answers.append(Answer(question, found.decoded, model))
            self._place = len(self._answers) - 1
            self._show(before if compared else None)

        self._start(question, model, _TRANSLATE, TRANSLATOR, done, self._grow)
        self.grew.emit()

    def _ask_beside(self, question: Question, model: Translator) -> None:
        if self.maps is not None:
            self.refused.emit(_NO_MODEL)
            return

        def done(found: Translated) -> None:
            self.beside = Answer(question, found.decoded, model)
            self.answer_changed.emit()

        self._start(question, model, _BESIDE, ANSWER, done, lambda _: None)

    def _start(
        self,
        question: Question,
        model: Translator,
        asked: str,
        of: Subject,
        done: Callable[[Translated], None],
        progress: Callable[[TokensSoFar], None],
    ) -> None:
        words = question.sentence.split()
        shown = " ".join(words[:5]) + ("…" if len(words) > 5 else "")
        self._jobs.start(
            question.asked(model, self.scratch.new()),
            of=(of,),
            question=asked,
            title=f"Translating “{shown[:40]}”",
            done=done,
            failed=self._failed,
            progress=progress,
        )

    def _failed(self, failure: Failure) -> None:
        self.growing = ()
        self.grew.emit()
        if failure.details:
            self._jobs.failed.emit(failure)
        else:
            self.refused.emit(failure.message)

    def _grow(self, so_far: TokensSoFar) -> None:
        self.growing = so_far.tokens
        self.grew.emit()

    @property
    def measuring(self) -> bool:
        """Whether the effects of words are being measured."""
        return self._jobs.busy(MeasureEffects)

    def measure(self) -> None:
        """Measure what each source word does to each word of the answer on the screen."""
        answer = self.current
        if answer is None or self.measuring or answer.decoded.measured:
            return
        if answer.model.weights_alone:
            self.refused.emit(_NO_MODEL)
            return

        def done(found: EffectsMeasured) -> None:
            self._add_files(answer, found.files)

        asked = answer.question.asked(answer.model, self.scratch.new())
        self._jobs.start(
            MeasureEffects(
                model=asked.model,
                source=asked.source,
                target=asked.target,
                search=asked.search,
                folder=asked.folder,
            ),
            of=(TRANSLATOR, ANSWER),
            title="Measuring what each word does",
            done=done,
            failed=self._failed,
        )
        self.view_changed.emit()

    def _add_files(self, answer: Answer, files: dict[str, str]) -> None:
        """Put tables to an answer that is still on the screen."""
        if answer is not self.current:
            return
        decoded = replace(answer.decoded, files={**answer.decoded.files, **files})
        self._answers[self._place] = replace(answer, decoded=decoded)
        self._note_answer()
        self.answer_changed.emit()

    # Taking back

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier answer."""
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self._place + 1 < len(self._answers)

    def undo(self) -> None:
        """Show the answer before, beside what was just taken back."""
        if self.can_undo:
            self._place -= 1
            self._show(None)

    def redo(self) -> None:
        """Show the answer after, beside the one before."""
        if self.can_redo:
            before = self.current
            self._place += 1
            same = self.current and self.current.question.why
            self._show(before if same else None)

    def _show(self, beside: Answer | None) -> None:
        assert self.current is not None
        self.beside = beside
        self._note_answer()
        self.question = self.current.question.unforced()
        self.step = None
        self._pointed = Mark()
        if self.pinned is not None and not self.current.reaches(*self.pinned):
            self.pinned = None
        self.answer_changed.emit()

    # Looking

    @property
    def mark(self) -> Mark:
        """What lights up: what is pinned, else what is under the pointer."""
        return self.pinned or self._pointed

    def point(self, mark: Mark) -> None:
        """The pointer is over this; `Mark()` for nothing."""
        if mark != self._pointed:
            self._pointed = mark
            if self.pinned is None:
                self.marked.emit()

    def pin(self, mark: Mark) -> None:
        """Keep this lit up; the same again lets it go."""
        self.pinned = None if mark in (self.pinned, Mark()) else mark
        self._pointed = Mark() if self.pinned is None else mark
        self.marked.emit()

    def unpin(self) -> None:
        """Let go of what is pinned."""
        if self.pinned is not None:
            self.pin(self.pinned)

    def set_layer(self, layer: str) -> None:
        """Show another table: one of `core.decoded.LAYERS`; effects are measured first."""
        if layer in EFFECTS:
            self.measure()
        if layer in LAYERS and layer != self.layer:
            if not {layer, self.layer} <= {"weights", "energies", "difference", *EFFECTS}:
                # Rows and columns stand for something else now.
                self.pinned, self._pointed = None, Mark()
            self.layer = layer
            self.view_changed.emit()

    def set_words(self, words: bool) -> None:
        """Join pieces to words, or show the pieces."""
        if words != self.words:
            self.words, self.pinned, self._pointed, self.step = words, None, Mark(), None
            self.view_changed.emit()

    def set_share(self, share: float) -> None:
        """Draw the heaviest lines that make this share of all weight."""
        if share != self.share:
            self.share = share
            self.view_changed.emit()

    def set_whole_scale(self, whole: bool) -> None:
        """Colour weights from 0 to 1, or up to the heaviest where all are small."""
        if whole != self.whole_scale:
            self.whole_scale = whole
            self.view_changed.emit()

    def set_pictured(self, pictured: bool) -> None:
        """Show each step as the lecture draws it, or as lines."""
        if pictured != self.pictured:
            self.pictured = pictured
            self.view_changed.emit()

    def set_step(self, step: int | None) -> None:
        """Show the first so many tokens of the translation; None shows all."""
        if step != self.step:
            self.step = step
            self.view_changed.emit()

    def joined(self, answer: Answer) -> bool:
        """Whether pieces are joined to words: only where there are any."""
        return self.words and answer.has_pieces

    def pieces_at(self, row: int, column: int) -> tuple[Group, Group] | None:
        """The steps and the source places of a cell on the screen."""
        answer = self.current
        return None if answer is None else answer.pieces_at(row, column, words=self.words)

    @property
    def current_model_path(self) -> str:
        """The path of the model that made the answer on the screen."""
        return self.current.model.path if self.current else ""

    def close(self) -> None:
        """Delete the tables of this session."""
        self.scratch.close()
