"""The verdicts of a classifier in the window, with the engine's own jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from rnnviz.nets.answering.table import TASKS
from rnnviz.session.session import Session
from rnnviz.views.cells.panels.verdict import VerdictPanel
from rnnviz.views.cells.text_panel import TextPanel
from rnnviz.views.shared.controls.lazy_table import LazyTable
from tests.asking import PipedRunner
from tests.nets.classification.small_classifier import TEXT, saved_classifier


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    (tmp_path / "films.tsv").write_text(TEXT)
    session = Session(
        PipedRunner(TASKS),
        settings,
        cache=tmp_path / "cache",
        data=tmp_path / "data",
        models=tmp_path / "none",
        resources=tmp_path / "none",
    )
    session.open_path(tmp_path / "films.tsv")
    session.open_path(saved_classifier(tmp_path))
    yield session
    session.close()


def words_in(table: LazyTable, row: int, column: int) -> str:
    return str(table.rows.index(row, column).data())


def test_documents_are_listed_and_words_explained(qtbot: QtBot, session: Session) -> None:
    panel = VerdictPanel(session)
    qtbot.addWidget(panel)
    jumps: list[int] = []
    panel.jump_requested.connect(jumps.append)
    panel.resize(500, 600)
    panel.show()
    qtbot.waitUntil(lambda: not panel.empty and panel.words.rows.rowCount() > 0)
    assert panel.documents.rows.rowCount() == 3
    assert panel.heading.text().startswith("3 documents, ")
    assert "of 3 right" in panel.heading.text()
    assert [words_in(panel.words, row, 0) for row in range(3)] == ["Very", "good", ","]
    assert "reads both ways" in panel.note.text()
    assert not panel.words.isColumnHidden(5)
    last = next(row for row in range(3) if "not so bad" in words_in(panel.documents, row, 2))
    where = panel.documents.visualRect(panel.documents.rows.index(last, 2)).center()
    qtbot.mouseClick(panel.documents.viewport(), Qt.MouseButton.LeftButton, pos=where)
    recording = session.recordings.recording
    assert recording is not None
    assert jumps == [recording.documents.bounds(2)[0]]
    session.selection.set_cursor(jumps[0])
    qtbot.waitUntil(lambda: panel.words.rows.rowCount() == 5)
    assert words_in(panel.words, 2, 0) == "bad"
    again: list[object] = []
    panel.words.rows.dataChanged.connect(lambda *_: again.append(None))
    panel.draw()
    assert not again, "words of the same document are listed once"


def test_the_text_is_coloured_by_the_verdict_so_far(qtbot: QtBot, session: Session) -> None:
    panel = TextPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.surprisal.toolTip() == "Colour by the verdict so far (S)"
    qtbot.mouseClick(panel.surprisal, Qt.MouseButton.LeftButton)
    assert session.selection.colouring == "verdict"
    assert panel.legend.title.text() == "Probability of “up” so far"
    assert panel.view.scale is not None
    assert (panel.view.scale.low, panel.view.scale.high) == (0.0, 1.0)
    qtbot.mouseClick(panel.surprisal, Qt.MouseButton.LeftButton)
    assert not panel.surprisal.isChecked()
    assert panel.legend.title.text().startswith("Hidden of layer 1")


def test_a_long_document_says_what_is_left_out_of_it(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("_MOST_LEFT_OUT", "_MOST_INTEGRATED"):
        monkeypatch.setattr(f"rnnviz.nets.classification.verdicts.{limit}", 2)
    monkeypatch.setattr("rnnviz.views.cells.panels.verdict._MOST_WORDS", 3)
    panel = VerdictPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: not panel.empty and panel.words.rows.rowCount() == 3)
    cells = [words_in(panel.words, 0, column) for column in (2, 3, 4)]
    assert cells[0] != "–"
    assert cells[1:] == ["–", "–"]
    said = panel.note.text()
    assert "leaving words out and integrated gradients would take too long" in said
    assert "The first 3 of " in said
