"""Documents walked side by side: each equals the same document walked alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import Cancelled, RecordingError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures import ARCHITECTURES
from rnnviz.nets.walking.documents import walk_documents
from rnnviz.nets.walking.walk import walk_arrays
from tests.nets.small import random_text, small_model

UNKNOWN = "√"


def documents_of(parts: list[str]) -> Text:
    return Text(
        Text.of("".join(parts)).codes,
        "parts",
        documents=Documents.of_lengths(map(len, parts)),
    )


@pytest.mark.parametrize("architecture", [one.facts.name for one in ARCHITECTURES])
@pytest.mark.parametrize("skip", [False, True])
def test_each_equals_the_document_walked_alone(
    architecture: str, skip: bool, tmp_path: Path
) -> None:
    model = small_model(architecture, layers=2, skip=skip)
    lengths = [1, 7, 300, 2, 40, 5, 90, 41, 1, 33]
    parts = [random_text(length, seed=n) for n, length in enumerate(lengths)]
    channels = model.network.channel_names
    walk_documents(model, documents_of(parts), tmp_path, channels, streams=4)
    recording = Recording(tmp_path)
    assert recording.complete and len(recording.documents) == 10
    assert recording.surprisal is not None and recording.top_p is not None
    for part, (start, stop) in zip(parts, recording.documents, strict=True):
        alone = walk_arrays(model, part, channels)
        for name in channels:
            np.testing.assert_allclose(
                recording.rows(name)[:, start:stop], alone[name], rtol=2e-3, atol=2e-3
            )
        np.testing.assert_allclose(
            recording.surprisal[start:stop], alone["surprisal"], rtol=2e-3, atol=2e-3
        )
        np.testing.assert_allclose(recording.top_p[start:stop], alone["top_p"], atol=2e-3)


def test_unknown_characters_keep_what_was(tmp_path: Path) -> None:
    model = small_model("lstm", layers=2)
    parts = ["√ab√√c√", "abc", "√√", "b√" * 40, "√a"]
    channels = model.network.channel_names
    walk_documents(model, documents_of(parts), tmp_path, channels, streams=3)
    recording = Recording(tmp_path)
    assert recording.complete and recording.surprisal is not None
    for part, (start, stop) in zip(parts, recording.documents, strict=True):
        found = {name: recording.rows(name)[:, start:stop] for name in channels}
        surprisal = recording.surprisal[start:stop]
        if set(part) == {UNKNOWN}:
            assert not any(values.any() for values in found.values())
            assert np.isnan(surprisal).all()
            continue
        alone = walk_arrays(model, part, channels)
        for name in channels:
            np.testing.assert_allclose(found[name], alone[name], rtol=2e-3, atol=2e-3)
        np.testing.assert_allclose(surprisal, alone["surprisal"], rtol=2e-3, atol=2e-3)


def test_hidden_alone_and_progress_that_ends_it(tmp_path: Path) -> None:
    model = small_model("gru")
    text, told = documents_of([random_text(20, seed=n) for n in range(40)]), []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if done >= 300:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        walk_documents(model, text, tmp_path, ("hidden",), progress=progress, streams=2)
    recording = Recording(tmp_path)
    assert told[0] == (160, 800) and told[-1] == (320, 800), "eight documents at a time"
    assert recording.walked >= 320 and recording.channels == ("hidden",)
    with pytest.raises(RecordingError, match="a GRU has no channel 'cell'"):
        walk_documents(model, text, tmp_path, ("cell",))
