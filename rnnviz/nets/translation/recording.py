"""Encoder and decoder at work on one sentence, written as a recording: every unit at every token.

The text of the recording is the source, a newline, and the target; every character of a token
carries the values of that token. Its layers are the encoder's forward layers, its backward layers,
then the decoder's; an encoder unit is 0 in the target and a decoder unit is 0 in the source, where
they do not run. At a target token stands the state that predicted it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.core.recordings.recording import TOP, RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures import Layer, LayerState
from rnnviz.nets.translation.model import TranslationModel
from rnnviz.nets.translation.sentences import Sentence
from rnnviz.nets.translation.tokenizers import SPACE_MARK

Channels = dict[str, Tensor]
"""Values (T, U) of one layer by the channel's name."""


def record_translation(
    model: TranslationModel, sentence: Sentence, folder: Path, model_path: str = ""
) -> int:
    """Write the recording of a sentence decoded with `keep`; how many characters it has."""
    with torch.inference_mode():
        layers = [*encoder_channels(model, sentence), *decoder_channels(model, sentence)]
    names = model.encoder.architecture.facts.channel_names
    source = spelled(sentence.source)
    target = spelled(sentence.target)
    text = f"{source.text}\n{target.text}"
    places = [*source.places, -1, *(place + len(sentence.source) for place in target.places)]
    tokens = {
        name: np.concatenate([values[name].numpy() for values in layers], axis=1).T
        for name in names
    }  # each (N, S + G)
    columns = np.array(places)
    channels = {
        name: np.where(columns >= 0, values[:, columns], 0.0) for name, values in tokens.items()
    }
    bits = (sentence.chosen.log_p / -math.log(2)).numpy()
    surprisal = np.full(len(text), np.nan, np.float32)
    surprisal[len(source.text) + 1 :] = bits[target.places]
    about = model.description
    writer = RecordingWriter(
        folder,
        Text.of(text, "a translated sentence"),
        sorted(set(text)),
        len(layers),
        about.units,
        names,
        about.name,
        model_path,
    )
    empty = np.zeros((len(text), TOP))
    writer.write(0, channels, surprisal, empty.astype(np.int64), empty)
    return len(text)


class Spelled:
    """Tokens written one after the other, and the token of every character."""

    def __init__(self, tokens: Sequence[str]) -> None:
        pieces = any(token.startswith(SPACE_MARK) for token in tokens)
        letters = all(len(token) == 1 for token in tokens[:-1])
        self.text, self.places = "", list[int]()
        for place, token in enumerate(tokens):
            shown = token.replace(SPACE_MARK, " ") if pieces else token
            if place and not pieces and not letters:
                shown = f" {shown}"
            if not place:
                shown = shown.removeprefix(" ") or shown
            self.text += shown
            self.places += [place] * len(shown)


def spelled(tokens: Sequence[str]) -> Spelled:
    """The tokens as one text."""
    return Spelled(tokens)


def encoder_channels(model: TranslationModel, sentence: Sentence) -> list[Channels]:
    """Every layer of the encoder at every token, forward layers first; zeros in the target."""
    encoder, ids = model.encoder, torch.tensor(sentence.translated.source)
    below, target = encoder.embedding(ids), len(sentence.target)
    forward, backward = [], []
    for layer, module in enumerate(encoder.forwards):
        here = run_layer(module, below)
        forward.append({name: padded(values, 0, target) for name, values in here.items()})
        hidden = here["hidden"]
        if encoder.backwards:
            back = run_layer(encoder.backwards[layer], below.flip(0))
            back = {name: values.flip(0) for name, values in back.items()}
            backward.append({name: padded(values, 0, target) for name, values in back.items()})
            hidden = torch.cat([hidden, back["hidden"]], dim=1)
        below = hidden
    return [*forward, *backward]


def decoder_channels(model: TranslationModel, sentence: Sentence) -> list[Channels]:
    """Every layer of the decoder at every token; zeros in the source."""
    decoder, source = model.decoder, len(sentence.source)
    steps = sentence.chosen.steps
    below = torch.stack([step.inputs[row] for step, row in steps])  # (G, I)
    memory = model.encode(torch.tensor([sentence.translated.source]).t(), torch.tensor([source]))
    states = decoder.start(memory).layers
    channels = []
    for module, state in zip(decoder.layers, states, strict=True):
        here = run_layer(module, below, state)
        channels.append({name: padded(values, source, 0) for name, values in here.items()})
        below = here["hidden"]
    return channels


def run_layer(module: Any, inputs: Tensor, state: LayerState | None = None) -> Channels:
    """All channels (T, U) of one layer over inputs (T, I)."""
    layer: Layer = module
    ran = layer.run(inputs.unsqueeze(1), layer.zero_state(1) if state is None else state)
    return {name: values[:, 0] for name, values in layer.channels(ran).items()}


def padded(values: Tensor, before: int, after: int) -> Tensor:
    """Values (T, U) with rows of zeros before and after."""
    return nn.functional.pad(values, (0, 0, before, after))
