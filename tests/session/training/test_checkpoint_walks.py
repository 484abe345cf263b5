"""Checkpoints of a run: which is shown, what is walked and scored, and when nothing is asked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.core.recordings.groups import Groups, layers_of
from rnnviz.core.scoring import Histogram, Ranking, Score, write_ranking
from rnnviz.core.sequences.text import Text
from rnnviz.session.session import Session
from rnnviz.session.training import checkpoint_walks as stages_module
from rnnviz.session.training.checkpoints import Stage
from rnnviz.work.jobs.cells import Written
from tests.core.runs.made import MadeRun, finished_run
from tests.session.conftest import CountingRunner

NO_HISTOGRAM = Histogram(0, 1, (), ())


def rank(request, context):
    scores = tuple(
        Score(
            channel="hidden", unit=unit, sign=1, lag=0, correlation=-0.3, auc=0.5 + unit / 100,
            f1=0.5, threshold=0.0, histogram=NO_HISTOGRAM,
        )
        for unit in (5, 4, 3, 2, 1, 0)
    )  # fmt: skip
    ranking = Ranking(
        concept="inside-quotes", title="", scalar=False, positive_from=1, base_rate=0.5,
        null_correlation=0.1, null_auc=0.53, characters=9, scores=scores,
    )  # fmt: skip
    path = Path(request.folder) / "ranking.json"
    write_ranking(ranking, path)
    return Written(str(path))


def ran(session: Session) -> list[str]:
    assert isinstance(session.jobs._runner, CountingRunner)
    return session.jobs._runner.ran


def shown(session: Session) -> Stage:
    stage = session.checkpoint_walks.stage
    assert stage is not None
    return stage


@pytest.fixture(autouse=True)
def _always_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages_module, "_LISTING_SECONDS", -1.0)


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    return finished_run(tmp_path / "run", layers=2, units=3)


@pytest.fixture
def session(make_session, run: MadeRun) -> Session:
    session = make_session(rank=rank)
    session.runs.open(run.directory)
    session.runs.poll()
    return session


def test_nothing_is_walked_until_a_panel_asks(session: Session) -> None:
    assert ran(session) == []
    assert session.checkpoint_walks.recording is None
    session.checkpoint_walks.request()
    assert ran(session) == ["walk"]
    recording = session.checkpoint_walks.recording
    assert recording is not None
    assert recording.channels == ("hidden",)
    session.checkpoint_walks.request()
    assert ran(session) == ["walk"]


def test_the_newest_is_followed_until_another_is_chosen(session: Session, run: MadeRun) -> None:
    stages = session.checkpoint_walks
    assert [stage.step for stage in stages.stages] == [0, 50, 100, 150, 200]
    assert shown(session).step == 200
    stages.choose(1)
    assert (shown(session).step, stages.follow) == (50, False)
    run.steps(201, 250)
    run.checkpoint(250)
    session.runs.open(run.directory)
    session.runs.opened[0].watched.poll()
    assert shown(session).step == 50
    stages.choose(5)
    assert (shown(session).step, stages.follow) == (250, True)


def test_the_file_that_is_replaced_is_a_stage_of_its_own(session: Session, run: MadeRun) -> None:
    path = run.directory / "checkpoints" / "latest.safetensors"
    path.write_bytes(b"model")
    run.steps(201, 210)
    run.event("checkpoint", step=210, file="checkpoints/latest.safetensors", best=False)
    session.runs.opened[0].watched.poll()
    assert shown(session).newest
    assert shown(session).step == 210
    session.checkpoint_walks.request()
    session.checkpoint_walks.request()
    assert ran(session) == ["walk"]
    os.utime(path, (1, 1))
    session.checkpoint_walks.request()
    assert ran(session) == ["walk", "walk"]


def test_the_concept_is_scored_for_every_unit(session: Session) -> None:
    session.selection.set_concept("inside-quotes")
    session.checkpoint_walks.request()
    session.checkpoint_walks.request()
    stage = shown(session)
    score = session.checkpoint_walks.score(stage)
    assert score is not None
    assert score.best == 5
    np.testing.assert_allclose(score.figures, 0.5 + np.arange(6) / 100)
    assert (score.chance, score.characters) == (0.53, 9)
    assert [step for step, _ in session.checkpoint_walks.history()] == [200]


def test_a_sweep_scores_all(session: Session) -> None:
    session.selection.set_concept("inside-quotes")
    session.checkpoint_walks.arrived.connect(session.checkpoint_walks.request)
    session.checkpoint_walks.sweep()
    assert [step for step, _ in session.checkpoint_walks.history()] == [0, 50, 100, 150, 200]
    assert (ran(session).count("walk"), ran(session).count("rank")) == (5, 5)


def test_a_sweep_ends_though_not_every_walk_is_kept(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages_module, "_KEPT", 2)
    session.selection.set_concept("inside-quotes")
    session.checkpoint_walks.arrived.connect(session.checkpoint_walks.request)
    session.checkpoint_walks.sweep()
    assert len(session.checkpoint_walks.history()) == 5
    assert ran(session).count("walk") == 5


def test_the_unit_of_cells_is_taken_by_its_layer_and_not_by_its_number(session: Session) -> None:
    session.selection.fit(Groups(layers_of(3, 100, ("hidden", "cell", "reset"))))
    session.selection.select_unit(101, "cell")
    assert session.checkpoint_walks.groups.shape == (("1", 3), ("2", 3))
    assert (session.checkpoint_walks.unit, session.checkpoint_walks.channel) == (4, "cell"), (
        "unit 1 of layer 2"
    )
    session.selection.select_unit(2, "reset")
    assert (session.checkpoint_walks.unit, session.checkpoint_walks.channel) == (2, "hidden")
    session.selection.select_unit(150, "cell")
    assert session.checkpoint_walks.unit == 0, "this model has no unit 50"


def test_the_text_of_cells_is_taken(session: Session, library_folder: Path) -> None:
    before = session.checkpoint_walks.text
    assert "old man" in str(before)
    session.recordings.open_text(library_folder / "resources" / "texts" / "a.txt")
    assert str(session.checkpoint_walks.text).startswith("this is text a")
    assert session.checkpoint_walks.first_line == 0


def test_the_stretch_of_the_text_knows_in_which_line_it_begins(session: Session) -> None:
    session.show_text(Text.of("one line\n" * 3000, "lines"))
    session.selection.set_visible((9 * 1234 + 2, 9 * 1240))
    session.checkpoint_walks.take_text()
    assert str(session.checkpoint_walks.text).startswith("one line\n")
    assert session.checkpoint_walks.first_line == 1234


def test_a_checkpoint_that_cannot_be_read_is_told_and_not_tried_again(
    make_session, run: MadeRun
) -> None:
    def walk(request, context):
        raise ModelFileError("the file is cut")

    session = make_session(walk=walk)
    session.runs.open(run.directory)
    session.runs.poll()
    session.checkpoint_walks.request()
    session.checkpoint_walks.request()
    assert session.checkpoint_walks.problem == "the file is cut"
    assert ran(session) == ["walk"]
    assert list(session.recordings.cache.glob("stage-*")) == []


def test_closing_deletes_what_was_walked(session: Session) -> None:
    session.checkpoint_walks.request()
    assert len(list(session.recordings.cache.glob("stage-*"))) == 1
    session.checkpoint_walks.close()
    assert list(session.recordings.cache.glob("stage-*")) == []


def test_without_a_run_there_is_nothing(make_session) -> None:
    stages = make_session().checkpoint_walks
    stages.request()
    assert (stages.stages, stages.stage, stages.recording) == ((), None, None)


def test_a_score_is_that_of_the_concept_as_it_is_now(session: Session) -> None:
    mine: dict[str, object] = {"kind": "regular-expression", "name": "mine", "pattern": "a"}
    session.rankings.add(mine)
    session.selection.set_concept("mine")
    session.checkpoint_walks.request()
    session.checkpoint_walks.request()
    assert session.checkpoint_walks.score(shown(session)) is not None
    session.rankings.add({**mine, "pattern": "b"})
    assert session.checkpoint_walks.score(shown(session)) is None
    asked = ran(session).count("rank")
    session.checkpoint_walks.request()
    assert ran(session).count("rank") == asked + 1
    assert session.checkpoint_walks.score(shown(session)) is not None


def test_a_concept_that_cannot_be_scored_stands_in_the_way_of_no_other(
    make_session, run: MadeRun
) -> None:
    def some(request, context):
        if "inside-quotes" in str(request.concept):
            raise ModelFileError("no labels")
        return rank(request, context)

    session = make_session(rank=some)
    session.runs.open(run.directory)
    session.runs.poll()
    for concept, known in (("inside-quotes", False), ("sentence-start", True)):
        session.selection.set_concept(concept)
        session.checkpoint_walks.request()
        session.checkpoint_walks.request()
        assert (session.checkpoint_walks.score(shown(session)) is not None) == known
