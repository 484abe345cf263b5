"""Encoder and decoder at work on one sentence, written as a recording: every unit at every token.

The tokens of the source and those of the target are two documents; people see the source, a
newline, and the target. The groups are the encoder's layers, forwards and backwards, which run on
the source, and the decoder's, which run on the target. At a target token stands the state that
predicted it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor

from rnnviz.core.recordings.description import TOP, Next
from rnnviz.core.recordings.groups import Group, layers_of
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.sentences import Sentence
from rnnviz.nets.alignments.tokenizers import SPACE_MARK
from rnnviz.nets.architectures import Layer, LayerState
from rnnviz.nets.architectures.base import Ran

Channels = dict[str, Tensor]
"""Values (T, U) of one layer by the channel's name."""


def record_translation(
    model: TranslationModel, sentence: Sentence, folder: Path, model_path: str = ""
) -> int:
    """Write the recording of a sentence decoded with `keep`; how many tokens it has."""
    with torch.inference_mode():
        forward, backward = encoder_channels(model, sentence)
        decoder = decoder_channels(model, sentence)
    tokens, split = as_tokens(sentence.source, sentence.target), len(sentence.source)
    about = model.description
    writer = RecordingWriter(
        folder,
        tokens,
        groups_of_translator(model, split, len(tokens)),
        Next(),
        tokens.vocabulary,
        model_name=about.name,
        model_path=model_path,
    )
    starts = [*[0] * len(forward + backward), *[split] * len(decoder)]
    for place, (layer, start) in enumerate(
        zip((*forward, *backward, *decoder), starts, strict=True)
    ):
        writer.write_group(place, start, {name: rows.numpy().T for name, rows in layer.items()})
    surprisal = np.full(len(tokens), np.nan, np.float32)
    surprisal[split:] = (sentence.chosen.log_p / -math.log(2)).numpy()
    nothing = np.zeros((len(tokens), TOP))
    writer.write_output(0, {"surprisal": surprisal, "top_ids": nothing, "top_p": nothing})
    return len(tokens)


def groups_of_translator(model: TranslationModel, split: int, length: int) -> tuple[Group, ...]:
    """The groups of rows: the encoder's forward layers, its backward ones, the decoder's.

    Args:
        split: how many tokens the source has; the target has the rest of `length`.
    """
    facts, about = model.encoder.architecture.facts, model.description
    same = (about.layers, about.units, facts.channel_names, facts.name)
    source, target = ((0, split),), ((split, length),)
    groups = layers_of(*same, part="encoder", runs=source)
    if about.bidirectional:
        groups += layers_of(*same, part="encoder", direction="backward", runs=source)
    groups += layers_of(*same, part="decoder", runs=target)
    return tuple(
        msgspec.structs.replace(group, title=_title(group, about.layers, about.bidirectional))
        for group in groups
    )


def _title(group: Group, layers: int, both_ways: bool) -> str:
    """`encoder, backward`, `decoder, layer 2`: no more than tells the groups apart."""
    which = [f"layer {group.layer + 1}"] if layers > 1 else []
    way = [group.direction] if both_ways and group.part == "encoder" else []
    return ", ".join([group.part, *which, *way])


def as_tokens(source: Sequence[str], target: Sequence[str]) -> Tokens:
    """Source and target as two documents of tokens, with their places in what people see."""
    first, second = Spelled(source), Spelled(target)
    behind = len(first.text) + 1
    spans = np.array([*first.spans, *((a + behind, b + behind) for a, b in second.spans)], np.int64)
    vocabulary = tuple(sorted({*source, *target}))
    places = {token: place for place, token in enumerate(vocabulary)}
    return Tokens(
        np.array([places[token] for token in (*source, *target)], np.uint32),
        spans.reshape(-1, 2),
        Text.of(f"{first.text}\n{second.text}", "a translated sentence"),
        vocabulary,
        Documents.of_lengths([len(source), len(target)]),
    )


class Spelled:
    """Tokens written one after the other, and where each of them stands."""

    def __init__(self, tokens: Sequence[str]) -> None:
        pieces = any(token.startswith(SPACE_MARK) for token in tokens)
        letters = all(len(token) == 1 for token in tokens[:-1])
        self.text, self.spans = "", list[tuple[int, int]]()
        for place, token in enumerate(tokens):
            shown = token.replace(SPACE_MARK, " ") if pieces else token
            if place and not pieces and not letters:
                shown = f" {shown}"
            if not place:
                shown = shown.removeprefix(" ") or shown
            # The blank between two words belongs to neither.
            blank = shown.startswith(" ") and len(shown) > 1
            self.spans.append((len(self.text) + blank, len(self.text) + len(shown)))
            self.text += shown


def encoder_channels(
    model: TranslationModel, sentence: Sentence
) -> tuple[list[Channels], list[Channels]]:
    """Every layer of the encoder at every token of the source, forwards and backwards."""
    encoder, ids = model.encoder, torch.tensor(sentence.translated.source)
    below = encoder.embedding(ids)
    forward, backward = [], []
    for layer, module in enumerate(encoder.forwards):
        here = run_layer(module, below)
        forward.append(here)
        hidden = here["hidden"]
        if encoder.backwards:
            back = run_layer(encoder.backwards[layer], below.flip(0))
            back = {name: values.flip(0) for name, values in back.items()}
            backward.append(back)
            hidden = torch.cat([hidden, back["hidden"]], dim=1)
        below = hidden
    return forward, backward


def decoder_channels(model: TranslationModel, sentence: Sentence) -> list[Channels]:
    """Every layer of the decoder at every token of the target."""
    decoder, source = model.decoder, len(sentence.source)
    steps = sentence.chosen.steps
    below = torch.stack([step.inputs[row] for step, row in steps])  # (G, I)
    memory = model.encode(torch.tensor([sentence.translated.source]).t(), torch.tensor([source]))
    states = decoder.start(memory).layers
    channels = []
    for module, state in zip(decoder.layers, states, strict=True):
        here = run_layer(module, below, state)
        channels.append(here)
        below = here["hidden"]
    return channels


def run_layer(module: Any, inputs: Tensor, state: LayerState | None = None) -> Channels:
    """All channels (T, U) of one layer over inputs (T, I)."""
    layer: Layer = module
    before, entering = layer.zero_state(1) if state is None else state, inputs.unsqueeze(1)
    # As the decoder itself runs it, so that the numbers are those that were decoded with.
    hidden, after = layer(entering, before)
    ran = Ran(entering, before, hidden, after)
    return {name: values[:, 0] for name, values in layer.channels(ran).items()}
