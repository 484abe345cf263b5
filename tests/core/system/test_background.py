"""A thread beside: results in order, errors where they are taken, no waiting for what stalls."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from rnnviz.core.system.background import Background


def test_one_thing_after_the_other() -> None:
    thread: Background[int] = Background()
    for number in range(3):
        thread.start(partial(int, 2 * number))
        assert thread.ready(20)
        assert thread.take() == number * 2
        assert not thread.busy
    thread.close()


def test_an_error_is_raised_where_the_result_is_taken() -> None:
    thread: Background[int] = Background()
    thread.start(lambda: 1 // 0)
    thread.close()
    assert thread.ready(20)
    with pytest.raises(ZeroDivisionError):
        thread.take()
    thread.start(lambda: 5)
    thread.close()
    assert thread.ready(20)
    assert thread.take() == 5


def test_what_stalls_is_not_waited_for() -> None:
    answers = threading.Event()
    thread: Background[bool] = Background()
    thread.start(lambda: answers.wait(20))
    assert not thread.ready(0.001)
    assert thread.busy
    assert thread.waits_seconds > 0
    thread.close()
    answers.set()
    assert thread.ready(20)
    assert thread.waits_seconds == 0.0
    assert thread.take()
