"""The matrix of one-hot vectors and embeddings, as a person meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from pytestqt.qtbot import QtBot

from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.nets.answering.symbols import vectors_of
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.session.session import Session
from rnnviz.views.cells.panels.symbols import SymbolsPanel
from rnnviz.views.plots.names_plot import NamesPlot
from tests.nets.classification.small_classifier import TEXT, saved_classifier
from tests.nets.sequence.zoo import LETTERS, ZOO
from tests.nets.small import random_text, small_model
from tests.session.in_folder import session_in


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    session = session_in(tmp_path)
    yield session
    session.close()


def shown(qtbot: QtBot, session: Session) -> SymbolsPanel:
    panel = SymbolsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(460, 700)
    panel.show()
    qtbot.waitUntil(lambda: session.symbols.vectors is not None and panel.idle)
    return panel


def test_words_have_a_row_each_and_neighbours(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "films.tsv").write_text(TEXT)
    session.open_path(tmp_path / "films.tsv")
    path = saved_classifier(tmp_path)
    session.open_path(path)
    panel = shown(qtbot, session)
    model = open_model(path).model
    names, weight = model.network.symbols, model.embedding.weight.detach().numpy()
    assert panel.matrix._values == pytest.approx(weight, abs=1e-6)
    assert np.array_equal(panel.one_hot._values, np.eye(len(names)))
    qtbot.keyClicks(panel.word, "good")
    qtbot.keyClick(panel.word, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.near.isVisible() and panel.idle)
    place = names.index("good")
    cosines = (
        weight @ weight[place] / np.linalg.norm(weight, axis=1) / np.linalg.norm(weight[place])
    )
    best = max((n for n in range(4, len(names)) if n != place), key=lambda n: cosines[n])
    assert panel.near.names[0] == names[best]
    assert panel.near.values[0] == pytest.approx(cosines[best], abs=1e-5)
    assert "here that of 'good'" in panel.about.text()
    panel.word.setText("nonsense")
    qtbot.keyClick(panel.word, Qt.Key.Key_Return)
    assert "'nonsense' is not in the model's vocabulary" in panel.about.text()
    panel.shown.setCurrentIndex(1)
    panel.shown.activated.emit(1)
    assert panel.map.isVisible() and len(panel.map._words) == len(names)
    recording = session.recordings.recording
    assert recording is not None and isinstance(recording.sequence, Tokens)
    first = int(recording.sequence.ids[0])
    session.selection.set_cursor(0)
    qtbot.waitUntil(lambda: session.symbols.place == first)


def test_characters_are_columns_of_the_input_weights(
    session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    model = small_model("gru", embedding=0)
    save_model(tmp_path / "small.safetensors", model)
    session.open_path(tmp_path / "small.safetensors")
    session.show_text(Text.of(random_text(60), "random"))
    panel = shown(qtbot, session)
    weight = dict(model.recurrent[0].named_parameters())["weight_ih_l0"].detach().numpy()
    assert panel.matrix._values == pytest.approx(weight.T, abs=1e-6)
    assert "columns of the first layer's input weights" in panel.about.text()
    session.selection.set_cursor(7)
    letter = random_text(60)[7]
    qtbot.waitUntil(lambda: session.symbols.place == model.symbols.index(letter))


@pytest.mark.parametrize("name", [n for n, about in ZOO.items() if about.symbols])
def test_every_network_has_a_vector_for_each_symbol(name: str) -> None:
    model = SequenceNetwork(ZOO[name], seed=1)
    vectors, _ = vectors_of(model)
    assert vectors.shape[0] == len(LETTERS) and np.isfinite(vectors).all()
    # What stands for a symbol is all that the network knows of it.
    if model.embedding is None:
        one = np.zeros(len(LETTERS), np.float32)
        one[2] = 1
        parts = [p for n, p in model.named_parameters() if ".0.weight_ih" in n]
        found = np.concatenate([p.detach().numpy() @ one for p in parts])
        assert vectors[2] == pytest.approx(found)


def test_names_on_the_map_do_not_lie_over_each_other(qtbot: QtBot) -> None:
    plot = NamesPlot("names")
    qtbot.addWidget(plot)
    plot.resize(500, 400)
    plot.show()
    draw = np.random.default_rng(1)
    names = [f"name {number}" for number in range(80)]
    plot.set_named(names, draw.normal(size=(80, 2)), (70, 71))
    qtbot.waitExposed(plot)

    def boxes() -> list[QRectF]:
        return [
            item.mapRectToScene(item.boundingRect())
            for item in plot._names.values()
            if item.isVisible()
        ]

    def apart() -> bool:
        found = boxes()
        return not any(
            one.adjusted(1, 1, -1, -1).intersects(two.adjusted(1, 1, -1, -1))
            for number, one in enumerate(found)
            for two in found[:number]
        )

    qtbot.waitUntil(apart)
    few = len(plot.named)
    assert 10 < few < 80 and "name 70" in plot.named
    assert len(plot._names) < 70, "what there is no room for is not made"
    hidden = next(number for number, name in enumerate(names) if name not in plot.named)
    plot.point_hovered.emit(0, hidden)
    assert names[hidden] in plot.named and "name 70" in plot.named
    plot.point_hovered.emit(-1, -1)
    assert len(plot.named) == few
    left, right = plot.view.viewRange()[0]
    middle = (left + right) / 2
    plot.view.setXRange(middle - (right - left) / 40, middle + (right - left) / 40)
    qtbot.waitUntil(lambda: len(plot.named) > few)  # there is room for more
    assert plot.columns()["name"] == names
