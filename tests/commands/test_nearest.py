"""`rnnviz nearest` as a person types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from rnnviz.cli import main
from tests.nets.classification.small_classifier import saved_classifier


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_it_prints_what_is_near_and_writes_vectors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, table = saved_classifier(tmp_path), tmp_path / "v.csv"
    assert run("nearest", model, "Good", "--count", 3, "--vectors", table) == 0
    said = capsys.readouterr().out
    assert said.startswith("nearest to 'good'\n")
    assert len(said.splitlines()) == 5
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert "good" in {row["symbol"] for row in rows} and "x" in rows[0]
    assert run("nearest", model, "good", "--count", 2, "--json") == 0
    found = json.loads(capsys.readouterr().out)["words"][0]
    assert found["source"] == "embedding" and len(found["nearest"]) == 2


def test_a_word_that_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nearest", saved_classifier(tmp_path), "zyx") == 1
    assert "'zyx' is none of the" in capsys.readouterr().err
