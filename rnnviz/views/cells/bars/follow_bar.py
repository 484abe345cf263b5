"""The line above the text that says which training is followed, at which step, and how to stop."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from rnnviz.core.errors import RnnvizError
from rnnviz.core.runs.directory.state import STATE_WORDS
from rnnviz.session.cells.following import Following
from rnnviz.session.training.runs import OpenRun, Runs
from rnnviz.views.cells.bars.quiet_bar import QuietBar
from rnnviz.views.plots import ink_colour
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.shared.words.plain_text import plain_tip


class FollowBar(QuietBar):
    """Shown while a run is followed, or while the open model is a checkpoint of an open run.

    Signals:
        message(str): why a run cannot be followed.
    """

    message = Signal(str)

    def __init__(self, following: Following, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__("The training that is followed", parent)
        self._following = following
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.button.clicked.connect(self._press)
        following.changed.connect(self.show_run)
        runs.runs_changed.connect(self.show_run)
        self.show_run()

    @Slot()
    def show_run(self) -> None:
        """Say what is followed by now, or offer to follow."""
        followed, offered = self._following.run, self._following.offered()
        run = followed or offered
        self.setVisible(run is not None)
        if run is None:
            return
        dot = f'<span style="color:{ink_colour(run.ink, theme_of(self)).name()}">●</span>'
        name = f"<b>{escape(run.name)}</b>"
        self.words.setText(
            f"{dot}&nbsp; Following {name} · {self._followed(run)}" if followed else
            f"{dot}&nbsp; A checkpoint of {name}"
        )  # fmt: skip
        self.words.setToolTip(plain_tip(self._following.problem))
        self.button.setText("Stop following" if followed else "Follow")
        self.button.setToolTip(
            plain_tip("Stay with this step; the training goes on" if followed else
            "Read this text again at every new checkpoint of the training")
        )  # fmt: skip

    def _followed(self, run: OpenRun) -> str:
        following = self._following
        parts = []
        if following.step is not None:
            parts.append(f"step {following.step:,}" if following.step else "at first")
            if math.isfinite(following.held_out_nats) and following.step:
                parts.append(f"held out {following.held_out_nats:.2f} nats")
        if following.problem:
            parts.append(f"{escape(following.problem.partition(':')[0])}; the next is tried")
        elif following.step is None:
            known = run.watched.checkpoints or run.watched.record.replaced
            parts.append("reading its newest checkpoint" if known else "no checkpoint yet")
        if run.watched.state != "running":
            parts.append(STATE_WORDS[run.watched.state])
        return " · ".join(parts)

    @Slot()
    def _press(self) -> None:
        offered = self._following.offered()
        try:
            if self._following.run is not None:
                self._following.stop()
            elif offered is not None:
                self._following.follow(offered)
        except RnnvizError as error:
            self.message.emit(str(error))
