"""The child's side of the pipe."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rnnviz.core.errors import TextError, VocabularyNeeded
from rnnviz.work.engine import RunningJob, run_job, serve
from rnnviz.work.messages import Done, Failed, Job


def echo(arguments, context):
    context.progress(1, 2, half="way")
    return {"echoed": arguments["word"]}


def refuse(arguments, context):
    raise TextError("the text is empty; choose another")


def need(arguments, context):
    raise VocabularyNeeded("which characters?", 65)


def break_down(arguments, context):
    return {"never": 1 // 0}


def wait_for_cancel(arguments, context):
    while True:
        context.progress(0, 1)


TASKS = {
    "echo": echo,
    "refuse": refuse,
    "need": need,
    "break": break_down,
    "wait": wait_for_cancel,
}


def answer_of(task: str, **arguments):
    return run_job(TASKS, Job(7, task, arguments), RunningJob(7, lambda reply: None))


def test_a_result_comes_back_under_the_number_of_its_job():
    assert answer_of("echo", word="hello") == Done(7, {"echoed": "hello"})


@pytest.mark.parametrize(
    ("task", "kind", "part"),
    [
        ("refuse", "TextError", "choose another"),
        ("break", "defect", "ZeroDivisionError"),
        ("missing", "RnnvizError", "'missing'"),
    ],
)
def test_every_way_of_failing_is_an_answer(task, kind, part):
    reply = answer_of(task)
    assert isinstance(reply, Failed)
    assert (reply.number, reply.kind) == (7, kind)
    assert part in reply.message
    assert bool(reply.details) == (kind == "defect")


def test_a_missing_vocabulary_says_how_many_characters_are_wanted():
    reply = answer_of("need")
    assert isinstance(reply, Failed)
    assert reply.facts == {"size": 65}


def test_a_cancelled_job_stops_at_its_next_progress():
    running = RunningJob(3, lambda reply: running.cancelled.set())
    reply = run_job(TASKS, Job(3, "wait", {}), running)
    assert isinstance(reply, Failed)
    assert reply.kind == "Cancelled"


def test_progress_is_told_at_most_every_now_and_then_but_the_end_always():
    heard: list[Any] = []
    running = RunningJob(1, heard.append)
    for done in range(1000):
        running.progress(done, 1000)
    running.progress(1000, 1000)
    assert heard[0].done == 0
    assert heard[-1].done == 1000
    assert len(heard) < 100


def test_serve_answers_each_request_with_one_line():
    replies = io.BytesIO()

    def requests() -> Iterator[bytes]:
        yield b'{"type":"job","number":1,"task":"echo","arguments":{"word":"a"}}\n'
        yield b'{"type":"cancel","number":99}\n'
        while b'"done"' not in replies.getvalue():
            pass

    serve(TASKS, requests(), replies)
    lines = [json.loads(line) for line in replies.getvalue().splitlines()]
    assert lines[-1] == {"type": "done", "number": 1, "result": {"echoed": "a"}}
    assert lines[0]["facts"] == {"half": "way"}
