"""A small network computed step by step in float64, there and back, with nothing thrown away.

The layers are those of every other network here (`nets.architectures`); autograd does the way back.
Every step uses a copy of the parameters of its own, so that the share of each step in the gradient
is known; their sum is the gradient of the shared parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import UnrollError
from rnnviz.core.unroll.plan import END, MOST_STEPS, Plan
from rnnviz.core.unroll.states import begins_anew, entering, state_before
from rnnviz.core.unroll.trace import Numbers, Trace
from rnnviz.nets.architectures import Layer, LayerState, architecture_named
from rnnviz.nets.architectures.base import Change
from rnnviz.nets.sequence.first_weights import draw_first_weights
from rnnviz.nets.sequence.states import detached

MOST_UPDATES = 5000
Weights = Mapping[str, Numbers]


class SmallNetwork(nn.Module):
    """Embedding or one-hot, recurrent layers, a linear output; in float64.

    Its weights are those that the seed of the plan draws, unless others are put in: not `drawn`.
    """

    def __init__(self, plan: Plan, drawn: bool = True) -> None:
        super().__init__()
        kind = architecture_named(plan.architecture)
        if not kind.facts.starts_anywhere:
            raise UnrollError(
                f"the state of {kind.facts.title} is more than one number a unit; it cannot be "
                "unrolled here"
            )
        size, units = len(plan.vocabulary), plan.units
        self.plan = plan
        self.embedding = nn.Embedding(size, plan.embedding) if plan.embedding else None

        def layer(row: int) -> Layer:
            first = plan.layer_of(row) == 0
            return kind(plan.width if first else units * plan.directions, units)

        self.layers = nn.ModuleList(layer(row) for row in range(plan.rows))
        self.decoder = nn.ModuleList(layer(row) for row in range(plan.rows if plan.source else 0))
        read_from = units * plan.directions * (2 if plan.attends else 1)
        self.output = nn.Linear(read_from, size)
        self.double()
        if drawn:
            bound = 1 / plan.units**0.5
            draw_first_weights(self, plan.seed, kind.facts, plan.units, lambda name, part: bound)

    def layers_at(self, step: int) -> nn.ModuleList:
        """The layers that a step runs: the encoder's, then the decoder's."""
        return self.decoder if self.plan.decodes(step) else self.layers

    def layer_at(self, row: int, step: int) -> Layer:
        """The layer that a row of states runs at a step."""
        found = self.layers_at(step)[row]
        assert isinstance(found, Layer)
        return found

    def joined(self, hidden: list[list[Tensor]], layer: int) -> list[Tensor]:
        """(T) what a layer gives at every step to the one above: (1, U), or both directions."""
        rows = [hidden[row] for row in self.plan.rows_of(layer)]
        return [torch.cat(one, dim=1) for one in zip(*rows, strict=True)]

    def read_from(self, hidden: list[list[Tensor]]) -> list[Tensor]:
        """(T) what the scores of every step are made of: where one answer is asked both ends."""
        plan = self.plan
        rows = plan.rows_of(plan.layers - 1)
        return [
            torch.cat([hidden[row][plan.read_at(row, step)] for row in rows], dim=1)
            for step in range(plan.steps)
        ]

    def attend(self, hidden: Tensor, memory: list[Tensor]) -> tuple[Tensor, Tensor]:
        """(1, S) weights of the encoder's states and (1, U) their sum, for a state (1, U)."""
        states = torch.cat(memory)  # (S, U)
        weights = (hidden @ states.t()).softmax(dim=1)
        return weights, weights @ states

    def enter(self, symbol: str | None) -> Tensor:
        """(1, I) what enters the first layer for a symbol; zeros for none."""
        like = self.output.weight
        if symbol is None:
            return like.new_zeros(1, self.plan.width)
        index = torch.tensor([self.plan.vocabulary.index(symbol)])
        if self.embedding is not None:
            return self.embedding(index)
        return functional.one_hot(index, len(self.plan.vocabulary)).to(like.dtype)

    def numbers(self) -> dict[str, Numbers]:
        """A copy of every parameter by its name."""
        return {name: value.detach().numpy().copy() for name, value in self.named_parameters()}

    def read(self, hidden: Tensor, context: Tensor | None = None) -> Tensor:
        """(1, V) the scores; with attention from state and context, which an encoder has not."""
        if self.plan.attends:
            context = torch.zeros_like(hidden) if context is None else context
            hidden = torch.cat([hidden, context], dim=1)
        scores = self.output(hidden)
        return scores.tanh() if self.plan.squashed_output else scores


class _Copies:
    """A copy of the parameters for each step of a network, put into it as the step is computed.

    `torch.func.functional_call` does the same in half a millisecond, thrice a step.
    """

    def __init__(self, network: SmallNetwork) -> None:
        self.network = network
        named = [
            (f"{path}.{name}" if path else name, module, name, value)
            for path, module in network.named_modules()
            for name, value in module.named_parameters(recurse=False)
        ]
        self._places = [(module, name) for _, module, name, _ in named]
        self.named = [
            {whole: nn.Parameter(value.detach().clone()) for whole, _, _, value in named}
            for _ in network.plan.inputs
        ]
        """(T) the parameters of each step by their names."""

    def at(self, step: int) -> SmallNetwork:
        """The network with the parameters of a step, until those of another are asked for."""
        for (module, name), value in zip(self._places, self.named[step].values(), strict=True):
            setattr(module, name, value)
        return self.network


class _Notes:
    """What is kept of one step: values, and the nodes of the graph whose gradients are wanted."""

    def __init__(self) -> None:
        self.values: dict[str, Tensor] = {}
        self.whole: dict[str, Tensor] = {}
        """Every state as its step computed it, before it fans out."""
        self.later: dict[int, LayerState] = {}
        """The states of each layer on their way to the next step."""

    def keep(self, key: str, values: Tensor) -> None:
        self.values[key] = values

    def change(self, layer: int) -> Change:
        """Puts a node of its own in the place of every state, so that its gradient is kept."""

        def noted(state: str, values: Tensor) -> Tensor:
            node = values.clone()
            if node.requires_grad:
                node.retain_grad()
            self.whole[f"{layer}/{state}"] = node
            return node

        return noted

    def handed_on(self, layer: int, state: LayerState) -> LayerState:
        nodes = tuple(part.clone() for part in state)
        for node in nodes:
            if node.requires_grad:
                node.retain_grad()
        self.later[layer] = nodes
        return nodes


def compute(
    plan: Plan,
    weights: Weights | None = None,
    trained: int = 0,
    jacobians: Iterable[int] | None = None,
) -> Trace:
    """All numbers of the plan; with these weights, or those that its seed draws.

    Args:
        jacobians: the rows of which they are wanted; None for all.

    Raises:
        UnrollError: the plan cannot be computed, or the weights are not of such a network.
    """
    network = network_of(plan, weights)
    copies = _Copies(network)
    notes = [_Notes() for _ in plan.inputs]
    below = [copies.at(step).enter(symbol) for step, symbol in enumerate(plan.inputs)]
    for note, read in zip(notes, below, strict=True):
        note.keep("inputs", read)
    hidden: list[list[Tensor]] = []
    for layer in range(plan.layers):
        rows = plan.rows_of(layer)
        hidden += [_of_row(copies, row, below, notes) for row in rows]
        below = network.joined(hidden, layer)
    scores = _read(copies, network.read_from(hidden), notes)
    losses = [
        functional.cross_entropy(given, torch.tensor([plan.vocabulary.index(target)]))
        if target is not None
        else None
        for given, target in zip(scores, plan.targets, strict=True)
    ]
    asked = [loss for loss in losses if loss is not None]
    arrays = _forward(notes, scores, losses)
    torch.stack(asked).sum().backward(retain_graph=True)
    arrays |= _backward(plan, network, notes)
    arrays |= _update(plan, network, copies)
    # Only now: kept gradients would add up.
    last = losses[plan.last_answer]
    assert last is not None
    arrays |= _of_the_last(notes, last)
    known = Trace(plan, arrays)
    small = plan.units * len(network.layer_at(0, 0).facts.states) <= _MOST_JACOBIAN
    wanted = range(plan.rows) if jacobians is None else jacobians
    for row in wanted if small else ():
        arrays[f"{row}/jacobian"] = _jacobian(network, known, row)
    for values in arrays.values():
        values.flags.writeable = False
    return Trace(plan, arrays, trained)


def _of_row(copies: _Copies, row: int, below: list[Tensor], notes: list[_Notes]) -> list[Tensor]:
    """(T) the hidden states (1, U) of a row, in the order of the steps."""
    plan, state = copies.network.plan, copies.network.layer_at(row, 0).zero_state(1)
    given: dict[int, Tensor] = {}
    for step in plan.order(row):
        network, note = copies.at(step), notes[step]
        state = _state_at(network, row, step, state)
        stepped = network.layer_at(row, step).step(below[step], state, note.change(row))
        for name, values in stepped.channels.items():
            note.keep(f"{row}/{name}", values)
        state = note.handed_on(row, stepped.state)
        given[step] = stepped.channels["hidden"]
    return [given[step] for step in range(plan.steps)]


def _read(copies: _Copies, given: list[Tensor], notes: list[_Notes]) -> list[Tensor]:
    """(T) the scores (1, V), and with attention what is looked at."""
    plan = copies.network.plan
    memory = given[: plan.source] if plan.attends else []
    return [
        _scores(copies.at(step), step, hidden, memory, notes[step])
        for step, hidden in enumerate(given)
    ]


def _scores(
    network: SmallNetwork, step: int, hidden: Tensor, memory: list[Tensor], note: _Notes
) -> Tensor:
    """(1, V), and with attention what is looked at: nothing by an encoder."""
    plan, context = network.plan, None
    if plan.attends and plan.decodes(step):
        weights, context = network.attend(hidden, memory)
        note.keep("attention", weights)
        note.keep("context", context)
    elif plan.attends:
        note.keep("attention", hidden.new_full((1, plan.source), torch.nan))
        note.keep("context", torch.full_like(hidden, torch.nan))
    return network.read(hidden, context)


_MOST_JACOBIAN = 64
"""Numbers of a state: of larger ones no Jacobian is kept."""


def _jacobian(network: SmallNetwork, trace: Trace, row: int) -> Numbers:
    """(T, D, D) how each step's states of a row move with those before; NaN where none were.

    Every number of a state is a stream of its own, so that one way back gives all of them.
    """
    plan, states = network.plan, network.layer_at(row, 0).facts.states
    size = len(states) * plan.units
    whole = np.full((plan.steps, size, size), np.nan)
    for decodes in (False, True):
        steps = [
            step
            for step in range(plan.steps)
            if plan.decodes(step) is decodes and not begins_anew(plan, row, step)
        ]
        if not steps:
            continue
        before = [
            _streams([state_before(trace, row, name, step) for step in steps], size)
            for name in states
        ]
        inputs = _streams([entering(trace, row, step) for step in steps], size)
        for part in before:
            part.requires_grad_()
        after = network.layer_at(row, steps[0]).step(inputs, tuple(before)).state
        asked = torch.cat(after, dim=1).view(len(steps), size, size).diagonal(dim1=1, dim2=2).sum()
        slopes = torch.autograd.grad(asked, before, materialize_grads=True)
        whole[steps] = torch.cat(slopes, dim=1).view(len(steps), size, size).numpy()
    return whole


def _streams(rows: list[Numbers], each: int) -> Tensor:
    """(S * each, N) every one of the S rows so many times."""
    return torch.tensor(np.stack(rows)).repeat_interleave(each, dim=0)


_GOES_ON = 4
"""At test time a network writes so many symbols more than it was taught, unless it stops."""


@torch.no_grad()
def write_on(
    plan: Plan, weights: Weights, temperature: float = 0.0, draw: int = 0, trained: int = 0
) -> Trace:
    """The network at test time: what it writes is what enters next, until the end mark.

    Only what begins is given: the first symbol, or a decoder's source.

    Args:
        temperature: of what is drawn; 0 takes the likeliest.
        draw: the seed of what is drawn.

    Raises:
        UnrollError: as for `compute`, or the numbers are not finite.
    """
    if plan.why_no_test:
        raise UnrollError(plan.why_no_test)
    network = network_of(plan, weights)
    generator = torch.Generator().manual_seed(draw)
    states = [network.layer_at(row, 0).zero_state(1) for row in range(plan.rows)]
    memory: list[Tensor] = []
    notes: list[_Notes] = []
    scores: list[Tensor] = []
    inputs: list[str | None] = []
    drawn: list[str | None] = []
    most = min(MOST_STEPS, plan.steps + _GOES_ON) if plan.feeds else plan.steps
    for number in range(most):
        given = plan.inputs[min(number, plan.steps - 1)]
        begins = number <= plan.source or not plan.feeds
        inputs.append(given if begins else drawn[-1])
        note = _Notes()
        said, states = _one_step(network, number, inputs[-1], states, memory, note)
        notes.append(note)
        scores.append(said)
        writes = number >= plan.source if plan.source else plan.feeds or plan.targets[number]
        drawn.append(_drawn(plan, said[0], temperature, generator) if writes else None)
        if drawn[-1] == END:
            break
    arrays = _forward(notes, scores, [None] * len(scores))
    arrays |= {f"weight/{name}": values for name, values in network.numbers().items()}
    for values in arrays.values():
        values.flags.writeable = False
    shown = msgspec.structs.replace(
        plan, inputs=tuple(inputs), targets=(None,) * len(inputs), drawn=tuple(drawn)
    )
    return Trace(shown, arrays, trained)


def _one_step(
    network: SmallNetwork,
    number: int,
    symbol: str | None,
    states: list[LayerState],
    memory: list[Tensor],
    note: _Notes,
) -> tuple[Tensor, list[LayerState]]:
    """Scores (1, V) and the states of all layers after a step of a network that reads on."""
    plan, below = network.plan, network.enter(symbol)
    note.keep("inputs", below)
    after: list[LayerState] = []
    for row in range(plan.rows):
        state = _state_at(network, row, number, states[row])
        stepped = network.layer_at(row, number).step(below, state)
        for name, values in stepped.channels.items():
            note.keep(f"{row}/{name}", values)
        after.append(stepped.state)
        below = stepped.channels["hidden"]
    if plan.attends and not plan.decodes(number):
        memory.append(below)
    return _scores(network, number, below, memory, note), after


def _drawn(plan: Plan, scores: Tensor, temperature: float, generator: torch.Generator) -> str:
    if not bool(torch.isfinite(scores).all()):
        raise UnrollError("the scores are no numbers; begin anew with a smaller rate")
    if temperature <= 0:
        return plan.vocabulary[int(scores.argmax())]
    chances = (scores / temperature).softmax(dim=0)
    return plan.vocabulary[int(torch.multinomial(chances, 1, generator=generator))]


def train(
    plan: Plan, weights: Weights | None, updates: int, until_learned: bool = False
) -> tuple[dict[str, Numbers], int]:
    """The weights after so many updates of plain gradient descent, and how many were made.

    Args:
        until_learned: stop as soon as every answer that is asked for is likelier than 0.9.

    Raises:
        UnrollError: as for `compute`; or a number is no longer finite.
    """
    network = network_of(plan, weights)
    made = 0
    targets = [None if t is None else plan.vocabulary.index(t) for t in plan.targets]
    for _ in range(min(updates, MOST_UPDATES)):
        network.zero_grad()
        chances, loss = _loss(network, targets)
        if until_learned and min(chances) > 0.9:
            break
        if not bool(torch.isfinite(loss)):
            raise UnrollError(
                f"the loss is no number after {made} updates; take a smaller rate, or clip"
            )
        loss.backward()
        with torch.no_grad():
            gradients = {name: _gradient(part) for name, part in network.named_parameters()}
            clipped = _clipped(plan, gradients)
            for name, parameter in network.named_parameters():
                parameter.sub_(plan.rate * clipped[name])
        made += 1
    return network.numbers(), made


def network_of(plan: Plan, weights: Weights | None) -> SmallNetwork:
    """The network of this plan with these weights, or with those that its seed draws.

    Raises:
        UnrollError: the plan cannot be computed, or the weights are not of such a network.
    """
    plan.check()
    network = SmallNetwork(plan, drawn=weights is None)
    if weights is None:
        return network
    wanted = {name: tuple(value.shape) for name, value in network.named_parameters()}
    found = {name: values.shape for name, values in weights.items()}
    if wanted != found:
        raise UnrollError("these weights are those of another network; begin anew")
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.tensor(weights[name]))
    return network


def first_weights(plan: Plan) -> dict[str, Numbers]:
    """The weights that the seed of a plan draws."""
    return network_of(plan, None).numbers()


def with_radius(plan: Plan, weights: Weights, radius: float) -> dict[str, Numbers]:
    """The same weights with every square recurrent matrix scaled to this spectral radius.

    Raises:
        UnrollError: the radius is no positive number, or a matrix has no eigenvalue but zero.
    """
    if not (np.isfinite(radius) and 0 < radius <= 10):
        raise UnrollError(f"a spectral radius of {radius} cannot be set; take one from 0 to 10")
    network = network_of(plan, weights)
    if not any(layer.recurrent_weights() for layer in network.layers if isinstance(layer, Layer)):
        title = architecture_named(plan.architecture).facts.title
        raise UnrollError(f"no matrix leads from state to state in {title}: it has no radius")
    with torch.no_grad():
        for layer in (*network.layers, *network.decoder):
            assert isinstance(layer, Layer)
            for name, matrix in layer.recurrent_weights().items():
                now = float(torch.linalg.eigvals(matrix).abs().max())
                if now < 1e-12:
                    raise UnrollError(f"the recurrent matrix of {name} is zero; begin anew")
                matrix.mul_(radius / now)
    return network.numbers()


def _state_at(network: SmallNetwork, row: int, step: int, state: LayerState) -> LayerState:
    """The state that a step begins with: cut from the graph, or anew, where a chunk starts."""
    if not network.plan.chunk_starts(step):
        return state
    if not network.plan.carried:
        return network.layer_at(row, step).zero_state(1)
    return detached(state)


def _loss(network: SmallNetwork, targets: list[int | None]) -> tuple[list[float], Tensor]:
    """The probability of every answer that is asked for, and the summed loss, nats."""
    plan = network.plan
    below = [network.enter(symbol) for symbol in plan.inputs]
    hidden: list[list[Tensor]] = []
    for layer in range(plan.layers):
        for row in plan.rows_of(layer):
            state, given = network.layer_at(row, 0).zero_state(1), dict[int, Tensor]()
            for step in plan.order(row):
                state = _state_at(network, row, step, state)
                given[step], state = network.layer_at(row, step).advance(below[step], state)
            hidden.append([given[step] for step in range(plan.steps)])
        below = network.joined(hidden, layer)
    read = network.read_from(hidden)
    memory = read[: plan.source]
    chances: list[float] = []
    losses: list[Tensor] = []
    for step, target in enumerate(targets):
        if target is None:
            continue
        attends = plan.attends and plan.decodes(step)
        context = network.attend(read[step], memory)[1] if attends else None
        scores = network.read(read[step], context)
        losses.append(functional.cross_entropy(scores, torch.tensor([target])))
        chances.append(float((-losses[-1].detach()).exp()))
    return chances, torch.stack(losses).sum()


def _forward(
    notes: list[_Notes], scores: list[Tensor], losses: list[Tensor | None]
) -> dict[str, Numbers]:
    arrays = {
        key: torch.cat([note.values[key].detach() for note in notes]).numpy().copy()
        for key in notes[0].values
    }
    given = torch.cat([one.detach() for one in scores])
    arrays["scores"] = given.numpy().copy()
    arrays["probabilities"] = given.softmax(dim=1).numpy().copy()
    arrays["losses"] = np.array(
        [np.nan if loss is None else float(loss.detach()) for loss in losses]
    )
    return arrays


def _of_the_last(notes: list[_Notes], loss: Tensor) -> dict[str, Numbers]:
    """The gradient of the last loss alone at every state, zeros where it does not reach."""
    keys, steps = list(notes[0].whole), len(notes)
    nodes = [note.whole[key] for key in keys for note in notes]
    wanted = [node for node in nodes if node.requires_grad]
    # All at once: one way back through the network, not one for each row of states.
    found = iter(torch.autograd.grad(loss, wanted, retain_graph=True, materialize_grads=True))
    rows = [next(found) if node.requires_grad else torch.zeros_like(node) for node in nodes]
    arrays = {}
    for number, key in enumerate(keys):
        layer, state = key.split("/")
        values = torch.cat(rows[number * steps : (number + 1) * steps])
        arrays[f"{layer}/last/{state}"] = values.detach().numpy().copy()
    return arrays


def _backward(plan: Plan, network: SmallNetwork, notes: list[_Notes]) -> dict[str, Numbers]:
    """What reaches every state from its own step and from later ones, after `backward`."""
    arrays = {}
    facts = architecture_named(plan.architecture).facts
    for number, _ in enumerate(network.layers):
        for place, state in enumerate(facts.states):
            whole = torch.cat([_gradient(note.whole[f"{number}/{state}"]) for note in notes])
            later = torch.cat([_gradient(note.later[number][place]) for note in notes])
            arrays[f"{number}/later/{state}"] = later.numpy().copy()
            arrays[f"{number}/own/{state}"] = (whole - later).numpy().copy()
    return arrays


def _update(plan: Plan, network: SmallNetwork, copies: _Copies) -> dict[str, Numbers]:
    arrays: dict[str, Numbers] = {}
    sums: dict[str, Tensor] = {}
    for name, weights in network.numbers().items():
        shares = torch.stack([_gradient(copy[name]) for copy in copies.named])
        sums[name] = shares.sum(dim=0)
        arrays[f"weight/{name}"] = weights
        arrays[f"share/{name}"] = shares.numpy().copy()
        arrays[f"gradient/{name}"] = sums[name].numpy().copy()
    for name, gradient in _clipped(plan, sums).items():
        arrays[f"update/{name}"] = (-plan.rate * gradient).numpy().copy()
    return arrays


def _clipped(plan: Plan, gradients: dict[str, Tensor]) -> dict[str, Tensor]:
    """The gradients as the update takes them: whole, shortened together, or each number cut."""
    if plan.clip == "none":
        return gradients
    if plan.clip == "value":
        return {name: one.clamp(-plan.threshold, plan.threshold) for name, one in gradients.items()}
    norm = float(torch.stack([one.square().sum() for one in gradients.values()]).sum().sqrt())
    share = min(1.0, plan.threshold / norm) if norm > 0 else 1.0
    return {name: one * share for name, one in gradients.items()}


def _gradient(node: Tensor) -> Tensor:
    return torch.zeros_like(node) if node.grad is None else node.grad
