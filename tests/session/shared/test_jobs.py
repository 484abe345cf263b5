"""Stale answers are dropped, failures reach somebody."""

import threading
from typing import Any

import pytest

from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.work.messages import Cancel, Done, Failed, Failure, Progress, Request


class Echo(Request[Any, Any], frozen=True, kw_only=True):
    """Asks for anything."""

    word: str


class HeldRunner:
    """Keeps jobs until the test answers them."""

    def __init__(self) -> None:
        self.jobs: list = []
        self.cancelled: list[int] = []

    def start(self, job, listener) -> None:
        self.jobs.append((job, listener))

    def cancel(self, number: int) -> None:
        self.cancelled.append(Cancel(number).number)

    def close(self) -> None:
        """Nothing to let go of."""

    def answer(self, place: int, make) -> None:
        job, listener = self.jobs[place]
        listener(make(job.number))


@pytest.fixture
def runner():
    return HeldRunner()


@pytest.fixture
def jobs(runner, qapp):
    return Jobs(runner)


def test_an_answer_to_an_older_question_is_dropped(jobs, runner):
    results: list[Any] = []
    for word in ("first", "second"):
        jobs.start(Echo(word=word), question="s", title="", done=results.append)
    runner.answer(0, lambda number: Done(number, {"word": "first"}))
    runner.answer(1, lambda number: Done(number, {"word": "second"}))
    assert results == [{"word": "second"}]
    assert runner.cancelled == [1]


def test_different_questions_run_beside_each_other(jobs, runner):
    jobs.start(Echo(word="a"), question="a", title="A")
    jobs.start(Echo(word="b"), question="b", title="B")
    assert [task.title for task in jobs.running] == ["A", "B"]
    assert jobs.busy("a")
    runner.answer(0, lambda number: Done(number, {}))
    assert not jobs.busy("a")
    assert jobs.busy("b")


def test_progress_moves_the_share_and_brings_its_facts(jobs, runner):
    facts: list[Any] = []
    jobs.start(Echo(word="a"), question="a", title="A", progress=facts.append)
    runner.answer(0, lambda number: Progress(number, 1, 4, {"walked": 10}))
    assert jobs.running[0].share == 0.25
    assert facts == [{"walked": 10}]


def test_of_progress_that_piled_up_the_newest_is_taken(jobs, runner, qtbot):
    facts: list[Any] = []
    changed: list[None] = []
    jobs.start(Echo(word="a"), question="a", title="A", progress=facts.append)
    jobs.changed.connect(lambda: changed.append(None))

    def tell() -> None:
        for done in range(50):
            more = {"walked": done} if done < 49 else None
            runner.answer(0, lambda number: Progress(number, done, 50, more))  # noqa: B023

    telling = threading.Thread(target=tell)
    telling.start()
    telling.join()
    assert facts == [], "the window's thread has not looked yet"
    with qtbot.waitSignal(jobs.moved):
        pass
    assert facts == [{"walked": 48}], "once, with the last facts that were told"
    assert jobs.running[0].share == 49 / 50
    assert not changed, "no job started or ended"
    runner.answer(0, lambda number: Progress(number, 50, 50, {"walked": 50}))
    assert facts[1:] == [{"walked": 50}], "what comes later is heard"


def test_a_failure_goes_to_its_own_handler_or_else_to_the_signal(jobs, runner):
    own: list[Any] = []
    signalled: list[Any] = []
    jobs.failed.connect(signalled.append)
    jobs.start(Echo(word="a"), question="a", title="", failed=own.append)
    jobs.start(Echo(word="b"), question="b", title="")
    jobs.start(Echo(word="c"), question="c", title="")
    for place in range(3):
        kind = "Cancelled" if place == 2 else "TextError"
        failure = Failure(kind=kind, message=f"why {place}")
        runner.answer(place, lambda number, failure=failure: Failed(number, failure))
    assert [failure.message for failure in own] == ["why 0"]
    assert [failure.message for failure in signalled] == ["why 1"]


def test_nothing_is_called_after_closing(jobs, runner):
    results: list[Any] = []
    jobs.start(Echo(word="a"), question="a", title="", done=results.append)
    jobs.close()
    runner.answer(0, lambda number: Done(number, {}))
    assert results == []


MODEL, TEXT = Subject("model"), Subject("text")


def test_what_was_asked_about_another_model_is_cancelled_together_and_dropped(jobs, runner):
    results: list[Any] = []
    jobs.now(MODEL, "a")
    jobs.now(TEXT, "novel")
    for task, of in (("one", (MODEL,)), ("two", (MODEL, TEXT)), ("three", (TEXT,))):
        jobs.start(Echo(word=task), question=task, of=of, title=task, done=results.append)
    jobs.now(MODEL, "a")
    assert runner.cancelled == []
    jobs.now(MODEL, "b")
    assert sorted(runner.cancelled) == [1, 2]
    assert [task.title for task in jobs.running] == ["three"]
    for place in range(3):
        runner.answer(place, lambda number: Progress(number, 1, 2, {"n": number}))
        runner.answer(place, lambda number: Done(number, {"n": number}))
    assert results == [{"n": 3}]


def test_coming_back_does_not_bring_back_what_was_dropped(jobs, runner):
    results: list[Any] = []
    jobs.now(MODEL, "a")
    known = jobs.answers(MODEL)
    known.put("unit 3", "high in quotes")
    jobs.start(Echo(word="one"), of=(MODEL,), title="", done=results.append)
    jobs.now(MODEL, "b")
    jobs.now(MODEL, "a")
    runner.answer(0, lambda number: Done(number, {}))
    assert results == []
    assert known.get("unit 3") is None


def test_answers_are_there_as_long_as_what_they_are_about(jobs):
    jobs.now(MODEL, "a")
    of_model, of_both = jobs.answers(MODEL), jobs.answers(MODEL, TEXT)
    of_model.put("q", 1)
    of_both.put("q", 2)
    jobs.now(TEXT, "another")
    assert of_model.get("q") == 1
    assert of_both.get("q") is None
    assert "q" not in of_both
    of_model.drop("q")
    assert len(of_model) == 0


def test_after_closing_nothing_starts(jobs, runner):
    jobs.close()
    jobs.start(Echo(word="a"), question="a", title="A")
    assert runner.jobs == []
    assert jobs.running == ()
