"""Closer looks that the engine takes: a unit's page, a brushed range, an order, a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from rnnviz.session.jobs import Jobs
from rnnviz.session.recordings import Recordings
from rnnviz.session.selection import Selection
from rnnviz.work.messages import Failed


class Inspection(QObject):
    """Asks one question of each kind at a time; an answer to an older one is dropped.

    Signals:
        unit_page_changed: `unit_page`, of the selected unit.
        pattern_changed: `pattern`, of the brushed range.
        order_changed: `order`, of the units by similarity over what is on screen.
        matches_changed: `matches`, of the last search.
        sample_grew(str): more characters of the sample under way.
    """

    unit_page_changed = Signal()
    pattern_changed = Signal()
    order_changed = Signal()
    matches_changed = Signal()
    sample_grew = Signal(str)

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
        self.unit_page: dict[str, Any] | None = None
        self.pattern: dict[str, Any] | None = None
        self.order: list[int] | None = None
        self.matches: npt.NDArray[np.int64] | None = None
        recordings.recording_changed.connect(self.forget)

    def forget(self) -> None:
        """Drop what was known: the recording is another one."""
        self.unit_page = self.pattern = self.order = self.matches = None
        self.unit_page_changed.emit()
        self.pattern_changed.emit()
        self.order_changed.emit()
        self.matches_changed.emit()

    def request_unit_page(self) -> None:
        """Ask for the snippets, the distribution and the saturation of the selected unit."""

        def arrived(result: dict[str, Any]) -> None:
            self.unit_page = result
            self.unit_page_changed.emit()

        chosen = {"channel": self._selection.channel, "unit": self._selection.unit}
        self._ask("unit_page", "Reading the unit", chosen, arrived)

    def request_pattern(self, margin: int = 4, threshold: float | None = None) -> None:
        """Ask which units are on in the brushed range and off around it, and where else they are.

        Args:
            margin: so many characters before and after, a unit must be off.
            threshold: on means |value| above this; None for a threshold of each unit's own.
        """
        if self._selection.range is None:
            return
        start, stop = self._selection.range

        def arrived(result: dict[str, Any]) -> None:
            self.pattern = result
            self.pattern_changed.emit()

        chosen = {
            "channel": self._selection.channel,
            "start": start,
            "stop": stop,
            "margin": margin,
            "threshold": threshold,
        }
        self._ask("pattern", "Finding units that are on in the range", chosen, arrived)

    def request_order(self) -> None:
        """Ask for the order of units by similarity over what is on the screen."""
        start, stop = self._selection.visible

        def arrived(result: dict[str, Any]) -> None:
            self.order = result["order"]
            self.order_changed.emit()

        chosen = {"channel": self._selection.channel, "start": start, "stop": stop}
        self._ask("order", "Ordering units by similarity", chosen, arrived)

    def request_matches(
        self, pattern: str, regular: bool, failed: Callable[[Failed], None] | None = None
    ) -> None:
        """Ask where a pattern occurs in the text; an empty pattern clears the matches at once."""
        if not pattern:
            self._jobs.cancel("find")
            self.matches = None
            self.matches_changed.emit()
            return

        def arrived(result: dict[str, Any]) -> None:
            self.matches = np.array(result["matches"], np.int64).reshape(-1, 2)
            self.matches_changed.emit()

        chosen = {"pattern": pattern, "regular": regular}
        self._ask("find", "Searching the text", chosen, arrived, failed)

    def request_sample(
        self, start: str, length: int, temperature: float, top_k: int, seed: int | None
    ) -> None:
        """Ask the open model for a sample; `sample_grew` brings it piece by piece."""
        model = self._recordings.model
        if model is None:
            return

        def grew(facts: Mapping[str, Any]) -> None:
            self.sample_grew.emit(facts.get("text", ""))

        self._jobs.start(
            "sample",
            {
                "model": model.path,
                "vocabulary": model.vocabulary,
                "start": start,
                "length": length,
                "temperature": temperature,
                "top_k": top_k,
                "seed": seed,
            },
            slot="sample",
            title="Sampling",
            done=grew,
            progress=grew,
        )

    def _ask(
        self,
        task: str,
        title: str,
        arguments: dict[str, Any],
        arrived: Callable[[dict[str, Any]], None],
        failed: Callable[[Failed], None] | None = None,
    ) -> None:
        recording = self._recordings.recording
        if recording is None:
            return
        arguments = {"folder": str(recording.folder), **arguments}
        self._jobs.start(task, arguments, slot=task, title=title, done=arrived, failed=failed)
