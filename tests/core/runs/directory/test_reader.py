"""Reading events while they are written: torn ends, truncation, damage, and what is passed over."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory import reader
from rnnviz.core.runs.directory.event import EVENTS, StepEvent, as_float, check_fields
from rnnviz.core.runs.directory.reader import Damage, EventTail, checkpoint_files
from rnnviz.core.runs.record import RunRecord
from tests.core.runs.made import MadeRun


def tail_of(tmp_path: Path, content: bytes) -> EventTail:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)
    return EventTail(path)


def more(tail: EventTail, content: bytes) -> None:
    with tail.path.open("ab") as file:
        file.write(content)


def test_only_what_is_new_is_read_and_a_torn_line_waits(tmp_path: Path) -> None:
    tail = tail_of(tmp_path, b'{"k":"step","step":1}\n{"k":"step","st')
    assert [event.step for event in tail.read()] == [1]
    assert tail.torn
    assert not tail.behind, "whoever reads while there is more would never end"
    assert tail.read() == []
    assert tail.torn
    more(tail, b'ep":2}\n')
    assert [event.step for event in tail.read()] == [2]
    assert not tail.torn
    assert tail.read() == []


def test_every_cut_of_a_file_reads_its_whole_lines(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 5)
    content = (run.directory / "events.jsonl").read_bytes()
    for end in range(len(content)):
        tail = tail_of(tmp_path, content[:end])
        first = tail.read()
        assert len(first) == content[:end].count(b"\n")
        more(tail, content[end:])
        assert [event.step for event in first + tail.read()] == [1, 2, 3, 4, 5]
        assert tail.damage.lines == 0
        tail.path.unlink()


def test_nan_and_infinity_come_as_words(tmp_path: Path) -> None:
    tail = tail_of(tmp_path, b'{"k":"step","step":1,"loss_nats":"nan","gradient_norm":"inf"}\n')
    (event,) = tail.read()
    assert isinstance(event, StepEvent)
    assert math.isnan(as_float(event.loss_nats))
    assert as_float(event.gradient_norm) == math.inf
    assert math.isnan(as_float("what?"))
    assert math.isnan(as_float(event.tokens))


def test_unknown_kinds_and_fields_pass_and_damaged_lines_are_counted(tmp_path: Path) -> None:
    content = b'{"k":"new","later":[1]}\n{"k":"step","later":1}\nrubbish\n'
    content += b'{"k":"step","step":"two"}\n\xff\n{"k":"step"}\n\n'
    tail = tail_of(tmp_path, content)
    assert [event.kind for event in tail.read()] == ["step", "step"]
    assert tail.damage == Damage(3, 0, 0)


def test_a_file_that_shrank_or_was_replaced_is_read_anew(tmp_path: Path) -> None:
    tail = tail_of(tmp_path, b'{"k":"step","step":1}\n{"k":"step","step":2}\n')
    assert len(tail.read()) == 2
    tail.path.write_bytes(b'{"k":"step","step":7}\n')
    assert [event.step for event in tail.read()] == [7]
    assert tail.restarted
    tail.read()
    assert not tail.restarted
    other = tmp_path / "other"
    other.write_bytes(b'{"k":"step","step":8}\n{"k":"step","step":9}\n')
    other.replace(tail.path)
    assert [event.step for event in tail.read()] == [8, 9]
    assert tail.restarted
    # Rewritten in its place, and longer than what was read: an inode may be free again, too.
    tail.path.write_bytes(b"".join(b'{"k":"step","step":%d}\n' % step for step in range(3, 9)))
    assert [event.step for event in tail.read()] == [*range(3, 9)]
    assert tail.restarted


def test_a_long_file_comes_in_pieces_and_a_long_line_whole(tmp_path: Path) -> None:
    line = b'{"k":"sample","text":"%s"}\n' % (b"x" * (3 * reader.PIECE_BYTES))
    tail = tail_of(tmp_path, line + b'{"k":"step","step":1}\n' * 10_000)
    first = tail.read(lambda: True)
    assert first[0].kind == "sample"
    assert len(first) < 10_001
    assert tail.behind
    assert len(first) + len(tail.read()) == 10_001


def test_a_missing_file_is_empty_and_an_unreadable_one_an_error(tmp_path: Path) -> None:
    assert EventTail(tmp_path / "events.jsonl").read() == []
    with pytest.raises(RunDirectoryError, match="cannot read"):
        EventTail(tmp_path).read()


def test_checkpoints_by_their_step(tmp_path: Path) -> None:
    assert checkpoint_files(tmp_path) == []
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name in ("step-00000100", "step-00000020", "best", ".step-00000300"):
        (folder / f"{name}.safetensors").touch()
    assert [step for step, _ in checkpoint_files(tmp_path)] == [20, 100]


def test_what_no_reader_knows_is_not_written() -> None:
    check_fields("step", {"step", "loss_nats"})
    with pytest.raises(TypeError, match="'eclipse'"):
        check_fields("eclipse", {"step"})
    with pytest.raises(TypeError, match="no event of kind 'sample' has step, colour"):
        check_fields("sample", ["step", "colour"])


def test_the_record_takes_every_kind_of_event() -> None:
    record = RunRecord({}, {})
    record.take(kind() for kind in EVENTS.values())
    assert record.phase == "finished"
