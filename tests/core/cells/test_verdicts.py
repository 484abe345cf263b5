"""Verdicts of a recording: the most wrong first, and what a document was found to be so far."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.cells.verdicts import running_verdict, verdicts_of
from rnnviz.core.colours.colour import Scale
from rnnviz.core.export.coloured import coloured_verdict
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text


def recording(
    folder: Path, shares: list[list[float]], truth: list[int], classes: tuple[str, ...]
) -> Recording:
    """Documents of two characters each."""
    text = Text.of("ab" * (len(shares) // 2), "x")
    text.documents = Documents.of_lengths([2] * (len(shares) // 2))
    writer = RecordingWriter(
        folder, text, layers_of(1, 1, ("hidden",)), Classes(classes=classes), "ab"
    )
    came = {"class_p": np.array(shares), "truth": np.repeat(truth, 2)}
    writer.write(0, {"hidden": np.zeros((1, len(shares)))}, came)
    return Recording(folder)


def test_the_most_wrong_comes_first_and_what_has_no_label_last(tmp_path: Path) -> None:
    shares = [[0.5, 0.5], [0.25, 0.75], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.875, 0.125]]
    found = verdicts_of(recording(tmp_path / "r", shares, [1, -1, 1], ("no", "yes")))
    assert [one.document for one in found] == [2, 0, 1]
    assert [one.verdict for one in found] == ["no", "yes", "yes"]
    assert found[0].wrongness == pytest.approx(0.875)
    assert found[2].truth == ""
    assert (found[1].start, found[1].stop) == (0, 2)


def test_the_running_verdict_is_of_the_second_class_or_of_the_last_verdict(tmp_path: Path) -> None:
    two = recording(tmp_path / "2", [[0.5, 0.5], [0.25, 0.75]], [1], ("no", "yes"))
    running = running_verdict(two)
    assert running is not None
    assert running.values.tolist() == [0.5, 0.75]
    assert running.title == "probability of “yes” so far"
    three = recording(
        tmp_path / "3", [[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]], [0], ("a", "b", "c")
    )
    running = running_verdict(three)
    assert running is not None
    assert running.values.tolist() == [0.25, 0.75]
    made = coloured_verdict(three, 0, 2, Scale(0.0, 1.0, "blue-orange"))
    assert np.asarray(made.values).tolist() == [0.25, 0.75]


def test_of_labels_at_every_step_it_is_how_sure_the_label_is(tmp_path: Path) -> None:
    text = Text.of("ab", "x")
    output = Classes(classes=("N", "V"), each=True)
    writer = RecordingWriter(tmp_path, text, layers_of(1, 1, ("hidden",)), output, "ab")
    came = {"class_p": np.array([[0.25, 0.75], [0.875, 0.125]]), "truth": np.array([1, 0])}
    writer.write(0, {"hidden": np.zeros((1, 2))}, came)
    running = running_verdict(Recording(tmp_path))
    assert running is not None
    assert running.values.tolist() == [0.75, 0.875]
    assert running.title == "probability of the label given"
