"""Reading stretches of rows into memory: whole rows, parts of them, and files that lack some."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.rows import Tile, read_tile, sample_tile
from tests.core.recordings.recordings import record

VALUES = (np.arange(3 * 5_000).reshape(3, 5_000) % 2_000).astype(np.float64)


@pytest.mark.parametrize(("start", "stop"), [(0, 5_000), (0, 4_999), (17, 3_000), (40, 40)])
def test_what_is_read_is_what_was_recorded(tmp_path, start, stop):
    recording = record(tmp_path, "a" * 5_000, {"hidden": VALUES})
    found = read_tile(recording, Tile("hidden", 1, 3), start, stop)
    np.testing.assert_array_equal(found, VALUES[1:, start:stop])


def test_a_sample_of_rows_in_memory_is_the_sample_of_the_file(tmp_path):
    recording = record(tmp_path, "a" * 5_000, {"hidden": VALUES})
    tile = Tile("hidden", 0, 2)
    held = read_tile(recording, tile, 0, 5_000)
    for steps in (5_000, ((100, 900), (2_000, 4_800))):
        from_file = sample_tile(recording, tile, steps, 2)
        assert from_file.size
        np.testing.assert_array_equal(from_file, sample_tile(recording, tile, steps, 2, held))


@pytest.mark.parametrize("stop", [5_000, 2_000])
def test_a_file_that_was_cut_short_is_said(tmp_path, stop):
    recording = record(tmp_path, "a" * 5_000, {"hidden": VALUES})
    path = recording.file_of("hidden")
    path.write_bytes(path.read_bytes()[: 2 * 5_000 * 2 + 10])
    with pytest.raises(RecordingError, match="cut short; walk the text again"):
        read_tile(recording, Tile("hidden", 1, 3), 0, stop)
