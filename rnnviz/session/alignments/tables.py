"""What is asked of a translation model beside a sentence: a file of them, near words, its units."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.alignments.files.parallel_corpus import words_between_blanks
from rnnviz.core.alignments.links import Agreement, corpus_agreement, read_links
from rnnviz.core.alignments.state_index import StateIndex
from rnnviz.core.errors import AlignmentError
from rnnviz.core.system.ready_types import ready
from rnnviz.session.alignments.questions import ANSWER, TRANSLATOR
from rnnviz.session.shared.identities import Answers, Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.work.jobs.alignments import (
    AlignCorpus,
    CorpusAligned,
    CorpusRow,
    CorpusTranslated,
    IndexStates,
    Near,
    NearestWords,
    Search,
    StatesIndexed,
    TranslateCorpus,
    TranslationWalked,
    WalkTranslation,
    WordsNear,
)

if TYPE_CHECKING:
    from rnnviz.session.alignments.alignments import Alignments

_LAST = ""
GOLD = Subject("gold")
"""The gold links, which way round they are read, and how links are made of weights."""


class GoldScores(NamedTuple):
    """How links agree with all gold links, beside what costs nothing."""

    model: Agreement
    straight: Agreement
    """Of a straight diagonal."""
    aligner: Agreement
    """Of a statistical aligner that saw the same pairs and no others."""


class AlignmentTables(QObject):
    """Tables about the open translation model.

    Signals:
        corpus_changed: `corpus`.
        near_changed: `near`.
        scored: `scores` of all lines of the gold links.
        states_changed: `states`.
        recorded(Path): the encoder and decoder read a sentence; this is the recording.
    """

    corpus_changed = Signal()
    near_changed = Signal()
    scored = Signal()
    states_changed = Signal()
    recorded = Signal(object)

    def __init__(self, alignments: Alignments, jobs: Jobs) -> None:
        super().__init__(alignments)
        self._alignments, self._jobs = alignments, jobs
        self._corpora: Answers[str, tuple[str, tuple[CorpusRow, ...]]] = jobs.answers(TRANSLATOR)
        self._near: Answers[str, WordsNear] = jobs.answers(TRANSLATOR)
        self._states: Answers[str, tuple[str, StateIndex, int]] = jobs.answers(TRANSLATOR)
        self._agreements: Answers[str, GoldScores] = jobs.answers(TRANSLATOR, GOLD)
        alignments.gold.changed.connect(self._note_gold)

    @property
    def corpus(self) -> tuple[CorpusRow, ...]:
        """What the open model made of a file, if it was asked to."""
        return (self._corpora.get(_LAST) or ("", ()))[1]

    @property
    def corpus_name(self) -> str:
        """The name of that file."""
        return (self._corpora.get(_LAST) or ("", ()))[0]

    @property
    def near(self) -> tuple[Near, ...]:
        """The words that the open model has near another one."""
        found = self._near.get(_LAST)
        return found.words if found else ()

    @property
    def near_word(self) -> str:
        """That word."""
        found = self._near.get(_LAST)
        return found.word if found else ""

    @property
    def states(self) -> StateIndex | None:
        """The states of the open model at the pairs of a corpus, if it was asked for them."""
        found = self._states.get(_LAST)
        return found[1] if found else None

    @property
    def states_of(self) -> tuple[str, int]:
        """The name of that corpus, and how many pairs it has."""
        found = self._states.get(_LAST)
        return (found[0], found[2]) if found else ("", 0)

    @property
    def scores(self) -> GoldScores | None:
        """How the open model's links agree with all gold links as they are read now, if counted."""
        return self._agreements.get(_LAST)

    @Slot()
    def _note_gold(self) -> None:
        gold = self._alignments.gold
        files = (gold.path, gold.lines, gold.pairs_path, gold.pairs)
        self._jobs.now(GOLD, *files, gold.swapped, gold.direction, gold.threshold)

    def translate_corpus(self, path: Path) -> None:
        """Translate a file, one sentence a line; `corpus_changed` follows."""
        model = self._alignments.model
        if model is None:
            self._alignments.refused.emit("Open a translation model first.")
            return

        def done(written: CorpusTranslated) -> None:
            raw = Path(written.path).read_bytes()
            found = msgspec.json.decode(raw, type=ready(tuple[CorpusRow, ...]))
            self._corpora.put(_LAST, (path.name, found))
            self.corpus_changed.emit()

        self._jobs.start(
            TranslateCorpus(
                model=model.given,
                path=str(path),
                folder=str(self._alignments.scratch.new()),
                search=Search(beam=self._alignments.question.beam),
            ),
            of=(TRANSLATOR,),
            title=f"Translating {path.name}",
            done=done,
        )

    def find_near(self, word: str, side: str, count: int = 20) -> None:
        """Find the words nearest to one of the `source` or `target`; `near_changed` follows."""
        model = self._alignments.model
        if model is None or not word.strip():
            return

        def done(found: WordsNear) -> None:
            self._near.put(_LAST, found)
            self.near_changed.emit()

        self._jobs.start(
            NearestWords(model=model.given, word=word.strip(), side=side, count=count),
            of=(TRANSLATOR,),
            title=f"Words near “{word.strip()[:20]}”",
            done=done,
        )

    def index_states(self, path: Path, *, swap: bool = False) -> None:
        """Let the model read pairs from all over a corpus; `states_changed` follows."""
        model = self._alignments.model
        if model is None:
            self._alignments.refused.emit("Open a translation model first.")
            return

        def done(written: StatesIndexed) -> None:
            try:
                found = StateIndex.read(Path(written.folder))
            except AlignmentError as error:
                self._alignments.refused.emit(str(error))
                return
            self._states.put(_LAST, (path.name, found, written.of))
            self.states_changed.emit()

        self._jobs.start(
            IndexStates(
                model=model.given,
                pairs=(str(path),),
                swap=swap,
                folder=str(self._alignments.scratch.new()),
            ),
            of=(TRANSLATOR,),
            title=f"Reading the pairs of {path.name}",
            done=done,
        )

    def score_all(self) -> None:
        """Align every sentence pair of the gold links and count how far they agree."""
        model, gold = self._alignments.model, self._alignments.gold
        if model is None or gold.pairs_path is None:
            return
        lines, swapped, pairs = gold.lines, gold.swapped, gold.pairs
        self._agreements.drop(_LAST)

        def done(written: CorpusAligned) -> None:
            from rnnviz.core.alignments.statistical_aligner import (
                diagonal,
            )  # only who asks waits for it

            try:
                found = read_links(Path(written.path), base=0)
                links = [(one.swapped() if swapped else one).sure for one in found]
                alone = [one.sure for one in read_links(Path(written.aligner), base=0)]
                straight = [
                    diagonal(*(len(words_between_blanks(side)) for side in (a, b)))
                    for a, b in pairs
                ]
                agreed = (corpus_agreement(each, lines) for each in (links, straight, alone))
                self._agreements.put(_LAST, GoldScores(*agreed))
            except AlignmentError as error:
                self._alignments.refused.emit(str(error))
            self.scored.emit()

        self._jobs.start(
            AlignCorpus(
                model=model.given,
                pairs=(str(gold.pairs_path),),
                swap=swapped,
                direction=gold.direction,
                threshold=gold.threshold,
                aligner=True,
                folder=str(self._alignments.scratch.new()),
            ),
            of=(TRANSLATOR, GOLD),
            title=f"Aligning {gold.pairs_path.name}",
            done=done,
        )

    def record(self) -> None:
        """Let encoder and decoder read the sentence, so that their units can be explored."""
        model, answer = self._alignments.model, self._alignments.current
        if model is None or answer is None:
            self._alignments.refused.emit("Translate a sentence first.")
            return

        def done(found: TranslationWalked) -> None:
            self.recorded.emit(Path(found.folder))

        self._jobs.start(
            WalkTranslation(
                model=model.given,
                source=answer.question.sentence,
                target=answer.decoded.text,
                folder=str(self._alignments.scratch.new()),
            ),
            of=(TRANSLATOR, ANSWER),
            title="Recording encoder and decoder",
            done=done,
        )
