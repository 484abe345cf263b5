"""Boxes that ask something: a dialog's answer and its buttons, and where to save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from shiboken6 import isValid

from rnnviz.core.errors import RnnvizError
from rnnviz.views.shared.saving import Turns, save_beside
from rnnviz.views.shared.words.plain_text import warn

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget


def open_dialog(
    dialog: QDialog, chosen: Callable[[], None], refused: Callable[[str], None]
) -> None:
    """Open a dialog beside the window, which goes on; it is deleted when it is closed.

    Args:
        chosen: called when the person accepts.
        refused: told why that failed, where it raises an `RnnvizError`.
    """

    def accepted() -> None:
        try:
            chosen()
        except RnnvizError as error:
            refused(str(error))

    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(accepted)
    dialog.open()


def accept_buttons(dialog: QDialog, accept: QDialogButtonBox.StandardButton) -> QDialogButtonBox:
    """The button that accepts a dialog, and Cancel beside it; the dialog has to show them."""
    from PySide6.QtWidgets import QDialogButtonBox  # here: the window starts without

    buttons = QDialogButtonBox(accept | QDialogButtonBox.StandardButton.Cancel)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


def ask_save_path(parent: QWidget, title: str, proposed: str, kinds: str) -> Path | None:
    """Ask where to save; None where the person does not want to after all.

    A name typed without an ending takes that of the chosen kind.

    Args:
        proposed: the file's name, and its folder where that matters.
        kinds: of files, as Qt writes them: `Picture (*.png);;Table (*.csv)`.
    """
    from PySide6.QtWidgets import QFileDialog  # here: the window starts without

    chosen, kind = QFileDialog.getSaveFileName(parent, title, proposed, kinds)
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix:
        return path
    kind = kind or kinds.partition(";;")[0]
    return path.with_suffix(kind[kind.index("*") + 1 :].rstrip(")"))


def save_as(
    parent: QWidget,
    title: str,
    proposed: str,
    save: Callable[[Path], Turns],
    kinds: str = "",
) -> None:
    """Ask where to save, save there, and say in a box why it failed where it did.

    Args:
        proposed: the file's name; without `kinds` its ending is kept, whatever the person types.
        save: begins at once, and goes on beside the window.
        kinds: of files, as `ask_save_path` takes them.
    """
    ending = Path(proposed).suffix
    path = ask_save_path(parent, title, proposed, kinds or f"*{ending}")
    if path is None:
        return
    place = path if kinds else path.with_suffix(ending)

    def told(problem: str) -> None:
        if problem and isValid(parent):
            warn(parent, "Not saved", problem)

    save_beside(save(place), told)
