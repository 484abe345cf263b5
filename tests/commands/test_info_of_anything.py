"""`rnnviz info` says what a file is, what was found in it and what can be done, whatever it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import rnnviz
from rnnviz.cli import main
from tests.nets.checkpoints.examples import CHARACTERS, Stock, write_pytorch

Printed = pytest.CaptureFixture[str]


def test_a_model_says_what_can_be_done_with_it(tmp_path: Path, capsys: Printed) -> None:
    state = Stock("lstm", embedding=3).state_dict()
    torch.save({"net": state, "chars": CHARACTERS}, tmp_path / "m.pt")
    assert main(["info", str(tmp_path / "m.pt")]) == 0
    assert "a language model, which continues texts" in capsys.readouterr().out


def test_of_a_model_without_its_symbols_the_tensors_are_listed(
    tmp_path: Path, capsys: Printed
) -> None:
    net = nn.ModuleDict({
        "emb": nn.Embedding(9, 3), "rnn": nn.GRU(3, 4), "fc1": nn.Linear(4, 5),
        "fc2": nn.Linear(5, 9),
    })  # fmt: skip
    torch.save(net.state_dict(), tmp_path / "m.pt")
    assert main(["info", str(tmp_path / "m.pt")]) == 0
    said = capsys.readouterr()
    assert "weight_ih_l0 (12, 3)" in said.out
    assert "2: a language model, tanh inside the head" in said.out
    assert re.search(r"^needs +.*but not which characters or words .* --vocabulary FILE$", said.out,
                     re.MULTILINE)  # fmt: skip
    assert main(["info", str(tmp_path / "m.pt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["needs"] == "vocabulary"
    (tmp_path / "v.txt").write_text("abcd")
    assert main(["info", str(tmp_path / "m.pt"), "--vocabulary", str(tmp_path / "v.txt")]) == 1
    assert "4 different characters" in capsys.readouterr().err
    (tmp_path / "v.txt").write_text("abcdefghi")
    given = ["--vocabulary", str(tmp_path / "v.txt"), "--reading", "2", "--json"]
    assert main(["info", str(tmp_path / "m.pt"), *given]) == 0
    network = json.loads(capsys.readouterr().out)["network"]
    assert network["head"]["hidden"][0]["activation"] == "tanh"


def test_modules_that_are_no_stack_by_their_names_are_asked_about(
    tmp_path: Path, capsys: Printed
) -> None:
    net = nn.ModuleDict({"words": nn.GRU(9, 4), "context": nn.GRU(4, 4), "fc": nn.Linear(4, 9)})
    torch.save({"net": net.state_dict(), "chars": "abcdefghi"}, tmp_path / "m.pt")
    assert main(["info", str(tmp_path / "m.pt")]) == 0
    assert "--reading 1: a language model" in capsys.readouterr().out
    assert main(["info", str(tmp_path / "m.pt"), "--reading", "1"]) == 0
    assert "2 layers of 4 units" in capsys.readouterr().out


def test_a_text_and_an_optimiser(tmp_path: Path, capsys: Printed) -> None:
    (tmp_path / "t.txt").write_text("Once upon a time.\n" * 9)
    assert main(["info", str(tmp_path / "t.txt")]) == 0
    assert "162, 14 different ones" in capsys.readouterr().out
    stock = Stock("lstm", embedding=3)
    torch.save(torch.optim.SGD(stock.parameters(), 0.1).state_dict(), tmp_path / "o.pt")
    assert main(["info", str(tmp_path / "o.pt")]) == 1
    assert "an optimiser alone" in capsys.readouterr().err


def test_checkpoints_of_a_training_are_listed(tmp_path: Path, capsys: Printed) -> None:
    folder = tmp_path / "training"
    folder.mkdir()
    for step in (8000, 1000, 17800):
        write_pytorch(folder / f"checkpoint_{step}.pt", Stock(embedding=2))
    assert main(["info", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "3 of one training: 1,000, 8,000, 17,800; the last is told of" in said
    assert main(["info", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["moments"][0] == [1000, "checkpoint_1000.pt"]
    assert main(["info", str(folder / "checkpoint_1000.pt")]) == 0
    assert "of one training" not in capsys.readouterr().out


def test_a_loop_of_ones_own_has_no_network_that_it_did_not_name(
    tmp_path: Path, capsys: Printed
) -> None:
    with rnnviz.Run(tmp_path / "mine") as run:
        run.log(1, loss=0.5)
    assert main(["info", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert "mine, finished" in said
    assert "network" not in said
    assert "texts" not in said


def test_one_damaged_run_hides_no_other(tmp_path, capsys):
    from tests.core.runs.made import MadeRun

    for name in ("a", "b", "c"):
        MadeRun(tmp_path / name).steps(1, 3)
    (tmp_path / "b" / "run.json").write_text('{"steps": "many"}')
    assert main(["info", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "run.json is damaged" in said
    assert said.count("step 3") == 2
    assert main(["run", "list", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "run.json is damaged" in printed.err
    assert len(printed.out.splitlines()) == 3
    assert main(["info", str(tmp_path / "b")]) == 1
