"""The Gradients workspace as a person sees it, on the engine's real tasks run inline."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PySide6.QtCore import Qt

from rnnviz.core.gradients.decay import Decay
from rnnviz.core.sequences.text import Text
from rnnviz.views.gradients.panels import PANELS
from rnnviz.views.gradients.panels.clipping import ClippingPanel
from rnnviz.views.gradients.panels.distance import DistancePanel
from rnnviz.views.gradients.panels.fits import Line, fits_well
from rnnviz.views.gradients.panels.heatmap import GradientHeatmapPanel
from rnnviz.views.gradients.panels.inputs import InputsPanel
from rnnviz.views.gradients.panels.matrix import MatrixPanel
from rnnviz.views.gradients.panels.memory import MemoryPanel
from rnnviz.views.gradients.panels.parts import scientific
from rnnviz.views.gradients.panels.truncation import TruncationPanel
from rnnviz.views.plots import Arrow, ArrowPlot, Banded, BandPlot
from rnnviz.views.shared.saving import save_now
from tests.session.in_folder import session_in
from tests.views.gradients.gradients_world import TEXT, make_session, settle, shown

ABOUT_A_TEXT = [DistancePanel, *(panel for panel in PANELS if panel is not MemoryPanel)]


@pytest.fixture
def session(tmp_path, qapp):
    made = make_session(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("panel", ABOUT_A_TEXT)
def test_without_a_model_each_panel_says_what_to_do(qtbot, qapp, tmp_path, panel):
    session = session_in(tmp_path)
    made = shown(qtbot, panel(session))
    assert made.empty
    assert "Open a model" in made._sentence.text()
    session.close()


@pytest.mark.parametrize("panel", ABOUT_A_TEXT)
def test_a_text_of_one_character_is_explained(qtbot, session, panel):
    session.recordings.take_text(Text.of("a", "one"))
    made = shown(qtbot, panel(session))
    if panel is not MatrixPanel:
        assert made.empty
        assert made._sentence.text().startswith("A loss needs two characters")
        session.show_text(Text.of(TEXT, "random"))
        settle(qtbot, made)
        assert not made.empty


def test_the_plot_shows_every_layer_and_state(qtbot, session):
    panel = shown(qtbot, DistancePanel(session))
    names = [curve.name for curve in panel.plot.curves]
    assert names == [
        "small, layer 1",
        "small, layer 1, cell",
        "small, layer 2",
        "small, layer 2, cell",
    ]
    assert panel.table.rowCount() == 4
    assert panel.table.item(1, 3).text() == "cell"
    assert panel.table.item(0, 4).text().startswith("×0.")
    panel.cell.setChecked(False)
    settle(qtbot, panel)
    assert len(panel.plot.curves) == 2
    panel.fit.setChecked(True)
    settle(qtbot, panel)
    assert [curve.faint for curve in panel.plot.curves] == [False, False, True, True]


def test_three_networks_and_one_layer(qtbot, session):
    panel = shown(qtbot, DistancePanel(session))
    panel.compare_kinds()
    qtbot.waitUntil(lambda: all(one.field for one in session.gradients.compared))
    settle(qtbot, panel)
    assert len({curve.ink for curve in panel.plot.curves}) == 6
    # Bands over bands show nothing: only the network in focus keeps its own.
    assert [curve.band for curve in panel.plot.curves].count(True) in (2, 4)
    focus = session.gradients.focus
    assert all(curve.band == (place == focus) for place, _, _, curve in panel._curves)
    assert "only the network in focus has its bands" in panel.note.text()
    qtbot.keyClick(panel.layer, Qt.Key.Key_End)
    session.gradients.set_layer(1)
    settle(qtbot, panel)
    assert len({curve.ink for curve in panel.plot.curves}) == 3
    panel.table.cellClicked.emit(0, 1)
    assert session.gradients.focus == 0


def test_the_bound_lies_above_the_jacobian_of_a_vanilla_network(qtbot, tmp_path, qapp):
    session = make_session(tmp_path, "rnn")
    panel = shown(qtbot, DistancePanel(session))
    assert panel.bound.isHidden()
    panel._choose_quantity(1)
    settle(qtbot, panel)
    panel.bound.setChecked(True)
    settle(qtbot, panel)
    curves = {curve.name: curve for curve in panel.plot.curves}
    for layer in (1, 2):
        found, most = curves[f"small, layer {layer}"], curves[f"bound of layer {layer}"]
        assert (found.y <= most.y[np.asarray(found.x)] * (1 + 1e-9)).all()
    session.close()


def test_a_fit_that_explains_little_is_not_drawn(qtbot):
    bad, good = (Decay(0.9, 6.6, r, 0, 2, 1.0) for r in (0.08, 0.97))
    assert (fits_well(bad), fits_well(good)) == (False, True)
    curve = Banded("a", np.arange(3), np.ones(3), 0)
    cells = Line("small", "1", "hidden", curve, bad).cells(fitted=True)
    assert cells[4:7] == ("–", "–", "0.080")
    assert Line("small", "1", "hidden", curve, good).cells(fitted=True)[4] == "×0.9000"


def test_curves_of_another_network_go_before_their_successors_are_there(
    qtbot, session, monkeypatch
):
    panel = shown(qtbot, DistancePanel(session))
    assert panel.plot.curves
    monkeypatch.setattr(session.gradients, "want_fields", lambda: None)
    session.gradients.set_networks(session.gradients.kinds()[-1:])
    panel.draw()
    assert panel.plot.curves == ()


def test_the_sum_is_one_curve_a_layer(qtbot, session):
    panel = shown(qtbot, DistancePanel(session))
    panel._choose_quantity(2)
    settle(qtbot, panel)
    assert panel.plot.curves[0].low is None
    assert panel.table.item(0, 4).text() == "–"


def test_other_losses_are_taken_from_the_fields(qtbot, session):
    panel = shown(qtbot, DistancePanel(session))
    panel.start.set_value(100)
    panel.losses.set_value(20)
    settle(qtbot, panel)
    assert session.gradients.focused.field.predicted.tolist() == list(range(100, 120))


def test_every_plot_is_saved_as_csv_svg_and_png(qtbot, session, tmp_path):
    panel = shown(qtbot, DistancePanel(session))
    for ending in ("csv", "svg", "png"):
        panel.plot.save(tmp_path / f"plot.{ending}")
    with (tmp_path / "plot.csv").open() as file:
        rows = list(csv.DictReader(file))
    median = session.gradients.focused.field.bands("cell", 1).median
    assert [float(row["small, layer 2, cell"]) for row in rows] == pytest.approx(median.tolist())
    assert (tmp_path / "plot.svg").read_text().count("<path") > 4


def test_hovering_tells_the_numbers(qtbot, session):
    panel = shown(qtbot, DistancePanel(session))
    panel.plot.hovered.emit(3.2, 0.0)
    assert panel.note.text().startswith("3 steps back: small, layer 1 ")
    panel.plot.left.emit()
    assert panel.note.text().startswith("Line: median")


def test_the_heatmap_is_the_field_and_a_click_explains(qtbot, session):
    panel = shown(qtbot, GradientHeatmapPanel(session))
    field = session.gradients.focused.field
    wanted = np.log10(field.norms("hidden", 1).T)
    assert np.allclose(panel.plot._values, wanted, atol=1e-5)
    panel.plot.hovered.emit(2.5, 4.5)
    assert f"loss of {TEXT[42]!r} at 42" in panel.note.text()
    assert f"after {TEXT[37]!r}, 4 back" in panel.note.text()
    panel.plot.clicked.emit(2.5, 4.5)
    assert session.gradients.character == 42


def test_no_field_is_seen_beside_the_name_of_another_network(qtbot, session, monkeypatch):
    heat = shown(qtbot, GradientHeatmapPanel(session))
    assert heat.plot._values.size
    frame = [*(heat.plot.item.getAxis(side) for side in ("left", "bottom")), heat.plot._bar]
    assert all(one.isVisible() for one in frame) and heat.layer.isVisible()
    monkeypatch.setattr(session.gradients, "_found", {})
    monkeypatch.setattr(session.gradients, "want_fields", lambda: None)
    session.gradients.fields_changed.emit()
    qtbot.waitUntil(lambda: heat.note.text() == "Computing…")
    assert not heat.plot._values.size
    assert heat.plot._image.image is None
    assert not any(one.isVisible() for one in frame) and not heat.layer.isVisible()


def test_a_plot_without_curves_has_no_axes_and_says_why(qtbot, session, monkeypatch):
    panel = shown(qtbot, DistancePanel(session))
    axes = [panel.plot.item.getAxis(side) for side in ("left", "bottom")]
    assert panel.plot.curves and all(axis.isVisible() for axis in axes)
    with monkeypatch.context() as computing:
        computing.setattr(session.gradients, "_found", {})
        computing.setattr(session.gradients, "want_fields", lambda: None)
        session.gradients.fields_changed.emit()
        qtbot.waitUntil(lambda: not panel.plot.curves)
        assert not any(axis.isVisible() for axis in axes)
        assert panel.plot.accessibleDescription() == "Computing…"
    session.gradients.fields_changed.emit()
    qtbot.waitUntil(lambda: bool(panel.plot.curves))
    assert all(axis.isVisible() for axis in axes)
    assert panel.plot.accessibleDescription() == panel.plot.beyond


def test_the_heatmap_blanks_what_truncation_cuts(qtbot, session):
    panel = shown(qtbot, GradientHeatmapPanel(session))
    session.gradients.measurements.set_chunk(5)
    panel.truncated.setChecked(True)
    settle(qtbot, panel)
    targets = session.gradients.focused.field.targets
    for column, step in enumerate(targets.tolist()):
        assert int(np.isfinite(panel.plot._values[:, column]).sum()) == min(step % 5, 10) + 1
    # What is read out is what is seen: step 42 keeps two steps back and no more.
    row = int(np.flatnonzero(targets % 5 == 2)[0])
    panel.plot.hovered.emit(row + 0.5, 2.5)
    norm = session.gradients.focused.field.norms("hidden", 1)[row, 2]
    assert panel.note.text().endswith(f"2 back: {scientific(float(norm))}")
    panel.plot.hovered.emit(row + 0.5, 3.5)
    assert panel.note.text().endswith("3 back: cut off, every 5 steps")
    panel.truncated.setChecked(False)
    settle(qtbot, panel)
    panel.plot.hovered.emit(row + 0.5, 3.5)
    assert "cut" not in panel.note.text()


def test_hovering_a_character_tints_what_it_depends_on(qtbot, session):
    panel = shown(qtbot, InputsPanel(session))
    panel.view.hovered.emit(45 - panel.parts[0].first)
    settle(qtbot, panel)
    assert session.gradients.character == 45
    places, strengths = session.gradients.focused.field.inputs_of(5)
    values = panel.view.values
    assert values[places - panel.parts[0].first] == pytest.approx(
        strengths / strengths.max(), rel=1e-5
    )
    assert np.isnan(values[45 - panel.parts[0].first :]).all()
    assert f"{TEXT[45]!r} at 45 cost" in panel.note.text()
    panel.kind.setCurrentIndex(1)
    panel.kind.activated.emit(1)
    assert np.nanmin(panel.view.values) < 0


def test_a_character_is_chosen_before_the_new_text_is_drawn(qtbot, session):
    """Elsewhere, as by the matrix, while this panel still shows the stretch of the text before."""
    session.show_text(Text.of(TEXT[:20], "short"))
    panel = shown(qtbot, InputsPanel(session))
    session.show_text(Text.of(TEXT, "random"))
    session.gradients.want_fields()
    assert panel.stale
    last = int(session.gradients.focused.field.predicted[-1])
    for character in (last - 1, last):
        session.gradients.set_character(character)
    assert str(panel.view.text) in TEXT[:20]
    settle(qtbot, panel)
    assert f"{TEXT[last]!r} at {last} cost" in panel.note.text()


def test_what_a_prediction_depends_on_is_saved(qtbot, session, tmp_path):
    panel = shown(qtbot, InputsPanel(session))
    session.gradients.set_character(45)
    save_now(panel.saving_csv(tmp_path / "d.csv"))
    with (tmp_path / "d.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["character"] for row in rows] == [TEXT[44 - back] for back in range(11)]
    norms = session.gradients.focused.field.inputs_of(5)[1]
    assert [float(row["gradient_norm"]) for row in rows] == pytest.approx(norms.tolist())


def test_arrow_keys_move_to_other_predictions(qtbot, session):
    panel = shown(qtbot, InputsPanel(session))
    session.gradients.set_character(45)
    for key, wanted in (
        (Qt.Key.Key_Left, 44),
        (Qt.Key.Key_Right, 45),
        (Qt.Key.Key_Home, 40),
        (Qt.Key.Key_Left, 40),
        (Qt.Key.Key_End, 51),
    ):
        qtbot.keyClick(panel, key)
        assert session.gradients.character == wanted


def test_the_matrix_and_its_words(qtbot, tmp_path, qapp):
    session = make_session(tmp_path, "rnn")
    panel = shown(qtbot, MatrixPanel(session))
    assert [panel.which.itemText(i) for i in range(2)] == ["Layer 1", "Layer 2"]
    facts = (session.gradients.measurements.matrices or ())[0]
    assert f"{facts.largest_singular_value:.3g}" in panel.note.text()
    assert len(panel.values.curves[0].y) == 6
    panel.plane.point_hovered.emit(0, 0)
    assert "modulus" in panel.note.text()
    panel.plane.point_hovered.emit(-1, -1)
    assert "1/γ" in panel.note.text()
    session.close()


def test_the_pointer_over_a_plane_without_matrices_changes_nothing(qtbot, session):
    panel = MatrixPanel(session)
    qtbot.addWidget(panel)
    content = panel.build()
    qtbot.addWidget(content)
    panel.plane.point_hovered.emit(-1, -1)
    assert panel.note.text() == ""


def test_gates_are_not_held_to_the_bound(qtbot, session):
    panel = shown(qtbot, MatrixPanel(session))
    assert panel.which.itemText(1) == "Layer 1, forget gate"
    assert "With gates" in panel.note.text()


def test_clipping_by_value_turns_the_step_and_by_norm_does_not(qtbot, session):
    panel = shown(qtbot, ClippingPanel(session))
    raw, by_norm, by_value = panel.arrows._arrows
    assert by_norm.degrees == 0 < by_value.degrees
    assert by_norm.length == pytest.approx(min(raw.length, panel.norm.value()), rel=1e-3)
    assert panel.table.item(0, 0).text() == "1 W_ih"
    assert panel.table.rowCount() == 10
    panel.norm.set_value(1000.0)
    settle(qtbot, panel)
    assert panel.arrows._arrows[1].length == pytest.approx(raw.length)
    assert "1 times as long, in the same direction" in panel.note.text()


def test_a_threshold_that_was_typed_stays_while_an_older_answer_is_drawn(
    qtbot, session, monkeypatch
):
    panel = shown(qtbot, ClippingPanel(session))
    measurements = session.gradients.measurements
    monkeypatch.setattr(measurements, "want_clipping", lambda: None)  # it is on its way
    by_value = panel.value.value()
    measurements.thresholds = (123.456789, None)
    panel.draw()
    assert (panel.norm.value(), panel.value.value()) == (123.456789, by_value)


def test_truncation_shows_what_is_kept_and_measures(qtbot, session):
    panel = shown(qtbot, TruncationPanel(session))
    panel.chunk.set_value(4)
    settle(qtbot, panel)
    full, left = panel.plot.curves
    assert (left.y <= full.y).all()
    assert (left.y[4:] == 0).all()
    panel.steps.set_value(200)
    panel.button.click()
    settle(qtbot, panel)
    assert "Over 200 steps" in panel.measured.text()
    heads = [panel.table.horizontalHeaderItem(column).text() for column in range(3)]
    assert heads == ["", "full BPTT", "cut every 4"]
    assert panel.table.item(2, 0).text() == "Time"
    assert all(panel.table.item(2, column).text().endswith(" s") for column in (1, 2))
    panel.chunk.set_value(8)
    settle(qtbot, panel)
    assert panel.table.isHidden()  # what was measured belongs to another cut


def test_curves_that_go_on_below_the_axis_are_marked_and_counted(qtbot):
    plot = BandPlot("test", log=True)
    qtbot.addWidget(plot)
    plot.show()
    falling, level = 10.0 ** -np.arange(30.0), np.full(30, 0.1)
    curves = (Banded("a", np.arange(30), falling, 0), Banded("b", np.arange(30), level, 1))
    plot.set_curves(curves, (1e-12, 2.0))
    assert plot.beyond == plot.accessibleDescription() == "1 curve goes on below the axis"
    assert [spot["x"] for spot in plot._leaving.data] == [13.0]
    plot.set_curves(curves)
    assert plot.beyond == ""
    assert len(plot._leaving.data) == 0


def test_zero_and_infinity_leave_gaps_on_a_logarithmic_axis(qtbot):
    plot = BandPlot("test", log=True)
    qtbot.addWidget(plot)
    y = np.array([1.0, 0.0, np.inf, np.nan, 1e-4])
    plot.set_curves((Banded("a", np.arange(5), y, 0),))
    drawn = plot._drawn[0].line.getData()[1]
    assert drawn[[0, 4]].tolist() == [0, -4]
    assert np.isnan(drawn[1:4]).all()
    assert np.array_equal(np.asarray(plot.columns()["a"]), y, equal_nan=True)


def test_arrows_that_are_no_numbers_are_left_out(qtbot):
    plot = ArrowPlot("test")
    qtbot.addWidget(plot)
    plot.set_arrows((Arrow("a", float("inf"), 0.0, 0), Arrow("b", 2.0, 90.0, 1)))
    assert plot._shafts[0].getData()[0].size == 0
    assert plot._shafts[1].getData()[1].max() == pytest.approx(2.0)


def test_several_networks_stand_below_each_other_and_answer_to_one_pointer(
    qtbot, session, tmp_path
):
    panel = shown(qtbot, InputsPanel(session))
    assert panel.parts[0].title.isHidden()
    session.gradients.set_networks(session.gradients.kinds())
    qtbot.waitUntil(lambda: all(one.field for one in session.gradients.compared))
    settle(qtbot, panel)
    assert len(panel.parts) == 3
    panel.parts[2].view.hovered.emit(47 - panel.parts[2].first)
    assert session.gradients.character == 47
    for part, one in zip(panel.parts, session.gradients.compared, strict=True):
        places, strengths = one.field.inputs_of(one.field.row_of(47))
        assert part.view.values[places - part.first] == pytest.approx(
            strengths / strengths.max(), rel=1e-5
        )
        assert part.title.isVisible()
        assert "bits, half within" in part.title.text()
    save_now(panel.saving_csv(tmp_path / "all.csv"))
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 33
    panel.parts[0].view.hovered.emit(0)  # before the first loss: nothing was followed back
    assert session.gradients.character == 47
    session.gradients.set_networks(session.gradients.kinds()[:1])
    settle(qtbot, panel)
    assert len(panel.parts) == 1
    assert panel.parts[0].title.isHidden()


def test_in_a_small_room_the_curves_of_several_networks_keep_their_height(qtbot, session):
    gradients = session.gradients
    gradients.set_networks(gradients.kinds())
    panel = shown(qtbot, DistancePanel(session))
    panel.resize(480, 480)
    settle(qtbot, panel)
    qtbot.waitUntil(lambda: panel.plot.height() >= 150)
    assert panel.table.height() >= panel.table.horizontalHeader().height() + 40


def test_texts_below_each_other_are_not_squashed(qtbot, session):
    gradients = session.gradients
    gradients.set_networks(gradients.kinds())
    panel = shown(qtbot, InputsPanel(session))
    settle(qtbot, panel)
    assert panel._stack.minimumHeight() >= 76 * len(panel.parts)
