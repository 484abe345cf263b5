"""Events are whole lines, numbered without gaps, whatever happens to the file."""

import errno
import json
import math
import os
from pathlib import Path

import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.log import (
    EventLog,
    finite_or_name,
    read_events,
    read_lines,
    write_error,
)
from rnnviz.core.runs.directory.writer import RunWriter


def test_numbers_that_json_lacks_become_words():
    assert finite_or_name({"a": [1.0, -math.inf], "b": {"c": math.nan}, "d": "text"}) == {
        "a": [1.0, "-inf"],
        "b": {"c": "nan"},
        "d": "text",
    }


def test_every_cut_is_repaired(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    for step in range(3):
        log.append("step", {"step": step, "text": "x" * 20})
    log.close()
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        log = EventLog(path)
        lines = whole[:end].count(b"\n")
        assert log.next_number == lines
        assert log.last_step == max(0, lines - 1)
        log.append("step", {"step": 9})
        log.close()
        assert [line["seq"] for line in read_lines(path)] == list(range(lines + 1))


def test_long_lines_are_repaired_too(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("sample", {"text": "x" * 200_000})
    log.append("sample", {"text": "y" * 200_000})
    log.close()
    with path.open("ab") as file:
        file.write(b'{"seq": 2')
    log = EventLog(path)
    assert log.next_number == 2
    log.close()


def test_a_last_line_that_is_no_event_is_named(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('{"seq": 0, "k": "step"}\nnonsense\n')
    with pytest.raises(
        RunDirectoryError, match=r"last line of .* is no event .* can still be read"
    ):
        EventLog(path)


def test_events_that_a_resumed_run_took_back_are_left_out(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    for kind, step in [
        ("sample", 0), ("step", 1), ("step", 2), ("step", 3), ("rewind", 1), ("step", 2),
    ]:  # fmt: skip
        log.append(kind, {"step": step})
    assert [event["seq"] for event in read_events(tmp_path)] == [0, 1, 4, 5]
    for kind, step in [("rewind", -1), ("sample", 0), ("step", 1)]:
        log.append(kind, {"step": step})
    log.close()
    assert [event["seq"] for event in read_events(tmp_path)] == [6, 7, 8]
    assert [event["seq"] for event in read_events(tmp_path, "step")] == [8]


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    """The disk takes a part of the line, as a full one may, and then nothing."""
    log = EventLog(tmp_path / "events.jsonl")
    log.append("step", {"step": 1})
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
    with pytest.raises(RunDirectoryError, match=r"the disk is full: .*events.jsonl.* --resume"):
        log.append("step", {"step": 2})

    def full(file, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RunDirectoryError, match="the disk is full"):
        log.append("step", {"step": 2})
    monkeypatch.undo()
    log.append("step", {"step": 2})
    log.close()
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [0, 1]


def test_a_real_full_device_is_named(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._file)
    os.close(full)
    with pytest.raises(RunDirectoryError, match="the disk is full"):
        log.append("step", {"step": 1})
    os.close(log._file)


def test_a_directory_that_vanishes_is_named(tmp_path):
    directory = tmp_path / "run"
    writer = RunWriter(directory, TrainingConfig(texts=("a.txt",)))
    directory.rename(tmp_path / "moved")
    writer.heartbeat.set("paused")  # as the next beat would
    with pytest.raises(RunDirectoryError, match=r"the directory .*run has vanished"):
        writer.event("step", step=1)
    writer.close("failed")


def test_what_vanished_is_named_from_the_top(tmp_path: Path) -> None:
    """A folder inside a moved run is gone with it; the run is what the person looks for."""
    gone = write_error(tmp_path / "run" / "arrays" / "1.npz", FileNotFoundError(errno.ENOENT, ""))
    assert f"the directory {tmp_path / 'run'} has vanished" in str(gone)
