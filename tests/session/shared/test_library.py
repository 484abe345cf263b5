"""What lies at hand, translation models among it."""

import json
import struct
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from rnnviz.session.shared.library import Library, ShippedTranslator


def write(path: Path, about: object) -> None:
    header = json.dumps({"__metadata__": {"format": "pt", "rnnviz": json.dumps(about)}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


@pytest.fixture
def library(tmp_path, qapp):
    def make() -> Library:
        settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
        return Library(settings, tmp_path, tmp_path)

    return make


def test_translation_models_are_listed_apart(library, tmp_path):
    write(tmp_path / "a.safetensors", {"task": "translation", "name": "A", "attention": "dot"})
    write(tmp_path / "b.safetensors", {"task": "translation", "attention": "none"})
    made = library()
    assert made.translators == (
        ShippedTranslator(tmp_path / "a.safetensors", "A", True),
        ShippedTranslator(tmp_path / "b.safetensors", "b", False),
    )
    assert made.models == ()


@pytest.mark.parametrize("about", [[], "text", {"task": ["translation"]}, {}])
def test_odd_files_are_passed_over(library, tmp_path, about):
    write(tmp_path / "odd.safetensors", about)
    (tmp_path / "cut.safetensors").write_bytes(b"\x05")
    assert library().translators == ()
