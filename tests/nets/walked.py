"""Short texts walked in memory, in full precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import read_text
from rnnviz.nets.walking.blocks import BLOCK, FIRST_BLOCK
from rnnviz.nets.walking.walk import Block, Walked, Walker, ignore, run


def walk_arrays(
    model: SequenceNetwork,
    text: str,
    channels: Sequence[str],
    *,
    first_block: int = FIRST_BLOCK,
    block: int = BLOCK,
    threads: int | None = None,
) -> Mapping[str, npt.NDArray[Any]]:
    """Walk a short text in memory, in full precision; every layer reads forwards.

    Returns:
        Every channel, (R, T) float32; what came out, `surprisal` (T,), `top_ids` and `top_p`,
        (T, 5), of a language model.

    Raises:
        RecordingError: the model has no such channel.
        TextError: the text is empty or the model knows none of its symbols.
    """
    if not text:
        raise TextError("there is no text to walk")
    reading = read_text(model.network.reads, Text.of(text))
    walker = Walker(model, reading, channels, torch.float32)
    reading.require_known()
    parts: list[Walked] = []

    def receive(_: Block, walked: Walked) -> None:
        parts.append(walked)

    run(walker, len(reading), receive, ignore, (first_block, block), threads)
    return {
        **{name: np.concatenate([part.channels[name] for part in parts], 1) for name in channels},
        **{name: np.concatenate([part.output[name] for part in parts]) for name in parts[0].output},
    }
