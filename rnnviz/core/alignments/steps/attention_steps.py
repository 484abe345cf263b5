"""What a decoder did, word for word, over a memory of places: scores, weights, context, words.

The places of the memory may be tokens of a sentence; nothing here assumes it. What a model does not
tell stays None, and is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnviz.core.alignments.alignment import Floats
from rnnviz.core.alignments.decoded import Decoded, Likely
from rnnviz.core.alignments.words.tokens import WORD_START, has_pieces, is_mark, shown_token
from rnnviz.core.architectures import short_title
from rnnviz.core.errors import AlignmentError
from rnnviz.core.models.translation import TranslatorTold


@dataclass(frozen=True)
class AttentionKind:
    """How a model attends, as its description says."""

    attention: str = ""
    """`dot`, `general`, `additive`, `none`; empty where it is unknown."""
    order: str = ""
    """`before` or `after`; see `nets.alignments.networks.decoder`."""
    architecture: str = ""
    """Of the decoder, in short: `GRU`."""
    units: int = 0
    """U of the encoder in one direction; 0 where it is unknown."""
    both_ways: bool = False
    input_feeding: bool = False
    temperature: float = 1.0
    """Of the softmax over the scores."""

    @property
    def has_attention(self) -> bool:
        """Whether anything is weighed."""
        return self.attention != "none"

    @property
    def words(self) -> str:
        """How scores are made, in a line."""
        if not self.has_attention:
            return "No attention: every step sees the same vector, and nothing says where it looks."
        asked = {"before": "s₍ₜ₋₁₎", "after": "sₜ"}.get(self.order, "s")
        made = {
            "dot": f"dot attention: eᵢ = {asked} · hᵢ",
            "general": f"general attention: eᵢ = {asked} · W hᵢ",
            "additive": f"additive attention: eᵢ = v · tanh(W {asked} + U hᵢ + b)",
        }.get(self.attention, "weights: how their scores were made is not known here")
        when = {
            "before": "; cₜ enters the next state (before)",
            "after": "; cₜ joins the output (after)",
        }.get(self.order, "")
        return f"{made[:1].upper()}{made[1:]}{when}"


def kind_of_attention(told: TranslatorTold, temperature: float = 1.0) -> AttentionKind:
    """How a model attends, as far as that is told of it."""
    return AttentionKind(
        attention=told.attention,
        order=told.order,
        architecture=short_title(told.architecture) if told.architecture else "",
        units=told.units,
        both_ways=told.bidirectional,
        input_feeding=told.input_feeding,
        temperature=temperature,
    )


@dataclass(frozen=True, eq=False)
class AttentionSteps:
    """G steps over S places."""

    places: tuple[str, ...]
    """(S) what stands under each place."""
    written: tuple[str, ...]
    """(G) the tokens, as they are shown."""
    kind: AttentionKind = field(default_factory=AttentionKind)
    weights: Floats | None = None
    """(G, S)"""
    scores: Floats | None = None
    """(G, S), e before the softmax."""
    memory: Floats | None = None
    """(S, C), the states h_i."""
    context: Floats | None = None
    """(G, C), c_t."""
    states: Floats | None = None
    """(G, U) of the decoder, s_t: the state from which the word was written."""
    likely: tuple[tuple[Likely, ...], ...] = ()
    """(G, up to 5), as they are shown."""
    p: tuple[float, ...] = ()
    """(G) the probability of each written token."""
    forced: frozenset[tuple[int, int]] = frozenset()
    """Weights (step, place) that a person set."""

    def __len__(self) -> int:
        return len(self.written)


def steps_of(
    decoded: Decoded,
    kind: AttentionKind,
    forced: frozenset[tuple[int, int]] = frozenset(),
) -> AttentionSteps:
    """The steps of a decoded sentence, with everything that the model told."""
    tables: dict[str, Floats] = {}
    for name in ("weights", "energies", "encoder", "context", "decoder"):
        try:
            tables[name] = decoded.layer(name)
        except AlignmentError:
            continue
    rows, columns = len(decoded.target), len(decoded.source)
    sizes = {"weights": (rows, columns), "energies": (rows, columns), "encoder": (columns,)}
    for name, size in sizes.items():
        if name in tables and tables[name].shape[: len(size)] != size:
            del tables[name]
    return AttentionSteps(
        piece_names(decoded.source),
        piece_names(decoded.target),
        kind,
        tables.get("weights"),
        tables.get("energies"),
        tables.get("encoder"),
        tables.get("context"),
        tables.get("decoder"),
        tuple(
            tuple(
                Likely(name, one.p)
                for name, one in zip(
                    piece_names(
                        tuple(one.token for one in likely), pieces=has_pieces(decoded.target)
                    ),
                    likely,
                    strict=True,
                )
            )
            for likely in decoded.likely
        ),
        tuple(float(np.exp(one)) for one in decoded.log_p),
        forced,
    )


def piece_names(tokens: tuple[str, ...], *, pieces: bool | None = None) -> tuple[str, ...]:
    """Tokens as words of a picture: what goes on a word begins with a dot.

    >>> piece_names(("▁le", "▁ch", "at", ".", "</s>"))
    ('le', 'ch', '·at', '.', '</s>')
    """
    cut = has_pieces(tokens) if pieces is None else pieces
    names = []
    for token in tokens:
        if token.startswith(WORD_START) and len(token) > 1:
            names.append(shown_token(token.removeprefix(WORD_START)))
        elif cut and not is_mark(token) and token[:1].isalnum():
            names.append(f"·{shown_token(token)}")
        else:
            names.append(shown_token(token))
    return tuple(names)
