"""Attention against numbers worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from rnnviz.nets.alignments.networks.attention import (
    AdditiveAttention,
    MultiplicativeAttention,
    weigh,
)


def set_to(layer: torch.nn.Linear, weight: list[list[float]], bias: list[float] | None) -> None:
    """Give a layer these numbers."""
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))


def test_additive_scores_by_hand() -> None:
    """e = v · tanh(W s + U h + b) with one unit inside: v = 2, W = 1, U = 0.5, b = 0.25."""
    attention = AdditiveAttention(units=1, context=1, width=1)
    set_to(attention.query, [[1.0]], [0.25])
    set_to(attention.key, [[0.5]], None)
    set_to(attention.score, [[2.0]], None)
    states = torch.tensor([[[1.0], [-2.0]]])
    energies = attention(torch.tensor([[[0.5]]]), attention.keys(states))
    wanted = [2 * math.tanh(0.5 + 0.25 + 0.5), 2 * math.tanh(0.5 + 0.25 - 1.0)]
    assert energies[0, 0].tolist() == pytest.approx(wanted, abs=1e-6)


def test_coverage_joins_the_additive_score() -> None:
    """What a state already got is one more term inside the tanh."""
    attention = AdditiveAttention(units=1, context=1, width=1, coverage=True)
    set_to(attention.query, [[0.0]], [0.0])
    set_to(attention.key, [[1.0]], None)
    set_to(attention.score, [[1.0]], None)
    assert attention.coverage is not None
    set_to(attention.coverage, [[-1.0]], None)
    states = torch.tensor([[[1.0], [1.0]]])
    covered = torch.tensor([[0.0, 0.75]])
    energies = attention(torch.zeros(1, 1, 1), attention.keys(states), covered)
    assert energies[0, 0].tolist() == pytest.approx([math.tanh(1.0), math.tanh(0.25)], abs=1e-6)


def test_dot_and_general_scores_by_hand() -> None:
    """s · h, and s · W h."""
    states, query = torch.tensor([[[1.0, 2.0], [0.0, -1.0]]]), torch.tensor([[[3.0, 1.0]]])
    dot = MultiplicativeAttention(2, 2, general=False)
    assert dot(query, dot.keys(states))[0, 0].tolist() == [5.0, -1.0]
    general = MultiplicativeAttention(2, 2, general=True)
    assert general.key is not None
    set_to(general.key, [[0.0, 1.0], [2.0, 0.0]], None)
    assert general(query, general.keys(states))[0, 0].tolist() == [8.0, -3.0]


def test_padding_gets_exactly_nothing() -> None:
    """However high its score, filling has weight 0, and the others sum to 1."""
    energies = torch.tensor([[[0.0, math.log(3.0), 1000.0]]])
    weights = weigh(energies, torch.tensor([[False, False, True]]))
    assert weights[0, 0].tolist() == pytest.approx([0.25, 0.75, 0.0], abs=1e-6)
    assert float(weights[0, 0, 2]) == 0.0


def test_temperature_divides_the_energies() -> None:
    """At temperature 2, log 9 apart becomes log 3 apart."""
    energies = torch.tensor([[[0.0, math.log(9.0)]]])
    weights = weigh(energies, torch.tensor([[False, False]]), temperature=2.0)
    assert weights[0, 0].tolist() == pytest.approx([0.25, 0.75], abs=1e-6)
