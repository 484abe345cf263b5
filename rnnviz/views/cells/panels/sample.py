"""Text that the open model writes, one character after the other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.controls.number_field import NumberField, WholeField
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import mono_font
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.words.whole_text import whole_text
from rnnviz.work.jobs.cells import Sample

_ANY_SEED = -1


class SamplePanel(Panel):
    """Start, length, temperature, top-k and seed; then the sample as it grows."""

    name = "sample"
    title = "Sample"
    needs = ("model",)

    def follow(self) -> None:
        """Follow the sample and the jobs."""
        self.session.inspection.sample_changed.connect(self.request_draw)
        self.session.jobs.changed.connect(self._show_state)

    def build(self) -> QWidget:
        """Settings above, the text below."""
        page = QWidget()
        self.start = QPlainTextEdit()
        self.start.setFont(mono_font(10))
        self.start.setPlaceholderText("What comes before the sample (nothing: a new line)")
        self.start.setFixedHeight(52)
        self.start.setTabChangesFocus(True)
        self.length = WholeField("Length", 1, 100_000, tip="characters")
        self.length.set_value(500)
        self.temperature = NumberField(
            "Temperature", 0.0, 2.0, step=0.1,
            tip="0 always takes the likeliest character; above 1 is wilder",
        )  # fmt: skip
        self.temperature.set_value(0.8)
        self.top_k = WholeField(
            "Top-k", 0, 10_000, special="all", tip="Only the likeliest so many may be drawn"
        )
        self.seed = WholeField(
            "Seed", _ANY_SEED, 2**31 - 1, special="any", tip="The same seed gives the same text"
        )
        self.seed.set_value(_ANY_SEED)
        self._numbers = (self.length, self.temperature, self.top_k, self.seed)
        for field in self._numbers:
            field.problem_changed.connect(self.request_draw)
        self.generate = QPushButton("Generate")
        self.generate.clicked.connect(self.start_or_stop)
        self.colour = QPushButton("Colour it")
        self.colour.setToolTip("Take the sample as the text and see what the units do in it")
        self.colour.clicked.connect(self.show_sample)
        self.output = QPlainTextEdit()
        self.output.setReadOnly(True)
        self.output.setFont(mono_font(10))
        self.output.setPlaceholderText("The sample appears here as the model writes it.")
        self.output.setAccessibleName("Sample")
        settings = QGridLayout()
        settings.setHorizontalSpacing(8)
        settings.setVerticalSpacing(4)
        for place, (caption, widget) in enumerate(
            (
                ("Length", self.length),
                ("Temperature", self.temperature),
                ("Top-k", self.top_k),
                ("Seed", self.seed),
            )
        ):
            row, side = divmod(place, 2)
            settings.addWidget(_caption(caption, widget), 2 * row, side)
            settings.addWidget(widget, 2 * row + 1, side)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.generate)
        buttons.addWidget(self.colour)
        buttons.addStretch(1)
        column_of_all = QVBoxLayout(page)
        column_of_all.setContentsMargins(12, 12, 12, 12)
        column_of_all.setSpacing(8)
        column_of_all.addWidget(_caption("Start", self.start))
        column_of_all.addWidget(self.start)
        column_of_all.addLayout(settings)
        column_of_all.addLayout(buttons)
        column_of_all.addWidget(self.output, 1)
        return page

    def draw(self) -> None:
        """Show the sample so far and which buttons work."""
        sampling = self.session.jobs.busy(Sample)
        shown, text = whole_text(self.output), self.session.inspection.sample
        if text.startswith(shown) and shown:
            cursor = self.output.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.insertText(text[len(shown) :])
        elif text != shown:
            self.output.setPlainText(text)
        self.generate.setText("Stop" if sampling else "Generate")
        refused = any(field.problem for field in self._numbers)
        self.generate.setEnabled(sampling or not refused)
        self.colour.setEnabled(bool(text) and not sampling)

    @Slot()
    def start_or_stop(self) -> None:
        """Ask for a sample, or stop the one under way; what it wrote stays."""
        if self.session.jobs.busy(Sample):
            self.session.jobs.cancel(Sample)
        else:
            seed = self.seed.value()
            self.session.inspection.request_sample(
                whole_text(self.start),
                self.length.value(),
                self.temperature.value(),
                self.top_k.value(),
                None if seed == _ANY_SEED else seed,
            )
        self.request_draw()

    @Slot()
    def show_sample(self) -> None:
        """Make start and sample the open text."""
        self.session.recordings.show_text(
            Text.of(whole_text(self.start) + self.session.inspection.sample, "sample")
        )

    @Slot()
    def _show_state(self) -> None:
        self.request_draw()


def _caption(words: str, widget: QWidget) -> QLabel:
    label = Label(words)
    label.setProperty("role", "muted")
    label.setBuddy(widget)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft)
    widget.setAccessibleName(words)
    return label
