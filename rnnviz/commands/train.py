"""Train a character model on text files.

The run directory holds everything about the run and can be watched in the window while it goes on.
Ctrl-C ends the run after the current step and leaves a checkpoint that can be used.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rnnviz.commands.output import ProgressLine, duration_in_words
from rnnviz.core.loss import loss_in_words
from rnnviz.core.run_directory import TrainingConfig

if TYPE_CHECKING:
    from rnnviz.core.model_file import ModelDescription
    from rnnviz.nets.train import Progress

EXAMPLES = """
  rnnviz train novel.txt
  rnnviz train *.c --name "C source" --layers 2 --units 512 --dropout 0.1 --epochs 20
  rnnviz train novel.txt --architecture gru --run runs/gru --save gru.safetensors --half
"""

_HELP = {
    "name": "what the model is called (default: the first text's name)",
    "architecture": "rnn, lstm or gru",
    "layers": "recurrent layers",
    "units": "hidden units in each layer",
    "embedding": "width of the learned character embedding; 0 feeds one-hot vectors",
    "skip": "feed the input to every layer and every layer to the output",
    "dropout": "share of a layer's outputs dropped while training, from 0 to below 1",
    "sequence_length": "characters between two truncations of back-propagation through time",
    "batch": "parallel streams through the text",
    "epochs": "passes over the training text; may be a fraction",
    "optimiser": "adam or rmsprop",
    "learning_rate": "the highest rate, reached after the warm-up",
    "schedule": "how the rate falls afterwards: constant, cosine or linear",
    "warmup_steps": "steps in which the rate rises",
    "clip": "norm rescales the whole gradient, value clamps each number, none does nothing",
    "clip_threshold": "the largest norm, or the largest number, that is left alone",
    "held_out": "share of the text, at its end, that is never trained on; "
    "above 1, a number of characters",
    "validation_every": "steps between two measurements on the held-out text",
    "checkpoint_every": "steps between two checkpoints",
    "seed": "ties the initial weights, the dropout and the samples",
    "threads": "threads of the processor",
    "precision": "float32, or bfloat16 for the matrix products of training",
    "default_text": "name of the sample text that suits the model",
    "start_from": "a model file of the same shape whose weights the training begins with",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Every setting of `TrainingConfig` is an option of the same name."""
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="text files, read in this order")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="default: runs/NAME")
    parser.add_argument("--save", type=Path, metavar="FILE", help="also write the model here")
    parser.add_argument("--half", action="store_true", help="save it in half precision")
    defaults = TrainingConfig(texts=())
    for field in msgspec.structs.fields(TrainingConfig):
        if field.name == "texts":
            continue
        default = getattr(defaults, field.name)
        option = "--" + field.name.replace("_", "-")
        said = _HELP.get(field.name, "")
        if default != "" and field.name != "skip":
            said += f" (default: {default})"
        said = said.replace("%", "%%")
        if isinstance(default, bool):
            action = argparse.BooleanOptionalAction
            parser.add_argument(option, action=action, default=default, help=said)
        else:
            kind = type(default)
            metavar = {int: "N", float: "X"}.get(kind, "NAME")
            parser.add_argument(option, type=kind, default=default, metavar=metavar, help=said)


def run(arguments: argparse.Namespace) -> int:
    """Train in this process; Ctrl-C ends the run after the current step, with a checkpoint."""
    # Threads that wait actively slow each other down many times over on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    config = _config(arguments)
    config.check()
    text = _read(config.texts)
    from rnnviz.core.model_file import read_description
    from rnnviz.nets.checkpoints.native import save_model
    from rnnviz.nets.train import train

    directory = arguments.run or Path("runs") / config.name
    interrupted: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: interrupted.append(number))
    line = ProgressLine("")

    def report(progress: Progress) -> None:
        line.show(progress.step, progress.steps, _figures(progress), progress.seconds_left)

    try:
        model = train(config, text, directory, report, lambda: bool(interrupted))
    finally:
        line.finish()
    trained = directory / "checkpoints" / "latest.safetensors"
    description = read_description(trained)
    print(_summary(description))
    print(trained)
    if arguments.save:
        save_model(arguments.save, model, description, arguments.half)
        print(arguments.save)
    return 0


def _config(arguments: argparse.Namespace) -> TrainingConfig:
    settings: dict[str, Any] = {
        field.name: getattr(arguments, field.name)
        for field in msgspec.structs.fields(TrainingConfig)
    }
    settings["texts"] = tuple(settings["texts"])
    settings["name"] = settings["name"] or Path(settings["texts"][0]).stem
    return TrainingConfig(**settings)


def _read(paths: tuple[str, ...]) -> str:
    """The texts one after the other.

    Raises:
        TextError: one of them cannot be read.
    """
    from rnnviz.core.text import Text

    return "".join(str(Text.read(Path(path))) for path in paths)


def _figures(progress: Progress) -> str:
    held_out = progress.validation_nats
    parts = (
        f"{progress.step:,}/{progress.steps:,}",
        f"loss {progress.loss_nats:.3f} nats",
        "" if math.isnan(held_out) else f"held out {held_out:.3f}",
        f"{progress.characters_per_second:,.0f} characters/s",
    )
    return "  ".join(part for part in parts if part)


def _summary(description: ModelDescription) -> str:
    trained = description.training
    steps, seconds = trained.get("steps", 0), trained.get("seconds", math.nan)
    said = f"{description.name}: {steps:,} steps in {duration_in_words(seconds)}"
    held_out = trained.get("held_out_nats")
    if isinstance(held_out, float) and math.isfinite(held_out):
        return f"{said}, held out {loss_in_words(held_out)}"
    return f"{said}, no text was held out"
