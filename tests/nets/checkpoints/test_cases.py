"""Situations that people reported of tools of this kind: what opens, and what loss it has."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.recordings.recording import Recording
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints import OpenedModel, open_model
from rnnviz.work.jobs.cells import Walk
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.messages import Done, Job, Reply
from rnnviz.work.runner import InlineRunner
from tests.nets.checkpoints.torch7.t7_writer import Lua, array, t7

TEXT = 'Anna sees the dog. "Ben calls é😀," says Eva!\n' * 6


class Net(nn.Module):
    """A character model of somebody's."""

    def __init__(self, size: int) -> None:
        super().__init__()
        torch.manual_seed(size)
        self.encoder = nn.Embedding(size, 6)
        self.rnn: nn.LSTM = nn.LSTM(6, 8, batch_first=True)
        self.decoder = nn.Linear(8, size)

    def forward(self, ids: Tensor) -> Tensor:
        return self.decoder(self.rnn(self.encoder(ids))[0])

    @torch.no_grad()
    def nats(self, ids: list[int]) -> float:
        """The mean loss over one stream, the first step not counted."""
        read = torch.tensor([ids])
        return float(functional.cross_entropy(self(read[:, :-1])[0].double(), read[0, 1:]))


def walked(path: Path, text: str, folder: Path, vocabulary: tuple[str, ...] | None = None) -> float:
    """The mean loss in nats that a walk of this text records."""
    replies: list[Reply] = []
    walk = Walk(
        model=ModelGiven(str(path), vocabulary), text=TextGiven(text=text, name="t"),
        folder=str(folder), channels=("hidden",),
    )  # fmt: skip
    InlineRunner(TASKS).start(Job(1, walk), replies.append)
    assert isinstance(replies[-1], Done), replies[-1]
    surprisal = Recording(folder).surprisal
    assert surprisal is not None
    return float(np.nanmean(np.asarray(surprisal, np.float64)) * math.log(2))


def test_bytes_are_read_as_such(tmp_path: Path) -> None:
    raw = TEXT.encode()
    known = sorted(set(raw))
    net = Net(len(known))
    rnn: Any = net.rnn
    order = [0, 1, 3, 2]  # torch-rnn has i, f, o, g
    blocks = [torch.cat([rnn.weight_ih_l0, rnn.weight_hh_l0], 1).chunk(4)[n] for n in order]
    bias = torch.cat([(rnn.bias_ih_l0 + rnn.bias_hh_l0).chunk(4)[n] for n in order])

    def numbers(tensor: Tensor) -> np.ndarray:
        return tensor.detach().double().numpy()

    modules = [
        Lua("nn.LookupTable", weight=numbers(net.encoder.weight)),
        Lua("nn.LSTM", weight=numbers(torch.cat(blocks).t()), bias=numbers(bias)),
        Lua("nn.Linear", weight=numbers(net.decoder.weight), bias=numbers(net.decoder.bias)),
    ]
    names = array([chr(byte) if byte < 128 else f"[{byte}]" for byte in known])
    sequence = Lua("nn.Sequential", modules=array(modules))
    model = Lua("nn.LanguageModel", net=sequence, idx_to_token=names)
    (tmp_path / "bytes.t7").write_bytes(t7({"model": model}))
    found = walked(tmp_path / "bytes.t7", TEXT, tmp_path / "r")
    assert found == pytest.approx(net.nats([known.index(byte) for byte in raw]), abs=1e-3)
    recording = Recording(tmp_path / "r")
    assert recording.text.slice(0, 60) == TEXT[:60]


def test_halves_of_characters_are_read_as_such(tmp_path: Path) -> None:
    raw = TEXT.encode("utf-16-le")
    units = [chr(raw[n] | raw[n + 1] << 8) for n in range(0, len(raw), 2)]
    known = sorted(set(units))
    net = Net(len(known))
    torch.save({"net": net.state_dict(), "chars": known}, tmp_path / "halves.pt")
    found = walked(tmp_path / "halves.pt", TEXT, tmp_path / "r")
    assert found == pytest.approx(net.nats([known.index(unit) for unit in units]), abs=1e-3)


def test_a_model_of_reversed_text_is_read_backwards(tmp_path: Path) -> None:
    known = sorted(set(TEXT))
    net = Net(len(known))
    content = {
        "state_dict": net.state_dict(), "is_forward_lm": False,
        "dictionary": {"idx2item": [one.encode() for one in known]},
    }  # fmt: skip
    torch.save(content, tmp_path / "backward.pt")
    found = walked(tmp_path / "backward.pt", TEXT, tmp_path / "r")
    wanted = net.nats([known.index(one) for one in reversed(TEXT)])
    assert found == pytest.approx(wanted, abs=1e-3)
    assert any("read backwards" in note for note in open_model(tmp_path / "backward.pt").notes)


def saved(path: Path, content: Any) -> OpenedModel:
    torch.save(content, path)
    return open_model(path)


def test_a_word_model_reads_words(tmp_path: Path) -> None:
    words = ["<unk>", "<pad>", "the", "cat", "sat", ".", "on", "a", "mat", "dog", "ran", "to", "an"]
    net = Net(len(words))
    stoi = {word: number for number, word in enumerate(words)}
    opened = saved(tmp_path / "w.pt", {"model": net.state_dict(), "word2idx": stoi})
    assert opened.model.network.reads.unit == "words"
    ids = [stoi[word] for word in ("the", "cat", "sat", "on", "<unk>", ".")]
    found = walked(tmp_path / "w.pt", "The cat sat on Mars.", tmp_path / "r")
    assert found == pytest.approx(net.nats(ids), abs=1e-3)


def test_a_classifier_has_its_classes_by_name(tmp_path: Path) -> None:
    class Sentiment(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(14, 5)
            self.lstm = nn.LSTM(5, 4, bidirectional=True)
            self.fc = nn.Linear(8, 2)

    words = ["<pad>", "<unk>", *(f"word{number}" for number in range(12))]
    content = {
        "state_dict": Sentiment().state_dict(), "itos": words, "labels": ["negative", "positive"],
    }  # fmt: skip
    opened = saved(tmp_path / "c.pt", content)
    network = opened.model.network
    assert opened.kind == "classifier"
    assert network.head.outputs == ("negative", "positive")
    assert network.layers[0].direction == "both"
    assert any("several networks" in note for note in opened.notes)
    mean = open_model(tmp_path / "c.pt", reading=2).model.network
    assert (mean.readout.kind, network.readout.kind) == ("mean", "last")


def test_a_vocabulary_of_json_with_halves_is_taken(tmp_path: Path) -> None:
    from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary

    tokens = ["a", "\ud83d", "\ude00"]
    (tmp_path / "v.json").write_text(json.dumps({"idx_to_token": dict(enumerate(tokens, 1))}))
    named = read_vocabulary(tmp_path / "v.json", 3)
    assert named is not None
    assert named.unit == "halves"
