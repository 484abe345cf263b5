"""Say what texts are, with a classifier; and with --words what each word did to the verdict.

A text is what stands between quotes on the command line, or a file. In a file of labels and texts
with tabs, commas or semicolons between them, or of fastText's lines, every row is a text, and how
many verdicts are right is told; in any other file texts are parted by blank lines, or else each
line is one.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rnnviz.commands.shared.in_process import TaskFailed, opened, run_task
from rnnviz.commands.shared.inputs import add_vocabulary, file_given, say_how_read
from rnnviz.commands.shared.output import Facts, print_json
from rnnviz.core.files.given_path import given_path

if TYPE_CHECKING:
    from rnnviz.core.sequences.text import Text
    from rnnviz.work.jobs.classification import DocumentVerdict, Explained

EXAMPLES = """
  rnnviz classify films "The food was really good" "The vacuum cleaner broke within two weeks"
  rnnviz classify films --words "The movie had slow parts, but overall was worth watching"
  rnnviz classify films reviews.tsv --json
"""
_SHOWN = 60
_A_NAME = re.compile(r"\S+\.(?:txt|text|tsv|csv|gz|xz|json|jsonl|md)", re.IGNORECASE)
"""One word that ends as files do names a file, also one that is not there."""


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
    results: list[_Judged] = []
    for words in arguments.texts:
        path = given_path(words)
        # A long text is no name of a file, and asking for it would be an error.
        there = 0 < len(words) < 4096 and os.path.exists(path)  # noqa: PTH110
        is_file = there or _A_NAME.fullmatch(words) is not None
        text = Text.read(Path(path)) if is_file else Text.of(words, "the text")
        if is_file:
            say_how_read(text, model)
        source = TextGiven.of(text)
        try:
            found = run_task(Classify(model=given, text=source))
        except TaskFailed as error:
            if words == arguments.texts[-1] and not results:
                raise
            print(f"rnnviz: {words!r}: {error}", file=sys.stderr)
            continue
        for number, document in enumerate(found.documents):
            explained = None
            if arguments.words:
                asked = ExplainVerdict(
                    model=given, text=source, document=number, of_class=arguments.of_class
                )
                explained = run_task(asked)
            shares = dict(zip(found.classes, document.p, strict=True))
            results.append(_Judged(text, document, shares, explained))
    summary = _summary(results)
    if arguments.json:
        print_json(
            {
                "model": str(arguments.model),
                "classes": found.classes,
                "texts": [one.facts() for one in results],
                **(summary._asdict() if summary is not None else {}),
            }
        )
        return 0
    for one in results:
        one.print()
    if summary is not None:
        print(
            f"{summary.right:,} of {summary.labelled:,} right, {summary.accuracy:.1%}; "
            f"always {summary.largest_class!r} would be {summary.largest_class_share:.1%}"
        )
    return 0


@dataclass(frozen=True)
class _Judged:
    """A text, its verdict, and what each of its words did to it where that was asked."""

    whole: Text
    document: DocumentVerdict
    shares: dict[str, float]
    """The probability of each class."""
    explained: Explained | None

    @property
    def words(self) -> str:
        return self.whole.slice(self.document.start, self.document.stop)

    def facts(self) -> Facts:
        """All of it as JSON."""
        facts: Facts = {
            "text": self.words,
            "label": self.document.label or None,
            "verdict": self.document.verdict,
            "p": self.shares,
        }
        if self.explained is not None:
            facts["words"] = _explained_facts(self.explained, self.whole)
        return facts

    def print(self) -> None:
        """The verdict in a line, and each word in a line below."""
        shown = " ".join(self.words.split())
        shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
        verdict, label = self.document.verdict, self.document.label
        wrong = "" if label in ("", verdict) else f"  (it is {label})"
        print(f"{verdict} {self.shares[verdict]:4.0%}  {shown}{wrong}")
        if self.explained is None:
            return
        did = self.explained
        words = [self.whole.slice(start, stop) for start, stop in did.spans]
        width = max(map(len, words))
        print(
            f"  {'':{width}}  after it  gradient  integrated  left out   ({did.of_class}, log-odds)"
        )
        for place, word in enumerate(words):
            after = did.running[place]
            print(
                f"  {word:{width}}  {'' if math.isnan(after) else f'{after:.0%}':>8}  "
                f"{_signed(did.gradient_x_input[place]):>8}  "
                f"{_signed(did.integrated_gradients[place]):>10}  "
                f"{_signed(did.left_out[place]):>8}"
            )


def _explained_facts(explained: Explained, text: Text) -> Facts:
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


class _Summary(NamedTuple):
    """How many verdicts are right, and how many one verdict for all would be."""

    labelled: int
    right: int
    accuracy: float
    largest_class: str
    largest_class_share: float


def _summary(results: Sequence[_Judged]) -> _Summary | None:
    """How many verdicts are right, where the texts say what they are."""
    labelled = [one.document for one in results if one.document.label]
    if not labelled:
        return None
    right = sum(one.label == one.verdict for one in labelled)
    (largest, count), *_ = Counter(one.label for one in labelled).most_common(1)
    return _Summary(len(labelled), right, right / len(labelled), largest, count / len(labelled))


def _signed(value: float) -> str:
    """Two figures behind the point; of a long document not everything is found."""
    return "-" if math.isnan(value) else f"{value:+.2f}"
