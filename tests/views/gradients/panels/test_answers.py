"""The Gradients workspace over what is no language model: verdicts, labels, numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea

from rnnviz.core.models.network import AsRead, Head, Numbers, Readout
from rnnviz.session.gradients.networks import Compared
from rnnviz.session.session import Session
from rnnviz.views.gradients.panels.clipping import ClippingPanel
from rnnviz.views.gradients.panels.columns import ColumnDependence
from rnnviz.views.gradients.panels.dependence import Dependence
from rnnviz.views.gradients.panels.distance import DistancePanel
from rnnviz.views.gradients.panels.heatmap import GradientHeatmapPanel
from rnnviz.views.gradients.panels.inputs import InputsPanel
from rnnviz.views.gradients.panels.truncation import TruncationPanel
from tests.nets.answering.gradients.test_answers import READS, REVIEWS, TAGS, saved
from tests.nets.sequence.zoo import layer, network
from tests.session.in_folder import session_in
from tests.views.gradients.gradients_world import settle, shown

NETWORKS = {
    "verdict": network(
        layer(units=4), reads=READS, head=Head(outputs=("bad", "good")), readout=Readout(kind="max")
    ),
    "label": network(
        layer("gru", 3, direction="both"), reads=READS, head=Head(outputs=("D", "N", "V"))
    ),
    "numbers": network(
        layer(units=4), reads=Numbers(columns=("a", "b")), front=AsRead(),
        head=Head(outputs=("y",), gives="linear"),
    ),
}  # fmt: skip


@pytest.fixture
def opened(tmp_path: Path, request: Any) -> Session:
    path, _ = saved(tmp_path, NETWORKS[request.param])
    rows = np.random.default_rng(1).normal(size=(200, 3)).round(3).tolist()
    numbers = "\n".join(["a,b,y", *(",".join(map(str, row)) for row in rows)])
    name, text = {
        "verdict": ("reviews.tsv", REVIEWS),
        "label": ("tags.tsv", TAGS),
        "numbers": ("rows.csv", numbers),
    }[request.param]
    (tmp_path / name).write_text(text)
    session = session_in(tmp_path, models=tmp_path)
    session.open_path(path)
    session.open_path(tmp_path / name)
    return session


def of(kind: str) -> Any:
    return pytest.mark.parametrize("opened", [kind], indirect=True)


@of("verdict")
def test_documents_are_counted_back_from_their_ends_and_a_class_can_be_chosen(qtbot, opened):
    panel = shown(qtbot, DistancePanel(opened))
    assert "One loss a document; steps are counted back from its end." in panel.note.text()
    assert panel.of_class.isVisible() and panel.of_class.count() == 3
    before = [curve.y.copy() for curve in panel.plot.curves]
    qtbot.keyClick(panel.of_class, Qt.Key.Key_End)
    panel.of_class.activated.emit(panel.of_class.currentIndex())
    settle(qtbot, panel)
    assert opened.gradients.of_class == "good"
    assert not np.allclose(before[0], panel.plot.curves[0].y)
    assert opened.gradients.compared[0].field.facts.of_class == "good"


@of("verdict")
def test_the_words_of_the_document_are_tinted_from_end_to_end(qtbot, opened):
    panel = shown(qtbot, InputsPanel(opened))
    text = REVIEWS
    place = text.index("bad bad")
    opened.gradients.set_character(place)
    view = panel.view
    first = panel.parts[0].first
    lit = {at + first for at in np.flatnonzero(np.isfinite(view.values)).tolist()}
    begin = text.index("the film was bad")
    words = text[begin : begin + len("the film was bad bad bad")]
    assert lit == {begin + at for at, letter in enumerate(words) if letter != " "}
    assert panel.note.text().startswith("The verdict on “the film was bad bad bad” cost ")


@of("label")
def test_a_label_depends_on_words_before_and_after_it(qtbot, opened):
    panel = shown(qtbot, InputsPanel(opened))
    opened.gradients.set_character(TAGS.index("film"))
    assert isinstance(panel.parts[0], Dependence)
    said = panel.note.text()
    assert said.startswith("The label of 'film'") and " before " in said and " after " in said
    distance = shown(qtbot, DistancePanel(opened))
    titles = [distance.layer.itemText(place) for place in range(distance.layer.count())]
    assert titles == ["All layers", "Layer 1", "Layer 1 backwards"]


@of("numbers")
def test_numbers_are_seen_by_step_and_column(qtbot, opened):
    panel = shown(qtbot, InputsPanel(opened))
    part = panel.parts[0]
    assert isinstance(part, ColumnDependence)
    part.pointed.emit(140)
    assert opened.gradients.character == 140
    field = opened.gradients.compared[0].field
    steps, found = field.steps_of(field.row_of(140), "columns")
    drawn = part.plot._values[:, steps] * np.abs(found).max()
    assert drawn == pytest.approx(np.abs(found).T, rel=1e-4, abs=1e-6)
    assert panel.note.text().startswith("Row 140 has the squared error ")
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    assert opened.gradients.character == 141


@of("numbers")
def test_columns_go_with_their_field(qtbot, opened):
    panel = shown(qtbot, InputsPanel(opened))
    part = panel.parts[0]
    assert part.plot._values.size
    part.show_character(Compared(opened.gradients.compared[0].network), 140, signed=False, name="")
    assert not part.plot._values.size


@of("numbers")
def test_the_heatmap_says_what_the_losses_are_about(qtbot, opened):
    heat = shown(qtbot, GradientHeatmapPanel(opened))
    assert heat.plot.labels[0] == "step whose numbers the loss is about"


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        ("verdict", "A step on 3 verdicts. Raw norm "),
        ("label", "A step on 7 labels. Raw norm "),
        ("numbers", "A step on the numbers of 72 rows. Raw norm "),
    ],
    indirect=["opened"],
)
def test_a_training_step_is_clipped_whatever_the_network_answers(qtbot, opened, said):
    panel = shown(qtbot, ClippingPanel(opened))
    assert panel.note.text().startswith(said)
    assert panel.table.item(0, 0).text() in ("embedding W", "1 W_ih")
    assert panel.arrows._arrows[0].length > 0


@of("numbers")
def test_truncation_of_numbers_shows_what_is_kept_and_measures(qtbot, opened):
    panel = shown(qtbot, TruncationPanel(opened))
    panel.chunk.set_value(4)
    settle(qtbot, panel)
    full, left = panel.plot.curves
    assert (left.y[4:] == 0).all() and (full.y[4:] > 0).any()
    panel.button.click()
    settle(qtbot, panel)
    assert panel.measured.text().startswith("Over 200 steps of 1 sequence, cutting keeps 1/")


@of("verdict")
def test_a_verdict_that_all_states_give_is_not_said_to_be_cut(qtbot, opened):
    panel = shown(qtbot, TruncationPanel(opened))
    assert panel.plot.isHidden()
    assert panel.note.text().startswith("The verdict is read from all states (max)")
    panel.chunk.set_value(2)
    panel.button.click()
    settle(qtbot, panel)
    said = panel.measured.text()
    assert said.startswith("Over 12 steps of 3 documents, the longest of 6, cutting saves no mem")
    heat = shown(qtbot, GradientHeatmapPanel(opened))
    assert not heat.truncated.isEnabled()


@of("label")
def test_truncation_of_what_reads_from_the_end_says_why_there_is_none(qtbot, opened):
    panel = shown(qtbot, TruncationPanel(opened))
    assert panel.empty
    assert "also reads from the end" in panel._sentence.text()


@of("numbers")
def test_a_paragraph_never_lies_over_a_plot_in_a_low_panel(qtbot, opened):
    for made in (TruncationPanel, ClippingPanel):
        scroll, panel = QScrollArea(), made(opened)
        scroll.setWidgetResizable(True)
        scroll.setWidget(panel)
        qtbot.addWidget(scroll)
        scroll.resize(340, 260)
        scroll.show()
        settle(qtbot, panel)
        plot = panel.plot if isinstance(panel, TruncationPanel) else panel.arrows
        qtbot.waitUntil(lambda plot=plot, note=panel.note: plot.geometry().bottom() < note.y())
        assert panel.note.height() >= panel.note.heightForWidth(panel.note.width())


@of("numbers")
def test_a_sentence_in_place_of_a_panel_is_seen_in_a_low_one(qtbot, opened, tmp_path):
    scroll, panel = QScrollArea(), TruncationPanel(opened)
    scroll.setWidgetResizable(True)
    scroll.setWidget(panel)
    qtbot.addWidget(scroll)
    scroll.resize(340, 260)
    scroll.show()
    settle(qtbot, panel)
    assert panel.height() > 400  # its plots and tables are scrolled
    (tmp_path / "more").mkdir()
    path, _ = saved(tmp_path / "more", NETWORKS["label"])
    opened.open_path(path)
    (tmp_path / "tags.tsv").write_text(TAGS)
    opened.open_path(tmp_path / "tags.tsv")
    settle(qtbot, panel)
    assert panel.empty
    qtbot.waitUntil(lambda: panel.height() < 400)
    assert panel._sentence.geometry().bottom() < scroll.viewport().height()
