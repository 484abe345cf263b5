"""Say which words of given translations belong together, one line a pair in Pharaoh format.

Words are what stands between blanks, so texts should have their punctuation set off as the gold
links count it. With gold links, the alignment error rate is printed. With --to, the weights behind
the links are written as the name ends: .svg, .png, .csv or .tex for one pair, .html for any number.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from rnnviz.commands.alignments import check_target, count_drawn, write_titled
from rnnviz.commands.inputs import file_given
from rnnviz.commands.output import print_json
from rnnviz.commands.tasks import run_with_progress
from rnnviz.core.alignment import DIRECTIONS, Alignment
from rnnviz.core.given_path import given_path
from rnnviz.core.links import corpus_agreement, links_line, read_links
from rnnviz.core.parallel_corpus import read_pairs

EXAMPLES = """
  rnnviz align models/english-french.safetensors pairs.txt -o links.txt
  rnnviz align models/english-french.safetensors pairs.txt -o links.txt --to pairs.html
  rnnviz align models/english-french.safetensors source.en target.fr --gold gold.txt
  rnnviz align models/english-french.safetensors pairs.txt --swap --direction both
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, the pairs, and how weights become links."""
    parser.add_argument("model", type=file_given, metavar="MODEL", help="a translation model")
    parser.add_argument(
        "pairs",
        nargs="+",
        type=given_path,
        metavar="PAIRS",
        help="a file with a tab or ||| between source and target, or two files",
    )
    parser.add_argument(
        "-o", "--output", type=given_path, metavar="FILE", help="write the links here"
    )
    parser.add_argument(
        "--to",
        type=given_path,
        metavar="FILE",
        help="write the alignment here; of many pairs as .html",
    )
    parser.add_argument("--swap", action="store_true", help="the second column is the source")
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        default="target",
        help="; ".join(f"{name}: {about}" for name, about in DIRECTIONS.items()),
    )
    parser.add_argument(
        "--threshold", type=float, default=0.3, metavar="X", help="the least weight of a link"
    )
    parser.add_argument("--gold", type=given_path, metavar="FILE", help="links to compare with")
    parser.add_argument("--one", action="store_true", help="write links that count from 1")
    parser.add_argument(
        "--sentences",
        type=given_path,
        metavar="FILE",
        help="for a model of PyTorch's tutorial: the sentences that its words come from",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Align, write the links, draw the weights, compare with gold."""
    drawn = _count_drawn(arguments) if arguments.to else 0
    with tempfile.TemporaryDirectory() as folder:
        asked = {
            "model": str(arguments.model),
            "sentences": str(arguments.sentences or ""),
            "pairs": [str(path) for path in arguments.pairs],
            "swap": arguments.swap,
            "direction": arguments.direction,
            "threshold": arguments.threshold,
            "tables": drawn,
            "folder": folder,
        }
        result = run_with_progress("align_corpus", asked, "aligning", "pairs")
        found = read_links(Path(result["path"]), base=0)
        if drawn:
            _draw(arguments.to, result["tables"])
    links = [one.swapped() if arguments.swap else one for one in found]
    lines = "".join(f"{links_line(one, 1 if arguments.one else 0)}\n" for one in links)
    if arguments.output:
        arguments.output.write_text(lines, encoding="utf-8")
    elif not arguments.json and arguments.gold is None:
        sys.stdout.write(lines)
    if arguments.gold is not None:
        gold = read_links(arguments.gold)
        agreed = corpus_agreement([one.sure for one in links], gold)
        facts = {
            "pairs": len(links),
            "error_rate": agreed.error_rate,
            "precision": agreed.precision,
            "recall": agreed.recall,
            "loss_nats": result["loss_nats"],
        }
        if arguments.json:
            print_json(facts)
        else:
            print(
                f"alignment error rate {agreed.error_rate:.1%}, precision {agreed.precision:.1%}, "
                f"recall {agreed.recall:.1%} over {len(links):,} pairs; the translations cost the "
                f"model {result['loss_nats']:.2f} nats a token"
            )
    return 0


def _count_drawn(arguments: argparse.Namespace) -> int:
    """How many pairs are drawn, once it is sure that the file can hold them."""
    check_target(arguments.to)
    count = len(read_pairs(arguments.pairs))
    check_target(arguments.to, f"{count:,} pairs" if count > 1 else "")
    return count_drawn(arguments.to, count, "pairs")


def _draw(path: Path, tables: list[dict[str, Any]]) -> None:
    write_titled(
        path,
        [
            (Alignment.read(Path(one["path"]), one["source"], one["target"]), one["text"])
            for one in tables
        ],
    )
