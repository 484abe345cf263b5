"""The networks of PyTorch's tutorial "Translation with a sequence to sequence network".

Both forms have a GRU encoder in one direction, whose last state the decoder starts from:

- the older form (until 2023): the weights come from the last word and the state alone, one number
  for each of at most MAX_LENGTH source positions: a = softmax(W [y; s]), and what falls on
  positions beyond the sentence is lost;
- the newer form: additive attention (Bahdanau et al. 2015), e = Va tanh(Wa s + Ua h).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rnnviz.core.errors import TextError
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.alignments.networks.attention import weigh
from rnnviz.nets.alignments.networks.decoder import DecoderState, Steer, Step
from rnnviz.nets.alignments.networks.encoder import Memory
from rnnviz.nets.alignments.tokenizers import Tokenizer


class TutorialTranslator(nn.Module):
    """Encoder and decoder of the tutorial; decodes like any `TranslationModel`.

    Args:
        encoder: `embedding.weight` (V, U) and the GRU's weights.
        decoder: of the older form `attn`, `attn_combine`, `gru`, `out`; of the newer
            `attention.Wa`, `attention.Ua`, `attention.Va`, `gru`, `out`; and `embedding`.
    """

    def __init__(
        self,
        description: TranslationDescription,
        source: Tokenizer,
        target: Tokenizer,
        encoder: Mapping[str, Tensor],
        decoder: Mapping[str, Tensor],
    ) -> None:
        super().__init__()
        self.description, self.source, self.target = description, source, target
        units = description.units
        self.older = description.attention == "position"
        self.encoder = nn.GRU(units, units)
        self.decoder = nn.GRU(units if self.older else 2 * units, units)
        for fused, state in ((self.encoder, encoder), (self.decoder, decoder)):
            fused.load_state_dict(
                {name.removeprefix("gru."): w for name, w in state.items() if "gru." in name}
            )
        self.source_embedding = nn.Parameter(encoder["embedding.weight"])
        self.target_embedding = nn.Parameter(decoder["embedding.weight"])
        self.output = _linear(decoder, "out")
        if self.older:
            self.position = _linear(decoder, "attn")
            self.combine = _linear(decoder, "attn_combine")
        else:
            self.query = _linear(decoder, "attention.Wa")
            self.key = _linear(decoder, "attention.Ua")
            self.score = _linear(decoder, "attention.Va")
        self.eval()

    @property
    def slots(self) -> int | None:
        """How many source positions the older form has; None for the newer."""
        return int(self.position.out_features) if self.older else None

    def encode(self, ids: Tensor, lengths: Tensor) -> Memory:
        """The encoder's states of source ids (S, B).

        Raises:
            TextError: a sentence has more words than the older form has slots.
        """
        if self.slots is not None and ids.shape[0] > self.slots:
            raise TextError(
                f"the sentence has {ids.shape[0]} tokens with its end, and this model has "
                f"{self.slots} slots for attention; type a shorter one"
            )
        states, _ = self.encoder(self.source_embedding[ids])
        padding = torch.arange(ids.shape[0]) >= lengths.unsqueeze(1)
        final = states[lengths - 1, torch.arange(ids.shape[1])]
        states = states.transpose(0, 1).masked_fill(padding.unsqueeze(2), 0.0)
        keys = states[:, :, :0] if self.older else self.key(states)
        return Memory(states, keys, padding, (final,))

    def start(self, memory: Memory) -> DecoderState:
        """The encoder's last state."""
        return DecoderState(((memory.finals[-1],),), (memory.finals[-1],))

    def step(
        self,
        previous: Tensor,
        state: DecoderState,
        memory: Memory,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> Step:
        """One step from the tokens (B,) before it; see `Decoder.step`."""
        embedded, hidden = self.target_embedding[previous], state.hidden[0]
        if self.older:
            energies = self.position(torch.cat([embedded, hidden], dim=1))  # (B, slots)
            weights = torch.softmax(energies / temperature, dim=1)
            sources = memory.padding.shape[1]
            energies = energies[:, :sources]
            weights = weights[:, :sources].masked_fill(memory.padding, 0.0)
        else:
            inside = self.query(hidden).unsqueeze(1) + memory.keys
            energies = self.score(inside.tanh()).squeeze(2)  # (B, S)
            weights = weigh(energies.unsqueeze(1), memory.padding, temperature).squeeze(1)
        if steer is not None:
            weights = steer(weights)
        context = torch.bmm(weights.unsqueeze(1), memory.states).squeeze(1)
        inputs = torch.cat([embedded, context], dim=1)
        if self.older:
            inputs = self.combine(inputs).relu()
        after = torch.gru_cell(inputs, hidden, *self.decoder.all_weights[0])
        advanced = DecoderState(((after,),), (after,))
        return Step(self.output(after), advanced, context, weights, energies, inputs)


def _linear(state: Mapping[str, Tensor], name: str) -> nn.Linear:
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer
