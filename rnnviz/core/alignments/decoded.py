"""One sentence translated: its tokens, how likely each was, where it looked, and the beam's tree.

The engine writes tables as files and tells their paths; they are read when somebody looks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct, field

from rnnviz.core.alignments.alignment import Alignment, Floats, joined, read_rows
from rnnviz.core.alignments.trust import EFFECTS, agreement
from rnnviz.core.alignments.words.tokens import word_groups
from rnnviz.core.errors import AlignmentError

LAYERS: dict[str, str] = {
    "weights": "Weights",
    "energies": "Scores before the softmax",
    "context": "Context vector",
    "encoder": "Encoder states",
    "decoder": "Decoder states",
    **EFFECTS,
    "difference": "Difference from the alignment beside it",
}
"""The tables of a translation by their names in the engine's answer, and what people call them."""


class Likely(msgspec.Struct, frozen=True):
    """A token that might have come at a step, with its probability."""

    token: str
    p: float


class BeamNode(msgspec.Struct, frozen=True):
    """A token in the tree of a beam search."""

    id: int
    parent: int | None
    """None, or -1, at the root."""
    token: str
    score: float
    """log p of everything from the root to here."""
    kept: bool
    """Whether it stayed in the beam."""


class Decoded(Struct, dict=True, frozen=True):
    """What a model made of one sentence."""

    source: tuple[str, ...]
    """(S) tokens."""
    target: tuple[str, ...]
    """(G) tokens."""
    log_p: tuple[float, ...]
    """(G) log p of every token, in nats."""
    likely: tuple[tuple[Likely, ...], ...] = ()
    """(G, up to 5) the likeliest tokens of every step, best first."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Paths of the tables, by the names in `LAYERS`; without `weights` there is no attention."""
    tree: tuple[BeamNode, ...] = ()
    text: str = ""
    """The translation as a person writes it."""
    unknown: tuple[int, ...] = ()
    """Source places that the model reads as the unknown word."""

    @property
    def has_attention(self) -> bool:
        """Whether the model says where it looked."""
        return "weights" in self.files

    @property
    def measured(self) -> bool:
        """Whether it is known what each source word does to each word."""
        return "left_out" in self.files

    def effects(self, name: str, *, words: bool) -> Floats:
        """(G, N) what each source token, or each word, does; one of `trust.EFFECTS`.

        Raises:
            AlignmentError: it was not measured, or its file is gone.
        """
        if name not in self.files:
            raise AlignmentError(f"{EFFECTS[name].lower()} was not measured here")
        return read_rows(Path(self.files[f"{name}-words" if words else name]))

    def effects_agree(self) -> dict[str, float]:
        """By the names of effects, the mean τ between weights of words and these effects.

        Raises:
            AlignmentError: a file is gone.
        """
        return self._agreements

    @cached_property
    def _agreements(self) -> dict[str, float]:
        if not (self.measured and self.has_attention):
            return {}
        words = self.word_alignment
        groups = word_groups(self.target)
        return {
            name: agreement(
                words.weights,
                joined(
                    self.effects(name, words=True).astype(np.float64), groups, axis=0, mean=True
                ).astype(np.float32),
                words.source,
                words.target,
            )
            for name in EFFECTS
            if name in self.files
        }

    @cached_property
    def alignment(self) -> Alignment:
        """The weights with their tokens.

        Raises:
            AlignmentError: the model has no attention, or the file is gone.
        """
        if not self.has_attention:
            raise AlignmentError("this model has no attention: there are no weights to show")
        return Alignment.read(Path(self.files["weights"]), self.source, self.target)

    @cached_property
    def word_alignment(self) -> Alignment:
        """The weights with pieces joined to words.

        Raises:
            AlignmentError: the model has no attention, or the file is gone.
        """
        return self.alignment.by_word()

    def layer(self, name: str) -> Floats:
        """The table of this name in `LAYERS`.

        Raises:
            AlignmentError: it was not kept, or its file is gone.
        """
        if name not in self.files:
            raise AlignmentError(f"this model gives no {LAYERS.get(name, name).lower()}")
        return read_rows(Path(self.files[name]))

    @property
    def confidence(self) -> float:
        """The geometric mean of the tokens' probabilities, from 0 to 1; NaN without tokens."""
        return math.exp(sum(self.log_p) / len(self.log_p)) if self.log_p else math.nan

    @property
    def likelihood(self) -> str:
        """How likely the translation is, as a whole and a token, in words."""
        nats = -sum(self.log_p)
        each = nats / max(1, len(self.log_p))
        return f"probability {math.exp(-nats):.3g}, {each:.2f} nats a token"


def branch(nodes: Sequence[BeamNode], leaf: int) -> tuple[BeamNode, ...]:
    """The nodes from the root to this one, without a root that bears no token.

    Raises:
        AlignmentError: the tree names a parent that it does not have, or runs in a circle.
    """
    known = {node.id: node for node in nodes}
    path: list[BeamNode] = []
    at: int | None = leaf
    while at is not None and at >= 0:
        node = known.get(at)
        if node is None or len(path) > len(nodes):
            raise AlignmentError("the beam's tree is damaged; translate again")
        path.append(node)
        at = node.parent
    path.reverse()
    if path and path[0].parent in (None, -1) and path[0].token in ("", "<s>", "SOS"):
        path = path[1:]
    return tuple(path)
