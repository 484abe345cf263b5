"""What is left of a window that ends without a word: where each of its threads stood, in a file.

A crash within a library ends the process at once: no message can be shown. `faulthandler` writes
where it was, and the next window says where that lies.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
import re
import time
from pathlib import Path
from typing import TextIO

from rnnviz import __version__
from rnnviz.core.system.left_behind import process_lives

_NAME = re.compile(r"window-(\d{1,9})(-before)?\.txt")
_TOLD = "crash-{}.txt"
_MOST_KEPT = 20
_MOST_WRITTEN = 1 << 20
"""Bytes of defects that one window writes: the same one again and again fills no disk."""


class CrashRecord:
    """The file of one window; it is gone when the window ends well and had nothing to tell.

    Attributes:
        path: the file; None where it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path: Path | None = folder / f"window-{os.getpid()}.txt"
        self._file: TextIO | None = None
        self._noted = False
        try:
            if self.path.exists():  # of a window whose number this process has by now
                self.path.rename(self.path.with_name(f"{self.path.stem}-before.txt"))
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
            self._file.write(f"{_versions()}\n")
            self._file.flush()
            faulthandler.enable(self._file)
        except (OSError, ValueError):
            self.path = None

    def note(self, details: str) -> None:
        """Add what went wrong without ending the window; nothing where there are no details."""
        if not details:
            return
        self._noted = True
        with contextlib.suppress(OSError, ValueError):
            if self._file is not None and self._file.tell() < _MOST_WRITTEN:
                self._file.write(f"\n{time.strftime('%Y-%m-%d %H:%M:%S')}\n{details}\n")
                self._file.flush()

    def close(self) -> None:
        """The window ended; what it told stays."""
        file, self._file = self._file, None
        if file is None or self.path is None:
            return
        faulthandler.disable()
        with contextlib.suppress(OSError, ValueError):
            file.close()
            if self._noted:
                self.path.rename(self.path.with_name(_TOLD.format(_moment())))
            else:
                self.path.unlink()


def crashed_before(folder: Path) -> list[Path]:
    """The records of windows that ended without a word since this was asked last, oldest first.

    Those of windows that were killed tell nothing and are removed; of the others the newest stay.
    """
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            named = _NAME.fullmatch(path.name)
            if named is None or path.is_symlink():
                continue
            if not named[2] and process_lives(int(named[1]), path):
                continue
            with contextlib.suppress(OSError):
                if "Fatal Python error" in path.read_text("utf-8", "replace"):
                    found.append(path.rename(folder / _TOLD.format(_moment(path))))
                else:
                    path.unlink()
        for old in sorted(folder.glob(_TOLD.format("*")))[:-_MOST_KEPT]:
            old.unlink()
    return found


def _moment(path: Path | None = None) -> str:
    """A name that sorts by time; with the process, so that two windows have two."""
    at = time.localtime(None if path is None else path.stat().st_mtime)
    process = os.getpid() if path is None else path.stem.partition("-")[2]
    return f"{time.strftime('%Y%m%d-%H%M%S', at)}-{process}"


def _versions() -> str:
    return f"rnnviz {__version__}, Python {platform.python_version()}, {platform.platform()}"
