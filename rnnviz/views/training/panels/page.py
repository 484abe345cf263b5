"""How several panels of a training are laid out: choices and words in one line, plots below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QSizePolicy, QVBoxLayout, QWidget

from rnnviz.views.shared.words.plain_text import Label

_NAMES_WIDE = 200


def quiet_words() -> Label:
    """Words that take the room that is left, and claim none."""
    words = Label()
    words.setProperty("role", "muted")
    words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return words


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
    page = QWidget()
    row, body, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(page)
    row.setContentsMargins(12, 8, 12, 0)
    row.setSpacing(8)
    for choice in choices:
        row.addWidget(choice)
    row.addWidget(words, 1)
    body.setSpacing(0)
    for widget, share in beside:
        body.addWidget(widget, share)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addLayout(row)
    column.addLayout(body, 1)
    column.addStretch(0)
    return page
