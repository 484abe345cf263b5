"""A network one unit of which is changed whatever it reads: the same weights, another behaviour.

To everybody else it is a network like others: it is walked, sampled, ranked and differentiated by
the same code, so that whatever is shown of a network can be shown with a unit cut or held.
"""

from __future__ import annotations

import copy
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from rnnviz.core.cells.intervention import Intervention
from rnnviz.nets.architectures.base import (
    Change,
    Channels,
    Layer,
    LayerState,
    Ran,
    Stepped,
    unchanged,
)
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.walking.intervening import check

Network = TypeVar("Network", bound=SequenceNetwork)


class ChangedLayer(Layer):
    """A layer one unit of which is changed at every step, from the first on.

    A hidden state that is held is built into a layer that runs as fast as ever, where the layer can
    make one (`Layer.holding`); only the first and the last step of a block are stepped then. Every
    other change is made step by step.
    """

    def __init__(self, layer: Layer, intervention: Intervention) -> None:
        super().__init__(layer.inputs, layer.units)
        self.plain = layer
        self.facts = layer.facts  # type: ignore[misc] # of the class, everywhere else
        self.intervention = intervention
        quick = (intervention.how, intervention.state) == ("hold", "hidden")
        self.held = layer.holding(intervention.unit, intervention.value) if quick else None

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

    def run(self, inputs: Tensor, state: LayerState) -> Ran:
        """A block, its channels known."""
        if self.held is None:
            return self.run_changed(inputs, state, [unchanged] * len(inputs))
        # Before the first step the unit may hold another value than the one that is built in, and
        # only a step puts the value into the state, in which nobody but the layer can look.
        parts, after = [_as_block(self.step(inputs[0], state))], state
        after = parts[0][1]
        if len(inputs) > 2:
            ran = self.held.run(inputs[1:-1], after)
            channels = dict(self.held.channels(ran))
            channels["hidden"] = ran.hidden.clone()
            channels["hidden"][..., self.intervention.unit] = self.intervention.value
            parts.append((channels, ran.after))
            after = ran.after
        if len(inputs) > 1:
            last = self.held.step(inputs[-1], after, self._and(unchanged))
            parts.append(_as_block(last))
            after = parts[-1][1]
        joined = {name: torch.cat([part[name] for part, _ in parts]) for name in parts[0][0]}
        return Ran(inputs, state, joined["hidden"], after, Channels(joined))

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


def _as_block(stepped: Stepped) -> tuple[dict[str, Tensor], LayerState]:
    return {name: values[None] for name, values in stepped.channels.items()}, stepped.state


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
