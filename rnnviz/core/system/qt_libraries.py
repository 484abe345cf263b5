"""The libraries of the system that Qt loads on Linux: which are missing, and how to get them.

The wheels of PySide6 bring Qt itself, but neither OpenGL nor what talks to X11 and Wayland. Without
one of them Qt ends the whole program, and blames libxcb-cursor whichever it was; so they are looked
for before Qt is loaded.
"""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Library(NamedTuple):
    """A library by the name it is loaded by, and the packages that hold it."""

    file: str
    debian: str
    fedora: str
    arch: str


DRAWING = (
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
)
"""What it takes to draw at all."""
X11 = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil",
            "xcb-util-renderutil"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
    *(
        Library(f"libxcb-{name}.so.{number}", f"libxcb-{name}{number}", "libxcb", "libxcb")
        for name, number in (
            ("randr", 0), ("render", 0), ("shape", 0), ("shm", 0), ("sync", 1), ("xfixes", 0),
            ("xkb", 1),
        )
    ),
)  # fmt: skip
"""What the window takes besides, on an X11 display."""
WAYLAND = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client", "wayland"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor", "wayland"),
)
"""Likewise on a Wayland display."""
_INSTALLING = {
    "apt-get": ("sudo apt-get install", "debian"),
    "dnf": ("sudo dnf install", "fedora"),
    "pacman": ("sudo pacman -S", "arch"),
}


def loads(file: str) -> bool:
    """Whether the system has this library."""
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def check_libraries(
    environment: Mapping[str, str],
    has: Callable[[str], bool] = loads,
    finds: Callable[[str], object] = shutil.which,
    *,
    without: str = "the window cannot open",
) -> str | None:
    """Which libraries Qt would miss here and the command to get them; None if it has all.

    Args:
        environment: what says whether there is a display, and of which kind.
        has: whether a library is there.
        finds: whether a program is there.
        without: what cannot be done without them.
    """
    platform = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    missing = [library for library in DRAWING if not has(library.file)]
    if platform == "xcb" or (not platform and environment.get("DISPLAY")):
        seen = [library for library in X11 if not has(library.file)]
        # Where both are there, one is enough.
        wayland = not platform and environment.get("WAYLAND_DISPLAY")
        if not (wayland and all(has(library.file) for library in WAYLAND)):
            missing += seen
    elif platform.startswith("wayland") or environment.get("WAYLAND_DISPLAY"):
        missing += [library for library in WAYLAND if not has(library.file)]
    if not missing:
        return None
    files = ", ".join(library.file for library in missing)
    what, are, them = (
        ("libraries", "are", "them") if len(missing) > 1 else ("a library", "is", "it")
    )
    told = f"{without}: Qt needs {what} of the system that {are} missing: {files}"
    for program, (command, system) in _INSTALLING.items():
        if finds(program):
            packages = " ".join(dict.fromkeys(getattr(library, system) for library in missing))
            return f"{told}\nInstall {them} with:\n    {command} {packages}"
    return f"{told}\nInstall the packages of your system that hold {them}."
