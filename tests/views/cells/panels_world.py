"""A session without an engine: fake tasks that answer at once, over a recording made by code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from rnnviz.core.cells.patterns import brushed_units, find_same
from rnnviz.core.cells.snippets import UnitPage, unit_page
from rnnviz.core.cells.surprises import worst_passages
from rnnviz.core.concepts import concept_from
from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring import Histogram, Ranking, Score, write_ranking
from rnnviz.core.sequences.text import Text
from rnnviz.session.session import Session
from rnnviz.session.training.trainers import Trainers
from rnnviz.views.plots import Plot
from rnnviz.views.shared.panel import Panel
from rnnviz.work.jobs.cells import (
    FindPattern,
    FindWorst,
    Label,
    Labelled,
    Ordered,
    OrderUnits,
    Pattern,
    Rank,
    ReadUnitPage,
    Sample,
    Sampled,
    WorstPassages,
    Written,
)
from rnnviz.work.messages import Context
from rnnviz.work.runner import Runner
from tests.asking import PipedRunner
from tests.core.recordings.recordings import nothing_predicted
from tests.requests_by_name import by_request
from tests.session.alignments import translating
from tests.session.in_folder import session_in

TEXT = 'He said: "go now" and left.\nThen she asked "why" twice.\n' * 12
QUOTE_UNIT, LINE_UNIT = 5, 11
UNITS = 8
CHANNELS = ("hidden", "cell", "input", "forget", "output")
GOOD = 0.987


def planted_recording(folder: Path) -> Recording:
    """2 layers of 8 units; unit 5 is on inside quotes, unit 11 counts the position in the line."""
    random = np.random.default_rng(3)
    length = len(TEXT)
    hidden = random.uniform(-0.3, 0.3, (2 * UNITS, length))
    hidden[QUOTE_UNIT] = np.where(labels_of("inside-quotes"), 0.9, -0.8)
    hidden[LINE_UNIT] = labels_of("position-in-line") / 30 - 0.5
    gates = {name: random.uniform(0, 1, hidden.shape) for name in CHANNELS[2:]}
    gates["forget"][QUOTE_UNIT] = 0.99
    text = Text.of(TEXT, "quotes")
    groups = layers_of(2, UNITS, CHANNELS)
    writer = RecordingWriter(folder, text, groups, Next(), sorted(set(TEXT)))
    values = {"hidden": hidden, "cell": hidden * 4, **gates}
    predicted = nothing_predicted(length) | {"top_p": np.full((length, 5), 0.2)}
    writer.write(0, values, predicted | {"surprisal": np.ones(length)})
    return Recording(folder)


def labels_of(name: str) -> np.ndarray[Any, Any]:
    """The labels of a built-in concept on the text."""
    return np.asarray(concept_from({"kind": "built-in", "name": name}).label(TEXT))


def _scores(scalar: bool) -> tuple[Score, ...]:
    best = LINE_UNIT if scalar else QUOTE_UNIT
    units = [best, *(unit for unit in range(2 * UNITS) if unit != best)]
    return tuple(
        Score(
            channel=channel,
            unit=unit,
            sign=1 if place % 2 == 0 else -1,
            lag=place % 3,
            correlation=(0.95 - place * 0.05) * (1 if place % 2 == 0 else -1),
            auc=GOOD - place * 0.02,
            f1=0.9 - place * 0.03,
            threshold=0.1,
            histogram=Histogram(-1.0, 1.0, (0, 1, 5, 9), (9, 5, 1, 0)),
        )
        for place, unit in enumerate(units)
        for channel in ("hidden", "cell")
    )


def _label(request: Label, context: Context[None]) -> Labelled:
    concept = concept_from(request.concept)
    path = Path(request.folder) / f"labels-{concept.name}.npy"
    np.save(path, np.asarray(concept.label(TEXT)))
    return Labelled(str(path), f"It reads {concept.name}.")


def _rank(request: Rank, context: Context[None]) -> Written:
    concept = concept_from(request.concept)
    path = Path(request.folder) / f"ranking-{concept.name}.json"
    ranking = Ranking(
        concept=concept.name,
        title=concept.title,
        scalar=concept.scalar,
        positive_from=12.0 if concept.scalar else 1.0,
        base_rate=0.25,
        null_correlation=0.2,
        null_auc=0.61,
        characters=1234,
        scores=_scores(concept.scalar),
    )
    write_ranking(ranking, path)
    return Written(str(path))


def _unit_page(request: ReadUnitPage, context: Context[None]) -> UnitPage:
    recording = Recording(Path(request.folder))
    return unit_page(recording, request.channel, request.unit)


def _pattern(request: FindPattern, context: Context[None]) -> Pattern:
    recording = Recording(Path(request.folder))
    channel, start, stop = request.channel, request.start, request.stop
    units = brushed_units(
        recording,
        channel,
        start,
        stop,
        margin=request.margin,
        threshold=request.threshold,
    )
    places = find_same(recording, channel, units, skip=(start, stop))
    return Pattern(tuple(units), tuple(places))


def _worst(request: FindWorst, context: Context[None]) -> WorstPassages:
    return WorstPassages(worst_passages(Recording(Path(request.folder))))


def _order(request: OrderUnits, context: Context[None]) -> Ordered:
    recording = Recording(Path(request.folder))
    return Ordered(tuple(reversed(range(recording.total_units))))


def _sample(request: Sample, context: Context[Sampled]) -> Sampled:
    text = f"{request.temperature:.1f} and {request.top_k} so he"
    context.progress(3, len(text), Sampled(text[:3]))
    return Sampled(text)


def make_session(folder: Path, trainers: Trainers | None = None) -> Session:
    """A session whose engine is the functions above, with settings of its own."""
    tasks = by_request(
        label=_label,
        rank=_rank,
        read_unit_page=_unit_page,
        find_pattern=_pattern,
        find_worst=_worst,
        order_units=_order,
        sample=_sample,
        **translating.TASKS,
    )
    return session_of(PipedRunner(tasks), folder, trainers)


def session_of(runner: Runner, folder: Path, trainers: Trainers | None = None) -> Session:
    """A session on this runner, with settings of its own."""
    return session_in(folder, runner, trainers=trainers)


def click(qtbot: QtBot, plot: Plot, x: float, y: float) -> None:
    """Click a place given in the units of the axes."""
    canvas = plot._canvas
    place: QPoint = canvas.mapFromScene(plot.view.mapViewToScene(QPointF(x, y)))
    qtbot.mouseMove(canvas.viewport(), place)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)


def show_panel(qtbot: QtBot, panel: Panel) -> None:
    """Show a panel by itself, and wait until it has drawn."""
    qtbot.addWidget(panel)
    panel.resize(640, 480)
    panel.show()
    qtbot.waitUntil(lambda: panel.idle)
    QApplication.processEvents()
