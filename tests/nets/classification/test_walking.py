"""A recording of a classifier holds what torch's own modules give, word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.core.errors import RecordingError
from rnnviz.core.models.network import Symbols
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.classification.documents import Read, read_text
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.verdicts import running_shares
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.walking.walk import walk
from tests.nets.classification.small_classifier import TEXT, small_classifier


def read(model: Classifier) -> Read:
    reads = model.network.reads
    assert isinstance(reads, Symbols)
    return read_text(Text.of(TEXT, "x.tsv"), SymbolReader(reads), model.classes)


def walked(model: Classifier, folder: Path) -> Recording:
    walk(model, read(model).reading, folder, model.network.channel_names)
    return Recording(folder)


def torch_stack(model: Classifier, architecture: str, both: bool) -> list[nn.Module]:
    """Torch's own modules with the same weights."""
    stack = []
    for place in range(2):
        kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[architecture]
        module = kind(4 if place == 0 else 5 * (1 + both), 5, bidirectional=both)
        weights = dict(model.layers[str(place)].state_dict())
        if both:
            back = model.backwards[str(place)].state_dict()
            weights |= {f"{name}_reverse": part for name, part in back.items()}
        module.load_state_dict(weights)
        stack.append(module)
    return stack


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
    stack = torch_stack(model, architecture, both)
    for document, (start, stop) in enumerate(recording.documents):
        below = model.embed(read(model).entering(document)[:, None])
        hidden = []
        for layer in stack:
            below, _ = layer(below)
            hidden.append(below[:, 0])
        wanted = torch.cat(hidden, dim=1).detach().numpy().T
        np.testing.assert_allclose(recording.rows("hidden")[:, start:stop], wanted, atol=1e-3)


def test_verdicts_and_truth_stand_beside_the_units(tmp_path: Path) -> None:
    model = small_classifier()
    recording = walked(model, tmp_path / "recording")
    assert recording.outputs == ("down", "up")
    assert recording.truth is not None
    assert recording.class_p is not None
    assert [int(recording.truth[start]) for start, _ in recording.documents] == [1, 0, 1]
    start, stop = recording.documents.bounds(2)
    shares = running_shares(model, read(model).entering(2))
    np.testing.assert_allclose(recording.class_p[start:stop], shares, atol=1e-3)
    assert "reads both ways" in recording.description.notes[0]


def test_gates_are_recomputed_step_by_step(tmp_path: Path) -> None:
    """By the equations, from the weights of the direction that reads from the end."""
    model = small_classifier(layers=1)
    recording = walked(model, tmp_path / "recording")
    start, stop = recording.documents.bounds(0)
    module: Any = model.backwards["0"]
    hidden, cell = torch.zeros(5), torch.zeros(5)
    found = []
    for one in model.embed(read(model).entering(0)).flip(0):
        rows = module.weight_ih_l0 @ one + module.bias_ih_l0
        rows = rows + module.weight_hh_l0 @ hidden + module.bias_hh_l0
        into, forget, candidate, output = rows.chunk(4)
        cell = forget.sigmoid() * cell + into.sigmoid() * candidate.tanh()
        hidden = output.sigmoid() * cell.tanh()
        found.append(torch.stack([forget.sigmoid(), cell]))
    forget, cells = torch.stack(found[::-1], dim=2).detach().numpy()
    np.testing.assert_allclose(recording.group_rows("forget", 1)[:, start:stop], forget, atol=1e-3)
    np.testing.assert_allclose(recording.group_rows("cell", 1)[:, start:stop], cells, atol=1e-3)


def test_a_channel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    model = small_classifier(architecture="gru")
    with pytest.raises(RecordingError, match="a GRU has no channel 'cell'"):
        walk(model, read(model).reading, tmp_path / "recording", ("cell",))
