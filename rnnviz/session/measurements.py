"""What else is asked about one of the compared networks: its matrices, clipping, truncation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec
from PySide6.QtCore import QObject, Signal

from rnnviz.core.gradients import MatrixFacts
from rnnviz.session.jobs import Jobs
from rnnviz.session.networks import Compared, Network, Window, result_key
from rnnviz.session.recordings import Recordings
from rnnviz.work.messages import Failed


class Comparison(Protocol):
    """Says which network, and which stretch of the text, the questions are about."""

    window: Window

    @property
    def focused(self) -> Compared | None:
        """The network in focus."""
        ...


class Measurements(QObject):
    """Asks only when asked: a panel that is seen calls `want_matrices` or `want_clipping`.

    Signals:
        matrices_changed: `matrices`, of the network in focus.
        clipping_changed: `clipping`, `thresholds`.
        truncation_changed: `truncation`, `chunk`.
    """

    matrices_changed = Signal()
    clipping_changed = Signal()
    truncation_changed = Signal()

    def __init__(
        self, gradients: Comparison, jobs: Jobs, recordings: Recordings, cache: Path
    ) -> None:
        super().__init__(recordings.parent())
        self._gradients, self._jobs, self._recordings = gradients, jobs, recordings
        self._cache = cache
        self.matrices: tuple[MatrixFacts, ...] | None = None
        self.matrices_failure = ""
        """Why there are none."""
        self._matrices_of: Network | None = None
        self.clipping: dict[str, Any] | None = None
        self._clipping_of: tuple[object, ...] | None = None
        self.thresholds: tuple[float | None, float | None] = (None, None)
        """Of clipping by norm and by value; None lets the engine propose one."""
        self.chunk = 25
        self.truncation: dict[str, Any] | None = None

    def forget(self) -> None:
        """What was found about another model or text is gone."""
        self.clipping, self._clipping_of, self.truncation = None, None, None
        self.matrices, self._matrices_of = None, None
        self.clipping_changed.emit()
        self.truncation_changed.emit()
        self.matrices_changed.emit()

    def want_matrices(self) -> None:
        """Compute the recurrent matrices of the network in focus, if they are not there."""
        one = self._gradients.focused
        if one is None or one.network == self._matrices_of:
            return
        self._matrices_of, self.matrices, self.matrices_failure = one.network, None, ""
        key = result_key(one.network, {"matrices": True})

        def done(result: dict[str, Any]) -> None:
            raw = Path(result["path"]).read_bytes()
            self.matrices = tuple(msgspec.json.decode(raw, type=list[MatrixFacts]))
            self.matrices_changed.emit()

        def failed(failure: Failed) -> None:
            self.matrices_failure = failure.message
            self.matrices_changed.emit()

        self._jobs.start(
            "recurrent_matrices",
            {**one.network.arguments(), "path": str(self._cache / f"{key}.json")},
            slot="matrices",
            title="Eigenvalues of the recurrent matrices",
            done=done,
            failed=failed,
        )

    def set_thresholds(self, norm: float | None, value: float | None) -> None:
        """Clip at these."""
        if (norm, value) != self.thresholds:
            self.thresholds = (norm, value)
            self.clipping_changed.emit()

    def want_clipping(self) -> None:
        """Compute a training step of the network in focus, clipped, if it is not there."""
        one, text = self._gradients.focused, self._recordings.text
        if one is None or text is None:
            return
        key = (one.network, self._gradients.window, self.thresholds)
        if key == self._clipping_of:
            return
        self._clipping_of = key
        norm, value = self.thresholds

        def done(result: dict[str, Any]) -> None:
            self.clipping = result
            self.clipping_changed.emit()

        def failed(failure: Failed) -> None:
            done({"failure": failure.message})

        self._jobs.start(
            "clipping",
            {
                **text.arguments(),
                **one.network.arguments(),
                "start": self._gradients.window.start,
                "count": self._gradients.window.losses,
                "windows": 24,
                "norm": norm,
                "value": value,
            },
            slot="clipping",
            title="Clipping a training step",
            done=done,
            failed=failed,
        )

    def set_chunk(self, chunk: int) -> None:
        """Cut BPTT after so many steps."""
        chunk = max(1, chunk)
        if chunk != self.chunk:
            self.chunk = chunk
            self.truncation = None
            self.truncation_changed.emit()

    def measure_truncation(self, steps: int) -> None:
        """Measure memory and time of truncated and of full BPTT over so many steps."""
        one, text = self._gradients.focused, self._recordings.text
        if one is None or text is None:
            return

        def done(result: dict[str, Any]) -> None:
            self.truncation = result
            self.truncation_changed.emit()

        self._jobs.start(
            "truncation",
            {**text.arguments(), **one.network.arguments(), "steps": steps, "chunk": self.chunk},
            slot="truncation",
            title=f"Measuring BPTT over {steps:,} steps",
            done=done,
        )

    @property
    def measuring(self) -> bool:
        """Whether truncation is being measured."""
        return self._jobs.busy("truncation")
