"""What else is asked about one of the compared networks: its matrices, clipping, truncation."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec
from PySide6.QtCore import QObject, Signal

from rnnviz.core.gradients.matrices import MatrixFacts
from rnnviz.core.system.ready_types import ready
from rnnviz.session.gradients.networks import Compared, Network, Window, answer_key
from rnnviz.session.shared.identities import Answers
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import TEXT, Recordings
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.given import TextGiven
from rnnviz.work.jobs.gradients import (
    Clipping,
    Comparison,
    RecurrentMatrices,
    StepClipped,
    Truncation,
)
from rnnviz.work.messages import Failure


class Focus(Protocol):
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

    def __init__(self, gradients: Focus, jobs: Jobs, recordings: Recordings, cache: Path) -> None:
        super().__init__(recordings.parent())
        self._gradients, self._jobs, self._recordings = gradients, jobs, recordings
        self._cache = cache
        self._matrices: Answers[Network, tuple[MatrixFacts, ...] | str] = jobs.answers()
        """Or why there are none."""
        self._clippings: Answers[object, tuple[object, StepClipped | str]] = jobs.answers(TEXT)
        """With the thresholds that were asked for; or why there is none."""
        self._truncations: Answers[object, Comparison] = jobs.answers(TEXT)
        self._asked: Answers[object, object] = jobs.answers(TEXT)
        """The last question of each kind."""
        self.thresholds: tuple[float | None, float | None] = (None, None)
        """Of clipping by norm and by value; None lets the engine propose one."""
        self.chunk = 25

    @property
    def _network(self) -> Network | None:
        one = self._gradients.focused
        return None if one is None else one.network

    @property
    def matrices(self) -> tuple[MatrixFacts, ...] | None:
        """Of the network in focus, if they are known."""
        found = self._matrices.get(self._network) if self._network else None
        return found if isinstance(found, tuple) else None

    @property
    def matrices_failure(self) -> str:
        """Why there are none."""
        found = self._matrices.get(self._network) if self._network else None
        return found if isinstance(found, str) else ""

    @property
    def clipping(self) -> StepClipped | str | None:
        """A training step of the network in focus, clipped as it says itself; or why there is none.

        None where it is not known yet.
        """
        found = self._clippings.get(self._step())
        return None if found is None else found[1]

    @property
    def truncation(self) -> Comparison | None:
        """What was measured of the network in focus, cut as is chosen now."""
        return self._truncations.get((self._network, self.chunk))

    def _step(self) -> object:
        return self._network, self._gradients.window

    def tell(self) -> None:
        """Another network or text is looked at."""
        self.clipping_changed.emit()
        self.truncation_changed.emit()
        self.matrices_changed.emit()

    def _is_new(self, kind: object, question: object) -> bool:
        """Whether this is another question than the last of its kind; notes it."""
        known = self._asked.get(kind) == question
        self._asked.put(kind, question)
        return not known

    def want_matrices(self) -> None:
        """Compute the recurrent matrices of the network in focus, if they are not there."""
        network = self._network
        if (
            network is None
            or network in self._matrices
            or not self._is_new(RecurrentMatrices, network)
        ):
            return
        asked = RecurrentMatrices(model=network.given, path="", seed=network.seed)
        key = answer_key(network, asked)

        def done(written: Written) -> None:
            raw = Path(written.path).read_bytes()
            self._matrices.put(
                network, tuple(msgspec.json.decode(raw, type=ready(list[MatrixFacts])))
            )
            self.matrices_changed.emit()

        def failed(failure: Failure) -> None:
            self._matrices.put(network, failure.message)
            self.matrices_changed.emit()

        self._jobs.start(
            msgspec.structs.replace(asked, path=str(self._cache / f"{key}.json")),
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
        network, text = self._network, self._recordings.text
        if network is None or text is None:
            return
        step, thresholds = self._step(), self.thresholds
        known = self._clippings.get(step)
        if known is not None and known[0] == thresholds:
            return
        if not self._is_new(Clipping, (step, thresholds)):
            return
        norm, value = thresholds

        def done(result: StepClipped | str) -> None:
            self._clippings.put(step, (thresholds, result))
            self.clipping_changed.emit()

        def failed(failure: Failure) -> None:
            done(failure.message)

        self._jobs.start(
            Clipping(
                model=network.given,
                text=TextGiven.of(text),
                start=self._gradients.window.start,
                count=self._gradients.window.losses,
                windows=24,
                norm=norm,
                value=value,
                seed=network.seed,
            ),
            of=(TEXT,),
            title="Clipping a training step",
            done=done,
            failed=failed,
        )

    def set_chunk(self, chunk: int) -> None:
        """Cut BPTT after so many steps."""
        chunk = max(1, chunk)
        if chunk != self.chunk:
            self.chunk = chunk
            self.truncation_changed.emit()

    def measure_truncation(self, steps: int) -> None:
        """Measure memory and time of truncated and of full BPTT over so many steps."""
        network, text = self._network, self._recordings.text
        if network is None or text is None:
            return
        chunk = self.chunk

        def done(found: Comparison) -> None:
            self._truncations.put((network, chunk), found)
            self.truncation_changed.emit()

        self._jobs.start(
            Truncation(
                model=network.given,
                text=TextGiven.of(text),
                steps=steps,
                chunk=chunk,
                seed=network.seed,
            ),
            of=(TEXT,),
            title=f"Measuring BPTT over {steps:,} steps",
            done=done,
        )

    @property
    def measuring(self) -> bool:
        """Whether truncation is being measured."""
        return self._jobs.busy(Truncation)
