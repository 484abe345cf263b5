"""Let a model write: one character at a time, each fed back as the next input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from rnnviz.commands.inputs import add_vocabulary, file_given
from rnnviz.commands.jobs import opened, run_task
from rnnviz.commands.output import print_json

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
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same text")
    add_vocabulary(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(arguments: argparse.Namespace) -> int:
    """Print the text as it is drawn."""
    model = opened(arguments.model, arguments.vocabulary, job="sample")
    printed = 0

    def heard(done: float, total: float, facts: Mapping[str, Any]) -> None:
        nonlocal printed
        drawn = facts.get("text", "")
        sys.stdout.write(_printable(drawn[printed:]))
        sys.stdout.flush()
        printed = len(drawn)

    drawing = {
        "start": arguments.start,
        "length": arguments.length,
        "temperature": arguments.temperature,
        "top_k": arguments.top_k,
        "seed": arguments.seed,
    }
    if not arguments.json:
        sys.stdout.write(arguments.start)
    result = run_task(
        "sample",
        {"model": str(arguments.model), "vocabulary": model["vocabulary"], **drawing},
        None if arguments.json else heard,
    )
    if arguments.json:
        print_json({**drawing, "text": result["text"]})
    else:
        sys.stdout.write(_printable(result["text"][printed:]) + "\n")
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
    try:
        value = float(words)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1000:
        raise argparse.ArgumentTypeError(f"{words!r} is no temperature; it is 0 or above")
    return value
