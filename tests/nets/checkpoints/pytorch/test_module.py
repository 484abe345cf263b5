"""Whole modules open without anything of theirs being imported or called."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.networks.found import FoundNetwork
from rnnviz.nets.checkpoints.pytorch.file import read_pytorch, weights_in
from rnnviz.nets.checkpoints.pytorch.importers import readings_of
from tests.nets.checkpoints.examples import CHARACTERS

_ELSEWHERE = """
import sys, torch
from torch import nn

sys.modules["theirs"] = module = type(sys)("theirs")

class CharRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(4, 3)
        self.rnn = nn.GRU(3, 5, 2, dropout=0.1)
        self.decoder = nn.Linear(5, 4)
        self.hidden_size, self.model = 5, "gru"

CharRNN.__module__ = "theirs"
module.CharRNN = CharRNN
torch.manual_seed(0)
torch.save(CharRNN(), sys.argv[1], _use_new_zipfile_serialization=sys.argv[2] == "zip")
"""


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_a_class_that_is_nowhere_here_opens(tmp_path: Path, form: str) -> None:
    path = tmp_path / "model.pt"
    subprocess.run([sys.executable, "-c", _ELSEWHERE, str(path), form], check=True)

    with pytest.raises(VocabularyNeeded, match="a GRU of 2 layers of 5 units over 4 symbols"):
        open_model(path)
    opened = open_model(path, tuple(CHARACTERS))

    assert opened.format_title == "PyTorch module"
    assert "of the class CharRNN" in opened.notes[0]
    assert "theirs" not in sys.modules


class Harm(nn.Module):
    """Would write a file if it were unpickled."""

    def __reduce__(self):
        return os.system, ("touch harmed",)


def test_what_would_be_called_is_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(Harm(), tmp_path / "harm.pt")
    with pytest.raises(ModelFileError, match=r"asks for posix\.system"):
        open_model(tmp_path / "harm.pt")
    assert not (tmp_path / "harmed").exists()


class Hidden(nn.Module):
    """An ordinary network with harm among its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 3)
        self.fc = nn.Linear(3, 4)
        self.chars = CHARACTERS
        self.trap = _Trap()


class _Trap:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def test_harm_beside_a_network_is_passed_over(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(Hidden(), tmp_path / "hidden.pt")
    assert open_model(tmp_path / "hidden.pt").model.description.vocabulary == tuple(CHARACTERS)
    assert not (tmp_path / "harmed").exists()


def test_relu_is_told_from_tanh(tmp_path: Path) -> None:
    class Relu(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.RNN(4, 3, nonlinearity="relu")
            self.fc = nn.Linear(3, 4)

    Relu.__qualname__ = "Relu"
    globals()["Relu"] = Relu
    torch.save(Relu(), tmp_path / "relu.pt", pickle_module=pickle)
    found = find_networks_in(tmp_path / "relu.pt")
    assert found.layers[0].variant == {"activation": "relu"}
    assert not any("ReLU" in note for note in found.notes)


def find_networks_in(path: Path) -> FoundNetwork:
    """The likeliest network in a file."""
    read = read_pytorch(path)
    return readings_of(read, list(weights_in(read.content)), path.name)[0][0]
