"""What every layer must do, whatever it computes and however it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import rnnviz.core.architectures as core
import rnnviz.nets.architectures as package
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.architectures import ARCHITECTURES, Layer, architecture_named
from rnnviz.nets.architectures.base import AutogradTape, Change, LayerState, previous, unchanged
from rnnviz.nets.sequence import states
from tests.nets.architectures.every import every_layer

STEPS, BATCH, INPUTS, UNITS = 11, 3, 4, 5


def made(kind: type[Layer], seed: int = 0) -> Layer:
    """A layer whose gates move."""
    torch.manual_seed(seed)
    layer = kind(INPUTS, UNITS)
    spread = (
        1.0 if kind.facts.vector_states else 0.4
    )  # products of four of them are no small numbers
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(spread * torch.randn(parameter.shape))
    return layer.eval()


def block(layer: Layer, steps: int = STEPS, batch: int = BATCH) -> tuple[Tensor, LayerState]:
    """What enters a layer, and a state that it has after a few steps."""
    with torch.no_grad():
        _, state = layer(torch.randn(3, batch, INPUTS), layer.zero_state(batch))
    return torch.randn(steps, batch, INPUTS), states.detached(state)


def stepwise(
    layer: Layer, inputs: Tensor, state: LayerState, change: Change = unchanged
) -> tuple[dict[str, Tensor], LayerState]:
    """Every channel, (T, B, U), by the equations of one step, and the state after the last."""
    found = []
    with torch.no_grad():
        for entering in inputs:
            channels, state = layer.step(entering, state, change)
            found.append(channels)
    return {name: torch.stack([one[name] for one in found]) for name in found[0]}, state


def close(one: LayerState, two: LayerState) -> None:
    for part, other in zip(one, two, strict=True):
        torch.testing.assert_close(part, other, atol=1e-5, rtol=0)


def test_every_file_is_in_the_tuple() -> None:
    folder = Path(package.__file__).parent
    shared = {"__init__", "base", "torch_layer", "torch_modules", "fused_lstm", "mixed_lstm"}
    shared |= {"block", "token_shift"}
    files = {path.stem for path in folder.rglob("*.py")} - shared
    listed = {architecture.__module__.rsplit(".", 1)[1] for architecture in ARCHITECTURES}
    assert files - listed == set(), "these files are missing from ARCHITECTURES"
    assert len(ARCHITECTURES) == len(listed)


def test_facts_and_arithmetic_have_the_same_names() -> None:
    computed = {architecture.facts.name for architecture in ARCHITECTURES}
    described = {facts.name for facts in core.ARCHITECTURES}
    assert described - computed == set(), "facts in core without arithmetic in nets"
    assert computed - described == set(), "arithmetic in nets without facts in core"
    for architecture in ARCHITECTURES:
        assert core.facts_of(architecture.facts.name) is architecture.facts
        assert architecture_named(architecture.facts.name) is architecture
    with pytest.raises(ModelFileError, match="'hyena' is unknown here; known are lstm, gru, rnn"):
        architecture_named("hyena")


@every_layer
def test_parameters_are_those_of_the_facts(kind: type[Layer]) -> None:
    shapes = {name: tuple(part.shape) for name, part in kind(3, 5).named_parameters()}
    assert shapes == kind.facts.shapes(3, 5)


@every_layer
def test_the_first_state_is_nothing(kind: type[Layer]) -> None:
    for part in kind(INPUTS, UNITS).double().zero_state(BATCH):
        assert part.shape[0] == BATCH
        assert part.dtype == torch.float64
        assert not part.any()


@every_layer
def test_all_ways_to_run_give_the_same(kind: type[Layer]) -> None:
    layer = made(kind)
    inputs, state = block(layer)
    channels, after = stepwise(layer, inputs, state)
    assert tuple(channels) == kind.facts.channel_names
    assert {part.shape for part in channels.values()} == {(STEPS, BATCH, UNITS)}
    with torch.inference_mode():
        hidden, last = layer(inputs, state)
        torch.testing.assert_close(hidden, channels["hidden"], atol=1e-5, rtol=0)
        close(last, after)
        ran = layer.run(inputs, state)
        torch.testing.assert_close(ran.hidden, channels["hidden"], atol=1e-5, rtol=0)
        close(ran.after, after)
        changed = layer.run_changed(inputs, state, [unchanged] * STEPS)
        torch.testing.assert_close(changed.hidden, channels["hidden"], atol=1e-5, rtol=0)
        close(changed.after, after)
        given, then = layer.advance(inputs[0], state)
        torch.testing.assert_close(given, channels["hidden"][0], atol=1e-5, rtol=0)
        close(then, layer.step(inputs[0], state).state)


@every_layer
def test_gradients_of_a_block_are_those_of_its_steps(kind: type[Layer]) -> None:
    layer = made(kind).double()
    inputs, state = block(layer.float())
    layer, inputs = layer.double(), inputs.double().requires_grad_()
    state = states.floats(state, torch.float64)
    weights = torch.randn(STEPS, BATCH, UNITS, dtype=torch.float64)
    hidden, carried = [], state
    for entering in inputs:
        given, carried = layer.advance(entering, carried)
        hidden.append(given)
    found, wanted = (
        torch.autograd.grad(
            (one * weights).sum(), [inputs, *layer.parameters()], materialize_grads=True
        )
        for one in (layer(inputs, state)[0], torch.stack(hidden))
    )
    for one, two in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, two)


@every_layer
def test_channels_of_a_block_obey_the_equations_of_a_step(kind: type[Layer]) -> None:
    layer = made(kind)
    for steps, batch in ((STEPS, 1), (1, 1), (STEPS, BATCH)):
        inputs, state = block(layer, steps, batch)
        wanted, _ = stepwise(layer, inputs, state)
        with torch.inference_mode():
            ran = layer.run(inputs, state)
            projected = layer.project(inputs)
            for known in (None, projected):
                found = layer.channels(ran, None if known is None else known.clone())
                assert tuple(found) == kind.facts.channel_names
                for name, values in wanted.items():
                    torch.testing.assert_close(found[name], values, atol=1e-5, rtol=0, msg=name)


@every_layer
def test_channels_lie_where_the_facts_say(kind: type[Layer]) -> None:
    layer = made(kind)
    channels, _ = stepwise(layer, *block(layer))
    for about in kind.facts.channels:
        low, high = {"symmetric": (-1, 1), "share": (0, 1), "unbounded": (-1e9, 1e9)}[about.range]
        assert low <= channels[about.name].min() <= channels[about.name].max() <= high


@every_layer
def test_a_block_in_two_parts_gives_the_same(kind: type[Layer]) -> None:
    layer = made(kind)
    inputs, state = block(layer)
    with torch.inference_mode():
        whole = layer.run(inputs, state)
        first = layer.run(inputs[:4], state)
        second = layer.run(inputs[4:], first.after)
    together = torch.cat([first.hidden, second.hidden])
    torch.testing.assert_close(together, whole.hidden, atol=1e-5, rtol=0)
    close(second.after, whole.after)


@every_layer
def test_streams_do_not_mix(kind: type[Layer]) -> None:
    layer = made(kind)
    inputs, state = block(layer)
    with torch.inference_mode():
        whole = layer.run(inputs, state)
        for stream in range(BATCH):
            mine = slice(stream, stream + 1)
            alone = layer.run(inputs[:, mine], states.rows(state, mine))
            torch.testing.assert_close(alone.hidden, whole.hidden[:, mine], atol=1e-5, rtol=0)


# States are everybody's to keep and nobody's to look into.


@every_layer
def test_rows_of_a_state_are_gathered(kind: type[Layer]) -> None:
    layer = made(kind)
    inputs, state = block(layer, steps=2)
    chosen = torch.tensor([2, 0, 2, 1])
    with torch.inference_mode():
        whole = layer.run(inputs, state)
        gathered = layer.run(inputs[:, chosen], states.rows(state, chosen))
    torch.testing.assert_close(gathered.hidden, whole.hidden[:, chosen], atol=1e-5, rtol=0)


@every_layer
def test_a_state_survives_a_file(kind: type[Layer], tmp_path: Path) -> None:
    layer = made(kind)
    _, state = block(layer)
    save_file(dict(states.named(state)), tmp_path / "state.safetensors")
    found = states.restored(load_file(tmp_path / "state.safetensors"), layer.zero_state(BATCH))
    assert all(torch.equal(one, two) for one, two in zip(found, state, strict=True))
    assert states.size_bytes(state) == 4 * sum(part.numel() for part in state) > 0
    with pytest.raises(ValueError, match="another form"):
        states.restored(dict(states.named(state)), layer.zero_state(BATCH + 1))
    with pytest.raises(KeyError):
        states.restored({}, layer.zero_state(BATCH))


@every_layer
def test_a_copy_shares_nothing(kind: type[Layer]) -> None:
    _, state = block(made(kind))
    copy = states.copied(state)
    for part, other in zip(state, copy, strict=True):
        assert part.data_ptr() != other.data_ptr()
        assert torch.equal(part, other)
    assert states.floats(copy, torch.float64)[0].dtype == torch.float64


@every_layer
def test_a_state_that_grows_says_so(kind: type[Layer]) -> None:
    layer = made(kind)
    inputs, state = block(layer)
    with torch.inference_mode():
        after = layer.run(inputs, state).after
    assert (states.size_bytes(after) > states.size_bytes(state)) == kind.facts.grows
    if kind.facts.starts_anywhere:
        assert len(state) == len(kind.facts.states)
        assert all(part.shape == (BATCH, UNITS) for part in state)


# Interventions


@every_layer
def test_a_unit_is_held_and_all_follows_from_it(kind: type[Layer]) -> None:
    layer = made(kind)
    inputs, state = block(layer)
    for held in kind.facts.states:

        def hold(name: str, values: Tensor, held: str = held) -> Tensor:
            if name != held:
                return values
            return torch.where(torch.arange(UNITS) == 2, 0.25, values)

        with torch.inference_mode():
            ran = layer.run_changed(inputs, state, [unchanged] * 4 + [hold] * (STEPS - 4))
            found, plain = layer.channels(ran), layer.run(inputs, state)
        assert (found[held][4:, :, 2] == 0.25).all()
        torch.testing.assert_close(ran.hidden[:4], plain.hidden[:4], atol=1e-5, rtol=0)
        if held != "hidden":
            # at once, or at the next step where a step reads what the one before it left
            assert not torch.allclose(found["hidden"][4:6], plain.hidden[4:6])
        if not kind.facts.grows:
            others = [unit for unit in range(UNITS) if unit != 2]
            wanted = (plain.hidden[5:, :, others] - found["hidden"][5:, :, others]).abs().max()
            mixed = held != "hidden" and not kind.facts.vector_states  # what is read is projected
            recurrent = bool(layer.recurrent_weights()) or mixed
            assert (wanted > 1e-4) == recurrent, "other units see it through W_hh alone"


# The way back


@every_layer
@pytest.mark.parametrize("closed", [True, False], ids=["its own", "by autograd"])
def test_the_way_back_is_what_autograd_finds(kind: type[Layer], closed: bool) -> None:
    layer = made(kind).double()
    inputs, state = block(layer.float(), batch=1)
    layer, inputs = layer.double(), inputs[:, 0].double()
    state = states.floats(state, torch.float64)
    with torch.no_grad():
        own = layer.tape(inputs, state)[1]
    tape = own if closed else AutogradTape(layer, inputs, state)
    weights = torch.randn(STEPS, 1, UNITS, dtype=torch.float64)
    before = tuple(part.clone().requires_grad_() for part in state)
    entering, nodes, carried, loss = inputs.clone().requires_grad_(), [], before, torch.zeros(())
    for step in range(STEPS):
        channels, carried = layer.step(entering[step : step + 1], carried)
        nodes.append([channels[name] for name in kind.facts.states])
        loss = loss + (channels["hidden"] * weights[step]).sum()
        torch.testing.assert_close(tape.channels["hidden"][step : step + 1], channels["hidden"])
    flat = [node for of_step in nodes for node in of_step]
    wanted = torch.autograd.grad(loss, [*before, entering, *flat], materialize_grads=True)
    each = len(kind.facts.states)
    gradient = tape.zeros(2, STEPS - 1)
    for step in range(STEPS - 1, -1, -1):
        # Two gradients side by side: of the loss, and of nothing.
        above = torch.cat([weights[step], torch.zeros_like(weights[step])])
        back = tape.back(step, above, gradient)
        gradient = back.before
        torch.testing.assert_close(back.inputs[:1], wanted[len(before)][step : step + 1])
        named = wanted[len(before) + 1 :][step * each : (step + 1) * each]
        for found, right in zip(back.whole, named, strict=True):
            torch.testing.assert_close(found[:1], right)
        assert not back.inputs[1].any()
    for found, right in zip(gradient, wanted[: len(before)], strict=True):
        torch.testing.assert_close(found[:1], right)


def test_previous_shifts_by_one() -> None:
    hidden = torch.arange(6.0).view(3, 1, 2)
    before = torch.tensor([[8.0, 9.0]])
    assert previous(hidden, before).tolist() == [[[8, 9]], [[0, 1]], [[2, 3]]]
