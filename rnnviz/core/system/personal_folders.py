"""The person's folders as a window uses them: it opens also where they cannot be written.

A home may be read-only, another's, a file, or full. What lies there can be read all the same;
recordings, without which nothing is shown, go to a temporary folder; the person is told what is not
kept.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from rnnviz.core.system.left_behind import temporary_folder
from rnnviz.core.system.places import HOME_VARIABLE, usual_folders

_HOLDS = {
    "config": ("settings",),
    "cache": ("recordings",),
    "data": ("findings", "concepts"),
    "log": ("crash records",),
}
_PROBE_BYTES = 4096
"""A disk that is full makes files, but takes nothing into them."""


class PersonalFolders(NamedTuple):
    """Where a window keeps what belongs to the person; not every one need be there."""

    config: Path
    cache: Path
    data: Path
    log: Path
    lacking: str = ""
    """What is not kept, and why, in some lines; empty where all is."""
    stand_in: Path | None = None
    """The temporary folder that `cache` is, where its own cannot be written."""

    @classmethod
    def usable(cls) -> PersonalFolders:
        """The usual ones, made where they can be."""
        folders = usual_folders()
        hindered = {
            name: error
            for name, folder in folders.items()
            if (error := _hindrance(folder)) is not None
        }
        stand_in = None
        if "cache" in hindered:
            with contextlib.suppress(OSError):  # nothing can be written at all: walks will say so
                stand_in = temporary_folder()
        lacking = _in_words(folders, hindered, recordings_go=stand_in is None)
        return cls(
            **{**folders, "cache": stand_in or folders["cache"]}, lacking=lacking, stand_in=stand_in
        )

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self.stand_in is not None:
            shutil.rmtree(self.stand_in, ignore_errors=True)


def _hindrance(folder: Path) -> OSError | None:
    """Why nothing can be written there; None where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
    except OSError as error:
        return error
    return None


def _in_words(folders: dict[str, Path], hindered: dict[str, OSError], recordings_go: bool) -> str:
    """What is not kept because of these, and where."""
    if not hindered:
        return ""
    lost = [word for name in hindered if name != "cache" or recordings_go for word in _HOLDS[name]]
    *others, last = lost or [""]
    said = (
        [f"New {', '.join(others)}{' and ' * bool(others)}{last} will not be kept."] if lost else []
    )
    if "cache" in hindered and not recordings_go:
        said.append("Recordings lie in a temporary folder and go with this window.")
    said.append("Nothing can be written to")
    said += [f"{folders[name]}: {error.strerror or error}" for name, error in hindered.items()]
    said.append(f"{HOME_VARIABLE} may name a folder that can be written to.")
    return "\n".join(said)
