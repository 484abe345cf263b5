"""List the concepts that come with rnnviz; or show on a text what one of them labels.

With --labels, the characters that a concept labels are underlined (on a terminal) or marked in a
line below, so that a concept is seen before units are ranked for it.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from typing import TYPE_CHECKING

from rnnviz.commands.shared.inputs import character_range, concept_given, file_given
from rnnviz.commands.shared.output import Facts, print_json, table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rnnviz.core.concepts import Concept
    from rnnviz.core.export.layout import Cell

EXAMPLES = """
  rnnviz concepts
  rnnviz concepts --labels inside-quotes novel.txt
  rnnviz concepts --labels "regex:[A-Z]{3,}" novel.txt --range 5000:8000
  rnnviz concepts --labels "expr:speed > 0.5 and turn < 0" rows.csv
"""

_SHOWN = 4000
_ABOUT = 72
_UNDERLINED = "\x1b[4;1m"
_PLAIN = "\x1b[0m"


def configure(parser: argparse.ArgumentParser) -> None:
    """Nothing for a list; a concept and a text for labels."""
    parser.add_argument(
        "text", nargs="?", type=file_given, metavar="TEXT", help="with --labels: the text to show"
    )
    parser.add_argument(
        "--labels",
        metavar="NAME",
        help="a listed concept, a FILE.json, regex:PATTERN, or expr:EXPRESSION over columns of "
        "numbers",
    )
    parser.add_argument(
        "--range",
        type=character_range,
        default=(0, _SHOWN),
        metavar="A:B",
        help=f"the characters, or rows, from A up to B (default: 0:{_SHOWN})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Print the list or the labelled text."""
    if (arguments.labels is None) != (arguments.text is None):
        arguments.error("--labels NAME and TEXT go together")
    if arguments.labels is None:
        return _list(arguments.json)
    return _show(arguments)


def _list(as_json: bool) -> int:
    from rnnviz.core.concepts import CONCEPTS

    if as_json:
        keys = ("name", "title", "about", "family", "scalar")
        print_json({"concepts": [{key: getattr(one, key) for key in keys} for one in CONCEPTS]})
        return 0
    lines = []
    for one in CONCEPTS:
        first, *more = textwrap.wrap(one.about, _ABOUT)
        lines.append((one.name, one.family, "count" if one.scalar else "yes/no", first))
        lines += [("", "", "", line) for line in more]
    print(table(("name", "for", "label", "what it labels"), lines, left=4))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    import numpy as np

    from rnnviz.core.concepts import label_blocks
    from rnnviz.core.export.layout import rows
    from rnnviz.core.sequences.files.number_files import SUFFIXES
    from rnnviz.core.sequences.in_words import reading_in_words
    from rnnviz.core.sequences.text import Text

    concept = concept_given(arguments.labels)
    if arguments.text.suffix.lower() in SUFFIXES or concept.family == "numbers":
        return _show_rows(concept, arguments)
    text = Text.read(arguments.text)
    said = reading_in_words(text)
    start, stop = arguments.range[0], min(arguments.range[1], len(text))
    parts = []
    for first, labels in label_blocks(concept, text):
        parts.append(labels)
        if first + len(labels) >= stop:
            break
    chosen = np.concatenate(parts)[start:stop]
    if arguments.json:
        facts: Facts = {
            "concept": concept.name,
            "start": start,
            "labels": chosen.tolist(),
            "notes": [said] if said else [],
        }
        if concept.reading is not None:
            facts["reading"] = concept.reading(text)
        print_json(facts)
        return 0
    marked = np.nan_to_num(chosen.astype(np.float32)) != 0
    styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for row in rows(text.slice(start, stop)):
        print(_styled(row, marked) if styled else _marked(row, marked))
    share = float(marked.mean()) if len(marked) else 0.0
    if said:
        print(f"{text.name}: {said}", file=sys.stderr)
    print(f"{concept.title}: {100 * share:.1f} % of these characters", file=sys.stderr)
    if concept.reading is not None:
        print(concept.reading(text), file=sys.stderr)
    return 0


def _show_rows(concept: Concept, arguments: argparse.Namespace) -> int:
    """Which rows of numbers are labelled, or what the label of each is."""
    import numpy as np

    from rnnviz.core.concepts import label_steps
    from rnnviz.core.sequences.files.number_files import read_table

    found = read_table(arguments.text, told=lambda said: print(said, file=sys.stderr))
    numbers = found.numbers(found.columns)
    labels = np.concatenate([part for _, part in label_steps(concept, numbers)])
    start, stop = arguments.range[0], min(arguments.range[1], len(labels))
    chosen = labels[start:stop]
    if arguments.json:
        print_json({"concept": concept.name, "start": start, "labels": chosen.tolist()})
        return 0
    if concept.scalar:
        for row, value in enumerate(chosen.tolist(), start):
            print(f"{row:,}\t{value:g}")
        return 0
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0)) + start
    for first, last in edges.reshape(-1, 2).tolist():
        print(f"row {first:,}" if last == first + 1 else f"rows {first:,} to {last - 1:,}")
    share = float(chosen.mean()) if len(chosen) else 0.0
    print(f"{concept.title}: {100 * share:.1f} % of these rows", file=sys.stderr)
    return 0


def _styled(row: list[Cell], marked: npt.NDArray[np.bool_]) -> str:
    return "".join(
        f"{_UNDERLINED}{cell.blank}{_PLAIN}" if marked[cell.place] else cell.blank for cell in row
    )


def _marked(row: list[Cell], marked: npt.NDArray[np.bool_]) -> str:
    """The row, and if anything in it is labelled, a row of marks below."""
    text = "".join(cell.blank for cell in row).rstrip()
    marks = "".join(("^" if marked[cell.place] else " ") * cell.width for cell in row).rstrip()
    return f"{text}\n{marks}" if marks else text
