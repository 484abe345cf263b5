"""What can be taken back: removing findings and concepts, and losing a typed text."""

from __future__ import annotations

from PySide6.QtGui import QUndoCommand

from rnnviz.core.cells.finding import SavedFinding
from rnnviz.core.concepts import Concept
from rnnviz.core.sequences.text import Text
from rnnviz.session.cells.rankings import Rankings
from rnnviz.session.session import Session
from rnnviz.session.shared.findings import Findings
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
