"""One thread beside the window's, for what a stalled drive may hold up.

Whoever asks waits as long as it likes and comes back later for the rest: on a drive that answers,
that costs some microseconds and the order of things is as if there were no thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 0.004
"""How long the window waits for a drive before it goes on without what lies there."""
_ENDING_SECONDS = 1.0


class Background(Generic[T]):
    """Does one thing at a time in a thread that never holds the program up, not even at its end."""

    def __init__(self, name: str = "background") -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._asked: SimpleQueue[Callable[[], T] | None] = SimpleQueue()
        self._done = threading.Event()
        self._began = 0.0
        self._found: T
        self._error: Exception | None = None
        self.busy = False
        """Whether something was started whose result nobody took yet."""

    def start(self, work: Callable[[], T]) -> None:
        """Begin this; the result of what was begun before must have been taken."""
        assert not self.busy
        self.busy, self._began = True, time.monotonic()
        self._done.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._asked.put(work)

    def ready(self, patience_s: float = 0.0) -> bool:
        """Whether it is done, or becomes so within so many seconds."""
        return self._done.is_set() or (patience_s > 0 and self._done.wait(patience_s))

    def ready_soon(self) -> bool:
        """Whether it is done within what the window can spare."""
        return self.ready(PATIENCE_SECONDS)

    def take(self) -> T:
        """What came of it, once it is ready.

        Raises:
            Exception: whatever it raised.
        """
        assert self.busy
        assert self._done.is_set()
        self.busy = False
        if self._error is not None:
            raise self._error
        return self._found

    @property
    def waits_seconds(self) -> float:
        """How long something has been under way; 0 where nothing is."""
        return time.monotonic() - self._began if self.busy and not self._done.is_set() else 0.0

    def close(self) -> None:
        """End the thread; what is under way is not waited for, and its result is lost."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._asked.put(None)
            if not self.busy:
                thread.join(_ENDING_SECONDS)

    def _run(self) -> None:
        while (work := self._asked.get()) is not None:
            self._error = None
            try:
                self._found = work()
            except Exception as error:  # noqa: BLE001 - raised again where it is taken
                self._error = error
            self._done.set()
