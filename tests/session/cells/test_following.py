"""A training followed in Cells: what is walked when, what stays, and what ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnviz.core.errors import ModelFileError, RunDirectoryError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.session.session import Session
from rnnviz.work.jobs.cells import CheckpointWalked, Walk
from tests.core.runs.made import MadeRun, finished_run
from tests.session.conftest import open_model, walk

BROKEN = b"broken"


class Checkpoints:
    """The task of the engine; a walk reaches as far as it is told."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def walk_checkpoint(self, request, context) -> CheckpointWalked:
        path = Path(request.model.path)
        if path.read_bytes() == BROKEN:
            raise ModelFileError(f"{path} is cut short")
        self.read.append(path.name)
        given = {"model": request.model, "text": request.text, "folder": request.folder}
        walk(Walk(**given, channels=("hidden", "cell")), context)
        return CheckpointWalked(open_model(request, context), 9)


@pytest.fixture
def checkpoints() -> Checkpoints:
    return Checkpoints()


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    return finished_run(tmp_path / "run", layers=2, units=3)


@pytest.fixture
def session(
    make_session, checkpoints: Checkpoints, run: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> Session:
    # A pause of Python itself must not be taken for a slow drive, which is left to rest.
    monkeypatch.setattr("rnnviz.session.training.runs._SLOW_SECONDS", 20.0)
    session = make_session(walk_checkpoint=checkpoints.walk_checkpoint)
    session.show_text(Text.of("some text that is read again and again", "mine"))
    session.runs.open(run.directory)
    session.runs.poll()
    return session


def recording_of(session: Session) -> Recording:
    recording = session.recordings.recording
    assert recording is not None
    return recording


def appears(session: Session, run: MadeRun, step: int, content: bytes = b"model") -> None:
    run.checkpoint(step, content)
    session.runs._ticks = -1  # a run that is over is looked at rarely
    session.runs.poll()


def test_the_newest_checkpoint_is_shown_and_then_each_that_appears(
    session: Session, run: MadeRun, checkpoints: Checkpoints
) -> None:
    session.following.follow(session.runs.opened[0])
    assert session.following.step == 200
    first = recording_of(session)
    appears(session, run, 300)
    assert session.following.step == 300
    assert recording_of(session).folder != first.folder
    assert checkpoints.read == ["step-00000200.safetensors", "step-00000300.safetensors"]
    session.runs.poll()
    assert len(checkpoints.read) == 2, "nothing is walked twice"


def test_unit_selection_colours_and_text_stay(session: Session, run: MadeRun) -> None:
    session.following.follow(session.runs.opened[0])
    selection, text = session.selection, session.recordings.text
    selection.select_unit(4, "cell")
    selection.set_range((3, 7))
    selection.set_cursor(5)
    session.scaling.set_locked(True)
    scale = session.scaling.locked
    models: list[None] = []
    session.recordings.model_changed.connect(lambda: models.append(None))
    appears(session, run, 300)
    assert session.following.step == 300
    assert (selection.unit, selection.channel) == (4, "cell")
    assert (selection.range, selection.cursor) == ((3, 7), 5)
    assert session.scaling.locked == scale
    assert session.recordings.text is text
    assert not models, "the same training is no other model"


def test_a_unit_of_another_model_is_not_shown_as_one_of_the_training(
    session: Session, run: MadeRun, tmp_path: Path
) -> None:
    (tmp_path / "other.safetensors").write_bytes(b"model")
    session.open_model(tmp_path / "other.safetensors")
    session.selection.select_unit(5, "cell")
    opened = session.runs.opened[0]
    session.following.follow(opened)
    assert session.following.step == 200
    assert session.selection.unit == 0
    session.selection.select_unit(4, "cell")
    session.following.stop()
    session.following.follow(opened)
    assert (session.selection.unit, session.selection.channel) == (4, "cell")


def test_what_cannot_be_read_leaves_everything_as_it_was(session: Session, run: MadeRun) -> None:
    failures: list[object] = []
    session.jobs.failed.connect(failures.append)
    session.following.follow(session.runs.opened[0])
    before = recording_of(session)
    appears(session, run, 300, BROKEN)
    assert "cut short" in session.following.problem
    assert session.following.step == 200
    assert recording_of(session) is before
    assert not failures, "no box is opened over the text"
    appears(session, run, 400)
    assert (session.following.step, session.following.problem) == (400, "")


def test_a_file_that_could_not_be_read_is_read_once_it_changed(
    session: Session, run: MadeRun, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 20.0)
    session.following.follow(session.runs.opened[0])
    appears(session, run, 300, BROKEN)
    session.following.walk_newest()
    assert session.following.step == 200
    file = run.directory / "checkpoints" / "step-00000300.safetensors"
    file.write_bytes(b"the whole model")
    session.following.walk_newest()
    assert (session.following.step, session.following.problem) == (300, "")
    assert checkpoints.read[-1] == file.name


def test_another_text_is_read_by_the_same_training(
    session: Session, checkpoints: Checkpoints
) -> None:
    session.following.follow(session.runs.opened[0])
    session.show_text(Text.of("quite another text", "other"))
    assert recording_of(session).length == len("quite another text")
    assert len(checkpoints.read) == 2


def test_another_model_or_a_closed_run_ends_it(
    session: Session, run: MadeRun, tmp_path: Path
) -> None:
    model = tmp_path / "my.safetensors"
    model.write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    session.following.follow(session.runs.opened[0])
    session.open_path(model)
    assert session.following.run is None
    session.following.follow(session.runs.opened[0])
    assert session.following.step == 200
    session.runs.close_run(session.runs.opened[0])
    assert session.following.run is None
    assert recording_of(session).length > 0


def test_stopping_stays_with_what_is_shown_and_following_is_offered_again(
    session: Session, run: MadeRun
) -> None:
    opened = session.runs.opened[0]
    assert session.following.offered() is None, "another model is open"
    session.following.follow(opened)
    shown = recording_of(session)
    session.following.stop()
    appears(session, run, 300)
    assert recording_of(session) is shown
    assert session.following.offered() is opened


def test_following_is_offered_where_the_run_was_opened_through_a_link(
    make_session, checkpoints: Checkpoints, run: MadeRun, tmp_path: Path
) -> None:
    session = make_session(walk_checkpoint=checkpoints.walk_checkpoint)
    link = tmp_path / "link"
    link.symlink_to(run.directory, target_is_directory=True)
    opened = session.runs.open(link)
    session.runs.poll()
    session.following.follow(opened)
    assert session.following.step == 200
    session.following.stop()
    assert session.following.offered() is opened


def test_a_run_without_characters_is_refused(make_session, tmp_path: Path) -> None:
    session = make_session()
    session.runs.open(finished_run(tmp_path / "adding", task="memory").directory)
    with pytest.raises(RunDirectoryError, match="adding trains no model that reads a text"):
        session.following.follow(session.runs.opened[0])


def test_labels_stay_where_only_the_walk_is_another(session: Session, run: MadeRun) -> None:
    session.following.follow(session.runs.opened[0])
    session.selection.set_concept("inside-quotes")
    labels = session.rankings.labels("inside-quotes")
    assert labels is not None
    appears(session, run, 300)
    assert session.rankings.labels("inside-quotes") is labels
