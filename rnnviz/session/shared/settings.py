"""What the person chose, kept by `QSettings` in its own format, without waiting for the disk."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, QTimer, Signal, Slot

from rnnviz.core.files.writing import alone_in, write_atomically
from rnnviz.core.system.queue_thread import QueueThread

_IN_MEMORY = Path("/dev/shm")
_GONE = object()


class Settings(QSettings):
    """As Qt's, which waits in the window's thread until each change lies on the disk.

    A file that is opened is a change, and a busy drive takes half a second, also to rename what was
    written. So a thread writes; and because the window waits for Qt's own writing in any thread, Qt
    writes into memory, and what it wrote goes from there to the disk. Where the system has no such
    folder, Qt does all by itself. What a window that was killed had just chosen may be lost, and a
    choice costs a click.
    """

    _refused = Signal(object)

    def __init__(self, path: Path) -> None:
        wait_until_written()
        super().__init__(str(path), QSettings.Format.IniFormat)
        self._refused.connect(self._write_by_qt)
        self._path = path
        self._own: dict[str, object] = {}
        """What was chosen in this window."""
        self._unwritten: set[str] = set()
        self._beside = _IN_MEMORY.is_dir()

    def value(self, key: str, default: object = None, type: object = None) -> Any:  # noqa: A002
        """What was chosen last; the default where nothing was."""
        if key not in self._own:
            return super().value(key, default, *([] if type is None else [type]))
        return default if self._own[key] is _GONE else self._own[key]

    def setValue(self, key: str, value: object) -> None:  # noqa: N802
        """Keep this from now on."""
        self._keep(key, list(value) if isinstance(value, list) else value)

    def remove(self, key: str) -> None:
        """Forget this."""
        self._keep(key, _GONE)

    def _keep(self, key: str, value: object) -> None:
        self._own[key] = value
        if not self._unwritten:
            # Once for all that is chosen together.
            QTimer.singleShot(0, self, self.sync)
        self._unwritten.add(key)

    @Slot()
    def sync(self) -> None:
        """Write what was chosen here over what others have written since."""
        changed = {key: self._own[key] for key in self._unwritten}
        self._unwritten.clear()
        if changed and self._beside:
            _writer.put(partial(self._write, changed))
        elif changed:
            self._write_by_qt(changed)

    @Slot(object)
    def _write_by_qt(self, changed: dict[str, object]) -> None:
        """Qt's status says what it finds."""
        self._beside = False
        _put(self, changed)
        super().sync()

    def _write(self, changed: dict[str, object]) -> None:
        try:
            self._write_beside(changed)
        except Exception:  # noqa: BLE001 - the next ones are waiting, and Qt says what is wrong
            with contextlib.suppress(RuntimeError):  # the window is gone
                self._refused.emit(changed)

    def _write_beside(self, changed: dict[str, object]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with (
            alone_in(self._path.parent),
            tempfile.TemporaryDirectory(dir=_IN_MEMORY, prefix="rnnviz-") as folder,
        ):
            copy = Path(folder) / "settings.ini"
            with contextlib.suppress(FileNotFoundError):
                copy.write_bytes(self._path.read_bytes())
            written = QSettings(str(copy), QSettings.Format.IniFormat)
            _put(written, changed)
            written.sync()
            write_atomically(self._path, copy.read_bytes())


def _do(write: Callable[[], None]) -> None:
    write()


_writer: QueueThread[Callable[[], None]] = QueueThread("settings", _do)


def wait_until_written() -> None:
    """Until all that was chosen lies on the disk."""
    _writer.wait()


def _put(settings: QSettings, changed: dict[str, object]) -> None:
    """Qt's own way to keep these."""
    for key, value in changed.items():
        if value is _GONE:
            QSettings.remove(settings, key)
        else:
            QSettings.setValue(settings, key, value)
