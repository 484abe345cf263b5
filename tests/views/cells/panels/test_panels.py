"""Every panel in PANELS keeps the same promises; and no file of the folder is missing from it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

import rnnviz.views
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.session.session import Session
from rnnviz.session.shared.recordings import OpenModel
from rnnviz.views.cells.bars.intervention_bar import InterventionBar
from rnnviz.views.cells.panels.intervention import InterventionPanel
from rnnviz.views.kinds import kinds_in
from rnnviz.views.shared.panel import NEEDS, Panel
from rnnviz.views.shared.theme import DARK, LIGHT, qt_palette
from rnnviz.views.window.workspaces import WORKSPACES
from tests.core.runs.made import finished_run
from tests.nets.classification.small_classifier import small_classifier
from tests.session.alignments import translating
from tests.views.cells.panels_world import (
    QUOTE_UNIT,
    TEXT,
    planted_recording,
    show_panel,
)


@pytest.fixture
def opened(session: Session, tmp_path: Path, request: pytest.FixtureRequest) -> Session:
    """A session in which everything is chosen that any panel needs."""
    # Before the model, whose gradients no job here computes.
    assert not session.gradients.compared
    session.recordings.open_recording(planted_recording(tmp_path / "planted").folder)
    description = ModelDescription(
        architecture="lstm", layers=2, units=8, vocabulary=tuple(sorted(set(TEXT))), name="tiny"
    )
    session.recordings.model = OpenModel("tiny", description, "rnnviz", 1, ("hidden", "cell"))
    panel = request.node.callspec.params["kind"] if hasattr(request.node, "callspec") else None
    if panel is not None and kinds_in(panel.name) == ("classifier",):
        about = small_classifier().description
        session.recordings.model = OpenModel(
            "tiny", about, "rnnviz", 1, ("hidden", "cell"), kind="classifier"
        )
    session.selection.select_unit(QUOTE_UNIT)
    session.selection.set_concept("inside-quotes")
    session.rankings.request_ranking("inside-quotes")
    start = TEXT.index('"go') + 1
    session.selection.set_range((start, start + 6))
    session.selection.set_visible((0, 120))
    session.selection.set_cursor(20)
    session.runs.open(finished_run(tmp_path / "run").directory)
    session.runs.poll()
    session.alignments.take_model(translating.opened())
    session.runs.close()
    return session


class _Counted:
    """How often a panel draws."""

    def __init__(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        draw = panel.draw

        def counted() -> None:
            self.times += 1
            draw()

        monkeypatch.setattr(panel, "draw", counted)


VIEWS = Path(rnnviz.views.__file__).parent
PANELS = tuple(panel for workspace in WORKSPACES for panel in workspace.panel_types)


def test_no_panel_file_is_missing_from_a_tuple() -> None:
    for folder in VIEWS.glob("*/panels"):
        workspace = folder.parent.name
        module = importlib.import_module(f"rnnviz.views.{workspace}.panels")
        listed = {panel.__module__.rsplit(".", 1)[-1] for panel in module.PANELS}
        # A panel has a name; what several of them share has none.
        named = {path.stem for path in folder.glob("*.py") if '\n    name = "' in path.read_text()}
        room = (folder.parent / "workspace.py").read_text()
        centre = {stem for stem in named if f"{workspace}.panels.{stem} import" in room}
        assert listed <= named
        assert named - listed <= centre


def test_every_workspace_is_listed_and_lists_its_own_panels() -> None:
    folders = {path.parent.name for path in VIEWS.glob("*/workspace.py")} - {"shared"}
    assert {workspace.__module__.split(".")[-2] for workspace in WORKSPACES} == folders
    for workspace in WORKSPACES:
        own = {panel.__module__.split(".")[-3] for panel in workspace.panel_types}
        assert own <= {workspace.name}


def test_names_are_unique() -> None:
    assert len({panel.name for panel in PANELS}) == len(PANELS)
    assert len({panel.title for panel in PANELS}) == len(PANELS)


@pytest.mark.parametrize("kind", PANELS, ids=lambda kind: kind.name)
class TestEveryPanel:
    def test_says_what_to_do_while_nothing_is_open(
        self, kind: type[Panel], session: Session, qtbot: QtBot
    ) -> None:
        panel = kind(session)
        show_panel(qtbot, panel)
        if not kind.needs:
            assert not panel.empty
            return
        assert panel.empty
        sentences = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
        assert sentences == [NEEDS[kind.needs[0]].sentence]
        if not NEEDS[kind.needs[0]].button:
            return
        button = next(b for b in panel.findChildren(QAbstractButton) if b.isVisible())
        with qtbot.waitSignal(panel.open_requested, timeout=1000):
            button.click()

    def test_draws_and_survives_a_change_of_theme(
        self, kind: type[Panel], opened: Session, qtbot: QtBot
    ) -> None:
        panel = kind(opened)
        show_panel(qtbot, panel)
        assert not panel.empty
        pictures = []
        for theme in (LIGHT, DARK):
            panel.setPalette(qt_palette(theme))
            pictures.append(panel.grab().toImage())
        assert pictures[0] != pictures[1]

    def test_every_button_and_view_has_a_name(
        self, kind: type[Panel], opened: Session, qtbot: QtBot
    ) -> None:
        panel = kind(opened)
        show_panel(qtbot, panel)
        assert panel.accessibleName() == kind.title
        assert panel.objectName() == kind.name
        nameless = [
            button
            for button in panel.findChildren(QAbstractButton)
            if button.isVisible() and not (button.accessibleName() or button.text())
        ]
        # The corner of a table selects all of it; it has no size where the headers are hidden.
        assert [b for b in nameless if type(b).__name__ != "QAbstractButton"] == []

    def test_a_hidden_panel_draws_nothing_and_catches_up(
        self,
        kind: type[Panel],
        opened: Session,
        qtbot: QtBot,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        panel = kind(opened)
        qtbot.addWidget(panel)
        counted = _Counted(panel, monkeypatch)
        opened.selection.select_unit(3)
        opened.selection.set_visible((60, 180))
        opened.recordings.recording_grew.emit()
        QApplication.processEvents()
        assert counted.times == 0
        assert panel.idle
        panel.show()
        # Some are made in several frames, and some ask a job whose answer draws them again.
        qtbot.waitUntil(lambda: counted.times >= 1)

    def test_many_changes_in_a_frame_are_one_drawing(
        self,
        kind: type[Panel],
        opened: Session,
        qtbot: QtBot,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        panel = kind(opened)
        show_panel(qtbot, panel)
        counted = _Counted(panel, monkeypatch)
        for _ in range(20):
            opened.recordings.recording_grew.emit()
        qtbot.waitUntil(lambda: panel.idle)
        assert counted.times == 1

    def test_closing_all_brings_the_sentence_back(
        self, kind: type[Panel], opened: Session, qtbot: QtBot
    ) -> None:
        panel = kind(opened)
        show_panel(qtbot, panel)
        opened.recordings.recording = None
        opened.recordings.model = None
        opened.recordings.recording_changed.emit()
        for run in opened.runs.opened:
            opened.runs.close_run(run)
        opened.alignments._forget()
        opened.alignments.model = None
        opened.alignments.model_changed.emit()
        opened.alignments.answer_changed.emit()
        if not kind.needs:
            assert not panel.empty
            return
        qtbot.waitUntil(lambda: panel.empty)


def test_the_text_is_read_with_a_unit_cut_and_as_it_is_again(opened: Session, qtbot: QtBot) -> None:
    panel, bar = InterventionPanel(opened), InterventionBar(opened.interventions)
    qtbot.addWidget(bar)
    show_panel(qtbot, panel)
    panel.redraw.click()
    done = opened.interventions.shown
    assert done is not None and done.how == "hold" and done.value == 0
    assert not bar.isHidden() and f"unit {done.unit} of layer {done.layer + 1} is cut" in (
        bar.words.text()
    )
    bar.button.click()
    assert opened.interventions.shown is None and bar.isHidden()
