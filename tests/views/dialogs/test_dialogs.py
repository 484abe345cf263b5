"""What the boxes show before a person agrees to anything."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.core.concepts import concept_from
from rnnviz.core.errors import TextError
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.text import Text
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import OpenModel, Recordings
from rnnviz.views.cells.choosing.concept_dialog import ConceptDialog
from rnnviz.views.cells.walk_dialog import WalkDialog
from rnnviz.views.dialogs.keys_dialog import show_about
from rnnviz.views.dialogs.problem_dialog import show_problem
from rnnviz.views.dialogs.vocabulary_dialog import VocabularyDialog
from rnnviz.work.jobs.cells import PreviewLabels, Spans
from rnnviz.work.jobs.models import Candidate, Guess, GuessVocabulary
from tests.asking import PipedRunner

LEFT = Qt.MouseButton.LeftButton
TEXT = "In 1812 and in 1805.\nThen 7 years.\n" * 5


def guess(request: GuessVocabulary, context: Any) -> Guess:
    """Two orders, the first of them right; or no text at all."""
    if request.source.endswith("gone.txt"):
        raise TextError("gone.txt does not exist")
    best = Candidate("sorted", ("\n", " ", "a"), 1.5)
    worse = Candidate("by first use", ("a", " ", "\n"))
    unigram = 1.0 if request.source.endswith("other.txt") else 2.0
    return Guess((best, worse), uniform_nats=3.0, unigram_nats=unigram)


def preview_labels(request: PreviewLabels, context: Any) -> Spans:
    """As the engine answers."""
    labels = concept_from(request.concept).label(request.text)
    places = np.flatnonzero(np.diff(np.asarray(labels, int), prepend=0, append=0))
    return Spans(tuple((start, stop) for start, stop in places.reshape(-1, 2).tolist()))


@pytest.fixture
def jobs(qapp: Any) -> Iterator[Jobs]:
    jobs = Jobs(PipedRunner({GuessVocabulary: guess, PreviewLabels: preview_labels}))
    yield jobs
    jobs.close()


class TestVocabulary:
    @pytest.fixture
    def dialog(self, jobs: Jobs, qtbot: QtBot) -> VocabularyDialog:
        dialog = VocabularyDialog(jobs, Path("net.pt"), 3, "which characters?")
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    def button(self, dialog: VocabularyDialog) -> Any:
        return dialog.buttons.button(QDialogButtonBox.StandardButton.Open)

    def test_each_guess_stands_beside_its_loss(self, dialog: VocabularyDialog) -> None:
        assert not self.button(dialog).isEnabled()
        dialog.ask(Path("novel.txt"))
        model = dialog.table.model()
        rows = [[model.index(row, column).data() for column in range(4)] for row in range(2)]
        assert rows == [
            ["sorted", "1.500", f"{math.exp(1.5):.1f}", "↵␣a"],
            ["by first use", "–", "–", "a␣↵"],
        ]
        assert "the order is right" in dialog.verdict.text()
        assert self.button(dialog).isEnabled()
        assert dialog.vocabulary == ("\n", " ", "a")

    def test_another_guess_can_be_chosen(self, dialog: VocabularyDialog, qtbot: QtBot) -> None:
        dialog.ask(Path("novel.txt"))
        place = dialog.table.visualRect(dialog.table.model().index(1, 0)).center()
        qtbot.mouseClick(dialog.table.viewport(), LEFT, pos=place)
        assert dialog.vocabulary == ("a", " ", "\n")

    def test_a_text_that_does_not_fit_is_said_to(self, dialog: VocabularyDialog) -> None:
        dialog.ask(Path("other.txt"))
        assert "this is not the text that it was trained on" in dialog.verdict.text()
        assert dialog.verdict.property("role") == "problem"
        assert not self.button(dialog).isEnabled()

    def test_a_text_that_cannot_be_read_is_named(self, dialog: VocabularyDialog) -> None:
        dialog.ask(Path("gone.txt"))
        assert dialog.verdict.text() == "gone.txt does not exist"
        assert not self.button(dialog).isEnabled()


class TestConcept:
    @pytest.fixture
    def dialog(self, jobs: Jobs, qtbot: QtBot) -> ConceptDialog:
        dialog = ConceptDialog(jobs, Text.of(TEXT), (0, 40), None)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    def saves(self, dialog: ConceptDialog) -> bool:
        return dialog.buttons.button(QDialogButtonBox.StandardButton.Save).isEnabled()

    def test_labels_are_drawn_while_the_pattern_is_typed(
        self, dialog: ConceptDialog, qtbot: QtBot
    ) -> None:
        before = dialog.view.viewport().grab().toImage()
        qtbot.keyClicks(dialog.title, "A year")
        qtbot.keyClicks(dialog.pattern, "[0-9]{4}")
        share = f"{40 / len(TEXT):.1%} of the characters shown are labelled."
        qtbot.waitUntil(lambda: dialog.verdict.text() == share)
        assert dialog.view.viewport().grab().toImage() != before
        assert self.saves(dialog)
        labels = concept_from(dialog.spec).label(TEXT)
        assert np.flatnonzero(labels)[:4].tolist() == [3, 4, 5, 6]
        assert (dialog.spec["name"], dialog.spec["title"]) == ("a-year", "A year")

    def test_enter_in_an_empty_form_saves_nothing(
        self, dialog: ConceptDialog, qtbot: QtBot
    ) -> None:
        accepted: list[int] = []
        dialog.accepted.connect(lambda: accepted.append(1))
        for kind in range(dialog.kind.count()):
            dialog.kind.setCurrentIndex(kind)
            qtbot.waitUntil(lambda: "Looking" not in dialog.verdict.text())
            qtbot.keyClick(dialog.title, Qt.Key.Key_Return)
            assert not self.saves(dialog) and not accepted
        dialog.kind.setCurrentIndex(0)
        qtbot.keyClicks(dialog.pattern, "cab")
        qtbot.waitUntil(lambda: self.saves(dialog))
        dialog.pattern.clear()
        qtbot.keyClick(dialog.pattern, Qt.Key.Key_Return)
        assert not accepted, "what was tried is not what stands there"

    def test_a_pattern_that_is_none_is_refused(self, dialog: ConceptDialog, qtbot: QtBot) -> None:
        qtbot.keyClicks(dialog.pattern, "[0-9")
        qtbot.waitUntil(lambda: "[0-9" in dialog.verdict.text())
        assert not self.saves(dialog)
        qtbot.keyClicks(dialog.pattern, "]")
        qtbot.waitUntil(lambda: self.saves(dialog))

    def test_a_pattern_that_explodes_is_told_and_not_saved(
        self, dialog: ConceptDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rnnviz.core.sequences.texts.pattern_search.SECONDS", 0.3)
        dialog.pattern.setText(r"(?:.|.)*(?<=\x00)$")
        qtbot.waitUntil(lambda: "takes too long" in dialog.verdict.text(), timeout=5000)
        assert not self.saves(dialog)

    def test_ranges_are_painted_and_taken_back(self, dialog: ConceptDialog, qtbot: QtBot) -> None:
        dialog.kind.setCurrentIndex(1)
        port = dialog.view.viewport()
        qtbot.mousePress(port, LEFT, pos=dialog.view.cell_rect(3).center())
        qtbot.mouseMove(port, dialog.view.cell_rect(6).center())
        qtbot.mouseRelease(port, LEFT, pos=dialog.view.cell_rect(6).center())
        spans: Any = dialog.spec["spans"]
        ((start, stop),) = spans
        assert TEXT[start:stop] == "1812"
        assert dialog.spans.toPlainText() == "3 to 7"
        assert concept_from(dialog.spec).label(TEXT).sum() == 4

    def test_a_range_brushed_before_is_painted_already(self, jobs: Jobs, qtbot: QtBot) -> None:
        text = Text.of("x" * 20_000)
        dialog = ConceptDialog(jobs, text, (10_000, 10_100), (10_010, 10_020))
        qtbot.addWidget(dialog)
        assert dialog.spec["spans"] == [[10_010, 10_020]]
        assert dialog.verdict.text().startswith(f"{10 / 6000:.1%} of the characters")


def test_the_size_of_a_walk_follows_the_boxes(jobs: Jobs, tmp_path: Path, qtbot: QtBot) -> None:
    recordings = Recordings(jobs, tmp_path)
    description = ModelDescription(architecture="lstm", layers=2, units=512, vocabulary=tuple("ab"))
    channels = ("hidden", "cell", "forget")
    recordings.model = OpenModel("m", description, "rnnviz", 1, channels)
    recordings.text = Text(np.zeros(1_000_000, np.uint8), "long")
    dialog = WalkDialog(recordings)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.channels == ("hidden", "cell")
    sizes = [dialog.size_label.text()]
    for channel in ("forget", "cell", "hidden"):
        box = dialog.boxes[channel]
        qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
        sizes.append(dialog.size_label.text())
    assert dialog.channels == ("hidden", "forget")
    assert sizes == [
        f"This takes {gigabytes} GB on the disk." for gigabytes in (4.1, 6.2, 4.1, 4.1)
    ]


def test_a_problem_shows_its_details_only_where_it_is_a_defect(qtbot: QtBot) -> None:
    for details, icon in (("", QMessageBox.Icon.Warning), ("Trace", QMessageBox.Icon.Critical)):
        box = show_problem(None, "the file is cut", details)
        qtbot.addWidget(box)
        assert box.icon() == icon
        assert "the file is cut" in box.text() + box.informativeText()
        assert details in box.detailedText()


def test_what_a_message_quotes_loads_no_file(qtbot: QtBot, tmp_path: Path) -> None:
    """As rich text the words of a file could name any other: here a pipe that never answers."""
    os.mkfifo(tmp_path / "pipe.png")
    message = f"<img src='{tmp_path / 'pipe.png'}'> is no number"
    box = show_problem(None, message)
    qtbot.addWidget(box)
    label = next(label for label in box.findChildren(QLabel) if label.text() == message)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.sizeHint().width() > label.fontMetrics().horizontalAdvance("<img src=")
    box.close()


@pytest.mark.parametrize("show", [show_about, lambda parent: show_problem(parent, "a", "b")])
def test_a_box_that_was_read_is_gone(qtbot: QtBot, show: Any) -> None:
    """Hidden ones would pile up, and be dressed anew with every theme."""
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    box = show(window)
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Ok), LEFT)
    qtbot.waitUntil(lambda: window.findChildren(QMessageBox) == [])
