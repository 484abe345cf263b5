"""Ranks every unit of a recording by how well it follows a concept."""

from __future__ import annotations

import bisect
import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import msgspec
import numpy as np

from rnnviz.core.concepts import Concept, Labels, label_steps
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import Tile, chosen_channels
from rnnviz.core.scoring.correlation import Doubles, correlations
from rnnviz.core.scoring.counting import TILE, Pairing, Tally, block_places, blocks_to_count
from rnnviz.core.scoring.figures import scores_of
from rnnviz.core.scoring.labels import POSITIVE, LabelSpool, folder_for_labels
from rnnviz.core.scoring.plan import Plan, running_together
from rnnviz.core.scoring.results import Ranking, Score
from rnnviz.core.scoring.steps import CountedSteps, counted_steps
from rnnviz.core.sequences import base as steps_of

LAGS = 8
SHIFTS = 4
NULL_UNITS = 16
"""For the null AUC so many rows are counted at each shift: those with the highest |correlation|."""

TILES_AT_ONCE = 2
"""So many share the places of the labels."""
_LABELLED, _CORRELATED = 0.2, 0.6

Progress = Callable[[float], None]
LabelSource = Callable[[Concept, steps_of.Sequence], Iterator[tuple[int, Labels]]]
"""Gives a concept's labels of a sequence, in blocks from its start."""


def rank(
    recording: Recording,
    concepts: Sequence[Concept],
    channels: Sequence[str] | None = None,
    *,
    lags: int = LAGS,
    shifts: int = SHIFTS,
    threads: int = 2,
    progress: Progress = lambda share: None,
    labels: LabelSource = label_steps,
) -> list[Ranking]:
    """Score every unit of the channels against every concept; one ranking a concept, best first.

    **Which steps count.** The first `recording.walked`, without those that the network does not
    know, those where the label is NaN, and `lags` steps at both ends of the text and on both sides
    of its middle: so every lag sees the same labels and the halves share nothing. Of several
    documents, `lags` steps at both ends of each, and the halves meet between two documents; lags
    reach no further than an eighth of a document of average length. Units that run at other steps
    than others, an encoder's and a decoder's, are scored apart, each on its own.

    **Lag.** The label at t is compared with the value at t + lag, lag from -`lags` to `lags`. A
    positive lag means that the unit reacts later. The lag with the highest |correlation| is kept,
    the nearest to zero of equals; the sign is that of the correlation there.

    **AUC** is the area under the ROC curve of sign * value at that lag, ties counted half, as
    `sklearn.metrics.roc_auc_score` gives it (Fawcett 2006); `counting` says how far its bins round.
    A scalar concept has no true and false: labels above its median count as true
    (`Ranking.positive_from`).

    **F1** is measured on the second half of the text at the threshold that is best on the first,
    to be read beside the base rate b: saying "true" everywhere gives 2b / (1 + b).

    **Null.** Many units and lags are tried, so the best of them is good by chance alone, the more
    so as labels and units change slowly. The labels are therefore shifted round the text by random
    distances that keep their own rhythm and break their tie to the text (circular shifts; see
    Harris 2020, "Nonsense correlations in neuroscience"), and the best |correlation| of any row is
    taken as for the real labels, over every eighth lag. Of several documents the labels of each are
    shifted round it by themselves. The highest of all shifts is reported. The
    null AUC is that of the `NULL_UNITS` rows with the highest |correlation| at each shift. A unit
    that does not clear these figures was not found.

    **Memory** does not depend on the length of the text: values and labels are read in blocks.

    Args:
        recording: may still be growing; what is walked now is ranked.
        concepts: C of them; their labels are spooled to disk beside the recording, 4 bytes each.
        channels: None for all that were recorded.
        lags: how far before and after a label a unit is looked for.
        shifts: how many shifts the null takes; none in a text under 2,000 characters.
        threads: how many tiles of units are correlated at a time.
        progress: told the share done, 0 to 1; may raise `Cancelled` to stop.
        labels: gives a concept's labels of a text, in blocks from its start.

    Raises:
        RecordingError: a channel was not recorded, or a file is cut short.
        ConceptError: a concept cannot label this text.
    """
    chosen = chosen_channels(recording, channels)
    together = running_together(recording, chosen)
    if not concepts:
        return []
    parts = [
        _rank(
            recording,
            concepts,
            counted_steps(recording, ranges, lags),
            runs,
            shifts,
            threads,
            _part_of(progress, number / len(together), (number + 1) / len(together)),
            labels,
        )
        for number, (ranges, runs) in enumerate(together)
    ]
    return [
        _together(concept, each)
        for concept, each in zip(concepts, zip(*parts, strict=True), strict=True)
    ]


def _together(concept: Concept, parts: Sequence[Ranking]) -> Ranking:
    """One ranking of units that run at different steps; its facts are those of most labels."""
    if len(parts) == 1:
        return parts[0]
    return msgspec.structs.replace(
        max(parts, key=lambda one: one.characters),
        null_correlation=float(np.fmax.reduce([one.null_correlation for one in parts])),
        null_auc=float(np.fmax.reduce([one.null_auc for one in parts])),
        scores=_best_first(concept, [score for one in parts for score in one.scores]),
    )


def _rank(
    recording: Recording,
    concepts: Sequence[Concept],
    steps: CountedSteps,
    runs: tuple[Tile, ...],
    shifts: int,
    threads: int,
    progress: Progress,
    labels: LabelSource,
) -> list[Ranking]:
    """One ranking a concept, of rows that run at the same steps."""
    plan = Plan(recording, runs, steps, shifts)
    with folder_for_labels(recording) as folder, _workers(threads) as pool:
        spool = LabelSpool(folder, recording, steps, shifts)
        blocks = [labels(concept, recording.sequence) for concept in concepts]
        spool.fill(concepts, blocks, _part_of(progress, 0, _LABELLED))
        found = correlations(plan, spool, pool, _part_of(progress, _LABELLED, _CORRELATED))
        null_correlations, pairings = _best(plan, found)
        del found
        scores: list[list[Score]] = [[] for _ in concepts]
        null_areas = [math.nan for _ in concepts]
        told = _part_of(progress, _CORRELATED, 1)
        for pairing, score in _scores(plan, spool, pairings, told):
            if pairing.offset.shift:
                null_areas[pairing.concept] = np.fmax(null_areas[pairing.concept], score.auc)
            else:
                scores[pairing.concept].append(score)
    return [
        Ranking(
            concept=concept.name,
            title=concept.title,
            scalar=concept.scalar,
            positive_from=facts.positive_from,
            base_rate=facts.classes[POSITIVE] / facts.counted if facts.counted else math.nan,
            null_correlation=float(null_correlation),
            null_auc=float(null_area),
            characters=facts.counted,
            scores=_best_first(concept, each),
        )
        for concept, facts, null_correlation, null_area, each in zip(
            concepts, spool.facts, null_correlations, null_areas, scores, strict=True
        )
    ]


def _best(plan: Plan, found: Doubles) -> tuple[Doubles, list[Pairing]]:
    """What is to be counted, from the correlations (R, C, J).

    Returns:
        The best |correlation| with shifted labels (C,), and the pairings: every row with every
        concept at its best lag, and for each shift the rows that come nearest; by row.
    """
    strength = np.nan_to_num(np.abs(found), nan=-1.0)
    null = np.full(found.shape[1], np.nan)
    offsets = plan.offsets
    pairings: list[Pairing] = []
    for shift in (0, *plan.shift_numbers):
        places = plan.places(shift)
        best = strength[:, :, places].argmax(2) + places[0]
        highest = np.take_along_axis(strength, best[:, :, None], 2)[:, :, 0]
        rows, concepts = np.indices(best.shape)
        if shift:
            rows = np.argsort(-highest, axis=0, kind="stable")[:NULL_UNITS]
            concepts = concepts[: len(rows)]
            top = highest.max(0)
            null = np.fmax(null, np.where(top >= 0, top, np.nan))
        chosen = best[rows, concepts]
        pairings += map(
            Pairing,
            rows.ravel().tolist(),
            concepts.ravel().tolist(),
            [offsets[place] for place in chosen.ravel().tolist()],
            found[rows, concepts, chosen].ravel().tolist(),
        )
    return null, sorted(pairings, key=_row_of)


def _scores(
    plan: Plan, spool: LabelSpool, pairings: list[Pairing], progress: Progress
) -> Iterator[tuple[Pairing, Score]]:
    """The scores of all pairings, some tiles at a time; each reads the text once.

    On this thread alone: counting is thousands of short steps, between which two threads would wait
    for each other longer than they take.
    """
    tiles, bounds = plan.tiles(TILE), blocks_to_count(plan)
    wanted = {(each.concept, each.offset.shift) for each in pairings}
    held = [block_places(plan, spool, wanted, *bounds[0])] if len(bounds) == 1 else []
    for first in range(0, len(tiles), TILES_AT_ONCE):
        tallies = [
            Tally(plan, spool, tile, _within(pairings, plan, tile))
            for tile in tiles[first : first + TILES_AT_ONCE]
        ]
        for start, stop in bounds:
            places = held[0] if held else block_places(plan, spool, wanted, start, stop)
            for tally in tallies:
                tally.add(start, stop, places)
            progress((first + len(tallies) * stop / plan.length) / len(tiles))
        for tally in tallies:
            yield from scores_of(tally)


def _within(pairings: list[Pairing], plan: Plan, tile: Tile) -> list[Pairing]:
    """The pairings, sorted by row, of one tile."""
    first = plan.row(tile)
    begin, end = (
        bisect.bisect_left(pairings, row, key=_row_of)
        for row in (first, first + tile.stop - tile.first)
    )
    return pairings[begin:end]


def _row_of(pairing: Pairing) -> int:
    return pairing.row


def _best_first(concept: Concept, scores: Sequence[Score]) -> tuple[Score, ...]:
    """The best score first, what cannot be scored last, and equal ones as they came."""
    strength = np.abs(np.array([score.correlation for score in scores]))
    area = np.array([score.auc for score in scores])
    keys = [-np.where(np.isnan(figure), -1.0, figure) for figure in (area, strength)]
    order = np.lexsort(keys if concept.scalar else keys[::-1])
    return tuple(map(scores.__getitem__, order.tolist()))


def _part_of(progress: Progress, first: float, last: float) -> Progress:
    """Tell progress of a part as progress of the whole."""
    return lambda share: progress(first + (last - first) * share)


@contextlib.contextmanager
def _workers(threads: int) -> Iterator[Executor]:
    """Threads that each run one matrix product at a time, without threads of its own."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        yield pool
