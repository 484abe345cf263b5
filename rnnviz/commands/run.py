"""Ask a training run to pause, resume, stop, keep a checkpoint, sample or change a setting.

The trainer hears of it between two steps, wherever it was started: here, in the window, or on
another machine that writes to the same drive. A run whose trainer is gone is continued by
`rnnviz train --resume`.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnviz.commands.number_types import number
from rnnviz.commands.output import duration_in_words, pairs, print_json
from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.given_path import given_path
from rnnviz.core.quantities.loss import training_loss_in_words
from rnnviz.core.runs.control import SETTINGS, ask
from rnnviz.core.training_tasks import loss_unit

if TYPE_CHECKING:
    from rnnviz.core.runs.event import Event
    from rnnviz.core.runs.reader import EventTail
    from rnnviz.core.runs.watched import WatchedRun
    from rnnviz.work.remote import Mirror

EXAMPLES = """
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
_ALREADY = {"pause": "paused", "resume": "running"}
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.05


def configure(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which run."""
    parser.add_argument("command", choices=["status", *_ANSWERS], help="what to do")
    parser.add_argument(
        "run",
        metavar="FOLDER",
        help="the folder of the run; user@host:/path for one on another machine, through ssh",
    )
    parser.add_argument("setting", nargs="?", metavar="SETTING", help=f"{', '.join(SETTINGS)}")
    parser.add_argument("value", nargs="?", type=number, metavar="VALUE", help="its new value")
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
    from rnnviz.core.runs.reader import EventTail
    from rnnviz.core.runs.state import LIVE
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
    from rnnviz.core.runs.log import read_events
    from rnnviz.core.runs.state import STATE_WORDS

    last: dict[str, dict[str, Any]] = {}
    for event in read_events(watched.directory):
        last[event["k"]] = event
    step, held_out = last.get("step", {}), last.get("validation", {})
    bad = last.get("bad_number")
    steps = watched.facts.get("steps", 0)
    facts = {
        "path": str(watched.directory),
        "name": watched.name,
        "state": watched.state,
        "steps": steps,
        "last_step": step,
        "last_validation": held_out,
        "bad_number": bad,
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
    task = str(watched.config.get("task", "characters"))
    for event, name in ((step, "last loss"), (held_out, "held-out loss")):
        if isinstance(nats := event.get("loss_nats"), float):
            lines.append((name, training_loss_in_words(nats, loss_unit(task))))
    if "learning_rate" in step:
        lines.append(("learning rate", f"{float(step['learning_rate']):.3g}"))
    if bad is not None:
        where = f"{bad['where']} {bad['parameter']}".strip()
        lines.append(("NaN or infinity", f"first in {where} at step {bad['step']:,}"))
    print(pairs(lines))
    return 0
