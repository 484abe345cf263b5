"""Which network do these tensors make up? Asked where a file is between several."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnviz.session.shared.jobs import Failure, Jobs
from rnnviz.views.shared.controls.quiet_table import QuietTable
from rnnviz.views.shared.question_boxes import accept_buttons
from rnnviz.views.shared.stylesheet import restyle
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.work.jobs.models import JudgeReadings, ListTensors, ReadingsJudged, TensorsListed

_COLUMNS = ("What it could be", "Loss in nats on the text")


class ReadingDialog(QDialog):
    """Shows what was found, tensors grouped by module, what it could be, and what each loses.

    Args:
        text: on which the readings are judged; the open one, unless another is chosen.
        vocabulary: its symbols, where they are known.
    """

    def __init__(
        self,
        jobs: Jobs,
        path: Path,
        message: str,
        parent: QWidget | None = None,
        text: Path | None = None,
        vocabulary: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._path, self._vocabulary = jobs, path, vocabulary
        self._readings: tuple[str, ...] = ()
        self.setWindowTitle("Which network is it?")
        self.resize(760, 560)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        said = Label(message)
        said.setTextFormat(Qt.TextFormat.PlainText)
        said.setWordWrap(True)
        column.addWidget(said)
        self.found = QTreeWidget()
        self.found.setHeaderLabels(("Module", "Tensors"))
        self.found.setAccessibleName("What was found, module by module")
        self.found.setRootIsDecorated(False)
        column.addWidget(self.found, 1)
        name = "What it could be, the likeliest first"
        self.table = QuietTable(name, _COLUMNS, numbers=(1,))
        column.addWidget(self.table, 1)
        self.choose = QPushButton("Judge them on a text…")
        self.choose.clicked.connect(self._choose)
        column.addWidget(self.choose)
        self.verdict = Label("Looking into the file…")
        self.verdict.setWordWrap(True)
        self.verdict.setProperty("role", "muted")
        column.addWidget(self.verdict)
        self.buttons = accept_buttons(self, QDialogButtonBox.StandardButton.Open)
        column.addWidget(self.buttons)
        self._text = text
        self._open_button().setEnabled(False)
        self.table.itemSelectionChanged.connect(self._show_choice)
        jobs.start(
            ListTensors(path=str(path)),
            title=f"Looking into {path.name}",
            done=self._looked,
            failed=self._failed,
        )

    @property
    def reading(self) -> int:
        """The chosen one, from 1; 0 for none."""
        rows = self.table.selectionModel().selectedRows()
        return rows[0].row() + 1 if rows else 0

    def ask(self, text: Path) -> None:
        """Have the engine judge every reading on this text."""
        self._jobs.start(
            JudgeReadings(
                path=str(self._path),
                text=str(text),
                count=self.table.rowCount(),
                vocabulary=self._vocabulary,
            ),
            title=f"Judging {self._path.name} on {text.name}",
            done=self._judged,
            failed=self._failed,
        )

    def done(self, result: int) -> None:
        """Close the box; answers are no longer wanted."""
        self._jobs.cancel(ListTensors)
        self._jobs.cancel(JudgeReadings)
        super().done(result)

    def _looked(self, inside: TensorsListed) -> None:
        for group in inside.groups:
            self.found.addTopLevelItem(QTreeWidgetItem([group.module, group.tensors]))
        self.found.resizeColumnToContents(0)
        self.found.setVisible(bool(inside.groups))
        self._readings = inside.readings
        self.table.show_rows([(title, "–") for title in inside.readings])
        if inside.readings:
            self.table.selectRow(0)
        if not inside.readings:
            for widget in (self.table, self.choose):
                widget.hide()
            self.verdict.setText("The file itself says which network it is: there is no other way.")
            return
        if len(inside.readings) == 1:
            self.verdict.setText("It can be read in this way only.")
            return
        self.verdict.setText("A text that it was trained on tells which is right.")
        if self._text is not None:
            self.ask(self._text)

    def _judged(self, found: ReadingsJudged) -> None:
        losses = [f"{nats:.3f}" if math.isfinite(nats) else "–" for nats in found.nats]
        self.table.show_rows(list(zip(self._readings, losses, strict=True)))
        finite = [nats for nats in found.nats if math.isfinite(nats)]
        if not finite:
            said, bad = (
                found.problem or "No reading predicts this text, so none can be judged.",
                True,
            )
        else:
            self.table.selectRow(found.nats.index(min(finite)))
            bad = min(finite) > found.uniform_nats
            said = f"Knowing nothing gives {found.uniform_nats:.3f} nats."
            said += " Every reading does worse: it is none of these, or not its text." * bad
        self.verdict.setText(said)
        self.verdict.setProperty("role", "problem" if bad else "muted")
        restyle(self.verdict)

    def _failed(self, failure: Failure) -> None:
        self.verdict.setText(failure.message)

    @Slot()
    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "A text that it was trained on")
        if chosen:
            self.ask(Path(chosen))

    @Slot()
    def _show_choice(self) -> None:
        self._open_button().setEnabled(self.reading > 0)

    def _open_button(self) -> QPushButton:
        return self.buttons.button(QDialogButtonBox.StandardButton.Open)
