"""How the weights and the gradients of one parameter lie, over the training of the current run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QListWidgetItem,
    QWidget,
)

from rnnviz.core.runs.directory.arrays import RowReader
from rnnviz.core.runs.histograms import KINDS, Histogram, histogram_of, spread
from rnnviz.core.runs.record import HistogramRow, RunRecord
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.plots import RidgePlot
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.training.panels.page import QuietWords, list_of_names, page_of

_WHAT = {"weights": "Weights", "gradients": "Gradients"}
_OUTSIDE = 0.002
"""This share of the numbers may lie beyond the axis: else a few would make the rest a needle."""


class HistogramsPanel(Panel):
    """A ridge a checkpoint, for one parameter; of event files one tag."""

    name = "histograms"
    title = "Histograms"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        self._rows: tuple[RunRecord, RowReader] | None = None
        runs = self.session.runs
        self.redraw_on(runs.curve_changed, runs.current_changed, runs.runs_changed)

    def prepare(self) -> Iterator[None]:
        """The plot."""
        self.plot = RidgePlot("Histograms of a parameter over the training", self)
        yield

    def build(self) -> QWidget:
        """What is shown, of which parameter, and the plot."""
        self.what = Segments("What of the parameter", _WHAT)
        self.what.chosen.connect(self._choose)
        self.words = QuietWords()
        self.names = list_of_names("Parameter")
        self.names.currentRowChanged.connect(self._choose)
        return page_of([self.what], self.words, [(self.names, 0), (self.plot, 1)])

    def draw(self) -> None:
        """The histograms of what is chosen."""
        run = self.session.runs.current
        assert run is not None
        record = run.watched.record
        tags = tuple(record.histograms)
        rows = record.histogram_rows
        names = tags or (rows[-1].names if rows else ())
        self._list(names)
        self.what.setVisible(not tags and bool(names))
        for widget in (self.names, self.plot):
            widget.setVisible(bool(names))
        if not names:
            self.words.setText(_why_none(run))
            return
        chosen = names[max(0, self.names.currentRow())]
        kept = spread(record.histograms[chosen]) if tags else self._of_ours(run, rows, chosen)
        if kept is None:
            self.words.setText("Reading…")
            self.request_draw()
            return
        self.plot.set_title(chosen)
        self.plot.set_labels("" if tags else _WHAT[self.what.value].lower(), "")
        self.plot.set_histograms(kept, _reach(kept), run.ink)
        self.words.setText(
            _in_words(kept, missing="gradient" if self.what.value == KINDS[1] else "")
        )
        self.words.setToolTip(plain_tip(self.words.text()))

    def _of_ours(
        self, run: OpenRun, rows: Sequence[HistogramRow], name: str
    ) -> list[Histogram] | None:
        """Those of one parameter; None until the drive has given them."""
        record = run.watched.record
        if self._rows is None or self._rows[0] is not record:
            self._rows = record, RowReader(run.watched.directory)
        reader = self._rows[1]
        wanted = [row for row in spread(rows) if name in row.names]
        if not reader.load(wanted):
            return None
        found = []
        for row in wanted:
            values = reader.kept(row)
            place = row.names.index(name) + len(row.names) * KINDS.index(self.what.value)
            one = None if values is None else histogram_of(row.step, values[place])
            if one is not None:
                found.append(one)
        return found

    def _list(self, names: tuple[str, ...]) -> None:
        if names == tuple(self.names.item(row).text() for row in range(self.names.count())):
            return
        chosen: QListWidgetItem | None = self.names.currentItem()
        before = "" if chosen is None else chosen.text()
        self.names.blockSignals(True)
        self.names.clear()
        self.names.addItems(list(names))
        for row, name in enumerate(names):
            self.names.item(row).setToolTip(plain_tip(name))
        self.names.setCurrentRow(names.index(before) if before in names else 0 if names else -1)
        self.names.blockSignals(False)

    @Slot()
    def _choose(self) -> None:
        self.request_draw()


def _reach(kept: Sequence[Histogram]) -> tuple[float, float]:
    """Where nearly all numbers of every histogram lie."""
    spans = [one.between(_OUTSIDE) for one in kept if one.total]
    if not spans:
        return (-1.0, 1.0)
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    room = 0.03 * (high - low) or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _in_words(kept: Sequence[Histogram], missing: str) -> str:
    if not kept:
        return f"No {missing or 'number'} was recorded yet."
    newest = kept[-1]
    said = f"{round(newest.total):,} numbers; a ridge is one step, the newest in front."
    bad = next((one for one in kept if one.not_finite), None)
    if bad is not None:
        said = f"{bad.not_finite:,} were NaN or infinite at step {bad.step:,}. {said}"
    return said


def _why_none(run: OpenRun) -> str:
    record: RunRecord = run.watched.record
    if not run.ours:
        return "These event files hold no histograms."
    if record.config.get("task") == "own-loop":
        return "None yet: run.watch(model, histograms=500) records them."
    if record.config.get("histograms") is False:
        return "This run was started without histograms."
    return (
        "None yet: they are recorded with each checkpoint."
        if run.live
        else ("This run recorded none; those trained from now on do, at every checkpoint.")
    )
