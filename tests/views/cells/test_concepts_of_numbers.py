"""Concepts over columns of numbers, and units for documents' labels, as a person meets them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from rnnviz.session.session import Session
from rnnviz.views.cells.choosing.concept_dialog import ConceptDialog
from rnnviz.views.cells.panels.ranking import RankingPanel
from rnnviz.views.cells.text_panel import TextPanel
from tests.core.scoring.test_document_labels import DOCUMENTS
from tests.core.scoring.test_document_labels import recording as labelled
from tests.nets.classification.small_classifier import TEXT, saved_classifier
from tests.session.in_folder import session_in
from tests.views.cells.test_numbers_and_tags import numbers

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    session = session_in(tmp_path)
    yield session
    session.close()


def dialog_of(session: Session, qtbot: QtBot) -> ConceptDialog:
    recording, text = session.recordings.recording, session.recordings.text
    assert recording is not None and text is not None
    dialog = ConceptDialog(session.jobs, text, (0, 40), None, numbers=recording)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def can_save(dialog: ConceptDialog) -> bool:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Save).isEnabled()


def test_every_column_is_a_concept_that_is_ranked_and_marked(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    session.recordings.open_recording(numbers(tmp_path / "waves").folder)
    panel, text = RankingPanel(session), TextPanel(session)
    for widget in (panel, text):
        qtbot.addWidget(widget)
        widget.show()
    qtbot.waitUntil(lambda: session.rankings.best is not None)
    assert [concept.title for concept in session.rankings.suited] == ["y", "wave", "ramp"]
    best = session.rankings.best
    assert best is not None
    assert {one.title: one.unit for one in best.best}["wave"] == 0
    session.selection.set_concept("wave")
    qtbot.waitUntil(panel.rank.isEnabled)
    qtbot.mouseClick(panel.rank, LEFT)
    qtbot.waitUntil(lambda: session.rankings.ranking("wave") is not None)
    ranking = session.rankings.ranking("wave")
    assert ranking is not None and ranking.scores[0].unit == 0
    assert ranking.scores[0].correlation == pytest.approx(1, abs=1e-3)
    assert text.strips._labels is not None
    assert text.strips._labels == pytest.approx(np.sin(np.arange(500) / 9), abs=1e-5)


def test_an_expression_is_seen_before_it_is_saved(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    session.recordings.open_recording(numbers(tmp_path / "waves").folder)
    dialog = dialog_of(session, qtbot)
    assert not can_save(dialog)
    assert dialog.verdict.text().startswith("Type an expression: for example: ")
    qtbot.keyClicks(dialog.expression, "wave > 0.5 and ramp <")
    qtbot.waitUntil(lambda: "is no expression" in dialog.verdict.text())
    assert not can_save(dialog)
    qtbot.keyClicks(dialog.expression, " 0.5")
    qtbot.waitUntil(lambda: can_save(dialog))
    t = np.arange(500)
    wanted = (np.sin(t / 9) > 0.5) & (t < 250)
    assert dialog.verdict.text() == f"{wanted.mean():.1%} of the 500 steps are labelled."
    assert dialog.strips._labels is not None
    assert dialog.strips._labels.tolist() == wanted.tolist()
    qtbot.keyClicks(dialog.title, "Early crests")
    concept = session.rankings.add(dialog.spec)
    session.selection.set_concept(concept.name)
    qtbot.waitUntil(lambda: session.rankings.labels(concept.name) is not None)
    labels = session.rankings.labels(concept.name)
    assert labels is not None and np.asarray(labels).tolist() == wanted.tolist()
    dialog.expression.clear()
    qtbot.keyClicks(dialog.expression, "speed > 1")
    qtbot.waitUntil(lambda: "no column 'speed'; there is" in dialog.verdict.text())


def test_steps_are_painted_with_the_mouse(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    session.recordings.open_recording(numbers(tmp_path / "waves").folder)
    dialog = dialog_of(session, qtbot)
    dialog.kind.setCurrentIndex(1)
    strips = dialog.strips
    for first, last in ((10, 30), (50, 60)):
        start, stop = (QPoint(round(strips._x(step + 0.5)), 30) for step in (first, last))
        qtbot.mousePress(strips, LEFT, pos=start)
        qtbot.mouseMove(strips, QPoint((start.x() + stop.x()) // 2, 30))
        qtbot.mouseMove(strips, stop)
        qtbot.mouseRelease(strips, LEFT, pos=stop)
    assert dialog.spec["spans"] == [[10, 31], [50, 61]]
    assert can_save(dialog)
    assert dialog.verdict.text() == "6.4 % of the 500 steps are labelled.".replace(" %", "%")


def test_units_are_ranked_for_what_documents_are(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    made = labelled(tmp_path, np.arange(DOCUMENTS) % 2)
    session.recordings.open_recording(made.folder)
    panel = RankingPanel(session)
    qtbot.addWidget(panel)
    panel.resize(420, 700)
    panel.show()
    qtbot.waitUntil(lambda: panel.documents.isVisible())
    table = panel.documents
    assert [table.label.itemText(place) for place in range(2)] == ["bad", "good"]
    qtbot.mouseClick(table.rank, LEFT)
    qtbot.waitUntil(lambda: table.table.isVisible())
    assert "on 40 documents held out, 50% of them good" in table.sentence.text()
    told = [[table.table.item(row, n).text() for n in range(4)] for row in range(2)]  # type: ignore[union-attr]
    assert {(row[0], row[1], row[2]) for row in told} == {
        ("1:3 hidden", "last", "+"),
        ("1:5 hidden", "mean", "−"),
    }
    place = table.table.visualRect(table.table.model().index(0, 0)).center()
    qtbot.mouseClick(table.table.viewport(), LEFT, pos=place)
    assert session.recordings.recording is not None
    name = session.recordings.recording.unit_name(session.selection.unit)
    assert told[0][0] == f"{name} hidden"


def test_few_documents_say_why_there_is_no_ranking(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "films.tsv").write_text(TEXT)
    session.open_path(tmp_path / "films.tsv")
    session.open_path(saved_classifier(tmp_path))
    panel = RankingPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: panel.documents.isVisible())
    qtbot.mouseClick(panel.documents.rank, LEFT)
    qtbot.waitUntil(lambda: "in each half at least 4" in panel.documents.sentence.text())


def test_walks_are_kept_to_the_last_digit_on_request(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "films.tsv").write_text(TEXT)
    session.open_path(tmp_path / "films.tsv")
    session.open_path(saved_classifier(tmp_path))
    half = session.recordings.recording
    assert half is not None and half.dtype == np.float16
    session.recordings.record_exactly(True)
    qtbot.waitUntil(lambda: not session.jobs.running)
    exact = session.recordings.recording
    assert exact is not None and exact.dtype == np.float32 and exact.complete
    values = exact.values("hidden", 0)
    assert not np.array_equal(values, values.astype(np.float16).astype(np.float32))
    assert half.values("hidden", 0) == pytest.approx(values, rel=1e-3, abs=1e-4)
    session.recordings.record_exactly(False)
    again = session.recordings.recording
    assert again is not None and again.folder == half.folder
