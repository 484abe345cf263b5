"""Closer looks that the engine takes: a unit's page, a brushed range, an order, a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.cells.snippets import UnitPage
from rnnviz.core.cells.surprises import Passage
from rnnviz.session.shared.identities import Answers
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import INTERVENTION, OPENED, RECORDING, TEXT, Recordings
from rnnviz.session.shared.selection import Pin, Selection
from rnnviz.work.jobs.cells import (
    Find,
    FindPattern,
    FindWorst,
    Ordered,
    OrderUnits,
    Pattern,
    ReadUnitPage,
    Sample,
    Sampled,
    Spans,
    WorstPassages,
)
from rnnviz.work.messages import Failure, Request

A = TypeVar("A")

_Brushed = tuple[str, tuple[int, int] | None, int, float | None]
"""Channel, range, margin, threshold."""
_Searched = tuple[str, bool]
"""A pattern, and whether it is a regular expression."""
_LAST = ""


class Inspection(QObject):
    """Asks one question of each kind at a time; an answer is kept under what it is about.

    Signals:
        unit_page_changed: `unit_page`, of the selected unit.
        pattern_changed: `pattern`, of the brushed range.
        worst_changed: `worst`, the passages that were predicted worst.
        order_changed: `order`, of the units by similarity over what is on screen.
        matches_changed: `matches`, of the last search.
        sample_changed: `sample`, which grows while it is drawn.
    """

    unit_page_changed = Signal()
    pattern_changed = Signal()
    worst_changed = Signal()
    order_changed = Signal()
    matches_changed = Signal()
    sample_changed = Signal()

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._recordings = recordings
        self._selection = selection
        self._pages: Answers[Pin, UnitPage] = jobs.answers(RECORDING)
        self._patterns: Answers[_Brushed, Pattern] = jobs.answers(RECORDING)
        self._worst: Answers[str, tuple[Passage, ...]] = jobs.answers(RECORDING)
        self._orders: Answers[str, tuple[int, ...]] = jobs.answers(RECORDING)
        self._matches: Answers[_Searched, npt.NDArray[np.int64]] = jobs.answers(TEXT)
        self.searched: _Searched = "", False
        """What `matches` are of."""
        self._samples: Answers[str, str] = jobs.answers(OPENED, INTERVENTION)
        self._asked: Answers[str, object] = jobs.answers(RECORDING)
        """The last question of each task."""
        self._answered: Answers[object, bool] = jobs.answers(RECORDING)
        self._brushed: tuple[int, float | None] = (4, None)
        """The margin and the threshold that were asked for last."""
        recordings.recording_changed.connect(self._tell)
        recordings.text_changed.connect(self.matches_changed)
        recordings.model_changed.connect(self.sample_changed)
        recordings.intervention_changed.connect(self.sample_changed)

    @Slot()
    def _tell(self) -> None:
        self.unit_page_changed.emit()
        self.pattern_changed.emit()
        self.worst_changed.emit()
        self.order_changed.emit()

    @property
    def unit_page(self) -> UnitPage | None:
        """Of the selected unit, if it is known."""
        return self._pages.get(Pin(self._selection.channel, self._selection.unit))

    @property
    def pattern(self) -> Pattern | None:
        """Of the brushed range, if it is known."""
        return self._patterns.get(self._pattern_question())

    @property
    def worst(self) -> tuple[Passage, ...] | None:
        """The passages that were predicted worst, if they are known."""
        return self._worst.get(_LAST)

    @property
    def order(self) -> tuple[int, ...] | None:
        """The units of the selected channel by similarity, if they were ordered."""
        return self._orders.get(self._selection.channel)

    @property
    def matches(self) -> npt.NDArray[np.int64] | None:
        """(M, 2) start and stop of what was searched for last; None while that is not known."""
        return self._matches.get(self.searched)

    @property
    def searching(self) -> bool:
        """Whether the text is being searched."""
        return self._jobs.busy(Find)

    @property
    def sample(self) -> str:
        """What the open model wrote last."""
        return self._samples.get(_LAST) or ""

    def request_unit_page(self) -> None:
        """Ask once for snippets, distribution and saturation of the selected unit."""
        unit, folder = Pin(self._selection.channel, self._selection.unit), self._folder
        if folder is None:
            return

        def arrived(page: UnitPage) -> None:
            self._pages.put(unit, page)
            self.unit_page_changed.emit()

        page = ReadUnitPage(folder=folder, channel=unit.channel, unit=unit.unit)
        self._ask_once(page, "Reading the unit", unit, arrived)

    def request_pattern(self, margin: int = 4, threshold: float | None = None) -> None:
        """Ask which units are on in the brushed range and off around it, and where else; once.

        Args:
            margin: so many characters before and after, a unit must be off.
            threshold: on means |value| above this; None for a threshold of each unit's own.
        """
        folder = self._folder
        if self._selection.range is None or folder is None:
            return
        start, stop = self._selection.range
        self._brushed = margin, threshold
        asked = self._pattern_question()

        def arrived(pattern: Pattern) -> None:
            self._patterns.put(asked, pattern)
            self.pattern_changed.emit()

        pattern = FindPattern(
            folder=folder,
            channel=self._selection.channel,
            start=start,
            stop=stop,
            margin=margin,
            threshold=threshold,
        )
        self._ask_once(pattern, "Finding units that are on in the range", asked, arrived)

    def _pattern_question(self) -> _Brushed:
        return self._selection.channel, self._selection.range, *self._brushed

    def request_worst(self) -> None:
        """Ask once which passages were predicted worst; again once the text is walked whole."""
        folder = self._folder
        if folder is None:
            return

        def arrived(found: WorstPassages) -> None:
            self._worst.put(_LAST, found.passages)
            self.worst_changed.emit()

        asked = FindWorst(folder=folder)
        self._ask_once(asked, "Looking for the worst predicted passages", "worst", arrived)

    def request_order(self) -> None:
        """Ask for the order of units by similarity over what is on the screen."""
        channel, folder = self._selection.channel, self._folder
        if folder is None:
            return
        start, stop = self._selection.visible

        def arrived(ordered: Ordered) -> None:
            self._orders.put(channel, ordered.units)
            self.order_changed.emit()

        order = OrderUnits(folder=folder, channel=channel, start=start, stop=stop)
        title = "Ordering units by similarity"
        self._jobs.start(order, of=(RECORDING,), title=title, done=arrived)

    def request_matches(
        self, pattern: str, regular: bool, failed: Callable[[Failure], None] | None = None
    ) -> None:
        """Ask where a pattern occurs in the text; matches of the pattern before go at once."""
        self.searched = searched = pattern, regular
        self._jobs.cancel(Find)
        self.matches_changed.emit()
        if not pattern or self.matches is not None:
            return
        folder = self._folder
        if folder is None or not self._recordings.is_of_text:
            return

        def arrived(found: Spans) -> None:
            self._matches.put(searched, np.array(found.spans, np.int64).reshape(-1, 2))
            self.matches_changed.emit()

        self._jobs.start(
            Find(folder=folder, pattern=pattern, regular=regular),
            of=(TEXT,),
            title="Searching the text",
            done=arrived,
            failed=failed,
        )

    def request_sample(
        self, start: str, length: int, temperature: float, top_k: int, seed: int | None
    ) -> None:
        """Ask the open model for a sample; `sample_changed` tells of it piece by piece."""
        model = self._recordings.model
        if model is None:
            return
        self._samples.put(_LAST, "")
        self.sample_changed.emit()

        def grew(sampled: Sampled) -> None:
            self._samples.put(_LAST, sampled.text)
            self.sample_changed.emit()

        sample = Sample(
            model=model.given,
            length=length,
            start=start,
            temperature=temperature,
            top_k=top_k,
            seed=seed,
        )
        self._jobs.start(
            sample, of=(OPENED, INTERVENTION), title="Sampling", done=grew, progress=grew
        )

    @property
    def _folder(self) -> str | None:
        recording = self._recordings.recording
        return None if recording is None else str(recording.folder)

    def _ask_once(
        self,
        request: Request[None, A],
        title: str,
        question: object,
        arrived: Callable[[A], None],
    ) -> None:
        """Ask, unless this was answered, or was the last that was asked and is awaited or stopped.

        A text that is walked to its end is another question than the same one in its middle.
        """
        recording, task = self._recordings.recording, request.task()
        asked = question, recording is not None and recording.complete
        if self._asked.get(task) == asked or asked in self._answered:
            return
        self._asked.put(task, asked)

        def done(answer: A) -> None:
            self._answered.put(asked, True)
            arrived(answer)

        self._jobs.start(request, of=(RECORDING,), title=title, done=done)
