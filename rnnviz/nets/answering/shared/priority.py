"""Who computes first in the engine: long walks stand aside for what a person waits for."""

from __future__ import annotations

import threading


class _Turns:
    """Entered by what is short and waited for; what takes long calls `wait` now and then."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._first = 0

    def __enter__(self) -> None:
        with self._changed:
            self._first += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._first -= 1
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait until nothing of the kind is under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._first == 0)


short_first = _Turns()
