"""The status bar hears how a text was read, and what the model does not know of it, once."""

from __future__ import annotations


def test_what_is_unusual_is_said_once(make_session, library_folder):
    session = make_session()
    said: list[str] = []
    session.message.connect(said.append)
    session.open_model(library_folder / "m.safetensors")
    odd = library_folder / "odd.txt"
    odd.write_bytes('a "caf\u00e9"\n'.encode("windows-1252") * 3)

    session.open_path(odd)

    assert len(said) == 1
    assert said[0].startswith("odd.txt: read as Windows-1252; 3 of 27 characters are unknown")
    session.open_path(library_folder / "resources" / "texts" / "a.txt")
    assert len(said) == 1
