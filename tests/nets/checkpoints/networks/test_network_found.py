"""Networks as people write them, found among their tensors: they compute what torch computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import prune

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import (
    Head,
    NetworkDescription,
    Numbers,
    Symbols,
)
from rnnviz.nets.checkpoints.networks.found import FoundNetwork
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.sequence.network import SequenceNetwork, build_network

V = 7
IDS = torch.randint(V, (9, 2), generator=torch.Generator().manual_seed(3))


def built(found: FoundNetwork) -> SequenceNetwork:
    reads: Any = Symbols(vocabulary=tuple("abcdefghij"[: found.reads]))
    if not found.symbols:
        reads = Numbers(columns=tuple("abcdefghij"[: found.reads]))
    network = NetworkDescription(
        reads=reads,
        front=found.front,
        layers=found.layers,
        readout=found.readout,
        head=Head(
            outputs=tuple(map(str, range(found.outputs))), gives=found.gives, hidden=found.hidden
        ),
    )
    return build_network(network, found.tensors, "model.pt")


def answers(found: FoundNetwork, read: Tensor = IDS) -> Tensor:
    with torch.inference_mode():
        return built(found)(read)[0]


class Theirs(nn.Module):
    """A network of somebody's, in evaluation."""

    def __init__(self, **modules: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(len(modules))
        for name, module in modules.items():
            setattr(self, name, module)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.5, 0.5)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.running_mean = torch.rand(module.num_features) - 0.5
                module.running_var = torch.rand(module.num_features) + 0.5
        self.eval()

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name)


def lm(**more: nn.Module) -> Theirs:
    return Theirs(embed=nn.Embedding(V, 4), rnn=nn.LSTM(4, 5), **more)


def over_features(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    return norm(x.movedim(2, 1)).movedim(1, 2)


def _two_layers(net: Theirs) -> Tensor:
    return net.fc2(functional.relu(net.fc1(net.rnn(net.embed(IDS))[0])))


def _norm_behind(net: Theirs) -> Tensor:
    return net.fc(net.norm(net.rnn(net.embed(IDS))[0]))


def _norm_before(net: Theirs) -> Tensor:
    return net.fc(net.rnn(net.norm(net.embed(IDS)))[0])


def _batch_behind(net: Theirs) -> Tensor:
    return net.fc(over_features(net.norm, net.rnn(net.embed(IDS))[0]))


def _batch_inside(net: Theirs) -> Tensor:
    hidden = over_features(net.norm, net.fc1(net.rnn(net.embed(IDS))[0]))
    return net.fc2(functional.relu(hidden))


def _sequential(net: Theirs) -> Tensor:
    return net.head(net.rnn(net.embed(IDS))[0])


def _norms_between(net: Theirs) -> Tensor:
    below = net.norm1(net.rnn1(net.embed(IDS))[0])
    return net.fc(net.norm2(net.rnn2(below)[0]))


def _batch_between(net: Theirs) -> Tensor:
    below = over_features(net.norm1, net.rnn1(net.embed(IDS))[0])
    return net.fc(net.rnn2(below)[0])


def _reduced(net: Theirs) -> Tensor:
    return net.fc(net.rnn(net.down(net.embed(IDS)))[0])


def _stepped(net: Theirs) -> Tensor:
    first, second = (torch.zeros(2, 5), torch.zeros(2, 5)), (torch.zeros(2, 3), torch.zeros(2, 3))
    given = []
    for ids in IDS:
        first = net.cells[0](net.embed(ids), first)
        second = net.cells[1](first[0], second)
        given.append(net.fc(second[0]))
    return torch.stack(given)


NETWORKS: dict[str, tuple[Theirs, Callable[[Theirs], Tensor]]] = {
    "projection": (Theirs(embed=nn.Embedding(V, 4), rnn=nn.LSTM(4, 5, 2, proj_size=3),
                          fc=nn.Linear(3, V)),
                   lambda net: net.fc(net.rnn(net.embed(IDS))[0])),
    "two linear layers": (lm(fc1=nn.Linear(5, 6), fc2=nn.Linear(6, V)), _two_layers),
    "LayerNorm behind": (lm(norm=nn.LayerNorm(5), fc=nn.Linear(5, V)), _norm_behind),
    "LayerNorm before": (lm(norm=nn.LayerNorm(4), fc=nn.Linear(5, V)), _norm_before),
    "BatchNorm behind": (lm(norm=nn.BatchNorm1d(5), fc=nn.Linear(5, V)), _batch_behind),
    "BatchNorm inside": (
        lm(fc1=nn.Linear(5, 6), norm=nn.BatchNorm1d(6), fc2=nn.Linear(6, V)), _batch_inside),
    "Sequential": (lm(head=nn.Sequential(nn.Linear(5, 6), nn.LayerNorm(6), nn.ReLU(), nn.Dropout(),
                                         nn.Linear(6, 3), nn.Linear(3, V))), _sequential),
    "norms between": (Theirs(embed=nn.Embedding(V, 4), rnn1=nn.GRU(4, 5), norm1=nn.LayerNorm(5),
                             rnn2=nn.GRU(5, 3), norm2=nn.LayerNorm(3), fc=nn.Linear(3, V)),
                      _norms_between),
    "BatchNorm between": (Theirs(embed=nn.Embedding(V, 4), rnn1=nn.GRU(4, 5),
                                 norm1=nn.BatchNorm1d(5), rnn2=nn.GRU(5, 3), fc=nn.Linear(3, V)),
                          _batch_between),
    "cells of unequal width": (
        Theirs(embed=nn.Embedding(V, 4),
               cells=nn.ModuleList([nn.LSTMCell(4, 5), nn.LSTMCell(5, 3)]),
               fc=nn.Linear(3, V)), _stepped),
    "kinds": (Theirs(embed=nn.Embedding(V, 4), rnn1=nn.LSTM(4, 5), rnn2=nn.GRU(5, 3),
                     fc=nn.Linear(3, V)),
              lambda net: net.fc(net.rnn2(net.rnn1(net.embed(IDS))[0])[0])),
}  # fmt: skip
NETWORKS["a linear layer before"] = (
    Theirs(embed=nn.Embedding(V, 6), down=nn.Linear(6, 4), rnn=nn.LSTM(4, 5), fc=nn.Linear(5, V)),
    _reduced,
)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("name", NETWORKS)
def test_language_models_compute_what_torch_computes(name):
    net, theirs = NETWORKS[name]
    found = find_networks(net.state_dict(), "model.pt")[0]
    assert (found.purpose, found.readout.kind) == ("language", "every")
    with torch.inference_mode():
        assert torch.allclose(answers(found), theirs(net), atol=1e-6)


def test_a_learned_start_is_where_the_state_begins():
    net = lm(fc=nn.Linear(5, V))
    net.h0 = nn.Parameter(torch.randn(1, 1, 5))
    net.c0 = nn.Parameter(torch.randn(1, 1, 5))
    found = find_networks(net.state_dict(), "model.pt")[0]
    start = (net.h0.expand(1, 2, 5).contiguous(), net.c0.expand(1, 2, 5).contiguous())
    with torch.inference_mode():
        theirs = net.fc(net.rnn(net.embed(IDS), start)[0])
        assert torch.allclose(answers(found), theirs, atol=1e-6)
    assert "not zero but learned: h0 and c0" in " ".join(found.notes)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated")
def test_weight_norm_of_both_forms(older):
    net = lm(fc=nn.Linear(5, V))
    norm = nn.utils.weight_norm if older else nn.utils.parametrizations.weight_norm
    norm(net.rnn, "weight_hh_l0")
    norm(net.fc, "weight")
    norm(net.embed, "weight")
    found = find_networks(net.state_dict(), "model.pt")[0]
    with torch.inference_mode():
        assert torch.allclose(answers(found), net.fc(net.rnn(net.embed(IDS))[0]), atol=1e-6)
    assert sum("weight normalisation" in note for note in found.notes) == 3


def test_spectral_norm_and_pruning():
    net = lm(fc=nn.Linear(5, V))
    nn.utils.parametrizations.spectral_norm(net.fc, "weight")
    prune.l1_unstructured(net.rnn, "weight_hh_l0", amount=0.3)
    net.eval()
    found = find_networks(net.state_dict(), "model.pt")[0]
    with torch.inference_mode():
        assert torch.allclose(answers(found), net.fc(net.rnn(net.embed(IDS))[0]), atol=1e-5)


def test_a_classifier_reads_where_each_direction_ends():
    net = Theirs(
        embed=nn.Embedding(V, 4), rnn=nn.GRU(4, 5, bidirectional=True), fc=nn.Linear(10, 2)
    )
    found = find_networks(net.state_dict(), "model.pt")
    assert [one.readout.kind for one in found] == ["last", "mean", "max", "every", "window"]
    assert [one.purpose for one in found] == ["classifier"] * 3 + ["tagger", "classifier"]
    with torch.inference_mode():
        given, last = net.rnn(net.embed(IDS))
        theirs = net.fc(torch.cat([last[0], last[1]], dim=1))
        assert torch.allclose(answers(found[0]), theirs, atol=1e-6)
        assert torch.allclose(answers(found[1]), net.fc(given.mean(0)), atol=1e-6)
        assert torch.allclose(answers(found[2]), net.fc(given.amax(0)), atol=1e-6)
        assert torch.allclose(answers(found[3]), net.fc(given), atol=1e-6)


def test_the_last_states_of_all_layers_side_by_side():
    net = Theirs(embed=nn.Embedding(V, 4), rnn=nn.GRU(4, 5, 2, bidirectional=True),
                 fc=nn.Linear(20, 3))  # fmt: skip
    (found,) = find_networks(net.state_dict(), "model.pt")
    with torch.inference_mode():
        last = net.rnn(net.embed(IDS))[1]
        theirs = net.fc(last.movedim(0, 1).flatten(1))
        assert torch.allclose(answers(found), theirs, atol=1e-6)


def test_attention_over_the_steps():
    net = Theirs(embed=nn.Embedding(V, 4), rnn=nn.GRU(4, 5, bidirectional=True),
                 attn=nn.Linear(10, 6), attn_score=nn.Linear(6, 1, bias=False),
                 fc=nn.Linear(10, 2))  # fmt: skip
    found = find_networks(net.state_dict(), "model.pt")[0]
    assert (found.purpose, found.readout.kind) == ("classifier", "attention")
    with torch.inference_mode():
        given = net.rnn(net.embed(IDS))[0]
        weights = net.attn_score(net.attn(given).tanh()).softmax(0)
        assert torch.allclose(answers(found), net.fc((weights * given).sum(0)), atol=1e-6)


def test_a_tagger_is_told_by_its_names_and_loses_its_transitions():
    net = Theirs(word_embeds=nn.Embedding(V, 4), lstm=nn.LSTM(4, 3, bidirectional=True),
                 hidden2tag=nn.Linear(6, 5))  # fmt: skip
    tensors = {**net.state_dict(), "transitions": torch.ones(5, 5)}
    found = find_networks(tensors, "model.pt")[0]
    assert (found.purpose, found.readout.kind, found.outputs) == ("tagger", "every", 5)
    assert "transitions" in " ".join(found.notes)
    with torch.inference_mode():
        theirs = net.hidden2tag(net.lstm(net.word_embeds(IDS))[0])
        assert torch.allclose(answers(found), theirs, atol=1e-6)


def test_rows_of_numbers():
    net = Theirs(lstm=nn.LSTM(3, 5), fc=nn.Linear(5, 1))
    found = find_networks(net.state_dict(), "model.pt")[0]
    assert (found.purpose, found.gives, found.reads) == ("numbers", "linear", 3)
    read = torch.randn(6, 2, 3)
    with torch.inference_mode():
        assert torch.allclose(answers(found, read), net.fc(net.lstm(read)[0]), atol=1e-6)


def test_a_text_is_read_backwards_where_the_file_says_so():
    net = lm(fc=nn.Linear(5, V))
    found = find_networks(net.state_dict(), "model.pt", Hints(backwards=True))[0]
    with torch.inference_mode():
        theirs = net.fc(net.rnn(net.embed(IDS.flip(0)))[0]).flip(0)
        assert torch.allclose(answers(found), theirs, atol=1e-6)


def test_an_activation_that_the_file_cannot_tell_gives_several_readings():
    net = lm(fc1=nn.Linear(5, 6), fc2=nn.Linear(6, V))
    found = find_networks(net.state_dict(), "model.pt")
    assert [one.hidden[0].activation for one in found] == ["relu", "tanh", "linear"]
    assert len({one.title for one in found}) == 3
    assert "ReLU is assumed between fc1 and fc2" in found[0].notes[-1]


def state_of(**modules: nn.Module) -> dict[str, Tensor]:
    return nn.ModuleDict(modules).state_dict()


@pytest.mark.parametrize(
    ("below", "above", "asked"),
    [("lstm1", "lstm2", False), ("lstm", "lstm2", False), ("words", "context", True)],
)
def test_modules_are_a_stack_where_names_differ_by_a_number_or_a_person_says_so(
    below, above, asked
):
    tensors = state_of(**{below: nn.LSTM(5, 4), above: nn.LSTM(4, 4)}, fc=nn.Linear(4, 5))
    assert find_networks(tensors, "model.pt")[0].asked is asked


REFUSED = {
    "convolution": (
        state_of(conv=nn.Conv1d(5, 5, 3), r=nn.GRU(5, 3), fc=nn.Linear(3, 5)),
        r"holds a convolution, conv\.weight \(5, 5, 3\)",
    ),
    "captioner": (
        state_of(e=nn.Embedding(5, 3), feature_fc=nn.Linear(2048, 3), r=nn.GRU(3, 3),
                 o=nn.Linear(3, 5)),
        r"is a captioner, or a part of one \(feature_fc",
    ),
    "attention": (
        state_of(e=nn.Embedding(5, 3), attn=nn.Linear(6, 10), gru=nn.GRU(3, 3), o=nn.Linear(3, 5)),
        r"decoder, with attention, of a translation model \(attn\.weight",
    ),
    "encoder": (
        state_of(embedding=nn.Embedding(7, 3), gru=nn.GRU(3, 3)),
        r"embedding of 7 entries .* encoder of a translation model",
    ),
    "both halves": (
        state_of(encoder_rnn=nn.GRU(3, 4), decoder_rnn=nn.GRU(3, 4), fc=nn.Linear(4, 5)),
        r"an encoder and a decoder \(encoder_rnn, decoder_rnn\)",
    ),
    "widths": (
        state_of(rnn1=nn.LSTM(5, 4), rnn2=nn.LSTM(6, 3), fc=nn.Linear(3, 5)),
        r"rnn2 reads 6 numbers and rnn1 gives 4",
    ),
    "transformer": (
        {"h.0.self_attn.q_proj.weight": torch.ones(4, 4)},
        r"holds a Transformer \(h\.0\.self_attn",
    ),
    "RWKV": (
        {"blocks.0.att.time_decay": torch.ones(4), "blocks.0.att.key.weight": torch.ones(4, 4)},
        r"a network of RWKV",
    ),
    "Mamba": ({"layers.0.mixer.A_log": torch.ones(4, 4)}, r"a Mamba network"),
    "own gates": (state_of(i2h=nn.Linear(8, 3), h2o=nn.Linear(8, 5)), r"no recurrent layer"),
    "misfit": (state_of(r=nn.GRU(5, 3), fc=nn.Linear(4, 5)), r"fits neither the input of 5"),
    "pictures": (state_of(conv1=nn.Conv2d(3, 4, 3)), r"a network for pictures"),
    "an activation that is not known": (
        {"rnn.parametrizations.weight_hh_l0.original": torch.ones(4, 4),
         "rnn.parametrizations.weight_hh_l0.0.base": torch.ones(4, 4)},
        r"not hold rnn\.weight_hh_l0 but what it is computed from \(0\.base, original\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_network_that_cannot_be_shown_says_why(case):
    tensors, message = REFUSED[case]
    with pytest.raises(ModelFileError, match=message):
        find_networks(tensors, "model.pt")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("rnn.weight_hh_l0", (20, 0)),
        ("rnn.weight_hh_l0", (20, 7)),
        ("rnn.weight_hh_l0", (20,)),
        ("rnn.weight_ih_l0", (9, 4)),
        ("rnn.bias_hh_l0", (3,)),
        ("mystery", (1, 2, 3)),
    ],
)
def test_shapes_that_do_not_fit_are_named(name, shape):
    tensors = {**lm(fc=nn.Linear(5, V)).state_dict(), name: torch.zeros(shape)}
    with pytest.raises(ModelFileError, match=str(shape).replace("(", r"\(").replace(")", r"\)")):
        find_networks(tensors, "model.pt")


def test_a_missing_tensor_is_named():
    tensors = lm(fc=nn.Linear(5, V)).state_dict()
    del tensors["rnn.weight_hh_l0"]
    with pytest.raises(ModelFileError, match="has no weight_hh"):
        find_networks(tensors, "model.pt")


def test_weights_of_the_loss_are_left_out_with_a_note():
    tensors = {**lm(fc=nn.Linear(5, V)).state_dict(), "criterion.weight": torch.ones(4)}
    assert "criterion.weight" in find_networks(tensors, "model.pt")[0].notes[0]


def test_an_embedding_as_wide_as_the_state_is_told_from_the_output():
    torch.manual_seed(0)
    tensors = state_of(encoder=nn.Embedding(5, 3), rnn=nn.LSTM(3, 3), decoder=nn.Linear(3, 5))
    for ordered in (tensors, dict(reversed(tensors.items()))):
        found = find_networks(ordered, "model.pt")[0].tensors
        assert torch.equal(found["embedding.weight"], ordered["encoder.weight"])
        assert torch.equal(found["output.weight"], ordered["decoder.weight"])
        assert torch.equal(found["output.bias"], ordered["decoder.bias"])


def test_what_stands_at_the_last_step_of_both_directions_is_a_reading() -> None:
    theirs = Theirs(
        emb=nn.Embedding(V, 3), lstm=nn.LSTM(3, 4, bidirectional=True), fc=nn.Linear(8, 2)
    )
    found = find_networks(theirs.state_dict(), "m.pt")
    (last,) = [one for one in found if "what stands at the last step" in one.title]
    with torch.no_grad():
        expected = theirs.fc(theirs.lstm(theirs.emb(IDS))[0][-1])
    torch.testing.assert_close(answers(last), expected)


def test_of_several_outputs_each_is_a_reading_that_is_asked_about() -> None:
    theirs = Theirs(
        emb=nn.Embedding(V, 3), gru=nn.GRU(3, 4), policy=nn.Linear(4, 2), value=nn.Linear(4, 3)
    )
    found = find_networks(theirs.state_dict(), "m.pt")
    assert all(one.asked and "several outputs (policy, value)" in one.question for one in found)
    with torch.no_grad():
        last = theirs.gru(theirs.emb(IDS))[0][-1]
        for head in (theirs.policy, theirs.value):
            name = "policy" if head is theirs.policy else "value"
            own = next(
                one
                for one in found
                if one.title == f"{name}: a classifier that reads the last state"
            )
            torch.testing.assert_close(answers(own), head(last))
