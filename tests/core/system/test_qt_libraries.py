"""What Qt would miss is said with the command that gets it, before Qt ends the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rnnviz.cli import main
from rnnviz.core.system.qt_libraries import DRAWING, WAYLAND, X11, check_libraries

SHOWN = {"DISPLAY": ":0"}


def lacking(*files: str):
    return lambda file: file not in files


def test_nothing_is_said_where_all_are_there() -> None:
    assert check_libraries(SHOWN, has=lacking()) is None


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("apt-get", "sudo apt-get install libxcb-icccm4 libxcb-keysyms1"),
        ("dnf", "sudo dnf install xcb-util-wm xcb-util-keysyms"),
        ("pacman", "sudo pacman -S xcb-util-wm xcb-util-keysyms"),
    ],
)
def test_what_is_missing_and_the_command_are_said(program: str, command: str) -> None:
    told = check_libraries(
        SHOWN,
        has=lacking("libxcb-icccm.so.4", "libxcb-keysyms.so.1"),
        finds=lambda name: name == program,
    )
    assert told is not None
    assert "missing: libxcb-icccm.so.4, libxcb-keysyms.so.1" in told
    assert told.endswith(command)


def test_one_is_one_and_an_unknown_system_gets_no_command() -> None:
    told = check_libraries({}, has=lacking("libEGL.so.1"), finds=lambda name: None)
    assert told == (
        "the window cannot open: Qt needs a library of the system that is missing: libEGL.so.1\n"
        "Install the packages of your system that hold it."
    )


@pytest.mark.parametrize(
    ("environment", "gone", "said"),
    [
        ({}, X11, False),  # drawn into a picture
        ({"QT_QPA_PLATFORM": "offscreen", **SHOWN}, X11, False),
        ({"QT_QPA_PLATFORM": "xcb"}, X11, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, X11, False),
        ({"WAYLAND_DISPLAY": "wayland-0", **SHOWN}, X11, False),
        ({"WAYLAND_DISPLAY": "wayland-0", **SHOWN}, (*X11, *WAYLAND), True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, WAYLAND, True),
        ({}, DRAWING, True),
    ],
)
def test_only_what_this_display_takes_is_asked_for(environment, gone, said: bool) -> None:
    told = check_libraries(environment, has=lacking(*(library.file for library in gone)))
    assert (told is not None) == said


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt brings all that it needs")
def test_the_table_names_all_that_the_window_would_load() -> None:
    """Of what Qt's plug-in for X11 needs and this system lacks, nothing goes unsaid."""
    import PySide6

    plugin = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    needed = subprocess.run(["ldd", str(plugin)], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in needed.splitlines() if "=>" in line]
    gone = {words[0] for words in lines if words[2] == "not"}
    told = check_libraries(SHOWN) or ""
    assert [file for file in gone if file not in told] == []
    known = {library.file for library in (*DRAWING, *X11)}
    assert {words[0] for words in lines if words[0].startswith("libxcb-")} <= known


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt brings all that it needs")
def test_the_program_ends_with_a_sentence_and_not_in_qt(tmp_path: Path) -> None:
    """With a library that is made unreadable for the child."""
    code = (
        "import rnnviz.core.system.qt_libraries as q, sys, rnnviz.cli\n"
        "q.check_libraries.__defaults__ = (lambda f: 'icccm' not in f, lambda p: p == 'dnf')\n"
        "sys.exit(rnnviz.cli.main([]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60,
        env={"DISPLAY": ":77", "PATH": "/nowhere", "HOME": str(tmp_path), "PYTHONPATH": "."},
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == (
        "rnnviz: the window cannot open: Qt needs a library of the system that is missing: "
        "libxcb-icccm.so.4\nInstall it with:\n    sudo dnf install xcb-util-wm\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt brings all that it needs")
def test_a_command_that_draws_says_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a server that has no OpenGL: Python names the module's file, not the library's."""

    def fails(words: list[str]) -> int:
        raise ImportError("libGL.so.1: ...", name="QtGui", path="/x/PySide6/QtGui.abi3.so")

    monkeypatch.setattr("rnnviz.cli._dispatch", fails)
    gone = (lacking("libGL.so.1"), lambda name: name == "apt-get")
    monkeypatch.setattr(check_libraries, "__defaults__", gone)
    assert main(["colour"]) == 1
    assert capsys.readouterr().err == (
        "rnnviz: nothing can be drawn here: Qt needs a library of the system that is missing: "
        "libGL.so.1\nInstall it with:\n    sudo apt-get install libgl1\n"
    )
    monkeypatch.setattr(check_libraries, "__defaults__", (lacking(), gone[1]))
    with pytest.raises(ImportError):
        main(["colour"])
