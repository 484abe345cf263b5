"""The sample texts that ship: each is listed, of a useful size, and its licence is named."""

from __future__ import annotations

import json
from pathlib import Path

TEXTS = Path(__file__).parents[3] / "resources" / "texts"
INDEX = json.loads((TEXTS / "index.json").read_text(encoding="utf-8"))


def test_every_text_is_listed_once_with_all_its_facts() -> None:
    listed = [entry["file"] for entry in INDEX]
    present = {path.name for path in TEXTS.iterdir() if path.is_file()}
    assert sorted(listed) == sorted(present - {"index.json", "README.md"})
    for entry in INDEX:
        assert set(entry) == {"file", "title", "family", "licence", "source"}
        assert all(entry.values())
        assert entry["family"] in {"prose", "code", "latex", "sentences", "numbers"}


def test_every_text_is_ascii_of_some_tens_of_kilobytes_and_explained() -> None:
    readme = (TEXTS / "README.md").read_text(encoding="utf-8")
    for entry in INDEX:
        text = (TEXTS / entry["file"]).read_bytes()
        assert text.isascii()
        least = 1_000 if entry["family"] in ("sentences", "numbers") else 40_000
        assert least <= len(text) <= 90_000
        assert f"`{entry['file']}`" in readme
