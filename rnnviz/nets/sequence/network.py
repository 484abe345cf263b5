"""A network built from its description: front end, layers, readout, head."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import (
    FRONT,
    AsRead,
    Convolution,
    Described,
    Embedding,
    LayerDescription,
    Linear,
    NetworkDescription,
    OneHot,
    SequenceDescription,
    Symbols,
    network_of,
)
from rnnviz.core.models.parameter_shapes import parameter_shapes
from rnnviz.nets.architectures import Layer, LayerState, architecture_named
from rnnviz.nets.architectures.base import Ran
from rnnviz.nets.sequence.embedding import new_embedding
from rnnviz.nets.sequence.first_weights import draw_parameter
from rnnviz.nets.sequence.weights import fitting_weights
from rnnviz.nets.sequence.windowed import Windowed

NetworkState = tuple[LayerState, ...]
"""One state for each of the description's `rows`: a layer in one direction, bottom layer first."""

_WINDOW_NUMBERS = 1 << 23
"""So many numbers of a layer are computed of windows side by side."""

ACTIVATIONS = {
    "linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU,
    "silu": nn.SiLU, "elu": nn.ELU, "selu": nn.SELU, "softplus": nn.Softplus,
    "softsign": nn.Softsign,
}  # fmt: skip


class SequenceNetwork(nn.Module):
    """Reads B sequences of at most T steps.

    ==================  ==============================================================
    tensor              axes
    ==================  ==============================================================
    read                (T, B) ids; (T, B, F) numbers; (T, B, channels, height, width)
    front               (T, B, E) what the front end gives
    given by a layer    (T, B, W), W = U, or 2 * U where it reads both ways
    answers             (T, B, O) at every step, or (B, O) where the readout is one for all
    lengths             (B) how many steps of each sequence are real; the rest is padding
    ==================  ==============================================================

    A network that reads both ways is run layer by layer: the backward direction of a layer begins
    at the last real step of each sequence. No number of a sequence depends on its padding.

    One that reads in windows gives an answer at every step, that of the window which ends there;
    its state is what the next windows begin with, (B, M) ids or (B, M, F) numbers of the M steps
    before them. What its layers give is about a single window, its steps and their first state
    (`run_layers`, `first_state`).
    """

    def __init__(
        self,
        description: Described | NetworkDescription,
        dropout: float = 0.0,
        seed: int | None = 0,
    ) -> None:
        super().__init__()
        self.network = network = network_of(description)
        if isinstance(description, NetworkDescription):
            description = SequenceDescription(task="", network=description)
        self.description: Described = description
        self.intervention: Intervention | None = None
        """What is done to one of its units whatever it reads; see `changed_network`."""
        self._make_front()
        self.layers = nn.ModuleDict()
        self.backwards = nn.ModuleDict()
        self.norms = nn.ModuleDict()
        self.starts = nn.ParameterDict()
        for place, layer in enumerate(network.layers):
            self._make_layer(place, layer)
        width = self._make_readout()
        self.head_norm: nn.Module = nn.Identity()
        if network.head.normalisation:
            norm = nn.LayerNorm if network.head.normalisation == "layer" else nn.RMSNorm
            self.head_norm = norm(width, eps=1e-5)
        self.head, self.head_norms = nn.ModuleDict(), nn.ModuleDict()
        self._activations = [ACTIVATIONS[dense.activation]() for dense in network.head.hidden]
        for place, dense in enumerate(network.head.hidden):
            self.head[str(place)] = nn.Linear(width, dense.units)
            if dense.normalisation:
                self.head_norms[str(place)] = nn.LayerNorm(dense.units, eps=dense.epsilon)
            width = dense.units
        self.output = nn.Linear(width, len(network.head.outputs))
        self.dropout = nn.Dropout(dropout)
        if seed is not None:
            self.initialise(seed)

    def _make_front(self) -> None:
        front, reads = self.network.front, self.network.reads
        self.embedding: nn.Embedding | None = None
        self.front: nn.Module | None = None
        size = len(reads.vocabulary) if isinstance(reads, Symbols) else 0
        if isinstance(front, Embedding):
            self.embedding = new_embedding(size, front.width)
        elif isinstance(front, Linear):
            columns = size or len(getattr(reads, "columns", ()))
            self.front = nn.Linear(columns, front.width)
        elif isinstance(front, Convolution):
            widths = [getattr(reads, "channels", 3), *front.channels]
            self.front = nn.ModuleList(
                nn.Conv2d(below, above, front.kernel, 2, front.kernel // 2)
                for below, above in pairwise(widths)
            )

    def _make_layer(self, place: int, layer: LayerDescription) -> None:
        make = architecture_named(layer.architecture)
        varied = {**layer.variant, **({"projection": layer.projection} if layer.projection else {})}
        for direction in layer.directions:
            stack = self.layers if direction == "forward" else self.backwards
            made = make(self.network.input_width(place), layer.units, **varied)
            stack[str(place)] = made
            if layer.learned_start:
                for part, zero in enumerate(made.zero_state(1)):
                    name = f"{place}-{direction}-{part}"
                    self.starts[name] = nn.Parameter(torch.zeros(zero.shape[1:]))
        if layer.normalisation:
            self.norms[str(place)] = nn.LayerNorm(layer.width, eps=layer.epsilon)

    def _make_readout(self) -> int:
        """The modules of attention over the steps, and the width of what the head sees."""
        about, width = self.network.readout, self.network.read_width
        self.readout = nn.ModuleDict()
        if about.kind == "attention":
            if about.attention_units:
                self.readout["key"] = nn.Linear(width, about.attention_units)
            self.readout["score"] = nn.Linear(about.attention_units or width, 1, bias=False)
        return self.network.head_width

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.output.weight.device

    def set_mixed_precision(self, mixed: bool) -> None:
        """Let the layers round what enters a matrix product to bfloat16, where they can."""
        for layer in self.recurrent:
            layer.mixed_precision = mixed

    @property
    def recurrent(self) -> tuple[Layer, ...]:
        """The layers, in the order of the description's `rows`."""
        return tuple(
            cast(Layer, self._stack(rows.direction)[str(rows.layer)]) for rows in self.network.rows
        )

    def _stack(self, direction: str) -> nn.ModuleDict:
        return self.layers if direction == "forward" else self.backwards

    def initialise(self, seed: int) -> None:
        """Draw all weights anew, as those of a character model are; see `draw_first_weights`."""
        about = self.network
        for name, parameter in self.named_parameters():
            if "norm" in name.split(".", 1)[0] or name.startswith("starts."):
                continue
            part, _, rest = name.partition(".")
            place = int(rest.partition(".")[0]) if part in ("layers", "backwards") else -1
            layer = about.layers[place]

            def bound(name: str, parameter: Tensor, place: int = place) -> float:
                return self._bound(name, parameter, place)

            draw_parameter(name, parameter, seed, (layer.facts, layer.units), bound)

    def _bound(self, name: str, parameter: Tensor, place: int) -> float:
        """The largest number that a uniform parameter starts with."""
        layer = self.network.layers[place]
        if ".weight_ih" not in name:
            return 1 / math.sqrt(layer.units)
        moved = 2.0 if layer.facts.gated else 1.0
        if place == 0:
            one_hot = isinstance(self.network.front, OneHot)
            return moved * math.sqrt(3 / (1 if one_hot else parameter.shape[1]))
        return moved * 1.5 / math.sqrt(parameter.shape[1])

    # Running

    def zero_state(self, batch: int) -> NetworkState:
        """The state of B streams before anything was read."""
        if (windows := self.network.windows) is None:
            return self.first_state(batch)
        reads = self.network.reads
        if not isinstance(reads, Symbols):
            return ((self.output.weight.new_zeros(batch, 0, len(getattr(reads, "columns", ()))),),)
        before = 0
        if windows.padding:
            before, padding = windows.steps - 1, reads.vocabulary.index(windows.padding)
        shape = batch, before
        return ((torch.full(shape, padding if before else 0, device=self.device),),)

    def first_state(self, batch: int) -> NetworkState:
        """The state of each row before its first step: zeros, or what was learned."""
        states = []
        for rows, layer in zip(self.network.rows, self.recurrent, strict=True):
            state = layer.zero_state(batch)
            if self.network.layers[rows.layer].learned_start:
                state = tuple(
                    self.starts[f"{rows.layer}-{rows.direction}-{part}"].expand(batch, -1)
                    for part in range(len(state))
                )
            states.append(state)
        return tuple(states)

    def embed(self, read: Tensor) -> Tensor:
        """What the front end gives, (T, B, E)."""
        front, reads = self.network.front, self.network.reads
        if self.embedding is not None:
            return self.embedding(read)
        given = read
        if isinstance(reads, Symbols) and not isinstance(front, AsRead):
            given = functional.one_hot(read.long(), len(reads.vocabulary))
        given = given.to(self.output.weight.dtype)
        if isinstance(front, Linear) and self.front is not None:
            return ACTIVATIONS[front.activation]()(self.front(given))
        if isinstance(front, Convolution) and self.front is not None:
            flat = given.flatten(0, 1)
            for layer in cast(nn.ModuleList, self.front):
                flat = layer(flat).relu()
            return flat.mean(dim=(2, 3)).unflatten(0, given.shape[:2])
        return given

    def layer_input(self, place: int, front: Tensor, given: Sequence[Tensor]) -> Tensor:
        """What enters a layer: the layers below, or the front end, side by side."""
        sources = self.network.inputs_of(place)
        parts = [front if source == FRONT else given[source] for source in sources]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)

    def layer_output(self, place: int, inputs: Tensor, hidden: Sequence[Tensor]) -> Tensor:
        """What a layer gives, from what its directions gave in the order of the steps."""
        about = self.network.layers[place]
        given = hidden[0] if len(hidden) == 1 else torch.cat(list(hidden), dim=-1)
        if about.normalisation:
            given = self.norms[str(place)](given)
        return given + inputs[..., : about.width] if about.residual else given

    def read_all(
        self,
        read: Tensor,
        state: NetworkState | None = None,
        lengths: Tensor | None = None,
        ran: list[Ran] | None = None,
    ) -> tuple[list[Tensor], NetworkState]:
        """What every layer gives, (T, B, W) each, and the state of each row after its last step.

        Args:
            state: before the first step; of a backward row, before the last.
            lengths: where a sequence is shorter, its state after the last step is that of padding.
            ran: filled with what every row did, its steps in the order in which it read them;
                layers run as fast as possible then, and not for autograd.
        """
        return self.run_layers(self.embed(read), state, lengths, ran)

    def run_layers(
        self,
        front: Tensor,
        state: NetworkState | None = None,
        lengths: Tensor | None = None,
        ran: list[Ran] | None = None,
    ) -> tuple[list[Tensor], NetworkState]:
        """As `read_all`, from what the front end gave, (T, B, E)."""
        before = iter(state or self.first_state(front.shape[1]))
        mirror = _mirror(front.shape[0], lengths, front.device) if self.network.backwards else None
        given: list[Tensor] = []
        after: list[LayerState] = []
        for place, about in enumerate(self.network.layers):
            inputs = self.layer_input(place, front, given)
            entering = self.dropout(inputs) if place else inputs
            hidden = []
            for direction in about.directions:
                layer = cast(Layer, self._stack(direction)[str(place)])
                turned = entering if direction == "forward" else _turned(entering, mirror)
                if ran is None:
                    found, last = layer(turned, next(before))
                else:
                    ran.append(layer.run(turned, next(before)))
                    found, last = ran[-1].hidden, ran[-1].after
                hidden.append(found if direction == "forward" else _turned(found, mirror))
                after.append(last)
            given.append(self.layer_output(place, inputs, hidden))
        return given, tuple(after)

    def answers(
        self, given: Sequence[Tensor], lengths: Tensor | None = None, front: Tensor | None = None
    ) -> Tensor:
        """What the head says: (T, B, O) at every step, or (B, O)."""
        return self.say(self.read_out(self.seen(given, front), lengths))

    def seen(self, given: Sequence[Tensor], front: Tensor | None = None) -> Tensor:
        """What the readout sees of what all layers gave, side by side, (..., W).

        Args:
            front: what the front end gave, which the readout of windows may see, too.
        """
        parts = []
        for layer in self.network.read_layers:
            part = front if layer == FRONT else given[layer]
            assert part is not None
            parts.append(part)
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)

    def say(self, read: Tensor) -> Tensor:
        """What the head makes of what was read out, (..., O) of (..., W)."""
        read = self.head_norm(read)
        for place, activation in enumerate(self._activations):
            read = self.head[str(place)](self.dropout(read))
            if str(place) in self.head_norms:
                read = self.head_norms[str(place)](read)
            read = activation(read)
        return self.output(self.dropout(read))

    def read_out(self, seen: Tensor, lengths: Tensor | None) -> Tensor:
        """What the head is given: (T, B, W) at every step, or (B, W) of what was seen at all."""
        kind = self.network.readout.kind
        if kind == "every":
            return seen
        steps, batch = seen.shape[:2]
        if lengths is None:
            lengths = torch.full((batch,), steps, device=seen.device)
        if kind == "last":
            return self._ends(seen, lengths)
        if kind == "window":
            return self._window(seen, lengths)
        inside = (torch.arange(steps, device=seen.device).unsqueeze(1) < lengths).unsqueeze(2)
        if kind == "mean":
            return (seen * inside).sum(0) / lengths.unsqueeze(1)
        if kind == "max":
            return seen.masked_fill(~inside, -torch.inf).amax(0)
        return (self.attention(seen, lengths).unsqueeze(2) * seen).sum(0)

    def attention(self, seen: Tensor, lengths: Tensor) -> Tensor:
        """The weight of every step, (T, B), where the readout is attention; padding gets none."""
        inside = torch.arange(len(seen), device=seen.device).unsqueeze(1) < lengths
        return self.scores(seen).masked_fill(~inside, -torch.inf).softmax(0)

    def scores(self, seen: Tensor) -> Tensor:
        """How much attention each step asks for, (...), before the softmax."""
        keys = self.readout["key"](seen).tanh() if "key" in self.readout else seen
        found: Tensor = self.readout["score"](keys)
        return found.squeeze(-1)

    def _ends(self, seen: Tensor, lengths: Tensor) -> Tensor:
        """Where each direction ends: forward ones at the last real step, backward at the first."""
        columns = torch.arange(seen.shape[1], device=seen.device)
        last, first = seen[lengths - 1, columns], seen[0]
        parts, begin = [], 0
        for place in self.network.read_layers:
            about = self.network.layers[place]
            each = about.width // len(about.directions)
            for direction in about.directions:
                end = last if direction == "forward" else first
                parts.append(end[:, begin : begin + each])
                begin += each
        return torch.cat(parts, dim=1)

    def _window(self, seen: Tensor, lengths: Tensor) -> Tensor:
        """The last steps of each sequence side by side, (B, steps * W); zeros before its first."""
        steps = self.network.readout.steps
        back = torch.arange(steps, 0, -1, device=seen.device).unsqueeze(1)
        places = lengths - back
        there = seen.gather(0, places.clamp(min=0).unsqueeze(2).expand(-1, -1, seen.shape[2]))
        return there.masked_fill((places < 0).unsqueeze(2), 0).transpose(0, 1).flatten(1)

    def forward(
        self, read: Tensor, state: NetworkState | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, NetworkState]:
        """Answers, and the state after the last step."""
        if self.network.windows is not None:
            return self._in_windows(read, state or self.zero_state(read.shape[1]))
        front = self.embed(read)
        given, after = self.run_layers(front, state, lengths)
        return self.answers(given, lengths, front), after

    def _in_windows(self, read: Tensor, state: NetworkState) -> tuple[Tensor, NetworkState]:
        """The answers of the windows that end at each of T steps, (T, B, O)."""
        ((before,),) = state
        assert self.network.windows is not None
        windows = Windowed(self.network.windows.steps, before.transpose(0, 1), read)
        found = [
            self.answer_windows(part.flatten(1, 2)).unflatten(0, part.shape[1:3])
            for part in windows.parts(self.most_windows(read.shape[1]))
        ]
        return torch.cat(found), ((windows.last().transpose(0, 1),),)

    def most_windows(self, batch: int) -> int:
        """So many windows of each of B streams are read side by side."""
        windows, network = self.network.windows, self.network
        assert windows is not None
        widest = max(network.front_width, *(layer.width for layer in network.layers))
        return max(1, _WINDOW_NUMBERS // (windows.steps * widest * batch))

    def window_ending(self, entering: Tensor) -> Tensor:
        """The window that ends with these steps and what fills it at the beginning, (n, ...)."""
        assert self.network.windows is not None
        steps = self.network.windows.steps
        ((before,),) = self.zero_state(1)
        return torch.cat([before[0].to(entering), entering[-steps:]])[-steps:]

    def answer_windows(self, read: Tensor) -> Tensor:
        """What the head says, (B, O), of each of B windows of n steps, (n, B) or (n, B, F)."""
        front = self.embed(read)
        given, _ = self.run_layers(front)
        return self.answers(given, None, front)

    @torch.inference_mode()
    def run_windows(self, read: Tensor) -> tuple[list[Ran], Tensor]:
        """What every row did at the last step of B windows that it read, and the answers (B, O).

        Where a row reads from the end, that step is the first one of the window.
        """
        front, places = self.embed(read), iter(self.recurrent)
        first = iter(self.first_state(read.shape[1]))
        given: list[Tensor] = []
        ends: list[Ran] = []
        for place, about in enumerate(self.network.layers):
            inputs = self.layer_input(place, front, given)
            hidden = []
            for direction in about.directions:
                layer, state = next(places), next(first)
                turned = inputs if direction == "forward" else inputs.flip(0)
                found = []
                if len(turned) > 1:
                    ran = layer.run(turned[:-1], state)
                    state = ran.after
                    found.append(ran.hidden)
                ends.append(layer.run(turned[-1:], state))
                whole = torch.cat([*found, ends[-1].hidden])
                hidden.append(whole if direction == "forward" else whole.flip(0))
            given.append(self.layer_output(place, inputs, hidden))
        return ends, self.answers(given, None, front)

    @torch.inference_mode()
    def channels(self, read: Tensor, state: NetworkState | None = None) -> list[dict[str, Tensor]]:
        """Every channel of every row of one stream, (T, U) each, in the order of the steps.

        Args:
            read: (T,) ids, or (T, ...) numbers.
        """
        ran: list[Ran] = []
        self.read_all(read.unsqueeze(1), state, None, ran)
        found = []
        for rows, layer, did in zip(self.network.rows, self.recurrent, ran, strict=True):
            channels = {name: values[:, 0] for name, values in layer.channels(did).items()}
            if rows.direction == "backward":
                channels = {name: values.flip(0) for name, values in channels.items()}
            found.append(channels)
        return found


N = TypeVar("N", bound=SequenceNetwork)


def build_network(
    description: Described | NetworkDescription, tensors: Mapping[str, Tensor], file: str
) -> SequenceNetwork:
    """The network of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: parts that do not go together, or weights that do not fit.
    """
    return build_as(SequenceNetwork, description, tensors, file)


def build_as(
    of: type[N],
    description: Described | NetworkDescription,
    tensors: Mapping[str, Tensor],
    file: str,
) -> N:
    """The same as a network of this class.

    Raises:
        ModelFileError: parts that do not go together, or weights that do not fit.
    """
    described = network_of(description)
    described.check(file)
    weights = fitting_weights(parameter_shapes(described), tensors, file)
    try:
        with torch.device("meta"):  # no weights are drawn that those of the file replace
            network = of(description, seed=None)
        network.load_state_dict(weights, assign=True)
    except (RuntimeError, ValueError) as error:
        raise ModelFileError(f"the network of {file} cannot be built: {error}") from error
    return network.eval()


def _mirror(steps: int, lengths: Tensor | None, device: torch.device) -> Tensor:
    """For every step the one that a backward row reads there, (T, B) or (T, 1); padding stays."""
    places = torch.arange(steps, device=device).unsqueeze(1)
    if lengths is None:
        return places.flip(0)
    return torch.where(places < lengths, lengths - 1 - places, places)


def _turned(values: Tensor, mirror: Tensor | None) -> Tensor:
    """Values (T, B, W) with each sequence turned around within its length."""
    assert mirror is not None
    return values.gather(0, mirror.unsqueeze(2).expand(-1, values.shape[1], values.shape[2]))
