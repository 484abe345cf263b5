"""The parent's side of the pipe, with a real child."""

import signal
import sys
import threading
from typing import Any

import psutil
import pytest

from rnnviz.work.messages import Done, Failed, Job, Request
from rnnviz.work.runner import EngineRunner, InlineRunner

_REQUESTS = """
from typing import Any
from rnnviz.work.messages import Request

class Echo(Request[None, str], frozen=True, kw_only=True):
    word: str = ""

class Die(Request[None, str], frozen=True, kw_only=True):
    pass

class Crash(Request[None, str], frozen=True, kw_only=True):
    pass

class Slow(Request[None, str], frozen=True, kw_only=True):
    pass

class Deaf(Request[None, str], frozen=True, kw_only=True):
    pass

class Odd(Request[Any, Any], frozen=True, kw_only=True):
    pass

class Beget(Request[int, str], frozen=True, kw_only=True):
    pass
"""
CHILD = f"""
{_REQUESTS}
import os, signal, subprocess, sys, threading, time
from rnnviz.work.engine import own_pipes, serve
from rnnviz.work.messages import messages

def echo(request, context):
    print("a stray print must not reach the pipe")
    return request.word

def die(request, context):
    os._exit(3)

def deep(then, depth=60):
    if depth:
        deep(then, depth - 1)
    else:
        then()

def crash_here():
    signal.pthread_kill(threading.get_ident(), signal.SIGSEGV)

def crash(request, context):
    stand = threading.Event()
    begun = [threading.Thread(target=deep, args=(stand.wait,)) for _ in range(40)]
    begun.insert(20, threading.Thread(target=deep, args=(lambda: (time.sleep(1), crash_here()),)))
    for thread in begun:
        thread.start()
    stand.wait()

def slow(request, context):
    while True:
        context.progress(0, 1)
        time.sleep(0.005)

def deaf(request, context):
    context.progress(0, 1)
    time.sleep(3600)

def odd(request, context):
    context.progress(1, 1, object())
    return object()

def beget(request, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    context.progress(0, 1, child.pid)
    time.sleep(3600)

TASKS = {{Echo: echo, Die: die, Crash: crash, Slow: slow, Deaf: deaf, Odd: odd, Beget: beget}}
wishes, replies = own_pipes()
serve(TASKS, messages(wishes), replies)
"""


class Echo(Request[None, str], frozen=True, kw_only=True):
    """Gives its word back."""

    word: str = ""


class Die(Request[None, str], frozen=True, kw_only=True):
    """Ends the child."""


class Crash(Request[None, str], frozen=True, kw_only=True):
    """Crashes in a thread that began between forty others."""


class Slow(Request[None, str], frozen=True, kw_only=True):
    """Goes on until it is cancelled."""


class Deaf(Request[None, str], frozen=True, kw_only=True):
    """Goes on for an hour, whoever cancels it."""


class Odd(Request[Any, Any], frozen=True, kw_only=True):
    """Answers what cannot be sent."""


class Beget(Request[int, str], frozen=True, kw_only=True):
    """Starts a process, tells its number, and goes on for an hour."""


class Misread(Request[None, int], frozen=True, kw_only=True, tag="echo"):
    """Expects a number where the child answers a word."""

    word: str = ""


class Heard:
    """Collects answers and lets a test wait for the last."""

    def __init__(self) -> None:
        self.replies: list = []
        self.began, self.ended = threading.Event(), threading.Event()

    def __call__(self, reply) -> None:
        self.replies.append(reply)
        self.began.set()
        if isinstance(reply, Done | Failed):
            self.ended.set()

    def last(self):
        assert self.ended.wait(30)
        return self.replies[-1]


@pytest.fixture
def runner():
    made = EngineRunner((sys.executable, "-c", CHILD))
    yield made
    made.close()


def test_a_job_goes_to_the_child_and_its_result_comes_back(runner):
    heard = Heard()
    runner.start(Job(1, Echo(word="ünï")), heard)
    assert heard.last() == Done(1, "ünï")


def test_a_name_that_is_not_utf_8_fails_at_once_and_is_named(runner):
    heard, next_one = Heard(), Heard()
    runner.start(Job(1, Echo(word="/home/caf\udce9-run.txt")), heard)
    failed = heard.last().failure
    assert failed.kind == "RnnvizError"
    assert "“/home/caf?-run.txt” is not in UTF-8" in failed.message
    runner.start(Job(2, Echo(word="on")), next_one)
    assert next_one.last() == Done(2, "on")


def test_a_child_that_dies_fails_its_jobs_and_the_next_job_gets_a_new_child(runner):
    first, second = Heard(), Heard()
    runner.start(Job(1, Die()), first)
    failed = first.last().failure
    assert failed.kind == "EngineStopped"
    assert "exit code 3" in failed.message
    runner.start(Job(2, Echo(word="again")), second)
    assert second.last() == Done(2, "again")


def test_a_crash_is_told_from_its_beginning_with_where_the_crashing_thread_stood(runner):
    slow, crash = Heard(), Heard()
    runner.start(Job(1, Slow()), slow)
    runner.start(Job(2, Crash()), crash)
    failed = crash.last().failure
    assert f"exit code {-signal.SIGSEGV}" in failed.message
    assert failed.details == slow.last().failure.details
    words = failed.details.splitlines()
    assert words[:2] == ["under way: slow, crash", "Fatal Python error: Segmentation fault"]
    at = next(i for i, line in enumerate(words) if line.startswith("Current thread"))
    assert "in crash_here" in words[at + 1]
    assert all("in deep" in line for line in words[at + 3 : at + 64])
    assert words[-1].startswith("Extension modules:")
    assert any("lines are left out" in line for line in words)  # forty threads are too many
    assert len(words) < 1_300


def test_what_one_child_said_is_not_told_of_the_next(runner):
    crash, die = Heard(), Heard()
    runner.start(Job(1, Crash()), crash)
    assert crash.last().failure.details
    runner.start(Job(2, Die()), die)
    assert die.last().failure.details == ""


def test_cancel_reaches_a_running_job_and_leaves_the_others_alone(runner):
    slow, quick = Heard(), Heard()
    runner.start(Job(1, Slow()), slow)
    assert slow.began.wait(30)
    runner.cancel(1)
    assert slow.last().failure.kind == "Cancelled"
    runner.start(Job(2, Echo()), quick)
    assert isinstance(quick.last(), Done)


def test_closing_ends_the_child_while_a_job_runs():
    runner, heard = EngineRunner((sys.executable, "-c", CHILD)), Heard()
    runner.start(Job(1, Slow()), heard)
    assert heard.began.wait(30)
    runner.close()
    assert not heard.ended.is_set()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal on this system")
def test_closing_ends_a_stopped_child_and_what_it_started():
    runner, heard = EngineRunner((sys.executable, "-c", CHILD)), Heard()
    runner.start(Job(1, Beget()), heard)
    assert heard.began.wait(30)
    child, below = runner._child, psutil.Process(heard.replies[0].facts)
    assert child is not None
    child.send_signal(signal.SIGSTOP)
    runner.close()
    assert child.wait(30) == -signal.SIGKILL
    assert below in psutil.wait_procs([below], 30)[0]


def test_closing_does_not_wait_for_a_child_that_takes_long_to_go(monkeypatch):
    """Such as one whose memory the system takes back while others have the processor."""
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_TO_END", 0.05)
    monkeypatch.setattr("rnnviz.work.runner._kill", lambda child: None)
    runner = EngineRunner((sys.executable, "-c", "import time; time.sleep(3600)"))
    child, threads = runner._child, runner._threads
    assert child is not None
    runner.close()
    assert child.poll() is None
    child.kill()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_nobody_waits_for_a_child_that_is_still_starting():
    runner = EngineRunner((sys.executable, "-c", "import time; time.sleep(3600)"))
    job = Job(1, Echo(word="more than a pipe holds " * 100_000))
    starting = threading.Thread(target=runner.start, args=(job, Heard()), daemon=True)
    starting.start()
    starting.join(30)
    waited = starting.is_alive()
    runner.close()
    assert not waited


def test_a_job_runs_in_place_without_a_child():
    heard = Heard()
    runner = InlineRunner({Echo: lambda request, context: request.word})
    runner.start(Job(5, Echo(word="a")), heard)
    assert heard.replies == [Done(5, "a")]


def test_cancelled_jobs_have_one_watchdog_between_them(runner):
    heard = [Heard() for _ in range(30)]
    for number, one in enumerate(heard):
        runner.start(Job(number, Slow()), one)
    assert all(one.began.wait(30) for one in heard)
    before = threading.active_count()
    for number in range(30):
        runner.cancel(number)
    assert threading.active_count() <= before
    assert {one.last().failure.kind for one in heard} == {"Cancelled"}


def test_a_job_that_does_not_hear_ends_with_its_child(runner, monkeypatch):
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_TO_STOP", 0.2)
    deaf, after = Heard(), Heard()
    runner.start(Job(1, Deaf()), deaf)
    assert deaf.began.wait(30)
    runner.cancel(1)
    failed = deaf.last().failure
    assert (failed.kind, failed.details) == ("EngineStopped", "")
    runner.start(Job(2, Echo(word="again")), after)
    assert isinstance(after.last(), Done)


def test_what_was_asked_beside_a_job_that_does_not_hear_is_done_by_the_next_child(
    runner, monkeypatch
):
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_TO_STOP", 0.2)
    deaf, slow, last = Heard(), Heard(), Heard()
    runner.start(Job(1, Deaf()), deaf)
    runner.start(Job(2, Slow()), slow)
    assert deaf.began.wait(30)
    assert slow.began.wait(30)
    slow.began.clear()
    runner.cancel(1)
    assert deaf.last().failure.kind == "EngineStopped"
    slow.replies.clear()
    slow.began.clear()
    assert slow.began.wait(30)  # it goes on
    runner.start(Job(3, Echo(word="a")), last)
    assert last.last() == Done(3, "a")
    runner.cancel(2)
    assert slow.last().failure.kind == "Cancelled"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal on this system")
def test_a_child_that_was_stopped_goes_on_when_something_is_asked_of_it(runner, monkeypatch):
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_BETWEEN_LOOKS", 0.05)
    first, second, third = Heard(), Heard(), Heard()
    runner.start(Job(1, Echo()), first)
    assert isinstance(first.last(), Done)
    child = runner._child
    child.send_signal(signal.SIGSTOP)
    runner.start(Job(2, Echo(word="a")), second)
    assert second.last() == Done(2, "a")
    runner.start(Job(3, Slow()), third)
    assert third.began.wait(30)
    child.send_signal(signal.SIGSTOP)  # also while a job is under way
    runner.cancel(3)
    assert third.last().failure.kind == "Cancelled"
    assert runner._child is child


def test_a_result_that_cannot_be_sent_is_a_failure_and_not_silence(runner):
    heard = Heard()
    runner.start(Job(1, Odd()), heard)
    failed = heard.last().failure
    assert failed.kind == "defect"
    assert "cannot be sent" in failed.message
    assert "<object object" in failed.details


def test_an_answer_of_another_type_is_a_failure_and_not_silence(runner):
    heard = Heard()
    runner.start(Job(1, Misread(word="five")), heard)
    failed = heard.last().failure
    assert failed.kind == "defect"
    assert "'echo' makes no sense" in failed.message


def test_after_closing_no_child_is_started(runner):
    runner.close()
    heard = Heard()
    runner.start(Job(1, Echo()), heard)
    runner.cancel(1)
    assert runner._child is None
    assert heard.replies == []
