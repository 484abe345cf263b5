"""The panels that draw: what a person sees in them, and what a click in them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnviz.core.cells.saturation import saturation
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.recordings.recording import Recording
from rnnviz.session.session import Session
from rnnviz.session.shared.recordings import OpenModel
from rnnviz.session.shared.selection import Pin
from rnnviz.views.cells.choosing.unit_picker import UnitPicker
from rnnviz.views.cells.panels.heatmap import HeatmapPanel
from rnnviz.views.cells.panels.pattern import PatternPanel
from rnnviz.views.cells.panels.sample import SamplePanel
from rnnviz.views.cells.panels.saturation import SaturationPanel
from rnnviz.views.cells.panels.scatter import ScatterPanel, pearson, running_median, spread
from rnnviz.views.cells.panels.surprises import SurprisesPanel
from rnnviz.views.cells.panels.trace import TracePanel
from rnnviz.views.cells.panels.unit_page import UnitPagePanel
from rnnviz.views.shared.panel import Panel
from rnnviz.views.text.searching.snippet_list import Piece, SnippetList
from tests.views.cells.panels_world import (
    LINE_UNIT,
    QUOTE_UNIT,
    TEXT,
    click,
    make_session,
    planted_recording,
)


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    session = make_session(tmp_path)
    session.recordings.open_recording(planted_recording(tmp_path / "planted").folder)
    session.selection.select_unit(QUOTE_UNIT)
    session.selection.set_visible((10, 90))
    yield session
    session.close()


_P = TypeVar("_P", bound=Panel)


def shown(qtbot: QtBot, panel: _P) -> _P:
    qtbot.addWidget(panel)
    panel.resize(640, 480)
    panel.show()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: Panel) -> None:
    qtbot.waitUntil(lambda: panel.idle)
    QApplication.processEvents()


def pieces(snippets: SnippetList) -> list[Piece]:
    return [entry for entry in snippets.entries if isinstance(entry, Piece)]


def click_piece(qtbot: QtBot, snippets: SnippetList, row: int) -> None:
    place = snippets.visualRect(snippets.model().index(row, 0)).center()
    qtbot.mouseClick(snippets.viewport(), Qt.MouseButton.LeftButton, pos=place)


def unit_names(panel: PatternPanel) -> list[str]:
    """The first column of the table of units."""
    model = panel.units.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


class TestTrace:
    def test_shows_only_what_is_visible_of_the_unit_and_its_pins(
        self, session: Session, qtbot: QtBot
    ) -> None:
        session.selection.toggle_pin(Pin("hidden", LINE_UNIT))
        session.selection.toggle_pin(Pin("hidden", QUOTE_UNIT))
        panel = shown(qtbot, TracePanel(session))
        columns = panel.plot.columns()
        assert list(columns) == ["position", "1:5 hidden", "2:3 hidden"]
        assert np.asarray(columns["position"]).tolist() == list(range(10, 90))
        recording = session.recordings.recording
        assert recording is not None
        np.testing.assert_array_equal(
            columns["1:5 hidden"], recording.values("hidden", QUOTE_UNIT)[10:90]
        )

    def test_what_colours_the_text_leads_and_no_channel_is_lit(
        self, session: Session, qtbot: QtBot
    ) -> None:
        session.selection.toggle_pin(Pin("hidden", LINE_UNIT))
        session.selection.set_colouring("surprisal")
        panel, picker = TracePanel(session), UnitPicker(session)
        qtbot.addWidget(picker)
        shown(qtbot, panel)
        assert list(panel.plot.columns()) == ["position", "surprisal, bits", "2:3 hidden"]
        assert not any(button.isChecked() for button in picker._buttons.buttons())
        session.selection.set_colouring("unit")
        settle(qtbot, panel)
        assert list(panel.plot.columns()) == ["position", "1:5 hidden", "2:3 hidden"]
        lit = [button.text() for button in picker._buttons.buttons() if button.isChecked()]
        assert lit == ["hidden"]

    def test_the_pointer_moves_the_cursor_and_a_click_goes_there(
        self, session: Session, qtbot: QtBot
    ) -> None:
        panel = shown(qtbot, TracePanel(session))
        with qtbot.waitSignal(panel.jump_requested, timeout=1000) as jumped:
            click(qtbot, panel.plot, 42.5, 0.0)
        assert jumped.args == [42]
        panel.plot.hovered.emit(30.7, 0.0)
        assert session.selection.cursor == 30

    def test_several_units_stand_above_each_other_each_with_its_name_and_scale(
        self, session: Session, qtbot: QtBot
    ) -> None:
        panel = shown(qtbot, TracePanel(session))
        view, low = panel.plot.view, panel.plot.minimumHeight()
        assert view.viewRange()[1] == pytest.approx([-1.06, 1.06])
        session.selection.toggle_pin(Pin("hidden", LINE_UNIT))
        session.selection.toggle_pin(Pin("hidden", 2))
        settle(qtbot, panel)
        assert view.viewRange()[1] == [0.0, 3.0]
        assert panel.plot.minimumHeight() >= low + 3 * 40
        drawn = [curve.getData()[1] for curve in panel.plot._curves]
        for place, values in enumerate(drawn):
            assert 2 - place < np.nanmin(values)
            assert np.nanmax(values) < 3 - place
        session.selection.set_cursor(20)
        names = [item.text() for item in panel.plot._strips._words]
        assert [name.split("  ")[0] for name in names] == ["1:5 hidden", "2:3 hidden", "1:2 hidden"]
        assert all(len(name.split("  ")) == 2 for name in names), "and the value at the cursor"
        assert sorted(panel.plot.value_axis._names.values()) == ["1.0"] * 3 + ["−1.0"] * 3
        session.selection.clear_pins()
        settle(qtbot, panel)
        assert view.viewRange()[1] == pytest.approx([-1.06, 1.06])
        assert panel.plot._strips._words == []
        assert panel.plot.minimumHeight() == 0


class TestHeatmap:
    def test_a_click_selects_the_unit_of_the_row(self, session: Session, qtbot: QtBot) -> None:
        panel = shown(qtbot, HeatmapPanel(session))
        click(qtbot, panel.plot, 50.5, 12.5)
        assert session.selection.unit == 12

    def test_similarity_asks_for_an_order_and_uses_it(self, session: Session, qtbot: QtBot) -> None:
        panel = shown(qtbot, HeatmapPanel(session))
        qtbot.keyClick(panel.order, Qt.Key.Key_Down)
        qtbot.keyClick(panel.order, Qt.Key.Key_Down)
        settle(qtbot, panel)
        assert [panel.unit_in_row(row) for row in range(16)] == list(reversed(range(16)))
        click(qtbot, panel.plot, 50.5, 0.5)
        assert session.selection.unit == 15

    def test_score_puts_the_best_unit_on_top(self, session: Session, qtbot: QtBot) -> None:
        session.selection.set_concept("position-in-line")
        session.rankings.request_ranking("position-in-line")
        panel = shown(qtbot, HeatmapPanel(session))
        panel.order.setCurrentIndex(1)
        panel.order.activated.emit(1)
        settle(qtbot, panel)
        assert panel.unit_in_row(0) == LINE_UNIT
        assert sorted(panel.unit_in_row(row) or 0 for row in range(16)) == list(range(16))

    def test_rows_are_named_by_their_units_and_not_numbered(
        self, session: Session, qtbot: QtBot
    ) -> None:
        panel = shown(qtbot, HeatmapPanel(session))
        axis = panel.plot.row_axis

        def named(low: float, high: float, pixels: float) -> list[str]:
            return axis.tickStrings(axis.tickValues(low, high, pixels)[0][1], 1.0, 1.0)

        assert named(0, 16, 100) == ["layer 1", "layer 2"]
        assert named(0, 16, 400)[:2] == ["1:0", "1:1"]
        qtbot.keyClick(panel.order, Qt.Key.Key_Down)
        qtbot.keyClick(panel.order, Qt.Key.Key_Down)
        settle(qtbot, panel)
        assert named(0, 16, 400)[:2] == ["2:7", "2:6"]
        assert named(0, 16, 70) == ["2:7", "2:3", "1:7", "1:3"]  # as many as find room

    def test_a_picture_of_another_network_is_painted_and_answers_nothing(
        self, session: Session, qtbot: QtBot, random_recording: Callable[..., Recording]
    ) -> None:
        """Between the opening of a smaller network and the next frame."""
        panel = shown(qtbot, HeatmapPanel(session))
        panel.plot.resize(400, 500)
        session.recordings.open_recording(random_recording(layers=1, units=3).folder)
        assert panel.unit_in_row(12) == 12, "the picture is still the one of before"
        axis = panel.plot.row_axis
        named = axis.tickStrings(axis.tickValues(-2, 18, 500)[0][1], 1.0, 1.0)
        assert named == ["", "", *(f"{row // 8 + 1}:{row % 8}" for row in range(16)), "", ""]
        panel.plot.grab()
        session.selection.select_unit(1)
        panel.plot.hovered.emit(5.5, 12.5)
        panel.plot.clicked.emit(5.5, 12.5)
        assert (session.selection.unit, session.selection.cursor) == (1, None)

    def test_hovering_names_the_unit_and_its_value(self, session: Session, qtbot: QtBot) -> None:
        panel = shown(qtbot, HeatmapPanel(session))
        panel.plot.hovered.emit(20.5, QUOTE_UNIT + 0.5)
        recording = session.recordings.recording
        assert recording is not None
        value = float(recording.values("hidden", QUOTE_UNIT)[20])
        expected = f"1:5 hidden  {value:+.3f}  at 20".replace("-", "−")
        assert panel.note.text() == expected
        assert session.selection.cursor == 20


class TestScatter:
    def test_a_counter_correlates_with_the_position(self, session: Session, qtbot: QtBot) -> None:
        session.selection.select_unit(LINE_UNIT)
        session.selection.set_concept("position-in-line")
        panel = shown(qtbot, ScatterPanel(session))
        assert panel.plots.currentWidget() is panel.scatter
        assert "r = +1.00" in panel.sentence.text()

    @pytest.mark.parametrize(("holds", "said"), [(False, "none"), (True, "all")])
    def test_what_holds_nowhere_or_everywhere_has_no_average_elsewhere(
        self,
        session: Session,
        qtbot: QtBot,
        monkeypatch: pytest.MonkeyPatch,
        holds: bool,
        said: str,
    ) -> None:
        session.selection.set_concept("inside-quotes")
        recording = session.recordings.recording
        assert recording is not None
        labels = np.full(recording.length, holds)
        monkeypatch.setattr(session.rankings, "labels", lambda name: labels)
        panel = shown(qtbot, ScatterPanel(session))
        told = panel.sentence.text()
        assert f"holds at {said} of these places: " in told
        assert "nan" not in told
        shares = [name for name in panel.histograms.columns() if name not in ("from", "to")]
        assert shares == (["where it holds"] if holds else ["elsewhere"])

    def test_yes_or_no_gives_two_histograms(self, session: Session, qtbot: QtBot) -> None:
        session.selection.set_concept("inside-quotes")
        panel = shown(qtbot, ScatterPanel(session))
        assert panel.plots.currentWidget() is panel.histograms
        assert "+0.90 on average where it holds, −0.80 elsewhere" in panel.sentence.text()
        columns = panel.histograms.columns()
        assert np.sum(columns["where it holds"]) == pytest.approx(1.0)
        assert np.asarray(columns["where it holds"])[-1] == 1.0
        assert np.asarray(columns["elsewhere"])[0] == 1.0

    def test_what_lies_beyond_the_axis_is_counted(self, session: Session, qtbot: QtBot) -> None:
        session.selection.select_unit(LINE_UNIT)
        session.selection.set_concept("position-in-line")
        panel = shown(qtbot, ScatterPanel(session))
        assert "beyond" not in panel.sentence.text()
        labels = np.arange(20_000, dtype=np.float32) % 60
        labels[[5, 77]] = 4_000, 900
        concept = session.rankings.concept("position-in-line")
        assert concept is not None
        panel._draw_scatter(concept, labels, np.zeros(20_000, np.float32), "1:0", "all")
        assert panel.sentence.text().endswith("2 of them lie beyond the axis, up to 4,000.")

    def test_what_never_changes_has_no_correlation(self, session: Session, qtbot: QtBot) -> None:
        session.selection.set_concept("position-in-line")
        panel = shown(qtbot, ScatterPanel(session))
        concept = session.rankings.concept("position-in-line")
        assert concept is not None
        some, same = np.arange(9, dtype=np.float32), np.ones(9, np.float32)
        for labels, values, said in (
            (some, same, "no correlation, for the unit never changes, over all."),
            (same, some, "no correlation, for the concept never changes, over all."),
            (some[:1], some[:1], "no correlation of fewer than two places, over all."),
            (some, -some, "r = −1.00 over all."),
        ):
            panel._draw_scatter(concept, labels, values, "1:0", "all")
            assert said in panel.sentence.text()

    @pytest.mark.parametrize("concept", ["inside-quotes", "position-in-line"])
    @pytest.mark.parametrize("everywhere", [False, True])
    def test_infinite_values_are_counted(
        self, session: Session, qtbot: QtBot, concept: str, everywhere: bool
    ) -> None:
        recording = session.recordings.recording
        assert recording is not None
        values = np.array(recording.shown_values("hidden", QUOTE_UNIT), np.float32)
        values[None if everywhere else slice(3)] = np.inf
        recording.shown_values = lambda *_: values  # type: ignore[method-assign]
        session.selection.set_concept(concept)
        panel = shown(qtbot, ScatterPanel(session))
        count = f"{len(values):,}" if everywhere else "3"
        assert panel.sentence.text().endswith(f"Of its values {count} more are infinite.")

    def test_arithmetic(self) -> None:
        assert len(spread(1_000_000)) == 100_000
        assert spread(1_000_000)[-1] == 999_999
        assert np.isnan(pearson(np.arange(4, dtype=np.float32), np.zeros(4, np.float32)))
        labels = np.array([0, 0, 0, 1, 1, 1], np.float32)
        x, y = running_median(labels, np.array([1, 2, 9, 5, 6, 7], np.float32))
        assert x.tolist() == [0.0, 1.0]
        assert y.tolist() == [2.0, 6.0]


class TestUnitPage:
    def test_shows_the_extremes_and_goes_to_them(self, session: Session, qtbot: QtBot) -> None:
        panel = shown(qtbot, UnitPagePanel(session))
        assert panel.heading.text() == "Layer 1, unit 5, hidden"
        best = pieces(panel.snippets)[0]
        assert TEXT[: best.focus].count('"') % 2 == 1 or TEXT[best.focus] == '"'
        assert best.text == TEXT[best.start : best.start + len(best.text)]
        with qtbot.waitSignal(panel.jump_requested, timeout=1000) as jumped:
            click_piece(qtbot, panel.snippets, 1)
        assert jumped.args == [best.focus]

    def test_another_unit_is_another_page(self, session: Session, qtbot: QtBot) -> None:
        panel = shown(qtbot, UnitPagePanel(session))
        session.selection.select_unit(LINE_UNIT)
        qtbot.waitUntil(lambda: panel.heading.text() == "Layer 2, unit 3, hidden")
        settle(qtbot, panel)
        assert {"row": ["input", "forget", "output"]}.items() <= panel.gates.columns().items()

    def test_nothing_of_the_unit_before_stands_under_the_name_of_the_next(
        self, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        panel = shown(qtbot, UnitPagePanel(session))
        assert pieces(panel.snippets)
        monkeypatch.setattr(type(session.inspection), "unit_page", None)
        session.selection.select_unit(LINE_UNIT)
        qtbot.waitUntil(lambda: panel.facts.text() == "Reading the unit…")
        assert not panel.snippets.entries
        assert np.size(panel.distribution.columns()["from"]) == 0
        assert not panel.distribution.x_axis.isVisible(), "around nothing it would be made up"
        assert not panel.gates.isVisible()

    def test_its_colours_mean_what_they_mean_in_the_text(
        self, session: Session, qtbot: QtBot
    ) -> None:
        panel = shown(qtbot, UnitPagePanel(session))
        assert panel.snippets.scale == session.scaling.scale
        session.scaling.set_flipped(not session.scaling.scale.flipped)
        assert panel.snippets.scale == session.scaling.scale
        session.selection.set_concept("inside-quotes")
        session.scaling.set_range(-0.25, 0.5)
        assert panel.snippets.scale == session.scaling.scale
        session.selection.set_colouring("surprisal")
        assert panel.snippets.scale != session.scaling.scale
        assert panel.snippets.scale == session.scaling.unit_scale


class TestPattern:
    @pytest.fixture
    def panel(self, session: Session, qtbot: QtBot) -> PatternPanel:
        start = TEXT.index('"go now"')
        session.selection.set_range((start, start + 7))
        panel = shown(qtbot, PatternPanel(session))
        settle(qtbot, panel)
        return panel

    def test_it_fits_a_narrow_panel(self, panel: PatternPanel) -> None:
        assert panel.minimumSizeHint().width() <= 320

    def test_finds_the_planted_unit_and_the_other_places(
        self, panel: PatternPanel, session: Session, qtbot: QtBot
    ) -> None:
        names = unit_names(panel)
        assert "1:5" in names
        assert len(pieces(panel.places)) > 5
        with qtbot.waitSignal(panel.jump_requested, timeout=1000) as jumped:
            click_piece(qtbot, panel.places, 1)
        assert jumped.args == [pieces(panel.places)[0].focus]

    def test_a_click_on_a_unit_selects_it(
        self, panel: PatternPanel, session: Session, qtbot: QtBot
    ) -> None:
        session.selection.select_unit(0)
        settle(qtbot, panel)
        names = unit_names(panel)
        place = panel.units.visualRect(panel.units.model().index(names.index("1:5"), 0)).center()
        qtbot.mouseClick(panel.units.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert session.selection.unit == QUOTE_UNIT

    def test_a_threshold_that_nothing_reaches_finds_nothing(
        self, panel: PatternPanel, qtbot: QtBot
    ) -> None:
        panel.threshold.set_value(50.0)
        qtbot.waitUntil(lambda: panel.units.rowCount() == 0)
        assert "no unit is on throughout" in panel.sentence.text()
        assert panel.places.entries == ()


class TestSaturation:
    def test_counts_every_unit_and_a_click_selects_it(self, session: Session, qtbot: QtBot) -> None:
        panel = shown(qtbot, SaturationPanel(session))
        panel.gate.setCurrentText("forget")
        panel.gate.activated.emit(panel.gate.currentIndex())
        settle(qtbot, panel)
        qtbot.waitUntil(lambda: len(panel.plot.columns()["group"]) == 16)  # type: ignore[arg-type]
        qtbot.waitUntil(lambda: "shut 0%, open 100%" in panel.note.text())
        session.selection.select_unit(0, "hidden")
        click(qtbot, panel.plot, 0.0, 1.0)
        assert (session.selection.unit, session.selection.channel) == (QUOTE_UNIT, "forget")
        # The unit of a network before, which this one has not: the pointer leaves the points.
        session.selection.select_unit(99, "forget")
        told = panel.note.text()
        panel._hover(-1, -1)
        assert panel.note.text() == told

    def test_shares_by_hand(self) -> None:
        left, right = saturation(np.array([[0, 0.09, 0.5, 0.95], [1, 1, 1, 1]], np.float16))
        assert left.tolist() == [0.5, 0.0]
        assert right.tolist() == [0.25, 1.0]


class TestSample:
    @pytest.fixture
    def panel(self, session: Session, qtbot: QtBot) -> SamplePanel:
        description = ModelDescription(
            architecture="lstm", layers=2, units=8, vocabulary=tuple("ab"), name="tiny"
        )
        session.recordings.model = OpenModel("tiny", description, "rnnviz", 1, ("hidden",))
        return shown(qtbot, SamplePanel(session))

    def test_writes_with_the_chosen_settings(self, panel: SamplePanel, qtbot: QtBot) -> None:
        panel.temperature.set_value(1.5)
        panel.top_k.set_value(7)
        assert not panel.colour.isEnabled()
        qtbot.mouseClick(panel.generate, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: panel.output.toPlainText() == "1.5 and 7 so he")
        assert panel.generate.text() == "Generate"
        assert panel.colour.isEnabled()

    def test_a_longer_text_is_added_to_what_is_there(
        self, panel: SamplePanel, session: Session, qtbot: QtBot
    ) -> None:
        for text in ("On", "Once", "Once more"):
            session.inspection._samples.put("", text)
            session.inspection.sample_changed.emit()
            settle(qtbot, panel)
            assert panel.output.toPlainText() == text

    def test_colouring_it_makes_it_the_text(
        self, panel: SamplePanel, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session.recordings, "walk_if_small", lambda: None)
        # No-break and full-width blanks are what a model may have been trained on.
        panel.start.setPlainText("He:\u00a0\u3000\n ")
        qtbot.mouseClick(panel.generate, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(panel.colour.isEnabled)
        qtbot.mouseClick(panel.colour, Qt.MouseButton.LeftButton)
        assert str(session.recordings.text) == "He:\u00a0\u3000\n 0.8 and 0 so he"


class TestSurprises:
    def test_the_worst_passages_are_listed_and_a_click_goes_there(
        self, session: Session, qtbot: QtBot
    ) -> None:
        panel = shown(qtbot, SurprisesPanel(session))
        settle(qtbot, panel)
        worst = session.inspection.worst
        assert worst
        assert "predicted worst" in panel.sentence.text()
        assert [piece.focus for piece in pieces(panel.places)] == [one.start for one in worst]
        with qtbot.waitSignal(panel.jump_requested, timeout=1000) as jumped:
            click_piece(qtbot, panel.places, 0)
        assert jumped.args == [worst[0].start]
