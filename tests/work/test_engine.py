"""The child's side of the pipe."""

import io
import math
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec
import pytest

from rnnviz.core.errors import TextError, VocabularyNeeded
from rnnviz.work.engine import RunningJob, run_job, serve
from rnnviz.work.messages import (
    Cancel,
    Done,
    Failed,
    Failure,
    Job,
    Progress,
    Request,
    Tasks,
    decode_reply,
    encode,
    framed,
    messages,
    number_of,
)


class Half(msgspec.Struct, frozen=True):
    """What is known on the way."""

    way: str


class Echo(Request[Half, str], frozen=True, kw_only=True):
    """Gives its word back."""

    word: str


class Refuse(Request[None, str], frozen=True, kw_only=True):
    """Is refused."""


class Needy(Failure, frozen=True, kw_only=True):
    """Says how many characters are wanted."""

    size: int = 0


class Need(Request[None, str], frozen=True, kw_only=True):
    """Lacks characters."""

    failure: ClassVar[type[Failure]] = Needy


class Break(Request[None, str], frozen=True, kw_only=True):
    """Meets a defect."""


class Wait(Request[None, str], frozen=True, kw_only=True):
    """Goes on until it is cancelled."""


class Missing(Request[None, str], frozen=True, kw_only=True):
    """Is no task."""


def echo(request, context):
    context.progress(1, 2, Half("half"))
    return request.word


def refuse(request, context):
    raise TextError("the text is empty; choose another")


def need(request, context):
    raise VocabularyNeeded("which characters?", 65)


def break_down(request, context):
    return str(1 // 0)


def wait_for_cancel(request, context):
    while True:
        context.progress(0, 1)


TASKS: Tasks = {
    Echo: echo,
    Refuse: refuse,
    Need: need,
    Break: break_down,
    Wait: wait_for_cancel,
}


def answer_of(request):
    return run_job(TASKS, Job(7, request), RunningJob(7, lambda reply: None))


def test_a_result_comes_back_under_the_number_of_its_job():
    assert answer_of(Echo(word="hello")) == Done(7, "hello")


@pytest.mark.parametrize(
    ("request_", "kind", "part"),
    [
        (Refuse(), "TextError", "choose another"),
        (Break(), "defect", "ZeroDivisionError"),
        (Missing(), "defect", "'missing'"),
    ],
)
def test_every_way_of_failing_is_an_answer(request_, kind, part):
    reply = answer_of(request_)
    assert isinstance(reply, Failed)
    assert (reply.number, reply.failure.kind) == (7, kind)
    assert part in reply.failure.message
    assert bool(reply.failure.details) == ("ZeroDivisionError" in part)


def test_a_missing_vocabulary_says_how_many_characters_are_wanted():
    reply = answer_of(Need())
    assert isinstance(reply, Failed)
    sent = decode_reply(encode(reply), Need)
    assert sent == reply
    assert isinstance(sent, Failed)
    assert isinstance(sent.failure, Needy)
    assert sent.failure.size == 65


def test_a_cancelled_job_stops_at_its_next_progress():
    running = RunningJob(3, lambda reply: running.cancelled.set())
    reply = run_job(TASKS, Job(3, Wait()), running)
    assert isinstance(reply, Failed)
    assert reply.failure.kind == "Cancelled"


def test_progress_is_told_at_most_every_now_and_then_but_the_end_always():
    heard: list[Any] = []
    running = RunningJob(1, heard.append)
    for done in range(1000):
        running.progress(done, 1000)
    running.progress(1000, 1000)
    assert heard[0].done == 0
    assert heard[-1].done == 1000
    assert len(heard) < 100


def served(*wishes: bytes) -> list[bytes]:
    """What is answered, once as many jobs as were asked are over."""
    replies = io.BytesIO()

    def asked() -> Iterator[bytes]:
        yield from wishes
        while replies.getvalue().count(b"done") + replies.getvalue().count(b"failed") < 1:
            pass

    serve(TASKS, asked(), replies)
    return list(messages(io.BytesIO(replies.getvalue())))


def test_serve_answers_each_wish_in_messages():
    found = served(encode(Job(1, Echo(word="a"))), encode(Cancel(99)))
    assert [number_of(one) for one in found] == [1, 1]
    assert decode_reply(found[0], Echo) == Progress(1, 1, 2, Half("half"))
    assert decode_reply(found[-1], Echo) == Done(1, "a")


def test_a_wish_for_no_task_is_answered():
    (found,) = served(encode(Job(5, Missing())))
    reply = decode_reply(found, Missing)
    assert isinstance(reply, Failed)
    assert "'missing'" in reply.failure.message


def test_a_damaged_wish_is_answered():
    class Echo(Request[None, str], frozen=True, kw_only=True):
        word: int = 3

    (found,) = served(encode(Job(5, Echo())))
    reply = decode_reply(found, Echo)
    assert isinstance(reply, Failed)
    assert "makes no sense" in reply.failure.message


def test_numbers_that_are_none_and_keys_that_are_numbers_cross_the_pipe():
    class Numbers(Request[None, dict[int, float]], frozen=True, kw_only=True):
        pass

    sent = decode_reply(encode(Done(1, {2: math.inf, 3: math.nan})), Numbers)
    assert isinstance(sent, Done)
    assert sent.answer[2] == math.inf
    assert math.isnan(sent.answer[3])


def test_a_pipe_that_ends_in_the_middle_of_a_message_ends_the_messages():
    whole = framed(b"one") + framed(b"two")
    assert list(messages(io.BytesIO(whole))) == [b"one", b"two"]
    assert list(messages(io.BytesIO(whole[:-1]))) == [b"one"]


class Long(Request[None, str], frozen=True, kw_only=True):
    """Goes on until it is stopped, and then cleans up."""


def test_a_job_is_stopped_and_cleans_up_when_nobody_asks_any_more() -> None:
    began, cleaned = threading.Event(), threading.Event()

    def long(request: Any, context: Any) -> str:
        try:
            while True:
                began.set()
                context.progress(0, 1)
        finally:
            cleaned.set()

    def asked() -> Iterator[bytes]:
        yield encode(Job(1, Long()))
        assert began.wait(30)

    class Closed(io.BytesIO):
        def write(self, *_: object) -> int:
            raise BrokenPipeError

    serve({Long: long}, asked(), Closed())
    assert cleaned.is_set()
