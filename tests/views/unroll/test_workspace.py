"""The Unroll workspace with real keys and clicks."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from rnnviz.core.export.mathematics import glyphs
from rnnviz.nets.answering.unroll import TASKS
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.views.dialogs.number_dialog import NumberDialog
from rnnviz.views.shared.controls.number_field import NumberField
from rnnviz.views.unroll.area import UnrollArea
from tests.asking import PipedRunner
from tests.late_runner import LateRunner


@pytest.fixture
def area(qtbot, tmp_path):
    unroll = Unroll(Jobs(PipedRunner(TASKS)), tmp_path)
    made = UnrollArea(unroll)
    qtbot.addWidget(made)
    made.resize(1100, 760)
    made.show()
    qtbot.waitUntil(lambda: made.drawing.picture is not None)
    yield made
    unroll.close()


def pixels(pixmap):
    image = pixmap.toImage()
    shape = image.height(), image.bytesPerLine() // 4, 4
    return np.frombuffer(image.constBits(), np.uint8).reshape(shape).astype(int)


def signs(area):
    return [one.text for one in area.drawing.picture.figure.signs]


def words(area):
    return [word.text for word in area.drawing.picture.figure.words]


def point(qtbot, area, kind, step=-1):
    def pointed():
        # The rows above may have become more or fewer: then the numbers lie elsewhere.
        places = area.drawing.picture.places
        place = next(p for p in places if p.kind == kind and step in (-1, p.step))
        at = QPoint(int(place.x + place.width / 2), int(place.y + place.height / 2))
        qtbot.mouseMove(area.drawing, at)
        return area.drawing.place == place

    qtbot.waitUntil(pointed)
    return area.drawing.place


def button(area, words):
    return next(
        one for one in area.findChildren(QAbstractButton) if one.toolTip().startswith(words)
    )


def test_it_opens_on_hello_with_nothing_read_yet(area):
    assert "Nothing was read yet" in words(area)[0]
    assert [w for w in words(area) if w in "hello"] != []


def test_going_on_shows_one_step_more(area, qtbot):
    qtbot.mouseClick(button(area, "One moment on"), Qt.MouseButton.LeftButton)
    assert words(area)[0].startswith("Forwards, step 1: “h” enters, “e” should come out")
    qtbot.mouseClick(button(area, "One moment back"), Qt.MouseButton.LeftButton)
    assert "Nothing was read yet" in words(area)[0]


def test_a_number_that_is_pointed_at_shows_its_formula(area, qtbot):
    area._unroll.set_index(10)
    place = point(qtbot, area, "hidden", 1)
    value = area._unroll.trace["0/hidden"][1, place.row]
    assert "h₂ = tanh(W_xh x₂ + W_hh h₁ + b)" in area._readout.text()
    assert f"= {value:.3f}".replace("-", "−") in area._readout.text()


def test_the_formula_goes_with_the_number(area, qtbot):
    area._unroll.set_index(10)
    point(qtbot, area, "own", 3)
    before = area._readout.text()
    qtbot.mouseClick(button(area, "One training step"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: area._readout.text() != before)
    area._unroll.set_index(1)
    assert "Point at a number" in area._readout.text()


def test_a_weight_lights_up_and_is_found_with_the_keys(area, qtbot):
    area._unroll.set_index(4)
    area.drawing.setFocus()
    qtbot.keyClick(area.drawing, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    first = area.drawing.place
    assert first is not None
    qtbot.keyClick(area.drawing, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert area.drawing.place != first
    assert area.drawing.place.x > first.x


def test_a_weight_is_set_by_hand_and_the_question_goes(area, qtbot):
    area._unroll.set_index(4)
    place = point(qtbot, area, "weight", -1)
    at = QPoint(int(place.x + place.width / 2), int(place.y + place.height / 2))
    for answer, key in ((0.25, Qt.Key.Key_Return), (0.75, Qt.Key.Key_Escape)):
        qtbot.mouseDClick(area.drawing, Qt.MouseButton.LeftButton, pos=at)
        dialog = area.findChild(NumberDialog)
        field = dialog.findChild(NumberField)
        field.selectAll()
        qtbot.keyClicks(field, str(answer))
        qtbot.keyClick(dialog, key)
        qtbot.waitUntil(lambda: area.findChild(NumberDialog) is None)
        weights = area._unroll.trace[f"weight/{place.key}"]
        assert weights[place.row, place.column] == pytest.approx(0.25)


def test_training_until_it_is_learned_turns_the_marks(area, qtbot):
    area._unroll.set_index(4)
    assert any("✗" in word for word in words(area))
    qtbot.mouseClick(button(area, "Train until"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: area._unroll.trace.learned)
    assert not any("✗" in word for word in words(area))
    qtbot.mouseClick(button(area, "Back to the weights"), Qt.MouseButton.LeftButton)
    assert any("✗" in word for word in words(area))


def test_another_word_is_read_when_it_is_typed(area, qtbot):
    area._word.selectAll()
    qtbot.keyClicks(area._word, "banana")
    qtbot.keyClick(area._word, Qt.Key.Key_Return)
    assert area._unroll.plan.vocabulary == ("b", "a", "n")
    assert area._unroll.plan.steps == 5


def test_a_word_of_one_letter_is_refused_with_a_word_why(area, qtbot):
    area._word.selectAll()
    qtbot.keyClicks(area._word, "a")
    qtbot.keyClick(area._word, Qt.Key.Key_Return)
    assert "2 to 41" in area._readout.text()
    assert area._unroll.plan.steps == 4


def test_rolled_up_it_has_a_loop(area, qtbot):
    area._unroll.set_index(2)
    area._roll.click()
    qtbot.waitUntil(lambda: ", at every step" in signs(area))
    area._roll.click()
    qtbot.waitUntil(lambda: ", at every step" not in signs(area))


def test_a_network_that_only_adds_is_opened_and_has_a_loop_without_a_matrix(area, qtbot):
    area._architecture.setCurrentIndex(area._architecture.findData("residual"))
    area._unroll.set_index(3)
    area.toggle_inside()
    assert {"hidden", "hidden₋₁", "added", "+"} <= set(words(area))
    place = next(p for p in area.drawing.picture.places if p.key == "0/added")
    area.drawing.point_at(place)
    assert "tanh(W x + b) = tanh(" in area._readout.text()
    area.toggle_inside()
    area._roll.click()
    qtbot.waitUntil(lambda: "the state, at every step" in signs(area))
    assert ", at every step" not in signs(area)


def test_both_ways_it_is_joined_and_where_there_is_no_end_it_says_why(area, qtbot):
    box = area._direction
    box.setCurrentIndex(box.findData("both"))
    qtbot.waitUntil(lambda: area._unroll.plan.direction == "both")
    assert "← from end" in words(area)
    area._unroll.set_index(1)
    assert "“h” (step 1) enters the row that reads on, “l” (step 4)" in words(area)[0]
    area._unroll.set_index(4)
    assert "Joined, they answer" in words(area)[0]
    test = next(one for one in area.findChildren(QAbstractButton) if one.text() == "Test time")
    assert not test.isEnabled() and "has no end yet" in test.toolTip()
    qtbot.keyClick(area.drawing, Qt.Key.Key_W)
    area._unroll.learn()
    qtbot.waitUntil(lambda: area._unroll.trace.learned)
    area._structure.choose("attention")
    area._choose_structure("attention")
    qtbot.waitUntil(lambda: area._unroll.plan.source > 0)
    assert area._unroll.plan.direction == "forward"
    assert not box.isEnabled() and box.currentData() == "forward"
    assert "what is not written yet" in box.toolTip()


@pytest.mark.parametrize("name", ["weight_ih_l0", "weight_hh_l0"])
def test_a_matrix_lights_up_in_all_its_copies(area, name):
    area._unroll.set_index(4)
    place = next(p for p in area.drawing.picture.places if p.key == f"layers.0.{name}")
    area.drawing.point_at(place)
    thick = [s for s in area.drawing.picture.figure.strokes if s.width > 3]
    # A shaft and two halves of a head at each of the steps.
    assert len(thick) == 3 * area._unroll.plan.steps


def test_what_reads_from_the_end_begins_at_the_last_symbol(area, qtbot):
    area._direction.setCurrentIndex(area._direction.findData("backward"))
    qtbot.waitUntil(lambda: area._unroll.plan.direction == "backward")
    assert "reads the last symbol" in words(area)[0] and "← from end" in words(area)
    area._unroll.set_index(1)
    assert words(area)[0].startswith("Forwards, step 4: “l” enters, “o” should come out")
    assert {p.step for p in area.drawing.picture.places if p.kind == "hidden"} == {3}
    assert "W_hh h₅" in area._readout.text()
    area._unroll.set_index(6)
    assert "Backwards, step 1" in words(area)[0] and "its own loss alone" in words(area)[0]
    area._unroll.set_index(7)
    assert "∂L/∂h₂ = ∂L₂/∂h₂ + (∂h₁/∂h₂)ᵀ ∂L/∂h₁" in area._readout.text()


def test_playing_goes_on_and_stops(area, qtbot):
    area._speed.setCurrentIndex(2)
    area.toggle_play()
    qtbot.waitUntil(lambda: area._unroll.index >= 2)
    area.toggle_play()
    assert not area._playing.isActive()


def test_every_control_has_a_name(area):
    for one in area.findChildren(QWidget):
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible():
            named = one.accessibleName() or getattr(one, "text", lambda: "")()
            assert named or one.objectName().startswith("qt_"), one


def test_no_caption_is_cut_in_a_narrow_window(area, qtbot):
    area.resize(846, 600)
    for index in range(area._unroll.last_index + 1):
        area._unroll.set_index(index)
        image = area.drawing.grab().toImage()
        edge = {image.pixel(image.width() - 6, y) for y in range(6, 34)}
        assert len(edge) == 1, words(area)[0]


def test_the_loop_of_the_rolled_network_lies_over_no_number(area, qtbot):
    area._unroll.set_index(8)
    area.toggle_rolled()
    qtbot.waitUntil(lambda: ", at every step" in signs(area))
    qtbot.waitUntil(lambda: not area.drawing._rolling.isActive())
    picture = area.drawing.picture
    loop = next(one for one in picture.figure.signs if one.text == ", at every step")
    end = loop.x + sum(glyphs()[sign].advance for sign in loop.text) / 1000 * loop.size
    gradients = [place for place in picture.places if place.kind in ("own", "later", "hidden")]
    assert gradients
    assert all(place.x > end + 40 for place in gradients)


def test_the_lectures_sentence_is_learned_with_attention_and_explained(area, qtbot):
    chosen = next(
        one for one in area.findChildren(QAbstractButton) if one.text() == "With attention"
    )
    qtbot.mouseClick(chosen, Qt.MouseButton.LeftButton)
    assert area._word.text() == "estamos comiendo pan > we are eating bread"
    area._unroll.learn()
    qtbot.waitUntil(lambda: area._unroll.trace is not None and area._unroll.trace.learned)
    assert "we are eating bread" in words(area)[1]
    area._unroll.set_index(5)
    assert "which looks at “" in words(area)[0]
    point(qtbot, area, "attention")
    assert "softmax(h₅ · h₁), the weight of “estamos”" in area._readout.text()
    point(qtbot, area, "context", 4)
    assert "c₅ = ∑ᵢ aᵢ hᵢ" in area._readout.text()
    other = next(one for one in area.findChildren(QAbstractButton) if one.text() == "Many to many")
    qtbot.mouseClick(other, Qt.MouseButton.LeftButton)
    assert area._word.text() == "hello" and area._unroll.plan.source == 0


def test_at_test_time_what_it_writes_goes_back_in(area, qtbot):
    box = next(one for one in area.findChildren(QAbstractButton) if one.text() == "end mark")
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
    area._unroll.learn()
    qtbot.waitUntil(lambda: area._unroll.trace.learned)
    test = next(one for one in area.findChildren(QAbstractButton) if one.text() == "Test time")
    qtbot.mouseClick(test, Qt.MouseButton.LeftButton, pos=QPoint(8, test.height() // 2))
    assert "it writes “e l l o ⏎”" in words(area)[1]
    area._unroll.set_index(5)
    assert words(area)[0].endswith("the end mark, a symbol like others. So it stops.")
    assert "“o”, which it wrote itself, goes back in" in words(area)[0]
    assert not area._temperature.isVisible()
    area._how.setCurrentIndex(1)
    assert area._temperature.isVisible()
    qtbot.mouseClick(test, Qt.MouseButton.LeftButton, pos=QPoint(8, test.height() // 2))
    assert "it says “" in words(area)[1]


def test_all_moments_are_saved_as_a_moving_picture(area, qtbot, tmp_path, monkeypatch):
    path = tmp_path / "hello.gif"
    monkeypatch.setattr(
        "PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_, **__: (str(path), "")
    )
    said: list[str] = []
    area.message.connect(said.append)
    area.save()
    qtbot.waitUntil(lambda: said[-1:] == ["Saved hello.gif"], timeout=60_000)
    with Image.open(path) as found:
        assert getattr(found, "n_frames", 1) == area._unroll.last_index + 1
        assert found.size == (area.drawing.width(), area.drawing.height())


def test_a_step_is_opened_and_closed_and_the_radius_slides(area, qtbot):
    unroll = area._unroll
    area._architecture.setCurrentIndex(area._architecture.findData("lstm"))
    unroll.set_index(2)
    area.toggle_inside()
    assert words(area)[0].startswith("Inside step 2")
    assert {"cell", "forget", "cell₋₁"} <= set(words(area))
    place = next(p for p in area.drawing.picture.places if p.key == "0/cell")
    area.drawing.point_at(place)
    assert "cell = " in area._readout.text()
    area.toggle_inside()
    assert "Inside" not in words(area)[0]
    area._architecture.setCurrentIndex(area._architecture.findData("rnn"))
    area._radius_slider.setValue(150)
    matrix = unroll.trace["weight/layers.0.weight_hh_l0"]
    assert abs(np.linalg.eigvals(matrix)).max() == pytest.approx(1.5)
    assert unroll.undo() and unroll.undo() and unroll.undo()
    assert area._architecture.currentData() == unroll.plan.architecture


@pytest.mark.parametrize(("name", "begins"), [("a.pdf", b"%PDF"), ("a.html", b"<!DOCTYPE html>")])
def test_the_picture_for_print_and_the_page_are_saved_from_the_window(
    area, qtbot, tmp_path, monkeypatch, name, begins
):
    monkeypatch.setattr("rnnviz.views.unroll.played_area.ask_save_path", lambda *_: tmp_path / name)
    with qtbot.waitSignal(area.message):
        area.save()
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_long_word_scrolls_and_keeps_the_step_that_is_computed_in_sight(area, qtbot):
    area.resize(848, 600)
    area._unroll.set_word("estamos comiendo pan bien", "many-to-many")
    qtbot.waitUntil(lambda: area._unroll.plan.steps == 24)
    assert len(area.drawing.seen) < 24 and area._bar.isVisible()
    for index in (1, 9, 20, 30, 40, 49):
        area._unroll.set_index(index)
        at = index - 1 if index <= 24 else 24 - (index - 25)
        if index != 49:
            assert at in area.drawing.seen
        sizes = [w.size for w in area.drawing.picture.figure.words if w.anchor == "end"]
        assert min(sizes) >= 8
    assert "have room here" in words(area)[1]
    area._bar.setValue(7)
    assert area.drawing.seen[0] == 7
    area.toggle_all()
    assert len(area.drawing.seen) == 24
    assert "colours alone" in words(area)[1]


def test_the_movement_is_that_of_the_picture(area, qtbot):
    area._unroll.set_index(8)
    area.drawing.roll_to(0.4)
    moved = area.drawing.grab().toImage()
    area.drawing._movement = None
    area.drawing.draw_anew()
    whole = area.drawing.grab().toImage()
    assert moved.size() == whole.size()
    same = sum(
        moved.pixel(x, y) == whole.pixel(x, y)
        for x in range(0, moved.width(), 5)
        for y in range(0, moved.height(), 5)
    )
    # Parts stand on whole pixels while they move, and the later ones lie above.
    assert same > 0.9 * (moved.width() // 5) * (moved.height() // 5)


@pytest.mark.parametrize("structure", ["many-to-many", "attention"])
@pytest.mark.parametrize("size", [(1000, 700), (1500, 1000)])
def test_from_moment_to_moment_the_picture_is_what_it_is_painted_whole(
    area, qtbot, structure, size
):
    direction = "both" if structure == "many-to-many" and size[0] == 1000 else "forward"
    area.resize(*size)
    area._choose_structure(structure)
    area._unroll.set_plan(msgspec.structs.replace(area._unroll.plan, direction=direction))
    drawing, last = area.drawing, area._unroll.last_index
    drawing.show_all(structure == "attention")
    for index in (*range(last + 1), *range(last, -1, -3)):
        area._unroll.set_index(index)
        painted = pixels(drawing._pixmap)
        drawing._picture = None
        drawing.draw_anew()
        apart = np.abs(painted - pixels(drawing._pixmap)).max(axis=2)
        # A line that is cut where it leaves what is painted anew is rounded otherwise there.
        assert apart.max() < 60 and (apart > 0).sum() < 50, index


def test_little_is_laid_out_and_painted_as_one_goes_on(area, qtbot):
    area._unroll.set_index(2)
    before = set(area.drawing.picture.parts)
    area._unroll.set_index(3)
    after = set(area.drawing.picture.parts)
    assert len(after - before) <= 5 < len(after), "the words above, a step, its arrows"


def test_what_is_lit_alone_lays_out_the_picture_anew(area, qtbot):
    area._unroll.set_index(4)
    weights = [p for p in area.drawing.picture.places if p.key == "layers.0.weight_hh_l0"]
    area.drawing.point_at(weights[0])
    lit = area.drawing.picture
    area.drawing.point_at(weights[1])
    assert area.drawing.picture is lit, "the same matrix is lit"
    area._unroll.set_index(5)
    assert any(s.width > 3 for s in area.drawing.picture.figure.strokes), "and stays lit"
    area.drawing.point_at(None)
    assert not any(s.width > 3 for s in area.drawing.picture.figure.strokes)


def test_a_number_that_was_typed_stays_while_it_is_on_its_way(qtbot, tmp_path):
    runner = LateRunner(TASKS)
    unroll = Unroll(Jobs(runner), tmp_path)
    area = UnrollArea(unroll)
    qtbot.addWidget(area)
    area.show()
    runner.finish()
    rate = area._rate
    rate.set_value(0.5)
    runner.finish()
    rate.setFocus()
    rate.selectAll()
    qtbot.keyClicks(rate, "0,25")
    qtbot.keyClick(rate, Qt.Key.Key_Tab)
    rate.clearFocus()
    unroll.changed.emit()  # as whatever is drawn anew meanwhile
    assert rate.value() == 0.25
    rate.set_value(0.75)  # waits for the one under way
    runner.finish(runner.open[0])
    assert (rate.value(), unroll.asked.rate) == (0.75, 0.75)
    rate.set_value(0.25)
    runner.finish()
    assert (rate.value(), rate.text(), unroll.plan.rate) == (0.25, "0.25", 0.25)
    unroll.close()
