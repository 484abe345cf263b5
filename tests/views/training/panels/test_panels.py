"""The Training workspace: what a person sees of a run, and what its buttons ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QHBoxLayout, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from rnnviz.core.recordings.groups import Groups, layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.runs.axis import StepAxis
from rnnviz.core.runs.curve import Curve
from rnnviz.session.session import Session
from rnnviz.session.training.checkpoint_walks import CheckpointScore
from rnnviz.views.plots import CurvePlot, RunMark, Trace
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.saving import save_now
from rnnviz.views.shared.zooming import zoom_all
from rnnviz.views.training.centre import TrainingCentre
from rnnviz.views.training.panels.checkpoints import CheckpointsPanel, in_words
from rnnviz.views.training.panels.curves import HELD_OUT, LOSS, NORM, RATE, CurvesPanel
from rnnviz.views.training.panels.histograms import HistogramsPanel
from rnnviz.views.training.panels.norms import NormsPanel
from rnnviz.views.training.panels.parameters import ParametersPanel
from rnnviz.views.training.panels.samples import SamplesPanel
from rnnviz.views.training.panels.settings import SettingsPanel
from rnnviz.views.training.panels.time_steps import TimeStepsPanel
from rnnviz.views.training.run_table import RunTable
from rnnviz.views.training.workspace import TrainingWorkspace
from tests.core.runs.made import NAMES, MadeRun, finished_run
from tests.session.training.test_runs import FakeTrainers
from tests.views.cells.panels_world import make_session, planted_recording


@pytest.fixture
def trainers() -> FakeTrainers:
    return FakeTrainers()


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication, trainers: FakeTrainers) -> Iterator[Session]:
    session = make_session(tmp_path, trainers)
    yield session
    session.close()


def open_run(session: Session, run: MadeRun) -> None:
    session.runs.open(run.directory)
    session.runs.poll()


def going_run(session: Session, directory: Path) -> MadeRun:
    """An open run whose trainer is at its tenth step."""
    run = MadeRun(directory)
    run.lock()
    run.event("started", step=0)
    run.steps(1, 10)
    open_run(session, run)
    return run


def centre_of(session: Session, qtbot: QtBot) -> TrainingCentre:
    centre = TrainingCentre(session)
    qtbot.addWidget(centre)
    centre.resize(900, 600)
    centre.show()
    return centre


_P = TypeVar("_P", bound=Panel)


def shown(qtbot: QtBot, panel: _P) -> _P:
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    panel.show()
    qtbot.waitUntil(lambda: panel.idle)
    return panel


class TestCurvePlot:
    def plot(self, qtbot: QtBot, values: object, axis: StepAxis | None = None) -> CurvePlot:
        plot = CurvePlot("Loss")
        qtbot.addWidget(plot)
        plot.resize(400, 300)
        plot.show()
        curve = Curve()
        array = np.asarray(values, float)
        curve.append(np.arange(1, len(array) + 1), array)
        plot.set_traces((Trace("run", curve, 0, axis=axis),))
        return plot

    def test_what_happened_is_marked_and_said_at_the_pointer(
        self, qtbot: QtBot, tmp_path: Path
    ) -> None:
        plot = self.plot(qtbot, np.linspace(3, 1, 100))
        before = plot.grab().toImage()
        plot.set_run_marks((RunMark(50.0, "learning rate 0.1 → 0.01", 0), RunMark(np.nan, "?", 0)))
        plot.refresh()
        assert plot.grab().toImage() != before
        plot.hovered.emit(50.2, 2.0)
        assert plot.note.text().endswith("learning rate 0.1 → 0.01")
        plot.hovered.emit(60.0, 2.0)
        assert "learning rate" not in plot.note.text()
        plot.save(tmp_path / "curves.csv")
        assert "50.0,learning rate 0.1 → 0.01" in (tmp_path / "curves.csv").read_text()

    def test_the_axes_of_an_svg_are_as_long_as_on_the_screen(
        self, qtbot: QtBot, tmp_path: Path
    ) -> None:
        plot = self.plot(qtbot, np.linspace(3, 1, 100))
        QApplication.processEvents()
        plot.save(tmp_path / "curves.svg")
        screen, renderer = plot.picture(), QSvgRenderer(str(tmp_path / "curves.svg"))
        drawn = QImage(screen.size(), QImage.Format.Format_ARGB32)
        drawn.fill(plot.ground)
        painter = QPainter(drawn)
        renderer.render(painter)
        painter.end()

        def right_end(image: QImage) -> int:
            """Of the numbers below the curves."""
            rows = range(image.height() - 20, image.height() - 4)
            ground = image.pixel(0, 0)
            inked = (x for x in range(image.width()) for y in rows if image.pixel(x, y) != ground)
            return max(inked)

        assert abs(right_end(drawn) - right_end(screen)) < 6

    def test_the_newest_end_stays_in_view_until_a_person_zooms(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, [3.0, 2.0, 1.0])
        assert plot.view.viewRange()[0] == [1.0, 3.0]
        plot.traces[0].curve.append([4], [0.5])
        plot.refresh()
        assert plot.view.viewRange()[0] == [1.0, 4.0]
        plot.view.setXRange(2, 3, padding=0)
        plot.traces[0].curve.append([5], [0.4])
        plot.refresh()
        assert plot.view.viewRange()[0] == [2.0, 3.0]
        plot.reset_zoom()
        assert plot.view.viewRange()[0] == [1.0, 5.0]

    def test_nan_and_infinity_are_marked_where_they_are(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, [3.0, np.nan, 2.0, np.inf, 1.0])
        marks = plot._lines[0].points("marks").data
        assert [(spot["x"], spot["symbol"]) for spot in marks] == [(2.0, "x"), (4.0, "t1")]
        low, high = plot.view.viewRange()[1]
        assert low < marks["y"][0] < 1.2
        assert 2.8 < marks["y"][1] < high

    def test_a_logarithm_marks_what_has_none(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, [100.0, 0.0, 1.0])
        plot.set_log(True)
        low, high = plot.view.viewRange()[1]
        assert low < 0 < 2 < high
        assert [spot["x"] for spot in plot._lines[0].points("marks").data] == [2.0]

    def test_spikes_keep_their_heights(self, qtbot: QtBot) -> None:
        values = np.full(2_000, 0.5) + np.random.default_rng(0).uniform(-0.1, 0.1, 2_000)
        values[[300, 900, 1500]] = 1.47, 2.75, 2.23
        plot = self.plot(qtbot, values)
        assert plot.view.viewRange()[1][1] > 2.75
        assert (plot.beyond, len(plot._lines[0].points("outside").data)) == ("", 0)

    def test_what_lies_beyond_the_axis_is_marked_and_counted(self, qtbot: QtBot) -> None:
        values = np.full(2_000, 0.5) + np.random.default_rng(0).uniform(-0.1, 0.1, 2_000)
        values[[300, 301, 900]] = 1e30, 3e6, 5e6
        values[1500] = -40.0
        plot = self.plot(qtbot, values)
        low, high = plot.view.viewRange()[1]
        assert (low > -1, high < 1) == (True, True)
        marks = plot._lines[0].points("outside").data
        assert [(spot["x"], spot["symbol"]) for spot in marks] == [
            (301.0, "t1"), (901.0, "t1"), (1501.0, "t")
        ]  # fmt: skip
        assert plot.beyond == "3 values above the axis, up to 10³⁰; 1 value below the axis, at -40"
        assert plot.accessibleDescription() == plot.beyond
        before = plot.grab().toImage()
        values[[300, 301, 900, 1500]] = 0.5
        plot.traces[0].curve.cut(0)
        plot.traces[0].curve.append(np.arange(2_000), values)
        plot.refresh()
        assert (plot.beyond, len(plot._lines[0].points("outside").data)) == ("", 0)
        assert plot.grab().toImage() != before

    def test_zeros_are_marked_all_along_a_logarithmic_axis(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, np.zeros(5_000))
        plot.set_log(True)
        x = plot._lines[0].points("marks").data["x"]
        assert len(x) >= 20
        assert x.min() < 200
        assert x.max() > 4_700
        assert np.diff(np.sort(x)).max() < 400

    def test_noise_is_not_blown_up_where_a_least_span_is_set(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, [0.901, 0.902])
        plot.set_least_span(0.1)
        plot.refresh()
        low, high = plot.view.viewRange()[1]
        assert high - low >= 0.1
        assert low < 0.901 < 0.902 < high

    def test_steps_lie_along_another_axis(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, [3.0, 2.0, 1.0], StepAxis([1, 3], [10.0, 30.0]))
        assert plot.view.viewRange()[0] == [10.0, 30.0]
        plot._show_note(20.0, 2.0)
        assert plot.note.text() == "step 20\nrun: 2"

    def test_a_million_points_are_a_few_thousand_on_the_screen(self, qtbot: QtBot) -> None:
        plot = self.plot(qtbot, np.random.default_rng(0).standard_normal(1_000_000))
        assert len(plot._lines[0].raw.xData) < 8_000


def test_losses_of_ticked_runs_in_the_unit_that_is_chosen(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("a", "b"):
        open_run(session, finished_run(tmp_path / name))
    panel = shown(qtbot, CurvesPanel(session))
    assert [trace.name for trace in panel.plot.traces] == [
        "a", "a, held out", "b", "b, held out",
    ]  # fmt: skip
    panel.unit.setCurrentIndex(panel.unit.findData("bits"))
    panel.along.setCurrentIndex(panel.along.findData("epoch"))
    session.runs.set_shown(session.runs.opened[0], False)
    qtbot.waitUntil(lambda: panel.idle)
    assert [trace.name for trace in panel.plot.traces] == ["b", "b, held out"]
    assert panel.plot.view.viewRange()[0] == [0.01, 2.0]
    columns = panel.plot.columns()
    assert np.asarray(columns["b: value"])[-1] == pytest.approx(4 / math.sqrt(200) / math.log(2))
    panel.set_charts([RATE])
    qtbot.waitUntil(lambda: panel.idle and [*panel.grid.charts] == [RATE])
    assert panel.plot.traces[0].curve.last == 0.004


def test_what_is_no_loss_of_predictions_is_in_no_bits(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    facts = {"loss": "mean squared error", "baseline": 1 / 6}
    open_run(session, finished_run(tmp_path / "novel"))
    panel = shown(qtbot, CurvesPanel(session))
    panel.unit.setCurrentIndex(panel.unit.findData("bits"))
    memory = MadeRun(tmp_path / "adding", more_facts=facts, task="memory")
    memory.steps(1, 50)
    open_run(session, memory)
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.plot.title == "Loss (bits, mean squared error; dots: held out)"
    assert panel.plot.y_axis.labelText == "bits, mean squared error"
    columns = panel.plot.columns()
    assert np.asarray(columns["adding: value"])[0] == 4.0
    assert np.asarray(columns["novel: value"])[0] == pytest.approx(4 / math.log(2))
    assert panel.plot._levels[0].value() == pytest.approx(1 / 6)
    session.runs.set_shown(session.runs.opened[0], False)
    qtbot.waitUntil(lambda: panel.idle and panel.unit.isHidden())
    assert panel.plot.y_axis.labelText == "mean squared error"
    assert np.asarray(panel.plot.columns()["adding: value"])[0] == 4.0


def test_a_baseline_in_nats_is_drawn_in_the_unit_of_the_curves(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    run = MadeRun(tmp_path / "a", more_facts={"baseline": math.log(8)})
    run.steps(1, 20)
    open_run(session, run)
    panel = shown(qtbot, CurvesPanel(session))
    panel.unit.setCurrentIndex(panel.unit.findData("bits"))
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.plot._levels[0].value() == pytest.approx(3.0)


def test_marks_of_a_run_stand_on_its_own_curves_only(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("a", "b"):
        run = MadeRun(tmp_path / name)
        run.steps(1, 20)
        run.event("changed", step=10, setting="learning_rate", value=0.1)
        if name == "b":
            run.event("scalar", step=5, values={"accuracy": 0.5})
        open_run(session, run)
    panel = shown(qtbot, CurvesPanel(session))
    assert len(panel.plot._turns.marks) == 2
    panel.set_charts(["accuracy"])
    qtbot.waitUntil(lambda: panel.idle and [*panel.grid.charts] == ["accuracy"])
    assert [mark.ink for mark in panel.plot._turns.marks] == [session.runs.opened[1].ink]


def test_scalars_are_offered(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    run = MadeRun(tmp_path / "own")
    run.event("scalar", step=1, values={"accuracy": 0.5})
    open_run(session, run)
    panel = shown(qtbot, CurvesPanel(session))
    # Nobody chose: what the run logs has a chart, and there is no loss.
    assert [*panel.grid.charts] == ["accuracy"]
    assert panel.plot.traces[0].curve.last == 0.5
    panel.fill_charts_menu()
    offered = [action.text() for action in panel.charts_menu.actions() if action.isCheckable()]
    assert offered == ["Loss", "Held-out loss", "Gradient norm", "Learning rate", "accuracy"]


def several(session: Session, tmp_path: Path, qtbot: QtBot) -> CurvesPanel:
    """Two runs in four charts."""
    for name in ("a", "b"):
        open_run(session, finished_run(tmp_path / name))
    panel = shown(qtbot, CurvesPanel(session))
    panel.set_charts([LOSS, HELD_OUT, NORM, RATE])
    qtbot.waitUntil(lambda: panel.idle and len(panel.grid.charts) == 4)
    return panel


def test_several_charts_have_one_x_and_each_its_own_axis(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = several(session, tmp_path, qtbot)
    charts = list(panel.grid.charts.values())
    assert [chart.title for chart in charts] == [
        "Loss (nats)", "Held-out loss (nats)", "Gradient norm", "Learning rate"
    ]  # fmt: skip
    # Held-out losses begin at step 50, and the chart at 1 as the others do.
    assert {tuple(chart.view.viewRange()[0]) for chart in charts} == {(1.0, 200.0)}
    assert len({tuple(chart.view.viewRange()[1]) for chart in charts}) == 4
    assert not any(chart.geometry().intersects(other.geometry())
                   for chart in charts for other in charts if chart is not other)  # fmt: skip
    charts[0].view.setXRange(50, 100, padding=0)
    qtbot.waitUntil(lambda: panel.idle)
    assert {tuple(chart.view.viewRange()[0]) for chart in charts} == {(50.0, 100.0)}
    charts[3].reset_zoom()
    qtbot.waitUntil(lambda: panel.idle)
    assert {tuple(chart.view.viewRange()[0]) for chart in charts} == {(1.0, 200.0)}


def test_one_pointer_goes_through_all_charts(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = several(session, tmp_path, qtbot)
    panel.smoothing.setValue(0)
    qtbot.waitUntil(lambda: panel.idle)
    charts = panel.grid.charts
    charts[NORM].hovered.emit(100.0, 1.0)
    assert charts[NORM].note.text() == "step 100\na: 0.5\nb: 0.5"
    qtbot.waitUntil(lambda: all(chart._cursor.isVisible() for chart in charts.values()))
    assert charts[HELD_OUT].note.text() == "a: 0.42\nb: 0.42"
    assert charts[RATE].note.text() == "a: 0.004\nb: 0.004"
    charts[NORM].left.emit()
    qtbot.waitUntil(lambda: not any(chart._cursor.isVisible() for chart in charts.values()))
    assert not any(chart.note.isVisible() for chart in charts.values())


def test_charts_and_their_scales_are_kept_over_a_restart(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    panel = several(session, tmp_path, qtbot)
    qtbot.mouseClick(panel.grid.charts[NORM].scale, Qt.MouseButton.LeftButton)
    panel.set_chart(RATE, False)
    panel.along.setCurrentIndex(panel.along.findData("seconds"))
    again = shown(qtbot, CurvesPanel(session))
    qtbot.waitUntil(lambda: again.idle and len(again.grid.charts) == 3)
    assert [*again.grid.charts] == [LOSS, HELD_OUT, NORM]
    logs = [chart.scale.isChecked() and chart._log for chart in again.grid.charts.values()]
    assert logs == [False, False, True]
    assert again.along.currentData() == "seconds"
    again.reset_charts()
    qtbot.waitUntil(lambda: again.idle and [*again.grid.charts] == [LOSS])


def test_of_many_runs_the_chosen_one_stands_out(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for number in range(8):
        run = MadeRun(tmp_path / f"run-{number}")
        run.steps(1, 200)
        open_run(session, run)
    session.runs.set_current(session.runs.opened[2])
    panel = shown(qtbot, CurvesPanel(session))
    last = panel.plot.traces[-1]
    assert last.name == "run-2"  # above the others
    assert last.raw
    assert last.width > max(trace.width for trace in panel.plot.traces[:-1])
    assert not any(trace.raw for trace in panel.plot.traces[:-1])
    assert panel.plot.title == "Loss (nats; smoothed)"


def test_gradient_norms_and_the_share_of_clipped_steps(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, NormsPanel(session))
    assert [(trace.name, trace.ink) for trace in panel.plot.traces] == [
        ("clipped", "text"), ("raw", session.runs.opened[0].ink),
        ("threshold", "muted"),
    ]  # fmt: skip
    assert panel.words.text() == "Clipped by norm: 33.0% of all steps, 33.0% of the last 200."


def test_the_threshold_is_drawn_as_it_was_at_each_step(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    run = MadeRun(tmp_path / "a")
    run.steps(1, 50)
    run.event("changed", step=50, setting="clip_threshold", value=0.25)
    run.steps(51, 100)
    open_run(session, run)
    panel = shown(qtbot, NormsPanel(session))
    threshold = panel.plot.traces[-1].curve
    assert list(zip(threshold.steps.tolist(), threshold.values.tolist(), strict=True)) == [
        (0, 1.0), (50, 1.0), (50, 0.25), (100, 0.25)
    ]  # fmt: skip


def test_norms_that_were_not_measured_are_absent_with_a_word_why(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    run = MadeRun(tmp_path / "a", task="own-loop")
    run.steps(1, 50, gradient_norm=None, clipped=None, clipped_norm=None)
    run.event("unmeasured", step=1, where="gradient_norm", reason="gradients were cleared")
    open_run(session, run)
    panel = shown(qtbot, NormsPanel(session))
    assert panel.words.text() == "No norms: gradients were cleared."
    run.steps(51, 60, clipped=None, clipped_norm=None)
    session.runs.poll()
    qtbot.waitUntil(lambda: panel.idle and not panel.words.text().startswith("No"))
    assert panel.words.text() == "The run does not say which steps it clipped."
    assert [trace.name for trace in panel.plot.traces] == ["raw"]  # and no threshold


def test_parameters_can_be_left_out(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, ParametersPanel(session))
    assert [trace.name for trace in panel.plot.traces] == list(NAMES)
    # The colours of runs are left to runs.
    assert all(str(trace.ink).startswith("ramp:") for trace in panel.plot.traces)
    panel.names.item(0).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: panel.idle)
    assert [trace.name for trace in panel.plot.traces] == list(NAMES[1:])


def test_a_saved_picture_of_the_parameters_names_them(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, ParametersPanel(session))
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.plot.picture().width() > panel.plot.width()
    saved = tmp_path / "norms.svg"
    panel.plot.save(saved)
    words = saved.read_text()
    assert all(name in words for name in NAMES)
    panel.plot.save(tmp_path / "norms.png", 2.0)


def test_the_gradient_over_time_of_a_layer(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, TimeStepsPanel(session))
    columns = panel.heat.columns()
    assert list(columns) == ["row", "50", "100", "150", "200"]
    np.testing.assert_allclose(np.asarray(columns["200"])[:3], [1.0, 0.5, 0.25])
    panel.layer.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.idle)
    np.testing.assert_allclose(np.asarray(panel.heat.columns()["50"])[:2], [2.0, 1.0])


def test_the_gradient_of_a_translation_names_encoder_and_decoder(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    names = ["Layer 1", "Layer 1, backwards"]
    facts = {"gradient_layers": names, "gradient_source_steps": 10}
    run = MadeRun(tmp_path / "t", task="translation", more_facts=facts)
    run.steps(1, 50)
    run.gradient_steps(50)
    open_run(session, run)
    panel = shown(qtbot, TimeStepsPanel(session))
    assert [panel.layer.itemText(place) for place in range(panel.layer.count())] == names
    assert panel.words.text().startswith("Above the line the decoder")
    assert [trace.name for trace in panel.newest.traces][1] == "layer 1, backwards"


def test_samples_are_a_timeline_from_the_first(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, SamplesPanel(session))
    written = panel.text.toPlainText()
    assert written.index("At first") < written.index("xqz jh") < written.index("After 50 steps")
    assert written.count("Temperature") == 9
    panel.temperature.setCurrentIndex(panel.temperature.findData(0.5))
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.text.toPlainText().count("Temperature") == 4


def test_the_slider_moves_through_the_checkpoints(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, CheckpointsPanel(session))
    assert panel.where.text() == "After 200 steps"
    steps: list[int] = []
    panel.step_chosen.connect(steps.append)
    panel.slider.setFocus()
    qtbot.keyClick(panel.slider, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: panel.where.text() == "After 150 steps")
    assert steps == [150]
    assert not panel.live.isChecked()
    panel.slider.setValue(0)
    qtbot.waitUntil(lambda: panel.where.text() == "At first")
    panel.live.click()
    qtbot.waitUntil(lambda: panel.where.text() == "After 200 steps")


def test_a_run_without_a_checkpoint_says_so_where_a_concept_is_chosen(
    session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    monkeypatch.setattr(type(session.checkpoint_walks), "stages", property(lambda _: ()))
    panel = shown(qtbot, CheckpointsPanel(session))
    assert panel.score.text().startswith("Choose a concept")
    session.selection.set_concept("inside-quotes")
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.where.text() == "No checkpoint yet"
    assert (
        panel.score.text() == "The run has no checkpoint yet: the unit is scored once there is one."
    )


def test_colours_of_one_checkpoint_never_stand_under_the_name_of_another(
    session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        open_run(session, finished_run(tmp_path / name, layers=2, units=8, architecture="lstm"))
    recordings: dict[int, Recording] = {}
    planted = planted_recording(tmp_path / "walked")
    monkeypatch.setattr(session.checkpoint_walks, "_text", planted.text)
    monkeypatch.setattr(
        type(session.checkpoint_walks), "recording",
        property(lambda stages: recordings.get(stages.stage.step) if stages.stage else None),
    )  # fmt: skip
    recordings[200] = planted
    panel = shown(qtbot, CheckpointsPanel(session))
    assert panel.where.text() == "After 200 steps"
    assert panel.text.values is not None
    panel.slider.setValue(2)
    qtbot.waitUntil(lambda: panel.idle and panel.where.text() != "After 200 steps")
    assert panel.where.text() == "After 200 steps; reading 100…"
    assert panel.text.values is not None
    recordings[100] = planted
    panel.request_draw()
    qtbot.waitUntil(lambda: panel.where.text() == "After 100 steps")
    recordings.clear()
    session.runs.set_current(session.runs.opened[0])
    qtbot.waitUntil(lambda: panel.idle and panel.text.values is None)
    assert panel.where.text() == "After 200 steps"


def test_a_translation_run_shows_its_alignment_at_every_checkpoint(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    run = MadeRun(tmp_path / "translation", task="translation")
    for first in (1, 101):
        run.steps(first, first + 99)
        run.alignment(first + 99 if first > 1 else 0, "das ist gut", "that is good")
        run.checkpoint(first + 99 if first > 1 else 0)
    open_run(session, run)
    panel = shown(qtbot, CheckpointsPanel(session))
    assert panel.sentence.table.isVisible()
    assert panel.sentence.table.table.values.tolist() == np.eye(3).tolist()
    assert panel.sentence.table.table.column_names == ("das", "ist", "gut")
    panel.slider.setValue(0)
    qtbot.waitUntil(lambda: panel.where.text() == "At first")
    np.testing.assert_allclose(panel.sentence.table.table.values, np.full((3, 3), 1 / 3))
    assert not session.jobs.running


def test_the_table_says_how_a_run_is(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    run = MadeRun(tmp_path / "live")
    run.lock()
    run.event("started", step=0)
    run.steps(1, 100)
    open_run(session, run)
    table = RunTable(session.runs)
    qtbot.addWidget(table)
    table.show()
    table.catch_up()
    model = table.runs_model
    words = {
        column.title: model.data(model.index(0, place))
        for place, column in enumerate(model.columns)
    }
    # The loss is the mean over the newest 5 steps of 100, 4 / sqrt(96) to 4 / sqrt(100).
    assert words == {
        "Run": "live", "State": "running", "Step": "100 of 200", "Loss": "0.404", "Held out": "–",
        "Best": "–", "Time": "50 s", "Speed": "2.0 steps/s", "Time left": "50 s",
    }  # fmt: skip
    box = table.model().index(0, 0)
    assert table.model().setData(box, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert session.runs.shown == ()


def test_buttons_and_fields_ask_the_trainer(
    session: Session, tmp_path: Path, qtbot: QtBot, trainers: FakeTrainers
) -> None:
    run = going_run(session, tmp_path / "live")
    centre = centre_of(session, qtbot)
    qtbot.mouseClick(centre.pause, Qt.MouseButton.LeftButton)
    assert session.runs.opened[0].row().said == "pausing…"
    run.event("paused", step=10)
    session.runs.poll()
    assert centre.pause.text() == "Resume"
    qtbot.mouseClick(centre.pause, Qt.MouseButton.LeftButton)
    field = centre.settings.fields["learning_rate"]
    assert field.lineEdit().placeholderText() == "0.004"
    qtbot.keyClicks(field, "1e-4")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.mouseClick(centre.stop, Qt.MouseButton.LeftButton)
    assert trainers.asked == [
        ("live", "pause", "", None),
        ("live", "resume", "", None),
        ("live", "set", "learning_rate", 1e-4),
        ("live", "stop", "", None),
    ]
    trainers.refuses = "the disk is full"
    with qtbot.waitSignal(centre.failed) as told:
        centre.stop_run()
    assert told.args == ["the disk is full"]


def test_a_new_run_is_in_sight_however_many_there_are(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    centre = centre_of(session, qtbot)
    for number in range(9):
        open_run(session, finished_run(tmp_path / f"run-{number}"))
        QApplication.processEvents()
        table = centre.table
        seen = table.visualRect(table.model().index(number, 1))
        assert table.viewport().rect().contains(seen)
        assert seen.height() > 0
    session.runs.set_current(session.runs.opened[0])
    assert table.viewport().rect().contains(table.visualRect(table.model().index(0, 1)))


def test_a_value_belongs_to_the_run_that_it_was_typed_for(
    session: Session, tmp_path: Path, qtbot: QtBot, trainers: FakeTrainers
) -> None:
    for name in ("a", "b"):
        going_run(session, tmp_path / name)
    a, b = session.runs.opened
    centre = centre_of(session, qtbot)
    field = centre.settings.fields["learning_rate"]
    assert session.runs.current is b
    qtbot.keyClicks(field, "0,002")
    session.runs.set_current(a)
    assert field.text() == ""
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert trainers.asked == []
    qtbot.keyClicks(field, "3e-")
    session.runs.set_current(b)
    assert (field.text(), field.problem) == ("0,002", "")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert trainers.asked == [("b", "set", "learning_rate", 0.002)]
    session.runs.set_current(a)
    assert field.text() == "3e-"
    assert "not finished" in field.problem
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(trainers.asked) == 1


@pytest.mark.parametrize(
    ("typed", "value"), [("1e30", 1e30), ("1000", 1000.0), ("0", None), ("-1", None)]
)
def test_a_live_field_takes_any_number_or_says_why_not(
    typed: str, value: float | None, session: Session, tmp_path: Path, qtbot: QtBot,
    trainers: FakeTrainers,
) -> None:  # fmt: skip
    going_run(session, tmp_path / "live")
    centre = centre_of(session, qtbot)
    field = centre.settings.fields["learning_rate"]
    qtbot.keyClicks(field, typed)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    if value is None:
        assert trainers.asked == []
        assert "cannot be taken here: above 0" in field.problem
    else:
        assert trainers.asked == [("live", "set", "learning_rate", value)]


def test_the_middle_leaves_room_for_library_and_panels_in_a_small_window(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    run = finished_run(tmp_path / "run")
    run.event("scalar", step=50, values={"a very long name that somebody gave a number": 1.0})
    open_run(session, run)
    centre = centre_of(session, qtbot)
    qtbot.waitUntil(lambda: centre.curves.idle)
    assert len(centre.curves.grid.charts) == 2
    library, panels = 176, TrainingWorkspace.least_right_width
    assert centre.minimumSizeHint().width() <= 1024 - library - panels - 2


def test_what_is_wrong_with_a_run_is_said(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    run = MadeRun(tmp_path / "broken")
    run.steps(1, 3)
    run.event("bad_number", step=4, where="gradient", parameter=NAMES[0])
    open_run(session, run)
    centre = centre_of(session, qtbot)
    said = centre.problem.text()
    assert said.startswith(f"At step 4 the gradient of {NAMES[0]} stopped being a number.")
    assert "is gone without a word" in said


def test_a_panel_behind_another_tab_costs_nothing_until_its_tab_is_chosen(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    room = TrainingWorkspace(session)
    qtbot.addWidget(room)
    room.resize(1000, 700)
    room.show()
    panels = {panel.name: panel for panel in room.panels}
    qtbot.waitUntil(lambda: not panels["gradient-norms"].empty)
    behind = panels["parameters"]
    assert not behind.seen
    assert behind._content is None
    room.docks["parameters"].raise_()
    qtbot.waitUntil(lambda: not behind.empty)
    assert not panels["gradient-norms"].seen
    bars = [bar for bar in room.findChildren(QTabBar) if bar.isVisible()]
    assert sorted(bar.count() for bar in bars) == [3, 4]


TWO_UNITS = Groups(layers_of(1, 2, ("hidden",)))


def scored(best: float, chance: float) -> CheckpointScore:
    return CheckpointScore(False, np.array([0.6, best]), chance, 9_000)


def test_the_best_of_many_units_stands_beside_the_best_by_chance() -> None:
    found = in_words(scored(0.958, 0.71), 0, TWO_UNITS)
    assert found == (
        'AUC 0.600. The best unit here is <a href="1">1:1</a> with 0.958; the best by chance of 2 '
        "units on 9,000 characters has 0.710."
    )
    assert in_words(scored(0.924, 0.95), 1, TWO_UNITS) == (
        "AUC 0.924. No unit is better here, no better than chance: 0.950 for the best of 2 units "
        "on 9,000 characters."
    )
    assert "too short to say what chance gives" in in_words(scored(0.9, math.nan), 0, TWO_UNITS)


def test_the_score_of_every_checkpoint_is_drawn_beside_chance(
    session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    session.selection.set_concept("inside-quotes")
    panel = CheckpointsPanel(session)
    known: list[tuple[int, CheckpointScore]] = []
    monkeypatch.setattr(session.checkpoint_walks, "history", lambda: known)
    shown(qtbot, panel)
    assert panel.history.isVisible()  # also while nothing is scored yet
    known[:] = [(50, scored(0.9, 0.899))]
    panel.request_draw()
    qtbot.waitUntil(lambda: panel.idle and len(panel.history.traces[0].curve) == 1)
    drawn = {trace.name: trace.curve.last for trace in panel.history.traces}
    assert drawn == {"best by chance": 0.899, "best unit": 0.9, "this unit": 0.6}
    known[:] = [(50, CheckpointScore(False, np.array([0.6, 0.601]), 0.602, 9_000))]
    panel.request_draw()
    qtbot.waitUntil(lambda: panel.idle and panel.history.traces[0].curve.last == 0.602)
    low, high = panel.history.view.viewRange()[1]
    assert high - low >= 0.1


def test_settings_of_ticked_runs_stand_side_by_side(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for name, seed in (("a", 0), ("b", 7)):
        run = MadeRun(tmp_path / name, seed=seed)
        run.steps(1, 5)
        open_run(session, run)
    panel = shown(qtbot, SettingsPanel(session))

    def row(number: int) -> list[str]:
        items = (panel.table.item(number, column) for column in range(panel.table.columnCount()))
        return [item.text() for item in items if item is not None]

    heads = [panel.table.horizontalHeaderItem(column) for column in range(3)]
    assert [head.text() for head in heads if head is not None] == ["Setting", "b", "a"]
    assert row(0) == ["Seed", "7", "0"]
    assert panel.words.text() == "They differ in the first."
    run.event("changed", step=5, setting="learning_rate", value=0.001)
    session.runs.poll()
    qtbot.waitUntil(lambda: panel.idle and row(0)[0] == "Learning rate")
    assert row(0) == ["Learning rate", "0.004, now 0.001", "0.004"]
    session.runs.set_shown(session.runs.opened[0], False)
    qtbot.waitUntil(lambda: panel.idle and panel.table.columnCount() == 2)
    assert panel.words.text() == "Tick further runs to see them beside this one."


def test_histograms_of_a_parameter_are_ridges_over_the_training(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    run = MadeRun(tmp_path / "a")
    run.histograms(0, spread=0.1, gradients=False)
    for step in (10, 20, 30):
        run.histograms(step, spread=0.1 * step)
    open_run(session, run)
    panel = shown(qtbot, HistogramsPanel(session))
    qtbot.waitUntil(lambda: panel.idle and len(panel.plot.histograms) == 4)
    assert panel.plot.title == NAMES[0]
    assert [one.step for one in panel.plot.histograms] == [0, 10, 20, 30]
    assert panel.words.text().startswith("1,000 numbers")
    # Nearly all of the widest one is on the axis.
    (low, high), _ = panel.plot.view.viewRange()
    assert low < -2.5
    assert high > 2.5
    assert panel.plot.words_at(0.0, 3.0).startswith("step 30: 50.0% below 0")
    for button in panel.what.findChildren(QAbstractButton):
        if button.text() == "Gradients":
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.idle and len(panel.plot.histograms) == 3)
    panel.names.setCurrentRow(2)
    qtbot.waitUntil(lambda: panel.idle and panel.plot.title == NAMES[2])
    columns = panel.plot.columns()
    assert sum(np.asarray(columns["count"])) == pytest.approx(3000)


def test_a_run_in_the_place_of_another_is_drawn_with_its_own_rows(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    """The rows of both have the same files, places and numbers."""
    run, other = MadeRun(tmp_path / "a"), MadeRun(tmp_path / "b")
    run.histograms(10, spread=0.1)
    other.histograms(10, spread=10.0)
    open_run(session, run)
    panel = shown(qtbot, HistogramsPanel(session))
    qtbot.waitUntil(lambda: panel.idle and len(panel.plot.histograms) == 1)
    assert panel.plot.histograms[0].edges[-1] < 1
    run.directory.rename(tmp_path / "away")
    other.directory.rename(run.directory)
    qtbot.waitUntil(lambda: panel.idle and panel.plot.histograms[0].edges[-1] > 1)


def test_why_there_are_no_histograms(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, HistogramsPanel(session))
    assert panel.words.text().startswith("This run recorded none")
    open_run(session, MadeRun(tmp_path / "own", task="own-loop"))
    qtbot.waitUntil(lambda: panel.idle and "run.watch(model" in panel.words.text())


def test_samples_stand_on_one_figure_that_is_saved(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    open_run(session, finished_run(tmp_path / "a"))
    panel = shown(qtbot, SamplesPanel(session))
    for button in panel.look.findChildren(QAbstractButton):
        if button.text() == "At first, train more":
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.idle and panel.figure.isVisible())
    assert [one.step for one in panel.figure.sheet.moments] == [0, 50, 150, 200]
    panel.figure.count.selectAll()
    qtbot.keyClicks(panel.figure.count, "2")
    qtbot.keyClick(panel.figure.count, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.idle and len(panel.figure.sheet.moments) == 2)
    assert "After 200 steps: the text at 200" in panel.figure.sheet.accessibleDescription()
    for ending in ("png", "svg", "html"):
        save_now(panel.figure.saving(tmp_path / f"figure.{ending}"))
        assert (tmp_path / f"figure.{ending}").stat().st_size > 500


def test_lists_charts_and_samples_grow_together_and_figures_stay_whole(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("a", "b"):
        open_run(session, finished_run(tmp_path / name))
    room = QWidget()
    qtbot.addWidget(room)
    row = QHBoxLayout(room)
    centre, samples, parameters = (
        TrainingCentre(session), SamplesPanel(session), ParametersPanel(session)
    )  # fmt: skip
    for part in (centre, samples, parameters):
        row.addWidget(part)
    room.resize(1600, 800)
    room.show()
    qtbot.waitUntil(lambda: centre.curves.idle and samples.idle and parameters.idle)
    table, chart = centre.table, centre.curves.plot

    def sizes() -> tuple[float, ...]:
        body = samples.text.document().findBlockByNumber(2).begin().fragment().charFormat()
        return (
            table.font().pointSizeF(), table.names.font().pointSizeF(),
            chart.x_axis.style["tickFont"].pointSizeF(), parameters.names.font().pointSizeF(),
            body.font().pointSizeF(),
        )  # fmt: skip

    before = sizes()
    zoom_all(room, 6)
    qtbot.waitUntil(lambda: samples.idle and table.names.font() == table.font())
    assert [now - then for now, then in zip(sizes(), before, strict=True)] == [6.0] * 5
    heads = (table.horizontalHeader(), table.names.horizontalHeader())
    assert {head.viewport().font().pointSizeF() for head in heads} == {table.font().pointSizeF()}
    metrics = table.fontMetrics()
    for place in range(1, table.runs_model.columnCount()):
        words = str(table.runs_model.data(table.runs_model.index(0, place)))
        assert table.columnWidth(place) >= metrics.horizontalAdvance(words)
    centre.curves.set_charts([LOSS, NORM])
    qtbot.waitUntil(lambda: centre.curves.idle and len(centre.curves.grid.charts) == 2)
    fonts = [c.x_axis.style["tickFont"].pointSizeF() for c in centre.curves.grid.charts.values()]
    assert fonts[0] == fonts[1]  # a chart that comes later is as large
