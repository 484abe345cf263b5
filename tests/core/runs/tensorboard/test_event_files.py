"""Directories of TensorBoard event files: their scalars, live, by folder, and our own mirror."""

from __future__ import annotations

import math
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.recognise import kind_of
from rnnviz.core.runs.tensorboard import records as tensorboard
from rnnviz.core.runs.tensorboard.checksum import masked_crc
from rnnviz.core.runs.tensorboard.event_files import WatchedEventFiles
from rnnviz.core.runs.tensorboard.records import ScalarWriter
from rnnviz.core.runs.watched import runs_in, watch
from tests.core.runs.made import MadeRun
from tests.core.runs.scalars import read_scalars


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


def test_scalars_are_followed(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    writer.write(1, {"loss": 2.0, "accuracy": 0.5})
    watched = watch(tmp_path, Clock())
    assert isinstance(watched, WatchedEventFiles)
    assert watched.poll()
    writer.write(2, {"loss": math.nan})
    assert watched.poll()
    assert not watched.poll()
    writer.close()
    record = watched.record
    assert record.scalars["loss"].steps.tolist() == [1, 2]
    assert np.isnan(record.scalars["loss"].last)
    assert record.scalars["accuracy"].values.tolist() == [0.5]
    assert (watched.state, watched.name) == ("recorded", tmp_path.name)


def test_every_folder_is_a_run_as_in_tensorboard(tmp_path: Path) -> None:
    """As Keras leaves them: two runs, and a file of its profiler that holds nothing."""
    day = tmp_path / "logs" / "fit" / "20240501"
    for folder, value in (("train", 1.0), ("validation", 2.0)):
        writer = ScalarWriter(day / folder)
        writer.write(5, {"loss": value})
        writer.close()
    profile = day / "train" / "plugins" / "profile" / "run1"
    ScalarWriter(profile).close()
    (day / "train" / "events.out.tfevents.1.profile-empty").touch()
    (day / "loop").symlink_to(tmp_path)
    assert kind_of(tmp_path / "logs") == "run"
    found = runs_in(tmp_path / "logs")
    assert found == [
        (day / "train", "logs/fit/20240501/train"),
        (day / "validation", "logs/fit/20240501/validation"),
    ]
    for (place, name), value in zip(found, (1.0, 2.0), strict=True):
        watched = watch(place, Clock(), name=name)
        watched.poll()
        assert watched.name == name
        assert {tag: curve.last for tag, curve in watched.record.scalars.items()} == {"loss": value}
    assert WatchedEventFiles(day / "train").name == "20240501/train"
    assert runs_in(day / "train") == [(day / "train", "")]


def test_people_s_tags_are_not_our_curves(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    for step in range(3):
        writer.write(step, {"loss": 5.0 - step, "lr": 0.1, "learning_rate": 0.2, "validation": 9.0})
    writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    assert watched.record.scalars["loss"].values.tolist() == [5.0, 4.0, 3.0]
    assert set(watched.record.scalars) == {"loss", "lr", "learning_rate", "validation"}
    assert len(watched.record.loss) == len(watched.record.learning_rate) == 0
    assert watched.record.step == 2


def test_what_was_purged_is_gone_from_every_curve(tmp_path: Path) -> None:
    first = ScalarWriter(tmp_path)
    for step in range(10):
        first.write(step, {"loss": 10.0 - step} | ({"rarely": step} if step % 3 == 0 else {}))
    first.close()
    second = ScalarWriter(tmp_path, resumed_at=4)
    for step in range(5, 8):
        second.write(step, {"loss": 100.0 + step})
    second.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    for curves in (watched.record.scalars, read_scalars(tmp_path)):
        rarely = curves["rarely"]
        assert (rarely.steps.tolist(), rarely.values.tolist()) == ([0, 3], [0.0, 3.0])
        assert curves["loss"].values.tolist() == [10, 9, 8, 7, 6, 105, 106, 107]
        assert set(curves) == {"loss", "rarely"}


def written(folder: Path, steps: int) -> tuple[Path, list[int]]:
    """A file of one point a step, and where each record ends."""
    writer = ScalarWriter(folder)
    (path,) = folder.iterdir()
    ends = [path.stat().st_size]
    for step in range(steps):
        writer.write(step, {"loss": float(step)})
        ends.append(path.stat().st_size)
    writer.close()
    return path, ends


@pytest.mark.parametrize("place", ["the length", "the content", "its checksum"])
def test_what_precedes_damage_is_kept(tmp_path: Path, place: str) -> None:
    path, ends = written(tmp_path / "run", 40)
    data = bytearray(path.read_bytes())
    at = {"the length": ends[19], "the content": ends[19] + 20, "its checksum": ends[20] - 1}[place]
    data[at] ^= 0xFF
    path.write_bytes(data)
    watched = WatchedEventFiles(path.parent, Clock())
    assert watched.poll()
    assert watched.record.scalars["loss"].steps.tolist() == list(range(19))
    assert f"is damaged at byte {ends[19]:,}" in watched.problem
    assert "what stands before it was read" in watched.problem
    assert not watched.poll()


def test_a_long_record_is_looked_at_like_a_short_one(tmp_path: Path) -> None:
    """Older programs write scalars and a picture in one record."""
    writer = ScalarWriter(tmp_path)
    (path,) = tmp_path.iterdir()
    for step in (1, 2):
        writer.write(step, {"loss": 1.0, "x" * 100_000: 2.0})
    end = path.stat().st_size
    writer.write(3, {"loss": 3.0})
    writer.close()
    data = bytearray(path.read_bytes())
    place = data.rindex(b"loss", 0, end)
    data[place + 6] ^= 0x40  # of the number behind it
    path.write_bytes(data)
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    assert watched.record.scalars["loss"].values.tolist() == [1.0]
    assert "is damaged at byte" in watched.problem


def test_zeros_at_the_end_are_a_record_that_is_not_yet_written(tmp_path: Path) -> None:
    path, _ = written(tmp_path / "run", 40)
    whole = path.read_bytes()
    writer = ScalarWriter(tmp_path / "more")
    (more,) = (tmp_path / "more").iterdir()
    header = more.stat().st_size
    writer.write(40, {"loss": 40.0})
    writer.close()
    path.write_bytes(whole + bytes(4096))
    watched = WatchedEventFiles(path.parent, Clock())
    watched.poll()
    assert len(watched.record.scalars["loss"]) == 40
    assert watched.problem == ""
    path.write_bytes(whole + more.read_bytes()[header:] + bytes(100))
    watched.poll()
    assert len(watched.record.scalars["loss"]) == 41
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # a sparse file of a terabyte takes no time
    watched.poll()
    assert watched.problem == ""


def test_a_file_is_read_in_pieces_and_pictures_larger_than_one_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = written(tmp_path / "run", 40)
    length = struct.pack("<Q", 5000)
    picture = length + struct.pack("<I", masked_crc(length)) + bytes(5004)
    path.write_bytes(path.read_bytes() + picture + path.read_bytes())
    monkeypatch.setattr(tensorboard, "PIECE_BYTES", 1000)
    watched = WatchedEventFiles(path.parent, Clock())
    watched.poll()
    looks = 1
    while watched.behind:
        watched.poll()
        looks += 1
    assert looks > 3
    assert "damaged" not in watched.problem
    assert watched.record.scalars["loss"].steps.tolist() == list(range(40))


def test_numbers_beyond_all_bounds_are_no_points(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    for step in (-(1 << 63), 1, 1 << 62):
        writer.write(step, {"loss": 1.0})
    writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    assert watched.record.scalars["loss"].steps.tolist() == [1]


def test_what_our_trainer_mirrors_is_loss_again(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    writer.write(1, {"train/loss_nats": 3.0, "train/learning_rate": 0.1})
    writer.write(1, {"validation/loss_nats": 3.5})
    writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    assert watched.record.loss.last == 3.0
    assert watched.record.learning_rate.last == pytest.approx(0.1)
    assert watched.record.validation.last == 3.5


def test_a_run_that_was_taken_up_again_loses_its_later_points(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    for step in (1, 2, 3, 4, 2, 3):
        writer.write(step, {"loss": 10.0 + step})
    writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    assert watched.record.scalars["loss"].steps.tolist() == [1, 2, 3]


def test_a_damaged_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    writer.write(1, {"loss": 1.0})
    writer.close()
    (tmp_path / "a-bad.tfevents.0").write_bytes(b"rubbish" * 10)
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.poll()
    assert "damaged" in watched.problem
    assert watched.record.scalars["loss"].last == 1.0


def test_they_are_recognised_and_a_run_of_ours_goes_first(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="neither"):
        WatchedEventFiles(tmp_path)
    run = MadeRun(tmp_path / "run")
    ScalarWriter(run.directory / "tb").close()
    assert kind_of(run.directory) == "run"
    assert kind_of(run.directory / "run.json") == "run"
    assert kind_of(run.directory / "tb") == "run"
    assert kind_of(next((run.directory / "tb").iterdir())) == "run"
    assert not isinstance(watch(run.directory, Clock()), WatchedEventFiles)


def record(content: bytes, step: int, seconds: float) -> bytes:
    """A record of an event file."""
    event = b"\x09" + struct.pack("<d", seconds) + b"\x10" + bytes([step]) + content
    length = struct.pack("<Q", len(event))
    crcs = (struct.pack("<I", masked_crc(part)) for part in (length, event))
    return length + next(crcs) + event + next(crcs)


def point(tag: str, step: int, seconds: float, value: float = 0.0) -> bytes:
    """A scalar."""
    inner = bytes([10, len(tag)]) + tag.encode() + b"\x15" + struct.pack("<f", value)
    content = bytes([10, len(inner)]) + inner
    return record(bytes([42, len(content)]) + content, step, seconds)


def looked_at(folder: Path, **files: bytes) -> WatchedEventFiles:
    for name, content in files.items():
        (folder / f"events.out.tfevents.{name}").write_bytes(content)
    watched = WatchedEventFiles(folder, Clock())
    watched.poll()
    return watched


def test_two_programs_that_write_at_once_are_said(tmp_path: Path) -> None:
    first = b"".join(point("loss", step, 1000.0 + 100 * step) for step in range(10))
    second = b"".join(point("loss", step, 1300.0 + 100 * step) for step in range(5))
    assert "written at the same time" in looked_at(tmp_path, a=first, b=second).problem
    later = b"".join(point("loss", step, 9000.0 + 100 * step) for step in range(5))
    watched = looked_at(tmp_path, b=later)
    assert watched.problem == ""  # a run that was taken up again
    assert watched.record.scalars["loss"].steps.tolist() == list(range(5))
    # What went on all the time, too.
    with (tmp_path / "events.out.tfevents.a").open("ab") as file:
        file.write(point("loss", 20, 9900.0))
    watched.poll()
    assert "written at the same time" in watched.problem


def test_steps_that_go_back_in_one_file_are_said(tmp_path: Path) -> None:
    content = b"".join(point("loss", at % 5, 1000.0 + at) for at in range(12))
    watched = looked_at(tmp_path, a=content)
    assert watched.record.scalars["loss"].steps.tolist() == [0, 1]
    assert "the steps of 'loss' go back, from 4 to 0" in watched.problem


def test_a_time_that_was_not_measured_is_absent(tmp_path: Path) -> None:
    watched = looked_at(tmp_path, a=b"".join(point("loss", step, 0.0) for step in range(4)))
    assert not len(watched.record.seconds.values) and not len(watched.record.clock.values)


def test_every_tag_has_its_own_times(tmp_path: Path) -> None:
    """Losses by updates and accuracies by epochs: step 3 is not the same time in both."""
    content = b"".join(
        point("loss", step, 1000.0 + step)
        + (point("accuracy", step // 10, 1000.0 + step) if step % 10 == 9 else b"")
        for step in range(40)
    )
    record_ = looked_at(tmp_path, a=content).record
    assert record_.seconds_of["loss"].at([3]).tolist() == [3.0]
    assert record_.seconds_of["accuracy"].at([0, 3]).tolist() == [9.0, 39.0]


def test_times_of_what_was_purged_are_gone(tmp_path: Path) -> None:
    first = b"".join(point("loss", step, 1000.0 + step) for step in range(10))
    second = record(b"\x3a\x02\x08\x01", 5, 5000.0) + point("loss", 5, 5000.0)
    seconds = looked_at(tmp_path, a=first, b=second).record.seconds_of["loss"]
    assert seconds.at([4, 5]).tolist() == [4.0, 4000.0]


@pytest.mark.parametrize("tensor", [b"\x08\x0e\x22\x02\x90\x40", b"\x08\x0e\x68\x90\x81\x01"])
def test_bfloat16_is_read_as_what_it_is(tmp_path: Path, tensor: bytes) -> None:
    """4.5, as bytes and as `half_val`."""
    inner = b"\x0a\x01t" + bytes([66, len(tensor)]) + tensor
    content = bytes([10, len(inner)]) + inner
    watched = looked_at(tmp_path, a=record(bytes([42, len(content)]) + content, 1, 1000.0))
    assert watched.record.scalars["t"].values.tolist() == [4.5]


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    watched = looked_at(tmp_path, a=b"".join(point("loss", step, 1000.0) for step in range(4)))
    (tmp_path / "events.out.tfevents.a").write_bytes(point("loss", 1, 1000.0))
    assert watched.poll()
    assert watched.record.scalars["loss"].steps.tolist() == [1]
    assert watched.problem == ""


def test_a_file_that_cannot_be_read_is_said_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 3)
    watched = WatchedEventFiles(tmp_path, Clock())

    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(tensorboard, "open_regular", refused)
        for _ in range(3):
            watched.poll()
            assert "Permission denied" in watched.problem
    assert watched.poll()
    assert watched.problem == ""
    assert len(watched.record.scalars["loss"]) == 3


def test_what_takes_the_place_of_deleted_files_is_alone(tmp_path: Path) -> None:
    """A person deletes what a first attempt wrote, and starts another into the same folder."""
    folder = tmp_path / "run"
    first = ScalarWriter(folder)
    for step in range(20):
        first.write(step, {"loss": 1.0, "old": 1.0})
    first.close()
    watched = WatchedEventFiles(folder, Clock())
    watched.poll()
    shutil.rmtree(folder)
    assert watched.poll()
    assert "no event files any more" in watched.problem
    assert len(watched.record.scalars["loss"]) == 20
    folder.mkdir()
    (folder / "events.out.tfevents.1.other").touch()
    second = ScalarWriter(folder)
    second.write(3, {"loss": 2.0})
    second.close()
    assert watched.poll()
    assert watched.problem == ""
    assert {tag: curve.steps.tolist() for tag, curve in watched.record.scalars.items()} == {
        "loss": [3]
    }


def test_what_is_left_out_of_many_files_is_said(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnviz.core.runs.tensorboard.event_files._MOST_FILES", 2)
        names = {name: point("loss", step, 1000.0) for step, name in enumerate("abc")}
        watched = looked_at(tmp_path, **names)
    assert "1 older event files" in watched.problem
    assert watched.record.scalars["loss"].steps.tolist() == [1, 2]
