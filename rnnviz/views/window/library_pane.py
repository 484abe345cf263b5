"""The left of the window: models, texts and findings that are one click away."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.cells.finding import SavedFinding
from rnnviz.core.files.reading import exists
from rnnviz.session.session import Session
from rnnviz.session.shared.stories import OWN, SHIPPED
from rnnviz.views.kinds import kind_view
from rnnviz.views.shared.theme import icon, theme_of
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_ROLE = Qt.ItemDataRole.UserRole
_MOST_MEASURED = 1000
_ICON = Qt.ItemDataRole.UserRole + 1
"""The name of the icon, which is drawn anew in another theme."""


class StoryPlace(NamedTuple):
    """Which story a row stands for."""

    collection: str
    place: int


class _Wrapped(QStyledItemDelegate):
    """Gives a long title the room of two lines or three, whatever the pane's width."""

    def __init__(self, tree: QTreeWidget) -> None:
        super().__init__(tree)
        self._known: dict[tuple[str, str, int], QSize] = {}
        """By the words, the font and the width: a tree asks for all its rows at every layout."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """As high as the words are in the width that there is."""
        tree = self.parent()
        assert isinstance(tree, QTreeWidget)
        self.initStyleOption(option, index)
        key = (option.text, option.font.key(), tree.viewport().width())
        if (known := self._known.get(key)) is not None:
            return known
        if len(self._known) > _MOST_MEASURED:
            self._known.clear()
        size = super().sizeHint(option, index)
        style = tree.style()
        option.rect = QRect(0, 0, tree.viewport().width() - tree.indentation(), 1000)
        place = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, tree)
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, tree) + 1
        room = QRect(0, 0, max(40, place.width() - 2 * margin), 1000)
        words = option.fontMetrics.boundingRect(room, Qt.TextFlag.TextWordWrap, option.text)
        line = option.fontMetrics.height()
        found = QSize(size.width(), size.height() + max(0, words.height() - line))
        self._known[key] = found
        return found


class LibraryTree(QTreeWidget):
    """Measures its rows anew when it becomes wider or narrower; one's own stories are dragged.

    Signals:
        story_dropped(place, target): one of one's own stories is to be told at another place.
    """

    story_dropped = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_Wrapped(self))
        self.setWordWrap(True)
        self.setDragDropMode(QTreeWidget.DragDropMode.InternalMove)
        self.dragged: int | None = None
        """The place of the story that is being dragged."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Alt and an arrow to the pane: a tree takes them for an arrow alone."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:  # noqa: N802
        """Take one of one's own stories along; the other rows have their place."""
        where = _own_story(self.currentItem())
        if where is not None:
            self.dragged = where.place
            super().startDrag(actions)
            self.dragged = None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file from the desktop is the window's."""
        if self.dragged is None:
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show between which of them it would come to stand."""
        super().dragMoveEvent(event)
        if self._target(event) is None:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Say where it is to be; the rows are made anew by whoever keeps the stories."""
        target, dragged = self._target(event), self.dragged
        # Else the view would take the row out by itself.
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if target is not None and dragged is not None and target != dragged:
            # Not while the view still holds rows that will be gone.
            QTimer.singleShot(0, self, lambda: self.story_dropped.emit(dragged, target))

    def _target(self, event: QDropEvent) -> int | None:
        """The place that the dragged story would take; None where it cannot be dropped."""
        item = self.itemAt(event.position().toPoint())
        where = _own_story(item)
        if item is None or where is None or self.dragged is None:
            return None
        below = event.position().y() > self.visualItemRect(item).center().y()
        before = where.place + below
        return before - (before > self.dragged)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Titles may take another number of lines."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()


def _own_story(leaf: QTreeWidgetItem | None) -> StoryPlace | None:
    """Which of one's own stories a row stands for, if it does."""
    data = leaf.data(0, _ROLE) if leaf is not None else None
    return data if isinstance(data, StoryPlace) and data.collection == OWN else None


class LibraryPane(QWidget):
    """Lists what lies at hand; opening and removing are the window's.

    Signals:
        file_requested(Path): open this model or text.
        run_requested(Path): follow the run in this directory in Cells.
        finding_requested(SavedFinding): show this finding again.
        finding_removal_requested(SavedFinding), finding_edit_requested(SavedFinding).
        story_requested(collection, place): tell this story.
        story_edit_requested(place), story_removal_requested(place), story_move_requested(place,
            way): of one's own stories.
    """

    file_requested = Signal(object)
    run_requested = Signal(object)
    finding_requested = Signal(object)
    finding_removal_requested = Signal(object)
    finding_edit_requested = Signal(object)
    story_requested = Signal(str, int)
    story_edit_requested = Signal(int)
    story_removal_requested = Signal(int)
    story_move_requested = Signal(int, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self._groups: tuple[QTreeWidgetItem, ...] = ()  # Qt sends events while it is being built
        super().__init__(parent)
        self._session = session
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.tree = LibraryTree()
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName("Library")
        self.tree.setIndentation(8)
        self.tree.setRootIsDecorated(False)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.tree.itemActivated.connect(self._activate)
        self.tree.itemClicked.connect(self._activate)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self.tree.story_dropped.connect(self._drop_story)
        column.addWidget(self.tree)
        hint = Label("Drop a model or a text anywhere in the window to open it.")
        hint.setWordWrap(True)
        hint.setProperty("role", "muted")
        hint.setContentsMargins(12, 8, 12, 12)
        column.addWidget(hint)
        self._stories: dict[str, QTreeWidgetItem] = {}
        self.show_stories()
        self.models = self._group("Models")
        self.texts = self._group("Texts")
        self.recent = self._group("Recent")
        self.findings = self._group("Findings")
        self._groups = (self.models, self.texts, self.recent, self.findings)
        for model in session.library.models:
            drawn = kind_view(model.kind.key).icon
            self._leaf(self.models, model.name, drawn, model.path)
        # What each is stands in a tip, which nobody reads in the first frame.
        self._described = 0
        QTimer.singleShot(0, self, self._describe_models)
        for text in session.library.texts:
            self._leaf(self.texts, text.title, "file-text", text.path, text.source)
        self.show_recent()
        self.show_findings()
        session.library.recent_changed.connect(self.show_recent)
        session.findings.findings_changed.connect(self.show_findings)
        session.stories.changed.connect(self.show_stories)
        session.stories.told.connect(self.mark_current_story)
        session.recordings.model_changed.connect(self.mark_open)
        session.recordings.text_changed.connect(self.mark_open)
        session.alignments.model_changed.connect(self.mark_open)

    def _group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.tree, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setExpanded(True)
        return group

    def _leaf(
        self,
        group: QTreeWidgetItem,
        title: str,
        icon_name: str,
        data: Path | SavedFinding | StoryPlace,
        tip: str = "",
    ) -> QTreeWidgetItem:
        leaf = QTreeWidgetItem(group, [title])
        leaf.setIcon(0, icon(icon_name))
        leaf.setData(0, _ICON, icon_name)
        leaf.setData(0, _ROLE, data)
        leaf.setToolTip(0, plain_tip(f"{title}\n{tip}" if tip else title))
        if not _own_story(leaf):
            leaf.setFlags(leaf.flags() & ~Qt.ItemFlag.ItemIsDragEnabled)
        return leaf

    @Slot()
    def _describe_models(self) -> None:
        """Say of a model what it is, the next one in the next turn of the loop: each is a file.

        One whose description is damaged is not listed.
        """
        if self._described >= len(self._session.library.models):
            return
        model = self._session.library.models[self._described]
        leaf = self.models.child(self._described)
        if model.sound:
            leaf.setToolTip(0, plain_tip(f"{model.name}\n{model.description.summary}"))
        leaf.setHidden(not model.sound)
        self._described += 1
        QTimer.singleShot(0, self, self._describe_models)

    @Slot()
    def show_stories(self) -> None:
        """List the stories: those that ship, one's own, those of opened files."""
        titles = {SHIPPED: "Stories", OWN: "My stories"}
        chosen = self._selected_story()
        for place, (key, stories) in enumerate(self._session.stories.collections):
            group = self._stories.get(key)
            if group is None:
                group = self._group(titles.get(key, stories.title))
                self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(group))
                self.tree.insertTopLevelItem(place, group)
                group.setExpanded(True)
                self._stories[key] = group
            _empty(group)
            for number, story in enumerate(stories.stories):
                where = StoryPlace(key, number)
                self._leaf(group, story.title, "play", where, story.caption)
            group.setHidden(not stories.stories)
        if chosen is not None and (count := self._stories[OWN].childCount()):
            # Who renames one, or removes one after the other, goes on from there.
            self.tree.setCurrentItem(self._stories[OWN].child(min(chosen.place, count - 1)))
        self.mark_current_story()

    @Slot()
    def mark_current_story(self) -> None:
        """Show in bold which story is being told."""
        stories = self._session.stories
        current = stories.current
        told = StoryPlace(stories.collection, current[1]) if current is not None else None
        for group in self._stories.values():
            for place in range(group.childCount()):
                leaf = group.child(place)
                font = leaf.font(0)
                font.setBold(leaf.data(0, _ROLE) == told)
                leaf.setFont(0, font)

    @Slot()
    def show_recent(self) -> None:
        """List the files opened last; those that are gone are greyed."""
        _empty(self.recent)
        for path in self._session.library.recent:
            leaf = self._leaf(self.recent, path.name, "history", path, str(path))
            if not exists(path):
                leaf.setDisabled(True)
                leaf.setToolTip(0, plain_tip(f"{path} is not there any more"))
        self.recent.setHidden(self.recent.childCount() == 0)

    @Slot()
    def show_findings(self) -> None:
        """List what was saved."""
        _empty(self.findings)
        for saved in self._session.findings.items:
            finding = saved.finding
            name = f"{finding.channel} {finding.unit_name}"
            tip = f"{finding.model_name}: {name}\n{finding.note}".strip()
            self._leaf(self.findings, finding.title, "bookmark", saved, tip)
        for damaged in self._session.findings.damaged:
            leaf = QTreeWidgetItem(self.findings, [damaged.path.name])
            leaf.setDisabled(True)
            leaf.setToolTip(0, plain_tip(damaged.reason))
        self.findings.setHidden(self.findings.childCount() == 0)

    @Slot()
    def mark_open(self) -> None:
        """Show in bold which model and text are open."""
        recordings = self._session.recordings
        translator = self._session.alignments.model
        models = {Path(opened.path) for opened in (recordings.model, translator) if opened}
        text = recordings.text.path if recordings.text else None
        texts = {text} if text is not None else set()
        for group, opened in ((self.models, models), (self.texts, texts)):
            for place in range(group.childCount()):
                leaf = group.child(place)
                font = leaf.font(0)
                font.setBold(leaf.data(0, _ROLE) in opened)
                leaf.setFont(0, font)

    @Slot(QTreeWidgetItem)
    def _activate(self, leaf: QTreeWidgetItem) -> None:
        data = leaf.data(0, _ROLE)
        if leaf.isDisabled():
            return
        if isinstance(data, Path):
            self.file_requested.emit(data)
        elif isinstance(data, StoryPlace):
            self.story_requested.emit(*data)
        elif isinstance(data, SavedFinding):
            self.finding_requested.emit(data)

    def _selected_story(self) -> StoryPlace | None:
        """The selected one of one's own stories."""
        return _own_story(self.tree.currentItem())

    def _selected_finding(self) -> SavedFinding | None:
        leaf = self.tree.currentItem()
        data = leaf.data(0, _ROLE) if leaf is not None else None  # type: ignore[redundant-expr]
        return data if isinstance(data, SavedFinding) else None

    def _selected_run(self) -> Path | None:
        """The selected directory, if a training run lies there."""
        leaf = self.tree.currentItem()
        data = leaf.data(0, _ROLE) if leaf is not None else None  # type: ignore[redundant-expr]
        return data if isinstance(data, Path) and exists(data / "run.json") else None

    @Slot(QPoint)
    def _open_menu(self, place: QPoint) -> None:
        of_run = self._selected_run() is not None
        of_story = self._selected_story() is not None
        if not of_run and not of_story and self._selected_finding() is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if of_run:
            menu.addAction("Open", self._open_selected_run)
            menu.addAction("Follow in Cells", self._follow_selected)
        elif of_story:
            menu.addAction("Tell", self._tell_selected)
            menu.addAction("Edit title and caption…\tF2", self._edit_story)
            menu.addAction("Move up\tAlt+Up", self._move_up)
            menu.addAction("Move down\tAlt+Down", self._move_down)
            menu.addAction("Remove\tDel", self._remove_story)
        else:
            menu.addAction("Show", self._show_selected)
            menu.addAction("Edit title and note…\tF2", self._edit_selected)
            menu.addAction("Remove\tDel", self._remove_selected)
        menu.popup(self.tree.viewport().mapToGlobal(place))

    @Slot()
    def _open_selected_run(self) -> None:
        if run := self._selected_run():
            self.file_requested.emit(run)

    @Slot()
    def _follow_selected(self) -> None:
        if run := self._selected_run():
            self.run_requested.emit(run)

    @Slot()
    def _show_selected(self) -> None:
        if finding := self._selected_finding():
            self.finding_requested.emit(finding)

    @Slot()
    def _edit_selected(self) -> None:
        if finding := self._selected_finding():
            self.finding_edit_requested.emit(finding)

    @Slot()
    def _remove_selected(self) -> None:
        if finding := self._selected_finding():
            self.finding_removal_requested.emit(finding)

    @Slot()
    def _tell_selected(self) -> None:
        if place := self._selected_story():
            self.story_requested.emit(*place)

    @Slot()
    def _edit_story(self) -> None:
        if place := self._selected_story():
            self.story_edit_requested.emit(place.place)

    @Slot()
    def _remove_story(self) -> None:
        if place := self._selected_story():
            self.story_removal_requested.emit(place.place)

    @Slot()
    def _move_up(self) -> None:
        self._move_story(-1)

    @Slot()
    def _move_down(self) -> None:
        self._move_story(1)

    def _move_story(self, way: int) -> None:
        if place := self._selected_story():
            last = self._stories[OWN].childCount() - 1
            self._drop_story(place.place, min(max(place.place + way, 0), last))

    @Slot(int, int)
    def _drop_story(self, place: int, target: int) -> None:
        """Tell it at another place; it stays the selected one."""
        self.story_move_requested.emit(place, target - place)
        self.tree.setCurrentItem(self._stories[OWN].child(target))

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icons in the colours of the theme."""
        super().changeEvent(event)
        dressed = event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)
        if dressed and self._groups:
            theme = theme_of(self)
            for group in (*self._groups, *self._stories.values()):
                for place in range(group.childCount()):
                    leaf = group.child(place)
                    if leaf.data(0, _ICON):
                        leaf.setIcon(0, icon(leaf.data(0, _ICON), theme))

    def showEvent(self, event: QShowEvent) -> None:
        """Lay the rows out again: before the first show the style sheet does not hold for them."""
        super().showEvent(event)
        self.tree.ensurePolished()
        self.tree.doItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes the chosen finding or story, F2 renames it; Alt and an arrow moves one."""
        alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Delete and self._selected_finding():
            self._remove_selected()
        elif event.key() == Qt.Key.Key_Delete and self._selected_story():
            self._remove_story()
        elif event.key() == Qt.Key.Key_F2 and self._selected_story():
            self._edit_story()
        elif event.key() == Qt.Key.Key_F2 and self._selected_finding():
            self._edit_selected()
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._selected_story():
            self._move_story(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)


def _empty(group: QTreeWidgetItem) -> None:
    """Remove all below it one by one: what `takeChildren` gives, nothing ever deletes."""
    while group.childCount():
        group.removeChild(group.child(0))
