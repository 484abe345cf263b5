"""The models that were opened last, kept in memory: what makes the engine warm."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from rnnviz.nets.checkpoints import OpenedModel
from rnnviz.nets.checkpoints import open_model as open_file

_MODELS_KEPT = 3
_opened: dict[tuple[str, tuple[str, ...] | None], tuple[int, OpenedModel]] = {}
_guard = threading.Lock()
"""Jobs run beside each other, and all of them look for their model in `_opened`."""


def warm_model(path: str, vocabulary: Sequence[str] | None) -> OpenedModel:
    """The model of this file, kept warm; read anew if the file changed, not if it is gone."""
    file, key = Path(path), (path, tuple(vocabulary) if vocabulary else None)
    stamp = file.stat().st_mtime_ns if file.exists() else None
    with _guard:
        known = _opened.get(key)
    if known is None or stamp not in (None, known[0]):
        known = stamp or 0, open_file(file, vocabulary)
    with _guard:
        _opened.pop(key, None)
        _opened[key] = known
        while len(_opened) > _MODELS_KEPT:
            del _opened[next(iter(_opened))]
    return known[1]
