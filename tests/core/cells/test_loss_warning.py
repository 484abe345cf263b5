"""A loss above that of knowing nothing is said."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.cells.loss_warning import loss_warning
from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from tests.core.recordings.recordings import nothing_predicted


def recorded(folder: Path, bits: float, length: int = 300) -> Recording:
    """A walk of four characters whose every prediction cost so many bits; one is unknown."""
    text = Text.of("abcd" * (length // 4), "t")
    writer = RecordingWriter(folder, text, layers_of(1, 1, ("hidden",)), Next(), tuple("abcd"))
    surprisal = np.full(length, bits)
    surprisal[0] = np.nan
    out = {**nothing_predicted(length), "surprisal": surprisal}
    writer.write(0, {"hidden": np.zeros((1, length))}, out)
    return Recording(folder)


@pytest.mark.parametrize(("bits", "said"), [(1.9, False), (2.1, True)])
def test_two_bits_are_the_bound_of_four_symbols(bits: float, said: bool, tmp_path: Path) -> None:
    words = loss_warning(recorded(tmp_path / "r", bits))
    assert bool(words) is said
    if said:
        assert f"{2.1 * math.log(2):.2f} nats, above the {math.log(4):.2f} of knowing" in words


def test_of_a_few_predictions_nothing_is_said(tmp_path: Path) -> None:
    assert loss_warning(recorded(tmp_path / "r", 9.0, 100)) == ""
