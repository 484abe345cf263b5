"""`rnnviz classify`: a line a text, or one JSON object; what is right is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnviz.cli import main
from rnnviz.core.recordings.recording import Recording
from tests.nets.classification.small_classifier import TEXT, saved_classifier


def test_a_line_for_each_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved_classifier(tmp_path)
    assert main(["classify", str(model), "Very good", "bad"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("Very good")
    assert lines[0].split()[0] in ("up", "down")


def test_a_table_is_judged_and_its_largest_class_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, table = saved_classifier(tmp_path), tmp_path / "films.tsv"
    table.write_text(TEXT)
    assert main(["classify", str(model), str(table), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["classes"] == ["down", "up"]
    assert [one["label"] for one in told["texts"]] == ["up", "down", "up"]
    assert told["labelled"] == 3
    assert told["right"] == sum(one["label"] == one["verdict"] for one in told["texts"])
    assert told["largest_class_share"] == pytest.approx(2 / 3)
    assert main(["classify", str(model), str(table)]) == 0
    assert "always 'up' would be 66.7%" in capsys.readouterr().out


def test_what_each_word_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved_classifier(tmp_path)
    asked = ["classify", str(model), "--words", "--class", "up", "--json", "not so bad at all"]
    assert main(asked) == 0
    (told,) = json.loads(capsys.readouterr().out)["texts"]
    words = told["words"]
    assert words["words"] == ["not", "so", "bad", "at", "all"]
    assert words["running"][-1] == pytest.approx(told["p"]["up"], abs=1e-5)
    change = words["log_odds"] - words["zero_log_odds"]
    assert sum(words["integrated_gradients"]) == pytest.approx(change, abs=5e-3)
    assert sum(words["attention"]) == pytest.approx(1, abs=1e-5)
    assert main(["classify", str(model), "--words", "not bad"]) == 0
    assert "left out" in capsys.readouterr().out


def test_what_cannot_be_asked_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = saved_classifier(tmp_path)
    assert main(["classify", str(model), "--words", "--class", "sideways", "bad"]) == 1
    assert "no class 'sideways'; it may be down, up" in capsys.readouterr().err
    assert main(["classify", str(model), "   "]) == 1
    assert "holds no word" in capsys.readouterr().err
    assert main(["classify", str(model), "", "bad", "  "]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1 and printed.err.count("holds no word") == 2
    assert main(["sample", str(model)]) == 1
    assert "is a classifier, which says what a text is" in capsys.readouterr().err


def test_walk_and_info_know_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, table = saved_classifier(tmp_path), tmp_path / "films.tsv"
    table.write_text(TEXT)
    folder = tmp_path / "films.recording"
    assert main(["walk", str(model), str(table), "-o", str(folder)]) == 0
    steps, printed = Recording(folder).length, capsys.readouterr()
    assert f"{folder}: {steps:,} steps, " in printed.out, "words, not the characters of the file"
    assert f"at most {len(TEXT):,} steps" in printed.err
    assert main(["info", str(folder)]) == 0
    assert "3 documents" in capsys.readouterr().out
    assert main(["info", str(model)]) == 0
    assert "from what attention weighs: one of down, up" in capsys.readouterr().out


def test_names_of_files_and_folders_are_no_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = saved_classifier(tmp_path)
    for name, said in ((tmp_path, "it is a folder"), (tmp_path / "none.tsv", "No such file")):
        assert main(["classify", str(model), str(name)]) == 1
        assert said in capsys.readouterr().err


def test_words_that_the_classifier_does_not_know_are_counted_without_the_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, table = saved_classifier(tmp_path), tmp_path / "films.tsv"
    table.write_text("label\ttext\nup\tvery wombat\ndown\tbad wombat, bad emu\n")
    assert main(["classify", str(model), str(table)]) == 0
    assert "films.tsv: 3 of 7 words are unknown" in capsys.readouterr().err
