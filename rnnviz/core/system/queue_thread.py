"""One thing after the other is done beside whatever goes on, by a thread while there are any."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueThread(Generic[T]):
    """Does the same with everything that is put in, in that order; a process that ends waits.

    Args:
        name: of the thread.
        work: raises nothing.
    """

    def __init__(self, name: str, work: Callable[[T], None]) -> None:
        self._name, self._work = name, work
        self._guard = threading.Lock()
        self._waiting: deque[T] = deque()
        self._thread: threading.Thread | None = None

    def put(self, one: T) -> None:
        """Do it with this, after all before it."""
        with self._guard:
            self._waiting.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._empty, name=self._name)
                self._thread.start()

    def wait(self) -> None:
        """Until nothing is left."""
        with self._guard:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _empty(self) -> None:
        while True:
            with self._guard:
                if not self._waiting:
                    self._thread = None
                    return
                one = self._waiting.popleft()
            self._work(one)
