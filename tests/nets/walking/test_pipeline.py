"""Items pass the stages in order, stages take items in order, and errors end the work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from rnnviz.nets.walking.pipeline import run_staged


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("items", [0, 1, 2, 9])
def test_keeps_both_orders(items: int, threads: int) -> None:
    seen: list[list[int]] = [[] for _ in range(3)]
    done: list[int] = []

    def take(stage: int, item: int) -> None:
        assert all(item in earlier for earlier in seen[:stage])
        seen[stage].append(item)

    run_staged([partial(take, stage) for stage in range(3)], range(items), done.append, threads)
    assert [*seen, done] == [list(range(items))] * 4


def test_stages_run_side_by_side() -> None:
    met = threading.Barrier(2, timeout=10)
    together: list[int] = []

    def first(item: int) -> None:
        if item == 1:
            met.wait()

    def second(item: int) -> None:
        if item == 0:
            met.wait()
            together.append(item)

    run_staged([first, second], range(3), lambda item: None, 2)
    assert together == [0]


@pytest.mark.parametrize("failing", ["stage", "done"])
def test_an_error_ends_the_work(failing: str) -> None:
    last: list[int] = []

    def fail(where: str, item: int) -> None:
        if where == failing and item == 3:
            raise ValueError(where)

    stages: list[Callable[[int], None]] = [lambda item: None, partial(fail, "stage"), last.append]
    with pytest.raises(ValueError, match=failing):
        run_staged(stages, range(100), partial(fail, "done"), 2)
    assert last == list(range(len(last)))
    assert len(last) < 10


def test_does_not_run_far_ahead() -> None:
    started: list[int] = []

    def done(item: int) -> None:
        assert len(started) <= item + 4

    run_staged([started.append, lambda item: None], range(50), done, 2)
    assert len(started) == 50


def test_the_oldest_item_comes_first() -> None:
    passed: list[tuple[int, int]] = []

    def take(stage: int, item: int) -> None:
        passed.append((item, stage))

    run_staged([partial(take, stage) for stage in range(3)], range(4), lambda item: None, 1)
    assert passed == sorted(passed)
