"""What of the window random events came to: panels with something in them, dialogs, menu entries.

What was never reached was never tried, however many events there were.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import partial

from PySide6.QtWidgets import QApplication, QDialog, QMenu

import rnnviz.views
from rnnviz.views.window.window import Window


class Reach:
    """Notes what is seen and done in a window.

    Args:
        window: it must be made, with its menus.
        reached: what was reached is added here.
    """

    def __init__(self, window: Window, reached: set[str]) -> None:
        self._window = window
        self._reached = reached
        for text, action in window.actions_.actions.items():
            action.triggered.connect(partial(self._note, f"entry {text}"))

    def _note(self, what: str, *_: object) -> None:
        self._reached.add(what)

    def look(self) -> None:
        """Note what is on the screen now."""
        current = self._window.workspace_tabs.current
        self._note(f"workspace {current.name}")
        for panel in current.panels:
            if panel.seen and not panel.empty:
                self._note(f"panel {current.name}/{panel.name}")
        modal, popup = QApplication.activeModalWidget(), QApplication.activePopupWidget()
        for widget in (modal, *QApplication.topLevelWidgets()):
            if isinstance(widget, QDialog) and widget.isVisible():
                self._note(f"dialog {type(widget).__name__}")
        if isinstance(popup, QMenu) and popup.title():
            self._note(f"menu {popup.title().replace('&', '')}")

    def found(self) -> dict[str, list[str]]:
        """What was reached, and all that there is."""
        return {"reached": sorted(self._reached), "all": sorted(set(self._all()))}

    def _all(self) -> Iterator[str]:
        for workspace in self._window.workspaces:
            yield f"workspace {workspace.name}"
            yield from (f"panel {workspace.name}/{kind.name}" for kind in workspace.panel_types)
        yield from (f"entry {text}" for text in self._window.actions_.actions if text != "Quit")
        yield from (f"menu {path.rpartition('/')[2]}" for path in self._window.actions_.menus)
        for module in pkgutil.walk_packages(rnnviz.views.__path__, "rnnviz.views."):
            importlib.import_module(module.name)
        yield from (
            f"dialog {kind.__name__}"
            for kind in _below(QDialog)
            if kind.__module__.startswith("rnnviz.") and not kind.__subclasses__()
        )


def _below(kind: type[object]) -> Iterator[type[object]]:
    below: list[type[object]] = kind.__subclasses__()
    for one in below:
        yield one
        yield from _below(one)
