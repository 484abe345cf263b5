"""Gold links in Pharaoh format, framed in the table and scored; and hard links of the weights."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.alignments.alignment import DIRECTIONS, Alignment, Direction
from rnnviz.core.alignments.links import links_line, write_links
from rnnviz.core.errors import AlignmentError
from rnnviz.session.alignments.questions import Answer
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import NumberField, WholeField
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.work.jobs.alignments import AlignCorpus

_ABOUT = (
    "Links are word pairs that belong together. Drawn by hand they are gold: open a file in "
    "Pharaoh format (0-0 1-2, one line a sentence), choose the line of this sentence, and its "
    "links are framed in the table: whole frames are sure, dotted ones possible."
)
_HINT = (
    "The error rate depends on the words being cut as in the gold file, and on the translation "
    "being the one that the links were drawn for."
)
_ANOTHER = (
    "The links of this line belong to another sentence or translation than the one shown; press "
    "Align line to see that one."
)

_UNKNOWN = (
    "Nobody knows which sentences these links were drawn for. Open them with Sentences…, or say "
    "that this line belongs to the sentence and the translation shown."
)

_SHORT: dict[Direction, str] = {
    "target": "Heaviest of each target word",
    "source": "Heaviest of each source word",
    "both": "Where both agree",
    "either": "Where either says so",
    "threshold": "From a threshold on",
}


class GoldPanel(Panel):
    """Reads gold links, scores the weights against them, and writes hard links."""

    name = "gold"
    title = "Links"
    needs = ("translation",)

    def follow(self) -> None:
        """Follow the answer and the gold links."""
        alignments = self.session.alignments
        self.redraw_on(
            alignments.model_changed,
            alignments.answer_changed,
            alignments.view_changed,
            alignments.gold.changed,
            alignments.tables.scored,
        )
        self._scoring = False
        self.session.jobs.changed.connect(self._follow_scoring)

    @Slot()
    def _follow_scoring(self) -> None:
        """Draw when all lines begin or cease to be scored; other jobs change nothing here."""
        scoring = self.session.jobs.busy(AlignCorpus)
        if scoring != self._scoring:
            self._scoring = scoring
            self.request_draw()

    def build(self) -> QWidget:
        """Gold on top, the links of the weights below."""
        page = QWidget()
        self.about = Label(_ABOUT)
        self.about.setWordWrap(True)
        self.about.setProperty("role", "muted")
        self.open = QPushButton("Open gold links…")
        self.open.clicked.connect(self._ask_gold)
        self.pairs = QPushButton("Sentences…")
        self.pairs.setToolTip("The sentence pairs of these links: source ||| target, or with a tab")
        self.pairs.clicked.connect(self._ask_pairs)
        self.align = QPushButton("Align line")
        self.align.setToolTip("See where the model looks while it writes the translation given")
        self.align.clicked.connect(self._align)
        self.claim = QPushButton("This sentence")
        self.claim.setToolTip("This line was drawn for the sentence and the translation shown")
        self.claim.clicked.connect(self._claim)
        self.score_all = QPushButton("Score all")
        self.score_all.setToolTip("The error rate over every sentence pair of the file")
        self.score_all.clicked.connect(self.session.alignments.tables.score_all)
        self.total = Label()
        self.total.setAccessibleName("Alignment error rate of all lines")
        self.line = WholeField("Line of the gold file", 1, 1)
        self.line.value_changed.connect(self._change)
        self.swapped = QCheckBox("Swap source and target")
        self.swapped.setToolTip("For a gold file that was made the other way round")
        self.swapped.toggled.connect(self._change)
        self.direction = _directions()
        self.direction.activated.connect(self._change)
        self.threshold = NumberField("Least weight of a link", 0.01, 1.0, step=0.05)
        self.threshold.value_changed.connect(self._change)
        self.base = Choices()
        self.base.setAccessibleName("From where the file counts words")
        for title, base in (("as found out", None), ("0", 0), ("1", 1)):
            self.base.addItem(title, base)
        self.base.activated.connect(self._count_from)
        self.file = Label()
        self.score = Label()
        self.score.setAccessibleName("Alignment error rate")
        self.problem = Label()
        self.problem.setProperty("role", "warning")
        self.links = Label()
        self.links.setProperty("role", "muted")
        self.links.setAccessibleName("Hard links in Pharaoh format")
        for label in (self.file, self.score, self.total, self.problem, self.links):
            label.setWordWrap(True)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the links in Pharaoh format")
        self.copy.clicked.connect(self._copy)
        self.save = QPushButton("Save links…")
        self.save.clicked.connect(self._ask_where)
        return self._laid_out(page)

    def _laid_out(self, page: QWidget) -> QWidget:
        form = self._link_form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Link", self.direction)
        form.addRow("Threshold", self.threshold)
        self._gold_form = QWidget()
        gold = QFormLayout(self._gold_form)
        gold.setContentsMargins(0, 0, 0, 0)
        gold.addRow("Line", self.line)
        gold.addRow("Counts from", self.base)
        gold.addRow("", self.swapped)
        both = QHBoxLayout()
        both.addWidget(self.pairs)
        both.addWidget(self.align)
        both.addWidget(self.score_all)
        gold.addRow(both)
        gold.addRow(self.claim)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for widget in (self.about, self.open, self.problem, self.file, self._gold_form):
            column.addWidget(widget)
        column.addWidget(self.score)
        column.addWidget(self.total)
        column.addLayout(form)
        column.addWidget(self.links)
        column.addLayout(buttons)
        column.addStretch(1)
        return page

    def draw(self) -> None:
        """Show the links of the weights, and how they agree with gold."""
        alignments, gold = self.session.alignments, self.session.alignments.gold
        answer = alignments.current
        assert answer is not None
        self._show_choices()
        seen = answer.decoded.has_attention
        for button in (self.copy, self.save):
            button.setEnabled(seen)
        if not seen:
            self.links.setText("This model has no attention, so there are no weights to link by.")
            self.score.setVisible(False)
            return
        alignment = self._aligned(answer)
        found = gold.found(alignment)
        line = links_line(found)
        self.links.setText(line if len(line) <= 400 else f"{line[:400]}…")
        belong = gold.belong_to(answer)
        unknown = _ANOTHER if gold.pair is not None else _UNKNOWN
        elsewhere = unknown if gold.lines else ""
        self.problem.setText(self._misfit(alignment.size) if belong else elsewhere)
        self.problem.setVisible(bool(self.problem.text()))
        agreement = gold.agreement(alignment) if belong else None
        straight = gold.straight(alignment)
        if agreement is None or straight is None:
            self.score.setVisible(False)
            return
        self.score.setVisible(True)
        self.score.setText(
            f"Error rate {agreement.error_rate:.1%}: precision {agreement.precision:.1%} of "
            f"{agreement.links} links, recall {agreement.recall:.1%} of {agreement.sure} sure "
            f"ones. A straight diagonal: {straight.error_rate:.1%}."
        )
        self.score.setToolTip(plain_tip(_HINT))

    def _show_choices(self) -> None:
        gold = self.session.alignments.gold
        self.about.setVisible(not gold.lines)
        self._gold_form.setVisible(bool(gold.lines))
        self.file.setVisible(bool(gold.lines))
        if gold.path is not None:
            lines = "line" if len(gold.lines) == 1 else "lines"
            self.file.setText(f"{gold.path.name}: {len(gold.lines):,} {lines}. {gold.said}.")
            self.base.setCurrentIndex(self.base.findData(gold.base))
        for box in (self.line, self.swapped, self.threshold):
            box.blockSignals(True)
        self.line.set_range(1, max(1, len(gold.lines)))
        self.line.set_value(gold.line + 1)
        self.swapped.setChecked(gold.swapped)
        self.threshold.set_value(gold.threshold)
        for box in (self.line, self.swapped, self.threshold):
            box.blockSignals(False)
        self.align.setEnabled(gold.pair is not None)
        self.claim.setVisible(bool(gold.lines) and gold.pair is None)
        self.score_all.setEnabled(gold.pairs_path is not None and not self._scoring)
        scored = self.session.alignments.tables.scores
        self.total.setVisible(scored is not None)
        if scored is not None:
            total = scored.model
            self.total.setText(
                f"All {len(gold.lines):,} lines: error rate {total.error_rate:.1%}, precision "
                f"{total.precision:.1%}, recall {total.recall:.1%}. A straight diagonal: "
                f"{scored.straight.error_rate:.1%}; an aligner that saw these pairs alone: "
                f"{scored.aligner.error_rate:.1%}."
            )
        self.direction.setCurrentIndex(self.direction.findData(gold.direction))
        self._link_form.setRowVisible(self.threshold, gold.direction == "threshold")

    def _misfit(self, size: tuple[int, int]) -> str:
        """Whether gold links name words that this sentence pair does not have."""
        links = self.session.alignments.gold.links
        if links is None or not links.possible:
            return ""
        source = max(link[0] for link in links.possible)
        target = max(link[1] for link in links.possible)
        if source < size[1] and target < size[0]:
            return ""
        return (
            f"This line links source word {source + 1} and target word {target + 1}; the sentence "
            f"has {size[1]} and the translation {size[0]}. It belongs to another sentence pair."
        )

    @Slot()
    def _change(self) -> None:
        self.session.alignments.gold.set(
            line=self.line.value() - 1,
            swapped=self.swapped.isChecked(),
            direction=self.direction.currentData(),
            threshold=self.threshold.value(),
        )

    @Slot()
    def _count_from(self) -> None:
        try:
            self.session.alignments.gold.count_from(self.base.currentData())
        except AlignmentError as error:
            self.problem.setText(str(error)[:1].upper() + str(error)[1:])
            self.problem.show()

    @Slot()
    def _ask_gold(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open gold links")
        if chosen:
            self.open_gold(Path(chosen))

    def open_gold(self, path: Path) -> None:
        """Read a file of gold links; what is wrong with it is said here."""
        try:
            self.session.alignments.gold.open(path)
        except AlignmentError as error:
            self.problem.setText(str(error)[:1].upper() + str(error)[1:])
            self.problem.show()

    @Slot()
    def _ask_pairs(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open the sentences of these links")
        if chosen:
            self.open_pairs(Path(chosen))

    def open_pairs(self, path: Path) -> None:
        """Read sentence pairs; what is wrong with them is said here."""
        try:
            self.session.alignments.gold.open_pairs(path)
        except AlignmentError as error:
            self.problem.setText(str(error)[:1].upper() + str(error)[1:])
            self.problem.show()

    @Slot()
    def _claim(self) -> None:
        answer = self.session.alignments.current
        if answer is not None:
            self.session.alignments.gold.claim(answer)

    @Slot()
    def _align(self) -> None:
        pair = self.session.alignments.gold.pair
        if pair is not None:
            self.session.alignments.align(*pair)

    @Slot()
    def _copy(self) -> None:
        QApplication.clipboard().setText(self._line())

    def _line(self) -> str:
        alignments = self.session.alignments
        answer = alignments.current
        if answer is None or not answer.decoded.has_attention:
            return ""
        return links_line(alignments.gold.found(self._aligned(answer)))

    def _aligned(self, answer: Answer) -> Alignment:
        """The weights between words as links count them."""
        alignments = self.session.alignments
        return alignments.gold.aligned(answer, words=alignments.joined(answer))

    @Slot()
    def _ask_where(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the links", "links.txt", "*.txt")
        if chosen:
            self.save_links(Path(chosen))

    def save_links(self, path: Path) -> None:
        """Write the links of this sentence in Pharaoh format, from 0."""
        alignments = self.session.alignments
        answer = alignments.current
        assert answer is not None
        try:
            write_links(path, [alignments.gold.found(self._aligned(answer))])
        except AlignmentError as error:
            self.problem.setText(str(error))
            self.problem.show()


def _directions() -> QComboBox:
    """How weights become links: short words, and what they mean as tips."""
    box = Choices()
    box.setAccessibleName("How weights become links")
    for name, about_direction in DIRECTIONS.items():
        box.addItem(_SHORT[name], name)
        tip = about_direction[:1].upper() + about_direction[1:]
        place = box.count() - 1
        box.setItemData(place, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
