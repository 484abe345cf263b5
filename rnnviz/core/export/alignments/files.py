"""Alignments as files of other programs, by the ending of the name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.alignments.figure import DrawnAlignment, Look, alignment_figure
from rnnviz.core.export.alignments.html import alignment_page
from rnnviz.core.export.alignments.tikz import alignment_tikz
from rnnviz.core.export.spreadsheets import csv_rows
from rnnviz.core.export.svg import svg
from rnnviz.core.files.writing import save_file

ENDINGS = (".png", ".svg", ".csv", ".tex", ".html")
"""How names of exported alignments may end; `.png` is painted by `views.text_figure`."""


def check_ending(path: Path, endings: Sequence[str] = ENDINGS) -> None:
    """Refuse a name that does not say how to write an alignment.

    Raises:
        AlignmentError: the ending is unknown.
    """
    if path.suffix.lower() not in endings:
        raise AlignmentError(
            f"cannot write {path.name}: alignments are written as "
            f"{', '.join(ENDINGS)}; choose a name that ends so"
        )


def write_alignments(
    path: Path, drawn: Sequence[DrawnAlignment], look: Look = "map", dark: bool = False
) -> None:
    """Write alignments; a page takes any number, every other kind exactly one.

    Raises:
        AlignmentError: the ending is unknown, or the number does not fit.
        RnnvizError: it cannot be written.
    """
    ending = path.suffix.lower()
    check_ending(path, ENDINGS[1:])
    if ending != ".html" and len(drawn) != 1:
        raise AlignmentError(
            f"{len(drawn):,} alignments do not go into one {ending} file; write an .html page"
        )
    if ending == ".html":
        content = alignment_page(drawn)
    elif ending == ".csv":
        content = alignment_csv(drawn[0].alignment)
    elif ending == ".tex":
        content = alignment_tikz(drawn[0], look)
    else:
        content = svg(alignment_figure(drawn[0], look, dark))
    save_file(path, content)


def alignment_csv(alignment: Alignment) -> str:
    """The exact weights as RFC 4180 text: source tokens across, target tokens down.

    >>> import numpy as np
    >>> alignment_csv(Alignment(("le", "chat"), ("cat",), np.array([[0.25, 0.75]]))).splitlines()
    [',le,chat', 'cat,0.25,0.75']
    """
    rows: list[list[object]] = [["", *alignment.source]]
    for token, row in zip(alignment.target, alignment.weights, strict=True):
        rows.append([token, *(f"{weight:.9g}" for weight in row.tolist())])
    return csv_rows(rows)
