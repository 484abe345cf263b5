"""What lies at hand: models of every kind in one list."""

import json
import struct
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QSettings

from rnnviz.core.kinds import described
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.translation import SPECIAL, TokenizerDescription, TranslationDescription
from rnnviz.session.shared.library import Library

WORDS = TokenizerDescription(kind="words", tokens=(*SPECIAL, "a"))
TRANSLATES = TranslationDescription(
    architecture="gru", layers=1, units=2, embedding=2, source=WORDS, target=WORDS
)
WRITES = ModelDescription(architecture="lstm", layers=2, units=8, vocabulary=("a", "b"))


def write(path: Path, about: object) -> None:
    described = json.dumps(msgspec.to_builtins(about))
    header = json.dumps({"__metadata__": {"format": "pt", "rnnviz": described}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


@pytest.fixture
def library(tmp_path, qapp):
    def make() -> Library:
        settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
        return Library(settings, tmp_path, tmp_path)

    return make


def test_models_of_all_kinds_are_one_list_sorted_by_kind_and_name(library, tmp_path):
    replace = msgspec.structs.replace
    write(tmp_path / "a.safetensors", replace(TRANSLATES, name="A", attention="none"))
    write(tmp_path / "b.safetensors", TRANSLATES)
    write(tmp_path / "c.safetensors", WRITES)
    write(tmp_path / "m.safetensors", replace(WRITES, task="memory-adding"))
    made = library()
    assert [(one.kind.key, one.name) for one in made.models] == [
        ("language-model", "c"),
        ("translator", "A"),
        ("translator", "b"),
    ]
    assert [one.description.summary for one in made.models] == [
        "LSTM, 2 × 8 units",
        "Translates, without attention",
        "Translates, with attention",
    ]
    assert [one.name for one in made.of("translator")] == ["A", "b"]
    assert made.first_model is made.models[0]


def test_the_window_opens_on_the_model_whose_first_finding_is_the_clearest(library, tmp_path):
    (tmp_path / "texts").mkdir()
    entry = dict.fromkeys(("title", "family", "source", "licence"), "")
    index = json.dumps([{"file": "novel.txt", **entry}])
    (tmp_path / "texts" / "index.json").write_text(index)
    for name, units, text, score in (
        ("clear", 8, "novel.txt", {"auc": 0.99}),
        ("large", 32, "novel.txt", {"auc": 0.9}),
        ("odd", 64, "novel.txt", "much"),
        ("other", 64, "code.c", {"auc": 1.0}),
    ):
        found = {"concept": "inside-quotes", "score": score}
        about = msgspec.structs.replace(WRITES, units=units, default_text=text, findings=(found,))
        write(tmp_path / f"{name}.safetensors", about)
    assert library().first_model.name == "clear"


def test_a_workspace_begins_with_a_translator_of_a_language_that_attends(library, tmp_path):
    replace = msgspec.structs.replace
    for name, attention, language in (
        ("dates", "additive", ""),
        ("plain", "none", "French"),
        ("good", "additive", "French"),
    ):
        about = replace(TRANSLATES, attention=attention, source_language=language)
        write(tmp_path / f"{name}.safetensors", about)
    made = library()
    first = made.first_in("alignments")
    assert first is not None and first.name == "good"
    assert made.first_in("gradients") is None
    assert made.first_model is None


@pytest.mark.parametrize("about", [[], "text", {"task": ["translation"]}, {"task": "vision"}])
def test_odd_files_are_passed_over(library, tmp_path, about):
    write(tmp_path / "odd.safetensors", about)
    (tmp_path / "cut.safetensors").write_bytes(b"\x05")
    assert library().models == ()


def test_a_description_is_read_when_it_is_wanted_and_a_damaged_one_is_passed_over(
    library, tmp_path, monkeypatch
):
    write(tmp_path / "damaged.safetensors", {"name": "Damaged"})
    write(tmp_path / "good.safetensors", WRITES)
    read = []

    def read_description(path):
        read.append(path.stem)
        return described.read_description(path)

    monkeypatch.setattr("rnnviz.session.shared.library.read_description", read_description)
    made = library()
    assert [one.name for one in made.models] == ["Damaged", "good"]
    assert read == []
    assert [one.name for one in made.of("language-model")] == ["good"]
    assert made.first_model is made.models[1]
    assert read.count("good") == 1
