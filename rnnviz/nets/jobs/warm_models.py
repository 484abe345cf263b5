"""The models that were opened last, kept in memory: what makes the engine warm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rnnviz.nets.checkpoints import OpenedModel
from rnnviz.nets.checkpoints import open_model as open_file
from rnnviz.nets.checkpoints.translators import open_translation
from rnnviz.nets.translation.files import OpenedTranslation

Key = tuple[str, tuple[str, ...] | None]
Opened = TypeVar("Opened")

_MODELS_KEPT = 3
_opened: dict[Key, tuple[int, OpenedModel]] = {}
_translations: dict[Key, tuple[int, OpenedTranslation]] = {}
_sentences: dict[str, str] = {}
"""By the model's path, the file of sentences that a person chose for it."""
_guard = threading.Lock()
"""Jobs run beside each other, and all of them look for their model here."""


def warm_model(path: str, vocabulary: Sequence[str] | None) -> OpenedModel:
    """The model of this file, kept warm; read anew if the file changed, not if it is gone."""
    key: Key = (path, tuple(vocabulary) if vocabulary else None)
    return _kept(_opened, key, lambda: open_file(Path(path), vocabulary))


def warm_translation(path: str, sentences: str = "") -> OpenedTranslation:
    """The translation model of this file, likewise."""
    sentences = sentences or _sentences.get(path, "")
    beside = Path(sentences) if sentences else None
    key: Key = (path, (sentences,) if sentences else None)
    found = _kept(_translations, key, lambda: open_translation(Path(path), beside))
    if sentences:
        _sentences[path] = sentences
    return found


def _kept(opened: dict[Key, tuple[int, Opened]], key: Key, read: Callable[[], Opened]) -> Opened:
    """What was read before, as long as the file did not change; else what `read` gives now."""
    file = Path(key[0])
    stamp = file.stat().st_mtime_ns if file.exists() else None
    with _guard:
        known = opened.get(key)
    if known is None or stamp not in (None, known[0]):
        known = stamp or 0, read()
    with _guard:
        opened.pop(key, None)
        opened[key] = known
        while len(opened) > _MODELS_KEPT:
            del opened[next(iter(opened))]
    return known[1]
