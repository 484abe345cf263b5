"""Networks whose layers are not alike, documents and tokens, as a person sees them in Cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import Group, Groups, layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring import Histogram, Score
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.session.session import Session
from rnnviz.session.shared.selection import Pin
from rnnviz.views.cells.colour_words import colours_title
from rnnviz.views.cells.exporting import Exporting
from rnnviz.views.cells.panels.heatmap import HeatmapPanel
from rnnviz.views.cells.panels.saturation import SaturationPanel
from rnnviz.views.cells.panels.trace import TracePanel
from rnnviz.views.cells.panels.unit_page import UnitPagePanel
from rnnviz.views.cells.rankings.ranking_table import RankingModel
from rnnviz.views.cells.text_panel import TextPanel
from tests.core.recordings.recordings import nothing_predicted
from tests.views.cells.panels_world import show_panel

WORDS = "the dog saw a cat\nle chien"
LINE = "one two three. "
UNEQUAL = (
    Group(name="1", width=4, channels=("hidden", "input"), architecture="gru"),
    Group(name="1<", width=2, channels=("hidden", "cell"), direction="backward"),
)


def unequal(folder: Path) -> Recording:
    """Four documents; unit 1<:1 has t at step t, over 100."""
    text = Text.of(LINE * 8, "lines")
    sequence = Text(text.codes, "lines", documents=Documents.of_lengths([30] * 4))
    values = np.full((6, 120), 0.25)
    values[5] = np.arange(120) / 100
    writer = RecordingWriter(folder, sequence, UNEQUAL, Next(), sorted(set(LINE)))
    channels = {"hidden": values, "input": np.abs(values[:4]), "cell": values[4:] * 30}
    writer.write(0, channels, nothing_predicted(120))
    return Recording(folder)


def tokens(folder: Path) -> Recording:
    """Two documents, read by an encoder of 2 units and a decoder of 3."""
    spans, at = [], 0
    for word in WORDS.split():
        at = WORDS.index(word, at)
        spans.append((at, at + len(word)))
        at += len(word)
    sequence = Tokens(
        np.arange(7, dtype=np.uint32),
        np.array(spans),
        Text.of(WORDS, "pair"),
        tuple(WORDS.split()),
        Documents.of_lengths([5, 2]),
    )
    groups = (
        *layers_of(1, 2, ("hidden",), part="encoder", runs=((0, 5),)),
        *layers_of(1, 3, ("hidden",), part="decoder", runs=((5, 7),)),
    )
    writer = RecordingWriter(folder, sequence, groups, None)
    writer.write_group(0, 0, {"hidden": np.arange(10.0).reshape(2, 5) / 10})
    writer.write_group(1, 5, {"hidden": np.full((3, 2), 0.5)})
    return Recording(folder)


def text_panel(qtbot: QtBot, session: Session, folder: Path) -> TextPanel:
    panel = TextPanel(session)
    qtbot.addWidget(panel)
    panel.resize(900, 500)
    panel.show()
    session.recordings.open_recording(folder)
    QApplication.processEvents()
    return panel


def test_layers_are_chosen_by_name_and_bring_their_own_units_and_channels(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = text_panel(qtbot, session, unequal(tmp_path / "r").folder)
    picker, selection = panel.picker, session.selection
    assert picker.layer.isHidden() and picker.group.isVisible()
    assert [picker.group.itemText(place) for place in range(2)] == ["1", "1<"]
    assert colours_title(panel._session) == "hidden of layer 1, unit 0"
    selection.select_unit(3, "input")
    picker.group.setCurrentIndex(1)
    picker.group.activated.emit(1)
    assert (selection.unit, selection.channel) == (5, "hidden"), "the last unit that is there"
    assert colours_title(panel._session) == "hidden of layer 1 backwards, unit 1"
    buttons = [button.text() for button in picker._buttons.buttons()]
    assert buttons == ["hidden", "cell"]
    session.stepping.layer_above()
    assert selection.unit == 1, "round again, the same unit"
    session.stepping.previous_unit()
    session.stepping.previous_unit()
    assert selection.group_and_unit == ("1<", 1)


def test_a_brush_ends_with_its_document(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    panel = text_panel(qtbot, session, unequal(tmp_path / "r").folder)
    panel.view.range_selected.emit((20, 50))
    assert session.selection.range == (20, 30)
    assert panel.view.range == (20, 30), "and is marked so"


def test_panels_show_each_group_with_its_own_rows(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    session.recordings.open_recording(unequal(tmp_path / "r").folder)
    session.selection.set_visible((0, 40))
    session.selection.select_unit(4, "cell")
    session.selection.toggle_pin(Pin("input", 3))
    session.selection.toggle_pin(Pin("input", 5))  # it has no such gate
    trace = TracePanel(session)
    show_panel(qtbot, trace)
    assert list(trace.plot.columns()) == ["position", "1<:0 cell", "1:3 input"]
    heatmap = HeatmapPanel(session)
    show_panel(qtbot, heatmap)
    assert [heatmap.unit_in_row(row) for row in range(3)] == [4, 5, None], "those with a cell"
    session.selection.select_unit(5, "hidden")
    show_panel(qtbot, heatmap)
    assert [heatmap.unit_in_row(row) for row in range(7)] == [0, 1, 2, 3, 4, 5, None]
    saturation = SaturationPanel(session)
    show_panel(qtbot, saturation)
    qtbot.waitUntil(lambda: saturation._counted == 6)
    saturation.plot.point_clicked.emit(0, 2)
    assert (session.selection.unit, session.selection.channel) == (2, "input")
    page = UnitPagePanel(session)
    session.selection.select_unit(5, "hidden")
    show_panel(qtbot, page)
    assert page.heading.text() == "Layer 1 backwards, unit 1, hidden"


def test_units_are_named_by_their_group_in_tables_and_exports(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = text_panel(qtbot, session, unequal(tmp_path / "r").folder)
    session.selection.select_unit(5, "hidden")
    session.selection.set_range((3, 9))
    exporting = Exporting(session, panel, panel)
    made, finding = exporting.coloured(), exporting.finding()
    assert made is not None and finding is not None
    assert made.quantity == "hidden of layer 1 backwards, unit 1"
    assert made.values.tolist() == pytest.approx([t / 100 for t in range(3, 9)], abs=1e-3)
    assert (finding.group, finding.unit, finding.unit_name) == ("1<", 1, "1<:1")
    session.selection.select_unit(0)
    session.showing.show_finding(finding)
    assert (session.selection.unit, session.selection.channel) == (5, "hidden")
    model = RankingModel()
    scores = tuple(
        Score(
            channel="hidden", unit=unit, sign=1, lag=0, correlation=0.5, auc=0.6, f1=0.1,
            threshold=0.0, histogram=Histogram(0, 1, (1,), (1,)),
        )
        for unit in (5, 3)
    )  # fmt: skip
    model.set_scores(scores, Groups(UNEQUAL), scalar=False)
    assert [model.index(row, 0).data() for row in range(2)] == ["1<:1", "1:3"]
    model.keep(None, 1)
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["1<:1"]


def test_words_take_the_colour_of_their_token_and_blanks_none(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = text_panel(qtbot, session, tokens(tmp_path / "r").folder)
    view, selection = panel.view, session.selection
    assert str(view.text) == WORDS and not panel.surprisal.isEnabled()
    assert view.values is not None
    np.testing.assert_allclose(view.values[:7], [0, 0, 0, np.nan, 0.1, 0.1, 0.1], atol=1e-3)
    assert np.isnan(view.values[18:]).all(), "the encoder does not run on the other document"
    selection.select_unit(3)
    assert np.isnan(view.values[:17]).all() and np.isfinite(view.values[18:20]).all()
    view.clicked.emit(WORDS.index("saw") + 1)
    assert selection.cursor == 2
    assert view.cursor_at == WORDS.index("saw"), "the word that was meant"
    view.range_selected.emit((WORDS.index("dog") + 1, WORDS.index("cat")))
    assert selection.range == (1, 4)
    assert view.range == (WORDS.index("dog"), WORDS.index("a ") + 1)
    selection.jump(6)
    assert view.cursor_at == WORDS.index("chien")
    exporting = Exporting(session, panel, panel)
    made = exporting.coloured()
    assert made is not None and made.characters == "dog saw a"


def test_a_loss_above_that_of_knowing_nothing_is_said_in_red(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    text = Text.of(LINE * 20, "lines")
    for bits in (9.0, 0.5):
        writer = RecordingWriter(
            tmp_path / f"{bits}", text, layers_of(1, 1, ("hidden",)), Next(), sorted(set(LINE))
        )
        out = {**nothing_predicted(300), "surprisal": np.full(300, bits)}
        writer.write(0, {"hidden": np.zeros((1, 300))}, out)
    panel = text_panel(qtbot, session, tmp_path / "9.0")
    assert panel.problem.isVisible()
    assert "above the 2.20 of knowing nothing" in panel.problem.text()
    assert panel.problem.property("role") == "problem"
    session.recordings.open_recording(tmp_path / "0.5")
    assert not panel.problem.isVisible()


def test_cursor_and_range_stay_at_their_characters_where_steps_are_others(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    words = tokens(tmp_path / "words")
    groups = layers_of(1, 2, ("hidden",))
    letters = Text.of(WORDS, "pair")
    writer = RecordingWriter(tmp_path / "letters", letters, groups, None)
    writer.write_group(0, 0, {"hidden": np.zeros((2, len(WORDS)))})
    panel = text_panel(qtbot, session, words.folder)
    session.selection.set_range((4, 6))
    session.selection.set_cursor(6)
    shown = panel.view.range, panel.view.cursor_at
    assert shown[0] == (words.sequence.span(4, 6)) and shown[1] == words.sequence.span(6, 7)[0]
    for folder in (tmp_path / "letters", words.folder):
        session.recordings._set_recording(Recording(folder))
        assert (panel.view.range, panel.view.cursor_at) == shown
    assert (session.selection.range, session.selection.cursor) == ((4, 6), 6)
