"""Documents walked side by side: each equals the same document walked alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.core.errors import Cancelled, RecordingError
from rnnviz.core.models.network import Readout
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures import ARCHITECTURES
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import read_text
from rnnviz.nets.sequence.running import running_answers
from rnnviz.nets.walking.documents import walk_documents
from rnnviz.nets.walking.walk import walk
from tests.nets.sequence.languages import LANGUAGES
from tests.nets.sequence.zoo import layer, network
from tests.nets.small import random_text, small_model
from tests.nets.walked import walk_arrays
from tests.nets.walking.test_networks import WALKED, reading_of

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
    reading = read_text(model.network.reads, documents_of(parts))
    walk_documents(model, reading, tmp_path, channels, streams=4)
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
    reading = read_text(model.network.reads, documents_of(parts))
    walk_documents(model, reading, tmp_path, channels, streams=3)
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

    reading = read_text(model.network.reads, text)
    with pytest.raises(Cancelled):
        walk_documents(model, reading, tmp_path, ("hidden",), progress=progress, streams=2)
    recording = Recording(tmp_path)
    assert told[0] == (160, 800) and told[-1] == (320, 800), "eight documents at a time"
    assert recording.walked >= 320 and recording.channels == ("hidden",)
    with pytest.raises(RecordingError, match="a GRU has no channel 'cell'"):
        walk(model, text, tmp_path, ("cell",))


FORWARDS = [
    name for name, about in WALKED.items()
    if all(rows.direction == "forward" for rows in about.rows)
]  # fmt: skip
"""Networks that read numbers, label words, classify and predict; none reads from the end."""


@pytest.mark.parametrize("name", FORWARDS)
def test_documents_of_any_network_are_what_each_gives_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.nets.walking.documents._BLOCK_STEPS", 64)  # several to a document
    about = WALKED[name]
    model = SequenceNetwork(about, seed=3).eval()
    reading = reading_of(about, 120)
    documents = Documents.of_lengths([4, 40, 13, len(reading) - 57])
    reading.sequence.documents = documents
    walk(model, reading, tmp_path, about.channel_names, dtype="float32")
    recording = Recording(tmp_path)
    assert recording.complete and len(recording.documents) == 4
    said = recording.predicted if about.head.gives == "linear" else recording.class_p
    for start, stop in documents:
        known, entering = reading.take(start, stop)
        places = start + np.flatnonzero(known)
        expected = model.channels(entering)
        for number, group in enumerate(recording.groups):
            for channel in group.channels:
                found = recording.group_rows(channel, number)[:, places]
                wanted = expected[group.layer][channel].numpy().T
                np.testing.assert_allclose(found, wanted, atol=2e-5, err_msg=channel)
        with torch.inference_mode():
            given, _ = model(entering.unsqueeze(1))
        answer = given[-1, 0] if about.readout.kind == "every" else given[0]
        if name in LANGUAGES:
            assert recording.top_p is not None
            p = answer.softmax(0).topk(5).values
            np.testing.assert_allclose(recording.top_p[places[-1]], p, atol=1e-5)
        else:
            assert said is not None
            answer = answer if about.head.gives == "linear" else answer.softmax(0)
            np.testing.assert_allclose(said[places[-1]], answer, atol=1e-5)


@pytest.mark.parametrize("kind", ["last", "mean", "max", "attention"])
def test_a_verdict_on_one_long_text_goes_on_where_its_walk_was_left(
    kind: str, tmp_path: Path
) -> None:
    readout = Readout(kind=kind)  # type: ignore[arg-type]
    model = SequenceNetwork(network(layer(), readout=readout), seed=3).eval()
    text = Text.of(random_text(200, "abcdefg"))
    sizes = {"first_block": 8, "block": 16, "model_stamp": "m"}

    def leave(done: int, total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walk(model, text, tmp_path, ("hidden",), progress=leave, **sizes)  # type: ignore[arg-type]
    told: list[int] = []
    walk(model, text, tmp_path, ("hidden",), progress=lambda n, _: told.append(n), **sizes)  # type: ignore[arg-type]
    found = Recording(tmp_path).class_p
    assert told[0] > 40 and found is not None
    expected = running_answers(model, read_text(model.network.reads, text).take(0, 200)[1])
    np.testing.assert_allclose(found, expected.softmax(1), atol=1e-3)
