"""One trainer a directory; a lock whose trainer is gone holds nobody back."""

import os
import subprocess
import sys
import threading

import msgspec
import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.lock import Heartbeat, Holder, acquire, holder_of, release


def held_by_us(directory):
    holder = holder_of(directory)
    return holder is not None and holder.process == os.getpid()


def write_lock(directory, **changed):
    here = msgspec.structs.replace(Holder.here(), **changed)
    (directory / "lock").write_bytes(msgspec.json.encode(here))


def test_a_living_trainer_keeps_others_out(tmp_path):
    mine = acquire(tmp_path)
    assert holder_of(tmp_path) == mine
    assert mine.lives()
    with pytest.raises(RunDirectoryError, match=f"process {os.getpid()} on {mine.host}"):
        acquire(tmp_path)
    release(tmp_path)
    assert holder_of(tmp_path) is None


def gone_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    "changed",
    [
        {"process": gone_process()},
        {"boot": "another start of the machine"},
        {"start": 12345},  # the number was used again by another process
    ],
    ids=["killed", "rebooted", "reused"],
)
def test_a_dead_trainer_is_replaced(tmp_path, changed):
    write_lock(tmp_path, **changed)
    assert acquire(tmp_path) == holder_of(tmp_path)
    assert held_by_us(tmp_path)


def test_a_process_that_ended_and_was_not_waited_for_is_dead():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    try:
        holder = msgspec.structs.replace(Holder.here(), process=process.pid, start=99)
        assert process.stdout is not None
        process.stdout.read()  # its end closes the pipe
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not holder.lives()
    finally:
        process.communicate()


def test_another_machine_is_alive_while_its_heartbeat_moves_whatever_its_clock(tmp_path):
    write_lock(tmp_path, host="elsewhere")
    beat = tmp_path / "heartbeat"
    beat.write_text("running")
    # A clock that is a year ahead, or a year behind, and then stands: nobody is there.
    os.utime(beat, (2e9, 2e9))
    moved = threading.Timer(0.1, os.utime, (beat, (1e9, 1e9)))
    moved.start()
    with pytest.raises(RunDirectoryError, match=r"process .* on elsewhere"):
        acquire(tmp_path, patience_s=5)
    moved.join()
    acquire(tmp_path, patience_s=0.05)
    assert held_by_us(tmp_path)


def test_an_empty_lock_is_of_a_trainer_that_was_killed_while_it_took_it(tmp_path):
    (tmp_path / "lock").touch()
    acquire(tmp_path)
    assert held_by_us(tmp_path)


def test_of_many_that_find_a_stale_lock_one_takes_it(tmp_path):
    """Each in a process of its own, all at once."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from rnnviz.core.errors import RunDirectoryError\n"
        "from rnnviz.core.runs.directory.lock import acquire\n"
        "print(flush=True)\n"
        "sys.stdin.readline()\n"
        "try: acquire(Path(sys.argv[1])); print('took it')\n"
        "except RunDirectoryError as error: print(error)\n"
        "sys.stdout.flush()\n"
        "sys.stdin.readline()\n"
    )
    trainers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    pipes = [(trainer.stdin, trainer.stdout) for trainer in trainers]
    for _, answers in pipes:
        assert answers is not None
        answers.readline()
    write_lock(tmp_path, process=gone_process())
    for begin, _ in pipes:
        assert begin is not None
        begin.write("\n")
        begin.flush()
    said = [answers.readline() for _, answers in pipes if answers is not None]
    for trainer in trainers:
        trainer.communicate("\n")
    assert sum(words == "took it\n" for words in said) == 1, said
    assert sum("another trainer is writing" in words for words in said) == 3, said


def test_a_damaged_lock_is_not_touched(tmp_path):
    (tmp_path / "lock").write_text("{")
    with pytest.raises(RunDirectoryError, match="delete the file 'lock'"):
        acquire(tmp_path)
    release(tmp_path)
    assert (tmp_path / "lock").exists()


def test_the_heartbeat_says_the_state_and_what_is_wrong(tmp_path):
    heart = Heartbeat(tmp_path)
    path = tmp_path / "heartbeat"
    assert path.read_text() == "running"
    heart.set("paused")
    assert path.read_text() == "paused"
    assert heart.problem is None
    path.unlink()
    path.mkdir()
    for state in ("running", "paused", "running"):
        assert heart.problem is None  # a drive may be away for a moment
        heart.set(state)
    assert isinstance(heart.problem, OSError)
    path.rmdir()
    heart.close("finished")
    assert path.read_text() == "finished"
