"""Tasks on classifiers: walk documents, say what they are, and what each word did."""

from __future__ import annotations

import torch

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.models.network import Symbols
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.nets.answering.shared.walking import walk_reading
from rnnviz.nets.classification.documents import Read, read_text
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.verdicts import attention_of, running_shares, word_effects
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.sequence.running import answers_of
from rnnviz.nets.sequence.symbols.reader import SymbolReader
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
    reads = model.network.reads
    if not isinstance(reads, Symbols):
        raise ModelFileError("the model reads numbers, not text; look at it with `rnnviz walk`")
    return read_text(text, SymbolReader(reads), model.classes)


def walk(opened: OpenedModel, request: Walk, context: Context[Walked]) -> Walked:
    """Walk the documents of a text and record them in a folder; steps are tokens.

    Where another walk writes there, it is waited for. A walk that is to be `first` makes the others
    wait at their next document.
    """
    reading = _read(opened.model, request.text.read()).reading
    return walk_reading(opened, reading, request, context)


def classify(opened: OpenedModel, request: Classify, context: Context[None]) -> Verdicts:
    """Say what each document of a text is."""
    model: Classifier = opened.model
    read = _read(model, request.text.read())
    count = len(read.pieces)
    classes, shares = model.classes, []
    for start in range(0, count, _TOGETHER):
        together = [read.entering(one) for one in range(start, min(start + _TOGETHER, count))]
        shares.append(model.shares(answers_of(model, together)))
        context.progress(min(start + _TOGETHER, count), count)
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
    read, classes = _read(model, request.text.read()), model.classes
    if not 0 <= request.document < len(read.pieces):
        raise TextError(
            f"there is no document {request.document}; the text has {len(read.pieces):,}, from 0"
        )
    if request.of_class and request.of_class not in classes:
        raise TextError(f"there is no class {request.of_class!r}; it may be {', '.join(classes)}")
    bounds = read.reading.documents.bounds(request.document)
    known, entering = read.reading.take(*bounds)
    asked = classes.index(request.of_class) if request.of_class else None
    effects = word_effects(model, entering, asked)
    running = running_shares(model, entering)[:, effects.class_number]
    attention = attention_of(model, entering)
    tokens = read.reading.sequence
    assert isinstance(tokens, Tokens)
    spans = tokens.spans[slice(*bounds)][known].tolist()
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
