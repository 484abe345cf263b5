import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.stack import infer_network
from tests.nets.checkpoints.examples import Stock


def state_of(**modules):
    return nn.ModuleDict(modules).state_dict()


REFUSED = {
    "bidirectional": (
        state_of(rnn=nn.LSTM(5, 3, bidirectional=True), fc=nn.Linear(6, 5)),
        r"bidirectional network \(rnn\.weight_ih_l0_reverse\)",
    ),
    "projected": (
        state_of(rnn=nn.LSTM(5, 4, proj_size=2), fc=nn.Linear(2, 5)),
        r"projected hidden states \(rnn\.weight_hr_l0",
    ),
    "two linear layers": (
        state_of(e=nn.Embedding(5, 2), r=nn.GRU(2, 3), fc1=nn.Linear(3, 4), fc2=nn.Linear(4, 5)),
        r"fc1\.weight \(4, 3\), fc2\.weight \(5, 4\)",
    ),
    "two linear layers after one-hot": (
        state_of(r=nn.GRU(5, 3), fc1=nn.Linear(3, 4), fc2=nn.Linear(4, 5)),
        r"fc1\.weight \(4, 3\), fc2\.weight \(5, 4\)",
    ),
    "layer norm": (
        state_of(r=nn.GRU(5, 3), norm=nn.LayerNorm(3), fc=nn.Linear(3, 5)),
        r"norm\.weight \(3,\), norm\.bias \(3,\)",
    ),
    "convolution": (
        state_of(conv=nn.Conv1d(5, 5, 3), r=nn.GRU(5, 3), fc=nn.Linear(3, 5)),
        r"conv\.weight \(5, 5, 3\)",
    ),
    "attention": (
        state_of(e=nn.Embedding(5, 3), attn=nn.Linear(6, 10), gru=nn.GRU(3, 3), o=nn.Linear(3, 5)),
        r"decoder, with attention, of a translation model \(attn\.weight",
    ),
    "encoder": (
        state_of(embedding=nn.Embedding(7, 3), gru=nn.GRU(3, 3)),
        r"embedding of 7 entries .* encoder of a translation model",
    ),
    "classifier": (
        state_of(embedding=nn.Embedding(7, 3), gru=nn.GRU(3, 4), out=nn.Linear(4, 2)),
        r"reads 7 symbols and predicts 2 \(out\.weight\)",
    ),
    "one-hot classifier": (
        state_of(gru=nn.GRU(9, 4), out=nn.Linear(4, 2)),
        r"reads 9 numbers and predicts 2",
    ),
    "regression": (state_of(gru=nn.GRU(1, 4), out=nn.Linear(4, 1)), r"predicts 1 number"),
    "widths": (
        state_of(a=nn.LSTM(5, 4), b=nn.LSTM(4, 3), fc=nn.Linear(3, 5)),
        r"one width can be shown",
    ),
    "kinds": (
        state_of(a=nn.LSTM(5, 4), b=nn.GRU(4, 4), fc=nn.Linear(4, 5)),
        r"one kind and one width",
    ),
    "transformer": (
        {"h.0.self_attn.q_proj.weight": torch.ones(4, 4)},
        r"holds a Transformer \(h\.0\.self_attn",
    ),
    "own gates": (state_of(i2h=nn.Linear(8, 3), h2o=nn.Linear(8, 5)), r"no recurrent layer"),
    "misfit": (state_of(r=nn.GRU(5, 3), fc=nn.Linear(4, 5)), r"fits neither the input of 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_network_that_cannot_be_shown_says_why(case):
    tensors, message = REFUSED[case]
    with pytest.raises(ModelFileError, match=message):
        infer_network(tensors, "model.pt")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("rnn.weight_hh_l0", (12, 0)),
        ("rnn.weight_hh_l0", (12, 5)),
        ("rnn.weight_hh_l0", (12,)),
        ("rnn.weight_ih_l0", (9, 4)),
        ("rnn.bias_hh_l0", (3,)),
        ("h0", (1, 1, 3)),
    ],
)
def test_shapes_that_do_not_fit_are_named(name, shape):
    tensors = {**Stock("lstm").state_dict(), name: torch.zeros(shape)}
    with pytest.raises(ModelFileError, match=str(shape).replace("(", r"\(").replace(")", r"\)")):
        infer_network(tensors, "model.pt")


def test_a_missing_tensor_is_named():
    tensors = Stock("lstm").state_dict()
    del tensors["rnn.weight_hh_l0"]
    with pytest.raises(ModelFileError, match="has no weight_hh"):
        infer_network(tensors, "model.pt")


def test_weights_of_the_loss_are_left_out_with_a_note():
    tensors = {**Stock("lstm").state_dict(), "criterion.weight": torch.ones(4)}
    assert "criterion.weight" in infer_network(tensors, "model.pt").notes[0]


def test_an_embedding_as_wide_as_the_state_is_told_from_the_output():
    torch.manual_seed(0)
    tensors = state_of(encoder=nn.Embedding(5, 3), rnn=nn.LSTM(3, 3), decoder=nn.Linear(3, 5))
    for ordered in (tensors, dict(reversed(tensors.items()))):
        network = infer_network(ordered, "model.pt")
        assert network.embedding is ordered["encoder.weight"]
        assert network.output_weight is ordered["decoder.weight"]
        assert network.output_bias is ordered["decoder.bias"]
