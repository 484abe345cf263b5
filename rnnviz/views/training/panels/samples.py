"""What the model wrote, from the first step on: a timeline of its samples."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTextBrowser, QVBoxLayout, QWidget

from rnnviz.core.export.train_more import moments_of
from rnnviz.core.runs.record import Sample
from rnnviz.session.training.runs import OpenRun
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import mono_font, theme_of, ui_font
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.zooming import more_points
from rnnviz.views.training.train_more_view import TrainMoreView

_LOOKS = {"timeline": "All", "figure": "At first, train more"}
_AT_ONCE = 6
_MOST_SHOWN = 600


class SamplesPanel(Panel):
    """Every stage's samples below each other; the slider over checkpoints scrolls here too."""

    name = "samples"
    title = "Samples"
    needs = ("run",)

    def follow(self) -> None:
        """Follow the current run."""
        self._written: list[Sample] = []
        self._more = 0.0
        self._of: OpenRun | None = None
        self._caught_up = False
        self._places: dict[int, int] = {}
        runs = self.session.runs
        self.redraw_on(runs.curve_changed, runs.current_changed)

    def build(self) -> QWidget:
        """A choice of temperature over the timeline."""
        page = QWidget()
        self.temperature = Choices()
        self.temperature.setAccessibleName("Temperature")
        self.temperature.addItem("Every temperature", None)
        self.temperature.currentIndexChanged.connect(self._begin_again)
        self.count = Label()
        self.count.setProperty("role", "muted")
        self.text = QTextBrowser()
        self.text.setAccessibleName("Samples, the first on top")
        self.text.setOpenLinks(False)
        self.text.setTabStopDistance(4 * QFontMetricsF(mono_font(9.5)).horizontalAdvance(" "))
        self.look = Segments("Samples as", _LOOKS)
        self.look.chosen.connect(self._choose_look)
        self.figure = TrainMoreView()
        self.figure.count.value_changed.connect(self.request_draw)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.text)
        self.pages.addWidget(self.figure)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.temperature)
        row.addWidget(self.count)
        chosen = QWidget()
        chosen.setLayout(row)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(WrappingRow(self.look, chosen))
        column.addWidget(self.pages, 1)
        return page

    def draw(self) -> None:
        """Write what is new; at most a few in a frame."""
        run = self.session.runs.current
        assert run is not None
        samples = run.watched.record.samples
        self._offer(samples)
        if self.look.value == "figure":
            self._show_figure(run)
            return
        wanted = self._wanted(samples)
        if run is not self._of or self._written != wanted[: len(self._written)]:
            self._of = run
            self._clear()
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        follows = run.watched.state == "running" and not run.watched.behind
        fresh = wanted[len(self._written) : len(self._written) + _AT_ONCE]
        for sample in fresh:
            self._write(sample, run)
        if at_end and fresh and self._caught_up and follows:
            bar.setValue(bar.maximum())
        stages = len({sample.step for sample in wanted})
        self.count.setText(f"{stages:,} stage{'s' * (stages != 1)}" if wanted else "No sample yet")
        # A run that was just opened is read from its beginning; later the newest is followed.
        self._caught_up = len(self._written) == len(wanted)
        if not self._caught_up:
            self.request_draw()

    def _show_figure(self, run: OpenRun) -> None:
        record, temperature = run.watched.record, self.temperature.currentData()
        moments = moments_of(record, self.figure.count.value(), temperature)
        self.figure.show_moments(moments, run.name)
        self.count.setText("" if moments else "No sample yet")

    @Slot()
    def _choose_look(self) -> None:
        figure = self.look.value == "figure"
        self.pages.setCurrentWidget(self.figure if figure else self.text)
        # Every temperature at once makes no figure: then it is the middle one.
        self.temperature.setItemText(0, "The middle one" if figure else "Every temperature")
        self.request_draw()

    def zoom(self, steps: float) -> None:
        """Make the words larger by so many points; 0 as usual."""
        self._more = more_points(self._more, steps)
        if self._content is not None:
            self._begin_again()

    def show_step(self, step: int) -> None:
        """Scroll to the samples of the last stage up to this step."""
        before = [known for known in self._places if known <= step]
        if before and not self.empty:
            block = self.text.document().findBlock(self._places[max(before)])
            layout = self.text.document().documentLayout()
            self.text.verticalScrollBar().setValue(int(layout.blockBoundingRect(block).top()))

    def changeEvent(self, event: QEvent) -> None:
        """Write everything anew when light becomes dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_written", None):
            self._begin_again()

    def _wanted(self, samples: list[Sample]) -> list[Sample]:
        chosen = self.temperature.currentData()
        wanted = [one for one in samples if chosen is None or one.temperature == chosen]
        if len(wanted) > _MOST_SHOWN:
            every = -(-len(wanted) // _MOST_SHOWN)
            wanted = wanted[::every]
        return wanted

    def _write(self, sample: Sample, run: OpenRun) -> None:
        theme = theme_of(self)
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        new_stage = not self._written or self._written[-1].step != sample.step
        if new_stage:
            heading = QTextCharFormat()
            heading.setFont(ui_font(10 + self._more))
            heading.setFontWeight(QFont.Weight.DemiBold)
            heading.setForeground(QColor(theme.text))
            _block(cursor, top=16 if self._written else 0, first=not self._written)
            self._places[sample.step] = cursor.position()
            cursor.insertText(_stage(sample.step, run), heading)
        caption = QTextCharFormat()
        caption.setFont(ui_font(9 + self._more))
        caption.setForeground(QColor(theme.muted))
        _block(cursor, top=6)
        cursor.insertText(f"Temperature {sample.temperature:g}", caption)
        body = QTextCharFormat()
        body.setFont(mono_font(9.5 + self._more))
        body.setForeground(QColor(theme.text if sample.text else theme.muted))
        _block(cursor, top=2)
        # One block with line separators: a sample of many lines stays one paragraph.
        shown = sample.text.replace("\n", "\N{LINE SEPARATOR}")
        cursor.insertText(shown or "(nothing could be sampled: the weights are not numbers)", body)
        self._written.append(sample)

    def _offer(self, samples: list[Sample]) -> None:
        found = sorted({sample.temperature for sample in samples})
        listed = [self.temperature.itemData(i) for i in range(1, self.temperature.count())]
        self.temperature.setVisible(len(found) > 1)
        if found == listed:
            return
        chosen = self.temperature.currentData()
        self.temperature.blockSignals(True)
        while self.temperature.count() > 1:
            self.temperature.removeItem(1)
        for temperature in found:
            self.temperature.addItem(f"Temperature {temperature:g}", temperature)
        self.temperature.setCurrentIndex(max(0, self.temperature.findData(chosen)))
        self.temperature.blockSignals(False)

    def _clear(self) -> None:
        self.text.clear()
        self._written, self._places, self._caught_up = [], {}, False

    @Slot()
    def _begin_again(self) -> None:
        self._of = None
        self.request_draw()


def _block(cursor: QTextCursor, top: int, first: bool = False) -> None:
    style = QTextBlockFormat()
    style.setTopMargin(top)
    if first:
        cursor.setBlockFormat(style)
    else:
        cursor.insertBlock(style)


def _stage(step: int, run: OpenRun) -> str:
    if step == 0:
        return "At first"
    epoch = run.watched.record.epoch
    read = f", {epoch.at([step])[0]:.2f} epochs" if epoch.steps else ""
    return f"After {step:,} step{'s' * (step != 1)}{read}"
