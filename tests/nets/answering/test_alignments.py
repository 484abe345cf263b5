"""The engine's tasks on translation models; arrays are in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from rnnviz.core.alignments.decoded import Decoded
from rnnviz.core.errors import ModelFileError, RnnvizError, TextError
from rnnviz.core.recordings.recording import Recording
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.work.jobs.alignments import (
    CorpusRow,
    NearestWords,
    Search,
    Translate,
    TranslateCorpus,
    WalkTranslation,
)
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.jobs.models import OpenModel
from tests.asking import Heard
from tests.nets.alignments.small import small_translator
from tests.nets.answering.test_cells import ask


@pytest.fixture
def model(tmp_path: Path) -> str:
    """The file of a small model with attention."""
    path = tmp_path / "small.safetensors"
    save_model(path, small_translator(seed=1, architecture="lstm", layers=2))
    return str(path)


def translated(
    model: str,
    folder: Path,
    source: str = "le chat dort .",
    target: str | None = None,
    beam: int = 3,
    **search: Any,
) -> Decoded:
    """What the engine makes of a sentence."""
    asked = Translate(
        model=ModelGiven(model),
        source=source,
        target=target,
        search=Search(beam=beam, **search),
        folder=str(folder),
    )
    return ask(asked).decoded


def test_opening_says_that_it_translates(model: str) -> None:
    """Without the word lists, which are long."""
    opened = ask(OpenModel(model=ModelGiven(model)))
    assert opened.kind == "translator"
    assert opened.description["attention"] == "additive"
    words = {"kind": "words", "size": 15, "lower": False, "split": ""}
    assert opened.description["source"] == words
    assert opened.description["examples"] == ["le chat dort ."]
    with pytest.raises(ModelFileError, match="is a translation model, which reads sentences"):
        open_model(Path(model), kind="language-model")


def test_a_translation_comes_with_its_tables(model: str, tmp_path: Path) -> None:
    """Weights, energies, contexts and states, as the window reads them."""
    heard = Heard()
    asked = Translate(model=ModelGiven(model), source="le chat dort .", folder=str(tmp_path / "t"))
    found = ask(asked, heard).decoded
    assert found.source == ("le", "chat", "dort", ".", "</s>")
    assert found.alignment.size == (len(found.target), 5)
    np.testing.assert_allclose(found.alignment.weights.sum(axis=1), 1.0, rtol=1e-5)
    energies = found.layer("energies")
    raised = np.exp(energies - energies.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        raised / raised.sum(axis=1, keepdims=True), found.alignment.weights, atol=1e-5
    )
    encoder = found.layer("encoder")
    np.testing.assert_allclose(
        found.alignment.weights @ encoder, found.layer("context"), rtol=1e-4, atol=1e-5
    )
    assert found.layer("decoder").shape == (len(found.target), 5)
    assert [len(step) for step in found.likely] == [5] * len(found.target)
    assert heard.told[-1][2].tokens == found.target[: len(heard.told)]
    assert len(found.tree) > len(found.target)


def test_without_attention_there_are_no_weights(tmp_path: Path) -> None:
    """And the answer does not pretend."""
    path = tmp_path / "plain.safetensors"
    save_model(path, small_translator(attention="none"))
    found = translated(str(path), tmp_path / "t")
    assert not found.has_attention
    assert set(found.files) == {"context", "encoder", "decoder"}


def test_words_and_weights_are_forced_by_step(model: str, tmp_path: Path) -> None:
    """And a translation as a whole."""
    free = translated(model, tmp_path / "a", beam=1)
    word = "dog" if free.target[0] != "dog" else "cat"
    forced = translated(model, tmp_path / "b", forced={0: word}, weights={1: {2: 1.0}})
    assert forced.target[0] == word
    assert forced.alignment.weights[1].tolist() == pytest.approx([0, 0, 1, 0, 0], abs=1e-6)
    with pytest.raises(RnnvizError, match="not in the vocabulary"):
        translated(model, tmp_path / "c", forced={0: "zebra"})
    whole = translated(model, tmp_path / "d", target="the dog sleeps .")
    assert whole.target == ("the", "dog", "sleeps", ".", "</s>")


@pytest.mark.parametrize(
    "sentence",
    [
        "x",
        "le",
        "猫 chat собака",
        "שלום עולם",
        "\x00\x07 le \u202e chat",
        "é" * 300,
        "le chat " * 1000,
    ],
)
def test_any_sentence_gives_something(model: str, tmp_path: Path, sentence: str) -> None:
    """One word, unknown words, mixed scripts, right to left, control characters, 2,000 words."""
    found = translated(model, tmp_path / "t", source=sentence, beam=1)
    assert found.alignment.size[1] == len(found.source)


def test_an_empty_sentence_is_an_error_that_says_so(model: str, tmp_path: Path) -> None:
    """And so is one that is far too long."""
    for empty in ("", "  \n", "\x00"):
        with pytest.raises(TextError, match="empty"):
            translated(model, tmp_path / "t", source=empty)
    with pytest.raises(TextError, match="cut it into sentences"):
        translated(model, tmp_path / "t", source="le " * 6000)


def test_a_file_becomes_rows(model: str, tmp_path: Path) -> None:
    """Empty lines are left out; of two columns the first is read."""
    path = tmp_path / "lines.txt"
    path.write_text("le chat .\tthe cat .\n\nun chien dort .\n", encoding="utf-8")
    answer = ask(
        TranslateCorpus(model=ModelGiven(model), path=str(path), folder=str(tmp_path / "c"))
    )
    rows = msgspec.json.decode(Path(answer.path).read_bytes(), type=list[CorpusRow])
    assert [(row.line, row.source) for row in rows] == [(1, "le chat ."), (3, "un chien dort .")]
    assert all(0 <= row.confidence <= 1 and 0 <= row.coverage <= 1 for row in rows)
    assert all(row.length > 0 for row in rows)


def test_near_words_come_with_their_cosine(model: str) -> None:
    """Never the word itself."""
    found = ask(NearestWords(model=ModelGiven(model), word="chat", side="source", count=3))
    assert len(found.words) == 3
    assert "chat" not in [near.word for near in found.words]
    similarities = [near.similarity for near in found.words]
    assert similarities == sorted(similarities, reverse=True)
    with pytest.raises(TextError, match="not in the source vocabulary"):
        ask(NearestWords(model=ModelGiven(model), word="zebra"))


def test_encoder_and_decoder_open_as_a_recording(tmp_path: Path) -> None:
    """Forward, backward and decoder layers; hidden states are those of the network."""
    network = small_translator(seed=1)
    path = tmp_path / "m.safetensors"
    save_model(path, network)
    folder = tmp_path / "walk"
    answer = ask(
        WalkTranslation(
            model=ModelGiven(str(path)),
            source="le chat dort",
            target="the cat",
            folder=str(folder),
        )
    )
    recording = Recording(folder)
    text = "le chat dort </s>\nthe cat </s>"
    assert str(recording.text) == text and answer.tokens == 7
    assert recording.complete and list(recording.documents) == [(0, 4), (4, 7)]
    assert recording.groups.shape == (("e1", 5), ("e1<", 5), ("d1", 5))
    labels = [recording.sequence.label(step) for step in range(7)]
    assert labels == ["le", "chat", "dort", "</s>", "the", "cat", "</s>"]
    assert set(recording.channels) == {"hidden", "reset", "update", "new"}
    hidden = np.asarray(recording.rows("hidden"), np.float32)
    with torch.inference_mode():
        ids = torch.tensor([[4, 5, 6, 2]]).t()
        memory = network.encode(ids, torch.tensor([4]))
    wanted = memory.states[0, 1].numpy()
    np.testing.assert_allclose(hidden[:10, 1], wanted, atol=2e-3)
    assert recording.ranges_of(0) == recording.ranges_of(9) == ((0, 4),)
    assert recording.ranges_of(10) == ((4, 7),) and hidden[10:, 4:].any()
    surprisal = np.asarray(recording.surprisal, np.float32)
    assert np.isnan(surprisal[:4]).all() and np.isfinite(surprisal[4:]).all()
