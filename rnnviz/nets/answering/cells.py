"""Tasks on cells: walk, sample, label, rank, probe, and look for patterns."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np

from rnnviz.core.architectures import carried
from rnnviz.core.cells.conditions import condition
from rnnviz.core.cells.ordering import similarity_order
from rnnviz.core.cells.patterns import find_same, nearly_brushed_units
from rnnviz.core.cells.snippets import UnitPage
from rnnviz.core.cells.snippets import unit_page as read_unit_page
from rnnviz.core.cells.surprises import worst_passages
from rnnviz.core.concepts import concept_from
from rnnviz.core.concepts.streaming import label_steps
from rnnviz.core.files.names import file_name_for
from rnnviz.core.files.writing import replacing
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.scoring import write_ranking
from rnnviz.core.scoring.document_labels import DocumentRanking, rank_documents
from rnnviz.core.scoring.probe import probe as fit_probe
from rnnviz.core.scoring.probe import write_probe
from rnnviz.core.scoring.ranking import rank as rank_units
from rnnviz.nets.answering.shared.walking import walk_reading
from rnnviz.nets.language.sampling import sample as draw
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.work.jobs.cells import (
    BestUnit,
    BestUnits,
    Find,
    FindBest,
    FindPattern,
    FindWorst,
    FitProbe,
    Label,
    Labelled,
    Ordered,
    OrderUnits,
    Pattern,
    PreviewLabels,
    Rank,
    RankDocuments,
    ReadUnitPage,
    Sample,
    Sampled,
    Spans,
    Walk,
    Walked,
    WorstPassages,
    Written,
)
from rnnviz.work.messages import Context, Tasks


def walk(opened: OpenedModel, request: Walk, context: Context[Walked]) -> Walked:
    """Walk a text and record it in a folder.

    A walk that was left there goes on; where another one writes, it is waited for, and told how far
    it is. A walk that is to be `first` makes the others wait at their next block.
    """
    return walk_reading(opened, opened.model.read(request.text.read()), request, context)


def sample(opened: OpenedModel, request: Sample, context: Context[Sampled]) -> Sampled:
    """Draw characters; progress brings the text so far."""
    drawn = ""
    for character in draw(
        opened.model,
        request.length,
        start=request.start,
        temperature=request.temperature,
        top_k=request.top_k,
        seed=request.seed,
    ):
        drawn += character
        context.progress(len(drawn), request.length, Sampled(drawn))
    return Sampled(drawn)


def label(request: Label, context: Context[None]) -> Labelled:
    """Label the text of the recording in `folder` with `concept`; an array (T,) in a file."""
    recording = Recording(Path(request.folder))
    concept = concept_from(request.concept)
    path = recording.folder / f"labels-{file_name_for(concept.name)}.npy"
    dtype = np.float32 if concept.scalar else np.bool_
    # The window may have the labels of an earlier concept of this name mapped.
    with replacing(path) as beside:
        labels = np.lib.format.open_memmap(beside, "w+", dtype, (recording.length,))
        for start, part in label_steps(concept, recording.sequence):
            labels[start : start + len(part)] = part
            context.progress(start + len(part), recording.length)
        labels.flush()
    reading = "" if concept.reading is None else concept.reading(recording.text)
    return Labelled(str(path), reading)


def preview_labels(request: PreviewLabels, context: Context[None]) -> Spans:
    """Which stretches of the short text `text` the yes-or-no `concept` labels, (start, stop)."""
    labels = np.asarray(concept_from(request.concept).label(request.text), np.int8)
    edges = np.flatnonzero(np.diff(labels, prepend=0, append=0))
    return Spans(tuple((start, stop) for start, stop in edges.reshape(-1, 2).tolist()))


def rank(request: Rank, context: Context[None]) -> Written:
    """Rank all units of the recording in `folder` for `concept`; a ranking in a file."""
    recording = Recording(Path(request.folder))
    concept = concept_from(request.concept)
    (ranking,) = rank_units(
        recording,
        [concept],
        request.channels,
        progress=lambda share: context.progress(share, 1.0),
    )
    path = recording.folder / f"ranking-{file_name_for(concept.name)}.json"
    write_ranking(ranking, path)
    return Written(str(path))


def rank_for_documents(request: RankDocuments, context: Context[None]) -> DocumentRanking:
    """Rank all units of the recording in `folder` for a label of its documents."""
    found = rank_documents(
        Recording(Path(request.folder)),
        request.label,
        progress=lambda share: context.progress(share, 1.0),
    )
    return msgspec.structs.replace(found, scores=found.scores[: request.most])


def best_units(request: FindBest, context: Context[None]) -> BestUnits:
    """The best unit of each concept; concepts of which the text has nothing are left out."""
    recording = Recording(Path(request.folder))
    states = carried(recording.channels) or recording.channels
    rankings = rank_units(
        recording,
        [concept_from(spec) for spec in request.concepts],
        states,
        progress=lambda share: context.progress(share, 1.0),
    )
    best = tuple(
        BestUnit(
            concept=ranking.concept,
            title=ranking.title,
            scalar=ranking.scalar,
            channel=ranking.scores[0].channel,
            unit=ranking.scores[0].unit,
            auc=ranking.scores[0].auc,
            correlation=ranking.scores[0].correlation,
            null_auc=ranking.null_auc,
            null_correlation=ranking.null_correlation,
        )
        for ranking in rankings
        if ranking.scores and math.isfinite(ranking.scores[0].auc)
    )
    odd: dict[str, list[int]] = {"dead": [], "runaway": []}
    for unit in range(recording.total_units):
        having = [channel for channel in states if recording.has(channel, unit)]
        if having and (found := condition(recording.running_values(having[-1], unit)).condition):
            odd[found].append(unit)
        if unit % 64 == 0:
            context.progress(1.0, 1.0)
    return BestUnits(best, tuple(odd["dead"]), tuple(odd["runaway"]))


def probe(request: FitProbe, context: Context[None]) -> Written:
    """Fit a linear probe over all units of the recording in `folder` for `concept`."""
    recording = Recording(Path(request.folder))
    concept = concept_from(request.concept)
    fitted = fit_probe(
        recording,
        concept,
        request.channels,
        progress=lambda share: context.progress(share, 1.0),
    )
    path = recording.folder / f"probe-{file_name_for(concept.name)}.json"
    write_probe(fitted, path)
    return Written(str(path))


def unit_page(request: ReadUnitPage, context: Context[None]) -> UnitPage:
    """Snippets, distribution and saturation of one unit of the recording in `folder`."""
    recording = Recording(Path(request.folder))
    return read_unit_page(
        recording,
        request.channel,
        request.unit,
        progress=lambda share: context.progress(share, 1.0),
    )


def pattern(request: FindPattern, context: Context[None]) -> Pattern:
    """The units that are on in a range and off around it, and where else they are on together."""
    recording = Recording(Path(request.folder))
    channel, start, stop = request.channel, request.start, request.stop
    units = nearly_brushed_units(
        recording,
        channel,
        start,
        stop,
        margin=request.margin,
        share=request.share,
        threshold=request.threshold,
    )
    places = find_same(
        recording,
        channel,
        units,
        skip=(start, stop),
        progress=lambda share: context.progress(share, 1.0),
    )
    return Pattern(tuple(units), tuple(places))


def find_worst(request: FindWorst, context: Context[None]) -> WorstPassages:
    """The passages of the recording in `folder` that were predicted worst."""
    recording = Recording(Path(request.folder))
    return WorstPassages(worst_passages(recording, progress=context.progress))


def order(request: OrderUnits, context: Context[None]) -> Ordered:
    """The units of a channel ordered by similarity over a range of the text."""
    recording = Recording(Path(request.folder))
    channel = request.channel
    values = recording.rows(channel)[:, request.start : request.stop]
    order = similarity_order(np.asarray(values, np.float32))
    return Ordered(tuple(recording.groups.units_having(channel)[order].tolist()))


def find(request: Find, context: Context[None]) -> Spans:
    """Where `pattern` occurs in the text of the recording in `folder`."""
    text = Recording(Path(request.folder)).text
    found = text.matches(
        request.pattern,
        regular=request.regular,
        progress=lambda done: context.progress(done, len(text)),
    )
    return Spans(tuple((start, stop) for start, stop in found.tolist()))


MODEL_JOBS = by_request(walk, sample)
"""Asked of a language model."""
TASKS: Tasks = by_request(
    label,
    preview_labels,
    rank,
    rank_for_documents,
    best_units,
    probe,
    unit_page,
    pattern,
    find_worst,
    order,
    find,
)  # fmt: skip
