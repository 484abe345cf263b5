"""Damage inside a record of numbers is found by its checksum, whoever reads the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.pytorch import file as pytorch_file
from rnnviz.nets.checkpoints.pytorch.file import read_pytorch

SYMBOLS = "abcdefgh"


def saved(path: Path, *, network: bool = True) -> Path:
    """A character model as people save one, or a table of numbers."""
    torch.manual_seed(0)
    model = nn.ModuleDict({"rnn": nn.LSTM(8, 12), "output": nn.Linear(12, 8)})
    numbers = torch.randn(40, 40)
    content = {"model": model.state_dict(), "chars": list(SYMBOLS)} if network else {"a": numbers}
    torch.save(content, path)
    return path


def damage(path: Path, tensor: torch.Tensor) -> None:
    """Turn the lowest bit of one of its numbers around."""
    content = bytearray(path.read_bytes())
    place = content.index(tensor.numpy().tobytes())
    content[place + 40] ^= 1
    path.write_bytes(bytes(content))


@pytest.fixture(params=[True, False], ids=["whole", "record by record"])
def _whole(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(pytorch_file, "_WHOLE", 0)


@pytest.mark.usefixtures("_whole")
def test_a_bit_that_fell_over_is_found_whoever_reads(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pt")
    weights = torch.load(path, weights_only=True)["model"]["rnn.weight_hh_l0"]
    opened = open_model(path)
    found = opened.model.get_parameter("layers.0.weight_hh_l0")
    assert torch.equal(found, weights)
    damage(path, weights)
    for read in (open_model, read_pytorch):
        with pytest.raises(ModelFileError, match=r"the checksum of model/data/\d+ does not fit it"):
            read(path)


@pytest.mark.usefixtures("_whole")
def test_what_is_no_network_is_refused_as_that_without_its_checksums(tmp_path: Path) -> None:
    path = saved(tmp_path / "table.pt", network=False)
    damage(path, torch.load(path, weights_only=True)["a"])
    with pytest.raises(ModelFileError) as refused:
        open_model(path)
    assert "checksum" not in str(refused.value)


@pytest.mark.usefixtures("_whole")
def test_numbers_that_lie_askew_are_read(tmp_path: Path) -> None:
    import zipfile

    path = saved(tmp_path / "model.pt")
    askew = tmp_path / "askew.pt"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(askew, "w") as again:
        for entry in archive.infolist():
            again.writestr(entry.filename, archive.read(entry.filename))
    one, other = open_model(path).model, open_model(askew).model
    for name, weights in one.state_dict().items():
        assert torch.equal(weights, other.state_dict()[name])
