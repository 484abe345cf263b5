"""What the ticked runs were trained with, side by side."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from rnnviz.core.runs.comparing.settings import differing, settings_in_words, side_by_side
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label

_MOST = 6
"""More columns than these nobody can read."""


class SettingsPanel(Panel):
    """A row a setting; the current run first, and the settings in which runs differ on top."""

    name = "settings"
    title = "Settings"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the runs, and what is changed while they go on."""
        runs = self.session.runs
        self.redraw_on(runs.runs_changed, runs.current_changed, runs.curve_changed)

    def build(self) -> QWidget:
        """A line of words over the table."""
        page = QWidget()
        self.words = Label()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self.words.setContentsMargins(12, 8, 12, 8)
        self.table = QuietTable("Settings of the training runs", ("Setting",))
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.words)
        column.addWidget(self.table, 1)
        return page

    def draw(self) -> None:
        """Read what the runs say."""
        runs = self._runs()
        found = [settings_in_words(run.watched.record) for run in runs]
        rows = side_by_side(found)
        if self.table.columnCount() != 1 + len(runs):
            self.table.setColumnCount(1 + len(runs))
        self.table.setHorizontalHeaderLabels(["Setting", *(run.name for run in runs)])
        self.table.show_rows(rows)
        self.table.setVisible(bool(rows))
        self.words.setText(_in_words(rows, len(runs)))

    def _runs(self) -> list[OpenRun]:
        current = self.session.runs.current
        assert current is not None
        others = [run for run in self.session.runs.shown if run is not current]
        return [current, *others][:_MOST]


def _in_words(rows: list[tuple[str, ...]], runs: int) -> str:
    if not rows:
        return "The run does not say how it was trained."
    if runs == 1:
        return "Tick further runs to see them beside this one."
    first = differing(rows)
    if not first:
        return "These runs are alike in every setting."
    return f"They differ in the first {first:,}." if first > 1 else "They differ in the first."
