"""A run directory holds what the trainer said, in order, and a second trainer keeps out."""

import errno
import json
import math
import os
import shutil

import numpy as np
import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import RUN_VERSION, TrainingConfig, read_config
from rnnviz.core.runs.directory.log import read_events
from rnnviz.core.runs.directory.writer import RunWriter

CONFIG = TrainingConfig(texts=("a.txt", "b.txt"), name="two", units=64, clip="value")


@pytest.fixture
def writer(tmp_path):
    writer = RunWriter(tmp_path / "run", CONFIG, torch="2.0")
    yield writer
    writer.close("stopped")


def test_the_configuration_comes_back(writer):
    assert read_config(writer.directory) == CONFIG
    run = json.loads((writer.directory / "run.json").read_text())
    assert (run["version"], run["torch"]) == (RUN_VERSION, "2.0")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"optimiser": "lbfgs"}, "optimiser is 'lbfgs'; it may be adam, adamw, rmsprop, sgd"),
        ({"schedule": "steps"}, "schedule is 'steps'"),
        ({"clip": "both"}, "clip is 'both'"),
        ({"precision": "float16"}, "precision is 'float16'"),
        ({"units": 0}, "units is 0; it must be above zero"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"epochs": math.inf}, "epochs is inf"),
        ({"dropout": 1.0}, "dropout is 1.0; it must be from 0 to below 1"),
        ({"held_out": -0.1}, "held_out is -0.1; it must be at least 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(changed, said):
    CONFIG.check()
    with pytest.raises(RunDirectoryError, match=said):
        TrainingConfig(texts=("a.txt",), **changed).check()


def test_events_are_numbered_and_can_be_read_while_they_are_written(writer):
    writer.event("step", loss_nats=1.5)
    writer.event("sample", text="“a”\n")
    writer.event("step", loss_nats=math.nan)
    events = list(read_events(writer.directory))
    assert [(event["seq"], event["k"]) for event in events] == [
        (0, "step"),
        (1, "sample"),
        (2, "step"),
    ]
    assert events[1]["text"] == "“a”\n"
    assert [event["loss_nats"] for event in read_events(writer.directory, "step")] == [1.5, "nan"]


def test_a_torn_last_line_is_left_for_the_next_reading(writer):
    writer.event("step", loss_nats=1.5)
    with (writer.directory / "events.jsonl").open("ab") as file:
        file.write(b'{"seq": 1, "k": "st')
        file.flush()
        assert len(list(read_events(writer.directory))) == 1
        file.write(b'ep"}\n')
    assert [event["seq"] for event in read_events(writer.directory)] == [0, 1]


def test_one_trainer_at_a_time_and_one_run_a_directory(tmp_path):
    first = RunWriter(tmp_path, CONFIG)
    (tmp_path / "run.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(RunDirectoryError, match=r"another trainer is writing .* delete the file"):
        RunWriter(tmp_path, CONFIG)
    first.close("stopped")
    assert not (tmp_path / "lock").exists()
    RunWriter(tmp_path, CONFIG).close("stopped")
    with pytest.raises(RunDirectoryError, match="already holds a run; choose another"):
        RunWriter(tmp_path, CONFIG)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match=r"cannot write to .*file.*: Not a directory"):
        RunWriter(tmp_path / "file" / "run", CONFIG)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"version": 99, "config": {}}', "written by a newer rnnviz"),
        ('{"version": 1}', "is damaged"),
        ('{"version": 1, "config": {"texts": 3}}', "is damaged"),
        (f'{{"version": 1, "config": {{"texts": [], "units": "{"9" * 400}"}}}}', "64 bits"),
        ("[]", "is damaged"),
        ('{"version": ', "is damaged"),
    ],
)
def test_a_damaged_run_is_refused(tmp_path, content, said):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=said):
        read_config(tmp_path)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match="holds no run: No such file"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["events.jsonl", "heartbeat", "lock", "trainer.log", "checkpoints", "arrays", "arrays/a"],
)
def test_nothing_is_written_through_a_link(tmp_path, name):
    """A run folder from somebody may hold links to the files of whoever resumes it."""
    run, outside = tmp_path / "run", tmp_path / "outside"
    RunWriter(run, CONFIG).close("stopped")
    outside.mkdir()
    path = run / name
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.symlink_to(outside if name in ("checkpoints", "arrays") else outside / "file")
    with pytest.raises(RunDirectoryError, match="is a link"):
        RunWriter(run, None)
    assert list(outside.iterdir()) == []


def test_who_goes_on_is_told_in_the_words_of_the_caller(tmp_path):
    RunWriter(tmp_path, CONFIG).close("stopped")
    with pytest.raises(RunDirectoryError, match="--resume"):
        RunWriter(tmp_path, CONFIG)
    with pytest.raises(RunDirectoryError, match=r"Run\(\.\.\., resume=True\)"):
        RunWriter(tmp_path, {"name": "mine", "task": "own-loop"})


@pytest.mark.parametrize("there", ["another run", "a copy", "nothing"])
def test_nothing_is_written_into_what_lies_in_its_place(tmp_path, there):
    """A directory is moved while it is written to, and another takes its place at once."""
    writer = RunWriter(tmp_path / "run", CONFIG)
    writer.event("step", step=1)
    moved, other = tmp_path / "moved", tmp_path / "other"
    if there == "another run":
        second = RunWriter(other, CONFIG)
        second.event("step", step=1)
        second.close("finished")
    elif there == "a copy":
        shutil.copytree(writer.directory, other)
    writer.directory.rename(moved)
    if other.exists():
        other.rename(writer.directory)
        writer.log.append("step", {"step": 2})  # goes where the run lies now
    said = "has vanished" if there == "nothing" else "moved or replaced, and nothing more"
    for writing in (
        writer.check_place,
        lambda: writer.row("other", [1.0]),
        lambda: writer.event("step", step=3),
    ):
        writer._looked -= 10  # seconds have passed
        with pytest.raises(RunDirectoryError, match=said):
            writing()
    writer.close("failed")
    assert not (writer.directory / "arrays").exists()
    assert 3 not in [event["step"] for event in read_events(moved)]


def test_an_event_file_that_a_drive_numbers_anew_is_the_same(writer, monkeypatch):
    writer.event("step", step=1)
    of_open = os.fstat

    def numbered_anew(file):
        found = of_open(file)
        return os.stat_result((*found[:1], found.st_ino + 1, *found[2:10]))

    monkeypatch.setattr(os, "fstat", numbered_anew)
    assert writer.log.is_in_place()
    other = writer.directory / "other"
    other.write_bytes(writer.log.path.read_bytes().replace(b":1", b":7"))
    other.replace(writer.log.path)
    assert not writer.log.is_in_place()


def test_what_the_disk_does_not_take_at_last_leaves_nothing_held(tmp_path, monkeypatch):
    writer = RunWriter(tmp_path / "run", CONFIG)
    writer.event("step", step=1)

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(RunDirectoryError, match="the disk is full"):
            writer.close("finished")
    assert not (writer.directory / "lock").exists()
    RunWriter(writer.directory, None).close("finished")


def test_rows_that_are_gone_are_nobody_else_s_place(tmp_path):
    """Events name rows by their places: what is written later is not shown at an earlier step."""
    writer = RunWriter(tmp_path / "run", CONFIG)
    for value in (1.0, 2.0):
        writer.row("norms", [value, value])
    kept = writer.rows()
    writer.close("stopped")
    shutil.rmtree(writer.directory / "arrays")
    again = RunWriter(writer.directory, None)
    again.cut_rows({**kept, "arrays/huge-9.f32": 1 << 50, "../else-1.f32": 3})
    assert again.row("norms", [3.0, 3.0]) == {"file": "arrays/norms-2.f32", "row": 2}
    again.close("stopped")
    rows = np.fromfile(writer.directory / "arrays" / "norms-2.f32", "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(rows[:, 0], [np.nan, np.nan, 3.0])
    assert [path.name for path in (writer.directory / "arrays").iterdir()] == ["norms-2.f32"]
