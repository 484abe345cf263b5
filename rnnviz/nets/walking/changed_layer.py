"""A network one unit of which is changed whatever it reads: the same weights, another behaviour.

To everybody else it is a network like others: it is walked, sampled, ranked and differentiated by
the same code, so that whatever is shown of a network can be shown with a unit cut or held.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.errors import RnnvizError
from rnnviz.nets.architectures.base import (
    Change,
    Layer,
    LayerState,
    Ran,
    Stepped,
    unchanged,
)
from rnnviz.nets.sequence.network import SequenceNetwork

Network = TypeVar("Network", bound=SequenceNetwork)


def check(model: SequenceNetwork, intervention: Intervention) -> None:
    """Refuse an intervention on what the model does not have.

    Raises:
        RnnvizError: naming what it has.
    """
    layers = model.recurrent
    if model.network.backwards:
        raise RnnvizError("units are changed in networks that read forwards; this one does not")
    if intervention.layer >= len(layers):
        raise RnnvizError(
            f"there is no layer {intervention.layer + 1}: the model has {len(layers)}"
        )
    layer = layers[intervention.layer]
    if intervention.state not in layer.facts.states:
        raise RnnvizError(
            f"{layer.facts.with_article} has no state {intervention.state!r} to change; it has "
            f"{', '.join(layer.facts.states)}"
        )
    width = layer.given if intervention.state == "hidden" else layer.units
    if intervention.unit >= width:
        raise RnnvizError(
            f"there is no unit {intervention.unit} in layer {intervention.layer + 1}: it has "
            f"{width}, from 0"
        )
    if not np.isfinite(intervention.value):
        raise RnnvizError(f"the value is {intervention.value}; it must be finite")


class ChangedLayer(Layer):
    """A layer one unit of which is changed at every step, from the first on.

    A state that is held is built into a layer that runs as fast as ever, where the layer can make
    one (`Layer.holding`); only the step with which the change begins is stepped then. Every other
    change is made step by step.
    """

    def __init__(self, layer: Layer, intervention: Intervention) -> None:
        super().__init__(layer.inputs, layer.units)
        self.plain = layer
        self.facts = layer.facts  # type: ignore[misc] # of the class, everywhere else
        self.intervention = intervention
        self.held: Layer | None = None
        if intervention.how == "hold":
            self.held = layer.holding(
                intervention.unit, intervention.value, state=intervention.state
            )

    @property
    def given(self) -> int:
        """That of the layer."""
        return self.plain.given

    def zero_state(self, batch: int) -> LayerState:
        """That of the layer: the change begins with the first step."""
        return self.plain.zero_state(batch)

    def step(self, inputs: Tensor, state: LayerState, change: Change = unchanged) -> Stepped:
        """One step of the layer, changed; what else is to be changed is changed before."""
        return self.plain.step(inputs, state, self._and(change))

    def advance(self, inputs: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """One step, as fast as the change allows."""
        if self.held is None or self.held.settled(state) is not state:
            return super().advance(inputs, state)
        hidden, after = self.held.advance(inputs, state)
        if self.intervention.state == "hidden":
            hidden = hidden.clone()
            hidden[..., self.intervention.unit] = self.intervention.value
        return hidden, self.held.settled(after)

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """A block, as fast as the change allows."""
        if self.held is None:
            return self.run_changed(inputs, state, [unchanged] * len(inputs))
        # Before the first step the unit may hold another value than the one that is built in.
        first = 0 if self.held.settled(state) is state else 1
        parts = [self.run_changed(inputs[:1], state, [unchanged])] if first else []
        if len(inputs) > first:
            parts.append(self.held.run(inputs[first:], parts[-1].after if parts else state))
        hidden = parts[0].hidden
        if len(parts) > 1:
            hidden = torch.cat([part.hidden for part in parts])
        if self.intervention.state == "hidden":
            hidden[..., self.intervention.unit] = self.intervention.value
        after = self.held.settled(parts[-1].after)
        return Ran(inputs, state, hidden, after, _Parts(parts))

    def channels(self, ran: Ran, projected: Tensor | None = None) -> Mapping[str, Tensor]:
        """Those of the parts in which the block ran, one after the other."""
        if not isinstance(ran.kept, _Parts) or self.held is None:
            return super().channels(ran, projected)
        found = [dict(self.held.channels(part)) for part in ran.kept]
        joined = found[0]
        if len(found) > 1:
            joined = {name: torch.cat([part[name] for part in found]) for name in found[0]}
        joined[self.intervention.state][..., self.intervention.unit] = self.intervention.value
        return {**joined, "hidden": ran.hidden}

    def _and(self, change: Change) -> Change:
        about = self.intervention

        def both(name: str, values: Tensor) -> Tensor:
            values = change(name, values)
            if name != about.state:
                return values
            changed = values.clone()
            if about.how == "add":
                changed[..., about.unit] += about.value
            else:
                changed[..., about.unit] = about.value
            return changed

        return both


class _Parts(list[Ran]):
    """The parts in which a block ran."""


def changed_network(model: Network, intervention: Intervention) -> Network:
    """This network with one unit changed at every step; the weights are shared.

    Raises:
        RnnvizError: the network has no such unit or state, or reads from the end.
    """
    check(model, intervention)
    changed = copy.copy(model)
    changed._modules = dict(model._modules)
    layers = cast(dict[str, nn.Module], dict(model.layers.items()))
    key = str(intervention.layer)
    layers[key] = ChangedLayer(cast(Layer, layers[key]), intervention)
    changed.layers = nn.ModuleDict(layers)
    changed.intervention = intervention
    return changed.eval()
