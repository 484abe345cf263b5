"""The shapes of a network's parameters, by their names in a model file."""

from __future__ import annotations

from collections.abc import Mapping

from rnnviz.core.models.network import (
    Convolution,
    Embedding,
    Frames,
    Linear,
    NetworkDescription,
    Symbols,
)


def parameter_shapes(network: NetworkDescription) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter by its name, by arithmetic alone: no memory is taken.

    Names of version 1 are among them, so that weights of its files fit as they are:
    `embedding.weight`, `layers.<l>.<parameter>`, `output.weight`, `output.bias`.
    """
    shapes: dict[str, tuple[int, ...]] = dict(_front_shapes(network))
    for place, layer in enumerate(network.layers):
        entering = network.input_width(place)
        for direction in layer.directions:
            stack = "layers" if direction == "forward" else "backwards"
            found = layer.facts.shapes(entering, layer.units, layer.projection, layer.variant)
            for name, shape in found.items():
                shapes[f"{stack}.{place}.{name}"] = shape
            if layer.learned_start:
                for part, state in enumerate(layer.facts.states):
                    size = layer.projection if state == "hidden" else 0
                    shapes[f"starts.{place}-{direction}-{part}"] = (size or layer.units,)
        if layer.normalisation:
            shapes |= _normed(f"norms.{place}", layer.width)
    return shapes | _head_shapes(network)


def _front_shapes(network: NetworkDescription) -> Mapping[str, tuple[int, ...]]:
    front, reads = network.front, network.reads
    if isinstance(front, Embedding) and isinstance(reads, Symbols):
        return {"embedding.weight": (len(reads.vocabulary), front.width)}
    if isinstance(front, Linear):
        size = len(reads.vocabulary if isinstance(reads, Symbols) else reads.columns)  # type: ignore[union-attr]
        return {"front.weight": (front.width, size), "front.bias": (front.width,)}
    if isinstance(front, Convolution) and isinstance(reads, Frames):
        shapes: dict[str, tuple[int, ...]] = {}
        below = reads.channels
        for place, channels in enumerate(front.channels):
            shapes[f"front.{place}.weight"] = (channels, below, front.kernel, front.kernel)
            shapes[f"front.{place}.bias"] = (channels,)
            below = channels
        return shapes
    return {}


def _head_shapes(network: NetworkDescription) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    width, readout = network.read_width, network.readout
    if readout.kind == "attention":
        inside = readout.attention_units
        if inside:
            shapes |= {"readout.key.weight": (inside, width), "readout.key.bias": (inside,)}
        shapes["readout.score.weight"] = (1, inside or width)
    width = network.head_width
    if network.head.normalisation:
        normed = _normed("head_norm", width)
        if network.head.normalisation == "rms":
            normed.pop("head_norm.bias")
        shapes |= normed
    for place, dense in enumerate(network.head.hidden):
        shapes |= {f"head.{place}.weight": (dense.units, width), f"head.{place}.bias": (dense.units,)}
        if dense.normalisation:
            shapes |= _normed(f"head_norms.{place}", dense.units)
        width = dense.units
    count = len(network.head.outputs)
    return shapes | {"output.weight": (count, width), "output.bias": (count,)}


def _normed(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
