"""The parent's side of the pipe, with a real child."""

import signal
import sys
import threading

import pytest

from rnnviz.work.messages import Done, Failed, Job
from rnnviz.work.runner import EngineRunner, InlineRunner

CHILD = """
import os, time
from rnnviz.work.engine import own_pipes, serve

def echo(arguments, context):
    print("a stray print must not reach the pipe")
    return dict(arguments)

def die(arguments, context):
    os._exit(3)

def slow(arguments, context):
    while True:
        context.progress(0, 1)
        time.sleep(0.005)

def deaf(arguments, context):
    context.progress(0, 1)
    time.sleep(3600)

def odd(arguments, context):
    context.progress(1, 1, odd=object())
    return {"odd": object()}

serve({"echo": echo, "die": die, "slow": slow, "deaf": deaf, "odd": odd}, *own_pipes())
"""


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
    runner.start(Job(1, "echo", {"word": "ünï"}), heard)
    assert heard.last() == Done(1, {"word": "ünï"})


def test_a_child_that_dies_fails_its_jobs_and_the_next_job_gets_a_new_child(runner):
    first, second = Heard(), Heard()
    runner.start(Job(1, "die", {}), first)
    failed = first.last()
    assert failed.kind == "EngineStopped"
    assert "exit code 3" in failed.message
    runner.start(Job(2, "echo", {"word": "again"}), second)
    assert second.last() == Done(2, {"word": "again"})


def test_cancel_reaches_a_running_job_and_leaves_the_others_alone(runner):
    slow, quick = Heard(), Heard()
    runner.start(Job(1, "slow", {}), slow)
    assert slow.began.wait(30)
    runner.cancel(1)
    assert slow.last().kind == "Cancelled"
    runner.start(Job(2, "echo", {}), quick)
    assert isinstance(quick.last(), Done)


def test_closing_ends_the_child_while_a_job_runs():
    runner, heard = EngineRunner((sys.executable, "-c", CHILD)), Heard()
    runner.start(Job(1, "slow", {}), heard)
    assert heard.began.wait(30)
    runner.close()
    assert not heard.ended.is_set()


def test_nobody_waits_for_a_child_that_is_still_starting():
    runner = EngineRunner((sys.executable, "-c", "import time; time.sleep(3600)"))
    job = Job(1, "echo", {"text": "more than a pipe holds " * 100_000})
    starting = threading.Thread(target=runner.start, args=(job, Heard()), daemon=True)
    starting.start()
    starting.join(30)
    waited = starting.is_alive()
    runner.close()
    assert not waited


def test_a_job_runs_in_place_without_a_child():
    heard = Heard()
    InlineRunner({"echo": lambda arguments, context: dict(arguments)}).start(
        Job(5, "echo", {"a": 1}), heard
    )
    assert heard.replies == [Done(5, {"a": 1})]


def test_cancelled_jobs_have_one_watchdog_between_them(runner):
    heard = [Heard() for _ in range(30)]
    for number, one in enumerate(heard):
        runner.start(Job(number, "slow", {}), one)
    assert all(one.began.wait(30) for one in heard)
    before = threading.active_count()
    for number in range(30):
        runner.cancel(number)
    assert threading.active_count() <= before
    assert {one.last().kind for one in heard} == {"Cancelled"}


def test_a_job_that_does_not_hear_ends_with_its_child(runner, monkeypatch):
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_TO_STOP", 0.2)
    deaf, after = Heard(), Heard()
    runner.start(Job(1, "deaf", {}), deaf)
    assert deaf.began.wait(30)
    runner.cancel(1)
    failed = deaf.last()
    assert (failed.kind, failed.details) == ("EngineStopped", "")
    runner.start(Job(2, "echo", {"word": "again"}), after)
    assert isinstance(after.last(), Done)


def test_what_was_asked_beside_a_job_that_does_not_hear_is_done_by_the_next_child(
    runner, monkeypatch
):
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_TO_STOP", 0.2)
    deaf, slow, last = Heard(), Heard(), Heard()
    runner.start(Job(1, "deaf", {}), deaf)
    runner.start(Job(2, "slow", {}), slow)
    assert deaf.began.wait(30)
    assert slow.began.wait(30)
    slow.began.clear()
    runner.cancel(1)
    assert deaf.last().kind == "EngineStopped"
    slow.replies.clear()
    slow.began.clear()
    assert slow.began.wait(30)  # it goes on
    runner.start(Job(3, "echo", {"a": 1}), last)
    assert last.last() == Done(3, {"a": 1})
    runner.cancel(2)
    assert slow.last().kind == "Cancelled"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal on this system")
def test_a_child_that_was_stopped_goes_on_when_something_is_asked_of_it(runner, monkeypatch):
    monkeypatch.setattr("rnnviz.work.runner._SECONDS_BETWEEN_LOOKS", 0.05)
    first, second, third = Heard(), Heard(), Heard()
    runner.start(Job(1, "echo", {}), first)
    assert isinstance(first.last(), Done)
    child = runner._child
    child.send_signal(signal.SIGSTOP)
    runner.start(Job(2, "echo", {"a": 1}), second)
    assert second.last() == Done(2, {"a": 1})
    runner.start(Job(3, "slow", {}), third)
    assert third.began.wait(30)
    child.send_signal(signal.SIGSTOP)  # also while a job is under way
    runner.cancel(3)
    assert third.last().kind == "Cancelled"
    assert runner._child is child


def test_a_result_that_cannot_be_sent_is_a_failure_and_not_silence(runner):
    heard = Heard()
    runner.start(Job(1, "odd", {}), heard)
    failed = heard.last()
    assert failed.kind == "defect"
    assert "cannot be sent" in failed.message
    assert "<object object" in failed.details


def test_after_closing_no_child_is_started(runner):
    runner.close()
    heard = Heard()
    runner.start(Job(1, "echo", {}), heard)
    runner.cancel(1)
    assert runner._child is None
    assert heard.replies == []
