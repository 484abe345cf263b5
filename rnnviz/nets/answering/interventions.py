"""Tasks that change units while a text is read."""

from __future__ import annotations

import numpy as np

from rnnviz.core.concepts import concept_from
from rnnviz.core.concepts.streaming import label_steps
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.answering.priority import short_first
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.walking.intervening import ablate as measure
from rnnviz.nets.walking.intervening import sample_changed
from rnnviz.nets.walking.threads import one_thread_each
from rnnviz.work.jobs.interventions import Ablate, Ablated
from rnnviz.work.messages import Context


def ablate(opened: OpenedModel, request: Ablate, context: Context[None]) -> Ablated:
    """Losses with a unit changed, on a concept's places and elsewhere; and what is written then."""
    model = opened.model
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
        found = measure(
            model,
            ids,
            request.intervention,
            labels,
            request.randoms,
            request.seed,
            context.progress,
        )
        written = ["", ""]
        if request.sample_length:
            length, start = request.sample_length, request.sample_start
            heat, seed = request.temperature, request.seed
            plain = sample(model, length, start=start, temperature=heat, seed=seed)
            changed = sample_changed(
                model, length, request.intervention, start=start, temperature=heat, seed=seed
            )
            written = ["".join(plain), "".join(changed)]
    return Ablated(ablation=found, sample=written[0], changed_sample=written[1])


MODEL_JOBS = by_request(ablate)
"""Asked of a language model."""
