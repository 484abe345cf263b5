"""What is asked of a trainer reaches it once, in order, and nothing old does."""

import math
import threading

import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.control import Inbox, ask


def asked(inbox):
    return [request.command for request in inbox.new()]


def test_requests_are_heard_once_and_in_order(tmp_path):
    inbox = Inbox(tmp_path)
    assert asked(inbox) == []
    ask(tmp_path, "pause")
    assert asked(inbox) == ["pause"]
    assert asked(inbox) == []
    ask(tmp_path, "set", "learning_rate", 0.1)
    ask(tmp_path, "set", "clip_threshold", 2.0)
    ask(tmp_path, "resume")
    heard = inbox.new()
    assert [(each.command, each.setting, each.value) for each in heard] == [
        ("set", "learning_rate", 0.1),
        ("set", "clip_threshold", 2.0),
        ("resume", "", None),
    ]
    assert [each.seq for each in heard] == [2, 3, 4]


def test_what_was_asked_of_an_earlier_trainer_is_passed_over(tmp_path):
    ask(tmp_path, "stop")
    inbox = Inbox(tmp_path)
    assert asked(inbox) == []
    ask(tmp_path, "sample")
    assert asked(inbox) == ["sample"]


@pytest.mark.parametrize(
    ("content", "heard"),
    [
        ('{"command": "stop"}', ["stop"]),
        ('{"command": "dance"}', []),
        ('{"command": 3}', []),
        ('{"comm', []),
        ("[]", []),
        ("{}", []),
    ],
)
def test_a_file_written_by_hand(tmp_path, content, heard):
    inbox = Inbox(tmp_path)
    (tmp_path / "control.json").write_text(content)
    assert asked(inbox) == heard
    assert asked(inbox) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dance",), "'dance' is no command; choose pause, resume, stop"),
        (("set", "units", 3.0), "'units' cannot be changed while a run goes on; these can: learn"),
        (("set", "learning_rate", 0.0), "learning_rate cannot be 0.0; it must be above zero"),
        (("set", "clip_threshold", math.inf), "clip_threshold cannot be inf"),
        (("set", "temperature", -1.0), "temperature cannot be -1.0; it must be at least 0"),
        (("set", "temperature"), "temperature cannot be None"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, words, said):
    with pytest.raises(RunDirectoryError, match=said):
        ask(tmp_path, *words)
    assert not list(tmp_path.iterdir())


def test_a_vanished_directory_is_named(tmp_path):
    with pytest.raises(RunDirectoryError, match=r"cannot write to .*gone.*is the run still there"):
        ask(tmp_path / "gone", "stop")


def test_a_full_disk_is_named_and_not_taken_for_a_run_that_is_gone(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rnnviz.core.runs.directory.control.write_atomically", full)
    with pytest.raises(RunDirectoryError, match=r"No space left on device$"):
        ask(tmp_path, "stop")


def test_of_many_who_ask_at_once_all_are_heard(tmp_path):
    inbox, together = Inbox(tmp_path), threading.Barrier(8)

    def wish(number):
        together.wait()
        ask(tmp_path, "set", "temperature", float(number))

    askers = [threading.Thread(target=wish, args=(number,)) for number in range(8)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    heard = inbox.new()
    assert [request.seq for request in heard] == [*range(1, 9)]
    assert {request.value for request in heard} == {float(number) for number in range(8)}
