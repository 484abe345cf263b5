"""Let a model write: one character at a time, each fed back as the next input."""

from __future__ import annotations

import argparse
import sys

from rnnviz.commands.shared.in_process import opened, run_task
from rnnviz.commands.shared.inputs import add_vocabulary, file_given
from rnnviz.commands.shared.number_types import number, whole
from rnnviz.commands.shared.output import print_json

EXAMPLES = """
  rnnviz sample models/war-and-peace.safetensors --length 500
  rnnviz sample models/linux.safetensors --start "static int " --temperature 0.5 --seed 1
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, and how to draw."""
    parser.add_argument("model", type=file_given, metavar="MODEL", help="a model file")
    parser.add_argument("--start", default="", metavar="TEXT", help="what the model reads first")
    parser.add_argument(
        "--length", type=_count, default=500, metavar="N", help="characters to draw (default: 500)"
    )
    parser.add_argument(
        "--temperature",
        type=_temperature,
        default=0.8,
        metavar="X",
        help="above 1 bolder, below 1 safer, 0 always the likeliest (default: 0.8)",
    )
    parser.add_argument(
        "--top-k",
        type=_count,
        default=0,
        metavar="K",
        help="draw from the K likeliest only; 0 allows all (default: 0)",
    )
    parser.add_argument("--seed", type=whole, metavar="N", help="the same seed gives the same text")
    add_vocabulary(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(arguments: argparse.Namespace) -> int:
    """Print the text as it is drawn."""
    from rnnviz.work.jobs.cells import Sample, Sampled
    from rnnviz.work.jobs.given import ModelGiven

    model = opened(arguments.model, arguments.vocabulary, job=Sample)
    printed = 0

    def heard(done: float, total: float, sampled: Sampled | None) -> None:
        nonlocal printed
        if sampled is not None:
            sys.stdout.write(_printable(sampled.text[printed:]))
            sys.stdout.flush()
            printed = len(sampled.text)

    drawing = {
        "start": arguments.start,
        "length": arguments.length,
        "temperature": arguments.temperature,
        "top_k": arguments.top_k,
        "seed": arguments.seed,
    }
    if not arguments.json:
        sys.stdout.write(arguments.start)
    sample = Sample(model=ModelGiven(model.path, model.vocabulary), **drawing)
    text = run_task(sample, None if arguments.json else heard).text
    if arguments.json:
        print_json({**drawing, "text": text})
    else:
        sys.stdout.write(_printable(text[printed:]) + "\n")
    return 0


def _printable(drawn: str) -> str:
    """Without what could steer the terminal; a model may have learned any character."""
    if not sys.stdout.isatty():
        return drawn
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in drawn)


def _count(words: str) -> int:
    if not words.isdecimal():
        raise argparse.ArgumentTypeError(f"{words!r} is no number of characters")
    return int(words)


def _temperature(words: str) -> float:
    value = number(words)
    if not 0 <= value < 1000:
        raise argparse.ArgumentTypeError(f"{words!r} is no temperature; it is 0 or above")
    return value
