"""Small recordings made of given values, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.description import TOP, Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.vocabulary import Vocabulary


def nothing_predicted(steps: int) -> dict[str, npt.NDArray[np.number]]:
    """What came out of a language model that said nothing of so many steps."""
    return {
        "surprisal": np.zeros(steps),
        "top_ids": np.zeros((steps, TOP), np.int64),
        "top_p": np.zeros((steps, TOP)),
    }


def record(
    folder: Path,
    text: str,
    channels: Mapping[str, npt.NDArray[np.floating]],
    *,
    vocabulary: str = "",
    walked: int | None = None,
) -> Recording:
    """A recording of one layer whose channels are these (N, T) values, walked so far."""
    units = len(next(iter(channels.values())))
    characters = vocabulary or Vocabulary.of_text(text or "a").characters
    groups = layers_of(1, units, tuple(channels))
    writer = RecordingWriter(folder, Text.of(text), groups, Next(), tuple(characters))
    stop = len(text) if walked is None else walked
    writer.write(
        0,
        {name: values[:, :stop] for name, values in channels.items()},
        nothing_predicted(stop),
    )
    return Recording(folder)
