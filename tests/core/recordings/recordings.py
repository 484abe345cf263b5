"""Small recordings made of given values, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnviz.core.recordings.recording import TOP, Recording, RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.vocabulary import Vocabulary


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
    writer = RecordingWriter(
        folder, Text.of(text), tuple(characters), layers=1, units=units, channels=list(channels)
    )
    stop = len(text) if walked is None else walked
    writer.write(
        0,
        {name: values[:, :stop] for name, values in channels.items()},
        surprisal=np.zeros(stop),
        top_ids=np.zeros((stop, TOP), np.int64),
        top_p=np.zeros((stop, TOP)),
    )
    return Recording(folder)
