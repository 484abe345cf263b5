"""Gradients layer by layer, whichever way the layers read, against autograd in single steps."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.errors import GradientError
from rnnviz.core.models.network import (
    Dense,
    Embedding,
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    Readout,
)
from rnnviz.nets.gradients.backprop import in_double, loss_norms, record
from rnnviz.nets.gradients.layerwise import Wanted, at_columns, go_back, take
from rnnviz.nets.sequence.network import SequenceNetwork
from tests.nets.sequence.languages import LANGUAGES, language, language_model
from tests.nets.sequence.zoo import ZOO, layer, network

READ = {name: about for name, about in ZOO.items() if name != "frames"}
READ |= {
    "everything, both ways": network(
        layer(units=6, projection=4, direction="both", normalisation="layer"),
        layer("gru", 4, direction="both", residual=False, normalisation="layer"),
        layer("rnn", 8, residual=True),
        readout=Readout(kind="attention", attention_units=3, layers=(1, 2)),
        head=Head(outputs=("a", "b"), hidden=(Dense(units=5, normalisation="layer"),)),
    ),
    "one sigmoid": network(
        layer(direction="both"), head=Head(outputs=("spam",), gives="sigmoid"), front=OneHot(),
        readout=Readout(kind="last"),
    ),
    "several may hold": network(
        layer("gru", 3, direction="backward"), layer(),
        head=Head(outputs=("a", "b"), gives="sigmoid"),
    ),
}  # fmt: skip


def made(about: NetworkDescription) -> SequenceNetwork:
    return in_double(SequenceNetwork(about, seed=3).eval())


def read_by(model: SequenceNetwork, steps: int = 9) -> Tensor:
    torch.manual_seed(5)
    if model.network.symbols:
        return torch.randint(0, len(model.network.symbols), (steps,))
    return torch.randn(steps, 2)


class ByHand:
    """The network in single steps, with every state of every row a node of autograd's graph."""

    def __init__(self, model: SequenceNetwork, entering: Tensor) -> None:
        self.front = model.embed(entering[:, None])[:, 0].detach().requires_grad_()
        self.states: list[dict[str, list[Tensor]]] = []
        given: list[Tensor] = []
        rows = iter(zip(model.recurrent, model.zero_state(1), strict=True))
        for place, about in enumerate(model.network.layers):
            inputs = model.layer_input(place, self.front, given)
            hidden = []
            for direction in about.directions:
                own, state = next(rows)
                order = range(len(entering))
                found: dict[int, dict[str, Tensor]] = {}
                for step in order if direction == "forward" else reversed(order):
                    stepped = own.step(inputs[step][None], state)
                    state, found[step] = stepped.state, stepped.channels
                self.states.append(
                    {name: [found[step][name] for step in order] for name in own.facts.states}
                )
                hidden.append(torch.cat([found[step]["hidden"] for step in order]))
            given.append(model.layer_output(place, inputs, hidden))
        lengths = torch.tensor([len(entering)])
        said = model.answers([each[:, None] for each in given], lengths)
        self.said = said if model.network.readout.kind != "every" else said[:, 0]

    def gradient(self, loss: Tensor, node: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(loss, node, retain_graph=True, materialize_grads=True)
        return found


def losses_by_hand(model: SequenceNetwork, said: Tensor, chosen: int) -> Tensor:
    """The negative log-probability of a class, or the sum of the numbers, at every answer."""
    head = model.network.head
    if head.gives == "linear":
        return said.sum(dim=1)
    if head.gives == "sigmoid":
        signed = said[:, 0] * (1 if chosen else -1) if len(head.outputs) == 1 else said[:, chosen]
        return functional.softplus(-signed)
    return -said.log_softmax(dim=1)[:, chosen]


@pytest.mark.parametrize("name", READ)
def test_every_state_of_every_row_and_every_input(name: str) -> None:
    model = made(READ[name])
    entering = read_by(model)
    once = model.network.readout.kind != "every"
    losses = range(8, 9) if once else range(2, 7)
    stretch = take(model, entering, losses, Wanted(of_class=1), distance=20)
    by_hand = ByHand(model, entering)
    wanted = losses_by_hand(model, by_hand.said, 1)
    torch.testing.assert_close(stretch.losses, (wanted if once else wanted[2:7]).detach())
    whole = go_back(stretch, stretch.seeds_of(slice(None)))
    part = go_back(stretch, stretch.seeds_of(slice(1, 2))) if not once else None
    summed = go_back(stretch, stretch.summed_seeds())
    length = stretch.taped.steps
    assert len(whole.states) == len(model.network.rows)
    for row, own in enumerate(by_hand.states):
        for state, nodes in own.items():
            for place, step in enumerate(losses):
                loss = wanted[0 if once else step]
                for at in range(length):
                    norm = float(by_hand.gradient(loss, nodes[at]).norm())
                    found = float(whole.states[row][state][place, at])
                    assert found == pytest.approx(norm, rel=1e-7, abs=1e-14)
                    if part is not None and place == 1:
                        assert float(part.states[row][state][0, at]) == pytest.approx(found)
            total = wanted.sum() if once else wanted[2:7].sum()
            norm = float(by_hand.gradient(total, nodes[1]).norm())
            assert float(summed.states[row][state][0, 1]) == pytest.approx(norm, rel=1e-7)
    for place, step in enumerate(losses):
        front = by_hand.gradient(wanted[0 if once else step], by_hand.front)[:length]
        torch.testing.assert_close(whole.front[place], front, rtol=1e-9, atol=1e-14)


def test_what_comes_after_a_label_counts_where_layers_read_from_the_end() -> None:
    model = made(READ["both ways"])
    stretch = take(model, read_by(model), range(4, 5), Wanted(of_class=0), distance=3)
    found = go_back(stretch, stretch.seeds_of(slice(None)))
    assert (found.front[0].norm(dim=1) > 0).all(), "all inputs, on both sides"
    upper = found.states[2]["hidden"][0], found.states[3]["hidden"][0]
    assert (upper[0][5:] == 0).all() and (upper[0][:5] > 0).all()
    assert (upper[1][:4] == 0).all() and (upper[1][4:] > 0).all()


@pytest.mark.parametrize("kind", ["last", "mean", "max", "attention", "window"])
def test_a_long_document_is_kept_only_as_far_back_as_it_is_followed(kind: Any) -> None:
    readout = Readout(kind=kind, steps=12 if kind == "window" else 0)
    model = made(network(layer(units=4), layer("gru", 3), readout=readout))
    entering = read_by(model, 60)
    far = take(model, entering, range(59, 60), Wanted(), distance=59)
    near = take(model, entering, range(59, 60), Wanted(), distance=7)
    assert near.taped.steps == 8 and near.first == 52
    torch.testing.assert_close(near.losses, far.losses)
    one, other = (go_back(each, each.seeds_of(slice(None))) for each in (near, far))
    for row in range(2):
        torch.testing.assert_close(one.states[row]["hidden"], other.states[row]["hidden"][:, 52:])
    torch.testing.assert_close(one.front, other.front[:, 52:])


def test_the_true_class_is_taken_where_one_is_said() -> None:
    model = made(network(layer(units=4), head=Head(outputs=("a", "b", "c"))))
    entering = read_by(model)
    truth = torch.full((9,), 2)
    truth[3] = -1
    stretch = take(model, entering, range(9), Wanted(truth=truth), distance=8)
    shares = model.answers(model.read_all(entering[:, None])[0])[:, 0].log_softmax(dim=1)
    expected = -shares[:, 2]
    expected[3] = -shares[3].max()
    torch.testing.assert_close(stretch.losses, expected.detach())


def test_numbers_cost_their_squared_error_where_some_are_wanted() -> None:
    model = made(READ["deep head"])
    entering = read_by(model)
    numbers = torch.zeros(9, 2)
    numbers[4] = torch.tensor([1.0, float("nan")])
    numbers[5] = float("nan")
    stretch = take(model, entering, range(9), Wanted(numbers=numbers), distance=8)
    said = model.answers(model.read_all(entering[:, None])[0])[:, 0].detach()
    expected = said.square().mean(dim=1)
    expected[4], expected[5] = (said[4, 0] - 1) ** 2, said[5].sum()
    torch.testing.assert_close(stretch.losses, expected)
    gradients = go_back(stretch, stretch.seeds_of(slice(4, 5)))
    assert (gradients.front[0, :5].norm(dim=1) > 0).all()


@pytest.mark.parametrize("name", ["numbers", "numbers through a layer"])
def test_a_gradient_over_steps_and_columns(name: str) -> None:
    model = made(READ[name])
    entering = read_by(model).double().requires_grad_()
    stretch = take(model, entering.detach(), range(8, 9), Wanted(of_class=0), distance=8)
    found = go_back(stretch, stretch.seeds_of(slice(None)))
    columns = at_columns(model, stretch, found.front)
    answers, _ = model(entering[:, None])
    loss = -answers[8, 0].log_softmax(dim=0)[0]
    (wanted,) = torch.autograd.grad(loss, entering)
    assert columns.shape == (1, 9, 2)
    torch.testing.assert_close(columns[0], wanted, rtol=1e-7, atol=1e-13)


def test_a_model_that_reads_from_the_end_is_a_mirror_of_one_that_does_not() -> None:
    about = LANGUAGES["projection"] if "projection" in LANGUAGES else language(layer())
    forward = language_model(about)
    mirrored = language_model(
        language(*(layer_backwards(one) for one in about.layers), front=about.front)
    )
    names = {
        name: name.replace("layers.", "backwards.", 1) if name.startswith("layers.") else name
        for name, _ in forward.named_parameters()
    }
    mirrored.load_state_dict({names[n]: part for n, part in forward.state_dict().items()})
    ids = torch.randint(0, len(forward.symbols), (12,))
    tape = record(forward, ids, forward.zero_state(1))
    norms = loss_norms(tape, range(4, 11), 6)
    stretch = take(in_double(mirrored), ids.flip(0), range(1, 8), Wanted(), distance=6)
    found = go_back(stretch, stretch.seeds_of(slice(None)))
    # The loss at step t of one is that at step 11 - t of the other.
    for row in range(7):
        for back in range(5):
            mine = found.states[0]["hidden"][6 - row, 11 - (4 + row - back)]
            assert float(mine) == pytest.approx(float(norms.states["hidden"][0, row, back]))


def layer_backwards(about: LayerDescription) -> LayerDescription:
    return msgspec.structs.replace(about, direction="backward")


def test_a_document_that_is_too_long_for_both_ways_is_refused() -> None:
    model = made(network(layer(units=2, direction="both"), front=Embedding(width=2)))
    with pytest.raises(GradientError, match=r"5,000 steps.*at most 4,096"):
        take(model, torch.zeros(5000, dtype=torch.long), range(1), Wanted(), distance=3)
