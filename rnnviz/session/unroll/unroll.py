"""A small network that is shown step by step: its plan, its numbers, the moment, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from rnnviz.core.errors import UnrollError
from rnnviz.core.unroll.moments import Moment, count_of, moment
from rnnviz.core.unroll.plan import END, Plan, structure_named
from rnnviz.core.unroll.reach import reaching_row
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
    "vocabulary", "architecture", "units", "layers", "direction", "embedding", "seed", "source",
    "attends",
)  # fmt: skip
"""What decides the weights: when one of these changes, the network begins anew."""


class _Kept(Struct, frozen=True):
    """A state of the network to which undo goes back."""

    plan: Plan
    path: str
    trained: int
    test: TestTime | None = None
    written: Plan | None = None
    word: str = ""


class _Change(Struct, frozen=True, kw_only=True):
    """What a person asks for: other settings, or other weights under the same ones."""

    plan: Plan
    word: str
    test: TestTime | None
    keep_weights: bool = False
    updates: int = 0
    until_learned: bool = False
    radius: float = 0.0
    edits: tuple[WeightEdit, ...] = ()
    undoable: bool = True

    def and_then(self, later: _Change) -> tuple[_Change, ...]:
        """Both as few changes: steps of training add up, of two radii the last counts."""
        one = replace(self, updates=0, radius=0.0) == replace(later, updates=0, radius=0.0)
        if not one or self.until_learned or self.edits:
            return self, later
        if self.updates and later.updates and not (self.radius or later.radius):
            return (replace(self, updates=self.updates + later.updates),)
        if self.radius and later.radius and not (self.updates or later.updates):
            return (later,)
        return self, later


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
        self.word = "hello"
        """What a person typed to be read, without the end mark."""
        self._now: _Kept | None = None
        self._before: list[_Kept] = []
        self._under_way: _Change | None = None
        self._waiting: list[_Change] = []
        """Changes that were asked for while another was computed, in their order."""

    @property
    def moment(self) -> Moment:
        """How far the computation is shown."""
        return moment(self.index, self.shown.moves)

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
    def _asked(self) -> _Change | None:
        """The last change that was asked for, while it is under way or waits."""
        if self._waiting:
            return self._waiting[-1]
        return self._under_way if self.busy else None

    @property
    def asked(self) -> Plan:
        """The settings that were asked for last: other changes are made to these."""
        asked = self._asked
        return self.plan if asked is None else asked.plan

    @property
    def can_undo(self) -> bool:
        """Whether there is a state to go back to."""
        return bool(self._before)

    # What is shown

    def ensure_computed(self) -> None:
        """Ask for the numbers of the plan, if they are not there or on their way."""
        if self.trace is None and not self.busy:
            self._change()

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
        plan = replace(self.asked, **reading, structure=structure)
        if plan.direction != "forward" and plan.why_not_from_end:
            plan = replace(plan, direction="forward")
            self.refused.emit(f"It reads forwards alone here: {plan.why_not_from_end}.")
        self.set_plan(plan, word.removesuffix(END))

    def set_plan(self, plan: Plan, word: str | None = None) -> None:
        """Take other settings; the weights stay where the network stays the same.

        Args:
            word: what was typed to be read, if it is another one.
        """
        if plan == self.asked:
            return
        try:
            plan.check()
        except UnrollError as error:
            self.refused.emit(str(error))
            return
        same = all(getattr(plan, name) == getattr(self.asked, name) for name in _SHAPE)
        if plan.why_no_test:
            self.test = None
        self._change(plan=plan, keep_weights=same, **({} if word is None else {"word": word}))

    def set_test(self, test: TestTime | None) -> None:
        """Show test time, when what it writes goes back in, or the pass over the targets again."""
        if test is not None and self.asked.why_no_test:
            self.refused.emit(f"{self.asked.why_no_test[:1].upper()}{self.asked.why_no_test[1:]}.")
            self.changed.emit()
            return
        if test != self.test:
            self.test = test
            self._change(keep_weights=True, undoable=False)

    def begin_anew(self) -> None:
        """Draw the weights of the seed again."""
        self._change()

    def train(self, updates: int, until_learned: bool = False) -> None:
        """Make updates of plain gradient descent."""
        self._change(keep_weights=True, updates=updates, until_learned=until_learned)

    def learn(self) -> None:
        """Make updates until every answer is likelier than 90 %, or no more are allowed."""
        self.train(_MOST_UPDATES, until_learned=True)

    def set_radius(self, radius: float) -> None:
        """Scale the recurrent matrices to this spectral radius."""
        self._change(keep_weights=True, radius=radius)

    def edit(self, parameter: str, row: int, column: int, value: float) -> None:
        """Put a number into a parameter by hand."""
        edit = WeightEdit(parameter, row, column, value)
        self._change(keep_weights=True, edits=(edit,))

    def undo(self) -> bool:
        """Go back to what was before the last change of weights or plan; whether there was one."""
        if not self._before:
            return False
        kept = self._before.pop()
        self._waiting.clear()
        self._jobs.cancel(ComputeUnrolled)
        self._take(kept, kept.test)
        return True

    def close(self) -> None:
        """Delete what was computed."""
        self._scratch.close()

    def _change(self, **facts: Any) -> None:
        """Ask for a change; one that keeps the weights waits for those before it.

        What begins anew is shown as soon as it is there, whatever was asked before.
        """
        asked = self._asked
        plan, word = (self.plan, self.word) if asked is None else (asked.plan, asked.word)
        change = _Change(**{"plan": plan, "word": word, "test": self.test, **facts})
        if change.keep_weights and (self.busy or self._waiting):
            last = self._waiting.pop() if self._waiting else None
            self._waiting += (change,) if last is None else last.and_then(change)
            return
        self._waiting.clear()
        self._compute(change)

    def _compute(self, change: _Change) -> None:
        plan, test = change.plan, change.test
        kept = self._now if change.keep_weights else None
        self._under_way = change
        self._jobs.now(PLAN, plan)
        request = ComputeUnrolled(
            plan=plan,
            path=str(self._scratch.new() / "trace.npz"),
            weights=kept.path if kept else "",
            trained=kept.trained if kept else 0,
            same=kept is not None and kept.plan == plan and kept.test is None,
            updates=change.updates,
            until_learned=change.until_learned,
            radius=change.radius,
            edits=change.edits,
            test=test,
            jacobians=(reaching_row(plan),),
        )

        def done(answer: Unrolled) -> None:
            if self._now is not None and change.undoable:
                self._before = [*self._before, self._now][-_MOST_KEPT:]
            # What waits is still asked for while the window hears of this.
            self._take(
                _Kept(plan, answer.path, answer.trained, test, answer.written, change.word),
                self.test if self._waiting else test,
            )
            if self._waiting:
                self._compute(self._waiting.pop(0))

        def failed(failure: Failure) -> None:
            self._waiting.clear()
            self.test = self._now.test if self._now is not None else None
            self.refused.emit(failure.message)

        self._jobs.start(
            request, title="Computing the unrolled network", of=(PLAN,), done=done, failed=failed
        )

    def _take(self, kept: _Kept, test: TestTime | None) -> None:
        try:
            trace = read_trace(Path(kept.path), kept.written or kept.plan, kept.trained)
        except UnrollError as error:
            self.refused.emit(str(error))
            return
        self._now, self.plan, self.trace, self.word = kept, kept.plan, trace, kept.word
        self.test = test
        self.index = min(self.index, self.last_index)
        self.changed.emit()
