"""Everything that can be done or looked at, one field away: a command palette."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout

from rnnviz.core.errors import UnitError
from rnnviz.core.files.reading import exists
from rnnviz.views.shared.importing import ImportsAhead
from rnnviz.views.shared.menu_entry import SEPARATOR, MenuEntry
from rnnviz.views.shared.words.plain_text import Label
from rnnviz.views.shared.words.speaking import speak

if TYPE_CHECKING:
    from rnnviz.session.training.runs import OpenRun
    from rnnviz.views.window.window import Window

_SHOWN = 60
_UNIT = re.compile(r"\s*(?:unit\s+)?(?:(\S+)\s*:\s*)?(\d{1,7})\s*", re.IGNORECASE)
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Choice(NamedTuple):
    """One line of the palette."""

    kind: str
    """`Menu`, `Panel`, `Unit`, `Concept`, `Model`, `Text`, `Story`, `Recent`, `Run`, `Finding`."""
    words: str
    keys: str
    run: Callable[[], object]

    @property
    def shown(self) -> str:
        """As it stands in the list."""
        keys = f"    {self.keys}" if self.keys else ""
        return f"{self.kind}: {self.words}{keys}"


class Palette(QDialog):
    """Typing narrows the list, the arrows choose, Enter does it."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.setWindowTitle("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(min(640, window.width() - 40), min(440, window.height() - 80))
        self.field = QLineEdit()
        self.field.setPlaceholderText(
            "A command, a panel, a unit (2:97), a concept, a model, a text, a story, a recent file"
        )
        self.field.setAccessibleName(
            "Command, panel, unit, concept, model, text, story, recent file or run"
        )
        self.list = QListWidget()
        self.list.setAccessibleName("What was found")
        self.list.setUniformItemSizes(True)
        self.nothing = Label()
        self.nothing.setProperty("role", "muted")
        self.nothing.setTextFormat(Qt.TextFormat.PlainText)
        self.nothing.setWordWrap(True)
        self.nothing.setContentsMargins(8, 8, 8, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing, 1, Qt.AlignmentFlag.AlignTop)
        self._choices = tuple(choices(window))
        self._found: list[Choice] = []
        self.field.textChanged.connect(self._narrow)
        self.field.returnPressed.connect(self._choose)
        self.list.itemClicked.connect(self._clicked)
        self.field.installEventFilter(self)
        self._narrow("")
        self.field.setFocus()
        ahead = ImportsAhead([name for room in window.workspaces for name in room.made_of], self)
        ahead.done.connect(self._add_panels)
        ahead.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows move in the list while the field has the focus."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() in _MOVES:  # type: ignore[attr-defined]
            self.list.event(event)
            return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _narrow(self, typed: str) -> None:
        self._found = narrowed((*self._units(typed), *self._choices), typed)[:_SHOWN]
        self.list.clear()
        for choice in self._found:
            self.list.addItem(QListWidgetItem(choice.shown))
        if self._found:
            self.list.setCurrentRow(0)
        words = "" if self._found else f"Nothing here is called “{typed.strip()}”."
        self.nothing.setText(words)
        speak(self.field, words)
        self.list.setVisible(bool(self._found))
        self.nothing.setVisible(not self._found)

    @Slot()
    def _add_panels(self) -> None:
        """What rooms hold is known once they are imported; the chosen line stays so."""
        row = self.list.currentRow()
        chosen = self._found[row] if 0 < row < len(self._found) else None
        self._choices += tuple(_panels(self._window))
        self._narrow(self.field.text())
        if chosen is not None and chosen in self._found:
            self.list.setCurrentRow(self._found.index(chosen))

    def _units(self, typed: str) -> Iterator[Choice]:
        """The unit that was typed by its name, `2:97`, or by its number in the group on screen."""
        match = _UNIT.fullmatch(typed)
        recording = self._window.session.recordings.recording
        if match is None or recording is None:
            return
        selection = self._window.session.selection
        named = match[1] or selection.group_and_unit[0]
        try:
            unit = recording.groups.number(named, int(match[2]))
        except UnitError:
            return

        def run() -> None:
            self._window.enter("cells")
            selection.select_unit(unit)

        title = recording.unit_title(unit)
        yield Choice("Unit", f"{recording.unit_name(unit)}, {title}", "", run)

    @Slot()
    def _choose(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._found):
            chosen = self._found[row]
            # What is done may open a dialog of its own.
            self.accept()
            chosen.run()

    @Slot(QListWidgetItem)
    def _clicked(self, item: QListWidgetItem) -> None:
        self._choose()


def narrowed(found: tuple[Choice, ...], typed: str) -> list[Choice]:
    """Those in which every typed word occurs; first those whose words begin with the first."""
    words = typed.casefold().split()
    if not words:
        return list(found)

    def place(choice: Choice) -> tuple[int, int]:
        name = choice.words.casefold()
        if choice.kind == "Unit":
            return 0, 0
        if name.startswith(words[0]):
            return 1, len(name)
        begins = any(part.startswith(words[0]) for part in name.split())
        return (2 if begins else 3), len(name)

    matching = [one for one in found if all(word in one.shown.casefold() for word in words)]
    matching += [one for one in found if one.kind == "Unit" and one not in matching]
    return sorted(matching, key=place)


def choices(window: Window) -> Iterator[Choice]:
    """All there is to choose, but for units and panels."""
    session = window.session
    for entry in window.actions_.entries:
        if entry.menu and entry.text != SEPARATOR:
            yield Choice("Menu", _words(entry), _keys(entry), _doing(window, entry))
    for key, stories in session.stories.collections:
        for place, story in enumerate(stories.stories):
            yield Choice("Story", story.title, "", _bound(window.telling.tell, key, place))
    yield from _to_look_at(window)


def _panels(window: Window) -> Iterator[Choice]:
    """The panels of every room, and the library."""
    for room in window.workspaces:
        for panel in room.panel_types:
            words = f"{panel.title} ({room.title})"
            yield Choice("Panel", words, "", _bound(window.show_panel, room.name, panel.name))
    yield Choice("Panel", window.library_dock.windowTitle(), "", window.library_dock.show)


def _to_look_at(window: Window) -> Iterator[Choice]:
    """Concepts, models, texts, recent files, runs, findings."""
    session = window.session
    for concept in session.rankings.concepts:
        yield Choice("Concept", concept.title, "", _concept(window, concept.name))
    for model in session.library.models:
        yield Choice("Model", model.name, "", _bound(window.open_path, model.path))
    for text in session.library.texts:
        yield Choice("Text", text.title, "", _bound(window.open_path, text.path))
    for path in session.library.recent:
        if exists(path):
            yield Choice("Recent", path.name, "", _bound(window.open_path, path))
    for run in session.runs.opened:
        yield Choice("Run", run.name, "", _run(window, run))
    for saved in session.findings.items:
        yield Choice("Finding", saved.finding.title, "", _bound(window.show_finding, saved))


def _words(entry: MenuEntry) -> str:
    menu = entry.menu.replace("/", " > ")
    return f"{entry.text.replace('&', '').rstrip('…')} ({menu})"


def _keys(entry: MenuEntry) -> str:
    keys = entry.key.split()[:1]
    if entry.shortcut is not None:
        native = QKeySequence.SequenceFormat.NativeText
        keys.append(QKeySequence(entry.shortcut).toString(native))
    return " or ".join(filter(None, keys))


def _doing(window: Window, entry: MenuEntry) -> Callable[[], object]:
    """What an entry does, in the workspace that it belongs to."""

    def run() -> None:
        if entry.workspace and not entry.anywhere:
            window.enter(entry.workspace)
        entry.run()

    return run


def _concept(window: Window, name: str) -> Callable[[], object]:
    def run() -> None:
        window.enter("cells")
        window.session.selection.set_concept(name)

    return run


def _run(window: Window, opened: OpenRun) -> Callable[[], object]:
    def run() -> None:
        window.enter("training")
        window.session.runs.set_current(opened)

    return run


def _bound(doing: Callable[..., object], *facts: object) -> Callable[[], object]:
    def run() -> None:
        doing(*facts)

    return run
