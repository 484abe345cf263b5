"""The command line: which command was meant, what went wrong, with which exit code.

Nothing is imported before it is needed: `rnnviz --help` answers at once, and the window's process
never imports torch. Each command is a module of `rnnviz.commands`.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
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

_UTF8 = ("utf-8", "utf8")

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


def _write_in_utf8() -> None:
    """Let any character be printed, whatever the stream was opened for.

    What is redirected is UTF-8, as all files here; on a terminal that knows less, what it lacks is
    replaced.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in _UTF8:
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code.

    0 is success, 1 an error that is explained in a line, 2 wrong arguments, 130 Ctrl-C, 141 that
    whoever read the output had enough.
    """
    words = sys.argv[1:] if arguments is None else arguments
    _write_in_utf8()
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except RnnvizError as error:
        print(f"rnnviz: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nrnnviz: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain when it flushes what is left; now that goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except OSError as error:
        print(f"rnnviz: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return FAILED


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
