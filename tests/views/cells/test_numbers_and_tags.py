"""Numbers as strips, and labels as bands under the text, as a person sees them in Cells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from rnnviz.core.colours.colour import Scale
from rnnviz.core.recordings.completeness import WalkedSoFar
from rnnviz.core.recordings.description import Classes, Predicted
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.session.session import Session
from rnnviz.session.shared.selection import Pin
from rnnviz.views.cells.colour_words import colours_caption
from rnnviz.views.cells.step_labels import known_characters, labels_said, labels_true
from rnnviz.views.cells.text_panel import TextPanel
from tests.views.cells.panels_world import make_session

STEPS = 500


def numbers(folder: Path) -> Recording:
    """Two documents of a wave and a ramp; unit 1 is their sum."""
    t = np.arange(STEPS, dtype=np.float32)
    values = np.stack([np.sin(t / 9), t / STEPS], axis=1)
    documents = Documents.of_lengths([200, 300])
    sequence = Numbers(values, ("wave", "ramp"), "waves.csv", None, documents)
    writer = RecordingWriter(
        folder, sequence, layers_of(1, 3, ("hidden",)), Predicted(columns=("y",))
    )
    units = np.stack([values[:, 0], values.sum(1), np.zeros(STEPS)])
    writer.write(0, {"hidden": units}, {"predicted": t[:, None], "wanted": t[:, None] + 1})
    return Recording(folder)


def tagged(folder: Path) -> Recording:
    """`the old man`, every word labelled, the last one wrongly."""
    text = Text.of("the old man", "tags")
    spans = np.array([(0, 3), (4, 7), (8, 11)])
    tokens = Tokens(np.arange(3, dtype=np.uint32), spans, text, ("the", "old", "man"))
    output = Classes(classes=("ADJ", "DET", "NOUN"), each=True)
    writer = RecordingWriter(
        folder, tokens, layers_of(1, 2, ("hidden",)), output, tokens.vocabulary
    )
    shares = np.eye(3)[[1, 0, 0]]
    truth = np.array([1, 0, 2])
    writer.write(0, {"hidden": np.zeros((2, 3))}, {"class_p": shares, "truth": truth})
    return Recording(folder)


def shown(session: Session, qtbot: QtBot, recording: Recording) -> TextPanel:
    session.recordings.open_recording(recording.folder)
    panel = TextPanel(session)
    qtbot.addWidget(panel)
    panel.resize(1000, 500)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_numbers_are_strips_with_traces_under_them(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    panel = shown(session, qtbot, numbers(tmp_path / "waves"))
    strips = panel.strips
    assert strips.isVisible()
    assert not panel.view.isVisible()
    assert [one.name for one in strips._inputs] == ["wave", "ramp", "y →"]
    session.selection.select_unit(1, "hidden")
    session.selection.toggle_pin(Pin("hidden", 0))
    assert [one.name for one in strips._units] == ["1:1 hidden", "1:0 hidden"]
    assert session.selection.visible == (0, 300)
    assert "wave" in strips.values_in_words(10)


def test_strips_go_with_their_recording(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    panel = shown(session, qtbot, numbers(tmp_path / "waves"))
    panel.set_presented(True)
    panel.set_presented(False)
    assert panel.strips.isVisible()
    assert panel.minimap.isHidden(), "a map of no text"
    session.recordings._set_recording(None)
    assert panel.strips.isHidden(), "they were drawn from what is no longer open"
    assert panel.view.isVisible()


def test_marks_beside_a_text_go_with_its_recording(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    panel = shown(session, qtbot, tagged(tmp_path / "tagged"))
    panel.minimap.set_labels(np.ones(11, np.bool_))
    session.recordings._set_recording(None)
    assert panel.minimap._labels is None


def test_strips_take_the_whole_width(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path)
    panel = shown(session, qtbot, numbers(tmp_path))
    qtbot.waitUntil(lambda: panel.strips.width() > panel.width() - 20)


def test_steps_are_brushed_and_moved_with_mouse_and_keys(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    panel = shown(session, qtbot, numbers(tmp_path / "waves"))
    strips = panel.strips
    start, stop = (QPoint(round(strips._x(step + 0.5)), 30) for step in (190, 260))
    qtbot.mousePress(strips, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(strips, stop)
    qtbot.mouseRelease(strips, Qt.MouseButton.LeftButton, pos=stop)
    assert session.selection.range == (190, 200), "a brush crossed into the next document"
    qtbot.mouseClick(strips, Qt.MouseButton.LeftButton, pos=stop)
    assert session.selection.cursor == 260
    qtbot.keyClick(strips, Qt.Key.Key_End)
    assert strips.visible_range() == (200, 500)
    qtbot.keyClick(strips, Qt.Key.Key_Plus)
    assert strips.visible_range()[1] - strips.visible_range()[0] == 240
    strips.centre_on(3)
    assert strips.visible_range()[0] == 0
    assert not strips.grab().isNull()


def test_labels_are_asked_of_what_is_seen_and_only_of_what_was_walked(tmp_path: Path) -> None:
    recording = tagged(tmp_path / "tags")
    whole = labels_said(recording, 0, 11)
    assert labels_said(recording, 4, 9).tolist() == whole[4:9].tolist()
    assert labels_true(recording, 4, 9).tolist() == labels_true(recording, 0, 11)[4:9].tolist()
    assert known_characters(recording, 0, 11).all()
    assert labels_said(recording, 3, 4).tolist() == [-1], "nothing stands between two tokens"
    recording._over, recording._done = False, WalkedSoFar(np.array([1]), 3)
    assert set(labels_said(recording, 4, 11).tolist()) == {-1}


def test_labels_are_bands_beside_the_truth(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path / "home")
    panel = shown(session, qtbot, tagged(tmp_path / "tags"))
    found, truth = (band(0, 9) for band in panel.view._tags)
    assert found[[0, 4, 8]].tolist() == [1, 0, 0]
    assert truth[[0, 4, 8]].tolist() == [1, 0, 2]
    assert found[3] == -1, "a blank has no label"
    assert panel.tags.isVisible()
    assert panel.tags.textFormat() == Qt.TextFormat.RichText, "else a person sees HTML"
    document = QTextDocument()
    document.setHtml(panel.tags.text())
    assert "■ ADJ" in document.toPlainText() and "<" not in document.toPlainText()
    qtbot.mouseClick(panel.surprisal, Qt.MouseButton.LeftButton)
    assert panel.legend.title.text() == "Probability of the label given"
    assert "probability of each label" in panel.surprisal.toolTip()
    assert "the truth" in panel.tags.text()
    assert not panel.grab().isNull()
    session.recordings.open_recording(numbers(tmp_path / "waves").folder)
    assert not panel.tags.isVisible()


def test_a_surprise_is_about_a_word_where_words_are_read(tmp_path: Path) -> None:
    def said(recording: Recording) -> str:
        session = SimpleNamespace(
            scaling=SimpleNamespace(scale=Scale(0.0, 6.0, "surprisal")),
            selection=SimpleNamespace(colouring="surprisal"),
            recordings=SimpleNamespace(recording=recording),
        )
        return colours_caption(session)  # type: ignore[arg-type]

    assert said(tagged(tmp_path)).endswith("expected this word or sign")
