"""Say what texts are, with a classifier; and with --words what each word did to the verdict.

A text is what stands between quotes on the command line, or a file. In a file of labels and texts
with a tab between them every row is a text, and how many verdicts are right is told; in any other
file texts are parted by blank lines, or else each line is one.
"""

from __future__ import annotations

import argparse
import math
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnviz.commands.inputs import add_vocabulary, file_given
from rnnviz.commands.jobs import opened, run_task
from rnnviz.commands.output import print_json
from rnnviz.core.given_path import given_path

if TYPE_CHECKING:
    from rnnviz.core.sequences.text import Text
    from rnnviz.work.jobs.classification import Explained

EXAMPLES = """
  rnnviz classify films "The food was really good" "The vacuum cleaner broke within two weeks"
  rnnviz classify films --words "The movie had slow parts, but overall was worth watching"
  rnnviz classify films reviews.tsv --json
"""
_SHOWN = 60


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, texts, and how to print."""
    parser.add_argument("model", type=file_given, metavar="MODEL", help="a model file")
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="a text, or a file with texts")
    parser.add_argument(
        "--words",
        action="store_true",
        help="also the verdict after each word, and what each word did to it",
    )
    parser.add_argument(
        "--class",
        dest="of_class",
        default="",
        metavar="NAME",
        help="with --words: of which class (default: of the one that is found likeliest)",
    )
    add_vocabulary(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each text."""
    from rnnviz.core.sequences.text import Text
    from rnnviz.work.jobs.classification import Classify, ExplainVerdict
    from rnnviz.work.jobs.given import ModelGiven, TextGiven

    model = opened(arguments.model, arguments.vocabulary, job=Classify)
    given = ModelGiven(model.path, model.vocabulary)
    results: list[dict[str, Any]] = []
    for words in arguments.texts:
        path = given_path(words)
        # A long text is no name of a file, and asking for it would be an error.
        is_file = len(words) < 4096 and os.path.isfile(path)  # noqa: PTH113
        text = Text.read(Path(path)) if is_file else Text.of(words, "the text")
        source = TextGiven.of(text)
        found = run_task(Classify(model=given, text=source))
        for number, document in enumerate(found.documents):
            entry: dict[str, Any] = {
                "text": text.slice(document.start, document.stop),
                "label": document.label or None,
                "verdict": document.verdict,
                "p": dict(zip(found.classes, document.p, strict=True)),
            }
            if arguments.words:
                asked = ExplainVerdict(
                    model=given, text=source, document=number, of_class=arguments.of_class
                )
                entry["words"] = _told(run_task(asked), text)
            results.append(entry)
    summary = _summary(results)
    if arguments.json:
        print_json(
            {"model": str(arguments.model), "classes": found.classes, "texts": results, **summary}
        )
        return 0
    for entry in results:
        _print(entry)
    if summary:
        print(
            f"{summary['right']:,} of {summary['labelled']:,} right, {summary['accuracy']:.1%}; "
            f"always {summary['largest_class']!r} would be {summary['largest_class_share']:.1%}"
        )
    return 0


def _told(explained: Explained, text: Text) -> dict[str, Any]:
    """What each word did, as JSON; NaN is null there."""
    return {
        "class": explained.of_class,
        "log_odds": explained.log_odds,
        "zero_log_odds": explained.zero_log_odds,
        "words": [text.slice(start, stop) for start, stop in explained.spans],
        "running": [None if math.isnan(share) else share for share in explained.running],
        "gradient_x_input": explained.gradient_x_input,
        "integrated_gradients": explained.integrated_gradients,
        "left_out": explained.left_out,
        "attention": explained.attention,
    }


def _summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """How many verdicts are right, where the texts say what they are."""
    labelled = [entry for entry in results if entry["label"] is not None]
    if not labelled:
        return {}
    right = sum(entry["label"] == entry["verdict"] for entry in labelled)
    (largest, count), *_ = Counter(entry["label"] for entry in labelled).most_common(1)
    return {
        "labelled": len(labelled),
        "right": right,
        "accuracy": right / len(labelled),
        "largest_class": largest,
        "largest_class_share": count / len(labelled),
    }


def _print(entry: dict[str, Any]) -> None:
    shown = " ".join(entry["text"].split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
    share, label = entry["p"][entry["verdict"]], entry["label"]
    wrong = "" if label in (None, entry["verdict"]) else f"  (it is {label})"
    print(f"{entry['verdict']} {share:4.0%}  {shown}{wrong}")
    if "words" not in entry:
        return
    effects = entry["words"]
    width = max(len(word) for word in effects["words"])
    print(
        f"  {'':{width}}  after it  gradient  integrated  left out   ({effects['class']}, log-odds)"
    )
    for place, word in enumerate(effects["words"]):
        after = effects["running"][place]
        print(
            f"  {word:{width}}  {'' if after is None else f'{after:.0%}':>8}  "
            f"{effects['gradient_x_input'][place]:+8.2f}  "
            f"{effects['integrated_gradients'][place]:+10.2f}  {effects['left_out'][place]:+8.2f}"
        )
