"""What decoding gives: translations with their alignments, their scores and the beam's tree."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from rnnviz.nets.alignments.networks.decoder import Step


@dataclass(frozen=True)
class Node:
    """One continuation that beam search looked at."""

    parent: int
    """Its place in the tree; -1 at the first token."""
    step: int
    token: int
    log_p: float
    score: float
    """Log p of all tokens so far."""
    kept: bool
    """Whether the search went on with it, or it ended a translation."""


@dataclass(frozen=True)
class Hypothesis:
    """One translation of G tokens, with the end if it was reached, and how it came about."""

    ids: tuple[int, ...]
    log_p: Tensor
    """(G,) of each token, given those before."""
    score: float
    """By which hypotheses are ranked: log p with the penalties."""
    finished: bool
    """Whether it ended by itself."""
    weights: Tensor | None
    """(G, S); None without attention."""
    energies: Tensor | None
    context: Tensor
    """(G, C)."""
    hidden: Tensor
    """(G, U) of the top layer."""
    top_ids: Tensor
    """(G, 5) the likeliest tokens at each step."""
    top_p: Tensor
    """(G, 5)."""
    steps: tuple[tuple[Step, int], ...] = ()
    """What each step gave and the row that is this hypothesis; only where a tree is kept."""


@dataclass(frozen=True)
class Translated:
    """What came of one sentence."""

    source: tuple[int, ...]
    """S ids, with the end."""
    encoded: Tensor
    """(S, C) the encoder's states."""
    hypotheses: tuple[Hypothesis, ...]
    """The best first."""
    tree: tuple[Node, ...] = ()

    @property
    def best(self) -> Hypothesis:
        """The translation."""
        return self.hypotheses[0]
