"""The text of an edit field as it was typed."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit

_LINE_ENDS = dict.fromkeys(map(ord, "\u2028\u2029\ufdd0\ufdd1"), "\n")
"""What Qt keeps between lines in place of a line feed."""


def whole_text(field: QPlainTextEdit) -> str:
    """All characters of the field; `toPlainText` makes blanks of no-break spaces."""
    return field.document().toRawText().translate(_LINE_ENDS)
