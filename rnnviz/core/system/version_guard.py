"""Versions of Qt that would end the window without a word; a plain refusal is better."""

from __future__ import annotations


def check_qt(version: str, python: tuple[int, ...]) -> str | None:
    """Why this PySide6 must not be used with this Python, or None if it may.

    PySide6 6.12.0 drops one reference to `True` with every signal that is emitted. Before Python
    3.12, where `True` became immortal, the interpreter aborts after a few hundred signals.

    >>> check_qt("6.10.3", (3, 11, 7)) is None
    True
    """
    if version == "6.12.0" and python < (3, 12):
        found = ".".join(str(part) for part in python[:3])
        return (
            f"PySide6 6.12.0 crashes under Python {found}, soon after the window opens; "
            "install PySide6-Essentials 6.10.3, or use Python 3.12 or newer"
        )
    return None
