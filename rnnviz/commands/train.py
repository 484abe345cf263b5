"""Train a model: a language model on text files unless --task says otherwise.

The run directory holds everything about the run and can be watched in the window while it goes on.
Ctrl-C ends the run after the current step and leaves a checkpoint that can be used.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rnnviz.commands.shared.number_types import number, numbers, whole
from rnnviz.commands.shared.output import ProgressLine, duration_in_words
from rnnviz.core.errors import RunDirectoryError, TextError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.quantities.loss import figure, training_loss_in_words
from rnnviz.core.runs.directory.config import TrainingConfig, absolute, config_found, with_paths
from rnnviz.core.training_tasks import TASKS, TaskDescription, loss_unit, task_named
from rnnviz.core.training_tasks.field import Choice, Field, Reals, Switch
from rnnviz.core.training_tasks.settings import SETTINGS

if TYPE_CHECKING:
    from rnnviz.nets.training.loop import Ending
    from rnnviz.nets.training.processes import Processes
    from rnnviz.nets.training.progress import Progress
    from rnnviz.nets.training_tasks.task import TrainingTask

EXAMPLES = """
  rnnviz train novel.txt
  rnnviz train *.c --name "C source" --layers 2 --units 512 --dropout 0.1 --epochs 20
  rnnviz train novel.txt --architecture gru --run runs/gru --save gru.safetensors --half
  rnnviz train pairs.tsv --task translation --units 128 --option attention=general
  rnnviz train --task memory --option kind=copying --option distance=50 --steps 1500
  rnnviz train --resume runs/gru
  torchrun --nproc-per-node 2 -m rnnviz train novel.txt -o runs/novel
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Every setting of `TrainingConfig` is an option of the same name."""
    parser.add_argument("texts", nargs="*", metavar="FILE", help="files, read in this order")
    # torchrun takes a `--run` for one of its own, wherever it stands.
    parser.add_argument("--run", "-o", type=given_path, metavar="FOLDER", help="default: runs/NAME")
    parser.add_argument(
        "--resume",
        type=given_path,
        metavar="FOLDER",
        help="continue the run of this folder, however it ended; no other setting is needed",
    )
    parser.add_argument("--save", type=given_path, metavar="FILE", help="also write the model here")
    parser.add_argument("--half", action="store_true", help="save it in half precision")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        type=_option,
        metavar="NAME=VALUE",
        help="a setting that only this task has; may be given again",
    )
    tasks = ", ".join(task.key for task in TASKS)
    parser.add_argument(
        "--task", default="characters", metavar="NAME", help=f"what is learned: {tasks}"
    )
    parser.add_argument(
        "--name", default="", metavar="NAME", help="what the model is called (default: the first "
        "file's name)"
    )  # fmt: skip
    for setting in SETTINGS:
        _add(parser, setting)
    for task in TASKS:
        if task.options:
            parser.add_argument_group(
                f"what --task {task.key} can be told with --option NAME=VALUE",
                "\n".join(f"{option.name}: {_in_words(option)}" for option in task.options),
            )


_KINDS: dict[type, Any] = {int: whole, float: number}


def _add(parser: argparse.ArgumentParser, setting: Field) -> None:
    """An option of the command line for a setting of every run."""
    option, default = "--" + setting.name.replace("_", "-"), setting.default
    if isinstance(setting, Switch):
        action = argparse.BooleanOptionalAction
        parser.add_argument(option, action=action, default=default, help=_help(setting.help))
        return
    kind: Any = numbers if isinstance(setting, Reals) else _KINDS.get(type(default), str)
    metavar = {whole: "N", number: "X", numbers: "X,..."}.get(kind, "NAME")
    parser.add_argument(
        option, type=kind, default=default, metavar=metavar, help=_help(_in_words(setting))
    )


def _in_words(setting: Field) -> str:
    """What a setting is, what it may be, and what it is unless one says otherwise."""
    said = setting.help
    if isinstance(setting, Choice):
        said += f"; one of {', '.join(value for value in setting.choices if value)}"
    default = setting.default
    if default not in ("", False):
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        said += f" (default: {shown})"
    return said[:1].lower() + said[1:]


def _help(words: str) -> str:
    return words.replace("%", "%%")


def _option(words: str) -> tuple[str, Any]:
    name, equals, value = words.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{words!r} is no option; write NAME=VALUE")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


def run(arguments: argparse.Namespace) -> int:
    """Train in this process; Ctrl-C ends the run after the current step, with a checkpoint."""
    # Threads that wait actively slow each other down many times over on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    resume = arguments.resume is not None
    config = config_found(arguments.resume) if resume else _config(arguments)
    if resume and arguments.device != "auto":
        config = msgspec.structs.replace(config, device=arguments.device)
    config.check()
    from rnnviz.nets.training.loop import train
    from rnnviz.nets.training.measuring import with_threads
    from rnnviz.nets.training.processes import Processes, lost_another
    from rnnviz.nets.training_tasks import training_task

    processes = Processes.joined()
    directory = arguments.resume or arguments.run or Path("runs") / config.name
    interrupted: list[int] = []
    for signalled in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signalled, lambda which, _: interrupted.append(which))
    line = ProgressLine("") if processes.first else None
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen[:] = [progress]
        if line is not None:
            line.show(
                progress.step,
                progress.steps,
                _figures(config.task, progress),
                progress.seconds_left,
            )

    try:
        if not resume and processes.alone:
            config = with_threads(config, training_task)
        task = training_task(config, processes.share)
        _print_notes(task, processes)
        ending = train(
            task,
            config,
            directory,
            resume=resume,
            processes=processes,
            report=report,
            stopped=lambda: bool(interrupted),
        )
    except RuntimeError as error:
        if processes.alone or not lost_another(error):
            raise
        raise RunDirectoryError(
            f"another of the {processes.share.of} processes has ended, so this one cannot go on. "
            f"What was written stays; continue with as many: torchrun ... --resume {directory}"
        ) from error
    finally:
        if line is not None:
            line.finish()
        processes.leave()
    if processes.first:
        _tell(directory, config, ending, seen[-1], arguments)
    return 1 if ending.state == "failed" else 0


def _print_notes(task: TrainingTask, processes: Processes) -> None:
    """What a person should know of the data, said once."""
    for noted in task.facts.get("notes", ()) if processes.first else ():
        print(f"note: {noted}", file=sys.stderr)


def _tell(
    directory: Path,
    config: TrainingConfig,
    ending: Ending,
    progress: Progress,
    arguments: argparse.Namespace,
) -> None:
    """What came of it."""
    if ending.state == "failed":
        print(
            f"rnnviz: {ending.reason}, so the run ended before that update. Try a smaller learning "
            "rate or threshold, or let it go on with --on-bad-number continue",
            file=sys.stderr,
        )
        return
    trained = directory / "checkpoints" / "latest.safetensors"
    print(_summary(config.name or directory.name, config.task, progress))
    if ending.reason:
        print(f"ended early: {ending.reason}")
    print(trained)
    if ending.state == "stopped":
        print(f"continue with: rnnviz train --resume {directory}")
    if arguments.save:
        from rnnviz.nets.checkpoints.native import copy_model

        copy_model(trained, arguments.save, arguments.half)
        print(arguments.save)


def _config(arguments: argparse.Namespace) -> TrainingConfig:
    settings = {
        field.name: getattr(arguments, field.name)
        for field in msgspec.structs.fields(TrainingConfig)
        if field.name != "options"
    }
    settings["texts"] = tuple(str(given_path(text)) for text in settings["texts"])
    settings["options"] = dict(arguments.option)
    task = task_named(settings["task"])
    _check_options(task, settings["options"])
    if task.needs_data(settings["options"]) and not settings["texts"]:
        assert task.data is not None
        raise TextError(f"no file is given to train on. {task.data.wanted}")
    first = settings["texts"][0] if settings["texts"] else settings["task"]
    settings["name"] = settings["name"] or Path(first).stem
    return with_paths(TrainingConfig(**settings), lambda path: absolute(given_path(path)))


def _check_options(task: TaskDescription, options: Iterable[str]) -> None:
    """Refuse an option that this task does not have.

    Raises:
        TextError: naming those that it has.
    """
    known = [option.name for option in task.options]
    for name in options:
        if name not in known:
            raise TextError(
                f"the task {task.key} has no option {name!r}; "
                + (f"it has {', '.join(known)}" if known else "it has none")
            )


def _figures(task: str, progress: Progress) -> str:
    held_out = progress.validation_nats
    nats = " nats" if loss_unit(task) else ""  # a squared error is in no nats
    parts = (
        f"{progress.step:,}/{progress.steps:,}",
        f"loss {figure(progress.loss_nats)}{nats}",
        "" if math.isnan(held_out) else f"held out {figure(held_out)}",
        f"{progress.tokens_per_second:,.0f}/s",
    )
    return "  ".join(part for part in parts if part)


def _summary(name: str, task: str, progress: Progress) -> str:
    said = f"{name}: {progress.step:,} steps in {duration_in_words(progress.seconds)}"
    held_out = progress.validation_nats
    if math.isfinite(held_out):
        return f"{said}, held out {training_loss_in_words(held_out, loss_unit(task))}"
    return f"{said}, not judged on held-out data"
