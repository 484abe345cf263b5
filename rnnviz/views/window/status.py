"""The bottom of the window: what is under way, with cancel, and the last message."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Slot
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from rnnviz.session.shared.jobs import Jobs
from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.plain_text import Label

_SHOWN_AFTER_MS = 200
"""Shorter jobs come and go without a flicker."""


class Status(QStatusBar):
    """Shows the oldest job under way; a job shorter than a fifth of a second is not shown."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shown = 0
        self._since = QElapsedTimer()
        self.setSizeGripEnabled(False)
        self.title = Label()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Progress")
        self.left = Label()
        self.left.setTextFormat(Qt.TextFormat.PlainText)
        self.left.setProperty("role", "muted")
        self.left.setMinimumWidth(self.fontMetrics().horizontalAdvance("about 00 min left"))
        self.cancel = QToolButton()
        set_icon(self.cancel, "x")
        self.cancel.setToolTip("Stop this")
        self.cancel.setAccessibleName("Stop what is under way")
        self.cancel.clicked.connect(self._cancel)
        for widget in (self.title, self.bar, self.left, self.cancel):
            self.addPermanentWidget(widget)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SHOWN_AFTER_MS)
        self._later.timeout.connect(self._show_jobs)
        jobs.changed.connect(self._jobs_changed)
        jobs.moved.connect(self._jobs_changed)
        self._set_shown(False)

    def say(self, message: str, milliseconds: int = 8000) -> None:
        """Show a message for some seconds; 0 keeps it until the next."""
        self.showMessage(message, milliseconds)

    @Slot()
    def _jobs_changed(self) -> None:
        if self.bar.isVisible() or not self._jobs.running:
            self._show_jobs()
        elif not self._later.isActive():
            self._later.start()

    @Slot()
    def _show_jobs(self) -> None:
        running = self._jobs.running
        self._set_shown(bool(running))
        if not running:
            self._shown = 0
            return
        task = running[0]
        if task.number != self._shown:
            self._shown = task.number
            self._since.start()
        more = f"  (+{len(running) - 1})" if len(running) > 1 else ""
        self.title.setText(task.title + more)
        known = task.share > 0
        # Without updates: a bar paints itself at once, and with it all of the window that is due,
        # in the midst of whatever is being told, once for each message of the engine.
        self.bar.setUpdatesEnabled(False)
        self.bar.setRange(0, 1000 if known else 0)
        if known:
            self.bar.setValue(round(task.share * 1000))
        self.bar.setUpdatesEnabled(True)
        self.left.setText(_left(self._since.elapsed() / 1000, task.share) if known else "")

    def _set_shown(self, shown: bool) -> None:
        for widget in (self.title, self.bar, self.left, self.cancel):
            widget.setVisible(shown)

    @Slot()
    def _cancel(self) -> None:
        if running := self._jobs.running:
            title = running[0].title
            self._jobs.cancel(running[0].question)
            self.say(f"Stopped: {title}")


def _left(elapsed_s: float, share: float) -> str:
    """The time left in words, once there is enough to go by."""
    if elapsed_s < 1.0 or share <= 0.02:
        return ""
    seconds = elapsed_s * (1 - share) / share
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left"
