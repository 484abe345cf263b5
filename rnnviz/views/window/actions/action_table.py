"""The table of everything that a person can do in the window: one line each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from rnnviz.views.cells.workspace import CellsWorkspace
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry

if TYPE_CHECKING:
    from rnnviz.views.window.window import Window


def entries(window: Window) -> tuple[MenuEntry, ...]:
    """Menu, words, shortcut, what is done and single key, in the order of the menus."""
    questions, exporting = window.questions, window.exporting
    session, key, cells = window.session, QKeySequence.StandardKey, CellsWorkspace.name
    return (
        MenuEntry("File", "Open…", key.Open, questions.ask_open),
        MenuEntry("File", "Open recording or run…", "Ctrl+Shift+O", questions.ask_open_folder),
        MenuEntry("File", "Open run over ssh…", None, questions.ask_remote_run),
        MenuEntry("File", "Read the model's own text", None, window.read_own_text),
        MenuEntry("File/Open recent", "Clear this list", None, session.library.forget_recent),
        MenuEntry("File", SEPARATOR),
        MenuEntry("File", "Save model as…", None, questions.ask_save_model),
        MenuEntry("File", "Read the model in another way…", None, questions.ask_other_reading),
        MenuEntry("File", "Save finding…", key.Save, questions.ask_finding, workspace=cells),
        MenuEntry(
            "File", "Export text as shown…", "Ctrl+Shift+E", exporting.ask_text, workspace=cells
        ),
        MenuEntry("File", "Export findings as a web page…", None, exporting.ask_findings),
        MenuEntry("File", SEPARATOR),
        MenuEntry("File", "Quit", "Ctrl+Q", window.close),
        MenuEntry("Edit", "Undo", key.Undo, window.undo),
        MenuEntry("Edit", "Redo", key.Redo, window.redo),
        MenuEntry("Edit", SEPARATOR),
        *_about_text(window, cells),
        *_in_workspaces(window),
        *_stories(window),
        MenuEntry("View", "Zoom in", key.ZoomIn, window.zoom_in),
        MenuEntry("View", "Zoom out", key.ZoomOut, window.zoom_out),
        MenuEntry("View", "Usual size", "Ctrl+0", window.zoom_usual),
        MenuEntry("View", "Present", "F5", window.presentation.toggle),
        MenuEntry("View", "Full screen", "F11", window.toggle_full_screen),
        MenuEntry("View", "Reset layout", None, window.reset_layout),
        MenuEntry("View", SEPARATOR),
        MenuEntry("View", "Next part of the window", "F6", window.next_part),
        MenuEntry("View", "Previous part of the window", "Shift+F6", window.previous_part),
        MenuEntry("View", SEPARATOR),
        MenuEntry("View", "Command palette…", "Ctrl+K", window.open_palette),
        MenuEntry("View", "Back", "Alt+Left", window.places.back),
        MenuEntry("View", "Forward", "Alt+Right", window.places.forward),
        MenuEntry("View", SEPARATOR),
        *_workspaces(window),
        MenuEntry("Help", "Keyboard shortcuts", key.HelpContents, window.show_keys, key="?"),
        MenuEntry("Help", "Folder of recordings", None, window.show_cache),
        MenuEntry("Help", "Folder of crash records", None, window.show_crash_records),
        MenuEntry("Help", "About rnnviz", None, window.show_about),
    )


def _about_text(window: Window, cells: str) -> tuple[MenuEntry, ...]:
    """What is done with the coloured text and its concepts, where these are seen."""
    text, questions, key = window.text_panel, window.questions, QKeySequence.StandardKey
    entries = (
        MenuEntry("Edit", "Find…", key.Find, text.search.open_bar, key="/"),
        MenuEntry("Edit", "Go to line…", "Ctrl+G", questions.ask_line),
        MenuEntry("Edit", "Go to character…", None, questions.ask_position, key="G"),
        MenuEntry("Edit", "Type your own text", "Ctrl+E", text.toggle_editing, key="E"),
        MenuEntry("Edit", SEPARATOR),
        MenuEntry("Edit", "New concept…", "Ctrl+Shift+N", questions.ask_concept),
        MenuEntry("Edit", "Remove this concept", None, questions.remove_concept),
    )
    return tuple(entry._replace(workspace=cells) for entry in entries)


def _stories(window: Window) -> tuple[MenuEntry, ...]:
    """Telling stories, and making one's own."""
    telling = window.telling
    return (
        MenuEntry("Story", "Tell the next story", "Ctrl+PgDown", partial(telling.step, 1)),
        MenuEntry("Story", "Tell the story before", "Ctrl+PgUp", partial(telling.step, -1)),
        MenuEntry("Story", "End the stories", None, window.session.stories.end),
        MenuEntry("Story", SEPARATOR),
        MenuEntry("Story", "Make a story of this…", "Ctrl+Shift+M", telling.ask_new),
        MenuEntry("Story", "Keep the stories of this file", None, telling.take_in),
        MenuEntry("Story", "Share stories as one file…", None, telling.ask_pack),
        MenuEntry("Story", "Export stories as a web page…", None, telling.ask_page),
    )


def _in_workspaces(window: Window) -> tuple[MenuEntry, ...]:
    """What each workspace brings; a key of one holds there alone."""
    return tuple(
        entry._replace(workspace=workspace.name)
        for workspace in window.workspaces
        for entry in workspace.entries()
    )


def _workspaces(window: Window) -> tuple[MenuEntry, ...]:
    """One entry a workspace, on Ctrl+1, Ctrl+2, ..."""
    if len(window.workspaces) == 1:
        return ()
    entries = (
        MenuEntry("View", workspace.title, f"Ctrl+{number}", partial(window.enter, workspace.name))
        for number, workspace in enumerate(window.workspaces, start=1)
    )
    return (*entries, MenuEntry("View", SEPARATOR))
