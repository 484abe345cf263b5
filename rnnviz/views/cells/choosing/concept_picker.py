"""Chooses one of many concepts: grouped by family, found by typing part of a name."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QSizePolicy, QWidget

from rnnviz.core.concepts.base import Concept
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.theme import ui_font
from rnnviz.views.shared.words.plain_text import plain_tip
from rnnviz.views.text.painting.missing_fonts import shown_marks

FAMILIES = {
    "prose": "Prose",
    "code": "Source code",
    "latex": "LaTeX",
    "numbers": "Numbers",
    "any": "Any text",
}
_NAME = Qt.ItemDataRole.UserRole
_NEW_CONCEPT = "\0new"
"""Stands for the last entry; no concept has this name."""


class ConceptPicker(Choices):
    """A list of concepts under the headings of their families.

    Where one may do without, the list begins with "No concept" and ends with making a new one.
    A click anywhere opens the list; what is typed while it is open leaves the names that have it.

    Signals:
        chosen(name): the person chose a concept.
        cleared: the person wants none.
        new_requested: the person wants to make one.
    """

    chosen = Signal(str)
    cleared = Signal()
    new_requested = Signal()

    def __init__(self, optional: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._optional = optional
        self._concepts: tuple[Concept, ...] | None = None
        self._current: str | None = None
        self.setAccessibleName("Concept")
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(12)
        self.setMaxVisibleItems(24)
        field = QLineEdit(self)
        field.setPlaceholderText("Choose or type a concept")
        field.editingFinished.connect(self._finish_typing)
        self.setLineEdit(field)
        field.installEventFilter(self)
        self.view().installEventFilter(self)
        self.activated.connect(self._choose)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click into the name opens the list; letters typed in the list find a name."""
        field = self.lineEdit()
        if field is None:
            return super().eventFilter(watched, event)
        if watched is field and isinstance(event, QMouseEvent):
            # at its release: a list opened by the press would be closed by that
            released = event.type() == QEvent.Type.MouseButtonRelease
            if released and event.button() == Qt.MouseButton.LeftButton:
                field.selectAll()
                self.showPopup()
        elif watched is not field and isinstance(event, QKeyEvent) and _writes(event):
            self.hidePopup()
            field.setFocus()
            field.selectAll()
            QCoreApplication.sendEvent(field, event)
            return True
        return super().eventFilter(watched, event)

    def set_concepts(self, concepts: tuple[Concept, ...]) -> None:
        """Offer these; what a person is typing stays."""
        if concepts == self._concepts:
            return
        typed = self.currentText() if self._typing else None
        self._concepts = concepts
        model = QStandardItemModel(self)
        if self._optional:
            model.appendRow(_entry("No concept", "", "Draw nothing under the text"))
        families = dict.fromkeys((*FAMILIES, *(concept.family for concept in concepts)))
        for family in families:
            members = [concept for concept in concepts if concept.family == family]
            if members:
                heading = QStandardItem(FAMILIES.get(family, family.capitalize()))
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                model.appendRow(heading)
            for concept in members:
                model.appendRow(
                    _entry(concept.title, concept.name, shown_marks(concept.about, ui_font()))
                )
        if self._optional:
            model.appendRow(_entry("New concept…", _NEW_CONCEPT, "Label the text in your own way"))
        with QSignalBlocker(self):
            self.setModel(model)
        # Of the line: it deletes the one before, which a child of the list would outlive.
        completer = QCompleter([concept.title for concept in concepts], self.lineEdit())
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)
        self._show_current()
        field = self.lineEdit()
        if typed is not None and field is not None:
            field.setText(typed)
            field.setModified(True)

    def set_current(self, name: str | None) -> None:
        """Show this concept, without choosing it; a person who types goes on typing."""
        if name == self._current:
            return  # written anew, the name would lose what is selected in it
        self._current = name
        if not self._typing:
            self._show_current()

    @property
    def _typing(self) -> bool:
        """Whether a person has begun to write a name; the list that completes it may have focus."""
        field = self.lineEdit()
        return field is not None and field.isModified()

    def _show_current(self) -> None:
        name = self._current
        wanted = "" if name is None and self._optional else name
        row = -1 if wanted is None else self.findData(wanted, _NAME)
        with QSignalBlocker(self):
            self.setCurrentIndex(row)
            self.setEditText(self.itemText(row) if row >= 0 else "")

    @Slot(int)
    def _choose(self, row: int) -> None:
        name = self.itemData(row, _NAME)
        if name == _NEW_CONCEPT:
            self._show_current()
            self.new_requested.emit()
        elif name == "":
            self._current = None
            self.cleared.emit()
        elif name and name != self._current:
            self._current = name
            self.chosen.emit(name)

    @Slot()
    def _finish_typing(self) -> None:
        typed = self.currentText().strip().lower()
        offered = self._concepts or ()
        found = [concept for concept in offered if typed and typed in concept.title.lower()]
        exact = [concept for concept in found if concept.title.lower() == typed]
        match = exact[0] if exact else found[0] if len(found) == 1 else None
        changed = match is not None and match.name != self._current
        if match is not None:
            self._current = match.name
        self._show_current()
        if changed:
            self.chosen.emit(self._current)


def _writes(event: QKeyEvent) -> bool:
    """Whether a key that goes down writes a letter, and is no command."""
    keys = Qt.KeyboardModifier
    commands = keys.ControlModifier | keys.AltModifier | keys.MetaModifier
    shown = event.text().strip()
    down = event.type() == QEvent.Type.KeyPress
    return down and bool(shown) and shown.isprintable() and not event.modifiers() & commands


def _entry(title: str, name: str, about: str) -> QStandardItem:
    item = QStandardItem(title)
    item.setData(name, _NAME)
    item.setToolTip(plain_tip(about))
    return item
