"""The translation model: encoder and decoder, their weights drawn, counted and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.models.translation import PAD_ID, TranslationDescription
from rnnviz.nets.alignments.networks.decoder import Decoder, DecoderState, Steer, Step
from rnnviz.nets.alignments.networks.encoder import Encoder, Memory
from rnnviz.nets.alignments.tokenizers import tokenizer_of
from rnnviz.nets.sequence.first_weights import draw_first_weights
from rnnviz.nets.sequence.weights import built


class TranslationModel(nn.Module):
    """Translates B sentences at once: `encode`, then `start` and `step`, token after token.

    ==================  ==============================================================
    tensor              axes
    ==================  ==============================================================
    source ids          (S, B), each sentence closed by `END_ID`, then filled with `PAD_ID`
    target ids          (G, B), each closed by `END_ID`, then filled
    annotations         (B, S, C), with C = 2U for a bidirectional encoder, else U
    weights             (B, G, S)
    logits              (..., V) of the target's vocabulary
    ==================  ==============================================================
    """

    def __init__(
        self, description: TranslationDescription, dropout: float = 0.0, seed: int | None = 0
    ) -> None:
        """Make it, with weights drawn from `seed`; None where those of a file take their place."""
        super().__init__()
        self.description = description
        self.source = tokenizer_of(description.source)
        self.target = tokenizer_of(description.target)
        self.encoder = Encoder(description, dropout)
        self.decoder = Decoder(description, dropout)
        if seed is not None:
            self.initialise(seed)

    @property
    def source_embedding(self) -> Tensor:
        """(V, E) of the source's tokens."""
        return self.encoder.embedding.weight

    @property
    def target_embedding(self) -> Tensor:
        """(V, E) of the target's tokens."""
        return self.decoder.embedding.weight

    def initialise(self, seed: int) -> None:
        """Draw all weights anew, as those of a character model are."""
        about = self.description
        draw_first_weights(self, seed, about.facts, about.units, self._bound)

    def _bound(self, name: str, parameter: Tensor) -> float:
        """The largest number that a uniform parameter starts with."""
        about = self.description
        if ".weight_ih" in name:
            moved = 2.0 if about.facts.gated else 1.0
            return moved * math.sqrt(3 / parameter.shape[1])
        if name == "decoder.attention.key.weight" and about.attention == "general":
            # Energies sum U·C products: at first all words shall weigh alike.
            return 1 / about.units
        return 1 / math.sqrt(about.units)

    def encode(self, ids: Tensor, lengths: Tensor) -> Memory:
        """What the decoder may know of these sentences, (S, B), of so many tokens, (B,)."""
        states, finals = self.encoder(ids, lengths)
        return self.decoder.remember(states, finals, lengths)

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's state before the first word."""
        return self.decoder.start(memory)

    def step(
        self,
        previous: Tensor,
        state: DecoderState,
        memory: Memory,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> Step:
        """One step of the decoder from the tokens (B,) before it; see `Decoder.step`."""
        return self.decoder.step(previous, state, memory, temperature, steer)

    def forward(
        self, source: Tensor, lengths: Tensor, target: Tensor, begin: int = 1
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Teacher forcing: logits at every real target token, those tokens, and the weights.

        Only real tokens reach the softmax, which is the costliest part: n of the G·B places.

        Returns:
            Logits (n, V), targets (n,) and weights (B, G, S) or None.
        """
        memory = self.encode(source, lengths)
        previous = functional.pad(target[:-1], (0, 0, 1, 0), value=begin)
        readouts, weights = self.decoder(previous, memory)
        real = target != PAD_ID
        return self.decoder.output(readouts[real]), target[real], weights


def parameter_shapes(description: TranslationDescription) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter by its name, by arithmetic alone: no memory is taken."""
    units, context, width = description.units, description.context_width, description.embedding
    before = description.order == "before"
    shapes: dict[str, tuple[int, ...]] = {
        "encoder.embedding.weight": (len(description.source.tokens), width),
        "decoder.embedding.weight": (len(description.target.tokens), width),
        "decoder.readout.weight": (units, units + context + width * before),
        "decoder.readout.bias": (units,),
        "decoder.output.weight": (len(description.target.tokens), units),
        "decoder.output.bias": (len(description.target.tokens),),
    }
    entering = context if before else units * description.input_feeding
    stacks = {"encoder.forwards": (width, context), "decoder.layers": (width + entering, units)}
    if description.bidirectional:
        stacks["encoder.backwards"] = stacks["encoder.forwards"]
    for stack, (first, above) in stacks.items():
        for layer in range(description.layers):
            found = description.facts.shapes(above if layer else first, units)
            shapes |= {f"{stack}.{layer}.{name}": shape for name, shape in found.items()}
    parts = len(description.facts.states)
    for layer in range(description.layers if description.facts.starts_anywhere else 0):
        shapes[f"decoder.bridges.{layer}.weight"] = (units * parts, context)
        shapes[f"decoder.bridges.{layer}.bias"] = (units * parts,)
    return shapes | _attention_shapes(description)


def _attention_shapes(description: TranslationDescription) -> dict[str, tuple[int, ...]]:
    units, context = description.units, description.context_width
    if description.attention == "general":
        return {"decoder.attention.key.weight": (units, context)}
    if description.attention != "additive":
        return {}
    width = description.attention_units or units
    shapes: dict[str, tuple[int, ...]] = {
        "decoder.attention.query.weight": (width, units),
        "decoder.attention.query.bias": (width,),
        "decoder.attention.key.weight": (width, context),
        "decoder.attention.score.weight": (1, width),
    }
    if description.coverage:
        shapes["decoder.attention.coverage.weight"] = (width, 1)
    return shapes


def build_translation(
    description: TranslationDescription, tensors: Mapping[str, Tensor], file: str
) -> TranslationModel:
    """The model of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    return built(
        lambda: TranslationModel(description, seed=None),
        parameter_shapes(description),
        tensors,
        file,
    )
