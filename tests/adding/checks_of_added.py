"""Run in the copy that `tests/test_adding.py` makes: what docs/adding.md adds works there."""

from __future__ import annotations

import json
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from rnnviz.cli import main
from rnnviz.core.concepts import CONCEPTS, concept_from
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints import open_model
from rnnviz.session.session import Session
from rnnviz.session.shared.jobs import Jobs
from rnnviz.views.cells.panels import PANELS
from rnnviz.views.training.new_run_dialog import NewRunDialog
from rnnviz.views.window.workspaces import WORKSPACES
from rnnviz.work.runner import InlineRunner
from tests.asking import ask
from tests.nets.checkpoints.examples import CHARACTERS, Stock
from tests.session.in_folder import session_in
from tests.views.cells.panels_world import TEXT, make_session, planted_recording


def test_the_concept_labels_a_text() -> None:
    concept = concept_from({"kind": "built-in", "name": "inside-url"})
    assert concept in CONCEPTS
    labels = concept.label("See http://example.org now.")
    assert "".join("^" if inside else " " for inside in labels).rstrip() == " " * 4 + "^" * 18


def test_the_format_is_opened_by_its_content(tmp_path: Path) -> None:
    weights = {name: w.tolist() for name, w in Stock("gru", embedding=2).state_dict().items()}
    path = tmp_path / "without-a-telling-name"
    path.write_text(json.dumps({"characters": "".join(CHARACTERS), "weights": weights}))
    opened = open_model(path)
    assert (opened.kind, opened.format_title) == ("language-model", "JSON weights")
    assert opened.model.description.vocabulary == tuple(CHARACTERS)


LINES = [
    f"{label}\t{word} {other} {word}"
    for label, words in (("good", ("fine", "great", "best")), ("bad", ("poor", "worst", "dull")))
    for word in words
    for other in ("film", "plot", "end", "cast")
] * 6


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier trained from the command line."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "reviews.tsv").write_text("\n".join(LINES) + "\n")
    words = ["train", str(folder / "reviews.tsv"), "--task", "bare-classification"]
    words += ["--units", "16", "--embedding", "8", "--steps", "60", "--batch", "16"]
    words += ["--learning-rate", "0.02", "--warmup-steps", "5", "--held-out", "0.2"]
    words += ["--option", "longest=40", "--run", str(folder / "run")]
    model = folder / "reviews.safetensors"
    assert main([*words, "--save", str(model)]) == 0
    return model


def test_the_task_learns_and_tells_of_it(trained: Path) -> None:
    events = (trained.parent / "run" / "events.jsonl").read_text().splitlines()
    validations = [e for e in map(json.loads, events) if e["k"] == "validation"]
    assert validations[-1]["metrics"]["accuracy"] > 0.9


def test_an_option_that_the_task_does_not_have_is_refused(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = str(trained.with_name("reviews.tsv"))
    assert main(["train", text, "--task", "bare-classification", "--option", "x=1"]) == 1
    assert "has no option 'x'; it has longest" in capsys.readouterr().err


def test_the_kind_is_recognised_told_and_walked(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_model(trained).kind == "bare-classifier"
    assert main(["info", str(trained)]) == 0
    said = capsys.readouterr().out
    assert "bare classifier" in said and "bad, good" in said
    text, folder = tmp_path / "text.txt", tmp_path / "walked"
    text.write_text("dull € end dull")
    assert main(["walk", str(trained), str(text), "-o", str(folder)]) == 0
    recording = Recording(folder)
    assert recording.complete and recording.total_units == 16
    assert recording.outputs == ("bad", "good")
    verdict = recording._output["class_p"]
    assert verdict.shape == (15, 2)
    model = open_model(trained).model
    ids = torch.from_numpy(model.description.characters().encode("dull  end dull")).long()
    with torch.inference_mode():
        wanted = torch.softmax(model(ids.unsqueeze(1), torch.tensor([len(ids)])), 1)[0]
    assert np.allclose(np.asarray(verdict[-1], np.float32), wanted.numpy(), atol=1e-3)
    assert float(verdict[-1, 0]) > 0.5
    hidden = np.asarray(recording.rows("hidden"), np.float32)
    assert np.array_equal(hidden[:, 5], hidden[:, 4])  # the character that it does not know
    capsys.readouterr()
    assert main(["sample", str(trained)]) == 1
    assert "is a bare classifier, which reads a text" in capsys.readouterr().err


@pytest.fixture
def session(tmp_path: Path, qapp: Any) -> Any:
    texts = tmp_path / "resources" / "texts"
    texts.mkdir(parents=True)
    (texts / "a.txt").write_text("a fine film with the worst plot and a great cast\n" * 3)
    about = {"file": "a.txt", "title": "A", "family": "prose", "source": "", "licence": ""}
    (texts / "index.json").write_text(json.dumps([about]))
    made = session_in(tmp_path)
    yield made
    made.close()


def test_the_window_opens_the_kind_by_the_tables_alone(
    session: Session, trained: Path, qtbot: QtBot
) -> None:
    session.open_path(trained)
    model, recording = session.recordings.model, session.recordings.recording
    assert model is not None and model.kind == "bare-classifier"
    assert recording is not None and recording.complete
    assert set(recording.channels) >= {"hidden", "cell"}
    # All are kept: what is let go is deleted while its jobs still answer.
    for shown in [panel(session) for panel in PANELS]:
        qtbot.addWidget(shown)
        shown.resize(500, 400)
        shown.show()
        qtbot.waitUntil(partial(getattr, shown, "idle"))
        said = shown._sentence.text() if shown.empty else ""
        if shown.name == "sample":
            assert said.startswith("What is open is a bare classifier. Sample is for ")
        assert said != "" or not shown.empty


def test_the_form_offers_the_task(session: Session, trained: Path, qtbot: QtBot) -> None:
    dialog = NewRunDialog(session.jobs, trained.parent / "runs")
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.choose_task("bare-classification")
    dialog.set_texts((trained.with_name("reviews.tsv"),))
    assert dialog.start.isEnabled()
    config = dialog.config
    assert (config.task, config.options, config.units) == (
        "bare-classification",
        {"longest": 200},
        32,
    )


def test_the_sequence_is_recorded_and_read_again(tmp_path: Path) -> None:
    kind: Any = import_module("rnnviz.core.sequences.melody").Melody

    melody = kind(np.array([60, 62, 64, 61], np.uint8), "a tune")
    assert str(melody.text) == "C4 D4 E4 C#4"
    assert [melody.span(n, n + 1) for n in range(4)] == [(0, 2), (3, 5), (6, 8), (9, 12)]
    assert melody.steps_at(0, 12).tolist() == [0, 0, -1, 1, 1, -1, 2, 2, -1, 3, 3, 3]
    assert [melody.step_at(character) for character in (0, 4, 11, 99)] == [0, 1, 3, 3]
    groups = layers_of(1, 2, ("hidden",))
    writer = RecordingWriter(tmp_path / "r", melody, groups, Classes(classes=("a", "b")))
    verdict = {"class_p": np.full((4, 2), 0.5), "truth": np.zeros(4, int)}
    writer.write(0, {"hidden": np.arange(8.0).reshape(2, 4)}, verdict)
    found = Recording(tmp_path / "r")
    assert isinstance(found.sequence, kind)
    assert found.sequence.label(3) == "C#4" and str(found.text) == str(melody.text)
    assert found.values("hidden", 1).tolist() == [4, 5, 6, 7]


def test_the_job_is_asked_and_answered(tmp_path: Path, qapp: Any) -> None:
    counting: Any = import_module("rnnviz.work.jobs.counting")
    planted_recording(tmp_path / "recording")
    request = counting.CountWord(folder=str(tmp_path / "recording"), word="she")
    assert request.task() == "count_word"
    assert ask(TASKS, request) == counting.Counted(TEXT.count("she"))
    jobs, heard = Jobs(InlineRunner(TASKS)), list[Any]()
    jobs.start(request, title="Counting", done=heard.append)
    assert heard == [counting.Counted(TEXT.count("she"))]
    jobs.close()


def test_the_panel_is_drawn(tmp_path: Path, qtbot: QtBot) -> None:
    session = make_session(tmp_path)
    planted_recording(tmp_path / "recording")
    session.recordings.open_recording(tmp_path / "recording")
    panel = next(panel for panel in PANELS if panel.name == "surprisal")(session)
    qtbot.addWidget(panel)
    panel.resize(400, 200)
    panel.show()
    session.selection.set_visible((0, 40))
    qtbot.waitUntil(lambda: panel.idle and not panel.empty)
    session.close()


def test_the_workspace_is_entered(session: Session, trained: Path, qtbot: QtBot) -> None:
    room = next(workspace for workspace in WORKSPACES if workspace.name == "card")(session)
    qtbot.addWidget(room)
    room.show()
    room.ensure_built()
    session.open_path(trained)
    assert "documents: " in room.facts.text()  # type: ignore[attr-defined]
