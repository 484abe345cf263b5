"""A mirrored run, with a stand-in for ssh that runs the command on this machine."""

from __future__ import annotations

import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory import control
from rnnviz.core.runs.directory.control import Inbox
from rnnviz.core.runs.watched import WatchedRun
from rnnviz.work import remote
from rnnviz.work.remote import Mirror, mirror_name, parse_address
from tests.core.runs.made import MadeRun, finished_run

Make = Callable[[MadeRun], Mirror]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        threading.Event().wait(0.02)


@pytest.fixture
def ssh(tmp_path: Path) -> Path:
    script = tmp_path / "ssh"
    script.write_text('#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c "$1"\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def mirrored(tmp_path: Path, ssh: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(remote, "_FETCH_SECONDS", 0.1)
    monkeypatch.setattr(remote, "_RETRY_SECONDS", 0.1)
    # A sleep that outlives its shell holds the pipes of a mirror that was closed.
    monkeypatch.setattr(remote, "_LIFE", remote._LIFE.replace("sleep 2", "sleep 0.1"))
    made: list[Mirror] = []

    def make(run: MadeRun) -> Mirror:
        mirror = Mirror(f"me@there:{run.directory}", tmp_path / "mirror", (str(ssh),))
        made.append(mirror)
        return mirror

    yield make
    for mirror in made:
        mirror.close()


def test_a_run_arrives_whole_and_goes_on(tmp_path: Path, mirrored: Make) -> None:
    run = finished_run(tmp_path / "run with a space")
    mirror = mirrored(run)
    until((mirror.folder / "run.json").exists)
    watched = WatchedRun(mirror.folder)

    def read() -> bool:
        watched.poll()
        return watched.record.step == 200 and len(watched.checkpoints) == 5

    until(read)
    until((mirror.folder / "arrays" / "gradient_steps.f32").exists)
    run.steps(201, 205)

    def went_on() -> bool:
        watched.poll()
        return watched.record.step == 205

    until(went_on)
    events = "events.jsonl"
    assert (mirror.folder / events).read_bytes() == (run.directory / events).read_bytes()
    assert mirror.problem == ""


def test_a_mirror_goes_on_where_it_ended(tmp_path: Path, mirrored: Make) -> None:
    run = finished_run(tmp_path / "run")
    events = (run.directory / "events.jsonl").read_bytes()
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "events.jsonl").write_bytes(events[:1234])
    mirror = mirrored(run)
    until(lambda: (mirror.folder / "events.jsonl").read_bytes() == events)


def test_the_lock_and_the_heartbeat_come_and_go(tmp_path: Path, mirrored: Make) -> None:
    run = MadeRun(tmp_path / "run")
    run.lock(host="there", process=7)
    (run.directory / "heartbeat").write_text("running")
    mirror = mirrored(run)
    lock = mirror.folder / "lock"
    until(lock.exists)
    assert lock.read_bytes() == (run.directory / "lock").read_bytes()
    until((mirror.folder / "heartbeat").exists)
    run.unlock()
    until(lambda: not lock.exists())


def test_a_wish_is_brought_there(tmp_path: Path, mirrored: Make) -> None:
    run = MadeRun(tmp_path / "run")
    control.ask(run.directory, "pause")
    inbox = Inbox(run.directory)
    mirror = mirrored(run)
    until((mirror.folder / "control.json").exists)
    control.ask(mirror.folder, "set", "learning_rate", 0.01)
    mirror.ask()
    heard: list[control.Request] = []

    def arrived() -> bool:
        heard.extend(inbox.new())
        return bool(heard)

    until(arrived)
    assert (heard[0].command, heard[0].value) == ("set", 0.01)


def test_closing_waits_for_nothing_that_ssh_left(tmp_path: Path, ssh: Path, mirrored: Make) -> None:
    """What it started may hold its pipes for seconds, and a wish may be on its way."""
    started = tmp_path / "started"
    ssh.write_text(f"#!/bin/sh\necho x >> {shlex.quote(str(started))}\nsleep 1.5 &\nwait\n")
    mirror = mirrored(finished_run(tmp_path / "run"))
    (mirror.folder / "control.json").write_text("{}")
    mirror.ask()
    until(lambda: started.exists() and started.read_text().count("x") >= 4)
    began = time.monotonic()
    mirror.close()
    assert time.monotonic() - began < 0.7
    assert mirror._sockets.exists()
    until(lambda: not mirror._sockets.exists())


def test_what_ssh_complains_about_is_told(tmp_path: Path, ssh: Path, mirrored: Make) -> None:
    ssh.write_text("#!/bin/sh\necho 'Could not resolve hostname there' >&2\nexit 255\n")
    mirror = mirrored(MadeRun(tmp_path / "run"))
    until(lambda: mirror.problem == "me@there: Could not resolve hostname there")


def test_addresses() -> None:
    assert parse_address("host:/a b") == ("host", "/a b")
    assert parse_address("ssh://ada@gpu-1.example:/runs/it's") == (
        "ada@gpu-1.example", "/runs/it's"
    )  # fmt: skip
    for wrong in (
        "", "host", "host:", "host: ", ":/path", "-oProxyCommand=x:/path", "a b:/path",
        "ada@-oProxyCommand=x:/path", "-l@host:/path", "host;id:/path", "$(id):/path",
        "host\n:/path", "host:/a\nb", "host:/a\0b", "host:/\u202egpj.exe", "https://a/b",
        "file:///tmp/a.txt", "a/b:c", "@host:/path",
    ):  # fmt: skip
        with pytest.raises(RunDirectoryError, match="user@host"):
            parse_address(wrong)
    assert mirror_name("me@there:/runs/a").startswith("me@there--runs-a-")
    assert mirror_name("me@there:/runs/a") != mirror_name("me@there:/runs-a")
    assert "/" not in mirror_name("..:/../..")
    assert mirror_name("..:/../..")[0] != "."


def test_the_address_is_no_option_of_ssh_and_the_path_no_command(
    tmp_path: Path, ssh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given"
    ssh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {given}\nexit 255\n')
    mirror = Mirror("me@there:/runs/$(touch /tmp/x)'; id; '", tmp_path / "mirror", (str(ssh),))
    until(given.exists)
    mirror.close()
    words = given.read_text().splitlines()
    host = words.index("me@there")
    assert words[host - 1] == "--"
    quoted = shlex.quote("/runs/$(touch /tmp/x)'; id; '")
    assert words[host + 1].startswith(f"cd -- {quoted} 2>/dev/null || ")


def test_another_run_in_the_same_place_is_mirrored_anew(tmp_path: Path, mirrored: Make) -> None:
    run = MadeRun(tmp_path / "run")
    run.steps(1, 20)
    mirror = mirrored(run)
    until(lambda: mirror.complete)
    shutil.rmtree(run.directory)
    until(lambda: "is not there" in mirror.problem or "no run lies in" in mirror.problem)
    other = MadeRun(tmp_path / "run")
    other.steps(1, 3, loss_nats=9.0)
    events = mirror.folder / "events.jsonl"
    until(lambda: events.exists() and events.read_bytes().count(b"\n") == 3)
    until(lambda: mirror.problem == "")
    assert b'"loss_nats": 9.0' in events.read_bytes()


def test_where_no_run_lies_that_is_told(tmp_path: Path, mirrored: Make) -> None:
    run = MadeRun(tmp_path / "run")
    (run.directory / "run.json").unlink()
    mirror = mirrored(run)
    until(lambda: mirror.problem.startswith("me@there: no run lies in /"))
    assert not mirror.complete
