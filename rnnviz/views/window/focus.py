"""Where the Tab key goes in the window, and the ring around what has the keys.

Qt goes through widgets in the order in which they were made, and into panels that stand behind
another's tab. Here it is the order in which a person reads them, and what nobody sees is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QDockWidget,
    QMainWindow,
    QPlainTextEdit,
    QScrollArea,
    QSlider,
    QStatusBar,
    QTabBar,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from rnnviz.views.shared.theme import theme_of

_SAME_ROW = 14
"""Widgets whose middles are not further apart, in pixels, stand in one row."""
_TALL = 60
_RING = 2


class Stop(NamedTuple):
    """One place where the Tab key stops."""

    part: tuple[int, int, int]
    """Which part of the window it stands in, in the order of the parts."""
    widget: QWidget


def _visible(above: QWidget) -> Iterator[QWidget]:
    """What is shown in it and in no other window; most stands in rooms that nobody sees."""
    for child in above.children():
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow():
            yield child
            yield from _visible(child)


class FocusWalk:
    """The stops of one window.

    Args:
        centre: what stands in the middle now; its parts come before the docks around it.
    """

    def __init__(self, window: QMainWindow, centre: Callable[[], QWidget | None]) -> None:
        self._window = window
        self._centre = centre

    def stops(self, also: QWidget | None = None) -> list[Stop]:
        """Where the Tab key stops now, in order; with `also`, as if it stopped there, too."""
        found = [widget for widget in _visible(self._window) if self._takes_keys(widget)]
        if also is not None and also not in found and also.window() is self._window:
            found.append(also)
        scrolled = [area for area in found if isinstance(area, QScrollArea) and area is not also]
        for area in scrolled:
            inside = any(area.isAncestorOf(other) for other in found if other is not area)
            if inside or not area.verticalScrollBar().maximum():
                found.remove(area)
        parts: dict[tuple[int, int, int], list[QWidget]] = {}
        for widget in found:
            parts.setdefault(self._part_of(widget), []).append(widget)
        return [Stop(part, each) for part in sorted(parts) for each in self._in_rows(parts[part])]

    def move(self, onwards: bool) -> bool:
        """Give the keys to the next stop, or to the one before; whether there is one."""
        now = QApplication.focusWidget()
        stops = self.stops(also=now)
        widgets = [stop.widget for stop in stops]
        if not widgets or widgets == [now]:
            return False
        place = widgets.index(now) if now in widgets else (-1 if onwards else 0)
        _enter(widgets[(place + (1 if onwards else -1)) % len(widgets)], onwards)
        return True

    def move_part(self, onwards: bool) -> None:
        """Give the keys to the first stop of the next part of the window, or of the one before."""
        now = QApplication.focusWidget()
        stops = self.stops(also=now)
        parts = sorted({stop.part for stop in stops})
        if not parts:
            return
        here = next((parts.index(stop.part) for stop in stops if stop.widget is now), -1)
        part = parts[(here + (1 if onwards else -1)) % len(parts)]
        _enter(next(stop.widget for stop in stops if stop.part == part), onwards)

    def _takes_keys(self, widget: QWidget) -> bool:
        policy = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if not policy or not widget.isEnabled() or widget.focusProxy() is not None:
            return False
        above = widget.parentWidget()
        while above is not None and above is not self._window:
            if isinstance(above, QTabBar):
                return False  # Its arrows; the arrow keys do what they do.
            above = above.parentWidget()
        return not widget.size().isEmpty() and self._before_others(widget)

    def _before_others(self, widget: QWidget) -> bool:
        """Whether its dock is not behind another's tab; Qt puts those far outside."""
        dock = _dock_of(widget)
        if dock is None:
            return True
        place = QRect(dock.mapTo(self._window, QPoint(0, 0)), dock.size())
        return self._window.rect().intersects(place)

    def _part_of(self, widget: QWidget) -> tuple[int, int, int]:
        centre = self._centre()
        part: QWidget | None = _dock_of(widget)
        if part is None and isinstance(widget, QTabBar):
            part = widget
        if part is None and centre is not None and centre.isAncestorOf(widget):
            return (2, 0, 0)
        if part is None or centre is None:
            return (5, 0, 0) if _within(widget, QStatusBar) else (0, 0, 0)
        place = QRect(part.mapTo(self._window, QPoint(0, 0)), part.size())
        middle = QRect(centre.mapTo(self._window, QPoint(0, 0)), centre.size())
        if place.right() <= middle.left():
            return (1, place.top(), place.left())
        if part.parentWidget() is not centre.parentWidget():
            return (0, place.top(), place.left())
        column = 3 if place.left() >= middle.right() else 4
        # A tab bar and the dock below it are one part.
        return (column, self._top_of_group(part, place), 0)

    def _top_of_group(self, part: QWidget, place: QRect) -> int:
        """The top of a dock with the tab bar above it."""
        if isinstance(part, QTabBar):
            return place.top()
        workspace = part.parentWidget()
        bars = [] if workspace is None else workspace.findChildren(QTabBar)
        for bar in bars:
            above = QRect(bar.mapTo(self._window, QPoint(0, 0)), bar.size())
            if (
                bar.isVisible()
                and 0 <= place.top() - above.bottom() <= 4
                and (place.left() <= above.center().x() <= place.right())
            ):
                return above.top()
        return place.top()

    def _in_rows(self, widgets: Sequence[QWidget]) -> list[QWidget]:
        """From left to right and from top to bottom."""
        placed = sorted(
            (
                (QRect(each.mapTo(self._window, QPoint(0, 0)), each.size()), number, each)
                for number, each in enumerate(widgets)
            ),
            key=lambda one: (_middle(one[0]), one[0].left(), one[1]),
        )
        rows: list[list[tuple[QRect, int, QWidget]]] = []
        for one in placed:
            if rows and _middle(one[0]) - _middle(rows[-1][0][0]) <= _SAME_ROW:
                rows[-1].append(one)
            else:
                rows.append([one])
        return [
            each
            for row in rows
            for _, _, each in sorted(row, key=lambda one: (one[0].left(), one[1]))
        ]


class FocusRing(QObject):
    """Draws a ring inside whatever has the keys, where the style does not show it."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._ring: _Ring | None = None
        self._around: QWidget | None = None
        QApplication.instance().focusChanged.connect(self._moved)  # type: ignore[union-attr]

    @Slot(QWidget, QWidget)
    def _moved(self, before: QWidget | None, now: QWidget | None) -> None:
        if not isValid(self._window):
            return  # it is being taken down, and its parts lose the focus one by one
        if self._around is not None and isValid(self._around):
            self._around.removeEventFilter(self)
        self._around = None
        if self._ring is None or not isValid(self._ring):
            self._ring = _Ring(self._window)
        if now is None or not wants_ring(now) or not _lies_in(now, self._window):
            self._ring.hide()
            self._ring.setParent(self._window)
            return
        self._around = now
        now.installEventFilter(self)
        self._ring.lie_in(now)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the ring at the edges."""
        resized = event.type() == QEvent.Type.Resize and watched is self._around
        ring, around = self._ring, self._around
        if resized and ring is not None and isValid(ring) and around is not None:
            ring.lie_in(around)
        return super().eventFilter(watched, event)


class _Ring(QWidget):
    """Two pixels of the accent, which let the pointer through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def lie_in(self, widget: QWidget) -> None:
        """Go along the edges of a widget."""
        if self.parentWidget() is not widget:
            self.setParent(widget)
        self.setGeometry(widget.rect())
        inner = self.rect().adjusted(_RING, _RING, -_RING, -_RING)
        self.setMask(QRegion(self.rect()) - QRegion(inner))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The mask leaves the edges."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme_of(self).accent))


def wants_ring(widget: QWidget) -> bool:
    """Whether nothing else shows that a widget has the keys."""
    shown = QAbstractItemView | QPlainTextEdit | QTextEdit
    painted = QAbstractScrollArea | QSlider
    return isinstance(widget, painted) and not isinstance(widget, shown)


def _enter(widget: QWidget, onwards: bool) -> None:
    reason = Qt.FocusReason
    widget.setFocus(reason.TabFocusReason if onwards else reason.BacktabFocusReason)
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea) and above.widget() is not None:
            above.ensureWidgetVisible(widget, 8, 8)
        above = above.parentWidget()


def _dock_of(widget: QWidget) -> QDockWidget | None:
    found = _within(widget, QDockWidget)
    return found if isinstance(found, QDockWidget) else None


def _within(widget: QWidget, kind: type[QWidget]) -> QWidget | None:
    above: QWidget | None = widget
    while above is not None and not isinstance(above, kind):
        above = above.parentWidget()
    return above


def _lies_in(widget: QWidget, window: QWidget) -> bool:
    """Also in a dock that floats over the window."""
    above: QWidget | None = widget
    while above is not None and above is not window:
        above = above.parentWidget()
    return above is window


def _middle(place: QRect) -> int:
    return place.top() + _SAME_ROW if place.height() > _TALL else place.center().y()
