"""What is asked of a translation model beside a sentence: a file of them, near words, its units."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.alignments.links import Agreement, corpus_agreement, read_links
from rnnviz.core.errors import AlignmentError
from rnnviz.session.alignments.questions import ANSWER, TRANSLATOR
from rnnviz.session.shared.identities import Answers, Subject
from rnnviz.session.shared.jobs import Jobs

if TYPE_CHECKING:
    from rnnviz.session.alignments.alignments import Alignments

CORPUS, NEAR, SCORE = "translate corpus", "nearest words", "align corpus"
"""Questions: see `Jobs.busy`."""
GOLD = Subject("gold")
"""The gold links, which way round they are read, and how links are made of weights."""


class CorpusRow(msgspec.Struct, frozen=True):
    """One sentence of a file and what became of it."""

    source: str
    target: str
    confidence: float = 0.0
    """The geometric mean of the tokens' probabilities."""
    coverage: float = 0.0
    """The share of source tokens that were looked at; 1 is all of them."""
    length: float = 0.0
    """Target tokens to source tokens."""


class Near(msgspec.Struct, frozen=True):
    """A word whose embedding lies near another one's."""

    word: str
    similarity: float
    """The cosine of the angle between them."""


class AlignmentTables(QObject):
    """Tables about the open translation model.

    Signals:
        corpus_changed: `corpus`.
        near_changed: `near`.
        scored: `agreement` of all lines of the gold links.
        recorded(Path): the encoder and decoder read a sentence; this is the recording.
    """

    corpus_changed = Signal()
    near_changed = Signal()
    scored = Signal()
    recorded = Signal(object)

    def __init__(self, alignments: Alignments, jobs: Jobs) -> None:
        super().__init__(alignments)
        self._alignments, self._jobs = alignments, jobs
        self._corpora: Answers[str, tuple[str, tuple[CorpusRow, ...]]] = jobs.answers(TRANSLATOR)
        self._near: Answers[str, tuple[str, tuple[Near, ...]]] = jobs.answers(TRANSLATOR)
        self._agreements: Answers[str, Agreement] = jobs.answers(TRANSLATOR, GOLD)
        alignments.gold.changed.connect(self._note_gold)

    @property
    def corpus(self) -> tuple[CorpusRow, ...]:
        """What the open model made of a file, if it was asked to."""
        return (self._corpora.get(CORPUS) or ("", ()))[1]

    @property
    def corpus_name(self) -> str:
        """The name of that file."""
        return (self._corpora.get(CORPUS) or ("", ()))[0]

    @property
    def near(self) -> tuple[Near, ...]:
        """The words that the open model has near another one."""
        return (self._near.get(NEAR) or ("", ()))[1]

    @property
    def near_word(self) -> str:
        """That word."""
        return (self._near.get(NEAR) or ("", ()))[0]

    @property
    def agreement(self) -> Agreement | None:
        """Of the open model's links with all gold links as they are read now, if it was counted."""
        return self._agreements.get(SCORE)

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

        def done(result: dict[str, Any]) -> None:
            content = json.loads(Path(result["path"]).read_bytes())
            rows = content["rows"] if isinstance(content, dict) else content
            found = msgspec.convert(rows, tuple[CorpusRow, ...])
            self._corpora.put(CORPUS, (path.name, found))
            self.corpus_changed.emit()

        self._jobs.start(
            "translate_corpus",
            {
                "model": model.path,
                "path": str(path),
                "folder": str(self._alignments.scratch.new()),
                "beam": self._alignments.question.beam,
            },
            of=(TRANSLATOR,),
            question=CORPUS,
            title=f"Translating {path.name}",
            done=done,
        )

    def find_near(self, word: str, side: str, count: int = 20) -> None:
        """Find the words nearest to one of the `source` or `target`; `near_changed` follows."""
        model = self._alignments.model
        if model is None or not word.strip():
            return

        def done(result: Mapping[str, Any]) -> None:
            found = tuple(_near(item) for item in result["words"])
            self._near.put(NEAR, (str(result.get("word") or word), found))
            self.near_changed.emit()

        self._jobs.start(
            "nearest_words",
            {"model": model.path, "word": word.strip(), "side": side, "count": count},
            of=(TRANSLATOR,),
            question=NEAR,
            title=f"Words near “{word.strip()[:20]}”",
            done=done,
        )

    def score_all(self) -> None:
        """Align every sentence pair of the gold links and count how far they agree."""
        model, gold = self._alignments.model, self._alignments.gold
        if model is None or gold.pairs_path is None:
            return
        lines, swapped = gold.lines, gold.swapped
        self._agreements.drop(SCORE)

        def done(result: Mapping[str, Any]) -> None:
            try:
                found = read_links(Path(result["path"]), base=0)
                links = [(one.swapped() if swapped else one).sure for one in found]
                self._agreements.put(SCORE, corpus_agreement(links, lines))
            except AlignmentError as error:
                self._alignments.refused.emit(str(error))
            self.scored.emit()

        self._jobs.start(
            "align_corpus",
            {
                "model": model.path,
                "pairs": [str(gold.pairs_path)],
                "swap": swapped,
                "direction": gold.direction,
                "threshold": gold.threshold,
                "folder": str(self._alignments.scratch.new()),
            },
            of=(TRANSLATOR, GOLD),
            question=SCORE,
            title=f"Aligning {gold.pairs_path.name}",
            done=done,
        )

    def record(self) -> None:
        """Let encoder and decoder read the sentence, so that their units can be explored."""
        model, answer = self._alignments.model, self._alignments.current
        if model is None or answer is None:
            self._alignments.refused.emit("Translate a sentence first.")
            return

        def done(result: Mapping[str, Any]) -> None:
            self.recorded.emit(Path(result["folder"]))

        self._jobs.start(
            "walk_translation",
            {
                "model": model.path,
                "source": answer.question.sentence,
                "target": answer.decoded.text,
                "folder": str(self._alignments.scratch.new()),
            },
            of=(TRANSLATOR, ANSWER),
            title="Recording encoder and decoder",
            done=done,
        )


def _near(item: Any) -> Near:
    if isinstance(item, Mapping):
        similarity = item.get("similarity", item.get("cosine", 0.0))
        return Near(str(item.get("word", item.get("token", ""))), float(similarity))
    word, similarity = item
    return Near(str(word), float(similarity))
