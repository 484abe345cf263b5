"""Concepts of one's own, and answers that belong to the recording on the screen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.concepts import CONCEPTS
from rnnviz.core.errors import ConceptError
from rnnviz.core.recordings.description import Predicted
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.session.session import Session
from rnnviz.work.jobs.cells import Label, Labelled
from rnnviz.work.messages import Done

YEARS = {"kind": "regular-expression", "name": "a-year", "title": "A year", "pattern": "[0-9]{4}"}


@pytest.fixture
def session(make_session, random_recording) -> Session:
    session: Session = make_session()
    session.recordings.open_recording(random_recording().folder)
    return session


def test_labels_are_asked_for_when_a_concept_is_chosen_and_only_once(session):
    told: list[str] = []
    session.rankings.labels_changed.connect(told.append)
    assert session.rankings.labels("inside-quotes") is None
    for concept in ("inside-quotes", None, "inside-quotes"):
        session.selection.set_concept(concept)
    assert session.jobs._runner.ran == ["label"]
    assert told == ["inside-quotes"]
    assert session.rankings.labels("inside-quotes").tolist() == [False] * 3


def test_another_recording_is_labelled_anew(session, random_recording):
    session.selection.set_concept("inside-quotes")
    session.recordings.open_recording(random_recording(seed=1).folder)
    assert session.jobs._runner.ran == ["label", "label"]


def test_steps_of_another_network_have_labels_of_their_own(session, tmp_path):
    characters = session.recordings.recording
    session.selection.set_concept("inside-quotes")
    labels = session.rankings.labels("inside-quotes")
    spans = np.array([[0, 1], [2, 3]])
    tokens = Tokens(np.zeros(2, np.uint32), spans, characters.text, ("a",))
    folder = tmp_path / "words"
    writer = RecordingWriter(
        folder, tokens, layers_of(1, 1, ("hidden",)), Predicted(columns=("y",))
    )
    writer.write(
        0, {"hidden": np.zeros((1, 2))}, {"predicted": np.zeros((2, 1)), "wanted": np.zeros((2, 1))}
    )
    asked: list[Any] = []
    session.jobs._runner.start = lambda job, listener: asked.append(job.request)
    # As where another model is opened on the same text.
    session.recordings._set_recording(Recording(folder))
    assert session.rankings.labels("inside-quotes") is None
    assert [Path(one.folder) for one in asked if isinstance(one, Label)] == [folder]
    session.recordings._set_recording(characters)
    assert session.rankings.labels("inside-quotes") is labels


def test_an_answer_about_another_recording_is_dropped(session, random_recording, tmp_path):
    held: list[Any] = []
    session.jobs._runner.start = lambda job, listener: held.append((job, listener))
    session.rankings.request_labels("inside-quotes")
    session.recordings.open_recording(random_recording(seed=1).folder)
    np.save(tmp_path / "labels.npy", np.ones(5, bool))
    (job, listener) = held[0]
    listener(Done(job.number, Labelled(str(tmp_path / "labels.npy"))))
    assert session.rankings.labels("inside-quotes") is None


def test_a_concept_of_ones_own_is_there_the_next_time(session, make_session):
    made = session.rankings.add(YEARS)
    assert session.rankings.concepts == (*CONCEPTS, made)
    assert session.rankings.is_custom("a-year")
    assert not session.rankings.is_custom("inside-quotes")
    again = make_session().rankings.concept("a-year")
    assert again.label("in 1812 and 99").tolist() == made.label("in 1812 and 99").tolist()


def test_changing_a_concept_forgets_its_labels(session):
    session.rankings.add(YEARS)
    session.selection.set_concept("a-year")
    assert session.rankings.labels("a-year") is not None
    session.rankings.add({**YEARS, "pattern": "[0-9]+"})
    assert session.rankings.labels("a-year") is None
    assert len(session.rankings.concepts) == len(CONCEPTS) + 1


def test_a_removed_concept_is_chosen_no_more_and_comes_back_whole(session, make_session):
    made = session.rankings.add(YEARS)
    session.selection.set_concept("a-year")
    session.rankings.remove("a-year")
    assert session.selection.concept is None
    assert session.rankings.concept("a-year") is None
    assert make_session().rankings.concepts == CONCEPTS
    session.rankings.add_concept(made)
    assert make_session().rankings.concept("a-year") is not None
    session.rankings.remove("inside-quotes")
    assert session.rankings.concept("inside-quotes") is not None


def test_names_of_built_in_concepts_are_taken(session):
    with pytest.raises(ConceptError, match="'inside-quotes' comes with rnnviz; choose another"):
        session.rankings.add({**YEARS, "name": "inside-quotes"})
    assert session.rankings.concepts == CONCEPTS


@pytest.mark.parametrize("name", ["and/or", "../../outside", "..", "a b?*:é"])
def test_whatever_its_name_a_concept_stays_in_its_folder(
    session, make_session, library_folder, name
):
    before = {path for path in library_folder.rglob("*.json") if path.name != "recording.json"}
    session.rankings.add({**YEARS, "name": name})
    (made,) = {p for p in library_folder.rglob("*.json") if p.name != "recording.json"} - before
    assert made.parent == library_folder / "data" / "concepts"
    assert make_session().rankings.concept(name) is not None
    session.rankings.remove(name)
    assert not made.exists()


def test_a_damaged_file_is_named_and_the_others_are_read(session, make_session, library_folder):
    session.rankings.add(YEARS)
    folder: Path = library_folder / "data" / "concepts"
    (folder / "broken.json").write_text('{"kind": ')
    rankings = make_session().rankings
    assert rankings.concept("a-year") is not None
    assert "broken.json holds no concept" in rankings.damaged["broken.json"]


def test_concepts_with_titles_of_any_script_stand_beside_each_other(session, make_session):
    titles = ["小明的名字", "老师的名字", "اسم الولد", "很长的标题" * 60]
    for title in titles:
        session.rankings.add({"kind": "regular-expression", "title": title, "pattern": "a"})
    kept = {concept.title for concept in make_session().rankings.concepts}
    assert kept >= set(titles)


def test_what_a_concept_reads_in_the_text_comes_with_its_labels(session):
    assert session.rankings.reading("inside-quotes") == ""
    session.selection.set_concept("inside-quotes")
    assert session.rankings.reading("inside-quotes") == "It reads nothing."
