"""Checksums that are found while the rest of a file is looked at, on a thread beside.

Those of 10 MB take longer than everything else that opening such a file takes. Whoever opens it
has nothing to show before they are found; but a file that is refused for another reason need not
wait for them.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ModelFileError

_under_way: ContextVar[_Checks | None] = ContextVar("under_way", default=None)


class _Checks:
    """What is checked on a thread of its own, which begins with the first of them."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._begun: list[Future[None]] = []

    def begin(self, compare: Callable[[], None]) -> None:
        """Check this, too."""
        self._pool = self._pool or ThreadPoolExecutor(1, "checksums")
        self._begun.append(self._pool.submit(compare))

    def end(self, wait: bool) -> None:
        """Wait until all is checked, or forget what is not; raises what was found."""
        for each in self._begun if wait else ():
            each.result()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def checked_meanwhile() -> Iterator[None]:
    """Within it nobody waits for a checksum; what was read is sound where it ends.

    Raises:
        ModelFileError: a checksum does not fit.
    """
    checks, sound = _Checks(), False
    token = _under_way.set(checks)
    try:
        yield
        checks.end(wait=True)
        sound = True
    finally:
        _under_way.reset(token)
        if not sound:
            checks.end(wait=False)


def check(file: str, record: str, content: npt.NDArray[np.uint8], wanted: int) -> None:
    """See that this record of a file has its checksum: now, or at the end of `checked_meanwhile`.

    Raises:
        ModelFileError: it has another.
    """

    def compare() -> None:
        if zlib.crc32(content.data) != wanted:
            raise ModelFileError(
                f"{file} is a PyTorch file that is damaged or cut short: the checksum of {record} "
                "does not fit it"
            )

    checks = _under_way.get()
    if checks is None:
        compare()
    else:
        checks.begin(compare)
