"""Every number of an unrolled network equals autograd's on the ordinary, shared network."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.errors import UnrollError
from rnnviz.core.unroll.plan import END, STRUCTURES, Plan, of_word, structure_named
from rnnviz.core.unroll.trace import read_trace
from rnnviz.nets.architectures.base import Layer
from rnnviz.nets.unroll.computing import (
    compute,
    first_weights,
    network_of,
    train,
    with_radius,
    write_on,
)

NAMES = [facts.name for facts in ARCHITECTURES if facts.starts_anywhere]


def plain_gradients(plan: Plan) -> tuple[float, dict[str, np.ndarray]]:
    """The summed loss and its gradient by one ordinary run of the layers, without any copies."""
    network = network_of(plan, None)
    below = torch.cat([network.enter(symbol) for symbol in plan.inputs]).unsqueeze(1)
    read, written = below[: plan.source or plan.steps], below[plan.source or plan.steps :]
    ends = []
    for layer in range(plan.layers):
        given = []
        for row in plan.rows_of(layer):
            found = network.layers[row]
            assert isinstance(found, Layer)
            turned = read.flip(0) if plan.from_end(row) else read
            hidden, state = found(turned, found.zero_state(1))
            given.append(hidden.flip(0) if plan.from_end(row) else hidden)
            if plan.source:
                decoder = network.decoder[row]
                assert isinstance(decoder, Layer)
                written, _ = decoder(written, state)
        read = torch.cat(given, dim=2)
        ends = [given[0][-1], given[-1][0]]
    hidden = (torch.cat([read, written]) if plan.source else read)[:, 0]
    if plan.joins_ends:
        ends = ends if plan.directions == 2 else ends[1:]
        hidden = torch.cat([hidden[:-1], torch.cat(ends, dim=1)])
    context = None
    if plan.attends:
        memory = read[:, 0]
        context = torch.zeros_like(hidden)
        weights = torch.softmax(written[:, 0] @ memory.t(), dim=1)
        context = torch.cat([torch.zeros_like(memory), weights @ memory])
    scores = network.read(hidden, context)
    loss = torch.zeros((), dtype=torch.float64)
    for step, target in enumerate(plan.targets):
        if target is not None:
            index = torch.tensor([plan.vocabulary.index(target)])
            loss = loss + functional.cross_entropy(scores[step : step + 1], index)
    loss.backward()
    return float(loss.detach()), {
        name: value.grad.numpy()
        for name, value in network.named_parameters()
        if value.grad is not None
    }


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("structure", [structure.name for structure in STRUCTURES])
def test_gradients_are_those_of_the_shared_network(architecture: str, structure: str) -> None:
    plan = structure_named(structure).of("hello")
    plan = msgspec.structs.replace(plan, architecture=architecture, layers=2, embedding=2)

    trace = compute(plan)
    loss, gradients = plain_gradients(plan)

    assert trace.loss == pytest.approx(loss, abs=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(trace[f"gradient/{name}"], gradient, atol=1e-12)
        np.testing.assert_allclose(trace[f"share/{name}"].sum(axis=0), gradient, atol=1e-12)


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("structure", ["many-to-one", "many-to-many"])
@pytest.mark.parametrize("layers", [1, 2])
def test_what_reads_from_the_end_equals_the_shared_network(
    architecture: str, structure: str, layers: int
) -> None:
    plan = structure_named(structure).of("hello")
    changes = {"architecture": architecture, "layers": layers, "direction": "backward"}
    plan = msgspec.structs.replace(plan, **changes)

    trace = compute(plan)
    loss, gradients = plain_gradients(plan)

    assert plan.joins_ends is (structure == "many-to-one")
    assert trace.loss == pytest.approx(loss, abs=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(trace[f"gradient/{name}"], gradient, atol=1e-12)
    assert not trace["0/later/hidden"][0].any(), "nothing is read after the first symbol"
    assert trace["0/later/hidden"][-1].any()
    assert trace["0/last/hidden"][-1].any(), "the loss that is asked last reaches the first state"


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("structure", ["many-to-one", "many-to-many"])
@pytest.mark.parametrize("layers", [1, 2])
def test_what_reads_from_both_ends_equals_the_shared_network(
    architecture: str, structure: str, layers: int
) -> None:
    plan = structure_named(structure).of("hello")
    changes = {"architecture": architecture, "layers": layers, "direction": "both"}
    plan = msgspec.structs.replace(plan, **changes)

    trace = compute(plan)
    loss, gradients = plain_gradients(plan)

    assert plan.joins_ends is (structure == "many-to-one")
    assert trace.loss == pytest.approx(loss, abs=1e-12)
    assert set(gradients) == set(trace.parameters)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(trace[f"gradient/{name}"], gradient, atol=1e-12)
    first = "0/own/hidden"
    assert not trace["1/later/hidden"][0].any(), "nothing is read after the first symbol"
    assert trace["1/later/hidden"][1].any() and trace["0/later/hidden"][0].any()
    if layers == 1 and structure == "many-to-one":
        assert not trace[first][:-1].any() and not trace["1/own/hidden"][1:].any()


@pytest.mark.parametrize(
    ("structure", "why"),
    [
        ("one-to-one", "there is one step"),
        ("one-to-many", "nothing enters"),
        ("encoder-decoder", "what is not written yet"),
        ("attention", "what is not written yet"),
    ],
)
def test_what_has_no_end_to_read_says_so(structure: str, why: str) -> None:
    plan = msgspec.structs.replace(structure_named(structure).of("hello"), direction="both")
    with pytest.raises(UnrollError, match=why):
        compute(plan)
    both = of_word("hello", direction="both")
    with pytest.raises(UnrollError, match="has no end yet"):
        write_on(both, first_weights(both))
    end = of_word("hello", direction="backward")
    with pytest.raises(UnrollError, match="it reads from the end, and what is to be written"):
        write_on(end, first_weights(end))
    with pytest.raises(UnrollError, match="chunks"):
        compute(of_word("hello", direction="both", chunk=2))


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_jacobians_are_autograds(architecture: str, direction: str) -> None:
    plan = of_word("hello", architecture=architecture, direction=direction, layers=2)
    trace, network = compute(plan), network_of(plan, None)
    for row in range(plan.rows):
        layer = network.layer_at(row, 0)
        states = layer.facts.states
        for step in range(plan.steps):
            before = plan.before(row, step)
            found = trace[f"{row}/jacobian"][step]
            if before is None:
                assert np.isnan(found).all()
                continue
            below = [trace[f"{one}/hidden"] for one in plan.rows_of(plan.layer_of(row) - 1)]
            entering = torch.tensor(np.concatenate(below or [trace["inputs"]], axis=1)[[step]])

            def stepped(state, entering=entering, layer=layer):
                parts = state.chunk(len(layer.facts.states), 1)
                return torch.cat(layer.step(entering, parts).state, 1)

            was = torch.tensor(np.concatenate([trace[f"{row}/{name}"][before] for name in states]))
            wanted = torch.autograd.functional.jacobian(stepped, was[None])[0, :, 0]
            np.testing.assert_allclose(found, wanted.numpy(), atol=1e-12)


@pytest.mark.parametrize("architecture", NAMES)
def test_what_comes_from_later_is_the_rest(architecture: str) -> None:
    """Moving a state a little moves the loss by own + later: finite differences."""
    plan = of_word("hello", architecture=architecture)
    trace = compute(plan)
    network = network_of(plan, None)
    layer = network.layers[0]
    assert isinstance(layer, Layer)

    def loss_with(step: int, unit: int, by: float) -> float:
        state, total = layer.zero_state(1), 0.0
        for t, (symbol, target) in enumerate(zip(plan.inputs, plan.targets, strict=True)):

            def moved(name: str, values: torch.Tensor, t: int = t) -> torch.Tensor:
                values = values.clone()
                if t == step and name == "hidden":
                    values[0, unit] += by
                return values

            stepped = layer.step(network.enter(symbol), state, moved)
            state = stepped.state
            assert target is not None
            index = torch.tensor([plan.vocabulary.index(target)])
            scores = network.read(stepped.channels["hidden"])
            total += float(functional.cross_entropy(scores, index))
        return total

    whole = trace["0/own/hidden"] + trace["0/later/hidden"]
    for step in range(plan.steps):
        for unit in range(plan.units):
            with torch.no_grad():
                slope = (loss_with(step, unit, 1e-5) - loss_with(step, unit, -1e-5)) / 2e-5
            assert whole[step, unit] == pytest.approx(slope, abs=1e-8)
    assert not trace["0/later/hidden"][-1].any()


def test_by_hand_the_last_step_of_a_vanilla_network() -> None:
    """dL/dW_hy of the last step is (p - onehot) h'; dL/dh is W_hy' (p - onehot)."""
    trace = compute(of_word("hello"))
    wrong = trace["probabilities"][-1].copy()
    wrong[3] -= 1  # o

    np.testing.assert_allclose(
        trace["share/output.weight"][-1], np.outer(wrong, trace["0/hidden"][-1]), atol=1e-12
    )
    np.testing.assert_allclose(
        trace["0/own/hidden"][-1], trace["weight/output.weight"].T @ wrong, atol=1e-12
    )


def test_a_cut_stops_the_gradient_and_not_the_state() -> None:
    full = compute(of_word("hello"))
    cut = compute(of_word("hello", chunk=2))
    anew = compute(of_word("hello", chunk=2, carried=False))

    np.testing.assert_array_equal(cut["0/hidden"], full["0/hidden"])
    assert not cut["0/later/hidden"][1].any()
    assert full["0/later/hidden"][1].any()
    assert not cut["0/last/hidden"][:2].any()
    assert not np.allclose(anew["0/hidden"][2:], full["0/hidden"][2:])


@pytest.mark.parametrize("architecture", NAMES)
def test_training_is_the_updates_that_are_shown(architecture: str) -> None:
    plan = of_word("hello", architecture=architecture, clip="norm", threshold=0.5)
    first = compute(plan)
    shown = {name: first[f"weight/{name}"] + first[f"update/{name}"] for name in first.parameters}

    trained, made = train(plan, None, 1)

    assert made == 1
    assert first.gradient_norm() > 0.5
    for name, values in trained.items():
        np.testing.assert_allclose(values, shown[name], atol=1e-12)


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("structure", [structure.name for structure in STRUCTURES])
def test_every_little_task_is_learned(architecture: str, structure: str) -> None:
    plan = structure_named(structure).of("hello")
    plan = msgspec.structs.replace(plan, architecture=architecture, rate=0.3)

    weights, made = train(plan, None, 3000, until_learned=True)

    assert made < 3000
    assert compute(plan, weights, made).learned


def test_a_radius_is_that_of_the_matrix() -> None:
    plan = of_word("hello")
    weights, _ = train(plan, None, 0)
    changed = with_radius(plan, weights, 1.5)
    found = np.linalg.eigvals(changed["layers.0.weight_hh_l0"])
    assert np.abs(found).max() == pytest.approx(1.5)


def test_a_trace_is_read_as_it_was_written(tmp_path) -> None:
    trace = compute(of_word("hello"))
    trace.save(tmp_path / "trace.npz")
    again = read_trace(tmp_path / "trace.npz", trace.plan)
    assert again.arrays.keys() == trace.arrays.keys()
    for key, values in trace.arrays.items():
        np.testing.assert_array_equal(again[key], values)


@pytest.mark.parametrize(
    ("shapes", "numbers"),
    [
        (b'{"losses": [4]}', np.zeros(3)),
        (b'{"losses": [-1]}', np.zeros(3)),
        (b'{"losses": 4}', np.zeros(4)),
        (b'{"losses": [4]}', np.zeros((2, 2))),
        (b'{"losses": []}', np.zeros(())),
    ],
)
def test_a_trace_whose_shapes_are_not_its_numbers_is_refused(
    tmp_path, shapes: bytes, numbers: np.ndarray
) -> None:
    path = tmp_path / "trace.npz"
    np.savez(path, shapes=np.frombuffer(shapes, np.uint8), numbers=numbers)
    with pytest.raises(UnrollError, match="cannot be read"):
        read_trace(path, Plan())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"inputs": ("h", "x", "l", "l")}, "'x' is not in the vocabulary"),
        ({"units": 0}, "0 units cannot be drawn"),
        ({"targets": (None,) * 4}, "no step has a target"),
        ({"rate": float("nan")}, "teaches nothing"),
        ({"architecture": "hyena"}, "unknown here"),
        ({"architecture": "mamba"}, "more than one number a unit"),
    ],
)
def test_what_cannot_be_unrolled_is_said(wrong: dict, said: str) -> None:
    with pytest.raises(UnrollError, match=said):
        compute(msgspec.structs.replace(Plan(), **wrong))


def learned(plan):
    weights, _ = train(plan, None, 5000, until_learned=True)
    return weights


def test_at_test_time_what_it_wrote_is_what_it_reads():
    plan = of_word("hello" + END, units=4)
    trace = write_on(plan, learned(plan))
    assert trace.plan.drawn == ("e", "l", "l", "o", END)
    assert trace.plan.inputs == ("h", *trace.plan.drawn[:-1])
    for step in range(trace.plan.steps):
        assert trace.likeliest[step] == trace.plan.drawn[step]
    # The same numbers as those of the pass over the word, which it learned.
    taught = compute(plan, trace.weights)
    assert trace["0/hidden"] == pytest.approx(taught["0/hidden"], abs=1e-12)


def test_without_an_end_mark_it_does_not_stop_by_itself():
    plan = of_word("hello")
    trace = write_on(plan, learned(plan))
    assert trace.plan.drawn[:4] == ("e", "l", "l", "o")
    assert trace.plan.steps == 8
    assert END not in trace.plan.drawn


def test_a_decoder_begins_with_the_mark_and_goes_on_alone():
    plan = structure_named("attention").of("estamos comiendo pan > we are eating bread")
    trace = write_on(plan, learned(plan))
    assert trace.plan.drawn == (None, None, None, "we", "are", "eating", "bread", END)
    assert trace.plan.inputs[3:] == (END, "we", "are", "eating", "bread")


def test_what_is_drawn_follows_the_probabilities_and_its_seed():
    plan = of_word("hello")
    weights = first_weights(plan)
    first = [write_on(plan, weights, 1.0, seed).plan.drawn for seed in range(300)]
    assert first[7] == write_on(plan, weights, 1.0, 7).plan.drawn
    chances = write_on(plan, weights)["probabilities"][0]
    counts = [sum(one[0] == symbol for one in first) / 300 for symbol in plan.vocabulary]
    assert counts == pytest.approx(chances, abs=0.1)
    cold = {write_on(plan, weights, 1e-9, seed).plan.drawn for seed in range(20)}
    assert cold == {write_on(plan, weights).plan.drawn}


def test_where_nothing_goes_back_in_nothing_does():
    plan = structure_named("many-to-one").of("hello")
    trace = write_on(plan, first_weights(plan))
    assert trace.plan.inputs == plan.inputs
    assert [one is None for one in trace.plan.drawn] == [True, True, True, False]
