"""Where a network was most wrong, for each kind of network, and that a click goes there."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from rnnviz.core.cells.mistakes import largest_errors
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.session.session import Session
from rnnviz.views.cells.panels.surprises import SurprisesPanel
from rnnviz.views.kinds import kinds_in
from rnnviz.views.text.searching.snippet_list import Piece
from tests.views.cells.panels_world import make_session
from tests.views.cells.test_numbers_and_tags import numbers, tagged

WORDS = ("good", "bad", "not")


def films(folder: Path, truth: tuple[int, int, int]) -> Recording:
    """Three documents of two words; the second is named wrongly, the third nearly so."""
    text = Text.of("good good\nbad good\nnot bad\n", "films")
    spans = np.array([(0, 4), (5, 9), (10, 13), (14, 18), (19, 22), (23, 26)])
    ids = np.array([0, 0, 1, 0, 2, 1], np.uint32)
    tokens = Tokens(ids, spans, text, WORDS, documents=Documents.of_lengths([2, 2, 2]))
    output = Classes(classes=("neg", "pos"))
    writer = RecordingWriter(folder, tokens, layers_of(1, 2, ("hidden",)), output, WORDS)
    positive = np.array([0.9, 0.99, 0.4, 0.9, 0.5, 0.55])
    shares = np.stack([1 - positive, positive], axis=1)
    said = np.repeat(truth, 2)
    writer.write(0, {"hidden": np.zeros((2, 6))}, {"class_p": shares, "truth": said})
    return Recording(folder)


def shown(
    session: Session, qtbot: QtBot, recording: Recording
) -> tuple[SurprisesPanel, list[Piece]]:
    session.recordings.open_recording(recording.folder)
    panel = SurprisesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(500, 500)
    panel.show()
    qtbot.waitUntil(lambda: panel.idle and not panel.empty)
    return panel, [one for one in panel.places.entries if isinstance(one, Piece)]


def jump_of(panel: SurprisesPanel, qtbot: QtBot, row: int) -> object:
    place = panel.places.visualRect(panel.places.model().index(row, 0)).center()
    with qtbot.waitSignal(panel.jump_requested) as jumped:
        qtbot.mouseClick(panel.places.viewport(), Qt.MouseButton.LeftButton, pos=place)
    return jumped.args[0]


def test_documents_of_a_classifier_stand_by_how_wrong_they_are(
    tmp_path: Path, qtbot: QtBot
) -> None:
    session = make_session(tmp_path / "home")
    panel, pieces = shown(session, qtbot, films(tmp_path / "films", (1, 0, 1)))
    assert panel.sentence.text().startswith("1 of 3 documents are named wrongly.")
    assert [piece.note for piece in pieces] == ["pos 90%, is neg", "pos 55%", "pos 99%"]
    assert pieces[0].text == "bad good"
    assert not any(piece.marked for piece in pieces), "a document is wrong as a whole"
    assert jump_of(panel, qtbot, 0) == 2
    assert panel.places.grab().toImage().isNull() is False


def test_documents_of_which_nothing_is_said_stand_by_how_unsure_the_network_was(
    tmp_path: Path, qtbot: QtBot
) -> None:
    session = make_session(tmp_path / "home")
    panel, pieces = shown(session, qtbot, films(tmp_path / "films", (-1, -1, -1)))
    assert "none is known to be wrong" in panel.sentence.text()
    assert [piece.note for piece in pieces] == ["pos 55%", "pos 90%", "pos 99%"]


def test_wrong_labels_of_a_tagger_stand_in_their_sentence(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    panel, (piece,) = shown(session, qtbot, tagged(tmp_path / "tags"))
    assert panel.sentence.text().startswith("1 of 3 labels are wrong.")
    assert (piece.note, piece.text) == ("ADJ, is NOUN", "the old man")
    assert piece.text[piece.focus - piece.start :] == "man" and piece.marked
    assert jump_of(panel, qtbot, 0) == 2


def test_largest_errors_of_numbers_stand_apart(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    recording = numbers(tmp_path / "waves")
    panel, pieces = shown(session, qtbot, recording)
    assert "farthest from what was wanted" in panel.sentence.text()
    assert pieces[0].text == "y 0, wanted 1" and not pieces[0].marked
    steps = [piece.step or 0 for piece in pieces]
    assert len(steps) == 30
    assert all(later - before >= 5 for before, later in pairwise(steps))
    assert jump_of(panel, qtbot, 1) == steps[1]


def test_a_column_of_which_nothing_was_wanted_spreads_not_at_all(tmp_path: Path) -> None:
    recording = numbers(tmp_path / "waves")
    wanted = recording.wanted
    assert wanted is not None
    unknown = np.full_like(wanted, np.nan)
    nothing = cast(
        Recording,
        SimpleNamespace(
            predicted=recording.predicted, wanted=unknown, walked=recording.walked,
            outputs=recording.outputs,
        ),
    )  # fmt: skip
    assert largest_errors(nothing) == ()  # and no warning, which is an error in tests


def test_every_kind_of_cells_has_them() -> None:
    kinds = {"language-model", "classifier", "tagger", "numbers-model"}
    assert set(kinds_in("surprises")) == kinds
