"""The status bar hears how a text was read, and what the model does not know of it, once."""

from __future__ import annotations

import threading


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
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    assert len(said) == 1


def test_counting_holds_nothing_up_and_another_text_takes_its_turn(
    make_session, library_folder, qtbot, monkeypatch
):
    going, asked = threading.Event(), []

    def slow(text, known):
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
    for name in ("first.txt", "second.txt"):
        (library_folder / name).write_text("ab\n" * len(name))
        session.open_path(library_folder / name)
    assert said == []
    going.set()
    qtbot.waitUntil(lambda: len(said) == 1)
    assert said == ["second.txt: 30 characters"], "nothing is said of a text that is gone"
    assert asked[-2:] == ["first.txt", "second.txt"]
