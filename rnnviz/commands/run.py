"""List runs, rename or delete them, or ask one to pause, resume, stop, sample, change a setting.

The trainer hears of it between two steps, wherever it was started: here, in the window, or on
another machine that writes to the same drive. A run whose trainer is gone is continued by
`rnnviz train --resume`.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.commands.shared.number_types import count, number
from rnnviz.commands.shared.output import duration_in_words, harmless, pairs, print_json, table
from rnnviz.commands.shared.runs import (
    loss_lines,
    newest_events,
    read_to_the_end,
    trouble_lines,
)
from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file
from rnnviz.core.runs.directory.control import SETTINGS, ask

if TYPE_CHECKING:
    from rnnviz.core.runs.comparing.rows import RunRow
    from rnnviz.core.runs.directory.event import Event
    from rnnviz.core.runs.directory.reader import EventTail
    from rnnviz.core.runs.watched import WatchedRun
    from rnnviz.work.remote import Mirror

EXAMPLES = """
  rnnviz run list runs --sort best
  rnnviz run list runs --filter "gru rate < 1e-3" --columns units,seed
  rnnviz run rename runs/novel "two layers"
  rnnviz run delete runs/novel
  rnnviz run samples runs/novel -o at-first-train-more.svg
  rnnviz run status runs/novel
  rnnviz run pause  runs/novel
  rnnviz run resume runs/novel
  rnnviz run set    runs/novel learning_rate 0.001
  rnnviz run set    runs/novel temperature 0.5
  rnnviz run sample runs/novel
  rnnviz run stop   runs/novel
  rnnviz run status ada@gpu1:runs/novel
"""

_ANSWERS = {
    "pause": "paused",
    "resume": "resumed",
    "stop": "stopped",
    "checkpoint": "checkpoint",
    "sample": "sample",
    "set": "changed",
}
"""The event with which the trainer answers each command."""
_HERE = ("list", "rename", "delete", "samples")
"""What needs no trainer."""
_ALREADY = {"pause": "paused", "resume": "running"}
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.05


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which run."""
    parser.add_argument("command", choices=[*_HERE, "status", *_ANSWERS], help="what to do")
    parser.add_argument(
        "run",
        metavar="FOLDER",
        help="the folder of the run; user@host:/path for one on another machine, through ssh; "
        "of list, a folder of runs",
    )
    parser.add_argument(
        "setting", nargs="?", metavar="SETTING", help=f"{', '.join(SETTINGS)}; of rename, the name"
    )
    parser.add_argument("value", nargs="?", metavar="VALUE", help="its new value")
    listing = parser.add_argument_group("list")
    listing.add_argument("--filter", default="", metavar="WORDS", help="only runs of which this is "
                         "so: words of the name, and conditions such as 'rate < 1e-3'")  # fmt: skip
    listing.add_argument(
        "--sort", default="", metavar="COLUMN", help="a figure or a setting, the least first"
    )
    listing.add_argument("--descending", action="store_true", help="the greatest first")
    listing.add_argument(
        "--columns",
        default="",
        metavar="NAME,...",
        help="the settings that are shown (default: those in which the runs differ)",
    )
    drawing = parser.add_argument_group("samples")
    drawing.add_argument(
        "-o", "--output", type=given_path, metavar="FILE", help="write .png, .svg or .html"
    )
    drawing.add_argument(
        "--moments", type=count, default=4, metavar="N", help="how many moments (default: 4)"
    )
    drawing.add_argument(
        "--temperature", type=number, metavar="X", help="of the samples (default: the middle one)"
    )
    drawing.add_argument("--dark", action="store_true", help="draw on dark paper")
    parser.add_argument(
        "--for-good", action="store_true", help="delete: where the system has no trash, erase it"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--no-wait",
        action="store_true",
        help=f"do not wait for the trainer's answer (otherwise up to {_PATIENCE_SECONDS:.0f} s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask, and wait for the answer; or say how the run is."""
    from rnnviz.work.remote import is_address

    given, arguments.run = arguments.run, given_path(arguments.run)
    if arguments.value is not None:
        arguments.value = _setting_value(arguments.value)
    if arguments.command == "list":
        return _list(arguments)
    if arguments.command in _HERE:
        return {"rename": _rename, "delete": _delete, "samples": _samples}[arguments.command](
            arguments
        )
    if is_address(given) and not arguments.run.exists():
        with _mirrored(given) as mirror:
            arguments.run = mirror.folder
            return _run(arguments, mirror)
    return _run(arguments)


@contextlib.contextmanager
def _mirrored(address: str) -> Iterator[Mirror]:
    """A run on another machine, mirrored for as long as it takes to ask it.

    Raises:
        RunDirectoryError: ssh cannot get there, or no run lies there.
    """
    from rnnviz.work.remote import Mirror

    with tempfile.TemporaryDirectory(prefix="rnnviz-") as folder:
        mirror = Mirror(address, Path(folder) / "run")
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not mirror.complete:
                if mirror.problem or time.monotonic() > deadline:
                    said = mirror.problem or "it does not answer"
                    raise RunDirectoryError(f"cannot reach {address}: {said}")
                time.sleep(_LOOK_SECONDS)
            yield mirror
        finally:
            mirror.close()


def _run(arguments: argparse.Namespace, mirror: Mirror | None = None) -> int:
    from rnnviz.core.runs.directory.reader import EventTail
    from rnnviz.core.runs.directory.state import LIVE
    from rnnviz.core.runs.watched import WatchedRun

    watched = WatchedRun(arguments.run)
    watched.poll()
    if arguments.command == "status":
        return _status(watched, arguments.json)
    if watched.state not in LIVE:
        raise RunDirectoryError(
            f"nobody trains in {arguments.run}: the run is {watched.state}"
            + _how_to_continue(watched)
        )
    if arguments.command in _ALREADY and watched.state == _ALREADY[arguments.command]:
        print(f"the run is {watched.state} already")
        return 0
    tail = EventTail(arguments.run / "events.jsonl")
    tail.read()
    ask(arguments.run, arguments.command, arguments.setting or "", arguments.value)
    if mirror is not None:
        mirror.ask()
    answer = None if arguments.no_wait else _answer(tail, _ANSWERS[arguments.command])
    step = None if answer is None else answer.step
    if arguments.json:
        said = None if answer is None else answer.kind
        print_json({"command": arguments.command, "answer": said, "step": step})
    elif answer is None:
        print("asked" if arguments.no_wait else "asked; no answer yet")
    else:
        print(f"{answer.kind} at step {answer.step:,}")
    return 0 if arguments.no_wait or (answer and answer.kind == _ANSWERS[arguments.command]) else 1


def _setting_value(typed: str) -> float:
    try:
        return number(typed)
    except argparse.ArgumentTypeError as error:
        raise RunDirectoryError(str(error)) from error


def _list(arguments: argparse.Namespace) -> int:
    """A table of the runs in a folder: figures, and the settings in which they differ."""
    from rnnviz.core.runs.comparing.filtering import key_named, read_filter
    from rnnviz.core.runs.comparing.rows import (
        FIGURES,
        in_order,
        setting_column,
        settings_by_difference,
    )

    rows = _rows_below(arguments.run)
    settings = tuple(dict.fromkeys(key for _, row in rows for key in row.settings))
    taken = read_filter(arguments.filter, settings)
    rows = [(place, row) for place, row in rows if taken.takes(row)]
    differing, _ = settings_by_difference([row for _, row in rows])
    if arguments.columns:
        differing = tuple(
            key_named(name, settings) for name in arguments.columns.split(",") if name.strip()
        )
    known = {column.key: column for column in FIGURES}
    if arguments.sort:
        key = key_named(arguments.sort, settings)
        column = known.get(key) or setting_column(key)
        rows = in_order(rows, lambda pair: pair[1], column, arguments.descending)
    shown = [known[key] for key in _LISTED] + [setting_column(key) for key in differing]
    if arguments.json:
        figures = [column for column in FIGURES if column.key != "name"]
        print_json(
            [
                {
                    "path": str(place),
                    "name": row.name,
                    **{column.key: column.value(row) for column in figures},
                    "settings": row.settings,
                }
                for place, row in rows
            ]
        )
    elif not rows:
        print("no run of which this is so" if arguments.filter else "no run lies there")
    else:
        heads = [column.title for column in shown]
        print(table(heads, [[column.words(row) for column in shown] for _, row in rows], left=2))
    return 0 if rows else 1


_LISTED = ("name", "state", "step", "loss", "validation", "best", "time")


def _rows_below(folder: Path) -> list[tuple[Path, RunRow]]:
    """The runs in a folder, and of each what there is to say in one line.

    Raises:
        RunDirectoryError: none lies there.
    """
    from rnnviz.core.runs.comparing.rows import row_of
    from rnnviz.core.runs.watched import runs_in, watch

    rows = []
    for directory, name in runs_in(folder):
        try:
            watched = watch(directory, time.monotonic, None, name)
            read_to_the_end(watched)
        except RunDirectoryError as error:
            if directory == folder:
                raise
            print(f"rnnviz: {error}", file=sys.stderr)  # one that is damaged hides no other
            continue
        rows.append((directory, row_of(watched.name, watched.state, watched.record)))
    return rows


def _rename(arguments: argparse.Namespace) -> int:
    from rnnviz.core.runs.directory.config import rename

    name = (arguments.setting or "").strip()
    if not name:
        raise RunDirectoryError(
            f'no name is given; write for example: rnnviz run rename {arguments.run} "two layers"'
        )
    rename(arguments.run, name)
    print(f"{arguments.run} is called {name}")
    return 0


def _samples(arguments: argparse.Namespace) -> int:
    """What the model wrote at some moments of its training: printed, or as a figure."""
    from rnnviz.core.export.train_more import (
        moments_of,
        temperatures_of,
        train_more_figure,
        train_more_page,
    )
    from rnnviz.core.runs.watched import WatchedRun

    watched = WatchedRun(arguments.run)
    read_to_the_end(watched)
    record, asked = watched.record, arguments.temperature
    known = temperatures_of(record.samples)
    if asked is not None and asked not in known:
        there = ", ".join(f"{one:g}" for one in known) or "none"
        raise RunDirectoryError(f"no sample was drawn at temperature {asked:g}; there are {there}")
    moments = moments_of(record, max(2, arguments.moments), asked)
    if not moments:
        raise RunDirectoryError(f"{watched.name} has no samples")
    to: Path | None = arguments.output
    if to is None:
        for moment in moments:
            print(f"{moment.title}" + (f" ({moment.loss})" if moment.loss else ""))
            print(harmless(moment.text) + "\n")
    elif to.suffix.lower() == ".html":
        page = train_more_page(moments, watched.name)
        save_file(to, page)
    elif to.suffix.lower() in (".png", ".svg"):
        from rnnviz.views.text.painting.text_figure import write_drawn

        write_drawn(to, train_more_figure(moments, watched.name, dark=arguments.dark))
    else:
        raise RunDirectoryError(f"{to.name} ends in neither .png nor .svg nor .html")
    if to is not None:
        print(f"wrote {to}")
    return 0


def _delete(arguments: argparse.Namespace) -> int:
    from rnnviz.core.runs.directory.state import LIVE
    from rnnviz.core.runs.tensorboard.event_files import event_files, is_run
    from rnnviz.core.runs.watched import watch
    from rnnviz.core.system.trash import NoTrashError, move_to_trash

    directory: Path = arguments.run
    if not (is_run(directory) or event_files(directory)):
        raise RunDirectoryError(f"{directory} holds no run; nothing was deleted")
    watched = watch(directory, time.monotonic)
    watched.poll()
    if watched.state in LIVE:
        raise RunDirectoryError(
            f"{watched.name} is {watched.state}; stop it first: rnnviz run stop {directory}"
        )
    try:
        move_to_trash(directory)
    except NoTrashError as error:
        if not arguments.for_good:
            raise RunDirectoryError(f"{error}; --for-good erases it") from error
        shutil.rmtree(directory)
        print(f"{watched.name} is deleted")
    else:
        print(f"{watched.name} is in the trash")
    return 0


def _how_to_continue(watched: WatchedRun) -> str:
    if watched.state == "finished" or watched.config.get("task") == "own-loop":
        return ""
    return f". Continue it with `rnnviz train --resume {watched.directory}`"


def _answer(tail: EventTail, kind: str) -> Event | None:
    """The event with which the trainer answered, or its last; None if it took too long."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for event in tail.read():
            if event.kind == kind or event.kind in ("stopped", "finished"):
                return event
        time.sleep(_LOOK_SECONDS)
    return None


def _status(watched: WatchedRun, as_json: bool) -> int:
    from rnnviz.core.runs.directory.state import STATE_WORDS

    newest = newest_events(watched.directory)
    step = newest.get("step", {})
    steps = watched.facts.get("steps", 0)
    facts = {
        "path": str(watched.directory),
        "name": watched.name,
        "state": watched.state,
        "steps": steps,
        "last_step": step,
        "last_validation": newest.get("validation", {}),
        "bad_number": newest.get("bad_number"),
        "trouble": watched.trouble(),
    }
    if as_json:
        print_json(facts)
        return 0
    lines = [
        ("run", f"{watched.name}, {STATE_WORDS[watched.state]}"),
        ("step", f"{step.get('step', 0):,}" + (f" of {steps:,}" if steps else "")),
    ]
    if "seconds" in step:
        lines.append(("trained for", duration_in_words(float(step["seconds"]))))
    lines += loss_lines(newest, str(watched.config.get("task", "characters")))
    if "learning_rate" in step:
        lines.append(("learning rate", f"{float(step['learning_rate']):.3g}"))
    print(pairs([*lines, *trouble_lines(watched)]))
    return 0
