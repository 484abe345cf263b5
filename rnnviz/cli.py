"""The command line: arguments, printing, exit codes."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from rnnviz.core.errors import RnnvizError
from rnnviz.core.run_directory import TrainingConfig


def add_train(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`rnnviz train`: every setting of `TrainingConfig` is an option of the same name."""
    parser = commands.add_parser("train", help="train a character model on a text file")
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="text files, read in this order")
    parser.add_argument("--run", type=Path, help="the run directory (default: runs/NAME)")
    parser.add_argument("--save", type=Path, help="also write the trained model here")
    parser.add_argument("--half", action="store_true", help="save it in half precision")
    defaults = TrainingConfig(texts=())
    for field in msgspec.structs.fields(TrainingConfig):
        if field.name == "texts":
            continue
        default = getattr(defaults, field.name)
        option = "--" + field.name.replace("_", "-")
        if isinstance(default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=default)
        else:
            parser.add_argument(option, type=type(default), default=default, metavar="X")
    parser.set_defaults(command=train)


def train(arguments: argparse.Namespace) -> int:
    """Train in this process; Ctrl-C ends the run after the current step, with a checkpoint."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from rnnviz.nets.checkpoints.native import save_model
    from rnnviz.nets.train import Progress
    from rnnviz.nets.train import train as run

    settings = {
        field.name: getattr(arguments, field.name)
        for field in msgspec.structs.fields(TrainingConfig)
    }
    settings["texts"] = tuple(settings["texts"])
    settings["name"] = settings["name"] or Path(settings["texts"][0]).stem
    config = TrainingConfig(**settings)
    text = "".join(Path(path).read_text(encoding="utf-8") for path in config.texts)
    directory = arguments.run or Path("runs") / config.name
    interrupted: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: interrupted.append(number))
    shown = 0.0

    def report(progress: Progress) -> None:
        nonlocal shown
        if time.monotonic() - shown < 0.5 and progress.step < progress.steps:
            return
        shown = time.monotonic()
        filled = round(24 * progress.step / progress.steps)
        minutes, seconds = divmod(int(progress.seconds_left), 60)
        line = (
            f"[{'#' * filled}{'.' * (24 - filled)}] {progress.step}/{progress.steps}  "
            f"loss {progress.loss_nats:.3f}  held out {progress.validation_nats:.3f} nats  "
            f"{progress.characters_per_second:,.0f} characters/s  {minutes}:{seconds:02} left"
        )
        print(line, end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)

    model = run(config, text, directory, report, lambda: bool(interrupted))
    print(f"\n{directory / 'checkpoints' / 'latest.safetensors'}")
    if arguments.save:
        trained = directory / "checkpoints" / "latest.safetensors"
        from rnnviz.core.model_file import read_description

        save_model(arguments.save, model, read_description(trained), arguments.half)
        print(arguments.save)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="rnnviz")
    commands = parser.add_subparsers()
    add_train(commands)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.command(parsed))
    except RnnvizError as error:
        print(f"rnnviz: {error}", file=sys.stderr)
        return 1
