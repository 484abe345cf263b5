"""How to decode, and what a person forces; the arithmetic of forced weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rnnviz.core.errors import RnnvizError
from rnnviz.nets.alignments.networks.decoder import Steer


@dataclass(frozen=True)
class Settings:
    """How to decode; the interventions go with one sentence."""

    beam: int = 1
    length_penalty: float = 0.6
    """α of lp(Y) = ((5 + |Y|) / 6)^α, by which log p is divided (Wu et al. 2016, equation 14)."""
    coverage_penalty: float = 0.0
    """β of β sum_i log min(sum_t a_ti, 1), which is added (same place)."""
    temperature: float = 1.0
    """Of the attention's softmax."""
    sampling_temperature: float = 0.0
    """Above 0, tokens are drawn at this temperature instead of searched for."""
    seed: int = 0
    forced: Mapping[int, int] = field(default_factory=dict)
    """The token that must come at a step."""
    forbidden: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """The tokens that must not come at a step."""
    weights: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    """At a step, the weights that some source places must have; the others share the rest."""
    from_step: int = 0
    """Steps before this one keep the attention as it is."""
    longest: int = 0
    """Tokens at most; 0 means twice as many as the source has, and ten."""

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            RnnvizError: naming the setting.
        """
        if not 1 <= self.beam <= 100:
            raise RnnvizError(f"the beam is {self.beam}; it must be from 1 to 100")
        for name in ("temperature", "sampling_temperature", "length_penalty", "coverage_penalty"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise RnnvizError(f"the {name.replace('_', ' ')} is {value}; it must be 0 or more")
        if self.temperature == 0:
            raise RnnvizError("the temperature of the attention is 0; it must be above 0")
        for step, given in self.weights.items():
            for place, weight in given.items():
                if not 0 <= weight <= 1:
                    raise RnnvizError(
                        f"the weight of place {place} at step {step} is {weight}; weights are from "
                        "0 to 1"
                    )


def steer_by(given: Mapping[int, float]) -> Steer:
    """Put these weights at these places; the other places share what is left, as they did.

    Raises:
        RnnvizError: a place is outside the sentence.
    """

    def steer(weights: Tensor) -> Tensor:
        outside = [place for place in given if not 0 <= place < weights.shape[1]]
        if outside:
            raise RnnvizError(
                f"a weight is given for source place {outside[0]}; the sentence has places 0 to "
                f"{weights.shape[1] - 1}"
            )
        places = torch.tensor(list(given))
        values = torch.tensor([float(value) for value in given.values()])
        total = float(values.sum())
        free = weights.clone()
        free[:, places] = 0
        left = free.sum(dim=1, keepdim=True)
        share = max(0.0, 1 - total)
        free = torch.where(left > 0, free * (share / left.clamp_min(1e-30)), free)
        free[:, places] = values
        return free / free.sum(dim=1, keepdim=True).clamp_min(1e-30)

    return steer
