"""The command line: which command was meant, what went wrong, with which exit code.

Nothing is imported before it is needed: `rnnviz --help` answers at once, and the window's process
never imports torch. Each command is a module of `rnnviz.commands`.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import gc
import importlib
import io
import os
import re
import sys
from typing import Protocol, cast

from rnnviz import __version__
from rnnviz.core.errors import RnnvizError

COMMANDS = {
    "info": "what a model, a recording or a training run holds",
    "convert": "write a model of any format as a model file of rnnviz",
    "walk": "run a text through a model and record every unit on disk",
    "rank": "find the units that follow a concept",
    "concepts": "list the concepts, or show on a text what one of them labels",
    "colour": "colour a text by one unit: terminal, HTML, PNG, SVG or CSV",
    "gradients": "how far back the gradient of a loss reaches, layer by layer",
    "ablate": "cut or hold a unit, and see what that costs",
    "sample": "let a model write",
    "translate": "translate sentences, and show where each word looked",
    "classify": "say what texts are, and what each word did to the verdict",
    "nearest": "say which words or characters a network takes for alike",
    "align": "say which words of given translations belong together",
    "stories": "list the stories, or write them as one page or one file",
    "unroll": "draw a small network, or any model over a text, step by step",
    "train": "train a model, or continue a training run",
    "run": "list training runs; pause, resume, stop or change one, or say how it is",
}
"""Each is a module of `rnnviz.commands` of the same name."""
_HIDDEN = {"engine": "answer the window's questions (started by the window)"}

_AS_IT_CAME = "rnnviz-as-it-came"
"""The name of `_as_it_came` among Python's ways with what an encoding does not have."""

OK, FAILED, WRONG_ARGUMENTS, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141


class Command(Protocol):
    """What a module of `rnnviz.commands` provides; its docstring opens its help."""

    __doc__: str | None
    EXAMPLES: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; the exit code."""
        ...


def _as_it_came(error: UnicodeError) -> tuple[str | bytes, int]:
    """What UTF-8 does not have: bytes of a file's name as they are, half a letter replaced."""
    if not isinstance(error, UnicodeEncodeError):
        return codecs.replace_errors(error)
    halves = map(ord, error.object[error.start : error.end])
    found = [bytes([one & 0xFF]) if 0xDC80 <= one < 0xDD00 else b"\xef\xbf\xbd" for one in halves]
    return b"".join(found), error.end


class _Terminal(io.TextIOWrapper):
    """A terminal that is given colours and lines anew; no command that a name or a file holds."""

    def write(self, words: str, /) -> int:
        super().write(_shown(words))
        return len(words)


_STEERING = re.compile(r"(\x1b\[(?:[0-9;]*[mK]|8[hl]))|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What steers a terminal; first what commands here write: colours, an empty line, the direction."""


def _shown(words: str) -> str:
    r"""Words as a terminal gets them.

    >>> _shown("\x1b[4mloss\x1b[0m") == "\x1b[4mloss\x1b[0m", _shown("novel\x1b]52;c;aWQ=\x07.txt")
    (True, 'novel\ufffd]52;c;aWQ=\ufffd.txt')
    """
    words = _STEERING.sub(lambda found: found[1] or "\ufffd", words)
    if words.isascii():
        return words
    from rnnviz.core.sequences.texts.direction import unturned  # most that is printed is ASCII

    return unturned(words)


def _ready_streams() -> None:
    """Let any character be printed, whatever the streams were opened for, and if there are none.

    What is redirected is UTF-8, as all files here; on a terminal that knows less, what it lacks is
    replaced, and so is what would steer it. A stream that was closed goes nowhere: no file that is
    opened later takes its place.
    """
    codecs.register_error(_AS_IT_CAME, _as_it_came)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                encoding, piece = stream.encoding, stream.detach()
                shown = _Terminal(piece, encoding, errors="replace", line_buffering=True)
                setattr(sys, name, shown)
            else:
                stream.reconfigure(encoding="utf-8", errors=_AS_IT_CAME)


def _leave_unwritable() -> bool:
    """Let what a stream does not take go nowhere, since Python would complain; if there was any."""
    found = False
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            found = True
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return found


def _complain(words: str) -> None:
    from rnnviz.commands.shared.output import harmless

    with contextlib.suppress(OSError):
        print(harmless(words), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code.

    0 is success, 1 an error that is explained in a line, 2 wrong arguments, 130 Ctrl-C, 141 that
    whoever read the output had enough.
    """
    words = sys.argv[1:] if arguments is None else arguments
    _ready_streams()
    try:
        try:
            code = _dispatch(words)
        except SystemExit:  # help, or arguments that are wrong
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return code
    except RnnvizError as error:
        _complain(f"rnnviz: {error}")
        return FAILED
    except KeyboardInterrupt:
        _complain("\nrnnviz: stopped")
        return INTERRUPTED
    except BrokenPipeError:
        _leave_unwritable()
        return CLOSED_PIPE
    except OSError as error:
        where = error.filename or ("the output cannot be written" if _leave_unwritable() else "")
        _complain(f"rnnviz: {error.strerror or error}" + (f": {where}" if where else ""))
        return FAILED
    except ImportError as error:
        if not (told := _missing_of_qt(error)):
            raise
        _complain(f"rnnviz: {told}")
        return FAILED
    finally:
        _leave_unwritable()


def _missing_of_qt(error: ImportError) -> str:
    """What Qt lacks on this system, where a command could not draw; empty if it is not that."""
    if sys.platform != "linux" or "PySide6" not in f"{error.name} {error.path}":
        return ""
    from rnnviz.core.system.qt_libraries import check_libraries

    return check_libraries({}, without="nothing can be drawn here") or ""


def _dispatch(words: list[str]) -> int:
    if words and (words[0] in COMMANDS or words[0] in _HIDDEN):
        name = words[0]
        command = cast("Command", importlib.import_module(f"rnnviz.commands.{name}"))
        parser = argparse.ArgumentParser(
            prog=f"rnnviz {name}",
            description=command.__doc__,
            epilog=f"examples:\n{command.EXAMPLES.rstrip()}" if command.EXAMPLES else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.configure(parser)
        return command.run(_parsed(parser, words[1:]))
    return _window(words)


def _parsed(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    """The arguments; options may stand between: `translate MODEL --sentences FILE "a sentence"`."""
    try:
        return parser.parse_intermixed_args(words)
    except TypeError:  # a command with commands of its own, or with arguments that exclude another
        return parser.parse_args(words)


def _window(words: list[str]) -> int:
    """Open the window on these files."""
    listed = "\n".join(f"  {name:<10}{about}" for name, about in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="rnnviz",
        usage="rnnviz [FILE ...]\n       rnnviz COMMAND ...",
        description="Open the window on a model, a text or a recording; or run a command.",
        epilog=f"commands:\n{listed}\n\n`rnnviz COMMAND --help` tells more, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rnnviz {__version__}")
    parser.add_argument("files", nargs="*", metavar="FILE", help="what to open")
    asked = parser.parse_args(words).files
    from rnnviz.core.system.shipped import shipped_or_given
    from rnnviz.work.remote import is_address

    files, addresses = [], []
    for given in asked:
        file = shipped_or_given(given)
        if os.path.exists(file):  # noqa: PTH110 - Path.exists raises where a name is too long
            files.append(file)
        elif is_address(given):
            addresses.append(given)
        else:
            import difflib

            near = difflib.get_close_matches(given, COMMANDS, n=1)
            hint = f"; did you mean `rnnviz {near[0]}`?" if near else ""
            parser.error(f"there is no file or command {given!r}{hint}")
    if sys.platform == "linux":
        from rnnviz.core.system.qt_libraries import check_libraries

        if told := check_libraries(os.environ):
            print(f"rnnviz: {told}", file=sys.stderr)
            return FAILED
    # What is imported and made until the window stands is no garbage: looking for some takes a
    # twelfth of the start. The window switches it on.
    gc.disable()
    try:
        app = importlib.import_module("rnnviz.app")
        return int(app.run(files, addresses))
    finally:
        gc.enable()
