"""Event files that TensorBoard itself reads, and those that others wrote."""

import io
import math
import struct

import numpy as np
import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.tensorboard.checksum import masked_crc
from rnnviz.core.runs.tensorboard.records import EventFile, ScalarWriter
from tests.core.runs.scalars import read_scalars


def accumulated(folder):
    """What TensorBoard's own reader finds."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return {
        tag: [(event.step, event.value) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_what_we_write(tmp_path):
    writer = ScalarWriter(tmp_path)
    for step in range(300):
        writer.write(step, {"train/loss": 5 / (step + 1), "rate": 1e-3 * step})
    writer.write(300, {"train/loss": math.inf, "rate": 1e300})
    writer.close()
    found = accumulated(tmp_path)
    mine = read_scalars(tmp_path)
    assert found.keys() == mine.keys() == {"train/loss", "rate"}
    for tag, scalars in mine.items():
        assert [step for step, _ in found[tag]] == scalars.steps.tolist() == list(range(301))
        np.testing.assert_array_equal([value for _, value in found[tag]], scalars.values)
    assert mine["rate"].values[-1] == math.inf
    assert mine["rate"].values[7] == np.float32(7e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_resumed_run_takes_back_what_came_later(tmp_path, expect_log):
    expect_log.append("Detected out of order event.step")
    first = ScalarWriter(tmp_path)
    for step in (1, 2, 3):
        first.write(step, {"loss": float(step)})
    first.close()
    second = ScalarWriter(tmp_path, resumed_at=1)
    second.write(2, {"loss": 20.0})
    second.close()
    assert accumulated(tmp_path) == {"loss": [(1, 1.0), (2, 20.0)]}
    assert read_scalars(tmp_path)["loss"].values.tolist() == [1.0, 20.0]


def test_a_full_disk_leaves_whole_records(tmp_path, monkeypatch):
    """The disk takes a part of a record; when there is room again, what follows is read."""

    class Full(io.FileIO):
        def write(self, data):
            return super().write(data[:20])

    writer = ScalarWriter(tmp_path)
    writer.write(1, {"loss": 1.0})
    (path,) = tmp_path.iterdir()
    with monkeypatch.context() as patched, Full(path, "ab") as full:
        patched.setattr(writer, "_file", full)
        with pytest.raises(OSError, match="No space left"):
            writer.write(2, {"loss": 2.0})
    writer.write(3, {"loss": 3.0})
    writer.close()
    assert read_scalars(tmp_path)["loss"].values.tolist() == [1.0, 3.0]


def test_reads_what_torch_writes(tmp_path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        for step in range(20):
            writer.add_scalar("loss", math.exp(-step), step)
            writer.add_scalar("new", step * 2.0, step, new_style=True)
        writer.add_histogram("weights", np.arange(10.0), 3)
        writer.add_text("note", "hello", 4)
    found = read_scalars(tmp_path)
    assert set(found) == {"loss", "new"}
    assert found["loss"].values.tolist() == [float(np.float32(math.exp(-s))) for s in range(20)]
    assert found["new"].values.tolist() == [2.0 * s for s in range(20)]


def test_a_growing_file_is_read_in_parts(tmp_path):
    writer = ScalarWriter(tmp_path)
    writer.write(1, {"loss": 1.0})
    (path,) = tmp_path.iterdir()
    reader = EventFile(path)
    assert [scalar.value for scalar in reader.read()] == [1.0]
    before = path.stat().st_size
    writer.write(2, {"loss": 2.0})
    writer.close()
    whole = path.read_bytes()
    for end in range(before, len(whole)):
        path.write_bytes(whole[:end])
        assert reader.read() == []
    path.write_bytes(whole)
    assert [(scalar.step, scalar.value) for scalar in reader.read()] == [(2, 2.0)]


def test_what_is_no_event_file_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match="holds no TensorBoard event file"):
        read_scalars(tmp_path)
    (tmp_path / "events.out.tfevents.1").write_bytes(b"something else, and long enough")
    with pytest.raises(RunDirectoryError, match="damaged at byte 0: the checksum does not fit"):
        read_scalars(tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_damaged_messages_are_survived(tmp_path, seed):
    """A record of noise with a true checksum."""
    noise = np.random.default_rng(seed).bytes(200)
    length = struct.pack("<Q", len(noise))
    checksum = struct.pack("<I", masked_crc(noise))
    record = length + struct.pack("<I", masked_crc(length)) + noise + checksum
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(record)
    file = EventFile(path)
    assert isinstance(file.read(), list)
    assert file.problem == ""
