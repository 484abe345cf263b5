"""Tasks on classifiers: walk documents, say what they are, and what each word did."""

from __future__ import annotations

from pathlib import Path

import torch

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.classification.documents import Read, known_ids, read_text
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.tokens import TextTokenizer
from rnnviz.nets.classification.verdicts import (
    attention_of,
    logits_of,
    running_logits,
    word_effects,
)
from rnnviz.nets.classification.walking import walk_documents
from rnnviz.nets.jobs.walking import turn_to_walk
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.jobs.classification import (
    Classify,
    DocumentVerdict,
    Explained,
    ExplainVerdict,
    Verdicts,
)
from rnnviz.work.messages import Context

_TOGETHER = 256
"""So many documents are judged between two signs of progress."""


def _read(model: Classifier, text: Text) -> Read:
    about = model.description
    return read_text(text, TextTokenizer(about.tokens), about.classes)


def walk(opened: OpenedModel, request: Walk, context: Context[Walked]) -> Walked:
    """Walk the documents of a text and record them in a folder; steps are tokens.

    Where another walk writes there, it is waited for. A walk that is to be `first` makes the others
    wait at their next document.
    """
    read = _read(opened.model, request.text.read())
    folder = Path(request.folder)
    with turn_to_walk(request, len(read.tokens), context) as progress:
        walk_documents(
            opened.model,
            read,
            folder,
            request.channels,
            progress=progress,
            model_path=request.model.path,
            until=request.until,
        )
    return Walked(len(read.tokens))


def classify(opened: OpenedModel, request: Classify, context: Context[None]) -> Verdicts:
    """Say what each document of a text is."""
    model: Classifier = opened.model
    read = _read(model, request.text.read())
    ids = [known_ids(read.tokens, start, stop) for start, stop in read.tokens.documents]
    classes, shares = model.description.classes, []
    for start in range(0, len(ids), _TOGETHER):
        shares.append(logits_of(model, ids[start : start + _TOGETHER]).softmax(dim=1))
        context.progress(min(start + _TOGETHER, len(ids)), len(ids))
    found = tuple(
        DocumentVerdict(
            piece.start,
            piece.stop,
            classes[int(share.argmax())],
            tuple(share.tolist()),
            piece.label,
        )
        for piece, share in zip(read.pieces, torch.cat(shares), strict=True)
    )
    return Verdicts(classes, found)


def explain(opened: OpenedModel, request: ExplainVerdict, context: Context[None]) -> Explained:
    """Say what each word of one document did to the verdict.

    Raises:
        TextError: the text has no such document, or the model no such class.
    """
    model: Classifier = opened.model
    read, classes = _read(model, request.text.read()), model.description.classes
    if not 0 <= request.document < len(read.pieces):
        raise TextError(
            f"there is no document {request.document}; the text has {len(read.pieces):,}, from 0"
        )
    if request.of_class and request.of_class not in classes:
        raise TextError(f"there is no class {request.of_class!r}; it may be {', '.join(classes)}")
    bounds = read.tokens.documents.bounds(request.document)
    ids = known_ids(read.tokens, *bounds)
    asked = classes.index(request.of_class) if request.of_class else None
    effects = word_effects(model, ids, asked)
    running = running_logits(model, ids).softmax(dim=1)[:, effects.class_number]
    attention = attention_of(model, ids)
    spans = read.tokens.spans[slice(*bounds)].tolist()
    return Explained(
        of_class=classes[effects.class_number],
        log_odds=effects.log_odds,
        zero_log_odds=effects.zero_log_odds,
        spans=tuple((start, stop) for start, stop in spans),
        gradient_x_input=tuple(effects.gradient_x_input.tolist()),
        integrated_gradients=tuple(effects.integrated_gradients.tolist()),
        left_out=tuple(effects.left_out.tolist()),
        attention=None if attention is None else tuple(attention.tolist()),
        running=tuple(running.tolist()),
    )


MODEL_JOBS = by_request(walk, classify, explain)
"""Asked of a classifier."""
