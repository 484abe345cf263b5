"""Which characters does this network know? Asked when a model file does not say."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.sequences.vocabulary import FORMS
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.question_boxes import accept_buttons
from rnnviz.views.shared.stylesheet import restyle
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.work.jobs.models import Candidate, Guess, GuessVocabulary

_COLUMNS = ("Order", "Loss in nats", "Perplexity", "Symbols")


class VocabularyDialog(QDialog):
    """Takes the training text or a vocabulary file, and shows what each guess costs.

    The loss of each guess on that text stands beside it: a wrong order is seen at once, because it
    is worse than guessing blindly. A list of characters is judged on `text`, the open one.
    """

    def __init__(
        self,
        jobs: Jobs,
        path: Path,
        size: int,
        message: str,
        parent: QWidget | None = None,
        text: Path | None = None,
        reading: int = 0,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._path = path
        self._text = text
        self._reading = reading
        self._candidates: tuple[Candidate, ...] = ()
        self._usable = False
        self.setWindowTitle("Which characters does it know?")
        self.resize(760, 420)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        said = Label(
            f"<b>{escape(path.name)}</b> holds a network that knows {size:,} characters or "
            "words, but not which. "
            f"Taken are {FORMS}."
        )
        said.setTextFormat(Qt.TextFormat.RichText)
        said.setToolTip(plain_tip(message))
        said.setWordWrap(True)
        column.addWidget(said)
        row = QHBoxLayout()
        self.choose = QPushButton("Choose a text or vocabulary file…")
        self.choose.clicked.connect(self._choose)
        row.addWidget(self.choose)
        row.addStretch(1)
        column.addLayout(row)
        self.table = QuietTable("Guesses, the likeliest first", _COLUMNS, numbers=(1, 2))
        self.table.itemSelectionChanged.connect(self._show_choice)
        column.addWidget(self.table, 1)
        self.verdict = Label("No guesses yet.")
        self.verdict.setWordWrap(True)
        self.verdict.setProperty("role", "muted")
        column.addWidget(self.verdict)
        self.buttons = accept_buttons(self, QDialogButtonBox.StandardButton.Open)
        column.addWidget(self.buttons)
        self._show_choice()

    @property
    def vocabulary(self) -> tuple[str, ...] | None:
        """The characters of the chosen guess, or None."""
        rows = self.table.selectionModel().selectedRows()
        return self._candidates[rows[0].row()].characters if rows else None

    @Slot()
    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "A text or vocabulary file")
        if chosen:
            self.ask(Path(chosen))

    def ask(self, source: Path) -> None:
        """Have the engine guess from this file."""
        self.verdict.setText(f"Trying the characters of {source.name}…")
        self._jobs.start(
            GuessVocabulary(
                path=str(self._path),
                source=str(source),
                text=str(self._text or ""),
                reading=self._reading,
            ),
            title=f"Trying the characters of {source.name}",
            done=self._guessed,
            failed=self._failed,
        )

    def done(self, result: int) -> None:
        """Close the box; guesses are no longer wanted."""
        self._jobs.cancel(GuessVocabulary)
        super().done(result)

    def _failed(self, failure: Failure) -> None:
        self.verdict.setText(failure.message)

    def _guessed(self, guess: Guess) -> None:
        self._candidates = guess.candidates
        rows = []
        for candidate in self._candidates:
            loss = candidate.loss_nats
            known = math.isfinite(loss)
            nats = f"{loss:.3f}" if known else "–"
            perplexity = f"{math.exp(loss):.1f}" if known else "–"
            rows.append((candidate.how, nats, perplexity, shown(candidate.characters)))
        self.table.show_rows(rows, wide=3)
        if self._candidates:
            self.table.selectRow(0)
        unigram, uniform = guess.unigram_nats, guess.uniform_nats
        self._usable = guess.usable
        if self._candidates and math.isfinite(unigram):
            self.verdict.setText(
                f"Counting characters alone gives {unigram:.3f} nats, guessing blindly "
                f"{uniform:.3f}. {_borne_out(guess)}"
            )
        elif guess.named:
            self.verdict.setText("The file lists them in order, and is taken as it stands.")
        bad = guess.worse_than_nothing or not guess.usable
        self.verdict.setProperty("role", "problem" if bad else "muted")
        restyle(self.verdict)
        self._show_choice()

    @Slot()
    def _show_choice(self) -> None:
        button = self.buttons.button(QDialogButtonBox.StandardButton.Open)
        button.setEnabled(self.vocabulary is not None and self._usable)


def _borne_out(guess: Guess) -> str:
    """Whether the text bears out the best order, in a sentence."""
    if guess.convincing:
        return "The first guess is better than both: the order is right."
    if guess.worse_than_nothing:
        said = "On this text the model does worse than one that knows nothing: "
    else:
        said = "No order is better than counting: "
    if guess.named:
        return f"{said}the list, or the text, is not the model's."
    return f"{said}this is not the text that it was trained on. Choose that, or a list."


def shown(characters: list[str] | tuple[str, ...]) -> str:
    """Characters in a row, the invisible ones by their symbols."""
    symbols = {"\n": "↵", "\t": "⇥", " ": "␣", "\r": "␍"}
    return "".join(symbols.get(c, c if c.isprintable() else "□") for c in characters)
