"""Telling stories, and making, changing, ordering and sharing one's own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QUndoStack
from PySide6.QtWidgets import QWidget

from rnnviz.core.errors import RnnvizError
from rnnviz.core.stories.pack import SUFFIX
from rnnviz.core.stories.story import Story
from rnnviz.session.session import Session
from rnnviz.session.shared.stories import OWN, SHIPPED
from rnnviz.views.cells.exporting import Exporting, exported
from rnnviz.views.shared.question_boxes import ask_save_path, open_dialog
from rnnviz.views.window.undo import RemoveStory
from rnnviz.work.jobs.stories import StoriesWritten


class StoryTelling(QObject):
    """What a person does with stories. The page keys go through them while one is told.

    Signals:
        message(str): something for the status bar.
        refused(str): why nothing was done.
    """

    message = Signal(str)
    refused = Signal(str)

    def __init__(
        self, session: Session, exporting: Exporting, undo_stack: QUndoStack, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._exporting = exporting
        self._undo_stack = undo_stack
        self._window = window
        self._keys = []
        for key, run in (
            (Qt.Key.Key_PageDown, self._next),
            (Qt.Key.Key_PageUp, self._previous),
        ):
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.activated.connect(run)
            self._keys.append(shortcut)
        session.stories.told.connect(self._follow)
        session.stories.page_written.connect(self._tell_page)
        session.stories.packed.connect(self._tell_packed)
        session.stories.refused.connect(self.refused)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        """The page keys are the text's own unless a story is told."""
        told = self._session.stories.current is not None
        for shortcut in self._keys:
            shortcut.setEnabled(told)

    # Telling

    @Slot(str, int)
    @Slot(str, int, int)
    def tell(self, collection: str, place: int, stage: int = 0) -> None:
        """Tell this story, at this of its stages."""
        try:
            self._session.showing.tell(collection, place, stage)
        except RnnvizError as error:
            self.refused.emit(str(error))

    @Slot(int)
    def step(self, way: int) -> None:
        """Tell the story so many further on."""
        beside = self._session.stories.beside(way)
        if beside is not None:
            self.tell(*beside)
        elif self._session.stories.current is not None:
            self.message.emit("That was the last story." if way > 0 else "This is the first story.")

    @Slot()
    def _next(self) -> None:
        self.step(1)

    @Slot()
    def _previous(self) -> None:
        self.step(-1)

    @Slot()
    def again(self) -> None:
        """Show the told story again."""
        stories = self._session.stories
        if (current := stories.current) is not None:
            self.tell(stories.collection, current[1], stories.stage)

    @Slot(int)
    def show_stage(self, stage: int) -> None:
        """Show another stage of the told story."""
        stories = self._session.stories
        if (current := stories.current) is not None and stage != stories.stage:
            self.tell(stories.collection, current[1], stage)

    # One's own

    @Slot()
    def ask_new(self) -> None:
        """Make a story of what is on the screen."""
        story = self.made()
        if story is None:
            self.refused.emit(
                "There is nothing to make a story of yet: open a model and a text, or translate a "
                "sentence, first."
            )
            return
        from rnnviz.views.dialogs.story_dialog import StoryDialog  # only who asks waits for it

        dialog = StoryDialog(story, self._window)

        def chosen() -> None:
            self._session.stories.add(dialog.story)
            self.message.emit(f"“{dialog.story.title}” is the last of your stories.")

        open_dialog(dialog, chosen, self.refused.emit)

    def made(self) -> Story | None:
        """What is on the screen as a story; None where nothing can be told again."""
        session = self._session
        workspace = self._workspace_name()
        if workspace == "alignments":
            answer = session.alignments.current
            if answer is None:
                return None
            sentence = answer.question.sentence
            return Story(
                title=sentence[:80],
                caption="",
                show="alignments",
                model=answer.model.path,
                sentence=sentence,
            )
        finding = self._exporting.finding()
        if finding is None or not finding.model_path:
            return None
        text = session.recordings.text
        inline = str(text) if text is not None and not finding.text_path else ""
        if workspace == "gradients":
            networks = tuple(one.network.path for one in session.gradients.compared)
            return Story(
                title="Gradients of " + finding.model_name,
                caption="",
                show="gradients",
                finding=finding,
                text=inline,
                networks=networks,
            )
        caption = self._exporting.caption()
        return Story(title=finding.title, caption=caption, finding=finding, text=inline)

    def _workspace_name(self) -> str:
        return str(self._window.workspace_tabs.current.name)  # type: ignore[attr-defined]

    @Slot(int)
    def ask_change(self, place: int) -> None:
        """Change the title and the caption of one of one's own."""
        from rnnviz.views.dialogs.story_dialog import StoryDialog  # only who asks waits for it

        dialog = StoryDialog(self._session.stories.at(OWN, place), self._window)

        def chosen() -> None:
            self._session.stories.change(place, dialog.story.title, dialog.story.caption)

        open_dialog(dialog, chosen, self.refused.emit)

    @Slot(int)
    def remove(self, place: int) -> None:
        """Remove one of one's own; undo brings it back."""
        stories = self._session.stories
        title = stories.at(OWN, place).title
        try:
            self._undo_stack.push(RemoveStory(stories, place, title))
        except RnnvizError as error:
            self.refused.emit(str(error))
            return
        self.message.emit(f"Removed “{title}”. Undo brings it back.")

    @Slot(int, int)
    def move(self, place: int, way: int) -> None:
        """Tell one of one's own earlier or later."""
        try:
            self._session.stories.move(place, way)
        except RnnvizError as error:
            self.refused.emit(str(error))

    @Slot()
    def take_in(self) -> None:
        """Put the stories of the opened file that is told among one's own."""
        stories = self._session.stories
        if stories.collection in ("", OWN, SHIPPED):
            self.refused.emit("Open a file of stories first, then keep them.")
            return
        try:
            stories.take_in(stories.collection)
        except RnnvizError as error:
            self.refused.emit(str(error))
        else:
            self.message.emit("The stories of this file are among yours now.")

    # Sharing

    def _shared(self) -> str:
        """The collection that is shared: the one that is told, else one's own, else what ships."""
        stories = self._session.stories
        return stories.collection or (OWN if stories.of(OWN) else SHIPPED)

    @Slot()
    def ask_pack(self) -> None:
        """Ask for a file and write stories with their models and texts into it."""
        path = ask_save_path(
            self._window, "Share stories as one file", f"stories{SUFFIX}", f"Stories (*{SUFFIX})"
        )
        if path is None:
            return
        try:
            self._session.stories.write_pack(path, self._shared())
        except RnnvizError as error:
            self.refused.emit(str(error))

    @Slot(object)
    def _tell_packed(self, path: Path) -> None:
        self.message.emit(f"Written to {path}: whoever opens it with rnnviz sees these stories.")

    @Slot()
    def ask_page(self) -> None:
        """Ask for a file and write stories onto one web page."""
        path = ask_save_path(
            self._window, "Export stories as a web page", "stories.html", "Web page (*.html)"
        )
        if path is not None:
            self._session.stories.write_page(path, self._shared())

    @Slot(object, object)
    def _tell_page(self, page: StoriesWritten, path: Path) -> None:
        many = "1 story" if page.stories == 1 else f"{page.stories} stories"
        say = self.refused if page.left_out else self.message
        say.emit(exported(many, path, page.left_out))
