"""The models that were opened last, kept in memory: what makes the engine warm."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from rnnviz.core.system.identity import model_digest
from rnnviz.nets.checkpoints import OpenedModel, open_model
from rnnviz.work.jobs.given import ModelGiven

Key = tuple[str, tuple[str, ...] | None, str]
"""The file, the characters and the sentences that a person chose for it."""

_MODELS_KEPT = 3
_opened: dict[Key, tuple[int, OpenedModel]] = {}
_sentences: dict[str, str] = {}
"""By the model's path, the file of sentences that a person chose for it."""
_guard = threading.Lock()
"""Jobs run beside each other, and all of them look for their model here."""


def warm_model(given: ModelGiven) -> OpenedModel:
    """The model of this file, kept warm; read anew if the file changed, not if it is gone."""
    path, vocabulary = given.path, given.vocabulary or None
    sentences = given.sentences or _sentences.get(path, "")
    key, file = (path, vocabulary, sentences), Path(path)
    stamp = file.stat().st_mtime_ns if file.exists() else None
    with _guard:
        known = _opened.get(key)
    if known is None or stamp not in (None, known[0]):
        digest = model_digest(file, vocabulary)
        read = open_model(file, vocabulary, Path(sentences) if sentences else None)
        known = stamp or 0, replace(read, digest=digest)
    with _guard:
        _opened.pop(key, None)
        _opened[key] = known
        while len(_opened) > _MODELS_KEPT:
            del _opened[next(iter(_opened))]
        if sentences:
            _sentences[path] = sentences
    return known[1]
