"""The passages that were predicted worst: planted ones are found, and none overlaps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rnnviz.core.cells.surprises import worst_passages
from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from tests.core.recordings.recordings import nothing_predicted


def recording(folder, bits) -> Recording:
    size = len(bits)
    text = Text.of("a" * size, "letters")
    writer = RecordingWriter(folder, text, layers_of(1, 1, ("hidden",)), Next(), ["a"])
    output = nothing_predicted(size) | {"surprisal": np.asarray(bits, np.float32)}
    writer.write(0, {"hidden": np.zeros((1, size))}, output)
    return Recording(folder)


def test_planted_passages_are_found_the_worst_first(tmp_path):
    bits = np.full(1000, 1.0)
    bits[600:640], bits[100:140], bits[820:860] = 9.0, 7.0, 8.0
    found = worst_passages(recording(tmp_path / "r", bits), 40, 3)
    assert [(one.start, one.stop) for one in found] == [(600, 640), (820, 860), (100, 140)]
    assert [one.bits for one in found] == pytest.approx([9.0, 8.0, 7.0], abs=1e-2)


def test_none_overlaps_and_what_was_not_predicted_does_not_count(tmp_path):
    random = np.random.default_rng(1)
    bits = random.exponential(2.0, 3000)
    bits[random.random(3000) < 0.2] = np.nan
    bits[500:900] = np.nan
    found = worst_passages(recording(tmp_path / "r", bits), 25, 30)
    assert len(found) == 30
    ordered = sorted(found, key=lambda one: one.start)
    assert all(a.stop <= b.start for a, b in pairwise(ordered))
    assert [one.bits for one in found] == sorted((one.bits for one in found), reverse=True)
    for one in found:
        part = bits[one.start : one.stop]
        assert np.isfinite(part).sum() >= 12.5
        assert one.bits == pytest.approx(np.nanmean(part), abs=2e-2)
    assert max(np.nanmean(bits[s : s + 25]) for s in range(475)) <= found[0].bits + 2e-2


def test_a_short_text_is_one_passage(tmp_path):
    (only,) = worst_passages(recording(tmp_path / "r", [1.0, 2.0, 3.0]), 40, 5)
    assert (only.start, only.stop) == (0, 3)
    assert only.bits == pytest.approx(2.0)
