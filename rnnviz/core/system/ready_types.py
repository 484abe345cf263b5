"""Types that messages and files are read as, made ready one at a time.

msgspec notes what a type is made of when it is first read as, in a record that another thread finds
before it is whole: with a structure within it that is not noted yet, reading is a segmentation
fault. Whatever reads as a type here, in whichever thread, has it made `ready` first.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_ready: set[Any] = set()
_making = threading.RLock()


def ready(kind: T) -> T:
    """This type, of which msgspec knows all by now.

    Raises:
        TypeError: it is none that msgspec can read.
    """
    if kind not in _ready:
        with _making:
            # Knows no less than a decoder of JSON, and takes also what JSON cannot hold.
            msgspec.msgpack.Decoder(kind)
            _ready.add(kind)
    return kind
