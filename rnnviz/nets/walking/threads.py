"""How many threads torch computes with while small things are computed."""

from __future__ import annotations

import threading

import torch


class _OneThreadEach:
    """While any walk or translation is under way, every thread of Python computes by itself.

    They may overlap; when the last one ends, torch has as many threads as before the first.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._under_way = 0
        self._before = 1

    def __enter__(self) -> None:
        with self._guard:
            if self._under_way == 0:
                self._before = torch.get_num_threads()
            self._under_way += 1
            torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._under_way -= 1
            if self._under_way == 0:
                torch.set_num_threads(self._before)


one_thread_each = _OneThreadEach()
