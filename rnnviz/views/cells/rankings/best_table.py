"""The best unit for each concept: what a model that was just opened has to show."""

from __future__ import annotations

import math

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.recordings.groups import Groups
from rnnviz.session.session import Session
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.work.jobs.cells import BestUnit, BestUnits

_HEADS = ("Concept", "Unit", "Score", "Chance")
_TIPS = (
    "What the unit follows. A click shows it in the text",
    "The layer and the unit in it, and which of its states",
    (
        "AUC of yes or no: how often the value is higher where the concept holds, 0.5 by guess. "
        "r of a count: Pearson's correlation, below zero where the unit falls as the count grows"
    ),
    "The best that any unit reaches by the same measure with the labels shifted round the text",
)
_NO_CHANCE = "The text is too short to say what chance gives."
_NAMED = 6
"""So many odd units are named; of more their number is said."""


class BestTable(QWidget):
    """A row for each concept; a click selects the unit and the concept."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: BestUnits | None = None
        self.heading = Label("The best unit for each concept")
        self.heading.setProperty("role", "title")
        self.table = QuietTable("The best unit for each concept", _HEADS, tips=_TIPS)
        self.table.cellClicked.connect(self._choose)
        self.table.cellActivated.connect(self._choose)
        self.odd = Label()
        self.odd.setProperty("role", "muted")
        self.odd.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.table, 1)
        column.addWidget(self.odd)
        session.selection.unit_changed.connect(self._show_chosen)
        session.selection.concept_changed.connect(self._show_chosen)
        self.hide()

    def show_best(self, found: BestUnits | None) -> None:
        """Show what was found, or nothing."""
        recording = self._session.recordings.recording
        if found is None or recording is None or not (found.best or found.dead or found.runaway):
            self.hide()
            return
        if found is not self._shown:
            self._shown = found
            groups, holds = recording.groups, self._session.recordings.holds
            dead = tuple(unit for unit in found.dead if not holds(unit))
            self.table.show_rows([_row(best, groups) for best in found.best])
            self.odd.setText(" ".join(filter(None, (
                _odd("Dead, whatever is read: ", dead, groups),
                _odd("Runaway, beyond ±100: ", found.runaway, groups),
                "" if any(map(_chance_known, found.best)) else _NO_CHANCE * bool(found.best),
            ))))  # fmt: skip
            self.odd.setVisible(bool(self.odd.text()))
            self._show_chosen()
        self.show()

    @Slot()
    def _show_chosen(self) -> None:
        selection = self._session.selection
        chosen = selection.concept, selection.unit, selection.channel
        best = self._shown.best if self._shown is not None else ()
        rows = (
            row for row, one in enumerate(best) if (one.concept, one.unit, one.channel) == chosen
        )
        self.table.choose_row(next(rows, None))

    @Slot(int, int)
    def _choose(self, row: int, _column: int) -> None:
        if self._shown is not None and row < len(self._shown.best):
            best = self._shown.best[row]
            self._session.selection.set_concept(best.concept)
            self._session.selection.select_unit(best.unit, best.channel)


def _row(best: BestUnit, groups: Groups) -> tuple[str, ...]:
    unit = groups.unit_name(best.unit)
    if best.channel != groups.of(best.unit).channels[0]:
        unit = f"{unit} {best.channel}"
    score, chance = best.auc, best.null_auc
    if best.scalar:
        score, chance = best.correlation, best.null_correlation
    return best.title, unit, f"{'r' if best.scalar else 'AUC'} {_figure(score)}", _figure(chance)


def _chance_known(best: BestUnit) -> bool:
    return math.isfinite(best.null_correlation if best.scalar else best.null_auc)


def _figure(value: float) -> str:
    return shown_number(value, ".2f") if math.isfinite(value) else "–"


def _odd(words: str, units: tuple[int, ...], groups: Groups) -> str:
    if not units:
        return ""
    named = ", ".join(groups.unit_name(unit) for unit in units[:_NAMED])
    more = f" and {len(units) - _NAMED} more" if len(units) > _NAMED else ""
    return f"{words}{named}{more}."
