"""What can be taken back: removing findings and concepts, losing a typed text, and selecting."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from rnnviz.core.cells.finding import SavedFinding
from rnnviz.core.concepts import Concept
from rnnviz.core.sequences.text import Text
from rnnviz.session.cells.rankings import Rankings
from rnnviz.session.session import Session
from rnnviz.session.shared.findings import Findings
from rnnviz.session.shared.opening import OPEN
from rnnviz.session.shared.selection import Colouring, Pin
from rnnviz.session.shared.stories import StoryCollections


class RemoveFinding(QUndoCommand):
    """Removes a finding."""

    def __init__(self, findings: Findings, saved: SavedFinding) -> None:
        super().__init__(f"remove “{saved.finding.title}”")
        self._findings, self._saved = findings, saved

    def redo(self) -> None:
        """Remove it."""
        self._findings.remove(self._saved)

    def undo(self) -> None:
        """Bring it back."""
        self._saved = self._findings.restore() or self._saved


class RemoveStory(QUndoCommand):
    """Removes one of one's own stories."""

    def __init__(self, stories: StoryCollections, place: int, title: str) -> None:
        super().__init__(f"remove “{title}”")
        self._stories, self._place = stories, place

    def redo(self) -> None:
        """Remove it."""
        self._stories.remove(self._place)

    def undo(self) -> None:
        """Bring it back to its place."""
        self._stories.restore()


class RemoveConcept(QUndoCommand):
    """Removes a concept that a person made."""

    def __init__(self, rankings: Rankings, concept: Concept) -> None:
        super().__init__(f"remove “{concept.title}”")
        self._rankings, self._concept = rankings, concept

    def redo(self) -> None:
        """Remove it."""
        self._rankings.remove(self._concept.name)

    def undo(self) -> None:
        """Bring it back."""
        self._rankings.add_concept(self._concept)


class ReplaceTypedText(QUndoCommand):
    """Another text took the place of a typed one; pushed after it happened."""

    def __init__(self, session: Session, typed: Text) -> None:
        super().__init__("replace the typed text")
        self._session, self._typed = session, typed
        self._other = session.recordings.text
        self._happened = True

    def redo(self) -> None:
        """Show the other text again; the first time it is there already."""
        if not self._happened and self._other is not None:
            self._session.workspace_wanted.emit("cells")
            self._session.show_text(self._other)
        self._happened = False

    def undo(self) -> None:
        """Show the typed text again, where it is seen."""
        self._session.workspace_wanted.emit("cells")
        self._session.show_text(self._typed)


class Selected(NamedTuple):
    """What is selected in Cells, and of what."""

    of: tuple[object, ...] | None
    """Model, shape of its units and story; None where nothing is open."""
    text: Text | None
    unit: int
    channel: str
    concept: str | None
    range: tuple[int, int] | None
    pins: tuple[Pin, ...]
    colouring: Colouring


class Select(QUndoCommand):
    """Another unit, concept or range, a pin; pushed after it happened."""

    def __init__(self, history: SelectionHistory, before: Selected, after: Selected) -> None:
        super().__init__("select something else")
        self._history, self._before, self._after = history, before, after
        self._steps = _beside(before, after)
        self._happened = True

    def id(self) -> int:
        """One kind of steps may become one."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Steps from unit to unit, one after the other, are taken back together."""
        if not isinstance(other, Select):
            return False
        if other._before != self._after or not (self._steps and other._steps):
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        """Select it again; the first time it is selected already."""
        if not self._happened and not self.isObsolete():
            self._history.show(self._after)
        self._happened = False

    def undo(self) -> None:
        """Select what was selected before."""
        if not self.isObsolete():
            self._history.show(self._before)

    @property
    def fits(self) -> bool:
        """Whether it is of what is open."""
        return self._before.of == self._history.now().of


class SelectionHistory(QObject):
    """Puts what a person selects in Cells on the stack of what can be taken back.

    What opens with a model, a finding or a story is no step; all that changes at once is one.
    """

    def __init__(self, session: Session, undo_stack: QUndoStack, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._undo_stack = session, undo_stack
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(0)
        self._settling.timeout.connect(self._settle)
        selection = session.selection
        for changed in (
            selection.unit_changed,
            selection.concept_changed,
            selection.range_changed,
            selection.pins_changed,
            selection.colouring_changed,
            session.recordings.recording_changed,
            session.recordings.model_changed,
        ):
            changed.connect(self._settling.start)
        self._last = self.now()

    def now(self) -> Selected:
        """What is selected."""
        session, selection = self._session, self._session.selection
        recording = session.recordings.recording
        of = None
        if recording is not None and not session.jobs.busy(OPEN):
            about = recording.description
            of = (about.model_path, recording.groups.shape, session.stories.current)
        return Selected(
            of,
            session.recordings.text,
            selection.unit,
            selection.channel,
            selection.concept,
            selection.range,
            selection.pins,
            selection.colouring,
        )

    def show(self, selected: Selected) -> None:
        """Select this again; a range only in its own text, a concept only where it is there."""
        session, selection = self._session, self._session.selection
        session.workspace_wanted.emit("cells")
        selection.select_unit(selected.unit, selected.channel)
        selection.set_colouring(selected.colouring)
        if selected.concept is None or session.rankings.concept(selected.concept):
            selection.set_concept(selected.concept)
        if selected.text is session.recordings.text:
            selection.set_range(selected.range)
        for pin in {*selection.pins, *selected.pins}:
            if (pin in selection.pins) != (pin in selected.pins):
                selection.toggle_pin(pin)
        self.forget()

    def forget(self) -> None:
        """What is selected now is no step of a person."""
        self._settling.stop()
        self._last = self.now()

    @Slot()
    def _settle(self) -> None:
        before, after = self._last, self.now()
        self._last = after
        if before.of is None or before.of != after.of:
            return
        if before.text is not after.text:
            before = before._replace(text=after.text, range=after.range)
        gone = before.concept and not self._session.rankings.concept(before.concept)
        if before != after and not gone:
            self._undo_stack.push(Select(self, before, after))


def drop_what_fits_no_more(undo_stack: QUndoStack) -> None:
    """Pass over selections in what is not open any more, so that undo and redo do something."""
    while undo_stack.canUndo():
        command = undo_stack.command(undo_stack.index() - 1)
        if not isinstance(command, Select) or command.fits:
            break
        command.setObsolete(True)
        undo_stack.undo()
    while undo_stack.canRedo():
        command = undo_stack.command(undo_stack.index())
        if not isinstance(command, Select) or command.fits:
            break
        command.setObsolete(True)
        undo_stack.redo()


def _beside(before: Selected, after: Selected) -> bool:
    """Whether only the unit is another, and the next one."""
    return abs(after.unit - before.unit) == 1 and before._replace(unit=after.unit) == after
