"""Units ranked for what documents are: a planted unit wins, noise stays at chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from rnnviz.core.errors import ConceptError
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring.document_labels import auc_of, rank_documents
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text

DOCUMENTS, LENGTH = 80, 12


def recording(folder: Path, labels: np.ndarray) -> Recording:
    """Of 8 units, number 3 is high at the end of what is good, number 5 low now and then in it."""
    draw = np.random.default_rng(0)
    values = draw.normal(size=(8, DOCUMENTS * LENGTH)) * 0.2
    for document, label in enumerate(labels):
        start, stop = document * LENGTH, (document + 1) * LENGTH
        if label == 1:
            values[3, stop - 1] += 1.5
            values[5, start:stop] -= 0.6
    text = Text(
        Text.of("x" * DOCUMENTS * LENGTH).codes,
        "t",
        None,
        Documents.of_lengths([LENGTH] * DOCUMENTS),
    )
    writer = RecordingWriter(
        folder, text, layers_of(1, 8, ("hidden",)), Classes(classes=("bad", "good"))
    )
    shares = np.full((DOCUMENTS * LENGTH, 2), 0.5)
    writer.write(0, {"hidden": values}, {"class_p": shares, "truth": np.repeat(labels, LENGTH)})
    return Recording(folder)


def test_planted_units_are_found_by_what_they_do(tmp_path: Path) -> None:
    labels = np.arange(DOCUMENTS) % 2
    found = rank_documents(recording(tmp_path, labels), channels=("hidden",))
    assert found.label == "good"
    assert found.documents == 40
    assert found.base_rate == pytest.approx(0.5)
    best = {(one.unit, one.reading): one for one in found.scores[:3]}
    assert best[3, "last"].sign == 1 and best[3, "last"].auc > 0.98
    assert best[5, "mean"].sign == -1 and best[5, "mean"].auc > 0.98
    # An AUC over 20 and 20 documents has a standard deviation of 0.092; of 480 the highest counts.
    assert 0.5 + 2 * 0.092 < found.null_auc < 0.5 + 4.5 * 0.092
    noise = [one.auc for one in found.scores if one.unit not in (3, 5)]
    assert np.mean(noise) == pytest.approx(0.5, abs=0.08)
    assert max(noise) < found.null_auc + 0.05


def test_of_labels_by_chance_nothing_is_found(tmp_path: Path) -> None:
    labels = np.random.default_rng(5).permutation(np.arange(DOCUMENTS) % 2)
    made = recording(tmp_path, np.zeros(DOCUMENTS, int))
    truth = np.memmap(made.folder / "truth.i32", "<i4", "r+")
    truth[:] = np.repeat(labels, LENGTH)  # the values know nothing of these
    truth.flush()
    found = rank_documents(Recording(made.folder), channels=("hidden",))
    assert found.scores[0].auc < found.null_auc + 0.05


def test_auc_is_that_of_scikit_learn_with_ties() -> None:
    draw = np.random.default_rng(1)
    values = draw.integers(0, 5, (4, 60)).astype(float)
    labels = draw.random(60) < 0.4
    wanted = [roc_auc_score(labels, row) for row in values]
    np.testing.assert_allclose(auc_of(values, labels[:, None])[:, 0], wanted)


def test_what_cannot_be_ranked_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConceptError, match="no document of this recording has a label"):
        rank_documents(recording(tmp_path / "a", np.full(DOCUMENTS, -1)))
    labels = np.zeros(DOCUMENTS, int)
    labels[:3] = 1
    with pytest.raises(ConceptError, match="3 of 80 documents have the label 'good'"):
        rank_documents(recording(tmp_path / "b", labels))
    with pytest.raises(ConceptError, match="there is no label 'ugly'; there are bad, good"):
        rank_documents(recording(tmp_path / "c", np.arange(DOCUMENTS) % 2), "ugly")
