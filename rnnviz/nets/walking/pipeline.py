"""Work that goes through stages, several items under way at once; knows nothing of networks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Stages = Sequence[Callable[[Item], None]]


def run_staged(
    stages: Stages[Item],
    items: Iterable[Item],
    done: Callable[[Item], None],
    threads: int,
) -> None:
    """Send every item through all stages, on so many threads.

    An item passes the stages in order, and a stage takes the items in order, one at a time; so a
    stage may keep what it needs from one item to the next. Only different stages run side by side,
    on different items, which helps where they spend their time outside Python. Of what can be done
    the oldest item's comes first, since somebody may be waiting for it.

    Args:
        done: called in this thread, in order, when an item has left the last stage. What it or a
            stage raises ends the work: stages that are running come to their end, no other starts.
    """
    line = _Line(stages)
    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in range(threads):
                pool.submit(line.work)
            for item in items:
                line.enter(item)
                if line.length > len(stages):
                    done(line.leave())
            while line.length:
                done(line.leave())
        finally:
            line.close()


class _UnderWay(Generic[Item]):
    """An item between its first stage and its last."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.passed = 0
        """How many stages are behind it."""
        self.running = False


class _Line(Generic[Item]):
    """The items under way, oldest first, and the threads that take from them what can be done."""

    def __init__(self, stages: Stages[Item]) -> None:
        self._stages = stages
        self._items: deque[_UnderWay[Item]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._error: BaseException | None = None

    @property
    def length(self) -> int:
        """How many items are under way."""
        return len(self._items)

    def enter(self, item: Item) -> None:
        """Take one more item."""
        with self._changed:
            self._items.append(_UnderWay(item))
            self._changed.notify_all()

    def leave(self) -> Item:
        """Wait until the oldest item has passed all stages; raises what a stage raised."""
        with self._changed:
            oldest = self._items[0]
            self._changed.wait_for(
                lambda: oldest.passed == len(self._stages) or self._error is not None
            )
            if oldest.passed < len(self._stages):
                assert self._error is not None
                raise self._error
            return self._items.popleft().item

    def close(self) -> None:
        """Let no stage begin any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def work(self) -> None:
        """Run what can be done, until the line is closed or a stage fails."""
        while (mine := self._next()) is not None:
            try:
                self._stages[mine.passed](mine.item)
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
                self._leave_off(error)
                return
            with self._changed:
                mine.passed += 1
                mine.running = False
                self._changed.notify_all()

    def _next(self) -> _UnderWay[Item] | None:
        """Wait for something that can be done; None once there will be nothing."""
        with self._changed:
            while not self._closed:
                ahead = len(self._stages)
                for one in self._items:
                    # Of the item before, the stage must be over, not just begun.
                    if not one.running and one.passed < ahead:
                        one.running = True
                        return one
                    ahead = one.passed
                self._changed.wait()
            return None

    def _leave_off(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
            self._closed = True
            self._changed.notify_all()
