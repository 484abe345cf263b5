"""What cannot be shown is called what it is, and what looks alike by chance is told apart."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.pytorch.file import ModuleFacts
from tests.nets.checkpoints.networks.test_network_found import IDS, Theirs, V, answers, lm

Shapes = dict[str, tuple[int, ...]]


def _drawn(shapes: Shapes) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(4)
    return {name: torch.rand(shape, generator=draw) - 0.5 for name, shape in shapes.items()}


def _with(**more: nn.Module) -> dict[str, Tensor]:
    return dict(lm(**more).state_dict())


REFUSED: dict[str, tuple[dict[str, Tensor], str]] = {
    "heads": (_with(attn=nn.MultiheadAttention(5, 1), fc=nn.Linear(5, 3)), "several heads"),
    "peepholes": (_with(fc=nn.Linear(5, V)) | _drawn({"rnn.weight_ch": (15,)}), "peepholes"),
    "norms": (
        _with(fc=nn.Linear(5, V)) | _drawn({"rnn.ln_ih.weight": (20,), "rnn.ln_ih.bias": (20,)}),
        "normalise inside their gates",
    ),
    "poolings": (_with(fc=nn.Linear(15, 2)), "reads 3 times the 5 numbers"),
    "IndRNN": (_drawn({"a.weight_ih": (5, 4), "a.weight_hh": (5,), "b.weight": (V, 5)}), "IndRNN"),
    "SRU": (_drawn({"emb.weight": (V, 4), "rnn.rnn_lst.0.weight_c": (16,)}), "a network of SRU"),
    "QRNN": (_drawn({"emb.weight": (V, 4), "rnns.0.linear.weight": (36, 4)}), "a QRNN"),
    "minimal": (_drawn({"layers.0.to_hidden_and_gate.weight": (24, 8)}), "minLSTM"),
    "ConvLSTM": (_drawn({"cell_list.0.conv.weight": (16, 7, 3, 3)}), "ConvLSTM"),
    "autoencoder": (
        dict(Theirs(lstm_enc=nn.LSTM(3, 4), lstm_dec=nn.LSTM(4, 4), fc=nn.Linear(4, 3))
             .state_dict()),
        "an encoder and a decoder",
    ),
    "encoder alone": (
        {"encoder.weight": torch.ones(V, 4), "encoder_dp.emb.weight": torch.ones(V, 4)}
        | {f"rnns.0.{k}": v for k, v in nn.LSTM(4, 4).state_dict().items()},
        "no output layer",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_its_name(case: str) -> None:
    tensors, said = REFUSED[case]
    with pytest.raises(ModelFileError, match=said):
        find_networks(tensors, "model.pt")


def test_two_modules_under_one_output_are_asked_about() -> None:
    net = Theirs(embed=nn.Embedding(V, 4), lstm1=nn.LSTM(4, 4), lstm2=nn.LSTM(4, 4),
                 fc=nn.Linear(8, 1))  # fmt: skip
    found = find_networks(net.state_dict(), "model.pt")[0]
    assert found.asked
    assert "lstm1, lstm2" in found.question


def test_counters_and_masks_are_left_out() -> None:
    net = lm(fc=nn.Linear(5, V))
    more = {"acc.correct": torch.tensor(3), "acc.confmat": torch.zeros(V, V, dtype=torch.long)}
    found = find_networks({**net.state_dict(), **more}, "model.pt")[0]
    assert found.purpose == "language"
    assert any("acc.confmat" in note for note in found.notes)


def test_a_projection_before_the_output_is_linear() -> None:
    net = lm(proj=nn.Linear(5, 4), fc=nn.Linear(4, V))
    found = find_networks(net.state_dict(), "model.pt")[0]
    with torch.inference_mode():
        wanted = net.fc(net.proj(net.rnn(net.embed(IDS))[0]))
        assert torch.allclose(answers(found), wanted, atol=1e-6)


def test_the_epsilon_of_a_normalisation_is_that_of_the_file() -> None:
    net = lm(norm=nn.LayerNorm(5, eps=0.1), fc=nn.Linear(5, 6), last=nn.Linear(6, V))
    modules = {"norm": ModuleFacts("LayerNorm", {"eps": 0.1}, True)}
    found = find_networks(net.state_dict(), "model.pt", Hints(modules))[0]
    with torch.inference_mode():
        hidden = functional.relu(net.fc(net.norm(net.rnn(net.embed(IDS))[0])))
        assert torch.allclose(answers(found), net.last(hidden), atol=1e-6)


def test_labels_of_allennlp_are_one_a_step() -> None:
    net = lm(tag_projection_layer=nn.Linear(5, 3))
    assert find_networks(net.state_dict(), "model.pt")[0].purpose == "tagger"
