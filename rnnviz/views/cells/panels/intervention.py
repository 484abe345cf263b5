"""What happens when the selected unit is cut, held or added to, beside random units."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.cells.intervention import Ablation, Effect, Intervention
from rnnviz.session.cells.interventions import CHARACTERS
from rnnviz.views.shared.controls.number_field import NumberField
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.controls.segments import Segments
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label, plain_tip


class InterventionPanel(Panel):
    """A choice of what is done, the losses with and without it, and a sample each way."""

    name = "intervention"
    title = "Intervene"
    needs = ("model", "recording")

    def follow(self) -> None:
        """Follow the selected unit, the concept, and what was measured."""
        self.session.interventions.changed.connect(self.request_draw)

    def build(self) -> QWidget:
        """The choice above the table, samples below."""
        page = QWidget()
        self.how = Segments("What is done", {"cut": "Cut", "hold": "Hold at", "add": "Add"})
        self.how.chosen.connect(self._chosen)
        self.value = NumberField("Value", -100.0, 100.0, step=0.1)
        self.value.set_value(1.0)
        self.value.setEnabled(False)
        self.value.value_changed.connect(self._changed)
        self.measure = QPushButton("Measure")
        self.measure.setToolTip(
            plain_tip(
                f"Read the first {CHARACTERS:,} characters with the unit changed, and with the "
                "same done to 20 random units of its layer"
            )
        )
        self.measure.clicked.connect(self._measure)
        self.redraw = QPushButton("Read with it")
        self.redraw.setCheckable(True)
        self.redraw.setToolTip(
            "Read the open text with the unit changed: its colours, the predictions, the verdict "
            "and samples are then those of the changed network"
        )
        self.redraw.clicked.connect(self._read)
        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self.how)
        tools.addWidget(self.value)
        tools.addStretch(1)
        self.note = Label()
        self.note.setWordWrap(True)
        self.table = QuietTable("Losses, nats a character", ("", "all", "on", "elsewhere"))
        self.samples = QPlainTextEdit()
        self.samples.setReadOnly(True)
        self.samples.setAccessibleName("What the model writes without it, and with it")
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(tools)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.measure)
        buttons.addWidget(self.redraw)
        column.addLayout(buttons)
        column.addWidget(self.note)
        column.addWidget(self.table, 1)
        column.addWidget(self.samples, 1)
        return page

    def draw(self) -> None:
        """What was measured of this, or what measuring would tell."""
        wished = self._wished()
        self.measure.setEnabled(wished is not None and not self.session.interventions.busy)
        followed = self.session.recordings.followed
        self.redraw.setEnabled(wished is not None and not followed)
        self.redraw.setChecked(self.session.interventions.shown is not None)
        found = self.session.interventions.answer(wished) if wished is not None else None
        self.table.setVisible(found is not None)
        self.samples.setVisible(found is not None and bool(found.changed_sample))
        if found is None:
            self.note.setText(
                "Measure tells what the losses become, on the concept's places and elsewhere, "
                "beside the same done to 20 random units of the layer."
            )
            return
        about = found.ablation
        self.note.setText(_sentence(about, self.session.selection.concept))
        self.table.show_rows(_rows(about), wide=0)
        self.samples.setPlainText(
            f"Without:\n{found.sample}\n\n{about.intervention.in_words.capitalize()}:\n"
            f"{found.changed_sample}"
        )

    def _wished(self) -> Intervention | None:
        return self.session.interventions.intervention(self.how.value, self.value.value())

    @Slot()
    def _measure(self) -> None:
        wished = self._wished()
        if wished is not None:
            self.session.interventions.request(wished)

    @Slot(bool)
    def _read(self, changed: bool) -> None:
        self.session.interventions.show(self._wished() if changed else None)

    @Slot(str)
    def _chosen(self, how: str) -> None:
        self.value.setEnabled(how != "cut")
        self._changed()

    @Slot()
    def _changed(self) -> None:
        """Another thing is to be done: while the text shows what is done, to the same unit."""
        shown, wished = self.session.interventions.shown, self._wished()
        if shown is not None and wished is not None and _same_unit(shown, wished):
            self.session.interventions.show(wished)
        self.request_draw()


def _same_unit(one: Intervention, other: Intervention) -> bool:
    return (one.layer, one.unit) == (other.layer, other.unit)


def _sentence(about: Ablation, concept: str | None) -> str:
    """What it costs, with what random units cost beside it."""
    cost = about.changed.loss - about.plain.loss
    said = (
        f"{about.intervention.in_words.capitalize()}: {cost:+.4f} nats a character over "
        f"{about.predictions:,} predictions"
    )
    said += (
        f"; {about.rank()} of {len(about.others)} random units of the layer cost as much or more."
        if about.others
        else "."
    )
    if concept is not None and about.changed.on is not None and about.plain.on is not None:
        on = about.changed.on - about.plain.on
        said += f" Where the concept holds ({about.on:,} predictions): {on:+.4f}"
        said += (
            f"; {about.rank('on')} of {len(about.others)} cost as much there."
            if about.others
            else "."
        )
    return said


def _rows(about: Ablation) -> list[tuple[str, str, str, str]]:
    rows = [
        ("as it is", *_effect(about.plain)),
        (about.intervention.in_words, *_effect(about.changed)),
    ]
    if about.others:
        rows += [
            ("random units, median", *_effect(about.of_others(0.5))),
            ("random units, dearest", *_effect(about.of_others(1.0))),
        ]
    return rows


def _effect(effect: Effect) -> tuple[str, str, str]:
    return _nats(effect.loss), _nats(effect.on), _nats(effect.off)


def _nats(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
