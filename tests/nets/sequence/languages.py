"""Language models of version 2 of every sort: what shipped ones never are."""

from __future__ import annotations

import torch

from rnnviz.core.models.network import (
    FRONT,
    Dense,
    Head,
    LayerDescription,
    Linear,
    NetworkDescription,
    OneHot,
    Readout,
    SequenceDescription,
    Symbols,
)
from rnnviz.nets.language.model import LanguageModel
from tests.nets.sequence.zoo import layer, network

LETTERS = tuple("abcdefg\n ")
WORDS = ("<unk>", "\n", "war", "and", "peace", "Prince", ",", ".", "the")


def language(*layers: LayerDescription, **more: object) -> NetworkDescription:
    fields: dict[str, object] = {
        "reads": Symbols(vocabulary=LETTERS),
        "head": Head(outputs=LETTERS),
        **more,
    }
    return network(*layers, **fields)


LANGUAGES = {
    "unequal widths and kinds": language(layer(units=6), layer("gru", 3), layer("rnn", 4)),
    "skips": language(layer(), layer(inputs=(0, FRONT)), readout=Readout(layers=(0, 1))),
    "residual and normed": language(
        layer(units=4, residual=True, normalisation="layer"),
        layer("min-gru", 4, residual=True),
        front=Linear(width=4, activation="tanh"),
    ),
    "learned start": language(layer(learned_start=True), layer("gru"), front=OneHot()),
    "projection": language(layer(units=6, projection=3), layer(units=5)),
    "variants": language(
        layer("rnn", variant={"activation": "relu"}),
        layer("gru", variant={"reset_after": False, "gates": "hard-sigmoid-0.2"}),
    ),
    "deep head": language(
        layer(), head=Head(outputs=LETTERS, hidden=(Dense(units=7, normalisation="layer"),))
    ),
    "words": language(
        layer(),
        reads=Symbols(vocabulary=WORDS, unit="words", unknown="<unk>"),
        head=Head(outputs=WORDS),
    ),
}


def language_model(about: NetworkDescription, name: str = "small") -> LanguageModel:
    """Weights by chance, wide enough that gates move."""
    described = SequenceDescription(task="language", network=about, name=name)
    model = LanguageModel(described, seed=2).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if key.startswith("starts."):
                parameter.copy_(torch.linspace(-1, 1, len(parameter)))
            elif "norms." not in key:
                parameter.mul_(1.6)
    return model
