"""Puts another style sheet on an application whose window stays open, a few widgets at a time.

Qt dresses all widgets at once, those of rooms that nobody sees among them, and hears no key
meanwhile: a second, once all rooms are made. Here what is seen comes first, in turns of the event
loop, and what is hidden later, or at the moment when it is shown.
"""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_POLISHED, _OWN = Qt.WidgetAttribute.WA_WState_Polished, Qt.WidgetAttribute.WA_SetStyle
"""Qt dresses anew what is polished, and tells everything of it that has no style of its own."""
_SEEN_SECONDS, _HIDDEN_SECONDS = 0.04, 0.01
"""So much of a turn goes into dressing what is seen, while nothing is painted, and what is not."""
_HIDDEN_MS = 10


class Redressing(QObject):
    """Dresses the widgets of an application.

    Signals:
        seen_dressed: everything that is seen now has the sheet that was put on last.
    """

    seen_dressed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._seen: deque[QWidget] = deque()
        self._hidden: dict[QWidget, list[QWidget]] = {}
        """By the outermost hidden widget around them: they are dressed when it is shown."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._dress_seen)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_HIDDEN_MS)
        self._later.timeout.connect(self._dress_hidden)

    @property
    def done(self) -> bool:
        """Whether nothing waits to be dressed."""
        return not self._seen and not self._hidden

    def put_on(self, palette: QPalette, sheet: str) -> None:
        """Put on a sheet over a palette; `seen_dressed` comes in a later turn."""
        self._take_aside()
        # Without the old sheet first: where one takes another's place, Qt dresses several times.
        self._app.setStyleSheet("")
        self._app.setPalette(palette)
        self._app.setStyleSheet(sheet)
        self._later.stop()
        self._soon.start()

    def _take_aside(self) -> None:
        """Hide from Qt what would be dressed now."""
        for widget in self._app.allWidgets():
            if widget.testAttribute(_OWN) or not widget.testAttribute(_POLISHED):
                continue  # has a style of its own, or will be dressed when it is first shown
            widget.setAttribute(_POLISHED, False)
            widget.setAttribute(_OWN, True)
            if widget.isVisible():
                self._seen.append(widget)
                continue
            root = _outermost_hidden(widget)
            if root not in self._hidden:
                self._hidden[root] = []
                root.installEventFilter(self)
            self._hidden[root].append(widget)

    def _dress(self, widget: QWidget) -> None:
        if isValid(widget):
            widget.setAttribute(_POLISHED, True)
            widget.setAttribute(_OWN, False)
            widget.style().polish(widget)
            QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
            widget.update()

    @Slot()
    def _dress_seen(self) -> None:
        until = time.thread_time() + _SEEN_SECONDS
        while self._seen:
            self._dress(self._seen.popleft())
            if self._seen and time.thread_time() > until:
                self._soon.start()
                return
        self._later.start()
        self.seen_dressed.emit()

    @Slot()
    def _dress_hidden(self) -> None:
        until = time.thread_time() + _HIDDEN_SECONDS
        while self._hidden:
            root, waiting = next(iter(self._hidden.items()))
            while waiting:
                self._dress(waiting.pop())
                if time.thread_time() > until:
                    self._later.start()
                    return
            self._forget(root)

    def _forget(self, root: QWidget) -> None:
        self._hidden.pop(root, None)
        if isValid(root):
            root.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Dress what is shown before its turn."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            for widget in self._hidden.get(watched, ()):
                self._dress(widget)
            self._forget(watched)
        return False


def _outermost_hidden(widget: QWidget) -> QWidget:
    """The widget that must be shown for this one to be seen."""
    above = widget.parentWidget()
    while not widget.isWindow() and above is not None and not above.isVisible():
        widget, above = above, above.parentWidget()
    return widget
