"""How several panels of a training are laid out: choices and words in one line, plots below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QSizePolicy, QVBoxLayout, QWidget

from rnnviz.views.shared.controls.tall_page import TallPage, fill
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.theme import for_text
from rnnviz.views.shared.words.plain_text import Label

_NAMES_WIDE = 200
_WORDS_WIDE = 260
"""Words that have so much room beside the choices stay there."""


class QuietWords(Label):
    """Words that take the room that is left, and go on below where that is too narrow for them."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "muted")
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def minimumSizeHint(self) -> QSize:
        """As wide as the words, if they are few."""
        metrics = self.fontMetrics()
        wide = metrics.horizontalAdvance(self.text()) + 2
        return QSize(min(wide, for_text(_WORDS_WIDE)), metrics.height())


def list_of_names(title: str) -> QListWidget:
    """A narrow list that stands beside a plot."""
    names = QListWidget()
    names.setAccessibleName(title)
    names.setFixedWidth(_NAMES_WIDE)
    names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return names


def page_of(
    choices: Sequence[QWidget], words: QWidget, beside: Sequence[tuple[QWidget, int]]
) -> QWidget:
    """The page of a panel; where nothing but the words is visible, they stay at its top.

    Args:
        beside: what stands side by side below, each with its share of the width; 0 takes its own.
    """
    page = TallPage()
    body, column = QHBoxLayout(), QVBoxLayout(page)
    body.setSpacing(0)
    for widget, share in beside:
        fill(widget)
        body.addWidget(widget, share)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(WrappingRow(*choices, words, spread=False))
    column.addLayout(body, 1)
    column.addStretch(0)
    return page
