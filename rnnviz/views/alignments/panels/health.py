"""Whether the alignment can be trusted: warnings in words, entropy and coverage as bars."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from rnnviz.core.alignments.health import Health, health_of
from rnnviz.core.alignments.trust import in_words
from rnnviz.core.alignments.words.tokens import shown_token
from rnnviz.core.errors import AlignmentError
from rnnviz.session.alignments.alignments import Mark
from rnnviz.views.alignments.drawing.saving_widget import SaveButton
from rnnviz.views.alignments.drawn_tables import weights_of
from rnnviz.views.shared.controls.bars_view import BarsView
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_UNKNOWN = "This model has no attention: nothing can be said about where it looks."
_TRUST = (
    "Take each weight away, follow the gradient, leave each word out: does the probability of the "
    "word move as the weights say?"
)
_TRUST_TIP = (
    "Jain and Wallace (2019) found weights and effects often in different orders; Wiegreffe and "
    "Pinter (2019) say why that alone does not make the weights wrong"
)
_FINE = "Nothing stands out: the words look at different places, and none is left out."


class HealthPanel(Panel):
    """Entropy of each target word, coverage of each source word, and what is wrong."""

    name = "health"
    title = "Health"
    needs = ("translation",)

    def follow(self) -> None:
        """Follow the answer and what is marked."""
        alignments = self.session.alignments
        alignments.model_changed.connect(self.request_draw)
        alignments.answer_changed.connect(self.request_draw)
        alignments.view_changed.connect(self.request_draw)
        alignments.marked.connect(self.show_mark)
        self._shown: tuple[object, bool] | None = None
        self.health: Health | None = None

    def build(self) -> QWidget:
        """Warnings above two columns of bars."""
        page = QWidget()
        self.summary = Label()
        self.warnings = Label()
        self.warnings.setProperty("role", "warning")
        self.warnings.setAccessibleName("Warnings about this alignment")
        self.notes = Label()
        self.notes.setProperty("role", "muted")
        self.notes.setAccessibleName("What was found when the model was opened")
        for label in (self.summary, self.warnings, self.notes):
            label.setWordWrap(True)
            label.setContentsMargins(12, 0, 12, 0)
        self.entropy = BarsView("Entropy of each target word, bits")
        self.coverage = BarsView("Coverage of each source word")
        self.entropy.hovered.connect(self._point_row)
        self.entropy.clicked.connect(self._pin_row)
        self.coverage.hovered.connect(self._point_column)
        self.coverage.clicked.connect(self._pin_column)
        self.saves = (
            SaveButton(self.entropy, "entropy", self.entropy.paint),
            SaveButton(self.coverage, "coverage", self.coverage.paint),
        )
        self.trust_head = _heading("Does the weight matter?")
        self.trust_head.setContentsMargins(12, 8, 12, 0)
        self.trust = Label()
        self.trust.setWordWrap(True)
        self.trust.setContentsMargins(12, 0, 12, 0)
        self.trust.setAccessibleName("How far the attention agrees with what words do")
        self.trust.setToolTip(plain_tip(_TRUST_TIP))
        self.measure = QPushButton("Measure")
        self.measure.setToolTip(plain_tip(_TRUST_TIP))
        self.measure.clicked.connect(self.session.alignments.measure)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(12, 0, 12, 0)
        buttons.addWidget(self.measure)
        buttons.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 12, 0, 12)
        column.setSpacing(8)
        column.addWidget(self.warnings)
        column.addWidget(self.summary)
        column.addWidget(self.trust_head)
        column.addWidget(self.trust)
        column.addLayout(buttons)
        self._heads = (
            _heading("Entropy, bits: how spread each target word's weights are"),
            _heading("Coverage: how much weight each source word got"),
        )
        column.addLayout(_headed(self._heads[0], self.saves[0]))
        column.addWidget(self.entropy)
        column.addLayout(_headed(self._heads[1], self.saves[1]))
        column.addWidget(self.coverage)
        column.addWidget(self.notes)
        column.addStretch(1)
        return page

    def draw(self) -> None:
        """Count anew if the answer or the words are others."""
        answer = self.session.alignments.current
        assert answer is not None
        words = self.session.alignments.joined(answer)
        notes = [f"{note[:1].upper()}{note[1:]}." for note in answer.model.notes]
        self.notes.setText("About the model: " + "\n".join(notes) if notes else "")
        self.notes.setVisible(bool(notes))
        self._show_trust()
        if (answer, words) != self._shown:
            self._shown = (answer, words)
            self._count(words)
        self.show_mark()

    def _show_trust(self) -> None:
        """How far the attention agrees with what words do, or a button that measures it."""
        alignments = self.session.alignments
        answer = alignments.current
        assert answer is not None
        possible = not answer.model.weights_alone
        for widget in (self.trust_head, self.trust, self.measure):
            widget.setVisible(possible)
        self.measure.setVisible(possible and not answer.decoded.measured)
        self.measure.setEnabled(not alignments.measuring)
        if alignments.measuring:
            self.trust.setText("Being measured…")
        elif not answer.decoded.measured:
            self.trust.setText(_TRUST)
        elif not answer.decoded.has_attention:
            self.trust.setText("Measured; there are no weights to compare with.")
        else:
            try:
                self.trust.setText(in_words(answer.decoded.effects_agree()))
            except AlignmentError as error:
                self.trust.setText(str(error))

    def _count(self, words: bool) -> None:
        answer = self.session.alignments.current
        assert answer is not None
        seen = answer.decoded.has_attention
        for widget in (self.entropy, self.coverage, *self.saves, *self._heads):
            widget.setVisible(seen)
        self.warnings.setVisible(False)
        if not seen:
            self.health = None
            self.summary.setText(_UNKNOWN)
            return
        alignment = weights_of(answer.decoded, words=words)
        health = self.health = health_of(alignment)
        self.warnings.setText("\n\n".join(health.warnings))
        self.warnings.setVisible(bool(health.warnings))
        confidence = answer.decoded.confidence
        told = (
            f" Mean probability of a token: {confidence:.2f}." if confidence == confidence else ""
        )
        self.summary.setText(told.strip() if health.warnings else f"{_FINE}{told}")
        most = math.log2(max(2, len(alignment.source)))
        flat = [row for row, bits in enumerate(health.entropy_bits) if bits > 0.95 * most]
        again = [repeat.again for repeat in health.repeated]
        self.entropy.set_bars(
            tuple(map(shown_token, alignment.target)),
            health.entropy_bits.tolist(),
            most,
            {*flat, *again},
        )
        self.coverage.set_bars(
            tuple(map(shown_token, alignment.source)),
            health.coverage.tolist(),
            max(2.0, float(np.max(health.coverage, initial=0.0))),
            health.skipped,
        )
        for save, bars in zip(self.saves, (self.entropy, self.coverage), strict=True):
            save.columns = bars.columns()

    @Slot()
    def show_mark(self) -> None:
        """Light up what is marked."""
        if self.empty or not self.isVisible() or self.health is None:
            return
        mark = self.session.alignments.mark
        self.entropy.set_mark(mark.row)
        self.coverage.set_mark(mark.column)

    @Slot(object)
    def _point_row(self, row: int | None) -> None:
        self.session.alignments.point(Mark(row, None))

    @Slot(object)
    def _point_column(self, column: int | None) -> None:
        self.session.alignments.point(Mark(None, column))

    @Slot(int)
    def _pin_row(self, row: int) -> None:
        self.session.alignments.pin(Mark(row, None))

    @Slot(int)
    def _pin_column(self, column: int) -> None:
        self.session.alignments.pin(Mark(None, column))


def _heading(text: str) -> QLabel:
    label = Label(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label


def _headed(heading: QLabel, save: SaveButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(12, 8, 12, 0)
    row.addWidget(heading, 1)
    row.addWidget(save)
    return row
