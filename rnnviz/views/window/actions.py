"""Everything a person can do, in one table: menus, shortcuts and the sheet of keys come from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

Shortcut = QKeySequence.StandardKey | str | None


SEPARATOR = "-"
"""The words of a deed that is only a line between others."""


class Deed(NamedTuple):
    """One thing a person can do."""

    menu: str
    """The menu's title, `File/Export` for a menu in a menu; empty for a key without an entry."""
    text: str
    shortcut: Shortcut = None
    run: Callable[[], object] = lambda: None
    key: str = ""
    """A single key that does the same while the text or nothing has the focus."""
    room: str = ""
    """The name of the workspace in which the key holds; empty for all."""


class Actions:
    """Builds the menus of a window from its deeds, and finds the deed of a single key."""

    def __init__(self, window: QMainWindow, deeds: tuple[Deed, ...]) -> None:
        self.deeds = deeds
        self.menus: dict[str, QMenu] = {}
        self.actions: dict[str, QAction] = {}
        self._window = window
        self._keys: dict[tuple[str, int], Deed] = {}
        for deed in deeds:
            if deed.key:
                for combination in _combinations(deed.key):
                    self._keys[deed.room, combination] = deed
            if not deed.menu:
                continue
            menu = self.menu(deed.menu)
            if deed.text == SEPARATOR:
                menu.addSeparator()
                continue
            action = menu.addAction(deed.text)
            action.triggered.connect(_without_arguments(deed.run))
            if deed.shortcut is not None:
                action.setShortcut(QKeySequence(deed.shortcut))
            self.actions[deed.text] = action

    def menu(self, path: str) -> QMenu:
        """The menu at this path, made if need be."""
        if path not in self.menus:
            above, _, title = path.rpartition("/")
            parent = self.menu(above) if above else self._window.menuBar()
            self.menus[path] = parent.addMenu(f"&{title}")
        return self.menus[path]

    def deed_of(self, event: QKeyEvent, room: str = "") -> Deed | None:
        """What this single key does in this workspace, if anything."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        combined = QKeyCombination(modifiers, Qt.Key(event.key())).toCombined()
        return self._keys.get((room, combined)) or self._keys.get(("", combined))

    def keys(self, room: str = "") -> list[tuple[str, str]]:
        """(keys, what they do) in this workspace, in the order of the menus."""
        listed = []
        for deed in self.deeds:
            if deed.room not in ("", room):
                continue
            shortcut = ""
            if deed.shortcut is not None:
                native = QKeySequence.SequenceFormat.NativeText
                shortcut = QKeySequence(deed.shortcut).toString(native)
            shown = " or ".join(key for key in (deed.key.replace(" ", " or "), shortcut) if key)
            if shown:
                listed.append((shown, deed.text.replace("&", "").rstrip("…")))
        return listed


def _combinations(keys: str) -> list[int]:
    found = []
    for key in keys.split():
        combination = QKeyCombination.fromCombined(QKeySequence(key)[0].toCombined())  # type: ignore[index]
        found.append(combination.toCombined())
        if key in ("?", "/"):
            # On many keyboards these come with Shift.
            shifted = QKeyCombination(Qt.KeyboardModifier.ShiftModifier, combination.key())
            found.append(shifted.toCombined())
    return found


def _without_arguments(run: Callable[[], object]) -> Callable[[], None]:
    def triggered() -> None:
        run()

    return triggered
