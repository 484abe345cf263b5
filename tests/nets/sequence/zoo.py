"""Descriptions of networks of every sort."""

from __future__ import annotations

from typing import Any

from rnnviz.core.models.network import (
    FRONT,
    AsRead,
    Convolution,
    Dense,
    Embedding,
    Frames,
    Head,
    LayerDescription,
    Linear,
    NetworkDescription,
    Numbers,
    OneHot,
    Readout,
    Symbols,
)

LETTERS = tuple("abcdefg")
CLASSES = Head(outputs=("good", "bad", "so so"))


def layer(architecture: str = "lstm", units: int = 5, **more: Any) -> LayerDescription:
    return LayerDescription(architecture=architecture, units=units, **more)


def network(*layers: LayerDescription, **more: Any) -> NetworkDescription:
    fields: dict[str, Any] = {
        "reads": Symbols(vocabulary=LETTERS),
        "front": Embedding(width=4),
        "layers": layers,
        "head": CLASSES,
        **more,
    }
    return NetworkDescription(**fields)


ZOO = {
    "unequal widths and kinds": network(layer(units=6), layer("gru", 3), layer("rnn", 4)),
    "both ways": network(layer(direction="both"), layer("gru", 3, direction="both")),
    "backwards": network(layer(direction="backward"), front=OneHot()),
    "skips": network(layer(), layer(inputs=(0, FRONT)), readout=Readout(layers=(0, 1))),
    "residual and normed": network(
        layer(units=4, residual=True), layer("min-gru", 4, residual=True, normalisation="layer")
    ),
    "learned start": network(layer(learned_start=True, direction="both"), layer("gru")),
    "projection": network(layer(units=6, projection=3), layer(units=5)),
    "variants": network(
        layer("rnn", variant={"activation": "relu"}),
        layer("gru", variant={"reset_after": False, "gates": "hard-sigmoid-0.2"}),
        layer(variant={"gates": "hard-sigmoid"}),
    ),
    "last": network(layer(direction="both"), readout=Readout(kind="last")),
    "mean": network(layer(), readout=Readout(kind="mean")),
    "max": network(layer(), readout=Readout(kind="max")),
    "attention": network(layer(direction="both"), readout=Readout(kind="attention")),
    "additive attention": network(
        layer(), readout=Readout(kind="attention", attention_units=3, layers=(0,))
    ),
    "window": network(layer(direction="both"), readout=Readout(kind="window", steps=4)),
    "deep head": network(
        layer(),
        head=Head(
            outputs=("x", "y"),
            gives="linear",
            hidden=(Dense(units=7, normalisation="layer"), Dense(units=3, activation="tanh")),
        ),
    ),
    "numbers": network(layer(), reads=Numbers(columns=("a", "b")), front=AsRead()),
    "numbers through a layer": network(
        layer(), reads=Numbers(columns=("a", "b")), front=Linear(width=6, activation="tanh")
    ),
    "frames": network(layer(), reads=Frames(height=8, width=8), front=Convolution(channels=(4, 6))),
}
