"""The models that were opened last, kept in memory: what makes the engine warm."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import msgspec

from rnnviz.core.errors import ModelFileError, RnnvizError
from rnnviz.core.system.identity import model_digest
from rnnviz.nets.checkpoints import OpenedModel, open_model
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.walking.changed_layer import changed_network
from rnnviz.work.jobs.given import ModelGiven

Key = tuple[str, tuple[str, ...] | None, str, int, str]
"""The file, the characters, the sentences and the reading that a person chose, and its digest."""

_MODELS_KEPT = 3
_opened: dict[Key, OpenedModel] = {}
"""The one used last is the last."""
_sentences: dict[str, str] = {}
"""By the model's path, the file of sentences that a person chose for it."""
_readings: dict[str, int] = {}
"""Likewise, which of the networks that its tensors may be."""
_guard = threading.Lock()
"""Jobs run beside each other, and all of them look for their model here."""


def warm_model(given: ModelGiven) -> OpenedModel:
    """The model of this file, kept warm.

    Without a digest it is read anew if the file changed, not if it is gone. With one, it is that
    state of the file and no other: what is shown is asked of the weights that are shown, also when
    a training has replaced the file since.

    Raises:
        ModelFileError: the file cannot be opened, or holds another state than the digest's and that
            is no longer warm.
        RnnvizError: a unit is to be changed that the model does not have.
    """
    found = _as_it_is(given)
    if given.intervention is None:
        return found
    if not isinstance(found.model, SequenceNetwork):
        raise RnnvizError("units are changed in networks that read one sequence; this one does not")
    # Not kept: it shares its weights with the model that is, and is made in a moment.
    changed = changed_network(found.model, given.intervention)
    stamp = msgspec.structs.replace(given, digest=found.digest).stamp
    return replace(found, model=changed, digest=stamp)


def _as_it_is(given: ModelGiven) -> OpenedModel:
    path, vocabulary = given.path, given.vocabulary or None
    sentences = given.sentences or _sentences.get(path, "")
    reading = given.reading or _readings.get(path, 0)
    named, file = (path, vocabulary, sentences, reading), Path(path)
    digest = model_digest(file, vocabulary, reading)
    with _guard:
        warm = {key[-1]: found for key, found in _opened.items() if key[:-1] == named}
    if given.digest in warm:
        digest = given.digest
    elif warm and not file.exists() and not given.digest:
        digest = next(reversed(warm))
    elif given.digest not in ("", digest):
        raise ModelFileError(
            f"{file.name} is another file than the one that was opened: it was replaced since; "
            "open it again"
        )
    found = warm.get(digest)
    if found is None:
        read = open_model(file, vocabulary, Path(sentences) if sentences else None, reading=reading)
        found = replace(read, digest=digest)
    _keep((*named, digest), found)
    return found


def _keep(key: Key, model: OpenedModel) -> None:
    with _guard:
        _opened.pop(key, None)
        _opened[key] = model
        while len(_opened) > _MODELS_KEPT:
            del _opened[next(iter(_opened))]
        if key[2]:
            _sentences[key[0]] = key[2]
        if key[3]:
            _readings[key[0]] = key[3]
