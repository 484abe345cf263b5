"""Back-propagation through networks whichever way their layers read, a layer at a time.

`backprop` goes back step by step through all layers at once, which asks that all of them read
forwards. Here a whole layer is gone back through before the one below it: what reads from the end
is gone back through in the order in which it reads. The closed forms of a step are the same.

Of a network that answers at every step each loss is about one step; of one that answers once for a
document there is one loss, and all of its steps feed it through the readout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import GradientError
from rnnviz.core.models.network import FRONT, Rows
from rnnviz.nets.gradients.backprop import Taped, in_order, read_taped
from rnnviz.nets.sequence.network import NetworkState, SequenceNetwork
from rnnviz.nets.walking.outcomes import class_logits

MOST_BOTH_WAYS = 4096
"""Steps of a document that some layers read from the end: all of them are kept in double
precision."""
_AT_ONCE = 1 << 24
"""Numbers of a block of gradients side by side."""


@dataclass(frozen=True)
class Wanted:
    """What a document is said to be, or to give, (T,) or (T, O), and which class is asked about."""

    truth: Tensor | None = None
    """(T,) the class of each step, below 0 where none is said."""
    numbers: Tensor | None = None
    """(T, O) NaN where none are said."""
    of_class: int | None = None
    """The log-probability of this class is taken, whatever is true."""


@dataclass(frozen=True)
class Stretch:
    """Steps of a document that a network read, and the gradients of R losses where they begin."""

    taped: Taped
    rows: tuple[Rows, ...]
    first: int
    """The step of the document that the stretch begins with."""
    read: Tensor
    """(S, ...) what was read at each step: ids, or numbers."""
    steps: Tensor
    """(R,) the step of the stretch that each loss is about."""
    losses: Tensor
    """(R,)."""
    seeds: Mapping[int, Tensor]
    """By layer: the gradient of each loss at what that layer gave, (R, W) at the loss's own step
    where the network answers at every step, else (S, W) of the only one."""
    of_all: bool
    """Whether the only loss is about all steps of the document."""

    def seeds_of(self, rows: slice) -> dict[int, Tensor]:
        """The same at every step, (R', S, W), for some of the losses."""
        if self.of_all:
            return {layer: seed[None] for layer, seed in self.seeds.items()}
        found = {}
        steps = self.steps[rows]
        for layer, seed in self.seeds.items():
            whole = seed.new_zeros(len(steps), self.taped.steps, seed.shape[1])
            whole[torch.arange(len(steps)), steps] = seed[rows]
            found[layer] = whole
        return found

    def summed_seeds(self) -> dict[int, Tensor]:
        """Those of all losses together, (1, S, W)."""
        if self.of_all:
            return self.seeds_of(slice(0, 1))
        found = {}
        for layer, seed in self.seeds.items():
            whole = seed.new_zeros(self.taped.steps, seed.shape[1])
            found[layer] = whole.index_add(0, self.steps, seed)[None]
        return found


class Reached(NamedTuple):
    """How strongly R losses reach each of S steps."""

    states: tuple[dict[str, Tensor], ...]
    """For each row its states, (R, S) the norm of the gradient after each step, in the order of
    the text."""
    front: Tensor
    """(R, S, E) the gradient at what the front end gave."""


@torch.no_grad()
def take(
    double: SequenceNetwork,
    entering: Tensor,
    losses: range,
    wanted: Wanted,
    distance: int,
    progress: Callable[[float, float], None] = lambda done, total: None,
) -> Stretch:
    """Read a document, (T,) ids or (T, F) numbers, and take the gradients of some losses.

    Args:
        double: the network as `in_double` gives it.
        losses: the steps whose losses are taken; of a network that answers once, the last alone.
        distance: how far back from a loss it is to be followed; the states before that are those of
            the whole document, but nothing is kept of them.

    Raises:
        GradientError: some layers read from the end, and the document is longer than
            `MOST_BOTH_WAYS`.
    """
    network = double.network
    once = network.readout.kind != "every"
    if network.backwards and len(entering) > MOST_BOTH_WAYS:
        raise GradientError(
            f"the document has {len(entering):,} steps; of a network that also reads from the end, "
            f"gradients are taken of documents of at most {MOST_BOTH_WAYS:,}: cut it"
        )
    begin = 0 if network.backwards else max(0, losses[0] - distance)
    stop = len(entering) if network.backwards else losses[-1] + 1
    entering = entering.to(double.device)
    state, before = _before(double, entering[:begin], progress)
    part = entering[begin:stop]
    embedded = double.embed(part)
    given, layers, ways = read_taped(double, embedded, state)
    taped = Taped(
        tuple(layer.facts for layer in double.recurrent), tuple(layers), tuple(ways), embedded
    )
    read_layers = network.read_layers
    with torch.enable_grad():
        gave = {FRONT: embedded, **dict(enumerate(given))}
        leaves = [gave[layer].detach().requires_grad_() for layer in read_layers]
        seen = dict(zip(read_layers, leaves, strict=True))
        whole = [seen.get(place, each) for place, each in enumerate(given)]
        if once:
            read = double.seen(whole, seen.get(FRONT, embedded))
            seen_all = torch.cat([before, read])[:, None]
            lengths = torch.tensor([len(seen_all)], device=embedded.device)
            said = double.say(double.read_out(seen_all, lengths))
            at = torch.tensor([len(part) - 1], device=embedded.device)
        else:
            at = torch.arange(losses[0] - begin, losses[-1] + 1 - begin, device=embedded.device)
            said = double.answers([each[at] for each in whole])
        found = losses_of(double, said, entering, at + begin, wanted)
        # The head takes every step by itself: the gradient of the sum is that of each loss.
        gradients = torch.autograd.grad(found.sum(), leaves)
    seeds = {
        layer: gradient if once else gradient[at]
        for layer, gradient in zip(read_layers, gradients, strict=True)
    }
    return Stretch(taped, network.rows, begin, part, at, found.detach(), seeds, once)


def _before(
    double: SequenceNetwork, entering: Tensor, progress: Callable[[float, float], None]
) -> tuple[NetworkState, Tensor]:
    """The state after what is read before a stretch, and what the readout saw of it, (B, W)."""
    state = double.zero_state(1)
    seen = [torch.zeros(0, double.network.read_width, dtype=torch.float64, device=double.device)]
    for block in entering.split(2048) if len(entering) else ():
        front = double.embed(block[:, None])
        given, state = double.run_layers(front, state)
        if double.network.readout.kind != "every":
            seen.append(double.seen(given, front)[:, 0])
        progress(len(block), len(entering))
    return state, torch.cat(seen)


def losses_of(
    double: SequenceNetwork, said: Tensor, entering: Tensor, at: Tensor, wanted: Wanted
) -> Tensor:
    """The loss of each of R answers, (R, O), about these steps of the document.

    Of classes, the negative log-probability of the one that is asked about, else of the true one,
    else of the likeliest. Of numbers, the mean squared error; where none are wanted, their sum.
    """
    head = double.network.head
    if head.gives == "linear":
        if wanted.numbers is None:
            return said.sum(dim=1)
        numbers = wanted.numbers.to(said)[at]
        known = numbers.isfinite()
        squares = (said - numbers.nan_to_num()).square() * known
        mean = squares.sum(dim=1) / known.sum(dim=1).clamp(min=1)
        return torch.where(known.any(dim=1), mean, said.sum(dim=1))
    logits = class_logits(head, said)
    if double.network.predicts_next:  # from the end: what comes next stands before
        return functional.cross_entropy(logits, entering[at - 1], reduction="none")
    chosen = logits.argmax(dim=1)
    if wanted.of_class is not None:
        chosen = torch.full_like(chosen, wanted.of_class)
    elif wanted.truth is not None:
        truth = wanted.truth.to(chosen)[at]
        chosen = torch.where(truth >= 0, truth, chosen)
    if head.gives == "sigmoid" and len(head.outputs) > 1:
        return -functional.logsigmoid(logits.gather(1, chosen[:, None])[:, 0])
    return functional.cross_entropy(logits, chosen, reduction="none")


@torch.no_grad()
def go_back(stretch: Stretch, seeds: Mapping[int, Tensor]) -> Reached:
    """Take gradients, (R, S, W) at what some layers gave, back through all layers."""
    taped = stretch.taped
    at: dict[int, Tensor] = dict(seeds)
    rows = len(next(iter(at.values())))
    states: dict[int, dict[str, Tensor]] = {}
    number = len(taped.layers)
    for place in range(len(taped.ways) - 1, -1, -1):
        way = taped.ways[place]
        own = [row for row in range(number) if stretch.rows[row].layer == place]
        number = own[0]
        width = sum(taped.layers[row].channels["hidden"].shape[1] for row in own)
        gradient = at.pop(place, None)
        if gradient is None:
            gradient = taped.embedded.new_zeros(rows, taped.steps, width)
        above = way.through_norm_of_all(gradient)
        entering = gradient.clone() if way.residual else None
        begin = 0
        for row in own:
            each = taped.layers[row].channels["hidden"].shape[1]
            direction = stretch.rows[row].direction
            part = in_order(above[:, :, begin : begin + each], direction, 1)
            states[row], inputs = _one_row(taped, row, part)
            states[row] = {name: in_order(n, direction, 1) for name, n in states[row].items()}
            inputs = in_order(inputs, direction, 1)
            entering = inputs if entering is None else entering + inputs
            begin += each
        assert entering is not None
        parts = entering.split([each for _, each in way.sources], dim=2)
        for (source, _), part in zip(way.sources, parts, strict=True):
            at[source] = at[source] + part if source in at else part
    nothing = taped.embedded.new_zeros(rows, *taped.embedded.shape)
    return Reached(tuple(states[row] for row in sorted(states)), at.get(FRONT, nothing))


def _one_row(taped: Taped, row: int, above: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Back through a layer in one direction, its steps as it reads them.

    Args:
        above: (R, S, U) what reaches its hidden states from above.

    Returns:
        The norms (R, S) of its states, and (R, S, I) what reaches its inputs.
    """
    layer, names = taped.layers[row], taped.facts[row].states
    count, steps = above.shape[:2]
    norms = {name: above.new_zeros(count, steps) for name in names}
    entering = []
    later = layer.zeros(count, steps - 1)
    for step in range(steps - 1, -1, -1):
        back = layer.back(step, above[:, step], later)
        later = back.before
        for name, gradient in zip(names, back.whole, strict=True):
            norms[name][:, step] = gradient.norm(dim=1)
        entering.append(back.inputs)
    return norms, torch.stack(entering[::-1], dim=1)


def at_once(stretch: Stretch) -> int:
    """How many losses are gone back through side by side."""
    widest = max(
        stretch.taped.embedded.shape[1],
        *(width for way in stretch.taped.ways for _, width in way.sources),
        *(tape.channels["hidden"].shape[1] for tape in stretch.taped.layers),
    )
    return max(1, _AT_ONCE // (stretch.taped.steps * widest))


def at_columns(double: SequenceNetwork, stretch: Stretch, front: Tensor) -> Tensor:
    """The gradient (R, S, F) at the numbers that were read, from that at the front end."""
    if not isinstance(double.front, nn.Module):
        return front
    with torch.enable_grad():
        read = stretch.read.double().requires_grad_()
        embedded = double.embed(read)
        (found,) = torch.autograd.grad(embedded, read, front, is_grads_batched=True)
    return found
