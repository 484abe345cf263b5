"""The language model of words that ships, on the end of the book that it never saw."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.shipped import shipped_or_given
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.walking.walk import walk


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    found = open_model(shipped_or_given("war-and-peace-words"), kind="language-model").model
    assert isinstance(found, LanguageModel)
    return found


def test_it_foresees_the_end_of_the_book_better_than_counts_do(
    model: LanguageModel, tmp_path: Path
) -> None:
    text = Text.read(shipped_or_given(model.description.default_text))
    part = Text.of(str(text)[:6000])
    walk(model, part, tmp_path / "recording", ("hidden",))
    bits = np.array(Recording(tmp_path / "recording").surprisal)
    nats = float(np.nanmean(bits)) * math.log(2)
    assert nats < 5.14, "what a bigram model has on the second half of what is held out"
    unknown = model.reader.encode(str(part)) == UNKNOWN_ID
    assert unknown.mean() < 0.1


def test_words_that_mean_alike_lie_near_each_other(model: LanguageModel) -> None:
    assert model.embedding is not None
    vectors = model.embedding.weight.detach().numpy()
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.argsort(-(vectors @ vectors[model.symbols.index("three")]))[1:6]
    assert "four" in {model.symbols[place] for place in nearest.tolist()}


def test_it_writes_words(model: LanguageModel) -> None:
    written = "".join(sample(model, 40, temperature=0.5, seed=0))
    assert len(written.split()) > 20
