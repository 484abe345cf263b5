"""Histograms of parameters: made from tensors, kept as rows, read from TensorBoard's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnviz
from rnnviz.core.runs.directory.arrays import RowReader
from rnnviz.core.runs.histograms import BINS, WIDTH, histogram_of, rows_of
from rnnviz.core.runs.tensorboard.event_files import WatchedEventFiles
from rnnviz.core.runs.watched import WatchedRun


def test_every_number_is_counted_and_nan_beside_them() -> None:
    numbers = torch.tensor([[-1.0, 0.0, 0.25], [1.0, float("nan"), float("-inf")]])
    (row,) = rows_of([numbers])
    found = histogram_of(7, row)
    assert found is not None
    assert (found.step, found.total, found.not_finite) == (7, 4.0, 2)
    assert (found.edges[0], found.edges[-1]) == (-1.0, 1.0)
    # As numpy counts them.
    expected, _ = np.histogram([-1.0, 0.0, 0.25, 1.0], BINS, (-1.0, 1.0))
    assert found.counts.tolist() == expected.tolist()


def test_a_missing_an_equal_and_a_broken_tensor() -> None:
    rows = rows_of([None, torch.full((3,), 2.0), torch.full((2,), float("nan")), torch.zeros(0)])
    assert rows.shape == (4, WIDTH)
    assert histogram_of(1, rows[0]) is None
    equal = histogram_of(1, rows[1])
    assert equal is not None
    assert equal.edges[0] < 2.0 < equal.edges[-1]
    assert equal.total == 3
    broken = histogram_of(1, rows[2])
    assert broken is not None
    assert (broken.total, broken.not_finite) == (0.0, 2)
    assert histogram_of(1, rows[3]) is None
    assert histogram_of(1, rows[1][:5]) is None


def test_a_density_holds_all_that_lies_between_its_places() -> None:
    (row,) = rows_of([torch.linspace(-2, 2, 1001)])
    found = histogram_of(1, row)
    assert found is not None
    places = np.linspace(-3, 3, 61)
    assert float((found.density(places) * np.diff(places)).sum()) == pytest.approx(1.0)
    assert found.density(np.array([-1.0, 1.0]))[0] == pytest.approx(0.25, rel=0.02)
    low, high = found.between(0.1)
    assert (low, high) == pytest.approx((-1.8, 1.8), abs=0.03)


def test_a_loop_of_ones_own_records_weights_and_gradients(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 3)
    with rnnviz.Run(tmp_path / "run", settings={"rate": 0.5, "kind": "toy"}) as run:
        run.watch(model, histograms=2)
        for step in (1, 2, 3):
            model.zero_grad()
            model(torch.ones(2, 4)).sum().backward()
            run.log(step, loss=1.0)
    watched = WatchedRun(tmp_path / "run")
    watched.poll()
    (row,) = watched.record.histogram_rows
    assert (row.step, row.names) == (2, ("weight", "bias"))
    values = RowReader(tmp_path / "run").read(row)
    assert values is not None
    weights, gradients = (histogram_of(2, values[place]) for place in (0, 2))
    assert weights is not None
    assert weights.edges[-1] == pytest.approx(float(model.weight.detach().max()))
    assert gradients is not None
    assert gradients.total == 12
    # What it says of itself is a column of the list of runs.
    from rnnviz.core.runs.comparing.rows import row_of

    assert row_of("run", watched.state, watched.record).settings == {"rate": 0.5, "kind": "toy"}


@pytest.fixture
def event_folder(tmp_path: Path) -> Path:
    writer: Any = pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(tmp_path / "tb"))
    generator = torch.Generator().manual_seed(1)
    for step in range(5):
        writer.add_histogram("layer/weight", torch.randn(5000, generator=generator) + step, step)
        writer.add_scalar("loss", 1.0, step)
    writer.close()
    return tmp_path / "tb"


def test_histograms_of_tensorboard_are_read_beside_its_scalars(event_folder: Path) -> None:
    watched = WatchedEventFiles(event_folder)
    watched.poll()
    found = watched.record.histograms["layer/weight"]
    assert [one.step for one in found] == [0, 1, 2, 3, 4]
    assert {one.total for one in found} == {5000.0}
    middles = [sum(one.between(0.9)) / 2 for one in found]
    assert middles == pytest.approx([0, 1, 2, 3, 4], abs=0.15)
    assert watched.record.scalars["loss"].last == 1.0


def test_histograms_as_tensors_are_read(tmp_path: Path) -> None:
    """As `tf.summary.histogram` and Keras write them: a tensor of left, right, count."""
    protobuf: Any = pytest.importorskip("tensorboard.plugins.histogram.summary_v2")
    writer: Any = pytest.importorskip("tensorboard.summary.writer.event_file_writer")
    event: Any = pytest.importorskip("tensorboard.compat.proto.event_pb2")
    made = writer.EventFileWriter(str(tmp_path))
    numbers = np.random.default_rng(0).normal(3.0, 0.5, 2000)
    summary = protobuf.histogram_pb("weights", numbers)
    made.add_event(event.Event(step=9, summary=summary))
    made.close()
    watched = WatchedEventFiles(tmp_path)
    watched.poll()
    (found,) = watched.record.histograms["weights"]
    assert (found.step, found.total) == (9, 2000.0)
    assert sum(found.between(0.9)) / 2 == pytest.approx(3.0, abs=0.1)
