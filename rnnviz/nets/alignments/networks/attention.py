"""Attention: which encoder states matter for the word at hand, as weights that sum to one.

==========  =====================================================
tensor      axes
==========  =====================================================
states      (B, S, C) the encoder's annotations h_i
keys        (B, S, A) the same, projected once per sentence
query       (B, G, U) decoder states s_t
energies    (B, G, S) scores e_ti before the softmax
weights     (B, G, S) a_ti; exactly 0 at padding
context     (B, G, C) c_t = sum_i a_ti h_i
==========  =====================================================
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnviz.core.models.translation import TranslationDescription


class AdditiveAttention(nn.Module):
    """e_ti = v · tanh(W s + U h_i + b), Bahdanau, Cho and Bengio (2015), appendix A.1.2.

    With coverage, the weight that h_i got so far joins the sum (Tu et al. 2016, equation 6; See,
    Liu and Manning 2017, equation 11): e_ti = v · tanh(W s + U h_i + b + w sum_{t' < t} a_t'i).
    """

    def __init__(self, units: int, context: int, width: int, coverage: bool = False) -> None:
        super().__init__()
        self.query = nn.Linear(units, width)
        self.key = nn.Linear(context, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.coverage = nn.Linear(1, width, bias=False) if coverage else None

    def keys(self, states: Tensor) -> Tensor:
        """U h_i, (B, S, A)."""
        return self.key(states)

    def forward(self, query: Tensor, keys: Tensor, covered: Tensor | None = None) -> Tensor:
        """Energies (B, G, S); `covered` (B, S) is the weight that each state got so far."""
        if self.coverage is not None and covered is not None:
            keys = keys + self.coverage(covered.unsqueeze(2))
        inside = self.query(query).unsqueeze(2) + keys.unsqueeze(1)  # (B, G, S, A)
        return self.score(inside.tanh()).squeeze(3)


class MultiplicativeAttention(nn.Module):
    """e_ti = s_t · h_i (dot), or s_t · W h_i (general): Luong et al. (2015), equation 8.

    An energy sums U·C products with W, and Adam moves all of W by the same small amount: at the
    rate of the other weights the softmax is stuck on one state, mostly the full stop's, after some
    hundred steps, and attention never comes to life. So W learns at a part of the rate.
    """

    relative_rate = 0.03

    def __init__(self, units: int, context: int, general: bool) -> None:
        super().__init__()
        self.key = nn.Linear(context, units, bias=False) if general else None

    def keys(self, states: Tensor) -> Tensor:
        """W h_i, or h_i itself, (B, S, U)."""
        return states if self.key is None else self.key(states)

    def forward(self, query: Tensor, keys: Tensor, covered: Tensor | None = None) -> Tensor:
        """Energies (B, G, S), one matrix product a sentence."""
        return torch.bmm(query, keys.transpose(1, 2))


Attention = AdditiveAttention | MultiplicativeAttention


def make_attention(description: TranslationDescription) -> Attention | None:
    """The attention of this model; None where it has none."""
    units, context = description.units, description.context_width
    if description.attention == "none":
        return None
    if description.attention == "additive":
        width = description.attention_units or units
        return AdditiveAttention(units, context, width, description.coverage)
    return MultiplicativeAttention(units, context, description.attention == "general")


def weigh(energies: Tensor, padding: Tensor, temperature: float = 1.0) -> Tensor:
    """Weights (B, G, S): the softmax of the energies, with nothing for padding.

    Args:
        padding: (B, S) True where there is no source token.
        temperature: divides the energies; below 1 sharpens, above 1 flattens.
    """
    energies = energies.masked_fill(padding.unsqueeze(1), -torch.inf)
    return torch.softmax(energies / temperature, dim=2)
