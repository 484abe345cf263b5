"""What a screen reader is told of views that paint themselves: a value in words, kept up to date.

Qt knows names and descriptions of every widget, but the value only of its own. `speak` gives any
view a value and announces it; `install` has Qt ask for it, of every class with `speaks = True`.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleValueChangeEvent
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_SPOKEN = "spoken_value"


def speak(widget: QWidget, words: str) -> None:
    """Let screen readers hear what a view shows at the place where the person is.

    The words are its description, too, which every reader asks for. Heard at once are they only
    where the view has the keys: what changes elsewhere would talk over what a person does.
    """
    if widget.property(_SPOKEN) == words:
        return
    widget.setProperty(_SPOKEN, words)
    widget.setAccessibleDescription(words)
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleValueChangeEvent(widget, words))
        if widget.hasFocus() and words:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))


def spoken_of(widget: QWidget) -> str:
    """What was last said of a view."""
    return widget.property(_SPOKEN) or ""


class _SpokenView(QAccessibleWidget):
    """A view of which something was said."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view, QAccessible.Role.StaticText, view.accessibleName())

    def text(self, kind: QAccessible.Text) -> str:
        """Its value; all else as of any widget."""
        view = self.object()
        if kind == QAccessible.Text.Value and isinstance(view, QWidget):
            return spoken_of(view)
        return super().text(kind)


_installed = False


def install() -> None:
    """Have Qt ask for the values; once a process."""
    global _installed  # noqa: PLW0603
    if not _installed:
        QAccessible.installFactory(_made)
        _installed = True


def _made(kind: str, about: QObject) -> _SpokenView | None:
    if isinstance(about, QWidget) and getattr(type(about), "speaks", False):
        view = _SpokenView(about)
        # Python would let go of it while Qt still asks it.
        about._spoken_view = view  # type: ignore[attr-defined]
        return view
    return None
