"""`rnnviz gradients` as a person types it."""

import csv
import json
import re

import pytest

from rnnviz.cli import main
from rnnviz.core.models.network import AsRead, Head, Numbers, Readout
from tests.nets.answering.gradients.test_answers import READS, REVIEWS, saved
from tests.nets.sequence.zoo import layer, network


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


def test_a_classifier_and_numbers(tmp_path, capsys):
    about = network(
        layer(units=3, direction="both"),
        reads=READS,
        head=Head(outputs=("bad", "good")),
        readout=Readout(kind="last"),
    )
    path, _ = saved(tmp_path, about)
    (tmp_path / "r.tsv").write_text(REVIEWS)
    assert run("gradients", path, tmp_path / "r.tsv", "--class", "bad", "--jacobian") == 0
    said = capsys.readouterr().out
    assert "3 losses of 'bad' of the verdict, one a document, from 5 on of r.tsv" in said
    assert re.search(r"^1 backwards +hidden +\d", said, re.MULTILINE)
    assert run("gradients", path, tmp_path / "r.tsv", "--columns", tmp_path / "c.csv") == 1
    assert "the model reads symbols" in capsys.readouterr().err
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,y\n" + "0.5,1,0\n" * 20)
    about = network(
        layer(units=3),
        reads=Numbers(columns=("a", "b")),
        front=AsRead(),
        head=Head(outputs=("y",), gives="linear"),
    )
    path, _ = saved(tmp_path, about)
    asked = ("--losses", 2, "--distance", 3, "--columns", tmp_path / "c.csv")
    assert run("gradients", path, rows, *asked) == 0
    assert "2 losses of the numbers from step 3 on" in capsys.readouterr().out
    found = list(csv.DictReader((tmp_path / "c.csv").read_text().splitlines()))
    assert [(one["loss_at"], one["distance"], one["row"]) for one in found[:4]] == [
        ("3", "0", "3"), ("3", "1", "2"), ("3", "2", "1"), ("3", "3", "0"),
    ]  # fmt: skip


def test_a_tagger_begins_with_its_first_text(tmp_path, capsys):
    about = network(layer(units=3), reads=READS, head=Head(outputs=("N", "V")))
    path, _ = saved(tmp_path, about)
    (tmp_path / "r.tsv").write_text(REVIEWS)
    assert run("gradients", path, tmp_path / "r.tsv", "--losses", 2) == 0
    assert "from word 0 on" in capsys.readouterr().out
