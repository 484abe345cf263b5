"""Say which symbols a network takes for alike: whose vectors point the same way.

The vectors are the rows of its learned embedding; of a network that reads one-hot vectors, the
columns of the first layer's input weights that these choose (char2vec). Cosine 1 is the same
direction, 0 none in common. Of a translator, words of the side that it reads, or writes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rnnviz.commands.shared.in_process import opened, run_task
from rnnviz.commands.shared.inputs import add_vocabulary, file_given
from rnnviz.commands.shared.number_types import count
from rnnviz.commands.shared.output import Facts, figure, print_json, table
from rnnviz.core.errors import TextError
from rnnviz.core.export.spreadsheets import csv_bytes
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file

EXAMPLES = """
  rnnviz nearest films awful
  rnnviz nearest war-and-peace-lstm q --count 5
  rnnviz nearest french-english maison --side source
  rnnviz nearest films good --vectors vectors.csv
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, words, and how many."""
    parser.add_argument(
        "model", type=file_given, metavar="MODEL", help="a model that reads symbols"
    )
    parser.add_argument("words", nargs="+", metavar="WORD", help="a word or character it reads")
    parser.add_argument(
        "--count", type=count, default=10, metavar="N", help="how many (default: 10)"
    )
    parser.add_argument(
        "--side",
        choices=("source", "target"),
        default="source",
        help="of a translator, in which language (default: source)",
    )
    parser.add_argument(
        "--vectors",
        type=given_path,
        metavar="FILE",
        help="write every symbol with its place in two dimensions and its vector, as CSV",
    )
    add_vocabulary(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print a table for each word."""
    from rnnviz.core.kinds import kind_named
    from rnnviz.work.jobs.alignments import NearestWords
    from rnnviz.work.jobs.given import ModelGiven

    model = opened(arguments.model, arguments.vocabulary)
    given = ModelGiven(model.path, model.vocabulary)
    found: list[Facts] = []
    if NearestWords.task() in kind_named(model.kind).jobs:
        for word in arguments.words:
            asked = NearestWords(model=given, word=word, side=arguments.side, count=arguments.count)
            near = [(one.word, one.similarity) for one in run_task(asked).words]
            found.append({"word": word, "nearest": near})
    else:
        found = _of_symbols(given, arguments)
    if arguments.json:
        print_json({"words": found})
        return 0
    for number, one in enumerate(found):
        pairs = one["nearest"]
        assert isinstance(pairs, list)
        lines = [(repr(symbol), figure(cosine)) for symbol, cosine in pairs]
        print("\n" * (number > 0) + f"nearest to {one['word']!r}")
        print(table(("symbol", "cosine"), lines, left=1))
    return 0


def _of_symbols(given: object, arguments: argparse.Namespace) -> list[Facts]:
    from rnnviz.core.cells.symbol_vectors import read_vectors
    from rnnviz.work.jobs.given import ModelGiven
    from rnnviz.work.jobs.symbols import FindVectors

    assert isinstance(given, ModelGiven)
    with tempfile.TemporaryDirectory(prefix="rnnviz-") as folder:
        answer = run_task(FindVectors(model=given, path=f"{folder}/vectors.npz"))
        vectors = read_vectors(Path(answer.path), answer.symbols, answer.source)
    found: list[Facts] = []
    for word in arguments.words:
        place = vectors.place_of(word)
        if place is None:
            raise TextError(
                f"{word!r} is none of the {len(vectors.symbols):,} symbols that the model reads, "
                f"such as {', '.join(map(repr, vectors.symbols[4:10]))}"
            )
        near = [(vectors.symbols[one], c) for one, c in vectors.nearest(place, arguments.count)]
        found.append({"word": vectors.symbols[place], "source": vectors.source, "nearest": near})
    if arguments.vectors is not None:
        rows: list[tuple[object, ...]] = [
            ("symbol", "x", "y", *range(1, vectors.vectors.shape[1] + 1))
        ]
        for symbol, plane, vector in zip(
            vectors.symbols, vectors.plane.tolist(), vectors.vectors.tolist(), strict=True
        ):
            rows.append((symbol, *plane, *vector))
        save_file(arguments.vectors, csv_bytes(rows))
        print(f"wrote {arguments.vectors}", file=sys.stderr)
    return found
