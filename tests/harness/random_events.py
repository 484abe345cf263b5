"""What a person might do in the window, drawn at random or played again from a trail.

An event is a dictionary that says everything about itself: what is done, in which of the windows
that are open (`in`), where, with which keys, what a file dialog answers that opens because of it,
and how long to wait after it, or with `idle` at most, until the engine has nothing to do. Each is
written before it is done, so that the last line of a trail names the event that ended the process.
"""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QWindow,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QGraphicsView,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)
from shiboken6 import isValid

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.system.places import models
from rnnviz.views.shared.workspace import Workspace
from rnnviz.views.window.window import Window

Event = dict[str, Any]

CLOSING: tuple[Event, ...] = (
    {"in": "any", "do": "close", "wait": 20, "answer": ""},
    {"in": "modal", "do": "key", "key": "Return", "wait": 20, "answer": ""},
    {"in": "any", "do": "close", "wait": 20, "answer": ""},
    {"in": "modal", "do": "reject", "wait": 20, "answer": ""},
    {"in": "popup", "do": "reject", "wait": 20, "answer": ""},
)
"""How a window is closed, whatever is open before it; again and again until it is."""
_WORDS = (
    "3e-4", "0,003", "1000", "-1", "1e30", "nan", "0.5", "0,4; 0,8", "12", "999999999999", "hello",
    "the cat sat", "Elle a acheté une petite maison .", "a", " ", "((a+)+)+$", "[0-9]+", "(", "",
    "x" * 300, "é", "日本語", "क्ष", "שלום עולם", "👩‍👩‍👧",
    "\u202eabc", "<b>&amp;", "=1+1", "../../x",
    "me@nowhere.invalid:/runs/a", "\t", "„Gut“",
)  # fmt: skip
_KEYS = (
    "Left", "Right", "Up", "Down", "Home", "End", "PageUp", "PageDown", "Tab", "Backtab", "Return",
    "Enter", "Escape", "Space", "Backspace", "Delete", "F1", "F2", "F3", "F5", "F6", "F10", "Menu",
    "Plus", "Minus", "Slash", "Question", "BracketLeft", "BracketRight", "Comma", "Period",
    *"012345ABCDEFGHIJKLMNOPRSTUVWXYZ",
)  # fmt: skip
_MODIFIERS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "Control",
    "Control",
    "Shift",
    "Shift",
    "Alt",
    "Control+Shift",
)
_SETTINGS: dict[str, Any] = {
    "units": 8, "layers": 1, "batch": 4, "sequence_length": 16, "steps": 400,
    "checkpoint_every": 20, "validation_every": 20, "gradient_steps_every": 10,
    "parameters_every": 10,
}  # fmt: skip
_LIKED: tuple[tuple[type[QWidget], int], ...] = (
    (QAbstractButton, 8), (QLineEdit, 3), (QComboBox, 3), (QTabBar, 3), (QAbstractItemView, 4),
    (QAbstractSlider, 2), (QPlainTextEdit, 1), (QGraphicsView, 2), (QMenuBar, 2),
)  # fmt: skip
"""Small, so that a point in the window rarely meets them."""
_SHIPPED = models().parent
_RARER = 8.0
"""So much likelier is what was drawn once less."""
_UNSEEN = 0.25
_TO_FILL = (20, 20, 200, 2000)
"""At most so many milliseconds after a panel or an entry, which fill themselves from the engine."""
_TO_OPEN = 4000
_TOUR = 8
"""So many panels of its room are looked at, one after the other, after a file was opened for it."""
_KINDS_OF_REACH = ("entry", "panel", "menu")
_PATIENCE = 40
"""So many events a dialog stays open before it is ended."""


def windows() -> dict[str, QWidget]:
    """What can be acted on, by the names that a trail uses: a menu or a list that popped up hides
    a dialog, a dialog hides the window."""
    popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
    if popup is not None:
        return {"popup": popup}
    if modal is not None:
        return {"modal": modal}
    found: dict[str, QWidget] = {}
    for widget in QApplication.topLevelWidgets():
        if not widget.isVisible():
            continue
        if isinstance(widget, Window):
            found["window"] = widget
        elif isinstance(widget, QDockWidget):
            found[f"dock {widget.objectName()}"] = widget
        elif isinstance(widget, QDialog):
            found[f"dialog {type(widget).__name__}"] = widget
    return found


class Chooser:
    """Draws events that make sense in what is open, from a seed.

    Args:
        files: what is opened, dropped and chosen in file dialogs.
        free: a folder for what is saved.
        reached: what of the window was reached so far, by the names of `reach.Reach`; what was not
            is drawn first.
    """

    def __init__(
        self, seed: str, files: list[Path], free: Path, reached: Collection[str] = ()
    ) -> None:
        self._rng = random.Random(seed)
        self._files = files
        self._shipped = [str(path) for path in files if path.is_relative_to(_SHIPPED)]
        self._others = [str(path) for path in files if not path.is_relative_to(_SHIPPED)]
        self._free = free
        self._reached = reached
        self._planned = deque[Callable[[QWidget], Event]]()
        self._in_dialog = 0
        self._drawn = Counter[str]()

    def _rarest(self, what: str, names: Sequence[str]) -> str:
        """One of these, those that were never reached or drawn least much likelier than others."""
        counts = [self._drawn[f"{what} {name}"] for name in names]
        least = min(counts)
        never = [
            what in _KINDS_OF_REACH and f"{what} {name}" not in self._reached for name in names
        ]
        weights = [
            _RARER ** (least - count) + _UNSEEN * one
            for count, one in zip(counts, never, strict=True)
        ]
        (name,) = self._rng.choices(names, weights)
        self._drawn[f"{what} {name}"] += 1
        return name

    def next(self) -> Event | None:
        """The next event; None where no window is open."""
        rng, found = self._rng, windows()
        if not found:
            return None
        name = rng.choice(list(found))
        if "window" in found and (self._planned or rng.random() < 0.8):
            name = "window"
        top = found[name]
        self._in_dialog = self._in_dialog + 1 if name in ("modal", "popup") else 0
        wait = rng.choice((0, 1, 2, 5, 5, 10, 20, 40))
        if rng.random() < 0.01:
            wait = rng.choice((200, 500, 1000))
        event: Event = {"in": name, "wait": wait, "answer": self._answer()}
        if self._in_dialog > _PATIENCE:
            return event | (
                {"do": "reject"} if self._in_dialog % 5 else {"do": "key", "key": "Escape"}
            )
        planned = self._planned.popleft() if name == "window" and self._planned else None
        return event | (planned or self._make(name))(top)

    def _make(self, name: str) -> Callable[[QWidget], Event]:
        drawn = self._rng.random()
        for share, make in self._table(name):
            drawn -= share
            if drawn < 0:
                return make
        raise AssertionError("the shares do not add up to one")

    def _table(self, name: str) -> tuple[tuple[float, Callable[[QWidget], Event]], ...]:
        shared = (
            (0.12, self._key), (0.27, self._click), (0.07, self._drag), (0.06, self._wheel),
            (0.08, self._typing), (0.03, self._move),
        )  # fmt: skip
        if name != "window":
            return (*shared, (1.0, self._accept))
        return (
            *shared, (0.12, self._action), (0.02, self._resize), (0.015, self._drop),
            (0.025, self._open), (0.05, self._enter), (0.06, self._panel), (0.03, self._menu),
            (0.004, self._train), (0.006, self._tour), (0.006, self._visit),
            (1.0, self._key),
        )  # fmt: skip

    # Kinds of events

    def _key(self, _top: QWidget) -> Event:
        key, modifiers = self._rng.choice(_KEYS), self._rng.choice(_MODIFIERS)
        if (key, modifiers) in (("Q", "Control"), ("F10", "")):
            key = "F"  # closing is an event of its own
        return {"do": "key", "key": key, "modifiers": modifiers}

    def _accept(self, _top: QWidget) -> Event:
        return {"do": "key", "key": self._rng.choice(("Return", "Return", "Escape", "Tab"))}

    def _typing(self, top: QWidget) -> Event:
        fields = [one for one in top.findChildren(QLineEdit) if one.isVisible()]
        event: Event = {"do": "type", "words": self._rng.choice(_WORDS)}
        if fields and self._rng.random() < 0.8:
            field = self._rng.choice(fields)
            event |= self._at(top, field.mapTo(top, field.rect().center()))
        if self._rng.random() < 0.5:
            event["then"] = "Return"
        return event

    def _click(self, top: QWidget) -> Event:
        rng = self._rng
        event: Event = {
            "do": "click",
            "button": "Left",
            "modifiers": rng.choice(("", "", "", "Shift", "Control")),
        }
        if rng.random() < 0.1:
            event["button"] = rng.choice(("Right", "Right", "Right", "Middle"))
        if rng.random() < 0.08:
            event["double"] = True
        return event | self._place(top)

    def _drag(self, top: QWidget) -> Event:
        start = self._place(top)
        steps = []
        x, y = start["x"], start["y"]
        for _ in range(self._rng.randrange(1, 6)):
            x = min(max(0, x + self._rng.randrange(-250, 250)), _size(top)[0] - 1)
            y = min(max(0, y + self._rng.randrange(-150, 150)), _size(top)[1] - 1)
            steps.append([x, y])
        return {"do": "drag", "to": steps, "modifiers": self._rng.choice(("", "", "Shift"))} | start

    def _wheel(self, top: QWidget) -> Event:
        turn = self._rng.choice((120, -120, -120, -360, 720, 15, -15, -1200))
        modifiers = self._rng.choice(("", "", "", "Control", "Shift"))
        return {"do": "wheel", "turn": turn, "modifiers": modifiers} | self._place(top)

    def _move(self, top: QWidget) -> Event:
        return {"do": "move"} | self._place(top)

    def _action(self, top: QWidget) -> Event:
        assert isinstance(top, Window)
        # Those of the room alone can be chosen there.
        names = [
            text
            for text, action in top.actions_.actions.items()
            if text != "Quit" and action.isEnabled()
        ]
        if self._rng.random() < 0.1:
            return {"do": "theme", "theme": self._rng.choice(("light", "dark"))}
        action = self._rarest("entry", names)
        return {"do": "action", "action": action} | self._filled()

    def _resize(self, _top: QWidget) -> Event:
        if self._rng.random() < 0.2:
            state = self._rng.choice(
                ("showMaximized", "showNormal", "showMinimized", "showFullScreen")
            )
            return {"do": "state", "state": state}
        size = [self._rng.randrange(300, 2200), self._rng.randrange(200, 1400)]
        return {"do": "resize", "size": size}

    def _drop(self, top: QWidget) -> Event:
        count = self._rng.choice((1, 1, 1, 2, 3))
        paths = [str(self._file()) for _ in range(count)]
        return {"do": "drop", "paths": paths} | self._place(top)

    def _file(self) -> Path:
        """One to be opened: as likely what ships as what a test wrote, whole or damaged."""
        among = self._shipped if self._shipped and self._rng.random() < 0.5 else self._others
        return Path(self._rarest("file", among))

    def _open(self, _top: QWidget) -> Event:
        return {"do": "open", "path": str(self._file())}

    def _enter(self, top: QWidget) -> Event:
        assert isinstance(top, Window)
        numbers = [str(number) for number in range(1, len(top.workspaces) + 1)]
        return {"do": "key", "key": self._rarest("room", numbers), "modifiers": "Control"}

    def _panel(self, top: QWidget) -> Event:
        """Choose one, as from the palette: tabs of panels are small, and many lie behind others."""
        assert isinstance(top, Window)
        return self._panel_of(top.workspaces)

    def _panel_of(self, workspaces: Sequence[Workspace]) -> Event:
        places = [
            f"{workspace.name}/{panel}"
            for workspace in workspaces
            for panel in [kind.name for kind in workspace.panel_types] or [""]
        ]
        workspace, _, panel = self._rarest("panel", places).partition("/")
        return {"do": "panel", "workspace": workspace, "panel": panel} | self._filled()

    def _filled(self) -> Event:
        return {"wait": self._rng.choice(_TO_FILL), "idle": True}

    def _tour(self, top: QWidget) -> Event:
        """Open a file, then look at what its room shows of it, before something else is opened."""
        self._planned.extend([self._panel_here] * _TOUR)
        return self._open(top) | {"wait": _TO_OPEN, "idle": True}

    def _visit(self, top: QWidget) -> Event:
        """Enter a room, then choose entries: many can be chosen there alone."""
        self._planned.extend([self._action] * _TOUR)
        return self._enter(top)

    def _panel_here(self, top: QWidget) -> Event:
        """Choose one of the room that is shown."""
        assert isinstance(top, Window)
        return self._panel_of([top.workspace_tabs.current]) | {"wait": _TO_FILL[-1]}

    def _menu(self, top: QWidget) -> Event:
        """Open one of the menu bar, as a click does."""
        assert isinstance(top, Window)
        bar = top.menuBar()
        places = {
            one.text().replace("&", ""): bar.actionGeometry(one).center()
            for one in bar.actions()
            if one.isVisible()
        }
        place = bar.mapTo(top, places[self._rarest("menu", list(places))])
        return {"do": "click", "button": "Left", "modifiers": ""} | self._at(top, place)

    def _train(self, _top: QWidget) -> Event:
        texts = [str(path) for path in self._files if path.suffix == ".txt"]
        made = self._free / f"run-{self._rng.randrange(10**9)}"
        return {"do": "train", "text": self._rng.choice(texts), "folder": str(made)}

    # Where, and what file dialogs answer

    def _answer(self) -> str:
        """What a file dialog answers that opens because of this event."""
        rng = self._rng
        drawn = rng.random()
        if drawn < 0.2:
            return ""
        if drawn < 0.6:
            return str(self._file())
        ending = rng.choice(("", ".svg", ".png", ".html", ".csv", ".json", ".txt", ".tex", ".pdf"))
        folder = self._free if rng.random() < 0.8 else self._free / "missing" / "folder"
        return str(folder / f"saved-{rng.randrange(30)}{ending}")

    def _place(self, top: QWidget) -> Event:
        rng = self._rng
        if isinstance(top, QMenu) and rng.random() < 0.8:
            entries = {
                one.text(): top.actionGeometry(one).center()
                for one in top.actions()
                if one.isVisible()
                and one.isEnabled()
                and not one.isSeparator()
                and one.text().replace("&", "") != "Quit"
            }
            if entries:
                return self._at(top, entries[self._rarest(top.title(), list(entries))])
        if rng.random() < 0.55:
            kinds = [kind for kind, weight in _LIKED for _ in range(weight)]
            found = [one for one in top.findChildren(rng.choice(kinds)) if one.isVisible()]
            if found:
                widget = rng.choice(found)
                inside = QPoint(
                    rng.randrange(max(1, widget.width())), rng.randrange(max(1, widget.height()))
                )
                return self._at(top, widget.mapTo(top, inside))
        return self._at(
            top, QPoint(rng.randrange(max(1, top.width())), rng.randrange(max(1, top.height())))
        )

    @staticmethod
    def _at(top: QWidget, place: QPoint) -> Event:
        width, height = _size(top)
        return {
            "x": min(max(0, place.x()), width - 1),
            "y": min(max(0, place.y()), height - 1),
        }


def watching(seed: str, files: list[Path], free: Path, seconds: float) -> Iterator[Event]:
    """What somebody does who watches runs grow and walks texts, over and over, for so long.

    A new run is started every quarter of an hour and stopped by the one after the next.
    """
    rng, until = random.Random(seed), time.monotonic() + seconds
    texts = [path for path in files if path.suffix in (".txt", ".tex", ".c", ".py")]
    models = [
        path for path in files if path.suffix == ".safetensors" and path.parent.name == "models"
    ]
    run_due, number = 0.0, 0

    def event(do: str, wait: int, **facts: Any) -> Event:
        return {"in": "window", "do": do, "wait": wait, "answer": ""} | facts

    while time.monotonic() < until:
        if time.monotonic() >= run_due:
            run_due, number = time.monotonic() + 900.0, number + 1
            folder = str(free / f"run-{number}")
            yield event("train", 500, text=str(texts[0]), folder=folder, steps=10**7)
        yield event("open", 1500, path=str(rng.choice(texts)))
        for room in rng.sample("12345", 5):
            yield event("key", 300, key=room, modifiers="Control")
            for key in rng.choices(("PageDown", "Down", "Right", "End", "Home", "Up", "R"), k=4):
                yield event("key", 60, key=key)
        if rng.random() < 0.1:
            yield event("open", 1500, path=str(rng.choice(models)))
        if rng.random() < 0.05:
            yield event("theme", 300, theme=rng.choice(("light", "dark")))
        yield {"in": "modal", "do": "reject", "wait": 100, "answer": ""}


def _size(top: QWidget) -> tuple[int, int]:
    """What of it the desktop shows, which may be less than it takes for itself."""
    handle = top.windowHandle()
    if handle is None:
        return top.width(), top.height()
    return max(1, min(top.width(), handle.width())), max(1, min(top.height(), handle.height()))


class Doer:
    """Does events in the window, as the desktop would bring them."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def do(self, event: Event) -> bool:
        """Do this; whether there was what it is done to."""
        top = self._window if event["in"] == "any" else windows().get(event["in"])
        if top is None:
            return False
        handle = top.windowHandle()
        if handle is None:
            return False
        getattr(self, f"_{event['do']}")(event, top, handle)
        return True

    # Input

    def _key(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        _press(event["key"], event.get("modifiers", ""))

    def _type(self, event: Event, _top: QWidget, handle: QWindow) -> None:
        if "x" in event:
            _click(handle, QPoint(event["x"], event["y"]), Qt.MouseButton.LeftButton, "")
        for letter in event["words"]:
            field, focused = QApplication.focusWidget(), QGuiApplication.focusWindow()
            if focused is None:
                return
            if letter.isascii() and QApplication.activePopupWidget() is None:
                QTest.sendKeyEvent(
                    QTest.KeyAction.Press, focused, Qt.Key(ord(letter.upper())), letter,
                    Qt.KeyboardModifier.NoModifier,
                )  # fmt: skip
            elif field is not None:
                composed = QInputMethodEvent()
                composed.setCommitString(letter)
                QApplication.sendEvent(field, composed)
        if "then" in event:
            _press(event["then"], "")

    def _click(self, event: Event, _top: QWidget, handle: QWindow) -> None:
        button = getattr(Qt.MouseButton, f"{event['button']}Button")
        place = QPoint(event["x"], event["y"])
        _click(handle, place, button, event["modifiers"])
        if event.get("double"):
            _mouse(QTest.mouseDClick, handle, place, button, _modifiers(event["modifiers"]))

    def _drag(self, event: Event, _top: QWidget, handle: QWindow) -> None:
        modifiers, left = _modifiers(event["modifiers"]), Qt.MouseButton.LeftButton
        place = QPoint(event["x"], event["y"])
        _mouse(QTest.mouseMove, handle, place)
        _mouse(QTest.mousePress, handle, place, left, modifiers)
        for x, y in event["to"]:
            place = QPoint(x, y)
            _mouse(QTest.mouseMove, handle, place)
        _mouse(QTest.mouseRelease, handle, place, left, modifiers)

    def _wheel(self, event: Event, _top: QWidget, handle: QWindow) -> None:
        place = QPointF(event["x"], event["y"])
        QTest.wheelEvent(
            handle, place, QPoint(0, event["turn"]), stateKey=_modifiers(event["modifiers"])
        )

    def _move(self, event: Event, _top: QWidget, handle: QWindow) -> None:
        _mouse(QTest.mouseMove, handle, QPoint(event["x"], event["y"]))

    def _drop(self, event: Event, _top: QWidget, handle: QWindow) -> None:
        carried = QMimeData()
        carried.setUrls([QUrl.fromLocalFile(path) for path in event["paths"]])
        place, copy = QPoint(event["x"], event["y"]), Qt.DropAction.CopyAction
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        entered = QDragEnterEvent(place, copy, carried, left, none)
        entered.ignore()
        QApplication.sendEvent(handle, entered)
        if entered.isAccepted():
            QApplication.sendEvent(handle, QDropEvent(QPointF(place), copy, carried, left, none))

    # What menus and the desktop do

    def _action(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        action = self._window.actions_.actions.get(event["action"])
        if action is not None and action.isEnabled():
            action.trigger()

    def _theme(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        for action in self._window.actions_.menu("View/Theme").actions():
            if action.data() == event["theme"]:
                action.trigger()

    def _open(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        self._window.open_path(Path(event["path"]))

    def _panel(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        if event["panel"]:
            self._window.show_panel(event["workspace"], event["panel"])
        else:
            self._window.enter(event["workspace"])

    def _train(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        settings = _SETTINGS | ({"steps": event["steps"]} if "steps" in event else {})
        config = TrainingConfig(texts=(event["text"],), **settings)
        self._window.session.runs.start(config, Path(event["folder"]))

    def _resize(self, event: Event, top: QWidget, _handle: QWindow) -> None:
        top.resize(*event["size"])

    def _state(self, event: Event, top: QWidget, _handle: QWindow) -> None:
        getattr(top, event["state"])()

    def _reject(self, _event: Event, top: QWidget, _handle: QWindow) -> None:
        top.reject() if isinstance(top, QDialog) else top.close()

    def _defect(self, event: Event, _top: QWidget, _handle: QWindow) -> None:
        """What a test of the harness lets go wrong."""
        exec(event["code"], {})

    def _close(self, _event: Event, _top: QWidget, _handle: QWindow) -> None:
        self._window.close()


def _modifiers(names: str) -> Qt.KeyboardModifier:
    found = Qt.KeyboardModifier.NoModifier
    for name in filter(None, names.split("+")):
        found |= getattr(Qt.KeyboardModifier, f"{name}Modifier")
    return found


def _press(key: str, modifiers: str) -> None:
    """Press and release a key where the focus is; a window that the press closed gets no release.

    Sent to windows, not to widgets, which may be deleted by their own press. A menu goes with what
    QTest asks it about shortcuts, before QTest has sent the key: it gets its keys as Qt's own.
    """
    code, held = getattr(Qt.Key, f"Key_{key}"), _modifiers(modifiers)
    text = key if len(key) == 1 and not modifiers else ""
    for send, kind in (
        (QTest.keyPress, QEvent.Type.KeyPress),
        (QTest.keyRelease, QEvent.Type.KeyRelease),
    ):
        popup, focused = QApplication.activePopupWidget(), QGuiApplication.focusWindow()
        if popup is not None and (handle := popup.windowHandle()) is not None:
            QApplication.sendEvent(handle, QKeyEvent(kind, code, held, text))
        elif focused is not None:
            # After a release with modifiers QTest would release those on a window that is gone.
            pressed = kind == QEvent.Type.KeyPress
            released = Qt.KeyboardModifier.NoModifier
            if isValid(focused):
                send(focused, code, held if pressed else released)


def _mouse(send: Any, handle: QWindow, place: QPoint, *what: Any) -> None:
    """Send something of the mouse, if what was done before left the window there."""
    if isValid(handle) and handle.isVisible() and _inside(handle, place):
        send(handle, *what, place)


def _inside(handle: QWindow, place: QPoint) -> bool:
    return 0 <= place.x() < handle.width() and 0 <= place.y() < handle.height()


def _click(handle: QWindow, place: QPoint, button: Qt.MouseButton, modifiers: str) -> None:
    held = _modifiers(modifiers)
    _mouse(QTest.mouseMove, handle, place)
    _mouse(QTest.mousePress, handle, place, button, held)
    _mouse(QTest.mouseRelease, handle, place, button, held)
