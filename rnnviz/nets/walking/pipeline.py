"""Work that goes through stages, several items under way at once; knows nothing of networks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def run_staged(
    stages: Sequence[Callable[[Item], None]],
    items: Iterable[Item],
    done: Callable[[Item], None],
    threads: int,
) -> None:
    """Send every item through all stages, on so many threads.

    An item passes the stages in order, and a stage takes the items in order, one at a time; so a
    stage may keep what it needs from one item to the next. Only different stages run side by side,
    on different items, which helps where they spend their time outside Python.

    Args:
        done: called in this thread, in order, when an item has left the last stage. What it or a
            stage raises ends the work: stages that are running come to their end, no other starts.
    """
    under_way: deque[tuple[Item, list[Future[None]]]] = deque()

    def advance() -> None:
        """Submit the next stage of every item, the oldest first.

        What a submission waits for was submitted before it, and the pool starts them in that
        order: so whoever waits, waits for a stage that is running, and nobody waits forever.
        """
        before: list[Future[None]] = []
        for item, passed in under_way:
            number = len(passed)
            if number < len(stages):
                awaited = [*passed[-1:], *before[number : number + 1]]
                passed.append(pool.submit(_take, stages[number], item, awaited))
            before = passed

    def leave() -> None:
        item, passed = under_way.popleft()
        passed[-1].result()
        done(item)

    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            under_way.append((item, []))
            advance()
            if len(under_way) > len(stages):
                leave()
        while under_way:
            advance()
            if len(under_way[0][1]) == len(stages):
                leave()
    finally:
        pool.shutdown(cancel_futures=True)


def _take(stage: Callable[[Item], None], item: Item, awaited: Sequence[Future[None]]) -> None:
    for earlier in awaited:
        earlier.result()
    stage(item)
