"""The front door: help, versions, exit codes, and processes that are stopped or not listened to."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rnnviz import __version__
from rnnviz.cli import COMMANDS, main


def start(*words, **options):
    """The command line in a process of its own, as a person starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "rnnviz", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        text=True,
        **options,
    )


def ended(process, timeout=60):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)
    assert "engine" not in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: rnnviz {name} ")
    assert f"examples:\n\n  rnnviz {name}" in said


def test_every_module_of_commands_is_listed():
    folder = Path(__file__).parents[1] / "rnnviz" / "commands"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == {*COMMANDS, "engine"}


def test_a_mistyped_command_is_guessed(capsys):
    with pytest.raises(SystemExit) as end:
        main(["wlak"])
    assert end.value.code == 2
    assert "did you mean `rnnviz walk`?" in capsys.readouterr().err


def test_the_version_is_said_without_loading_anything():
    script = (
        "import sys; from rnnviz.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'PySide6', 'msgspec'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, f"rnnviz {__version__}\n"), found.stderr


def test_the_window_is_opened_on_the_files_without_torch(tmp_path, monkeypatch):
    file = tmp_path / "text.txt"
    file.write_text("hello")
    script = (
        "import sys, types\n"
        "from pathlib import Path\n"
        "import rnnviz.app as app\n"
        "opened = []\n"
        "app.run = lambda paths, addresses: opened.extend([*paths, *addresses]) or 0\n"
        "from rnnviz.cli import main\n"
        f"code = main([{str(file)!r}, {file.as_uri()!r}, 'me@there:/runs/novel'])\n"
        f"assert opened == [Path({str(file)!r})] * 2 + ['me@there:/runs/novel'], opened\n"
        "assert 'torch' not in sys.modules\n"
        "sys.exit(code)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_the_address_of_a_file_is_the_file(tmp_path, capsys):
    """As file managers hand it over, with blanks, accents, per cent signs and colons."""
    file = tmp_path / "ein Ordner" / "té%20xt #1: 12:30.txt"
    file.parent.mkdir()
    file.write_text("The boy sees the dog.\n")
    for given in (str(file), file.as_uri(), file.as_uri().replace("///", "//localhost/")):
        assert main(["concepts", "--labels", "position-in-line", given]) == 0
        assert capsys.readouterr().out
    elsewhere = file.as_uri().replace("///", "//elsewhere/")
    assert main(["concepts", "--labels", "position-in-line", elsewhere]) == 1
    with pytest.raises(SystemExit) as end:
        main([elsewhere])
    assert end.value.code == 2
    assert "there is no file or command" in capsys.readouterr().err


def test_a_closed_pipe_is_quiet():
    with start("concepts", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141


def shell(line, timeout=60):
    """A line for the shell, in which `rnnviz` is the command line; its code, output, complaints."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    command = f"{sys.executable} -m rnnviz"
    found = subprocess.run(
        ["bash", "-c", f"rnnviz() {{ {command} \"$@\"; }}; {line}"],
        capture_output=True, check=False, cwd=Path(__file__).parents[1], env=environment,
        timeout=timeout,
    )  # fmt: skip
    return found.returncode, found.stdout.decode(), found.stderr.decode(errors="replace")


needs_bash = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")


@needs_bash
@pytest.mark.parametrize("words", ["--help", "concepts --json"])
def test_output_that_nobody_takes_has_one_end(words):
    """A pipe that is closed, a full disk, a stream that was closed: a code, at most a sentence."""
    assert shell(f"rnnviz {words} | true; exit ${{PIPESTATUS[0]}}") == (141, "", "")
    assert shell(f"rnnviz {words} 2>&1 | true; exit ${{PIPESTATUS[0]}}") == (141, "", "")
    assert shell(f"rnnviz {words} >&-") == (0, "", "")
    assert shell(f"rnnviz {words} <&- >&- 2>&-") == (0, "", "")
    if Path("/dev/full").exists():
        code, _, said = shell(f"rnnviz {words} >/dev/full")
        assert (code, said.count("\n")) == (1, 1)
        assert said.startswith("rnnviz: No space left on device")


@needs_bash
def test_complaints_never_stand_in_the_output():
    code, out, _ = shell("rnnviz info there-is-none --json 2>&-")
    assert (code, out) == (1, "")


@needs_bash
def test_a_name_that_is_not_utf_8_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "caf\udce9").mkdir()
    for line in ("rnnviz info $'caf\\xe9' --json", "cd $'caf\\xe9' && rnnviz train novel.txt"):
        code, _, said = shell(
            f"cd {tmp_path}; export PYTHONPATH={Path(__file__).parents[1]}; {line}"
        )
        assert (code, said.count("\n")) == (1, 1)
        assert "is not written in UTF-8" in said


def test_whatever_a_text_or_a_name_holds_can_be_printed():
    script = (
        "from rnnviz.cli import _ready_streams; _ready_streams(); "
        "print('half \\ud83d, byte \\udce9, \\u4e2d')"
    )
    for encoding in ("utf-8:strict", "ascii:strict", "cp1252"):
        found = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert found.stdout.strip() == b"half \xef\xbf\xbd, byte \xe9, \xe4\xb8\xad"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_name_gives_a_terminal_no_commands():
    """It might set the clipboard, write over the line above, or turn it round."""
    import pty

    name = r"\x1b[4ma\x1b]52;c;aWQ=\x07\x9b2J\u202e\x1b[0m\r\x1b[K"
    script = f"from rnnviz.cli import _ready_streams; _ready_streams(); print('{name}')"
    seen, (master, terminal) = b"", pty.openpty()
    with subprocess.Popen([sys.executable, "-c", script], stdout=terminal) as printing:
        os.close(terminal)
        with contextlib.suppress(OSError):  # Linux says so where nobody writes any more
            while piece := os.read(master, 4096):
                seen += piece
        os.close(master)
    assert printing.returncode == 0
    lost = "\ufffd".encode()
    assert seen.strip() == (
        b"\x1b[4ma" + lost + b"]52;c;aWQ=" + lost + lost + b"2J" + lost + b"\x1b[0m\r\x1b[K"
    )


def test_ctrl_c_leaves_what_was_walked(tmp_path, tiny_model, capsys):
    from rnnviz.core.recordings.recording import Recording
    from rnnviz.nets.checkpoints.native import save_model

    model, text, folder = tmp_path / "m.safetensors", tmp_path / "t.txt", tmp_path / "out"
    save_model(model, tiny_model)
    text.write_text('a "cold bed"\n' * 100_000)
    over = threading.Event()

    def press_ctrl_c():
        """As soon as something is walked; the signal reaches the main thread."""
        walked = folder / "complete"
        while not over.wait(0.005):
            if walked.exists() and walked.read_bytes().strip(b"\0"):
                os.kill(os.getpid(), signal.SIGINT)
                return

    pressing = threading.Thread(target=press_ctrl_c)
    pressing.start()
    try:
        code = main(["walk", str(model), str(text), "-o", str(folder), "--channels", "hidden"])
    finally:
        over.set()
        pressing.join()
    recording = Recording(folder)
    assert code == 130
    assert 0 < recording.walked < recording.length
    said = capsys.readouterr().err
    assert f"the first {recording.walked:,} characters are in {folder}" in said


def test_a_defect_is_no_plain_error(monkeypatch):
    def broken(words):
        raise ZeroDivisionError

    monkeypatch.setattr("rnnviz.cli._dispatch", broken)
    with pytest.raises(ZeroDivisionError):
        main([])


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "\nrnnviz: stopped\n"),
        (FileNotFoundError(2, "No such file", "x"), 1, "rnnviz: No such file: x\n"),
    ],
)
def test_exit_codes(monkeypatch, capsys, raised, code, said):
    def dispatch(words):
        raise raised

    monkeypatch.setattr("rnnviz.cli._dispatch", dispatch)
    assert main([]) == code
    assert capsys.readouterr().err == said


def test_anything_is_printed_on_a_stream_of_another_encoding():
    found = subprocess.run(
        [sys.executable, "-m", "rnnviz", "info", "小明"],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )
    assert "小明" in found.stderr.decode("utf-8")
    assert b"defect" not in found.stderr


def test_the_window_opens_what_ships_by_its_name(monkeypatch):
    opened: list[Path] = []

    def run(files, addresses):
        opened.extend(files)
        return 0

    monkeypatch.setattr("rnnviz.app.run", run)
    assert main(["french-english"]) == 0
    assert [path.name for path in opened] == ["french-english.safetensors"]
    assert opened[0].is_file()
