"""Words from files stay what they are: Qt takes a name like `<b>` for formatting, these do not."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from rnnviz.core.sequences.texts.direction import unturned


class Label(QLabel):
    """A label that shows its text as it is; what is meant as HTML says so by `setTextFormat`."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show this; a name in it, such as that of a file, turns nothing round."""
        super().setText(unturned(text))


class LinkLabel(Label):
    """A label with links that answer: its text is HTML, in which words from files are escaped."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(text)


def plain_tip(words: str) -> str:
    """A tooltip that shows these words as they are.

    >>> plain_tip("R&D"), plain_tip("a <b>.txt")
    ('R&D', '<span style="white-space: pre-wrap">a &lt;b&gt;.txt</span>')
    """
    words = unturned(words)
    # What makes Qt guess that there is HTML.
    if "<" not in words and "&lt;" not in words:
        return words
    return f'<span style="white-space: pre-wrap">{escape(words, quote=False)}</span>'


def warn(parent: QWidget, title: str, words: str) -> None:
    """Say in a box what went wrong, and wait until it was read."""
    from PySide6.QtWidgets import QMessageBox  # here: the window starts without

    box = QMessageBox(QMessageBox.Icon.Warning, title, "", QMessageBox.StandardButton.Ok, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(words)
    box.exec()
