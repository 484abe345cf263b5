"""Where the person is and was: back and forward, and the place to return to at the next start."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Slot

from rnnviz.core.errors import RnnvizError
from rnnviz.core.stories.story import Story
from rnnviz.core.system.ready_types import ready
from rnnviz.session.shared.selection import Pin

if TYPE_CHECKING:
    from rnnviz.views.window.window import Window

_KEPT = 200
"""Places that can be gone back to."""
_SETTING = "window/place"


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What was on the screen when the window was closed."""

    workspace: str
    story: Story | None = None
    """What was looked at, as a story would tell it."""
    recording: str = ""
    """The folder of its walk."""
    told: tuple[str, int] | None = None
    """The story that was being told."""
    pins: tuple[tuple[str, int], ...] = ()
    zoom: float = 0.0


class Places(QObject):
    """Notes each unit, model and text that is looked at, and shows one of them again."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._before: list[Story] = []
        self._after: list[Story] = []
        self._here: Story | None = None
        self._going = False
        session = window.session
        for signal in (
            session.selection.unit_changed,
            session.selection.colouring_changed,
            session.recordings.recording_changed,
            session.alignments.answer_changed,
            session.selection.jumped,
        ):
            signal.connect(self._note)

    @Slot()
    def _note(self) -> None:
        """Note where the person is now; steps from a unit to the next are one way."""
        session = self._window.session
        if self._going:
            self._going = not self._arrived()
            return
        here = self._window.telling.made()
        if here is None or session.jobs.closed:
            return
        if self._here is not None and not _beside(self._here, here):
            self._before = [*self._before, self._here][-_KEPT:]
            self._after = []
        self._here = here

    def _arrived(self) -> bool:
        made = self._window.telling.made()
        return made is not None and self._here is not None and _same(made, self._here)

    @Slot()
    def back(self) -> None:
        """Show what was looked at before."""
        self._go(self._before, self._after)

    @Slot()
    def forward(self) -> None:
        """Show what was looked at after this."""
        self._go(self._after, self._before)

    def _go(self, target: list[Story], other: list[Story]) -> None:
        if not target:
            self._window.status.say("There is nothing to go to.")
            return
        # As it is on the screen now, scrolled as it may be since.
        here = self._window.telling.made() or self._here
        if here is not None:
            other.append(here)
        self._here, self._going = target.pop(), True
        try:
            self._window.session.showing.show_again(self._here)
        except RnnvizError as error:
            self._window.show_message(str(error))
        self._going = not self._arrived()

    # The next start

    def keep(self) -> None:
        """Remember what is on the screen."""
        window, session = self._window, self._window.session
        story, recording = window.telling.made(), session.recordings.recording
        stories = session.stories
        told = None
        if stories.current is not None and session.showing.shows_story:
            told = stories.collection, stories.current[1]
        left = Left(
            workspace=window.workspace_tabs.current.name,
            story=story,
            recording="" if recording is None else str(recording.folder),
            told=told,
            pins=tuple((pin.channel, pin.unit) for pin in session.selection.pins),
            zoom=window.text_panel.view.points,
        )
        session.settings.setValue(_SETTING, msgspec.json.encode(left).decode())

    def left(self) -> Left | None:
        """What was on the screen when the window was closed; None where that is not known."""
        kept = self._window.session.settings.value(_SETTING)
        if not isinstance(kept, str):
            return None
        try:
            return msgspec.json.decode(kept, type=ready(Left))
        except (msgspec.MsgspecError, RecursionError):
            return None

    def return_to(self) -> bool:
        """Show what was on the screen when the window was closed; whether there is anything."""
        left = self.left()
        if left is None:
            return False
        window, session = self._window, self._window.session
        window.text_panel.view.set_points(left.zoom)
        if left.story is None:
            return False
        try:
            session.showing.show_again(left.story, left.recording)
        except RnnvizError:
            # It may have been moved or deleted; then the window opens on what ships.
            return False
        for pin in left.pins:
            session.selection.toggle_pin(Pin(*pin))
        if left.told is not None:
            with contextlib.suppress(RnnvizError):
                session.stories.at(*left.told)
                session.stories.set_current(*left.told)
        names = {workspace.name for workspace in window.workspaces}
        window.enter(left.workspace if left.workspace in names else "cells")
        return True


def _beside(one: Story, other: Story) -> bool:
    """Whether one is a step from the other: a unit beside it, or the same one elsewhere."""
    if one.show != other.show or one.model_path != other.model_path:
        return False
    if one.finding is None or other.finding is None:
        return one.sentence == other.sentence
    same_text = one.finding.text_path == other.finding.text_path and one.text == other.text
    same_group = one.finding.group_name == other.finding.group_name
    return same_text and same_group and abs(one.finding.unit - other.finding.unit) <= 1


def _same(one: Story, other: Story) -> bool:
    """Whether both are of the same unit of the same model on the same text."""
    if one.show != other.show or one.model_path != other.model_path:
        return False
    if one.finding is None or other.finding is None:
        return one.sentence == other.sentence
    facts = ("channel", "group_name", "unit", "text_path", "text_name")
    return all(getattr(one.finding, fact) == getattr(other.finding, fact) for fact in facts)
