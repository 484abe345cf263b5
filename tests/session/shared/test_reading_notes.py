"""The status bar hears how a text was read, and what the model does not know of it, once."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.work.jobs.cells import Walked
from tests.core.recordings.recordings import nothing_predicted


def test_what_is_unusual_is_said_once(make_session, library_folder, qtbot):
    session = make_session()
    said: list[str] = []
    session.message.connect(said.append)
    session.open_model(library_folder / "m.safetensors")
    odd = library_folder / "odd.txt"
    odd.write_bytes('a "caf\u00e9"\n'.encode("windows-1252") * 3)

    session.open_path(odd)

    qtbot.waitUntil(lambda: len(said) == 1)
    assert said[0].startswith("odd.txt: read as Windows-1252; 3 of 27 characters are unknown")
    assert said[0] == f"odd.txt: {session.reading_notes.words}"
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    assert len(said) == 1
    assert session.reading_notes.words == ""


def test_a_text_that_was_saved_otherwise_meanwhile_is_read_anew(
    make_session, library_folder, qtbot
):
    session = make_session()
    session.open_model(library_folder / "m.safetensors")
    odd = library_folder / "odd.txt"
    odd.write_bytes("caf\u00e9 ab".encode("windows-1252"))
    session.open_path(odd)
    qtbot.waitUntil(lambda: session.reading_notes.words.startswith("read as Windows-1252"))
    odd.write_bytes("caf\u00e9 ab".encode())
    session.open_path(odd)
    qtbot.waitUntil(lambda: session.reading_notes.words.startswith("1 of 7 characters is unknown"))


def test_it_is_known_for_as_long_as_the_text_is_open(make_session, library_folder, qtbot):
    session = make_session()
    heard: list[str] = []
    session.reading_notes.counted.connect(lambda: heard.append(session.reading_notes.words))
    session.open_model(library_folder / "m.safetensors")
    odd = library_folder / "odd.txt"
    odd.write_bytes("caf\u00e9".encode("windows-1252"))
    session.open_path(odd)
    qtbot.waitUntil(lambda: session.reading_notes.words != "")
    assert heard[-1] == session.reading_notes.words
    session.recordings.type_text("ab")
    assert session.reading_notes.words == ""


def test_counting_holds_nothing_up_and_another_text_takes_its_turn(
    make_session, library_folder, qtbot, monkeypatch
):
    going, asked = threading.Event(), []

    def slow(text, sequence, known):
        asked.append(text.name)
        assert threading.current_thread() is not threading.main_thread()
        if text.name == "first.txt":
            going.wait(20)
        return f"{len(text)} characters" if text.name in ("first.txt", "second.txt") else ""

    monkeypatch.setattr("rnnviz.session.shared.reading_notes.reading_in_words", slow)
    monkeypatch.setattr("rnnviz.core.system.background.PATIENCE_SECONDS", 0.001)
    session = make_session()
    said: list[str] = []
    session.message.connect(said.append)
    session.open_model(library_folder / "m.safetensors")
    qtbot.waitUntil(lambda: not session.reading_notes._counting.busy)  # the text of before
    for name in ("first.txt", "second.txt"):
        (library_folder / name).write_text("ab\n" * len(name))
        session.open_path(library_folder / name)
    assert said == []
    going.set()
    qtbot.waitUntil(lambda: len(said) == 1)
    assert said == ["second.txt: 30 characters"], "nothing is said of a text that is gone"
    assert asked[-2:] == ["first.txt", "second.txt"]


def walk_in_words(request, context):
    """Words of which the network knows one."""
    text = request.text.read()
    spans = np.array([[0, 3], [4, 8], [9, 12]])
    tokens = Tokens(np.array([1, 0, 1], np.uint32), spans, text, ("<unk>", "the"), unknown="<unk>")
    groups, path = layers_of(2, 3, request.channels), request.model.path
    writer = RecordingWriter(
        Path(request.folder), tokens, groups, Next(), ("<unk>", "the"), model_path=path
    )
    channels = dict.fromkeys(request.channels, np.zeros((6, 3)))
    writer.write(0, channels, nothing_predicted(3))
    return Walked(3)


def test_words_that_are_not_known_are_said_too(make_session, library_folder, qtbot):
    session = make_session(walk=walk_in_words)
    said: list[str] = []
    session.message.connect(said.append)
    session.open_model(library_folder / "m.safetensors")
    odd = library_folder / "odd.txt"
    odd.write_bytes("the caf\u00e9 the".encode("windows-1252"))

    session.open_path(odd)

    qtbot.waitUntil(lambda: len(said) == 2)
    assert said[-1] == (
        "odd.txt: read as Windows-1252; 1 of 3 words is unknown to the model, "
        "which reads <unk> for each of them, most of all 'caf\u00e9' (1)"
    )
