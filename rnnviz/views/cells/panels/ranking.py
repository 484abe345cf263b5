"""Which units follow a concept: the ranking of all units, what chance gives, and the probe."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.recordings.groups import Groups
from rnnviz.core.scoring import Ranking, Score
from rnnviz.core.sequences.in_words import steps_called
from rnnviz.views.cells.choosing.concept_picker import ConceptPicker
from rnnviz.views.cells.rankings.best_table import BestTable
from rnnviz.views.cells.rankings.document_ranking import DocumentRankingTable
from rnnviz.views.cells.rankings.ranking_table import RankingTable
from rnnviz.views.plots.parts.export import csv_writer
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.wrapping_row import WrappingRow, side_by_side
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.question_boxes import save_as
from rnnviz.views.shared.saving import Turns
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.views.text.painting.missing_fonts import shown_marks
from rnnviz.work.jobs.cells import FitProbe, Rank

if TYPE_CHECKING:
    from rnnviz.core.scoring.probe import Probe


class RankingPanel(Panel):
    """Choose a concept, rank, and walk through the units; the text takes their colours.

    Signals:
        concept_dialog_requested: the person wants to make a concept.
    """

    concept_dialog_requested = Signal()

    name = "ranking"
    title = "Ranking"

    def follow(self) -> None:
        """Follow concepts, rankings, probes, the unit, and the jobs that bring them."""
        self._shown: tuple[Ranking | None, object] = (None, None)
        rankings, selection = self.session.rankings, self.session.selection
        self.redraw_on(
            rankings.concepts_changed,
            rankings.best_changed,
            rankings.labels_changed,
            rankings.ranking_changed,
            rankings.probe_changed,
            rankings.documents_changed,
            selection.concept_changed,
            selection.unit_changed,
            self.session.jobs.changed,
        )
        self._asked = ""
        """The concept that the person has all units ranked for."""
        rankings.ranking_changed.connect(self._select_winner)

    def build(self) -> QWidget:
        """The concept, one sentence, filters, and the table."""
        page = QWidget()
        self.concepts = ConceptPicker()
        self.concepts.chosen.connect(self.session.selection.set_concept)
        self.new = _tool("plus", "New concept…")
        self.new.clicked.connect(self.concept_dialog_requested)
        self.rank = QPushButton("Rank")
        self.rank.setToolTip("Score every unit of every channel for this concept")
        self.rank.clicked.connect(self.start_ranking)
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.channel = Choices()
        self.channel.setAccessibleName("Show only this channel")
        self.layer = Choices()
        self.layer.setAccessibleName("Show only this layer")
        for box in (self.channel, self.layer):
            box.activated.connect(self._filter)
        self.probe = QPushButton("Probe")
        self.probe.setToolTip("How much all units together know of the concept: a linear probe")
        self.probe.clicked.connect(self.start_probe)
        self.export = _tool("download", "Save the table as CSV…")
        self.export.clicked.connect(self._ask_where)
        self.table = RankingTable()
        self.table.unit_chosen.connect(self.session.selection.select_unit)
        self.results = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(_row(self.concepts, self.new, self.rank))
        self.sentence.setContentsMargins(12, 0, 12, 0)
        column.addWidget(self.sentence)
        below = QVBoxLayout(self.results)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        # Two lines where the panel is narrow: beside each other the lists would lose letters.
        kept = side_by_side(self.channel, self.layer)
        below.addWidget(WrappingRow(kept, side_by_side(self.probe, self.export)))
        below.addWidget(self.table, 1)
        column.addWidget(self.results, 1)
        self.best = BestTable(self.session)
        column.addWidget(self.best, 1)
        self.documents = DocumentRankingTable(self.session)
        column.addWidget(self.documents, 1)
        column.addStretch(0)
        return page

    def draw(self) -> None:
        """Show what is known of the chosen concept, and what is under way."""
        rankings, selection = self.session.rankings, self.session.selection
        recording, name = self.session.recordings.recording, selection.concept
        assert recording is not None
        ranking = rankings.ranking(name) if name else None
        self.concepts.set_concepts(rankings.suited)
        self.concepts.set_current(name)
        self._show_jobs(name, ranking)
        if (ranking, recording.groups.shape) != self._shown:
            self._shown = (ranking, recording.groups.shape)
            self._show_ranking(ranking, recording.groups)
        self.results.setVisible(ranking is not None)
        if recording.complete:
            rankings.request_best()
        self.best.show_best(rankings.best if ranking is None else None)
        self.documents.refresh()
        self.table.mark(selection.unit, selection.channel)
        concept = rankings.concept(name) if name else None
        reading = rankings.reading(name) if name else ""
        if ranking is not None:
            said = verdict(
                ranking,
                rankings.probe(ranking.concept),
                recording.groups,
                steps_called(recording.sequence),
            )
            self.sentence.setText(f"{said} {reading}".strip())
        elif concept is not None:
            about = shown_marks(concept.about, self.font())
            words = (about, reading, "Rank the units to see which follow it.")
            self.sentence.setText(" ".join(filter(None, words)))
        else:
            self.sentence.setText(
                "Choose a concept, then rank all units by how well they follow it."
            )

    @Slot()
    def start_ranking(self) -> None:
        """Rank all units for the chosen concept."""
        concept = self.session.selection.concept
        if concept is not None:
            self._asked = concept
            self.session.rankings.request_ranking(concept)

    @Slot(str)
    def _select_winner(self, name: str) -> None:
        """Show the best unit of a ranking that was asked for here, if nothing else was chosen."""
        ranking = self.session.rankings.ranking(name)
        asked, self._asked = self._asked, ""
        if name == asked == self.session.selection.concept and ranking and ranking.scores:
            best = ranking.scores[0]
            reached = best.correlation if ranking.scalar else best.auc
            if not math.isnan(reached):  # else none is better than another
                self.session.selection.select_unit(best.unit, best.channel)

    @Slot()
    def start_probe(self) -> None:
        """Fit the probe for the chosen concept."""
        if self.session.selection.concept is not None:
            self.session.rankings.request_probe(self.session.selection.concept)

    def saving(self, path: Path) -> Turns:
        """Write the rows that are shown as CSV."""
        yield csv_writer(self.table.ranking.table(), path)

    def _show_jobs(self, name: str | None, ranking: Ranking | None) -> None:
        busy = self.session.jobs.busy
        self.rank.setEnabled(name is not None and not busy(Rank))
        self.rank.setText("Ranking…" if busy(Rank) else "Rank")
        self.rank.setDefault(ranking is None)
        rankings = self.session.rankings
        known = (
            name is not None
            and rankings.probe(name) is not None
            and not rankings.probe_is_partial(name)
        )
        self.probe.setEnabled(not busy(FitProbe) and not known)
        self.probe.setText("Probing…" if busy(FitProbe) else "Probe")

    def _show_ranking(self, ranking: Ranking | None, groups: Groups) -> None:
        scores = ranking.scores if ranking else ()
        self.table.ranking.set_scores(scores, groups, bool(ranking and ranking.scalar))
        channels = dict.fromkeys(score.channel for score in scores)
        _offer(self.channel, {"All channels": None, **{name: name for name in channels}})
        numbers = {
            f"{group.words[:1].upper()}{group.words[1:]}": place
            for place, group in enumerate(groups)
        }
        _offer(self.layer, {"All layers": None, **numbers})
        self._filter()

    @Slot()
    def _filter(self) -> None:
        self.table.ranking.keep(self.channel.currentData(), self.layer.currentData())

    @Slot()
    def _ask_where(self) -> None:
        proposed = f"ranking-{self.session.selection.concept}.csv"
        save_as(self, "Save the table", proposed, self.saving)


def verdict(
    ranking: Ranking, probe: Probe | None, groups: Groups, steps: str = "characters"
) -> str:
    """What a ranking says, in plain words: how common, what chance gives, how good the best is."""
    if not ranking.scores:
        return f"No {steps} could be scored: the text is too short, or the label never changes."
    best = ranking.scores[0]
    name = f"{groups.unit_name(best.unit)} {best.channel}"
    words = [_how_common(ranking, steps), _how_good(ranking, best, name)]
    if probe is not None:
        words.append(_beside_probe(ranking, probe))
    return " ".join(words)


def _how_common(ranking: Ranking, steps: str) -> str:
    over = f"of {ranking.characters:,} {steps}"
    if ranking.scalar:
        return (
            f"A number for each {over}; AUC and F1 ask whether it is at least "
            f"{ranking.positive_from:g}, above the median."
        )
    return f"True for {ranking.base_rate:.1%} {over}."


def _how_good(ranking: Ranking, best: Score, name: str) -> str:
    if ranking.scalar:
        reached, chance, figure = abs(best.correlation), ranking.null_correlation, "|r|"
    else:
        reached, chance, figure = best.auc, ranking.null_auc, "AUC"
    if math.isnan(reached):
        return "No unit could be scored."
    words = f"The best unit, {name}, reaches {figure} {reached:.2f}"
    if math.isnan(chance):
        return f"{words}; the text is too short to say what chance gives."
    beaten = reached > chance
    return (
        f"{words}; chance gives {chance:.2f}."
        if beaten
        else (f"{words}, no better than chance, which gives {chance:.2f}.")
    )


def _beside_probe(ranking: Ranking, probe: Probe) -> str:
    figure, together, alone = "AUC", probe.together.auc, probe.alone.auc
    if ranking.scalar:
        figure, together, alone = "r", probe.together.correlation, abs(probe.alone.correlation)
    return (
        f"On the second half of the text a linear probe over all units reaches {figure} "
        f"{together:.2f}; the best unit alone {alone:.2f}."
    )


def _tool(icon: str, name: str) -> QToolButton:
    button = QToolButton()
    set_icon(button, icon)
    button.setAccessibleName(name)
    button.setToolTip(plain_tip(name))
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    """Widgets beside each other."""
    row = QHBoxLayout()
    row.setContentsMargins(12, 8, 12, 8)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return row


def _offer(box: QComboBox, choices: dict[str, object]) -> None:
    box.clear()
    for title, value in choices.items():
        box.addItem(title, value)
