"""The story that is being told: its caption above the picture, and the way to the next one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.session.session import Session
from rnnviz.views.shared.stylesheet import restyle
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label, plain_tip


class StoryBar(QFrame):
    """Title, caption, place among the stories; there only while one is being told.

    Signals:
        step_requested(int): tell the next story (1) or the one before (-1).
        stage_requested(int): show this stage of the story, from 0.
        again_requested: show this story again; the person went somewhere else.
        end_requested: no story any more.
    """

    step_requested = Signal(int)
    stage_requested = Signal(int)
    again_requested = Signal()
    end_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._workspace = ""
        self.setProperty("role", "story")
        self.setAccessibleName("Story")
        self.title, self.caption, self.place = Label(), Label(), Label()
        self.elsewhere = Label()
        self.elsewhere.setProperty("role", "muted")
        self.elsewhere.setWordWrap(True)
        self.title.setProperty("role", "story-title")
        self.caption.setProperty("role", "story-caption")
        self.place.setProperty("role", "muted")
        for label in (self.title, self.caption):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.before = self._button("chevron-left", "The story before (Page up)")
        self.after = self._button("chevron-right", "The next story (Page down)")
        self.close_button = self._button("x", "End the stories (Esc)")
        self.again = QPushButton("Back to the story")
        self.again.setProperty("role", "small")
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(self.elsewhere)
        told.addWidget(self.title)
        told.addWidget(self.caption)
        self.stages = QSlider(Qt.Orientation.Horizontal)
        self.stages.setAccessibleName("Stage of the story")
        self.stages.setToolTip(plain_tip("From its first stage to its last (page keys)"))
        self.stages.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.stages.setPageStep(1)
        self.stages.setMaximumWidth(420)
        told.addWidget(self.stages)
        self.stages.valueChanged.connect(self.stage_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 8)
        row.setSpacing(6)
        row.addLayout(told, 1)
        for widget in (self.again, self.before, self.place, self.after, self.close_button):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self.before.clicked.connect(self._step_back)
        self.after.clicked.connect(self._step_on)
        self.close_button.clicked.connect(self.end_requested)
        self.again.clicked.connect(self.again_requested)
        self._follow()
        self.show_story()

    def _follow(self) -> None:
        session = self._session
        session.stories.told.connect(self.show_story)
        for signal in (
            session.selection.unit_changed,
            session.selection.colouring_changed,
            session.recordings.model_changed,
            session.recordings.intervention_changed,
            session.recordings.text_changed,
            session.recordings.recording_changed,
            session.alignments.model_changed,
            session.alignments.answer_changed,
        ):
            signal.connect(self._show_way_back)

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(tip)
        return button

    def enter(self, workspace: str) -> None:
        """Stand above the workspace of this name: of another one the caption tells nothing."""
        if workspace != self._workspace:
            self._workspace = workspace
            self.show_story()

    def set_large(self, large: bool) -> None:
        """In large type for the last row, without buttons; or as usual."""
        for label in (self.title, self.caption, self.elsewhere):
            label.setProperty("large", large)
            restyle(label)
        for widget in (self.before, self.after, self.close_button):
            widget.setVisible(not large)

    @Slot()
    def show_story(self) -> None:
        """Show what is being told."""
        current = self._session.stories.current
        self.setVisible(current is not None)
        if current is None:
            return
        story, place, many = current
        self.title.setText(story.title)
        self.caption.setText(story.caption)
        self.place.setText(f"{place + 1} of {many}")
        stories = self._session.stories
        self.before.setEnabled(stories.beside(-1) is not None)
        self.after.setEnabled(stories.beside(1) is not None)
        self.stages.blockSignals(True)
        self.stages.setRange(0, max(0, len(story.stages) - 1))
        self.stages.setValue(stories.stage)
        self.stages.blockSignals(False)
        self._show_way_back()

    @Slot()
    def _show_way_back(self) -> None:
        """Offer it where something else is on the screen.

        Of another model or text, or in another workspace, the story's words tell nothing; what
        the bar is for is said instead.
        """
        current = self._session.stories.current
        if current is None:
            return
        story = current[0]
        is_open, here = self._session.showing.story_is_open, self._workspace in ("", story.show)
        self.title.setVisible(is_open)
        what = "sentence" if story.show == "alignments" else "text or model"
        self.elsewhere.setText(f"“{story.title}” was told of another {what} than is open now.")
        self.elsewhere.setVisible(not is_open)
        self.caption.setVisible(is_open and here and bool(story.caption))
        self.stages.setVisible(is_open and here and bool(story.stages))
        self.again.setVisible(not (here and self._session.showing.shows_story))
        self.again.setToolTip(plain_tip(story.title))

    @Slot()
    def _step_back(self) -> None:
        self.step_requested.emit(-1)

    @Slot()
    def _step_on(self) -> None:
        self.step_requested.emit(1)
