"""Find in the text: the bar asks, the engine finds, the text shows where."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Slot

from rnnviz.session.session import Session
from rnnviz.session.shared.jobs import Failure
from rnnviz.views.text.minimap import Minimap
from rnnviz.views.text.searching.search_bar import SearchBar
from rnnviz.views.text.text_view import TextView


class TextSearching(QObject):
    """Connects a search bar to the text and its minimap."""

    def __init__(
        self, session: Session, bar: SearchBar, view: TextView, minimap: Minimap, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._bar, self._view, self._minimap = session, bar, view, minimap
        self._stays = False
        """Whether what is found moves nothing: the text is another, the pattern the same."""
        session.inspection.matches_changed.connect(self._show_matches)
        session.recordings.text_changed.connect(self._forget)
        session.recordings.recording_changed.connect(self._search_again)
        bar.pattern_changed.connect(self._typed)
        bar.search_requested.connect(self._step)
        bar.closed.connect(self._closed)

    @Slot(str, bool)
    def _typed(self, pattern: str, regular: bool) -> None:
        self._stays = False
        self._session.inspection.request_matches(pattern, regular, self._failed)

    @Slot()
    def _forget(self) -> None:
        """What was found was found in the text before."""
        self._bar.tell("")

    @Slot()
    def _search_again(self) -> None:
        """Search the text that is open now, too."""
        inspection, pattern = self._session.inspection, self._bar.field.text()
        if self._bar.isVisible() and pattern and inspection.matches is None:
            self._stays = True
            inspection.request_matches(pattern, self._bar.regular.isChecked(), self._failed)

    def _failed(self, failure: Failure) -> None:
        self._bar.tell(failure.message)

    @Slot()
    def _show_matches(self) -> None:
        matches = self._session.inspection.matches
        self._view.set_matches(matches)
        self._minimap.set_matches(matches)
        if matches is None or not self._bar.isVisible():
            return
        if len(matches) == 0:
            self._bar.tell("no matches")
        elif self._stays:
            self._bar.tell("1 match" if len(matches) == 1 else f"{len(matches):,} matches")
        else:
            first = self._view.visible_range()[0]
            self._go_to(int(np.searchsorted(matches[:, 0], first)) % len(matches))

    @Slot(str, bool, bool)
    def _step(self, pattern: str, regular: bool, backwards: bool) -> None:
        matches = self._session.inspection.matches
        if matches is None or len(matches) == 0:
            if matches is not None:
                self._bar.tell("no matches")
            elif pattern and not self._session.inspection.searching:
                self._typed(pattern, regular)
            return
        cursor = self._view.cursor_at or 0
        place = int(np.searchsorted(matches[:, 0], cursor, side="left" if backwards else "right"))
        self._go_to((place - backwards) % len(matches))

    def _go_to(self, place: int) -> None:
        matches = self._session.inspection.matches
        assert matches is not None
        start, stop = (int(end) for end in matches[place])
        recording = self._session.recordings.recording
        self._session.selection.jump(recording.sequence.step_at(start) if recording else start)
        self._view.set_matches(matches, (start, stop))
        self._bar.tell(f"{place + 1:,} of {len(matches):,}")

    @Slot()
    def _closed(self) -> None:
        self._session.inspection.request_matches("", regular=False)
        self._view.setFocus()
