"""A classifier at work on documents, written as a recording: every unit at every word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import RecordingError
from rnnviz.core.models.units import groups_of
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.nets.classification.documents import Read, known_ids
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.verdicts import running_logits

BOTH_WAYS = (
    "The network reads both ways: the verdict after a word is that of the text cut there, and the "
    "units that read from the end have seen what follows."
)


def walk_documents(
    model: Classifier,
    read: Read,
    folder: Path,
    channels: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    model_path: str = "",
    until: int | None = None,
) -> None:
    """Write the recording of documents into a folder; readers see it grow.

    Args:
        progress: told how many tokens of how many can be read; what it raises ends the walk.
        until: no document that begins at this token or behind it is read.

    Raises:
        RecordingError: the model has no such channel, or the disk is full.
    """
    about, tokens = model.description, read.tokens
    available = about.facts.channel_names
    for channel in channels:
        if channel not in available:
            raise RecordingError(
                f"{about.facts.with_article} has no channel {channel!r}; it has "
                f"{', '.join(available)}"
            )
    writer = RecordingWriter(
        folder,
        tokens,
        groups_of(about, channels),
        Classes(classes=about.classes),
        tokens.vocabulary,
        model_name=about.name,
        model_path=model_path,
        notes=(BOTH_WAYS,) if about.bidirectional else (),
    )
    layers = [model.directions(layer) for layer in range(about.layers)]
    limits = torch.finfo(torch.float16)
    for number, (start, stop) in enumerate(tokens.documents):
        if until is not None and start >= until:
            break
        ids = known_ids(tokens, start, stop)
        with torch.inference_mode():
            below = model.embed(torch.from_numpy(ids)[:, None])
            rows: dict[str, list[Tensor]] = {channel: [] for channel in channels}
            for directions in layers:
                given = []
                for turned, layer in enumerate(directions):
                    entering = below.flip(0) if turned else below
                    found = layer.channels(layer.run(entering, layer.zero_state(1)))
                    for name in channels:
                        values = found[name][:, 0].clamp(limits.min, limits.max)
                        rows[name].append(values.flip(0) if turned else values)
                    hidden = found["hidden"]
                    given.append(hidden.flip(0) if turned else hidden)
                below = torch.cat(given, dim=2)
            shares = running_logits(model, ids, below[:, 0]).softmax(dim=1)
        truth = np.full(stop - start, read.truth[number], np.int32)
        writer.write(
            start,
            {name: torch.cat(parts, dim=1).t().numpy() for name, parts in rows.items()},
            {"class_p": shares.numpy(), "truth": truth},
        )
        progress(stop, len(tokens))
