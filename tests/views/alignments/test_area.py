"""The Alignments workspace as a person uses it."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel

from rnnviz.core.errors import AlignmentError
from rnnviz.core.kinds import kind_named
from rnnviz.core.models.translation import (
    SPECIAL,
    SideTold,
    TokenizerDescription,
    TranslationDescription,
)
from rnnviz.session.alignments.alignments import Mark
from rnnviz.session.shared.library import ShippedModel
from rnnviz.views.alignments.area import AlignmentArea
from rnnviz.views.alignments.drawing.table_view import TableView
from rnnviz.views.alignments.pane import growing_sentence
from rnnviz.views.alignments.panels.beam import BeamPanel
from rnnviz.views.alignments.panels.compare import ComparePanel
from rnnviz.views.alignments.panels.corpus import CorpusPanel
from rnnviz.views.alignments.panels.gold import GoldPanel
from rnnviz.views.alignments.panels.health import HealthPanel
from rnnviz.views.alignments.panels.pairs import PairsPanel
from rnnviz.views.alignments.panels.trajectory import TrajectoryPanel
from rnnviz.views.alignments.panels.what_if import WhatIfPanel
from rnnviz.views.alignments.saving import drawn_of, saving
from rnnviz.views.alignments.workspace import AlignmentsWorkspace
from rnnviz.views.dialogs.number_dialog import NumberDialog
from rnnviz.views.shared.saving import save_now
from rnnviz.views.window.window import Window
from rnnviz.work.jobs.alignments import Translate, Translated
from tests.session.alignments import translating
from tests.views.cells.panels_world import make_session


@pytest.fixture
def session(tmp_path, appearance):
    session = make_session(tmp_path)
    yield session
    session.close()


@pytest.fixture
def area(session, qtbot):
    area = AlignmentArea(session)
    qtbot.addWidget(area)
    area.resize(900, 700)
    area.show()
    return area


@pytest.fixture
def opened(area, session):
    session.opening._take(translating.opened())
    return session.alignments


def shown(qtbot, panel):
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    panel.show()
    qtbot.waitUntil(lambda: panel.idle)
    return panel


def test_says_what_to_do_before_a_model_is_open(area):
    words = " ".join(label.text() for label in area.findChildren(QLabel) if label.isVisible())
    assert "Open a translation model" in words
    assert not area.bar.line.isEnabled()


def shipped(name, *, attention, language=""):
    """A translation model in the library, in a file of its name."""
    words = TokenizerDescription(kind="words", tokens=(*SPECIAL, "a"))
    about = TranslationDescription(
        architecture="gru",
        layers=1,
        units=2,
        embedding=2,
        source=words,
        target=words,
        attention=attention,
        name=name,
        source_language=language,
    )
    return ShippedModel(Path(f"{name.lower()}.pt"), kind_named("translator"), about)


def test_entering_the_room_opens_the_first_model_with_attention(session, qtbot):
    session.library.models = (
        shipped("Dates", attention="additive"),
        shipped("Plain", attention="none", language="French"),
        shipped("Good", attention="additive", language="French"),
    )
    area = AlignmentArea(session)
    qtbot.addWidget(area)
    assert session.alignments.model is None
    area.show()
    assert str(getattr(session.alignments.model, "path", "")) == "good.pt"
    assert area.main.text.text() == "the cat grey sleeps on the table ."


def test_enter_translates_the_typed_sentence(area, opened, qtbot):
    area.bar.line.clear()
    qtbot.keyClicks(area.bar.line, "le chien dort")
    qtbot.keyClick(area.bar.line, Qt.Key.Key_Return)
    assert area.main.text.text() == "the dog sleeps"
    assert area.main.table.table.row_names == ("the", "dog", "sleeps", "</s>")


def test_an_answer_is_painted_once_and_words_under_way_move_nothing(
    area, opened, qtbot, monkeypatch
):
    area.resize(620, 700)
    opened.translate("le petit chien noir")
    qtbot.waitUntil(lambda: not area._growing_timer.isActive())
    painted, before = [], area.main.table.geometry()
    paint = TableView.paint

    def counted(*args):
        painted.append(args)
        paint(*args)

    monkeypatch.setattr(TableView, "paint", counted)
    for count in (1, 12, 60, 200):
        area.main.show_growing(growing_sentence(("▁word",) * count))
        QApplication.processEvents()
        words, room = area.main.text, area.main.text.contentsRect()
        fitted = words.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, words.text())
        assert words.text().startswith("Translating: ")
        assert words.text().endswith("▍"), "the newest words are seen"
        assert fitted.height() <= room.height()
    assert area.main.table.geometry() == before
    assert not painted
    area.main.show_growing(None)
    QApplication.processEvents()
    assert area.main.text.maximumHeight() > 10_000, "the answer has the room that it needs"
    opened.translate("un chat")
    QApplication.processEvents()
    assert len(painted) == 1


def test_an_empty_sentence_is_answered_in_the_bar(area, opened, qtbot):
    area.bar.line.clear()
    qtbot.keyClick(area.bar.line, Qt.Key.Key_Return)
    assert area.bar.problem.isVisible()
    assert "Type a sentence" in area.bar.problem.text()


def test_hover_lights_up_both_views_and_tells_the_exact_weight(area, opened, qtbot):
    table = area.main.table
    point = table.layout_.cell_rect(1, 2).center().toPoint()
    qtbot.mouseMove(table.viewport(), point)
    qtbot.waitUntil(lambda: area.main.mark == (1, 2))
    assert area.main.lines.mark == (1, 2)
    weight = float(opened.current.decoded.alignment.weights[1, 2])
    assert f"{weight:.6g}" in area.main.readout.text()
    assert "cat ← gris" in area.main.readout.text()


def test_a_click_pins_and_a_second_one_lets_go(area, opened, qtbot):
    table = area.main.table
    point = table.layout_.cell_rect(2, 2).center().toPoint()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert opened.pinned == Mark(2, 2)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert opened.pinned is None


def test_stepping_shows_one_word_at_a_time(area, opened, qtbot):
    area.tools.previous.click()
    assert (opened.step, area.main.table.shown_rows) == (8, 8)
    assert area.tools.place.text() == "8 / 9"
    area.tools.next.click()
    # How the last one was found is seen, too.
    assert (opened.step, area.main.table.shown_rows) == (9, 9)
    assert not area.tools.next.isEnabled()


@pytest.mark.parametrize("layer", ["energies", "context", "encoder", "decoder"])
def test_every_layer_has_its_table(area, opened, layer):
    opened.set_layer(layer)
    assert area.main.layer is not None
    table = np.load(opened.current.decoded.files[layer])
    assert np.array_equal(area.main.table.table.values, table)
    assert area.main.table.table.scale.symmetric


def test_old_and_new_stand_side_by_side_with_their_names(area, opened):
    opened.force_token(2, "purple")
    assert area.side.isVisible()
    assert area.main.heading.text() == "“purple” forced as word 3. 1 target word changed."
    assert area.side.heading.text() == "Before"
    assert (area.main.text.text(), area.side.text.text()) == (
        "the cat purple sleeps on the table .",
        "the cat grey sleeps on the table .",
    )
    area.tools.undo.click()
    assert not area.side.isVisible()


def test_a_model_without_attention_says_so_in_the_place_of_its_table(area, opened):
    opened.compare("without.safetensors", "Plain", attention=False)
    assert area.side.missing.isVisible()
    assert "no attention" in area.side.missing.text()
    assert area.side.heading.text() == "Plain"


def test_the_keys_go_to_what_stands_in_the_place_of_the_table(area, opened, qtbot):
    opened.compare("without.safetensors", "Plain", attention=False)
    with qtbot.waitActive(area):
        area.activateWindow()
    area.bar.line.setFocus()
    qtbot.keyClick(area.bar.line, Qt.Key.Key_Down)
    assert area.main.table.hasFocus()
    area.side.take_focus()
    assert area.side.missing.hasFocus()


def test_two_models_are_compared_by_tokens(session, opened, qtbot):
    panel = shown(qtbot, ComparePanel(session))
    opened.compare("without.safetensors", "Plain", attention=False)
    qtbot.waitUntil(lambda: bool(panel.verdict.text()))
    counts = [len(answer.decoded.target) for answer in (opened.current, opened.beside)]
    assert panel.verdict.text().endswith(f"Tokens: {counts[0]} and {counts[1]}.")


def test_gold_links_are_framed(area, opened, tmp_path):
    (tmp_path / "gold").write_text("0-0 1p1\n")
    opened.gold.open(tmp_path / "gold")
    # Nobody knows whose links they are, until the person says so.
    assert area.main.table._outlines == {}
    opened.gold.claim(opened.current)
    assert area.main.table._outlines == {(0, 0): True, (1, 1): False}
    opened.translate("le chien dort")
    assert area.main.table._outlines == {}


def test_gold_links_of_tokenised_text_frame_the_words_that_they_are_part_of(area, opened, tmp_path):
    (tmp_path / "gold").write_text("0-0 1-1\n")
    (tmp_path / "pairs").write_text("le ch at ||| the c at\n")
    opened.gold.open(tmp_path / "gold")
    opened.gold.open_pairs(tmp_path / "pairs")
    opened.align("le chat", "the cat")
    assert area.main.table._outlines == {(0, 0): True, (1, 1): True}


def test_gold_links_of_another_sentence_are_not_framed(area, opened, tmp_path):
    (tmp_path / "gold").write_text("0-0 1p1\n")
    (tmp_path / "pairs").write_text("le chat ||| the cat\n")
    opened.gold.open(tmp_path / "gold")
    opened.gold.open_pairs(tmp_path / "pairs")
    assert area.main.table._outlines == {}
    opened.align("le chat", "the cat")
    assert area.main.table._outlines == {(0, 0): True, (1, 1): False}


def test_a_double_click_forces_a_weight(area, opened, qtbot):
    table = area.main.table
    point = table.layout_.cell_rect(1, 4).center().toPoint()
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    dialog = area.findChild(NumberDialog)
    assert dialog.isVisible()
    qtbot.keyClicks(dialog.field, "1,75")
    assert not dialog.agree.isEnabled()
    assert dialog.problem.text() == "1.75 cannot be taken here: from 0 to 1"
    qtbot.keyClick(dialog.field, Qt.Key.Key_Escape)
    dialog.field.selectAll()
    qtbot.keyClicks(dialog.field, "0,75")
    qtbot.mouseClick(dialog.agree, Qt.MouseButton.LeftButton)
    assert opened.current.decoded.alignment.weights[1, 4] == pytest.approx(0.75)


@pytest.mark.parametrize("ending", ["png", "svg", "csv", "tex", "html"])
@pytest.mark.parametrize("look", ["map", "lines"])
def test_every_kind_of_file_is_written(area, opened, tmp_path, ending, look):
    path = tmp_path / f"alignment.{ending}"
    save_now(saving(path, area.main, 1.0, look))
    assert path.stat().st_size > 200


@pytest.mark.parametrize(
    "sentence", ["שלום עולם", "a\x1b[31mb \u202e c", "x" * 3000, "mot " * 300, "汉 字 é", "."]
)
def test_any_sentence_is_shown(area, opened, sentence, qtbot):
    area.bar.line.setText(sentence)
    area.bar.button.click()
    assert not area.grab().isNull()
    assert "\x1b" not in area.main.text.text()
    opened.pin(Mark(0, 0))
    qtbot.waitUntil(lambda: bool(area.main.readout.text().strip()))


def test_small_weights_are_seen_and_0_to_1_can_be_chosen(area, opened):
    assert not area.main.whole.isVisible()
    area.main.alignment = None
    answer = opened.current
    weights = np.full_like(answer.decoded.alignment.weights, 0.01)
    np.save(answer.decoded.files["weights"], weights)
    for name in ("alignment", "word_alignment"):
        answer.decoded.__dict__.pop(name, None)
    area.show_answer()
    # All alike: pale, at a quarter of the scale at most, not in full colour.
    assert area.main.table.table.scale.high == pytest.approx(0.45)
    assert area.main.lines.scale == area.main.table.table.scale
    assert "0.45" in area.main.small.text()
    area.main.whole.click()
    assert area.main.table.table.scale.high == 1
    assert not area.main.small.isVisible()
    area.main.whole.click()
    assert area.main.table.table.scale.high == pytest.approx(0.45)


def test_the_first_model_is_opened_once_nothing_else_is_being_opened(session, qtbot):
    session.library.models = (shipped("Good", attention="additive", language="French"),)
    area = AlignmentArea(session)
    qtbot.addWidget(area)
    busy = ["open"]
    session.jobs.busy = lambda slot: slot in busy
    area.show()
    assert session.alignments.model is None
    busy.clear()
    session.jobs.changed.emit()
    assert str(getattr(session.alignments.model, "path", "")) == "good.pt"


class TestPanels:
    def test_pairs_show_where_the_states_are_nearest(self, session, opened, qtbot, tmp_path):
        panel = shown(qtbot, PairsPanel(session))
        assert not panel.list.isVisible(), "before a file is chosen"
        path = tmp_path / "pairs.tsv"
        path.write_text("le chien\tthe dog\nun chat .\ta cat .\n")
        opened.tables.index_states(path)
        qtbot.waitUntil(lambda: panel.list.isVisible())
        assert panel.status.text() == "2 of the 2 pairs of pairs.tsv"
        assert panel.heading.text() == "Click a word of the alignment."
        opened.pin(Mark(None, 1))
        qtbot.waitUntil(lambda: panel.list.count() == 2)
        assert panel.heading.text() == "Encoder at “chat”"
        lines = panel.list.item(0).text().split("\n")
        near = panel.near[0]
        assert lines[0].startswith(f"{near.cosine:.3f}") and "[" in lines[0]
        assert lines[1] == near.pair.target_text
        save_now(panel.saving(tmp_path / "near.csv"))
        assert len((tmp_path / "near.csv").read_text().splitlines()) == 3
        panel.side.setCurrentIndex(1)
        panel.draw()
        assert panel.list.count() == 0, "no word of the translation is marked"
        opened.pin(Mark(2, None))
        qtbot.waitUntil(lambda: panel.list.count() == 2)
        assert panel.heading.text().startswith("Decoder at")
        panel.list.itemClicked.emit(panel.list.item(1))
        pair = panel.list.item(1).data(Qt.ItemDataRole.UserRole).pair
        assert opened.current.question.sentence == pair.source_text
        assert opened.current.question.target == pair.target_text

    def test_what_if_forces_one_of_the_likeliest(self, session, opened, qtbot):
        panel = shown(qtbot, WhatIfPanel(session))
        assert panel.hint.isVisible()
        opened.pin(Mark(1, None))
        qtbot.waitUntil(lambda: panel.target.isVisible())
        panel.likely.setCurrentRow(1)
        panel.likely.setFocus()
        panel.likely.itemActivated.emit(panel.likely.item(1))
        assert opened.current.decoded.target[1] == "dog"

    def test_a_typed_word_stands_alone_unless_it_may_go_on(self, session, opened, qtbot):
        panel = shown(qtbot, WhatIfPanel(session))
        opened.pin(Mark(1, None))
        qtbot.waitUntil(lambda: panel.target.isVisible())
        assert not panel.goes_on.isVisible(), "a model of whole words has nothing to ask"
        for answer in opened._answers:
            described = msgspec.structs.replace(
                answer.model.description, target=SideTold("subwords")
            )
            model = msgspec.structs.replace(answer.model, description=described)
            msgspec.structs.force_setattr(answer, "model", model)
        opened.pin(Mark(2, None))
        qtbot.waitUntil(lambda: panel.goes_on.isVisible())
        qtbot.keyClicks(panel.token, "er")
        panel.force.click()
        assert opened.current.question.whole == {2}
        opened.undo()
        opened.pin(Mark(2, None))
        qtbot.waitUntil(lambda: panel._of is not None and panel._of[0] is opened.current)
        panel.goes_on.click()
        qtbot.keyClicks(panel.token, "er")
        panel.force.click()
        assert opened.current.question.whole == set()

    def test_what_if_sets_and_erases_a_weight(self, session, opened, qtbot):
        panel = shown(qtbot, WhatIfPanel(session))
        opened.pin(Mark(2, 3))
        qtbot.waitUntil(lambda: panel.weight.isVisible())
        panel.number.set_value(0.5)
        panel.set_weight.click()
        assert opened.current.decoded.alignment.weights[2, 3] == pytest.approx(0.5)
        opened.pin(Mark(2, 3))
        qtbot.waitUntil(lambda: panel.weight.isVisible())
        panel.erase.click()
        assert opened.current.decoded.alignment.weights[2, 3] == 0

    def test_what_if_replaces_a_source_word(self, session, opened, qtbot):
        panel = shown(qtbot, WhatIfPanel(session))
        opened.pin(Mark(None, 1))
        qtbot.waitUntil(lambda: panel.source.isVisible())
        panel.word.setText("chien")
        qtbot.keyClick(panel.word, Qt.Key.Key_Return)
        assert opened.current.decoded.target[1] == "dog"

    def test_what_if_changes_the_temperature(self, session, opened, qtbot):
        panel = shown(qtbot, WhatIfPanel(session))
        panel.temperature.set_value(3.0)
        assert opened.current.question.temperature == 3.0

    def test_health_names_dead_attention(self, session, opened, qtbot):
        panel = shown(qtbot, HealthPanel(session))
        assert not panel.warnings.isVisible()
        opened.search(temperature=1e9)
        qtbot.waitUntil(lambda: panel.warnings.isVisible())
        assert "Attention does nothing" in panel.warnings.text()

    def test_health_is_saved(self, session, opened, qtbot, tmp_path):
        panel = shown(qtbot, HealthPanel(session))
        for button in panel.saves:
            for ending in ("csv", "png", "svg"):
                button.save(tmp_path / f"health.{ending}")
                assert (tmp_path / f"health.{ending}").stat().st_size > 50
        assert (tmp_path / "health.csv").read_text().startswith("word,value\nle,")

    def test_the_beam_is_walked_with_keys(self, session, opened, qtbot):
        panel = shown(qtbot, BeamPanel(session))
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
            qtbot.keyClick(panel.tree, key)
        assert panel.tree.placed[panel.tree.current].node.token == "other0"
        qtbot.keyClick(panel.tree, Qt.Key.Key_Return)
        assert "other0" in opened.beside.decoded.target

    def test_links_are_scored_and_saved(self, session, opened, qtbot, tmp_path):
        panel = shown(qtbot, GoldPanel(session))
        (tmp_path / "gold").write_text("0-0 1-1\n")
        panel.open_gold(tmp_path / "gold")
        qtbot.waitUntil(lambda: "Nobody knows" in panel.problem.text())
        assert not panel.score.isVisible()
        panel.claim.click()
        qtbot.waitUntil(lambda: "recall 100.0%" in panel.score.text())
        assert "A straight diagonal: " in panel.score.text()
        panel.save_links(tmp_path / "links.txt")
        assert (tmp_path / "links.txt").read_text().startswith("0-0 1-1 ")

    def test_a_file_without_links_is_said(self, session, opened, qtbot, tmp_path):
        panel = shown(qtbot, GoldPanel(session))
        (tmp_path / "gold").write_text("hello\n")
        panel.open_gold(tmp_path / "gold")
        assert "no link" in panel.problem.text()

    def test_links_of_another_pair_are_said_and_not_scored(self, session, opened, qtbot, tmp_path):
        panel = shown(qtbot, GoldPanel(session))
        (tmp_path / "gold").write_text("0-0 1-1\n")
        (tmp_path / "pairs").write_text("le chat ||| the cat\n")
        panel.open_gold(tmp_path / "gold")
        panel.open_pairs(tmp_path / "pairs")
        qtbot.waitUntil(lambda: "another sentence" in panel.problem.text())
        assert not panel.score.isVisible()
        panel.align.click()
        qtbot.waitUntil(panel.score.isVisible)
        assert not panel.problem.isVisible()

    def test_a_narrow_corpus_shows_both_sentences_in_one_column(self, session, opened, qtbot):
        panel = shown(qtbot, CorpusPanel(session))
        heads = panel.model.headerData
        assert panel.table.isColumnHidden(4)
        assert heads(3, Qt.Orientation.Horizontal) == "Sentence and translation"
        panel.resize(900, 300)
        assert heads(3, Qt.Orientation.Horizontal) == "Sentence"
        assert not panel.table.isColumnHidden(4)

    def test_the_corpus_shows_the_worst_first(self, session, opened, qtbot, tmp_path):
        panel = shown(qtbot, CorpusPanel(session))
        path: Path = tmp_path / "lines.txt"
        path.write_text("le chat dort\nle\nle chat\n")
        opened.tables.translate_corpus(path)
        qtbot.waitUntil(lambda: panel.sorted.rowCount() == 3)
        # In a narrow panel the translation stands under its sentence.
        assert panel.sorted.index(0, 3).data() == "le\nthe"
        panel.table.clicked.emit(panel.sorted.index(0, 3))
        assert opened.current.question.sentence == "le"
        save_now(panel.saving(tmp_path / "corpus.csv"))
        assert (tmp_path / "corpus.csv").read_text().splitlines()[1].endswith("le,the")


def test_dead_attention_is_said_above_its_table(area, opened):
    assert not area.main.alarm.isVisible()
    opened.search(temperature=1e9)
    assert "Attention does nothing" in area.main.alarm.text()
    assert area.main.alarm.isVisible()


def test_a_forced_weight_has_a_mark_in_its_corner(area, opened):
    opened.force_weight(1, 4, 0.7)
    assert area.main.table._forced == {(1, 4)}
    opened.undo()
    assert area.main.table._forced == frozenset()


@pytest.mark.parametrize(("height", "low"), [(800, True), (1000, False)])
def test_in_a_low_window_the_beam_stands_at_the_right(session, appearance, qtbot, height, low):
    window = Window(session, appearance)
    qtbot.addWidget(window)
    window.resize(1280, height)
    window.show()
    session.opening._take(translating.opened())
    room = window.workspace(AlignmentsWorkspace)
    side = room.dockWidgetArea(room.docks["beam"])
    assert (side == Qt.DockWidgetArea.RightDockWidgetArea) == low
    assert room.docks["corpus"] in room.tabifiedDockWidgets(room.docks["beam"])


def test_the_keyboard_alone_translates_walks_and_steps(session, appearance, qtbot):
    window = Window(session, appearance)
    qtbot.addWidget(window)
    window.show()
    session.opening._take(translating.opened())
    room = window.workspace(AlignmentsWorkspace)
    assert window.workspace_tabs.current is room
    assert room.area is not None
    line, table = room.area.bar.line, room.area.main.table
    line.clear()
    qtbot.keyClicks(line, "le chien dort")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert room.area.main.text.text() == "the dog sleeps"
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert table.hasFocus() or window.focusWidget() is table
    qtbot.keyClick(table, ",")
    assert session.alignments.step == 3
    qtbot.keyClick(table, ".")
    assert session.alignments.step == 4
    assert room.area.main.picture.isVisible()
    qtbot.keyClick(table, Qt.Key.Key_Home)
    assert session.alignments.step == 0
    qtbot.keyClick(table, "p")
    assert room.area.main.lines.isVisible() and not room.area.main.picture.isVisible()
    qtbot.keyClick(table, "p")
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert room.area._playing.isActive()
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert not room.area._playing.isActive()
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert session.alignments.step == 4
    qtbot.keyClick(table, Qt.Key.Key_Escape)
    assert session.alignments.step is None
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: table.mark == (0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert session.alignments.current.question.why.startswith("weight of “le” erased")
    window.undo()
    assert session.alignments.current.question.why == ""
    qtbot.keyClick(table, "t")
    assert window.focusWidget() is line


class TestSteps:
    """The lecture's picture while stepping, with keys alone."""

    def test_stepping_shows_the_picture_and_the_matrix_grows(self, area, opened, qtbot):
        assert not area.main.picture.isVisible()
        area.tools.step_on()
        assert area.main.picture.isVisible() and not area.main.lines.isVisible()
        assert area.main.picture.step == 1 and area.main.table.shown_rows == 1
        area.tools.step_on()
        assert "“cat” is written" in area.main.picture.accessibleDescription()
        assert area.main.table.shown_rows == 2
        area.tools.step_back()
        assert "“the” is written" in area.main.picture.accessibleDescription()
        opened.set_step(None)
        assert not area.main.picture.isVisible() and area.main.lines.isVisible()

    def test_the_last_word_is_seen_as_it_is_found(self, area, opened):
        area.tools.step_to(end=True)
        steps = len(opened.current.decoded.target)
        assert opened.step == steps and area.main.picture.step == steps
        area.tools.step_on()
        assert opened.step == steps

    def test_it_plays_to_the_end_and_rests(self, area, opened, qtbot):
        area._playing.setInterval(5)
        area.toggle_play()
        steps = len(opened.current.decoded.target)
        qtbot.waitUntil(lambda: opened.step == steps and not area._playing.isActive())
        assert area.main.picture.isVisible()
        area.toggle_play()
        assert area._playing.isActive() and opened.step == 0
        area.toggle_play()
        assert not area._playing.isActive()

    def test_the_pointer_explains_a_number_and_lights_up_its_word(self, area, opened, qtbot):
        area.tools.step_to(end=True)
        area.tools.step_back()
        picture = area.main.picture
        spot = next(s for s in picture.picture.spots if s.part == "weight" and s.place == 2)
        point = QPoint(int(spot.x + spot.width / 2), int(spot.y + spot.height / 2))
        qtbot.mouseMove(picture, point)
        qtbot.waitUntil(lambda: "exp(" in area.main.readout.text())
        qtbot.waitUntil(lambda: area.main.mark == (None, 2))
        qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=point)
        assert opened.pinned == Mark(None, 2)

    def test_steps_can_be_shown_as_lines(self, area, opened):
        opened.set_pictured(False)
        area.tools.step_on()
        assert not area.main.picture.isVisible() and area.main.lines.isVisible()

    @pytest.mark.parametrize("ending", [".png", ".svg", ".html"])
    def test_a_step_is_saved(self, area, opened, tmp_path, ending):
        path = tmp_path / f"step{ending}"
        save_now(saving(path, area.main, 1.0, "step", 2))
        assert path.stat().st_size > 2000
        if ending == ".svg":
            assert "Step 2 of" in path.read_text(encoding="utf-8")


def test_the_probability_of_a_pair_makes_nothing_wider(area, opened):
    opened.align("le chat", "the dog")
    heading = area.main.heading
    assert "probability" in heading.text()
    whole = heading.fontMetrics().horizontalAdvance(heading.text())
    assert heading.minimumSizeHint().width() < whole
    opened.translate("le chat")
    assert not heading.wordWrap()


def test_a_translation_that_is_typed_is_aligned_with_its_probability(area, opened, qtbot):
    qtbot.mouseClick(area.bar.given, Qt.MouseButton.LeftButton)
    assert area.bar.target.hasFocus() or area.bar.target.isVisible()
    qtbot.keyClicks(area.bar.target, "the dog")
    assert area.bar.button.text() == "Align"
    qtbot.keyClick(area.bar.target, Qt.Key.Key_Return)
    assert opened.current.question.target == "the dog"
    assert "probability" in area.main.heading.text()
    area.bar.target.clear()
    qtbot.keyClick(area.bar.target, Qt.Key.Key_Return)
    assert opened.current.question.target == ""


class TestWeightsOfAFile:
    """Attention of anybody's model, without a model."""

    @pytest.fixture
    def heads(self, tmp_path):
        weights = np.zeros((2, 3, 2, 3), np.float32)
        weights[..., 0] = 1
        weights[1, 2] = [[0, 0, 1], [0, 1, 0]]
        path = tmp_path / "heads.npz"
        source, target = np.array(["מטמון", "התגלה", "במערה"]), np.array(["a", "b"])
        np.savez(path, weights=weights, source=source, target=target)
        return path

    def test_layer_and_head_are_chosen_and_stepped_through(self, area, session, heads, qtbot):
        session.open_path(heads)
        assert area.main.table.table.row_names == ("a", "b")
        assert area.tools.map_layer.isVisible() and area.tools.map_head.isVisible()
        for box, place in ((area.tools.map_layer, 1), (area.tools.map_head, 2)):
            box.setCurrentIndex(place)
            box.activated.emit(place)
        assert area.main.table.table.values.tolist() == [[0, 0, 1], [0, 1, 0]]
        assert area.main.heading.text() == "heads: layer 2, head 3"
        assert "beam" not in drawn_of(area.main, 1.0).about
        area.tools.step_on()
        assert area.main.picture.isVisible()
        assert "“a” is written" in area.main.picture.accessibleDescription()

    def test_the_first_word_from_right_to_left_is_the_rightmost(self, area, session, heads, qtbot):
        session.open_path(heads)
        layout, lines = area.main.table.layout_, area.main.lines
        assert layout.cell_rect(0, 0).x() > layout.cell_rect(0, 1).x() > layout.cell_rect(0, 2).x()
        assert lines._rects[0][0].x() > lines._rects[0][2].x()
        assert area.bar.line.layoutDirection() == Qt.LayoutDirection.RightToLeft
        point = layout.cell_rect(1, 0).center()
        assert area.main.table.place_at(point) == (1, 0)
        qtbot.keyClick(area.main.table, Qt.Key.Key_Right)
        qtbot.keyClick(area.main.table, Qt.Key.Key_Left)
        assert area.main.table.mark == (0, 1)
        # The painted cell of the first word is dark, at the right.
        image = area.main.table.viewport().grab().toImage()
        inner = layout.cell_rect(1, 0).adjusted(3, 3, -3, -3).topLeft().toPoint()
        other = layout.cell_rect(1, 2).adjusted(3, 3, -3, -3).topLeft().toPoint()
        assert image.pixelColor(inner).lightness() < image.pixelColor(other).lightness() - 60

    def test_nothing_can_be_asked_of_it_and_a_model_takes_its_place(
        self, area, session, heads, qtbot
    ):
        session.open_path(heads)
        panels = shown(qtbot, WhatIfPanel(session)), shown(qtbot, HealthPanel(session))
        assert panels[0].empty and not panels[1].empty
        qtbot.keyClick(area.main.table, Qt.Key.Key_Right)
        qtbot.keyClick(area.main.table, Qt.Key.Key_Delete)
        assert "no model" in area.bar.problem.text()
        session.opening._take(translating.opened())
        assert area.bar.line.isEnabled() and not area.tools.map_layer.isVisible()
        assert area.main.text.text().startswith("the cat")

    def test_a_bad_file_leaves_what_is_open_and_odd_numbers_are_said(
        self, area, session, opened, tmp_path
    ):
        bad = tmp_path / "bad.json"
        bad.write_text('{"weights": [[0.9, 0.4]], "source": ["a"], "target": ["b"]}')
        with pytest.raises(AlignmentError, match="2 source places"):
            session.open_path(bad)
        assert area.main.text.text().startswith("the cat")
        bad.write_text('{"weights": [[0.9, 0.4]], "source": "a b", "target": ["c"]}')
        session.open_path(bad)
        assert "adds up to 1.3" in area.main.alarm.text()


class TestTrust:
    """Does the weight matter, and what differs from the alignment beside it."""

    def test_choosing_an_effect_measures_it_and_colours_the_table(self, area, opened, qtbot):
        place = area.tools.layer.findData("erased")
        area.tools.layer.setCurrentIndex(place)
        area.tools.layer.activated.emit(place)
        assert area.main.layer is not None and area.main.layer.quantity == "p falls by"
        assert area.main.table.table.values[0, 0] == pytest.approx(0.5)
        assert area.main.table.table.scale.symmetric
        assert "Kendall" in area.main.readout.text()

    def test_all_effects_stand_beside_a_weight(self, area, opened, qtbot):
        opened.measure()
        opened.pin(Mark(0, 0))
        qtbot.waitUntil(lambda: "erasing the weight +0.50" in area.main.readout.text())
        assert "leaving the word out +0.50" in area.main.readout.text()
        assert "weight 0." in area.main.readout.text()

    def test_health_says_how_far_the_attention_agrees(self, session, opened, qtbot):
        panel = shown(qtbot, HealthPanel(session))
        assert "Take each weight away" in panel.trust.text()
        panel.measure.click()
        qtbot.waitUntil(lambda: "Kendall" in panel.trust.text())
        assert not panel.measure.isVisible()
        opened.translate("le chien dort")
        qtbot.waitUntil(lambda: panel.measure.isVisible())

    def test_changed_words_and_weights_are_marked_and_have_a_table(self, area, opened, qtbot):
        opened.set_layer("difference")
        assert "no alignment beside" in area.main.missing.text()
        opened.set_layer("weights")
        opened.force_token(2, "purple")
        rows, cells = area.main.table._changed
        assert rows == {2} and cells == frozenset()
        assert "1 target word changed" in area.main.heading.text()
        opened.force_weight(1, 4, 0.7)
        rows, cells = area.main.table._changed
        assert (1, 4) in cells
        opened.set_layer("difference")
        values = area.main.table.table.values
        before = opened.beside.decoded.alignment.weights[1, 4]
        assert values[1, 4] == pytest.approx(0.7 - before, abs=1e-5)
        assert area.side.shown_layer == "weights"
        opened.put_away()
        opened.set_layer("weights")
        assert area.main.table._changed == (frozenset(), frozenset())


def test_states_are_a_way_whose_words_light_up(area, session, opened, qtbot):
    panel = shown(qtbot, TrajectoryPanel(session))
    assert panel.view.names == opened.current.decoded.source
    qtbot.waitUntil(lambda: len(panel.view.places) == 9)

    x, y = panel.view.places[3]
    point = QPoint(round(x), round(y))
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=point)
    assert opened.pinned is not None
    column = opened.mark.column
    assert panel.view.marked == column
    panel.side.setCurrentIndex(1)
    panel.side.activated.emit(1)
    opened.unpin()
    opened.set_step(3)
    qtbot.waitUntil(lambda: panel.view.marked == 2)
    assert panel.view.names == opened.current.decoded.target


def test_a_word_under_way_is_as_far_as_its_pieces_are_written(area, opened, monkeypatch):
    def pieces(request, context):
        asked = msgspec.structs.replace(request, source="a b")
        decoded = translating.translate(asked, context).decoded
        source, target = ("▁le", "▁ch", "at"), ("▁the", "▁c", "at")
        return Translated(decoded=replace(decoded, source=source, target=target))

    monkeypatch.setitem(opened._jobs._runner._tasks, Translate, pieces)
    opened.translate("le chat")
    decoded, table = opened.current.decoded, area.main.table
    assert opened.words and table.table.row_names == ("the", "cat")
    opened.set_step(2)
    assert table.table.row_names == ("the", "c") and table.shown_rows == 2
    lines = area.main.lines
    assert lines.alignment.target == ("the", "c") and lines.shown_rows == 2
    assert np.allclose(lines.alignment.weights, table.table.values, atol=1e-6)
    weights = decoded.alignment.weights
    assert np.allclose(table.table.values[1], [weights[1, 0], weights[1, 1:].sum()], atol=1e-6)
    assert area.tools.place.text() == "2 / 2"
    assert "2 of 3 pieces" in area.tools.place.toolTip()
    opened.set_step(3)
    assert table.table.row_names == ("the", "cat") == lines.alignment.target
    assert np.allclose(table.table.values, decoded.word_alignment.weights, atol=1e-6)


@pytest.mark.parametrize("height", [420, 900])
def test_a_step_has_the_room_of_the_titles_in_a_small_window(area, opened, qtbot, height):
    area.resize(440, height)
    area.tools.step_on()
    brief = height == 420
    qtbot.waitUntil(lambda: area.main.text.isHidden() == brief)
    assert area.main.legend.isHidden() == brief
    assert area.main.heading.isHidden() == brief
    opened.set_step(None)
    assert not area.main.text.isHidden() and not area.main.legend.isHidden()


def test_the_agreement_is_short_where_there_is_no_room(area, opened, qtbot):
    opened.set_layer("erased")
    label = area.main.readout
    qtbot.waitUntil(lambda: label.text().startswith("Kendall's τ between"))
    label.resize(2000, 20)
    assert label.shown() == label.text()
    label.resize(300, 20)
    assert label.shown().startswith("Kendall's τ with the weights: ")
