"""A file is recognised once: whatever several importers ask of it is read a single time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rnnviz.nets.answering.shared import warm_models
from rnnviz.nets.checkpoints import native, open_model, tensors_listed
from rnnviz.nets.checkpoints.base import ModelFile
from rnnviz.nets.checkpoints.keras import importer as keras
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.checkpoints.onnx import importer as onnx
from rnnviz.nets.checkpoints.pytorch import arrays_state, pickled_arrays, safetensors_state
from rnnviz.nets.checkpoints.pytorch import importers as pytorch
from rnnviz.nets.checkpoints.tensorflow_js import tfjs
from rnnviz.nets.checkpoints.tensors_listed import list_tensors
from rnnviz.nets.checkpoints.torch7 import importer as torch7
from rnnviz.nets.checkpoints.translators import tutorial
from rnnviz.work.jobs.given import ModelGiven
from tests.nets.alignments.small import small_translator
from tests.nets.checkpoints.examples import GIVEN, WRITERS, Stock
from tests.nets.checkpoints.translators.test_tutorial import write as write_tutorial


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a header was parsed and the weights were loaded, by what did it and the file."""
    counted: Counter[str] = Counter()

    def count(name: str, *modules: Any) -> None:
        real = getattr(modules[0], name)

        def counting(first: Any, *rest: Any, **others: Any) -> Any:
            at = first.name if isinstance(first, Path) else "bytes"
            counted[f"{name} {at}"] += 1
            return real(first, *rest, **others)

        for module in modules:
            monkeypatch.setattr(module, name, counting)

    count("read_header", native, safetensors_state)
    count("load", safetensors_state)
    count("read_arrays", arrays_state)
    count("resolved", pickled_arrays)
    count("read_t7", torch7)
    count("read_pytorch", pytorch, tutorial, tensors_listed)
    count("opened_chain", keras, onnx, tfjs)
    return counted


CASES = [(name, write) for name, writers in WRITERS.items() for write in writers]


@pytest.mark.parametrize(("name", "write"), CASES)
def test_each_format_is_parsed_and_loaded_once(name, write, tmp_path, reads):
    write(tmp_path / "m", Stock("lstm", embedding=2))
    reads.clear()
    open_model(tmp_path / "m", GIVEN.get(name))
    assert reads, "nothing was counted"
    assert set(reads.values()) == {1}, dict(reads)


def test_a_translator_of_ours_is_parsed_and_loaded_once(tmp_path, reads):
    save_model(tmp_path / "m", small_translator(seed=1))
    reads.clear()
    assert open_model(tmp_path / "m").kind == "translator"
    assert set(reads.values()) == {1}, dict(reads)


def test_both_halves_of_a_tutorial_are_loaded_once(tmp_path, reads):
    path = write_tutorial(tmp_path / "t", "newer")
    reads.clear()
    assert open_model(path).kind == "translator"
    assert reads["read_pytorch encoder.pt"] == reads["read_pytorch decoder.pt"] == 1, dict(reads)


def test_the_engine_opens_a_file_once_for_all_that_is_asked(tmp_path, monkeypatch):
    opened: list[Path] = []
    real = open_model

    def counting(path: Path, *rest: Any, **others: Any) -> Any:
        opened.append(path)
        return real(path, *rest, **others)

    monkeypatch.setattr(warm_models, "open_model", counting)
    path = tmp_path / "m.safetensors"
    save_model(path, small_translator(seed=2))
    for _ in range(3):
        warm_models.warm_model(ModelGiven(str(path)))
    assert opened == [path]


def test_what_failed_is_not_read_again(tmp_path):
    asked: list[Path] = []

    def broken(path: Path) -> bytes:
        asked.append(path)
        raise ValueError("no")

    file = ModelFile(tmp_path / "m")
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            file.read(broken)
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["safetensors", "pytorch"])
def test_what_lies_in_a_file_is_listed_with_one_reading(name, tmp_path, reads):
    WRITERS[name][0](tmp_path / "m", Stock("lstm", embedding=2))
    reads.clear()
    assert list_tensors(tmp_path / "m").groups
    assert reads, "nothing was counted"
    assert set(reads.values()) == {1}, dict(reads)
