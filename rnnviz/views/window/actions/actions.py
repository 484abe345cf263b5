"""Everything a person can do, in one table: menus, shortcuts and the sheet of keys come from it."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QKeyCombination
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.window.actions.key_meanings import meanings

_WITH_DIGIT = re.compile(r"Ctrl\+[0-9]")


class Actions:
    """Builds the menus of a window from its entries, and finds the entry of a single key."""

    def __init__(self, window: QMainWindow, entries: tuple[MenuEntry, ...]) -> None:
        self.entries = entries
        self.menus: dict[str, QMenu] = {}
        self.actions: dict[str, QAction] = {}
        self._window = window
        self._bound: list[tuple[MenuEntry, QAction]] = []
        self._keys: dict[tuple[str, int], MenuEntry] = {}
        for entry in entries:
            if entry.key:
                for combination in _combinations(entry.key):
                    self._keys[entry.workspace, combination] = entry
            if isinstance(entry.shortcut, str) and _WITH_DIGIT.fullmatch(entry.shortcut):
                # Qt finds it by what the key types; here it is found by where the key lies.
                self._keys[entry.workspace, _combinations(entry.shortcut)[0]] = entry
            if not entry.menu:
                continue
            menu = self.menu(entry.menu)
            if entry.text == SEPARATOR:
                menu.addSeparator()
                continue
            # Behind a tab stand the keys of an entry; a single key is no shortcut of Qt's.
            shown = f"\t{entry.key.split()[0]}" if entry.key and entry.shortcut is None else ""
            action = menu.addAction(entry.text + shown)
            action.triggered.connect(_without_arguments(entry.run))
            if entry.shortcut is not None:
                action.setShortcut(QKeySequence(entry.shortcut))
            # Its keys hold also while the menus are hidden.
            self._window.addAction(action)
            self.actions[entry.text] = action
            self._bound.append((entry, action))

    def menu(self, path: str) -> QMenu:
        """The menu at this path, made if need be."""
        if path not in self.menus:
            above, _, title = path.rpartition("/")
            parent = self.menu(above) if above else self._window.menuBar()
            self.menus[path] = parent.addMenu(f"&{title}")
        return self.menus[path]

    def set_workspace(self, name: str) -> None:
        """Allow what can be done in this workspace, and nothing that acts on what is not seen."""
        for entry, action in self._bound:
            action.setEnabled(entry.anywhere or entry.workspace in ("", name))

    def entry_of(self, event: QKeyEvent, workspace: str = "") -> MenuEntry | None:
        """What this single key does in this workspace, if anything."""
        for combined in meanings(event):
            entry = self._keys.get((workspace, combined)) or self._keys.get(("", combined))
            if entry is not None:
                return entry
        return None

    def keys(self, workspace: str = "") -> list[tuple[str, str]]:
        """(keys, what they do) in this workspace, in the order of the menus."""
        listed = []
        for entry in self.entries:
            if entry.workspace not in ("", workspace):
                continue
            shortcut = ""
            if entry.shortcut is not None:
                native = QKeySequence.SequenceFormat.NativeText
                shortcut = QKeySequence(entry.shortcut).toString(native)
            shown = " or ".join(key for key in (entry.key.replace(" ", " or "), shortcut) if key)
            if shown:
                listed.append((shown, entry.text.replace("&", "").rstrip("…")))
        return listed


def _combinations(keys: str) -> list[int]:
    found = []
    for key in keys.split():
        combination = QKeyCombination.fromCombined(QKeySequence(key)[0].toCombined())  # type: ignore[index]
        found.append(combination.toCombined())
    return found


def _without_arguments(run: Callable[[], object]) -> Callable[[], None]:
    def triggered() -> None:
        run()

    return triggered
