"""Files of char-rnn: a graph of one time step, compared with the equations in numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.nets.checkpoints import open_model
from tests.nets.checkpoints.torch7.t7_writer import Lua, array, t7

V, U = 5, 4
CHARACTERS = "abc\nd"
Matrix = np.ndarray


def linear(draw: np.random.Generator, inputs: int, outputs: int) -> Lua:
    return Lua(
        "nn.Linear",
        weight=draw.normal(size=(outputs, inputs)) / 2, bias=draw.normal(size=outputs) / 4,
    )  # fmt: skip


def graph(modules: list[Lua]) -> Lua:
    """A gModule whose nodes compute these in this order, with others between them."""
    nodes: list[Any] = [Lua("nngraph.Node", data={"annotations": {}})]
    for module in modules:
        nodes.append(Lua("nngraph.Node", data={"module": module}))
        nodes.append(Lua("nngraph.Node", data={"module": Lua("nn.CAddTable")}))
    return Lua("nn.gModule", forwardnodes=array(nodes))


def sigma(x: Matrix) -> Matrix:
    return 1 / (1 + np.exp(-x))


def apply(module: Lua, x: Matrix) -> Matrix:
    product: Matrix = module.fields["weight"] @ x + module.fields["bias"]
    return product


def lstm_step(parts: list[Lua], x: Matrix, state: list[Matrix]) -> Matrix:
    rows = apply(parts[0], x) + apply(parts[1], state[0])
    into, forget, out, candidate = rows.reshape(4, U)
    state[1] = sigma(forget) * state[1] + sigma(into) * np.tanh(candidate)
    state[0] = sigma(out) * np.tanh(state[1])
    return state[0]


def rnn_step(parts: list[Lua], x: Matrix, state: list[Matrix]) -> Matrix:
    state[0] = np.tanh(apply(parts[0], x) + apply(parts[1], state[0]))
    return state[0]


def gru_step(parts: list[Lua], x: Matrix, state: list[Matrix]) -> Matrix:
    update = sigma(apply(parts[0], x) + apply(parts[1], state[0]))
    reset = sigma(apply(parts[2], x) + apply(parts[3], state[0]))
    candidate = np.tanh(apply(parts[4], x) + apply(parts[5], reset * state[0]))
    state[0] = update * candidate + (1 - update) * state[0]
    return state[0]


STEPS = {"lstm": (lstm_step, 4, 2), "rnn": (rnn_step, 1, 2), "gru": (gru_step, 1, 6)}


def network(kind: str, layers: int) -> tuple[list[list[Lua]], Lua]:
    draw = np.random.default_rng(layers)
    _, blocks, count = STEPS[kind]
    made = []
    for layer in range(layers):
        widths = [V if layer == 0 else U, U] * (count // 2)
        made.append([linear(draw, width, blocks * U) for width in widths])
    return made, linear(draw, U, V)


def logits(kind: str, layers: list[list[Lua]], decoder: Lua, ids: list[int]) -> Matrix:
    """What char-rnn computes, step by step."""
    step = STEPS[kind][0]
    states = [[np.zeros(U), np.zeros(U)] for _ in layers]
    given = []
    for one in ids:
        x = np.eye(V)[one]
        for parts, state in zip(layers, states, strict=True):
            x = step(parts, x, state)
        given.append(apply(decoder, x))
    return np.array(given)


def vocab(characters: str = CHARACTERS) -> dict[Any, int]:
    return {character: number for number, character in enumerate(characters, 1)}


IDS = [0, 3, 2, 2, 4, 1, 0, 3]


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("apart", [False, True])
def test_every_kind_computes_what_the_equations_say(
    kind: str, layers: int, apart: bool, tmp_path: Path
) -> None:
    made, decoder = network(kind, layers)
    inside = [part for layer in made for part in layer]
    protos: dict[str, Any] = {"rnn": graph(inside if apart else [*inside, decoder])}
    if apart:
        protos["softmax"] = Lua(
            "nn.Sequential", modules=array([decoder, Lua("nn.LogSoftMax")])
        )  # fmt: skip
    options = {"model": kind, "rnn_size": U, "num_layers": layers}
    content = {
        "protos": protos, "vocab": vocab(), "opt": options, "epoch": 2.5, "i": 90,
        "train_losses": array([3.0, 2.0, 1.5]), "val_losses": {30: 2.5, 90: 1.75},
    }  # fmt: skip
    (tmp_path / "lm.t7").write_bytes(t7(content))
    opened = open_model(tmp_path / "lm.t7")
    with torch.inference_mode():
        ours = opened.model(torch.tensor(IDS)[:, None])[0][:, 0].numpy()
    assert np.abs(ours - logits(kind, made, decoder, IDS)).max() < 1e-5
    assert opened.model.symbols == tuple(CHARACTERS)
    training = opened.model.description.training
    assert (training["held_out_nats"], training["loss_nats"], training["steps"]) == (1.75, 1.5, 90)
    assert training["options"]["rnn_size"] == U


@pytest.mark.parametrize("order", [(0, 1, 4, 2, 3, 5), (0, 1, 2, 3, 5, 4)])
def test_a_gru_whose_graph_makes_the_candidate_earlier(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    made, decoder = network("gru", 2)
    inside = [layer[place] for layer in made for place in order]
    content = {
        "protos": {"rnn": graph([*inside, decoder])},
        "vocab": vocab(),
        "opt": {"model": "gru"},
    }
    (tmp_path / "lm.t7").write_bytes(t7(content))
    with torch.inference_mode():
        ours = open_model(tmp_path / "lm.t7").model(torch.tensor(IDS)[:, None])[0][:, 0].numpy()
    assert np.abs(ours - logits("gru", made, decoder, IDS)).max() < 1e-5


def test_the_vocabulary_may_lie_beside_the_file(tmp_path: Path) -> None:
    made, decoder = network("lstm", 1)
    (tmp_path / "lm.t7").write_bytes(t7({"protos": {"rnn": graph([*made[0], decoder])}}))
    with pytest.raises(VocabularyNeeded, match="an LSTM of 1 layer of 4 units over 5 symbols"):
        open_model(tmp_path / "lm.t7")
    (tmp_path / "vocab.t7").write_bytes(t7(vocab()))
    assert open_model(tmp_path / "lm.t7").model.symbols == tuple(CHARACTERS)


def test_its_characters_are_bytes(tmp_path: Path) -> None:
    made, decoder = network("rnn", 1)
    names = {b"a": 1, b"b": 2, b"\xc3": 3, b"\xa9": 4, b"\n": 5}
    content = {"protos": {"rnn": graph([*made[0], decoder])}, "vocab": names}
    (tmp_path / "lm.t7").write_bytes(t7(content))
    reads = open_model(tmp_path / "lm.t7").model.network.reads
    assert (reads.unit, reads.vocabulary) == ("bytes", ("a", "b", "\xc3", "\xa9", "\n"))


def test_a_graph_of_something_else_is_refused(tmp_path: Path) -> None:
    made, decoder = network("lstm", 1)
    swapped = graph([*made[0][::-1], decoder])
    for rnn, said in (
        (swapped, "a layer of the graph has matrices"),
        (graph([decoder]), "holds 1 l"),
    ):
        (tmp_path / "lm.t7").write_bytes(t7({"protos": {"rnn": rnn}, "vocab": vocab()}))
        with pytest.raises(ModelFileError, match=said):
            open_model(tmp_path / "lm.t7")


def test_a_gru_of_a_fork_of_torch_rnn(tmp_path: Path) -> None:
    """Gates u, r, candidate; h' = (1 - u) h + u n."""
    draw = np.random.default_rng(5)
    weight, bias = draw.normal(size=(3 + U, 3 * U)) / 2, draw.normal(size=3 * U) / 4
    table, decoder = draw.normal(size=(V, 3)), linear(draw, U, V)
    modules = [
        Lua("nn.LookupTable", weight=table), Lua("nn.GRU", weight=weight, bias=bias),
        Lua("nn.TemporalAdapter", net=decoder),
    ]  # fmt: skip
    net = Lua("nn.Sequential", modules=array(modules))
    model = Lua("nn.LanguageModel", net=net, idx_to_token=array(CHARACTERS))
    (tmp_path / "m.t7").write_bytes(t7({"model": model}))
    h, wanted = np.zeros(U), []
    for one in IDS:
        rows = table[one] @ weight[:3] + bias
        gates = sigma(rows[: 2 * U] + h @ weight[3:, : 2 * U])
        update, reset = gates[:U], gates[U:]
        candidate = np.tanh(rows[2 * U :] + (reset * h) @ weight[3:, 2 * U :])
        h = (1 - update) * h + update * candidate
        wanted.append(apply(decoder, h))
    with torch.inference_mode():
        ours = open_model(tmp_path / "m.t7").model(torch.tensor(IDS)[:, None])[0][:, 0].numpy()
    assert np.abs(ours - np.array(wanted)).max() < 1e-5
