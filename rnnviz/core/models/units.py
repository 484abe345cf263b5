"""The units that a model will have in a recording, before it is walked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rnnviz.core.system.ready_types import ready

from rnnviz.core.architectures import Range
from rnnviz.core.models.network import (
    Described,
    LayerDescription,
    NetworkDescription,
    network_of,
)
from rnnviz.core.quantities.units import layer_name, layer_title
from rnnviz.core.recordings.groups import Direction, Group

_INSIDE = "c"
"""Ends the name of the cells of a layer whose hidden state is projected to another width."""


def groups_of(description: Described, channels: Sequence[str]) -> tuple[Group, ...]:
    """The groups of rows of a model, bottom layer first; what reads backwards after its layer.

    A layer that has none of these channels has no group. One whose hidden state is projected has
    two: what it gives, and the cells inside it.
    """
    network = network_of(description)
    return tuple(
        group
        for place, layer in enumerate(network.layers)
        for direction in layer.directions
        for group in _groups_of_layer(network, place, direction, channels)  # type: ignore[arg-type]
    )


def _groups_of_layer(
    network: NetworkDescription, place: int, direction: Direction, channels: Sequence[str]
) -> Iterator[Group]:
    layer = network.layers[place]
    wanted = tuple(name for name in channels if name in layer.facts.channel_names)
    parts = [("", layer.units, wanted)]
    if layer.projection not in (0, layer.units):
        given, inside = (tuple(n for n in wanted if (n == "hidden") == is_) for is_ in (True, False))
        parts = [("", layer.projection, given), (_INSIDE, layer.units, inside)]
    for ending, width, mine in parts:
        if mine:
            ranges = {name: "unbounded" for name in mine if name in _unbounded(layer)}
            yield Group(
                name=layer_name(place, direction) + ending,
                title=f"{layer_title(place, direction)}, cells" if ending else "",
                architecture=layer.architecture,
                width=width,
                channels=mine,
                ranges=msgspec.convert(ranges, ready(dict[str, Range])),
                layer=place,
                direction=direction,
            )


def _unbounded(layer: LayerDescription) -> tuple[str, ...]:
    """The channels whose values lie anywhere though those of other layers of this kind do not."""
    anywhere = layer.variant.get("activation") == "relu"
    projected = layer.projection != 0
    about = layer.facts.channels
    return tuple(
        channel.name
        for channel in about
        if channel.range == "symmetric" and (anywhere or (projected and channel.name == "hidden"))
    )
