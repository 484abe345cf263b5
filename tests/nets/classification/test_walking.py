"""A recording of a classifier holds what torch's own modules give, word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.classification.documents import known_ids, read_text
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.tokens import TextTokenizer
from rnnviz.nets.classification.verdicts import running_logits
from rnnviz.nets.classification.walking import walk_documents
from tests.nets.classification.small_classifier import TEXT, small_classifier


def walked(model: Classifier, folder: Path) -> Recording:
    about = model.description
    read = read_text(Text.of(TEXT, "x.tsv"), TextTokenizer(about.tokens), about.classes)
    walk_documents(model, read, folder, about.facts.channel_names)
    return Recording(folder)


@pytest.mark.parametrize("architecture", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_every_layer_and_direction_is_what_torch_gives(
    tmp_path: Path, architecture: str, both: bool
) -> None:
    model = small_classifier(architecture=architecture, bidirectional=both)
    recording = walked(model, tmp_path / "recording")
    assert recording.complete
    assert len(recording.groups) == (4 if both else 2)
    assert recording.total_units == model.description.total_units
    tokens = recording.sequence
    for start, stop in recording.documents:
        ids = known_ids(tokens, start, stop)  # type: ignore[arg-type]
        hidden = model.hidden(model.embed(torch.from_numpy(ids)[:, None]), torch.tensor([len(ids)]))
        wanted = torch.cat([part[:, 0] for part in hidden], dim=1).detach().numpy().T
        np.testing.assert_allclose(recording.rows("hidden")[:, start:stop], wanted, atol=1e-3)


def test_verdicts_and_truth_stand_beside_the_units(tmp_path: Path) -> None:
    model = small_classifier()
    recording = walked(model, tmp_path / "recording")
    assert recording.outputs == ("down", "up")
    assert recording.truth is not None
    assert recording.class_p is not None
    assert [int(recording.truth[start]) for start, _ in recording.documents] == [1, 0, 1]
    start, stop = recording.documents.bounds(2)
    shares = running_logits(model, known_ids(recording.sequence, start, stop)).softmax(dim=1)  # type: ignore[arg-type]
    np.testing.assert_allclose(recording.class_p[start:stop], shares, atol=1e-3)
    assert "reads both ways" in recording.description.notes[0]


def test_gates_are_recomputed_step_by_step(tmp_path: Path) -> None:
    """By the equations, from the weights of the direction that reads from the end."""
    model = small_classifier(layers=1)
    recording = walked(model, tmp_path / "recording")
    start, stop = recording.documents.bounds(0)
    ids = known_ids(recording.sequence, start, stop)  # type: ignore[arg-type]
    module: Any = model.layers[0]
    hidden, cell = torch.zeros(5), torch.zeros(5)
    found = []
    for one in model.embed(torch.from_numpy(ids)).flip(0):
        rows = module.weight_ih_l0_reverse @ one + module.bias_ih_l0_reverse
        rows = rows + module.weight_hh_l0_reverse @ hidden + module.bias_hh_l0_reverse
        into, forget, candidate, output = rows.chunk(4)
        cell = forget.sigmoid() * cell + into.sigmoid() * candidate.tanh()
        hidden = output.sigmoid() * cell.tanh()
        found.append(torch.stack([forget.sigmoid(), cell]))
    forget, cells = torch.stack(found[::-1], dim=2).detach().numpy()
    np.testing.assert_allclose(recording.group_rows("forget", 1)[:, start:stop], forget, atol=1e-3)
    np.testing.assert_allclose(recording.group_rows("cell", 1)[:, start:stop], cells, atol=1e-3)


def test_a_channel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    model = small_classifier(architecture="gru")
    about = model.description
    read = read_text(Text.of(TEXT), TextTokenizer(about.tokens), about.classes)
    with pytest.raises(RecordingError, match="a GRU has no channel 'cell'"):
        walk_documents(model, read, tmp_path / "recording", ("cell",))
