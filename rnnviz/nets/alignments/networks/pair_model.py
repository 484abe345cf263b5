"""Encoder and decoder as people write them: of several layers, with their own ways to attend.

What is computed follows the usual programs: PyTorch's tutorials (translation, older and newer form,
and the chatbot), and the notebooks that follow Sutskever et al. (2014), Bahdanau et al. (2015) and
Luong et al. (2015). `PairForm` says which of their choices a pair makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnviz.core.errors import TextError
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.alignments.networks.attention import weigh
from rnnviz.nets.alignments.networks.decoder import DecoderState, Steer, Step
from rnnviz.nets.alignments.networks.encoder import Memory
from rnnviz.nets.alignments.tokenizers import Tokenizer

Part = Literal["hidden", "context", "embedded"]


@dataclass(frozen=True)
class PairForm:
    """How the parts of a pair go together."""

    order: Literal["before", "after"] = "before"
    """Whether attention looks from the state before the step, or from the one after it."""
    summed: bool = False
    """Whether the two directions of the encoder are added; else they stand side by side."""
    squashed: bool = False
    """Whether relu is taken of the decoder's embedding, as in the tutorial without attention."""
    carried: bool = False
    """Without attention: whether the encoder's last state enters every step."""
    read: tuple[Part, ...] = ("hidden",)
    """What the output sees, side by side."""


class PairTranslator(nn.Module):
    """An encoder and a decoder of another program; decodes like any `TranslationModel`.

    Args:
        recurrent: the `nn.GRU`, `nn.LSTM` or `nn.RNN` of encoder and decoder.
        embeddings: (V, E) of source and target.
        linear: `output`; of attention by position `position` and `combine`; of additive `query`,
            `key`, `score`; of general `key`; and, where there is one, `bridge` from where the
            encoder ends to where the decoder begins, and `join` of state and context behind it.
    """

    def __init__(
        self,
        description: TranslationDescription,
        form: PairForm,
        tokenizers: tuple[Tokenizer, Tokenizer],
        recurrent: tuple[nn.RNNBase, nn.RNNBase],
        embeddings: tuple[Tensor, Tensor],
        linear: Mapping[str, nn.Linear],
    ) -> None:
        super().__init__()
        self.description, self.form = description, form
        self.source, self.target = tokenizers
        self.encoder, self.decoder = recurrent
        self.source_embedding, self.target_embedding = map(nn.Parameter, embeddings)
        self.linear = nn.ModuleDict(linear)
        self.eval()

    @property
    def slots(self) -> int | None:
        """How many source positions attention by position has; None for any other."""
        if "position" not in self.linear:
            return None
        return int(cast(nn.Linear, self.linear["position"]).out_features)

    def encode(self, ids: Tensor, lengths: Tensor) -> Memory:
        """The encoder's states of source ids (S, B).

        `finals` are the states that the decoder begins in: of every layer the hidden one, and of an
        LSTM its cell behind it.

        Raises:
            TextError: a sentence has more words than there are slots.
        """
        if self.slots is not None and ids.shape[0] > self.slots:
            raise TextError(
                f"the sentence has {ids.shape[0]} tokens with its end, and this model has "
                f"{self.slots} slots for attention; type a shorter one"
            )
        packed = pack_padded_sequence(
            self.source_embedding[ids], lengths.cpu(), enforce_sorted=False
        )
        given, last = self.encoder(packed)
        states, _ = pad_packed_sequence(given, total_length=len(ids))
        if self.form.summed:
            units = self.encoder.hidden_size
            states = states[..., :units] + states[..., units:]
        states = states.transpose(0, 1).contiguous()
        padding = torch.arange(ids.shape[0]) >= lengths.unsqueeze(1)
        keys = self.linear["key"](states) if "key" in self.linear else states
        parts = last if isinstance(last, tuple) else (last,)
        begins = [self._begin(part) for part in parts]
        finals = tuple(part[layer] for layer in range(self.decoder.num_layers) for part in begins)
        return Memory(states, keys, padding, finals)

    def _begin(self, last: Tensor) -> Tensor:
        """Where the decoder's layers begin, (L, B, U), of the encoder's last states."""
        layers, ways = self.decoder.num_layers, 1 + self.encoder.bidirectional
        if "bridge" in self.linear:
            ends = last.unflatten(0, (-1, ways))[-layers:]  # (L, ways, B, U)
            both: Tensor = self.linear["bridge"](ends.transpose(1, 2).flatten(2)).tanh()
            return both
        if self.decoder.hidden_size == ways * self.encoder.hidden_size:
            return last.unflatten(0, (-1, ways))[-layers:].transpose(1, 2).flatten(2)
        return last[:layers]

    def start(self, memory: Memory) -> DecoderState:
        """Where the encoder ended."""
        count = len(memory.finals) // self.decoder.num_layers
        layers = tuple(
            memory.finals[count * layer : count * (layer + 1)]
            for layer in range(self.decoder.num_layers)
        )
        return DecoderState(layers, tuple(layer[0] for layer in layers))

    def _advance(self, inputs: Tensor, state: DecoderState) -> DecoderState:
        parts = [torch.stack(part) for part in zip(*state.layers, strict=True)]
        before = tuple(parts) if len(parts) > 1 else parts[0]
        _, after = self.decoder(inputs.unsqueeze(0), before)
        own = after if isinstance(after, tuple) else (after,)
        layers = tuple(tuple(part) for part in zip(*own, strict=True))
        return DecoderState(layers, tuple(layer[0] for layer in layers))

    def _last(self, memory: Memory) -> Tensor:
        """(B, U) where the top layer of the decoder began: the whole sentence in one vector."""
        count = len(memory.finals) // self.decoder.num_layers
        return memory.finals[-count]

    def _attend(
        self,
        query: Tensor,
        embedded: Tensor,
        memory: Memory,
        temperature: float,
        steer: Steer | None,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Context (B, C), weights and energies (B, S) for a query (B, U)."""
        kind = self.description.attention
        if kind == "none":
            return self._last(memory), None, None
        if kind == "position":
            energies = self.linear["position"](torch.cat([embedded, query], dim=1))  # (B, slots)
            weights = torch.softmax(energies / temperature, dim=1)
            sources = memory.padding.shape[1]
            energies = energies[:, :sources]
            weights = weights[:, :sources].masked_fill(memory.padding, 0.0)
        else:
            if kind == "additive":
                inside = self.linear["query"](query).unsqueeze(1) + memory.keys
                energies = self.linear["score"](inside.tanh()).squeeze(2)  # (B, S)
            else:
                energies = torch.bmm(memory.keys, query.unsqueeze(2)).squeeze(2)
            weights = weigh(energies.unsqueeze(1), memory.padding, temperature).squeeze(1)
        if steer is not None:
            weights = steer(weights)
        context = torch.bmm(weights.unsqueeze(1), memory.states).squeeze(1)
        return context, weights, energies

    def step(
        self,
        previous: Tensor,
        state: DecoderState,
        memory: Memory,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> Step:
        """One step from the tokens (B,) before it; see `Decoder.step`."""
        embedded, inputs = self.target_embedding[previous], None
        if self.form.squashed:
            embedded = embedded.relu()
        found = None
        if self.form.order == "before":
            found = self._attend(state.hidden[-1], embedded, memory, temperature, steer)
            if found[1] is not None or self.form.carried:
                inputs = torch.cat([embedded, found[0]], dim=1)
            if "combine" in self.linear:
                inputs = self.linear["combine"](inputs).relu()
        inputs = embedded if inputs is None else inputs
        after = self._advance(inputs, state)
        if found is None:
            found = self._attend(after.hidden[-1], embedded, memory, temperature, steer)
        context, weights, energies = found
        parts = {"hidden": after.hidden[-1], "context": context, "embedded": embedded}
        read = torch.cat([parts[part] for part in self.form.read], dim=1)
        if "join" in self.linear:
            read = self.linear["join"](read).tanh()
        return Step(self.linear["output"](read), after, context, weights, energies, inputs)
