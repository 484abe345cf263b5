"""A thread beside: results in order, errors where they are taken, no waiting for what stalls."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from rnnviz.core.system.background import Aside


def test_one_thing_after_the_other() -> None:
    aside: Aside[int] = Aside()
    for number in range(3):
        aside.start(partial(int, 2 * number))
        assert aside.ready(20)
        assert aside.take() == number * 2
        assert not aside.busy
    aside.close()


def test_an_error_is_raised_where_the_result_is_taken() -> None:
    aside: Aside[int] = Aside()
    aside.start(lambda: 1 // 0)
    aside.close()
    assert aside.ready(20)
    with pytest.raises(ZeroDivisionError):
        aside.take()
    aside.start(lambda: 5)
    aside.close()
    assert aside.ready(20)
    assert aside.take() == 5


def test_what_stalls_is_not_waited_for() -> None:
    answers = threading.Event()
    aside: Aside[bool] = Aside()
    aside.start(lambda: answers.wait(20))
    assert not aside.ready(0.001)
    assert aside.busy
    assert aside.waits_seconds > 0
    aside.close()
    answers.set()
    assert aside.ready(20)
    assert aside.waits_seconds == 0.0
    assert aside.take()
