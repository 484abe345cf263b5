"""Making a concept: what is labelled is seen before it is used.

Of a text a regular expression, painted ranges, or a kind of token; of numbers an expression over
their columns, or painted steps.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.concepts import concept_from, label_steps, spec_of
from rnnviz.core.concepts.expressions import in_accents
from rnnviz.core.errors import ConceptError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.views.cells.strips import StripsView
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.question_boxes import accept_buttons
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.views.text.text_view import TextView
from rnnviz.work.jobs.cells import PreviewLabels, Spans

PREVIEW_CHARACTERS = 6000
_KINDS = (
    ("regular-expression", "What a regular expression matches"),
    ("painted", "Ranges that I painted"),
    ("pygments", "A kind of token in source code"),
)
_KINDS_OF_NUMBERS = (
    ("expression", "What an expression says of the columns"),
    ("painted", "Steps that I painted"),
)
_LANGUAGES = ("c", "python", "java", "javascript", "rust", "go", "latex", "html", "sql", "bash")
_TOKENS = (
    "Comment",
    "Keyword",
    "Literal.String",
    "Literal.Number",
    "Name",
    "Name.Function",
    "Operator",
    "Punctuation",
    "Comment.Preproc",
)


class ConceptDialog(QDialog):
    """Describes a concept and shows its labels on the text while it is described.

    The engine labels what is shown: a regular expression may take long, and the box stays usable.
    """

    def __init__(
        self,
        jobs: Jobs,
        text: Text,
        visible: tuple[int, int],
        painted: tuple[int, int] | None,
        parent: QWidget | None = None,
        *,
        numbers: Recording | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._numbers = numbers
        self._brushing = False
        self._spans: list[list[int]] = [list(painted)] if painted else []
        start = max(0, min(visible[0], len(text) - PREVIEW_CHARACTERS))
        self._start = start
        self._first_line = text.line_of(start)
        self._preview = Text.of(text.slice(start, start + PREVIEW_CHARACTERS), text.name)
        self.setWindowTitle("New concept")
        self.resize(820, 620)
        self._build()
        self.kind.setCurrentIndex(1 if painted else 0)
        self._kind_chosen()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(10)
        form = QFormLayout()
        form.setSpacing(8)
        self.title = QLineEdit()
        self.title.setPlaceholderText("What the units may keep track of, for example: a date")
        form.addRow("Title", self.title)
        self.kind = Choices()
        for key, shown in _KINDS if self._numbers is None else _KINDS_OF_NUMBERS:
            self.kind.addItem(shown, key)
        form.addRow("Labels", self.kind)
        self.pages = QStackedWidget()
        self.pattern = QLineEdit()
        self.pattern.setPlaceholderText(r"for example: \b[0-9]{4}\b")
        self.pattern.setAccessibleName("Regular expression")
        self.expression = QLineEdit()
        self.expression.setAccessibleName("Expression")
        token_page = self._token_page()
        self.pages.addWidget(_page_of(self.pattern, self.expression))
        self.pattern.setVisible(self._numbers is None)
        self.expression.setVisible(self._numbers is not None)
        self.pages.addWidget(self._spans_page())
        self.pages.addWidget(token_page)
        form.addRow("", self.pages)
        column.addLayout(form)
        if self._numbers is None:
            column.addWidget(Label("On the text, labelled characters are underlined:"))
        else:
            column.addWidget(Label("Labelled steps have a bar below them:"))
        self.view = TextView()
        self.view.setAccessibleName("Preview of the labels")
        self.view.set_text(self._preview, self._first_line)
        self.view.range_selected.connect(self._range_painted)
        self.view.setVisible(self._numbers is None)
        column.addWidget(self.view, int(self._numbers is None))
        if self._numbers is not None:
            self._add_strips(column, self._numbers)
        self.verdict = Label()
        self.verdict.setWordWrap(True)
        column.addWidget(self.verdict)
        self.buttons = accept_buttons(self, QDialogButtonBox.StandardButton.Save)
        column.addWidget(self.buttons)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(200)
        self._soon.timeout.connect(self.show_labels)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        for field in (self.title, self.pattern, self.expression):
            field.textChanged.connect(self._changed)
        self.language.currentTextChanged.connect(self._changed)
        self.token.currentTextChanged.connect(self._changed)

    def _add_strips(self, column: QVBoxLayout, recording: Recording) -> None:
        """The numbers themselves, and their names for the expression."""
        sequence = recording.sequence
        assert isinstance(sequence, Numbers)
        names = [in_accents(name) for name in sequence.named]
        example = f"{names[0]} > 0.5" + f" and {names[1]} < 0" * (len(names) > 1)
        self.expression.setPlaceholderText(f"for example: {example}")
        self.expression.setToolTip(plain_tip(f"Columns: {', '.join(names[:40])}"))
        self.strips = StripsView()
        self.strips.setAccessibleName("Preview of the labels")
        self.strips.set_recording(recording)
        self.strips.centre_on(self._start)
        self.strips.range_selected.connect(self._steps_painted)
        column.addWidget(self.strips, 1)

    def _spans_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        self.spans = QPlainTextEdit()
        self.spans.setReadOnly(True)
        self.spans.setMaximumHeight(72)
        self.spans.setAccessibleName("Painted ranges")
        self.spans.setPlaceholderText("Drag over the text below to paint a range.")
        column.addWidget(self.spans)
        undo = QPushButton("Take the last range back")
        undo.clicked.connect(self._unpaint)
        column.addWidget(undo)
        return page

    def _token_page(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(0, 0, 0, 0)
        self.language, self.token = Choices(), Choices()
        for box, entries in ((self.language, _LANGUAGES), (self.token, _TOKENS)):
            box.setEditable(True)
            box.addItems(entries)
        self.language.setAccessibleName("Language, by its Pygments name")
        self.token.setAccessibleName("Token type, by its Pygments name")
        form.addRow("Language", self.language)
        form.addRow("Token", self.token)
        return page

    @property
    def spec(self) -> dict[str, object]:
        """The description of the concept, as `concept_from` takes it."""
        title = self.title.text().strip() or "My concept"
        name = "-".join(title.lower().split())
        spec: dict[str, object] = {"kind": self.kind.currentData(), "name": name, "title": title}
        if spec["kind"] == "regular-expression":
            return {**spec, "pattern": self.pattern.text()}
        if spec["kind"] == "expression":
            return {**spec, "expression": self.expression.text().strip()}
        if spec["kind"] == "painted":
            return {**spec, "spans": self._spans}
        token = f"Token.{self.token.currentText()}"
        return {**spec, "lexer": self.language.currentText(), "token": token}

    @Slot()
    def _kind_chosen(self) -> None:
        self.pages.setCurrentIndex(self.kind.currentIndex())
        self.show_labels()

    @Slot(object)
    def _range_painted(self, painted: tuple[int, int] | None) -> None:
        if painted and self.kind.currentData() == "painted":
            self._spans.append([painted[0] + self._start, painted[1] + self._start])
            self.show_labels()

    @Slot(int, int)
    def _steps_painted(self, start: int, stop: int) -> None:
        """A brush tells of itself as it grows: its last form is what was painted."""
        if start >= stop:
            self._brushing = False
        elif self.kind.currentData() == "painted":
            if self._brushing:
                self._spans.pop()
            self._spans.append([start, stop])
            self._brushing = True
            self.show_labels()

    @Slot()
    def _changed(self) -> None:
        """Nothing is saved before it was tried on what is shown."""
        self._judge("Looking for it…", usable=False)
        self._soon.start()

    def _missing(self) -> str:
        """What must still be filled in, in a sentence; empty if nothing."""
        kind = self.kind.currentData()
        if kind == "regular-expression" and not self.pattern.text():
            return "Type a regular expression: what it finds is labelled."
        if kind == "expression" and not self.expression.text().strip():
            return f"Type an expression: {self.expression.placeholderText()}."
        if kind == "painted" and not self._spans:
            over = "text" if self._numbers is None else "numbers"
            return f"Drag over the {over} to paint a range."
        # Language and token stand there from the start: who typed nothing wants nothing saved.
        typed = kind in ("regular-expression", "painted", "expression") or self.title.text().strip()
        return "" if typed else "Give the concept a title."

    @Slot()
    def _unpaint(self) -> None:
        if self._spans:
            self._spans.pop()
            self.show_labels()

    @Slot()
    def show_labels(self) -> None:
        """Label the preview as described so far, and say how much of it is labelled."""
        self.spans.setPlainText("\n".join(f"{start:,} to {stop:,}" for start, stop in self._spans))
        if self._numbers is not None:
            self._label_steps(self._numbers)
            return
        spec = self._preview_spec()
        try:
            concept = concept_from(spec)
        except ConceptError as error:
            self._jobs.cancel(PreviewLabels)
            self._refuse(str(error))
            return
        self._judge(self._missing() or "Looking for it…", usable=False)
        self._jobs.start(
            PreviewLabels(text=str(self._preview), concept=spec_of(concept)),
            title="Labelling what is shown",
            done=self._labelled,
            failed=self._failed,
        )

    def _label_steps(self, recording: Recording) -> None:
        """Numbers are labelled here: that is arithmetic on columns that lie in memory."""
        missing = self._missing()
        if missing and not self._spans:
            self.strips.set_labels(None)
            self._judge(missing, usable=False)
            return
        try:
            concept = concept_from(self.spec)
            parts = [part for _, part in label_steps(concept, recording.sequence)]
        except ConceptError as error:
            self.strips.set_labels(None)
            self._judge(str(error), usable=False)
            return
        labels = np.concatenate(parts)
        self.strips.set_labels(labels)
        told = f"{np.asarray(labels, float).mean():.1%} of the {len(labels):,} steps are labelled."
        if concept.scalar:
            low, high = np.nanmin(labels), np.nanmax(labels)
            told = f"A number for each of the {len(labels):,} steps, from {low:.3g} to {high:.3g}."
        self._judge(f"{told} {missing}".strip(), usable=not missing)

    def _labelled(self, found: Spans) -> None:
        labels = np.zeros(len(self._preview), bool)
        for start, stop in found.spans:
            labels[start:stop] = True
        self.view.set_labels(labels)
        share = float(labels.mean()) if len(labels) else 0.0
        told, missing = f"{share:.1%} of the characters shown are labelled.", self._missing()
        self._judge(f"{told} {missing}".strip() if missing else told, usable=not missing)

    def _failed(self, failure: Failure) -> None:
        self._refuse(failure.message)

    def _refuse(self, reason: str) -> None:
        self.view.set_labels(None)
        self._judge(reason, usable=False)

    def done(self, result: int) -> None:
        """Close the box; labels are no longer wanted."""
        self._jobs.cancel(PreviewLabels)
        super().done(result)

    def _preview_spec(self) -> dict[str, object]:
        """The concept with its painted ranges moved to where the preview begins."""
        spec = self.spec
        if spec["kind"] == "painted":
            moved = [[start - self._start, stop - self._start] for start, stop in self._spans]
            within = [[max(0, start), stop] for start, stop in moved if stop > 0]
            return {**spec, "spans": within}
        return spec

    def _judge(self, verdict: str, usable: bool) -> None:
        self.verdict.setText(verdict)
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(usable)


def _page_of(*fields: QWidget) -> QWidget:
    """Fields at the top of a page."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    for field in fields:
        column.addWidget(field)
    column.addStretch(1)
    return page
