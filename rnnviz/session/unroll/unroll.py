"""A small network that is shown step by step: its plan, its numbers, the moment, undo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from rnnviz.core.errors import UnrollError
from rnnviz.core.unroll.moments import Moment, count_of, moment
from rnnviz.core.unroll.plan import Plan, structure_named
from rnnviz.core.unroll.trace import Trace, read_trace
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.scratch import Scratch
from rnnviz.work.jobs.unroll import ComputeUnrolled, TestTime, Unrolled, WeightEdit
from rnnviz.work.messages import Failure

PLAN = Subject("unrolled plan")
_MOST_KEPT = 200
_MOST_UPDATES = 5000
_SHAPE = (
    "vocabulary", "architecture", "units", "layers", "embedding", "seed", "source", "attends",
)  # fmt: skip
"""What decides the weights: when one of these changes, the network begins anew."""


@dataclass(frozen=True)
class _Kept:
    """A state of the network to which undo goes back."""

    plan: Plan
    path: str
    trained: int
    test: TestTime | None = None
    written: Plan | None = None


class Unroll(QObject):
    """Owns the plan and asks the engine for its numbers; shows nothing that is of another plan.

    Signals:
        changed: `trace`: other numbers are there, or none.
        moment_changed: `index`.
        refused(str): why something that was asked cannot be; what was there stays.
    """

    changed = Signal()
    moment_changed = Signal()
    refused = Signal(str)

    def __init__(self, jobs: Jobs, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._scratch = Scratch(cache, "unroll")
        self.plan = Plan()
        self.trace: Trace | None = None
        self.index = 0
        """Which moment is shown, see `core.unroll.moments`."""
        self.test: TestTime | None = None
        """How it writes, where test time is shown; None for the pass over the targets."""
        self._now: _Kept | None = None
        self._before: list[_Kept] = []

    @property
    def moment(self) -> Moment:
        """How far the computation is shown."""
        return moment(self.index, self.shown.steps)

    @property
    def shown(self) -> Plan:
        """What is on the screen: the plan, or at test time what really entered."""
        return self.plan if self.trace is None else self.trace.plan

    @property
    def last_index(self) -> int:
        """The index of the last moment, the update."""
        return count_of(self.shown) - 1

    @property
    def busy(self) -> bool:
        """Whether numbers are on their way."""
        return self._jobs.busy(ComputeUnrolled)

    @property
    def can_undo(self) -> bool:
        """Whether there is a state to go back to."""
        return bool(self._before)

    # What is shown

    def ensure_computed(self) -> None:
        """Ask for the numbers of the plan, if they are not there or on their way."""
        if self.trace is None and not self.busy:
            self._compute(self.plan)

    def set_index(self, index: int) -> None:
        """Show another moment."""
        index = max(0, min(index, self.last_index))
        if index != self.index:
            self.index = index
            self.moment_changed.emit()

    def step(self, by: int) -> None:
        """Go on or back by moments; after the update, the next pass over the word begins."""
        if by > 0 and self.index == self.last_index and self.test is None:
            self.train(1)
            self.set_index(0)
            return
        self.set_index(self.index + by)

    # What is changed

    def set_word(self, word: str, structure: str) -> None:
        """Read another word, in one of the lecture's structures; all other settings stay."""
        try:
            new = structure_named(structure).of(word)
        except UnrollError as error:
            self.refused.emit(str(error))
            return
        names = ("vocabulary", "inputs", "targets", "source", "attends")
        reading = {name: getattr(new, name) for name in names}
        self.set_plan(msgspec.structs.replace(self.plan, **reading, structure=structure))

    def set_plan(self, plan: Plan) -> None:
        """Take other settings; the weights stay where the network stays the same."""
        if plan == self.plan:
            return
        try:
            plan.check()
        except UnrollError as error:
            self.refused.emit(str(error))
            return
        same = all(getattr(plan, name) == getattr(self.plan, name) for name in _SHAPE)
        self._compute(plan, keep_weights=same)

    def set_test(self, test: TestTime | None) -> None:
        """Show test time, when what it writes goes back in, or the pass over the targets again."""
        if test != self.test:
            self.test = test
            self._compute(self.plan, keep_weights=True, undoable=False)

    def begin_anew(self) -> None:
        """Draw the weights of the seed again."""
        self._compute(self.plan)

    def train(self, updates: int, until_learned: bool = False) -> None:
        """Make updates of plain gradient descent."""
        self._compute(self.plan, keep_weights=True, updates=updates, until_learned=until_learned)

    def learn(self) -> None:
        """Make updates until every answer is likelier than 90 %, or no more are allowed."""
        self.train(_MOST_UPDATES, until_learned=True)

    def set_radius(self, radius: float) -> None:
        """Scale the recurrent matrices to this spectral radius."""
        self._compute(self.plan, keep_weights=True, radius=radius)

    def edit(self, parameter: str, row: int, column: int, value: float) -> None:
        """Put a number into a parameter by hand."""
        edit = WeightEdit(parameter, row, column, value)
        self._compute(self.plan, keep_weights=True, edits=(edit,))

    def undo(self) -> bool:
        """Go back to what was before the last change of weights or plan; whether there was one."""
        if not self._before:
            return False
        kept = self._before.pop()
        self._jobs.cancel(ComputeUnrolled)
        self._take(kept)
        return True

    def close(self) -> None:
        """Delete what was computed."""
        self._scratch.close()

    def _compute(
        self,
        plan: Plan,
        keep_weights: bool = False,
        updates: int = 0,
        until_learned: bool = False,
        radius: float = 0.0,
        edits: tuple[WeightEdit, ...] = (),
        undoable: bool = True,
    ) -> None:
        kept = self._now if keep_weights else None
        self._jobs.now(PLAN, plan)
        request = ComputeUnrolled(
            plan=plan,
            path=str(self._scratch.new() / "trace.npz"),
            weights=kept.path if kept else "",
            trained=kept.trained if kept else 0,
            updates=updates,
            until_learned=until_learned,
            radius=radius,
            edits=edits,
            test=self.test,
        )
        test = self.test

        def done(answer: Unrolled) -> None:
            if self._now is not None and undoable:
                self._before = [*self._before, self._now][-_MOST_KEPT:]
            self._take(_Kept(plan, answer.path, answer.trained, test, answer.written))

        def failed(failure: Failure) -> None:
            self.test = self._now.test if self._now is not None else None
            self.refused.emit(failure.message)

        self._jobs.start(
            request, title="Computing the unrolled network", of=(PLAN,), done=done, failed=failed
        )

    def _take(self, kept: _Kept) -> None:
        try:
            trace = read_trace(Path(kept.path), kept.written or kept.plan, kept.trained)
        except UnrollError as error:
            self.refused.emit(str(error))
            return
        self._now, self.plan, self.trace, self.test = kept, kept.plan, trace, kept.test
        self.index = min(self.index, self.last_index)
        self.changed.emit()
