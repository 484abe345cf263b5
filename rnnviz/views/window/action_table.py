"""The table of everything that a person can do in the window: one line each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from rnnviz.views.window.actions import SEPARATOR, Deed

if TYPE_CHECKING:
    from rnnviz.views.window.window import Window


def deeds(window: Window) -> tuple[Deed, ...]:
    """Menu, words, shortcut, deed and single key, in the order of the menus."""
    text, asking, exporting = window.text_panel, window.asking, window.exporting
    session, key = window.session, QKeySequence.StandardKey
    return (
        Deed("File", "Open…", key.Open, asking.ask_open),
        Deed("File", "Open recording or run…", "Ctrl+Shift+O", asking.ask_open_folder),
        Deed("File", "Open run over ssh…", None, asking.ask_remote_run),
        Deed("File/Open recent", "Clear this list", None, session.library.forget_recent),
        Deed("File", SEPARATOR),
        Deed("File", "Save finding…", key.Save, asking.ask_finding),
        Deed("File", "Export text as shown…", "Ctrl+Shift+E", exporting.ask_text),
        Deed("File", "Export findings as a web page…", None, exporting.ask_findings),
        Deed("File", SEPARATOR),
        Deed("File", "Quit", "Ctrl+Q", window.close),
        Deed("Edit", "Undo", key.Undo, window.undo),
        Deed("Edit", "Redo", key.Redo, window.redo),
        Deed("Edit", SEPARATOR),
        Deed("Edit", "Find…", key.Find, text.search.open_bar, key="/"),
        Deed("Edit", "Go to character…", "Ctrl+G", asking.ask_position, key="G"),
        Deed("Edit", "Type your own text", "Ctrl+E", text.toggle_editing, key="E"),
        Deed("Edit", SEPARATOR),
        Deed("Edit", "New concept…", "Ctrl+Shift+N", asking.ask_concept),
        Deed("Edit", "Remove this concept", None, asking.remove_concept),
        *_in_rooms(window),
        Deed("View", "Zoom in", key.ZoomIn, text.zoom_in),
        Deed("View", "Zoom out", key.ZoomOut, text.zoom_out),
        Deed("View", "Reset layout", None, window.reset_layout),
        Deed("View", SEPARATOR),
        *_rooms(window),
        Deed("Help", "Keyboard shortcuts", key.HelpContents, window.show_keys, key="?"),
        Deed("Help", "Folder of recordings", None, window.show_cache),
        Deed("Help", "About rnnviz", None, window.show_about),
    )


def _in_rooms(window: Window) -> tuple[Deed, ...]:
    """What each workspace brings; a key of one holds there alone."""
    return tuple(
        deed._replace(room=workspace.name)
        for workspace in window.workspaces
        for deed in workspace.deeds()
    )


def _rooms(window: Window) -> tuple[Deed, ...]:
    """One entry a workspace, on Ctrl+1, Ctrl+2, ..."""
    if len(window.workspaces) == 1:
        return ()
    entries = (
        Deed("View", workspace.title, f"Ctrl+{number}", partial(window.enter, workspace.name))
        for number, workspace in enumerate(window.workspaces, start=1)
    )
    return (*entries, Deed("View", SEPARATOR))
