"""`rnnviz convert`: the walk of the new file is that of the old one, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.cli import main
from rnnviz.core.recordings.recording import Recording
from tests.nets.checkpoints.examples import CHARACTERS, Stock, write_torch7

Printed = pytest.CaptureFixture[str]


class Odd(nn.Module):
    """A network with all that a plain stack lacks."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.embed = nn.Embedding(4, 3)
        self.rnn = nn.LSTM(3, 6, 2, proj_size=5)
        self.norm = nn.LayerNorm(5)
        self.head = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 4))
        self.h0 = nn.Parameter(torch.randn(2, 1, 5))
        self.c0 = nn.Parameter(torch.randn(2, 1, 6))
        self.chars = CHARACTERS


def _module(path: Path) -> None:
    torch.save(Odd(), path)


def _t7(path: Path) -> None:
    write_torch7(path, Stock("lstm", 2, embedding=3))


def _bytes(path: Path) -> None:
    known = ["a", "b", "[195]", "[169]"]
    torch.save({"net": Stock("gru", embedding=3).state_dict(), "vocab": known}, path)


def _backwards(path: Path) -> None:
    state = Stock("gru", 2, embedding=3).state_dict()
    torch.save({"net": state, "chars": CHARACTERS, "is_forward_lm": False}, path)


def _classifier(path: Path) -> None:
    net = nn.ModuleDict({
        "embed": nn.Embedding(14, 3), "rnn": nn.GRU(3, 4, bidirectional=True),
        "fc": nn.Linear(8, 3),
    })  # fmt: skip
    words = ["<unk>", *(f"word{number}" for number in range(13))]
    torch.save({"net": net.state_dict(), "itos": words, "labels": ["x", "y", "z"]}, path)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("write", [_module, _t7, _bytes, _backwards, _classifier])
def test_the_walk_of_the_converted_file_is_that_of_the_original(
    write: Any, tmp_path: Path, capsys: Printed
) -> None:
    source, target, text = (tmp_path / name for name in ("a.pt", "b.safetensors", "t.txt"))
    write(source)
    text.write_text("abcab\nword3 word5 cba\u00e9\n" * 5)
    assert main(["convert", str(source), str(target)]) == 0
    recordings = []
    for model, folder in ((source, "from"), (target, "to")):
        out = tmp_path / folder
        assert main(["walk", str(model), str(text), "-o", str(out), "--channels", "hidden"]) == 0
        recordings.append(Recording(out))
    first, second = recordings
    assert first.total_units == second.total_units
    for unit in range(first.total_units):
        before, after = (np.asarray(one.values("hidden", unit)) for one in (first, second))
        assert before.tobytes() == after.tobytes()
        assert before.any()


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: Printed) -> None:
    _t7(tmp_path / "a.t7")
    (tmp_path / "b").write_text("mine")
    assert main(["convert", str(tmp_path / "a.t7"), str(tmp_path / "b")]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "b").read_text() == "mine"
    assert main(["convert", str(tmp_path / "a.t7"), str(tmp_path / "b"), "--force"]) == 0
    assert "from Torch7 file" in capsys.readouterr().out
