"""What every workspace is: something in the centre, docked panels around it, a layout kept."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import ClassVar

import msgspec
from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QTabBar, QTabWidget, QWidget

from rnnviz.core.system.ready_types import ready
from rnnviz.session.session import Session
from rnnviz.views.shared.controls.dock_handle import DockHandle
from rnnviz.views.shared.importing import PLOTS, ImportsAhead
from rnnviz.views.shared.menu_entry import MenuEntry
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.theme import for_text

_RIGHT, _BOTTOM = (Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea)
_ROOM = 60
"""So much higher than `low` a workspace must be before panels go back below the middle."""
_LEAST_MIDDLE, _LEAST_BELOW, _LEAST_ACROSS = 420, 120, 420
"""What a restored layout leaves to the middle in height, tools and legend included, and in width;
and what stands below it has at least."""
_PAINTED_MS = 500
"""So long after it is shown a workspace counts as painted."""
_SETTLES_MS = 1500
"""How long after it is first shown a window may still be given its size by the desktop."""


class Left(msgspec.Struct, frozen=True, rename={"at_right": "aside"}):
    """How large a workspace and its docks were, in pixels, when it was left."""

    size: tuple[int, int]
    at_right: bool
    """Whether the panels of `bottom` stood at the right then."""
    docks: dict[str, tuple[int, int]]
    """The width and the height of those that were seen, by their names."""


class PanelsOf:
    """The `PANELS` of a package, which is imported when they are first asked for.

    Args:
        package: its name, `rnnviz.views.cells.panels`.
        without: names of panels that stand elsewhere in the room.
    """

    def __init__(self, package: str, without: tuple[str, ...] = ()) -> None:
        self._package, self._without = package, without

    def __get__(self, workspace: object, kind: type) -> tuple[type[Panel], ...]:
        """The panels, in their order."""
        panels: tuple[type[Panel], ...] = import_module(self._package).PANELS
        return tuple(panel for panel in panels if panel.name not in self._without)


class _FirstPaint(QWidget):
    """A point of a workspace that says when that was first painted, and is hidden then.

    The middle itself hears of no painting where parts that let nothing through cover all of it;
    where it lies over this point, as Alignments' does, it hears of its own. Should something else
    lie over it, the workspace counts as painted soon after it was shown.

    Signals:
        painted: the workspace is on the screen.
    """

    painted = Signal()

    def __init__(self, workspace: QWidget) -> None:
        super().__init__(workspace)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resize(1, 1)
        self._said = False

    def showEvent(self, event: QShowEvent) -> None:
        """Say so soon, whatever is heard of."""
        super().showEvent(event)
        QTimer.singleShot(_PAINTED_MS, self, self._say)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say so, once."""
        self._say()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Say so where the middle is painted."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._say()
        return super().eventFilter(watched, event)

    def _say(self) -> None:
        if not self._said:
            self._said = True
            self.painted.emit()
            QTimer.singleShot(0, self, self.hide)


class Workspace(QMainWindow):
    """One of the window's. A subclass names itself, lists its panels and makes its centre.

    A workspace that nobody entered costs nothing: all of it is built when it is first shown.

    Signals:
        open_requested: the person wants to open a file.
        message(str): something for the status bar.
        failed(str): what a person must read and can act on.
    """

    open_requested = Signal()
    message = Signal(str)
    failed = Signal(str)

    name: ClassVar[str]
    """The key under which its layout is remembered; never change it."""
    title: ClassVar[str]
    panel_types: ClassVar[PanelsOf | tuple[type[Panel], ...]] = ()
    made_of: ClassVar[tuple[str, ...]] = ()
    """Modules that it imports when it is first entered; they may be imported before."""
    bottom: ClassVar[tuple[str, ...]] = ()
    """Names of the panels that want width; the others stand at the right."""
    right_width: ClassVar[int] = 400
    bottom_height: ClassVar[int] = 240
    least_right_width: ClassVar[int] = 364
    low: ClassVar[int] = 640
    """In a room that is lower, the panels of `bottom` stand under those at the right."""
    larger: ClassVar[float] = 0
    """By how many points the words of the middle are larger for the last row, where it does not
    see to that itself."""
    layout_version: ClassVar[int] = 1
    """Raised when docks change so much that a remembered layout would be wrong."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setObjectName(self.name)
        self.setAccessibleName(self.title)
        self.session = session
        self.panels: tuple[Panel, ...] = ()
        self.docks: dict[str, QDockWidget] = {}
        self._built = False
        self._pieces = self._made_in_pieces()
        self._sized = False
        self._at_right = False
        """Whether the panels of `bottom` stand under those at the right, for want of height."""
        self._height = 0
        """As it was last."""
        self._default_layout = QByteArray()
        self._before = QByteArray()
        """The layout from before it was presented."""
        self._left: Left | None = None
        """How large everything was when the layout was left that was restored."""
        self._left_before: Left | None = None
        """The sizes from before it was presented."""
        self._presented = False
        self._zoomed = 0.0
        """By how many points words are larger than usual, as the person wanted them."""
        self._raised = 0.0
        """By how many more those of the middle are, for the last row."""
        self._was_shown = False
        self._asked_for = ""
        """The panel that was asked for last, until the docks are laid out anew."""
        self._laid_for = QSize()
        """The size for which the docks were laid out last while the window opens."""
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLES_MS)
        self._relaying = QTimer(self)
        self._relaying.setSingleShot(True)
        self._relaying.timeout.connect(self._lay_out_anew)
        self._tidying = QTimer(self)
        self._tidying.setSingleShot(True)
        self._tidying.timeout.connect(self._hide_stale_bars)

    # For subclasses

    def centre(self) -> QWidget:
        """Make what stands in the middle; called once, before the panels are made."""
        raise NotImplementedError

    def connect_parts(self) -> None:
        """Connect the parts of this workspace with each other; called once, when all are made."""

    def keys_go_to(self) -> QWidget:
        """What has the keys when this workspace is entered; called when it is on the screen."""
        centre = self.centralWidget()
        for widget in centre.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                return widget
        return centre

    def entries(self) -> tuple[MenuEntry, ...]:
        """What a person can do here: entries of the menus, and keys that hold in this workspace."""
        return ()

    def subjects(self) -> tuple[str, ...] | None:
        """What is open in this room, for the title of the window; None where Cells says it."""
        return None

    def undo(self) -> bool:
        """Take back the last thing done in this workspace; whether there was one."""
        return False

    def redo(self) -> bool:
        """Do again what was taken back in this workspace; whether there was anything."""
        return False

    def present_centre(self, presented: bool) -> None:
        """Make the middle large and leave out its tools, or bring them back."""

    # Presenting

    def set_presented(self, presented: bool) -> None:
        """Show the middle alone, for the last row; or everything, as it was."""
        self.ensure_built()
        if presented:
            self._before = self.saveState(self.layout_version)
            self._left_before = self._sizes_now()
            for dock in self.docks.values():
                dock.hide()
        elif not self._before.isNull():
            self.restoreState(self._before, self.layout_version)
            self._before = QByteArray()
            self._tidying.start()
        self._presented = presented
        if self.larger:
            self._raise_centre(self.larger if presented else 0)
        self.present_centre(presented)

    def _raise_centre(self, points: float) -> None:
        """Make the words of the middle larger by so many points than they are zoomed to."""
        from rnnviz.views.shared.zooming import room_for, zoom_all  # only who asks waits for it

        raised = room_for(self._zoomed, points)
        # Of words that were as large as can be, no more is taken back than was given.
        if raised != self._raised:
            zoom_all(self.centralWidget(), raised - self._raised)
        self._raised = raised

    def zoom_words(self, steps: float) -> None:
        """Make text, plots and tables larger by so many points; 0 as they are usually."""
        from rnnviz.views.shared.zooming import room_for, zoom_all  # only who asks waits for it

        if steps == 0:
            zoom_all(self, 0)
            self._zoomed = self._raised = 0.0
            if self._presented and self.larger:
                self._raise_centre(self.larger)
            return
        taken = room_for(self._zoomed, steps, self._raised)
        self._zoomed += taken
        # A text and a table of attention have bounds of their own, and are not raised so.
        wanted = taken if self.larger else steps
        if wanted:
            zoom_all(self, wanted)

    @Slot(object)
    def _zoom_made(self, panel: Panel) -> None:
        """A panel that was made now has words as large as those that were there."""
        middle = self.centralWidget()
        within = middle is panel or middle.isAncestorOf(panel)
        points = self._zoomed + (self._raised if within else 0)
        if points:
            from rnnviz.views.shared.zooming import zoom_all  # seldom needed

            zoom_all(panel, 0)  # what was made first may have grown already
            zoom_all(panel, points)

    # Building

    def ensure_built(self) -> None:
        """Make the workspace, if it is not made yet."""
        while not self.make_on():
            pass

    def make_on(self) -> bool:
        """Make the next piece of the workspace; whether all of it is made."""
        if not self._built:
            for _ in self._pieces:
                return False
            self._built = True
        return True

    def _made_in_pieces(self) -> Iterator[None]:
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        middle = self.centre()
        self.setCentralWidget(middle)
        for panel in (middle, *middle.findChildren(Panel)):
            if isinstance(panel, Panel):
                panel.made.connect(self._zoom_made)
        yield
        kinds = self.panel_types
        yield
        self.panels = tuple(panel(self.session) for panel in kinds)
        for panel in self.panels:
            panel.setParent(self)
            panel.hold()
            panel.made.connect(self._zoom_made)
        self._first_paint = _FirstPaint(self)
        self._first_paint.painted.connect(self._draw_soon)
        middle.installEventFilter(self._first_paint)
        yield
        first: dict[Qt.DockWidgetArea, QDockWidget] = {}
        for panel in self.panels:
            panel.open_requested.connect(self.open_requested)
            area = _BOTTOM if panel.name in self.bottom else _RIGHT
            dock = self._dock(panel, area)
            if area in first:
                self.tabifyDockWidget(first[area], dock)
            first.setdefault(area, dock)
            yield
        for dock in first.values():
            dock.raise_()
        self.connect_parts()
        yield
        self._default_layout = self.saveState(self.layout_version)
        self._laid_for = self.size()
        self._sized = self._restore()

    @Slot()
    def _draw_soon(self) -> None:
        """Let the panels draw once the room was seen and plots, which take long, are imported."""
        # Asked now, not as the window starts: another room may have imported them since.
        plots = ImportsAhead(() if PLOTS[-1] in sys.modules else PLOTS, self)
        plots.done.connect(self._release_panels)
        plots.start()

    @Slot()
    def _release_panels(self) -> None:
        for panel in self.panels:
            QTimer.singleShot(0, panel, panel.release)

    def _dock(self, panel: Panel, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(panel.title, self)
        dock.setObjectName(panel.name)
        # Without a scroll area the least sizes of all docks would add up to the window's.
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        scroll.setAccessibleName(panel.title)
        scroll.setWidget(panel)
        scroll.setMinimumWidth(for_text(self.least_right_width) if area == _RIGHT else 0)
        dock.setWidget(scroll)
        # Its tab names it already; what is left of the title is something to drag it by.
        dock.setTitleBarWidget(DockHandle(dock))
        dock.visibilityChanged.connect(panel.set_raised)
        self.addDockWidget(area, dock)
        self.docks[panel.name] = dock
        return dock

    # Layout

    @property
    def _layout_key(self) -> str:
        return f"layout/{self.name}"

    @property
    def _sizes_key(self) -> str:
        return f"layout-sizes/{self.name}"

    def reset_layout(self) -> None:
        """Put all docks back to where they were at first."""
        self.ensure_built()
        self._left = None
        for dock in self.docks.values():
            dock.show()
        self.restoreState(self._default_layout, self.layout_version)
        self._size_docks()
        self._tidying.start()

    def save_layout(self, settings: QSettings) -> None:
        """Remember where the docks are."""
        if self._built:
            presented = not self._before.isNull()
            layout = self._before if presented else self.saveState(self.layout_version)
            settings.setValue(self._layout_key, layout)
            if self._was_shown:  # else nothing has its size yet
                left = self._left_before if presented else self._sizes_now()
                settings.setValue(self._sizes_key, msgspec.json.encode(left).decode())

    def _restore(self) -> bool:
        """Lay the docks out as they were left; whether that is known."""
        settings = self.session.settings
        layout = settings.value(self._layout_key)
        if not (isinstance(layout, QByteArray) and self.restoreState(layout, self.layout_version)):
            return False
        sizes = settings.value(self._sizes_key)
        self._left = None
        if isinstance(sizes, str):
            # What another version wrote, or a person, is no reason to open no window.
            with contextlib.suppress(msgspec.DecodeError):
                self._left = msgspec.json.decode(sizes, type=ready(Left))
        lower = self._lower
        self._at_right = bool(lower) and self.dockWidgetArea(lower[0]) == _RIGHT
        self._share_anew()
        return True

    @property
    def _lower(self) -> list[QDockWidget]:
        """The docks of the panels that want width."""
        return [self.docks[name] for name in self.bottom if name in self.docks]

    def _seen_docks(self, area: Qt.DockWidgetArea) -> list[QDockWidget]:
        """The docks at a side, of those that share a place the one that is seen."""
        return [
            dock
            for dock in self.docks.values()
            if not (dock.isFloating() or dock.isHidden())
            and self.dockWidgetArea(dock) == area
            and self.rect().intersects(dock.geometry())
        ]

    def _sizes_now(self) -> Left:
        seen = [*self._seen_docks(_RIGHT), *self._seen_docks(_BOTTOM)]
        docks = {dock.objectName(): (dock.width(), dock.height()) for dock in seen}
        return Left((self.width(), self.height()), self._at_right, docks)

    @Slot()
    def _share_anew(self) -> None:
        """In a room of another size than that in which the docks were left, share it as then.

        What was high in a large window would leave three lines of text in a small one.
        """
        left, size = self._left, (self.width(), self.height())
        if left is None or left.size == size:
            return
        if left.at_right and self._at_right and self.height() >= for_text(self.low) + _ROOM:
            self._move_lower(_BOTTOM)
        elif not self._at_right and self.height() < for_text(self.low):
            self._move_lower(_RIGHT)
        across, down = (now / max(1, before) for now, before in zip(size, left.size, strict=True))
        below, right = self._seen_docks(_BOTTOM), self._seen_docks(_RIGHT)
        if below:
            known = left.docks.get(below[0].objectName())
            wanted = (
                self.bottom_height if known is None or left.at_right else round(known[1] * down)
            )
            most = max(self.height() - for_text(_LEAST_MIDDLE), _LEAST_BELOW)
            self.resizeDocks(below[:1], [min(wanted, most)], Qt.Orientation.Vertical)
        if right:
            known = left.docks.get(right[0].objectName())
            wanted = round(known[0] * across) if known else for_text(self.right_width)
            least = for_text(self.least_right_width)
            width = max(least, min(wanted, self.width() - for_text(_LEAST_ACROSS)))
            self.resizeDocks(right[:1], [width], Qt.Orientation.Horizontal)
        if self._at_right and not left.at_right:
            self._share_height()
        elif len(right) > 1:
            heights = [round(left.docks.get(d.objectName(), (0, 200))[1] * down) for d in right]
            self.resizeDocks(right, heights, Qt.Orientation.Vertical)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front, where it stays if the docks are laid out anew right after."""
        self.ensure_built()
        self._asked_for = name
        self.docks[name].show()
        self.docks[name].raise_()

    def _size_docks(self) -> None:
        """Give the docks their first sizes."""
        names = [panel.name for panel in self.panels]
        right = next((self.docks[name] for name in names if name not in self.bottom), None)
        lower = [self.docks[name] for name in names if name in self.bottom]
        below = lower[0] if lower else None
        if right is not None:
            narrow = self.width() < 3 * for_text(self.right_width)
            width = for_text(self.least_right_width) if narrow else for_text(self.right_width)
            self.resizeDocks([right], [width], Qt.Orientation.Horizontal)
        if below is not None and right is not None and self.height() < for_text(self.low):
            self._move_lower(_RIGHT)
            self._share_height()
        elif below is not None:
            self.resizeDocks([below], [self.bottom_height], Qt.Orientation.Vertical)

    @Slot()
    def _share_height(self) -> None:
        """Give the panels at the right and those that stand below them about as much."""
        shown = [self.docks[panel.name] for panel in self.panels if panel.name in self.docks]
        right = next((dock for dock in shown if dock.objectName() not in self.bottom), None)
        below = next((dock for dock in shown if dock.objectName() in self.bottom), None)
        if right is not None and below is not None and self._at_right:
            halves = [self.height() * 11 // 20, self.height() * 9 // 20]
            self.resizeDocks([right, below], halves, Qt.Orientation.Vertical)

    def _move_lower(self, area: Qt.DockWidgetArea) -> None:
        """Put the panels that want width below the middle, or below those at the right."""
        lower = [self.docks[panel.name] for panel in self.panels if panel.name in self.bottom]
        lower = [dock for dock in lower if not dock.isFloating() and not dock.isHidden()]
        if not lower:
            return
        self.addDockWidget(area, lower[0], Qt.Orientation.Vertical)
        for dock in lower[1:]:
            self.tabifyDockWidget(lower[0], dock)
        lower[0].raise_()
        self._at_right = area == _RIGHT
        self._tidying.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a window that was made low, leave its height to the middle; give it back later."""
        super().resizeEvent(event)
        # Not what the event says: a room that is entered after the window was made low is told no
        # size of before.
        before, self._height = self._height, self.height()
        if self._settling.isActive() and self.height() > before:
            # A window that opens small and is maximised then would keep the docks of the small one.
            self._relaying.start()
            return
        if self._settling.isActive() and self._left is not None:
            QTimer.singleShot(0, self, self._share_anew)
            return
        if not self._sized or not self.docks or not before:
            return
        if self.height() < for_text(self.low) <= before and not self._at_right:
            self._move_lower(_RIGHT)
            # Before it is shown the docks would not keep their sizes.
            QTimer.singleShot(0, self, self._share_height)
        elif self._at_right and self.height() >= for_text(self.low) + _ROOM > before:
            self._move_lower(_BOTTOM)
            below = [self.docks[name] for name in self.bottom if name in self.docks]
            self.resizeDocks(below[:1], [self.bottom_height], Qt.Orientation.Vertical)

    def showEvent(self, event: QShowEvent) -> None:
        """Give the docks their first sizes; before it is shown they would not keep them."""
        self.ensure_built()
        super().showEvent(event)
        if not self._sized:
            self._sized = True
            self._size_docks()
        if not self._was_shown:
            self._first_paint.show()
            self._first_paint.raise_()
            self._was_shown = True
            self._settling.start()
            # Before it is shown the docks would not keep their sizes.
            QTimer.singleShot(0, self, self._share_anew)
            if self._laid_for != self.size():
                self._relaying.start()
        for bar in self.findChildren(QTabBar):
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setAccessibleName("Panels")
        self._tidying.start()

    @Slot()
    def _lay_out_anew(self) -> None:
        """Lay the docks out as they were left, or as at first, now that there is more room."""
        if (
            not self._built
            or self._presented  # its docks are hidden, and come back as they were
            or self._laid_for == self.size()
            or self.height() < self._laid_for.height()
        ):
            return
        self._laid_for = self.size()
        if not self._restore():
            self.restoreState(self._default_layout, self.layout_version)
            lower = self._lower
            self._at_right = bool(lower) and self.dockWidgetArea(lower[0]) == _RIGHT
            self._size_docks()
        if (asked := self.docks.get(self._asked_for)) is not None:
            asked.show()
            asked.raise_()
        self._asked_for = ""
        self._tidying.start()

    @Slot()
    def _hide_stale_bars(self) -> None:
        """Hide tab bars that Qt left on the screen when docks joined or a layout was restored.

        A bar that is in use lies right above the dock of its tab.
        """
        docks = {dock.windowTitle(): dock for dock in self.docks.values()}
        for bar in self.findChildren(QTabBar):
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setAccessibleName("Panels")
        for bar in self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            dock = docks.get(bar.tabText(bar.currentIndex()))
            if dock is None or dock.isFloating():
                continue
            below, place = dock.geometry(), bar.geometry()
            if (place.left(), place.bottom() + 1) != (below.left(), below.top()):
                bar.hide()
