"""Tasks that change units while a text is read."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TypeVar

import msgspec
import numpy as np
from torch import Tensor

from rnnviz.core.concepts import concept_from
from rnnviz.core.concepts.streaming import label_steps
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.answering.shared.priority import short_first
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.walking.intervening import beside_others, cost_of, sample_changed
from rnnviz.nets.walking.threads import one_thread_each
from rnnviz.work.jobs.interventions import Ablate, Ablated
from rnnviz.work.messages import Context

_KEPT = 16
_plain_losses: OrderedDict[object, Tensor] = OrderedDict()
"""What a model's losses on a text are as it is: whoever cuts one unit cuts another, too."""
_plain_samples: OrderedDict[object, str] = OrderedDict()
"""Likewise, what it writes."""
_guard = threading.Lock()
Found = TypeVar("Found")


def ablate(opened: OpenedModel, request: Ablate, context: Context[Ablated]) -> Ablated:
    """Losses with a unit changed, on a concept's places and elsewhere; and what is written then."""
    model, one = opened.model, request.intervention
    text = Text.of(request.text.read().slice(0, request.characters))
    reading = model.read(text)
    known, ids = reading.take(0, len(reading))
    labels = None
    if request.concept is not None:
        concept = concept_from(request.concept)
        if concept.scalar:
            raise ConceptError(
                f"{concept.title} is a number; choose a concept that is so or not so at each place"
            )
        labels = np.concatenate([part for _, part in label_steps(concept, reading.sequence)])[known]
    with short_first, one_thread_each:
        read = opened.digest, hashlib.sha256(ids.numpy().tobytes()).digest()
        cost, plain = cost_of(model, ids, one, labels, _kept(_plain_losses, read))
        _keep(_plain_losses, read, plain)
        found = Ablated(ablation=cost)
        context.progress(0, 1, found)
        if request.sample_length:
            found = _with_samples(opened, request, found)

        def progress(done: float, total: float) -> None:
            context.progress(done, total, found)

        whole = beside_others(model, ids, cost, labels, request.randoms, request.seed, progress)
    return msgspec.structs.replace(found, ablation=whole)


def _with_samples(opened: OpenedModel, request: Ablate, found: Ablated) -> Ablated:
    """The same with what is written without the change, and with it."""
    model, start = opened.model, request.sample_start
    length, heat, seed = request.sample_length, request.temperature, request.seed
    changed = sample_changed(
        model, length, request.intervention, start=start, temperature=heat, seed=seed
    )
    asked = opened.digest, length, start, heat, seed
    plain = _kept(_plain_samples, asked)
    if plain is None:
        plain = "".join(sample(model, length, start=start, temperature=heat, seed=seed))
        _keep(_plain_samples, asked, plain)
    return msgspec.structs.replace(found, sample=plain, changed_sample="".join(changed))


def _kept(kept: OrderedDict[object, Found], key: tuple[str, *tuple[object, ...]]) -> Found | None:
    with _guard:
        return kept.get(key)


def _keep(
    kept: OrderedDict[object, Found], key: tuple[str, *tuple[object, ...]], found: Found
) -> None:
    """Keep it for whoever asks this of the same state of a model, which a digest names."""
    if not key[0]:
        return
    with _guard:
        kept[key] = found
        kept.move_to_end(key)
        while len(kept) > _KEPT:
            kept.popitem(last=False)


MODEL_JOBS = by_request(ablate)
"""Asked of a language model."""
