"""`rnnviz gradients` as a person types it."""

import csv
import json
import re

import pytest

from rnnviz.cli import main


def run(*words):
    return main([str(word) for word in words])


def test_it_prints_norms_fits_and_matrices(model, text, capsys):
    assert run("gradients", model, text, "--losses", 20, "--distance", 12, "--jacobian") == 0
    said = capsys.readouterr().out
    assert "20 losses from that of character 12 (t = 11) of text.txt, up to 12 steps back" in said
    assert re.search(r"^layer +state +k=0 +k=1 +k=2 +k=5 +k=10$", said, re.MULTILINE)
    assert re.search(r"^1 +hidden +1\.00e\+00 +\d", said, re.MULTILINE)
    assert re.search(r"^2 +cell +0\.\d{4} +\d", said, re.MULTILINE)
    assert re.search(r"^1 +forget +\d\.\d{3} +\d\.\d{3}$", said, re.MULTILINE)
    assert "1/γ" not in said, "the bound is about vanilla networks"


def test_it_writes_csv_and_json(model, text, tmp_path, capsys):
    path = tmp_path / "g.csv"
    assert (
        run("gradients", model, text, "--losses", 9, "--distance", 5, "--csv", path, "--json") == 0
    )
    facts = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 4 * 6
    assert float(rows[1]["median"]) == pytest.approx(facts["paths"][0]["median"][1])
    assert rows[6]["state"] == facts["paths"][1]["state"] == "cell"
    assert len(facts["matrices"]) == 8


def test_before_training(model, text, capsys):
    assert run("gradients", model, text, "--losses", 5, "--distance", 5, "--initial", 3) == 0
    assert "before training (seed 3)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--losses", 0), "at least 1"), (("--distance", -2), "at least 1")],
)
def test_what_cannot_be_computed(model, text, capsys, words, said):
    assert run("gradients", model, text, *words) == 1
    assert said in capsys.readouterr().err


def test_a_text_of_one_character(model, tmp_path, capsys):
    path = tmp_path / "one.txt"
    path.write_text("a")
    assert run("gradients", model, path) == 1
    assert "loss needs two" in capsys.readouterr().err
