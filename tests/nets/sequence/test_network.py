"""Networks of any description, against modules of torch and equations written down once more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.network import (
    Embedding,
    Frames,
    NetworkDescription,
    Numbers,
    Readout,
    plain_network,
)
from rnnviz.core.models.parameter_shapes import parameter_shapes
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.sequence.network import SequenceNetwork, build_network
from rnnviz.nets.sequence.running import RunningReadout, answers_of, running_answers
from tests.nets.sequence.zoo import ZOO, layer, network

every_network = pytest.mark.parametrize("name", ZOO)


def made(about: NetworkDescription) -> SequenceNetwork:
    return SequenceNetwork(about, seed=3).eval()


def something(about: NetworkDescription, steps: int = 9, batch: int = 3) -> Tensor:
    """Something to read."""
    torch.manual_seed(1)
    if isinstance(about.reads, Numbers):
        return torch.randn(steps, batch, len(about.reads.columns))
    if isinstance(about.reads, Frames):
        return torch.randn(steps, batch, 3, about.reads.height, about.reads.width)
    return torch.randint(0, len(about.reads.vocabulary), (steps, batch))


@every_network
def test_shapes_are_known_without_building_it(name: str) -> None:
    built = {key: tuple(part.shape) for key, part in made(ZOO[name]).state_dict().items()}
    assert parameter_shapes(ZOO[name]) == built


@every_network
def test_it_is_built_from_weights_that_fit_and_no_others(name: str) -> None:
    weights = made(ZOO[name]).state_dict()
    read = something(ZOO[name])
    with torch.inference_mode():
        again = build_network(ZOO[name], weights, "file")(read)[0]
        assert torch.equal(again, made(ZOO[name])(read)[0])
    with pytest.raises(ModelFileError, match="do not fit"):
        build_network(ZOO[name], {**weights, "output.bias": torch.zeros(9)}, "file")


@every_network
@torch.inference_mode()
def test_an_answer_does_not_depend_on_the_batch(name: str) -> None:
    """Alone, beside others, and with padding of any content behind it."""
    net, read = made(ZOO[name]), something(ZOO[name])
    lengths = torch.tensor([4, 9, 1])
    together, _ = net(read, lengths=lengths)
    for place, length in enumerate(lengths.tolist()):
        alone, _ = net(read[:length, place : place + 1])
        if ZOO[name].readout.kind == "every":
            torch.testing.assert_close(together[:length, place], alone[:, 0], atol=1e-5, rtol=0)
        else:
            torch.testing.assert_close(together[place], alone[0], atol=1e-5, rtol=0)


@every_network
def test_every_parameter_gets_a_gradient(name: str) -> None:
    net = made(ZOO[name])
    net(something(ZOO[name]), lengths=torch.tensor([4, 9, 5]))[0].square().sum().backward()
    without = [key for key, part in net.named_parameters() if part.grad is None]
    assert not without


@every_network
def test_channels_of_all_rows(name: str) -> None:
    net, read = made(ZOO[name]), something(ZOO[name])[:, 0]
    found = net.channels(read)
    with torch.inference_mode():
        given, _ = net.read_all(read.unsqueeze(1))
    for rows, channels in zip(ZOO[name].rows, found, strict=True):
        assert tuple(channels) == rows.facts.channel_names
        assert channels["hidden"].shape[0] == 9
    last = ZOO[name].layers[-1]
    if not last.normalisation and not last.residual:
        top = [part["hidden"] for part, rows in zip(found, ZOO[name].rows, strict=True)
               if rows.layer == len(ZOO[name].layers) - 1]  # fmt: skip
        torch.testing.assert_close(torch.cat(top, dim=1), given[-1][:, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", ["lstm", "gru", "rnn", "min-gru", "residual"])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("embedding", [0, 3])
def test_version_1_is_the_same_network_bit_for_bit(
    architecture: str, skip: bool, embedding: int
) -> None:
    about = ModelDescription(
        architecture=architecture,
        layers=2,
        units=6,
        vocabulary=tuple("abcde"),
        embedding=embedding,
        skip=skip,
    )
    old = LanguageModel(about, seed=3).eval()
    new = made(plain_network(about))
    for key, part in old.state_dict().items():
        assert torch.equal(part, new.state_dict()[key]), key
    ids = torch.randint(0, 5, (20, 2))
    with torch.inference_mode():
        (logits, state), (answers, after) = old(ids, old.zero_state(2)), new(ids)
    assert torch.equal(logits, answers)
    for one, two in zip(state, after, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def into_torch(net: SequenceNetwork, module: nn.Module, layers: int, both: bool) -> None:
    """Give torch's stack the weights of ours."""
    own = net.state_dict()
    weights = {}
    for place in range(layers):
        for stack, ending in (("layers", ""), ("backwards", "_reverse"))[: 1 + both]:
            for key, part in own.items():
                if key.startswith(f"{stack}.{place}."):
                    parameter = key.rpartition(".")[2].removesuffix("0")
                    weights[f"{parameter}{place}{ending}"] = part
    module.load_state_dict(weights)


@torch.inference_mode()
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_both_ways_are_those_of_torch(kind: str) -> None:
    about = network(layer(kind, 5, direction="both"), layer(kind, 5, direction="both"))
    net, read = made(about), something(about)
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](4, 5, 2, bidirectional=True)
    into_torch(net, module, 2, both=True)
    given, _ = net.read_all(read)
    torch.testing.assert_close(given[-1], module(net.embed(read))[0], atol=1e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_projections_are_those_of_torch() -> None:
    about = network(layer(units=6, projection=3), layer(units=6, projection=3))
    net, read = made(about), something(about)
    module = nn.LSTM(4, 6, 2, proj_size=3)
    into_torch(net, module, 2, both=False)
    given, _ = net.read_all(read)
    torch.testing.assert_close(given[-1], module(net.embed(read))[0], atol=1e-5, rtol=0)


@torch.inference_mode()
def test_relu_is_that_of_torch() -> None:
    about = network(layer("rnn", 5, variant={"activation": "relu"}))
    net, read = made(about), something(about)
    module = nn.RNN(4, 5, nonlinearity="relu")
    into_torch(net, module, 1, both=False)
    given, _ = net.read_all(read)
    torch.testing.assert_close(given[-1], module(net.embed(read))[0], atol=1e-5, rtol=0)


def _weights(net: SequenceNetwork) -> list[Any]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return [net.state_dict()[f"layers.0.{name}"].double().numpy() for name in names]


@torch.inference_mode()
def test_a_reset_before_the_product() -> None:
    """n = tanh(W x + b + U (r * h) + d): the first version of Cho et al. (2014)."""
    variant = {"reset_after": False, "gates": "hard-sigmoid-0.2"}
    about = network(layer("gru", 5, variant=variant))
    net, read = made(about), something(about, batch=1)
    w, u, b, d = _weights(net)
    given, _ = net.read_all(read)
    h = np.zeros(5)
    for t, x in enumerate(net.embed(read)[:, 0].double().numpy()):
        wr, wz, wn = np.split(w @ x + b, 3)
        ur, uz, un = np.split(u, 3)
        dr, dz, dn = np.split(d, 3)
        r = np.clip(0.2 * (wr + ur @ h + dr) + 0.5, 0, 1)
        z = np.clip(0.2 * (wz + uz @ h + dz) + 0.5, 0, 1)
        h = (1 - z) * np.tanh(wn + un @ (r * h) + dn) + z * h
        np.testing.assert_allclose(given[0][t, 0], h, atol=1e-6)


@torch.inference_mode()
def test_hard_gates() -> None:
    """Keras 3: x / 6 + 1/2, cut to 0 and 1."""
    about = network(layer("lstm", 5, variant={"gates": "hard-sigmoid", "activation": "relu"}))
    net, read = made(about), something(about, batch=1)
    w, u, b, d = _weights(net)
    given, _ = net.read_all(read)
    h, c = np.zeros(5), np.zeros(5)
    for t, x in enumerate(net.embed(read)[:, 0].double().numpy()):
        i, f, g, o = np.split(w @ x + b + u @ h + d, 4)
        i, f, o = (np.clip(gate / 6 + 0.5, 0, 1) for gate in (i, f, o))
        c = f * c + i * np.maximum(g, 0)
        h = o * np.maximum(c, 0)
        np.testing.assert_allclose(given[0][t, 0], h, atol=1e-6)


@torch.inference_mode()
def test_a_learned_start_is_where_it_begins() -> None:
    about = network(layer("rnn", 3, learned_start=True))
    net, read = made(about), something(about, steps=1, batch=2)
    with torch.no_grad():
        net.starts["0-forward-0"].copy_(torch.tensor([0.5, -0.5, 0.1]))
    w, u, b, d = _weights(net)
    x = net.embed(read)[0, 0].double().numpy()
    wanted = np.tanh(w @ x + b + u @ np.array([0.5, -0.5, 0.1]) + d)
    np.testing.assert_allclose(net.read_all(read)[0][0][0, 0], wanted, atol=1e-6)


@torch.inference_mode()
def test_readouts() -> None:
    layers = (layer(direction="both"),)
    read, lengths = torch.tensor([[0, 3], [1, 4], [2, 0]]), torch.tensor([3, 2])
    every = made(network(*layers))
    given, _ = every.read_all(read, lengths=lengths)
    seen = given[0]
    for kind, wanted in {
        "last": torch.stack([
            torch.cat([seen[2, 0, :5], seen[0, 0, 5:]]), torch.cat([seen[1, 1, :5], seen[0, 1, 5:]])
        ]),
        "mean": torch.stack([seen[:, 0].mean(0), seen[:2, 1].mean(0)]),
        "max": torch.stack([seen[:, 0].amax(0), seen[:2, 1].amax(0)]),
    }.items():  # fmt: skip
        net = made(network(*layers, readout=Readout(kind=kind)))  # type: ignore[arg-type]
        found = net(read, lengths=lengths)[0]
        torch.testing.assert_close(found, net.output(wanted), msg=kind)
    net = made(network(*layers, readout=Readout(kind="attention")))
    weights = net.attention(net.read_all(read, lengths=lengths)[0][0], lengths)
    torch.testing.assert_close(weights.sum(0), torch.ones(2))
    assert weights[2, 1] == 0


def test_a_front_end_of_the_same_seed_is_the_same() -> None:
    one, two = (made(network(layer(kind), front=Embedding(width=4))) for kind in ("lstm", "gru"))
    assert one.embedding is not None
    assert two.embedding is not None
    assert torch.equal(one.embedding.weight, two.embedding.weight)


def test_a_window_is_the_last_steps_side_by_side_and_zeros_before_the_first() -> None:
    about = network(layer(units=6), layer("gru", 3), readout=Readout(kind="window", steps=4))
    net, ids = made(about), torch.tensor([3, 1, 4, 1, 2, 0, 2])
    top = net.channels(ids)[-1]["hidden"]
    padded = torch.cat([torch.zeros(3, 3), top])
    expected = net.say(torch.stack([padded[n : n + 4].flatten() for n in range(len(ids))]))
    found = running_answers(net, ids)
    torch.testing.assert_close(found, expected.detach())
    torch.testing.assert_close(answers_of(net, [ids[:2], ids, ids[:5]]), found[[1, 6, 4]])
    readout = RunningReadout(net)
    first = readout.say(top[:2])
    again = RunningReadout(net)
    again.restore(readout.carried())
    torch.testing.assert_close(torch.cat([first, again.say(top[2:])]).detach(), found)
