"""What must follow what when a person opens things."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import FindingError, ModelFileError, TextError, VocabularyNeeded
from rnnviz.core.runs.tensorboard.records import ScalarWriter
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.text_store import lay_out
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.session import session as session_module
from rnnviz.work.jobs.models import OpenModel, TextLaidOut
from tests.session.conftest import open_model


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "my.safetensors"
    path.write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    return path


def test_opening_a_model_walks_the_text_that_suits_it_and_selects_its_finding(
    make_session, model_file
):
    session = make_session()
    session.open_path(model_file)
    assert session.recordings.recording is not None
    assert session.recordings.recording.complete
    assert session.recordings.text.name == "b.txt"
    assert (session.selection.unit, session.selection.channel) == (5, "cell")
    assert session.selection.concept == "inside-quotes"
    assert session.jobs._runner.ran.count("walk") == 1


def test_a_text_that_the_person_opened_stays_when_the_model_changes(
    make_session, model_file, tmp_path
):
    own = tmp_path / "own.txt"
    own.write_text("my own text")
    session = make_session()
    session.open_path(own)
    unwalked = session.recordings.recording
    assert unwalked is None
    session.open_path(model_file)
    assert session.recordings.text.name == "own.txt"
    assert str(session.recordings.recording.text) == "my own text"


def test_a_concept_of_prose_is_not_chosen_over_code_that_the_person_opened(
    make_session, model_file, tmp_path
):
    code, prose = tmp_path / "own.c", tmp_path / "own.txt"
    code.write_text("int f(int x) { return x; }\n" * 9)
    prose.write_text("He said no, and left.\n" * 9)
    for text, concept in ((code, None), (prose, "inside-quotes")):
        session = make_session()
        session.open_path(text)
        session.open_path(model_file)
        assert session.recordings.text.name == text.name
        assert (session.selection.unit, session.selection.concept) == (5, concept)


def test_a_concept_of_code_goes_with_the_code(make_session, model_file, tmp_path, library_folder):
    """A model of code on its own text, then one of prose on its own, whose card names none."""

    def opened(request, context):
        answer = open_model(request, context)
        about = {**answer.description, "findings": []}
        if Path(request.model.path).stem == "code":
            about["default_text"] = "c.c"
        return msgspec.structs.replace(answer, description=about)

    texts = library_folder / "resources" / "texts"
    listed = json.loads((texts / "index.json").read_text())
    (texts / "c.c").write_text("int f(int x) { return x; }\n" * 9)
    (texts / "index.json").write_text(json.dumps([*listed, {**listed[0], "file": "c.c"}]))
    code = tmp_path / "code.safetensors"
    code.write_bytes(model_file.read_bytes())
    for concept, then in (("brace-depth", None), ("position-in-line", "position-in-line")):
        session = make_session(open_model=opened)
        session.open_path(code)
        assert session.recordings.text.name == "c.c"
        session.selection.set_concept(concept)
        session.open_path(model_file)
        assert session.recordings.text.name == "b.txt"
        assert session.selection.concept == then


def test_a_text_given_at_the_start_is_not_replaced_by_the_walk_that_was_kept(
    make_session, tiny_description, tmp_path, monkeypatch
):
    shipped = msgspec.structs.replace(tiny_description, default_text="b.txt")
    save_model(tmp_path / "models" / "first.safetensors", LanguageModel(shipped))
    own = tmp_path / "own.txt"
    own.write_text("my own text")
    session = make_session()
    session.settings.setValue(session_module._KEPT, str(tmp_path))
    monkeypatch.setattr(session.recordings, "show_kept", lambda *_: pytest.fail("shown"))
    session.open_path(own)
    session.open_first()
    assert session.recordings.text.name == "own.txt"
    assert str(session.recordings.recording.text) == "my own text"


def test_the_same_walk_is_opened_from_the_cache_the_second_time(make_session, model_file):
    session = make_session()
    session.open_path(model_file)
    folder = session.recordings.recording.folder
    session.show_text(Text.of("another text"))
    session.recordings.open_text(session.library.texts[1].path)
    assert session.recordings.recording.folder == folder
    assert session.jobs._runner.ran.count("walk") == 2


def test_a_model_that_fails_to_open_leaves_everything_as_it_was(make_session, model_file, tmp_path):
    def refuse(request, context):
        raise ModelFileError("the file is truncated")

    session = make_session()
    session.open_path(model_file)
    before = (session.recordings.model, session.recordings.recording, session.recordings.text)
    session.jobs._runner._tasks[OpenModel] = refuse
    failures: list[Any] = []
    session.jobs.failed.connect(failures.append)
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"PK")
    session.open_path(broken)
    assert failures[0].message == "the file is truncated"
    now = (session.recordings.model, session.recordings.recording, session.recordings.text)
    assert all(left is right for left, right in zip(before, now, strict=True))


def test_a_model_without_characters_asks_for_them(make_session, model_file):
    def need(request, context):
        raise VocabularyNeeded("which characters?", 65)

    session = make_session(open_model=need)
    asked: list[Any] = []
    session.opening.companion_needed.connect(lambda *about: asked.append(about))
    session.open_path(model_file)
    assert asked == [("vocabulary", str(model_file), 65, "which characters?")]


def test_typing_walks_each_version_and_the_last_one_wins(make_session, model_file):
    session = make_session()
    session.open_path(model_file)
    for typed in ("a", "ab", "abc"):
        session.recordings.type_text(typed)
    assert str(session.recordings.recording.text) == "abc"
    assert session.recordings.recording.complete


def test_a_long_text_is_asked_for_and_not_walked_by_itself(make_session, model_file, monkeypatch):
    monkeypatch.setattr("rnnviz.session.shared.recordings.LARGE_BYTES", 100)
    session = make_session()
    asked: list[Any] = []
    session.recordings.walk_asked.connect(asked.append)
    session.open_path(model_file)
    unwalked = session.recordings.recording
    assert unwalked is None
    assert asked[0] > 100
    session.recordings.walk(("hidden",))
    assert session.recordings.recording.channels == ("hidden",)


def test_what_is_missing_or_foreign_is_refused_with_a_reason(make_session, tmp_path):
    session = make_session()
    with pytest.raises(TextError, match="does not exist"):
        session.open_path(tmp_path / "nothing.txt")
    with pytest.raises(TextError, match="neither a recording nor a training run"):
        session.open_path(tmp_path)


def test_a_path_that_is_written_like_an_address_connects_to_nothing(
    make_session, tmp_path, monkeypatch
):
    monkeypatch.setattr("rnnviz.session.training.runs.Mirror", lambda *_: pytest.fail("connected"))
    session = make_session()
    with pytest.raises(TextError, match="does not exist"):
        session.open_path(Path("me@evil.example:/runs/novel"))
    there = Finding(
        title="a", model_path="me@evil.example:/runs/novel", layer=0, unit=0, channel="hidden",
        scale=Scale(-1.0, 1.0, "blue-orange"), start=0, stop=1,
    )  # fmt: skip
    with pytest.raises(FindingError, match="is gone"):
        session.showing.show_finding(there)
    file = tmp_path / "me@there:novel"
    file.write_text("a text whose name has a colon")
    session.open_path(file)
    assert session.recordings.text.path == file


def test_recent_files_are_newest_first_and_once_each(make_session, model_file, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("my own text")
    session = make_session()
    for path in (own, model_file, own):
        session.open_path(path)
    assert session.library.recent == (own, model_file)
    session.library.forget_recent()
    assert session.library.recent == ()


def test_a_finding_opens_its_model_and_text_and_shows_its_unit_and_range(
    make_session, model_file, tmp_path
):
    from rnnviz.core.colours.colour import Scale

    own = tmp_path / "own.txt"
    own.write_text("my own text")
    finding = Finding(
        title="found",
        channel="hidden",
        layer=1,
        unit=0,
        start=3,
        stop=6,
        scale=Scale(-1.0, 1.0, "blue-orange"),
        model_path=str(model_file),
        text_name="own.txt",
        text_path=str(own),
    )
    session = make_session()
    jumps: list[int] = []
    session.selection.jumped.connect(jumps.append)
    session.showing.show_finding(finding)
    assert session.recordings.text.name == "own.txt"
    assert (session.selection.unit, session.selection.channel) == (3, "hidden")
    assert session.selection.range == (3, 6)
    assert jumps == [3]


def test_a_finding_in_a_large_text_waits_for_the_engine_to_read_it(
    make_session, model_file, tmp_path, monkeypatch
):
    monkeypatch.setattr("rnnviz.session.shared.recordings.LARGE_TEXT_BYTES", 10)
    asked: list[Callable[[], None]] = []

    def read_text(request, context):
        laid = lay_out(Path(request.path), Path(request.folder))
        return TextLaidOut(request.path, request.folder, laid.width, laid.how)

    own = tmp_path / "own.txt"
    own.write_text("my own text, é")
    finding = Finding(
        title="found", channel="hidden", layer=1, unit=0, start=3, stop=6,
        scale=Scale(-1.0, 1.0, "blue-orange"), model_path=str(model_file), text_name="own.txt",
        text_path=str(own),
    )  # fmt: skip
    session = make_session(read_text=read_text)
    session.showing.show_finding(finding)
    assert session.jobs._runner.ran[:2] == ["read_text", "open_model"]
    assert str(session.recordings.text) == "my own text, é"
    assert (session.selection.unit, session.selection.range) == (3, (3, 6))
    # What is opened while it is read is what the person wants.
    read = session.recordings.read_text
    monkeypatch.setattr(
        session.recordings, "read_text", lambda path, done: asked.append(partial(read, path, done))
    )
    session.show_text(Text.of("another text", "another"))
    session.showing.show_finding(finding)
    session.open_path(model_file)
    asked.pop()()
    assert str(session.recordings.text) == "another text"


def test_a_large_text_is_read_by_the_engine(make_session, model_file, tmp_path, monkeypatch):
    monkeypatch.setattr("rnnviz.session.shared.recordings.LARGE_TEXT_BYTES", 10)

    def read_text(request, context):
        laid = lay_out(Path(request.path), Path(request.folder))
        return TextLaidOut(request.path, request.folder, laid.width, laid.how)

    own = tmp_path / "own.txt"
    own.write_text("my own text, é")
    session = make_session(read_text=read_text)
    session.open_path(own)
    assert session.jobs._runner.ran == ["read_text"]
    assert str(session.recordings.text) == "my own text, é"
    session.open_path(model_file)
    assert session.recordings.text.path == own, "it stays when the model changes"
    with pytest.raises(TextError, match="gone"):
        session.recordings.open_text(tmp_path / "gone.txt")


def test_a_folder_of_two_experiments_is_two_runs(make_session, tmp_path, qtbot):
    """As TensorBoard takes it; tags such as `loss` have curves of their own."""
    for name in ("train", "validation"):
        writer = ScalarWriter(tmp_path / "logs" / name)
        writer.write(1, {"loss": 2.0})
        writer.close()
    session = make_session()
    session.open_path(tmp_path / "logs")
    runs = session.runs.opened
    qtbot.waitUntil(lambda: all(run.watched.record.scalars for run in runs))
    assert [run.name for run in runs] == ["logs/train", "logs/validation"]
    assert all(run.watched.record.scalars["loss"].last == 2.0 for run in runs)
    assert all(len(run.watched.record.loss) == 0 for run in runs)
    session.close()


def test_float32_is_remembered_over_a_restart(make_session):
    first = make_session()
    assert first.recordings.dtype == "float16"
    first.recordings.record_exactly(True)
    first.close()
    second = make_session()
    assert second.recordings.dtype == "float32"
    second.recordings.record_exactly(False)
    second.close()
    assert make_session().recordings.dtype == "float16"
