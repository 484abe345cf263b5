"""The part of the Linux corpus whose indentation tells how deep its braces are.

    python models/consistent_code.py CORPORA/linux.txt CORPORA/linux-consistent.txt

The corpus is files, shuffled, one after the other. It is cut where a licence line begins a file,
into some 300 pieces of one or two files; a piece is kept if, over its characters, indentation and
depth of braces correlate by at least 0.7, and if no more than half of it is comments. The concept
chooses texts and nothing else: a network that is trained on them is never told it.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

from rnnviz.core.concepts import concept_named

LEAST_CORRELATION = 0.7
MOST_COMMENTS = 0.5
_FILE = re.compile(r"^(// SPDX|/\* SPDX)", re.MULTILINE)


def pieces(text: str) -> list[str]:
    """The corpus cut where a licence line begins a file."""
    starts = [0, *(match.start() for match in _FILE.finditer(text) if match.start())]
    return [text[start:stop] for start, stop in zip(starts, [*starts[1:], len(text)], strict=True)]


def consistent(piece: str) -> bool:
    """Whether a piece is kept."""
    depth, columns, comments = (
        np.asarray(concept_named(name).label(piece), float)
        for name in ("brace-depth", "indentation", "inside-comment")
    )
    if depth.std() == 0 or columns.std() == 0 or comments.mean() > MOST_COMMENTS:
        return False
    return bool(np.corrcoef(depth, columns)[0, 1] >= LEAST_CORRELATION)


def main() -> None:
    """Write what is kept, and say how much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("kept", type=Path)
    arguments = parser.parse_args()
    cut = pieces(arguments.corpus.read_text(encoding="utf-8"))
    kept = [piece for piece in cut if consistent(piece)]
    arguments.kept.write_text("".join(kept), encoding="utf-8")
    print(f"{len(kept)} of {len(cut)} pieces, {sum(map(len, kept)):,} characters")


if __name__ == "__main__":
    main()
