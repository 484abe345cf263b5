"""One thing that a person can do: what a workspace says of it, and menus and keys are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtGui import QKeySequence

Shortcut = QKeySequence.StandardKey | str | None
SEPARATOR = "-"
"""The words of an entry that is only a line between others."""


class MenuEntry(NamedTuple):
    """One thing a person can do."""

    menu: str
    """The menu's title, `File/Export` for a menu in a menu; empty for a key without an entry."""
    text: str
    shortcut: Shortcut = None
    run: Callable[[], object] = lambda: None
    key: str = ""
    """A single key that does the same while the text or nothing has the focus."""
    workspace: str = ""
    """The name of the workspace in which it can be done; empty for all."""
    anywhere: bool = False
    """Whether its menu and its shortcut hold in every workspace; its single key still does not."""
