"""The decoder: one target token after the other, each from the last one, a state and a context.

`order` says where the context comes from and where it goes:

- `before` (Bahdanau, Cho and Bengio 2015, section 3.1): c_t from s_{t-1}, then
  s_t = f([y_{t-1}; c_t], s_{t-1}), and the readout tanh(W [s_t; c_t; y_{t-1}]) (their deep output
  with one tanh layer for the maxout layer);
- `after` (Luong, Pham and Manning 2015, section 3): s_t = f(y_{t-1}, s_{t-1}), then c_t from s_t,
  and the attentional state tanh(W [c_t; s_t]) (equation 5); with input feeding (their 3.3) it also
  enters the next step.

Without attention c_t is the last encoder state at every step (Cho et al. 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.alignments.networks.attention import make_attention, weigh
from rnnviz.nets.alignments.networks.encoder import Memory
from rnnviz.nets.architectures import Layer, LayerState, architecture_named
from rnnviz.nets.sequence.embedding import new_embedding
from rnnviz.nets.sequence.states import each
from rnnviz.nets.sequence.states import rows as rows_of

Steer = Callable[[Tensor], Tensor]
"""From weights (B, S) to other weights (B, S): how a person forces or erases some."""


@dataclass(frozen=True)
class DecoderState:
    """What the decoder carries from step to step, for B sentences."""

    layers: tuple[LayerState, ...]
    hidden: tuple[Tensor, ...]
    """What every layer gave last, (B, U) each."""
    fed: Tensor | None = None
    """(B, U) the last attentional state, with input feeding."""
    covered: Tensor | None = None
    """(B, S) the weight that each source token got so far."""

    def select(self, rows: Tensor) -> DecoderState:
        """The sentences of these rows, in this order."""
        return DecoderState(
            rows_of(self.layers, rows),
            rows_of(self.hidden, rows),
            None if self.fed is None else self.fed[rows],
            None if self.covered is None else self.covered[rows],
        )

    def cpu(self) -> DecoderState:
        """The same on the processor."""
        return DecoderState(
            each(self.layers, Tensor.cpu),
            each(self.hidden, Tensor.cpu),
            None if self.fed is None else self.fed.cpu(),
            None if self.covered is None else self.covered.cpu(),
        )


@dataclass(frozen=True)
class Step:
    """What one step gave, for B sentences."""

    logits: Tensor
    """(B, V)."""
    state: DecoderState
    context: Tensor
    """(B, C)."""
    weights: Tensor | None
    """(B, S); None without attention."""
    energies: Tensor | None
    """(B, S) before the softmax; None without attention."""
    inputs: Tensor
    """(B, I) what entered the first layer."""

    def cpu(self) -> Step:
        """The same on the processor."""
        if self.logits.device.type == "cpu":
            return self
        return Step(
            self.logits.cpu(),
            self.state.cpu(),
            self.context.cpu(),
            None if self.weights is None else self.weights.cpu(),
            None if self.energies is None else self.energies.cpu(),
            self.inputs.cpu(),
        )

    @property
    def hidden(self) -> Tensor:
        """(B, U) the state of the top layer."""
        return self.state.hidden[-1]


class Decoder(nn.Module):
    """Embedding, recurrent layers, attention, readout, softmax over the target's tokens."""

    def __init__(self, description: TranslationDescription, dropout: float = 0.0) -> None:
        super().__init__()
        self.description = description
        self.architecture = architecture_named(description.architecture)
        self.units = units = description.units
        context = description.context_width
        embedding, layers = description.embedding, description.layers
        self.before = description.order == "before"
        self.embedding = new_embedding(len(description.target.tokens), embedding)
        self.attention = make_attention(description)
        entering = context if self.before else units * description.input_feeding
        widths = [embedding + entering] + [units] * (layers - 1)
        self.layers = nn.ModuleList(self.architecture(width, units) for width in widths)
        facts = description.facts
        parts, bridged = len(facts.states), layers if facts.starts_anywhere else 0
        self.bridges = nn.ModuleList(nn.Linear(context, units * parts) for _ in range(bridged))
        self.readout = nn.Linear(units + context + embedding * self.before, units)
        self.output = nn.Linear(units, len(description.target.tokens))
        self.dropout = nn.Dropout(dropout)

    @property
    def fused(self) -> bool:
        """Whether no step needs the weights of the one before, so that all run at once."""
        return self.attention is None or not (self.before or self.description.input_feeding)

    def remember(self, states: Tensor, finals: tuple[Tensor, ...], lengths: Tensor) -> Memory:
        """What the encoder gave, (S, B, C), with its keys projected once."""
        states = states.transpose(0, 1)
        places = torch.arange(states.shape[1], device=lengths.device)
        padding = places >= lengths.unsqueeze(1)
        keys = states[:, :, :0] if self.attention is None else self.attention.keys(states)
        return Memory(states, keys, padding, finals)

    def start(self, memory: Memory) -> DecoderState:
        """s_0 = tanh(W h_last) of every layer; for an LSTM the cell likewise.

        Layers whose state grows begin with nothing: attention over the memory is all they have.
        """
        batch, like = (
            len(memory.padding),
            memory.finals[0].new_zeros(len(memory.padding), self.units),
        )
        if self.bridges:
            parts = len(self.architecture.facts.states)
            layers = tuple(
                tuple(bridge(final).tanh().chunk(parts, dim=1))
                for bridge, final in zip(self.bridges, memory.finals, strict=True)
            )
            hidden = tuple(layer[0] for layer in layers)
        else:
            layers = tuple(cast(Layer, layer).zero_state(batch) for layer in self.layers)
            hidden = (like,) * len(layers)
        fed = torch.zeros_like(like) if self.description.input_feeding else None
        covered = like.new_zeros(memory.padding.shape) if self.description.coverage else None
        return DecoderState(layers, hidden, fed, covered)

    def attend(
        self,
        query: Tensor,
        memory: Memory,
        covered: Tensor | None = None,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Context (B, C), weights and energies (B, S) for a query (B, U)."""
        if self.attention is None:
            return memory.finals[-1], None, None
        energies = self.attention(query.unsqueeze(1), memory.keys, covered)  # (B, 1, S)
        weights = weigh(energies, memory.padding, temperature)
        if steer is not None:
            weights = steer(weights.squeeze(1)).unsqueeze(1)
        context = torch.bmm(weights, memory.states).squeeze(1)
        return context, weights.squeeze(1), energies.squeeze(1)

    def step(
        self,
        previous: Tensor,
        state: DecoderState,
        memory: Memory,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> Step:
        """One step of B sentences from the tokens (B,) before it.

        Args:
            temperature: of the attention's softmax.
            steer: changes the weights before the context is made of them.
        """
        embedded = self.embedding(previous)  # (B, E)
        advanced, readout, given = self.advance(embedded, state, memory, temperature, steer)
        context, weights, energies, inputs = given
        return Step(self.output(readout), advanced, context, weights, energies, inputs)

    def advance(
        self,
        embedded: Tensor,
        state: DecoderState,
        memory: Memory,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> tuple[DecoderState, Tensor, tuple[Tensor, Tensor | None, Tensor | None, Tensor]]:
        """One step without the softmax: the state after it, the readout (B, U), what led there."""
        query, covered = state.hidden[-1], state.covered
        found: tuple[Tensor, Tensor | None, Tensor | None] | None = None
        inputs = embedded
        if self.before:
            found = self.attend(query, memory, covered, temperature, steer)
            inputs = torch.cat([embedded, found[0]], dim=1)
        elif state.fed is not None:
            inputs = torch.cat([embedded, state.fed], dim=1)
        below, layers, hidden = inputs, list[LayerState](), list[Tensor]()
        for module, before in zip(self.layers, state.layers, strict=True):
            below, after = cast(Layer, module).advance(below, before)
            layers.append(after)
            hidden.append(below)
            if len(layers) < len(self.layers):
                below = self.dropout(below)
        if found is None:
            found = self.attend(below, memory, covered, temperature, steer)
        context, weights, energies = found
        readout = self.read_out(below, context, embedded)
        advanced = DecoderState(
            tuple(layers),
            tuple(hidden),
            None if state.fed is None else readout,
            None if covered is None or weights is None else covered + weights,
        )
        return advanced, readout, (context, weights, energies, inputs)

    def read_out(self, hidden: Tensor, context: Tensor, embedded: Tensor) -> Tensor:
        """What the softmax sees, (..., U), from s_t, c_t and y_{t-1}."""
        parts = [hidden, context, embedded] if self.before else [hidden, context]
        return self.dropout(self.readout(torch.cat(parts, dim=-1)).tanh())

    def forward(self, previous: Tensor, memory: Memory) -> tuple[Tensor, Tensor | None]:
        """Teacher forcing: what the softmax sees, and all weights.

        Args:
            previous: (G, B) the true tokens before each step, the first of them `BEGIN_ID`.

        Returns:
            Readouts (G, B, U) and weights (B, G, S), None without attention.
        """
        embedded = self.dropout(self.embedding(previous))  # (G, B, E)
        state = self.start(memory)
        return (self._at_once if self.fused else self._stepwise)(embedded, state, memory)

    def _stepwise(
        self, embedded: Tensor, state: DecoderState, memory: Memory
    ) -> tuple[Tensor, Tensor | None]:
        readouts, weights = [], []
        for now in embedded:
            state, readout, given = self.advance(now, state, memory)
            readouts.append(readout)
            weights.append(given[1])
        found = [part for part in weights if part is not None]
        return torch.stack(readouts), torch.stack(found, dim=1) if found else None

    def _at_once(
        self, embedded: Tensor, state: DecoderState, memory: Memory
    ) -> tuple[Tensor, Tensor | None]:
        steps = embedded.shape[0]
        last = memory.finals[-1].expand(steps, -1, -1)
        below = torch.cat([embedded, last], dim=2) if self.before else embedded
        for place, (module, layer) in enumerate(zip(self.layers, state.layers, strict=True)):
            if place:
                below = self.dropout(below)
            below, _ = module(below, layer)
        weights = None
        context = last
        if self.attention is not None:
            energies = self.attention(below.transpose(0, 1), memory.keys)  # (B, G, S)
            weights = weigh(energies, memory.padding)
            context = torch.bmm(weights, memory.states).transpose(0, 1)
        return self.read_out(below, context, embedded), weights
