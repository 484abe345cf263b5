"""Alignments that commands write: many on one HTML page, one in every other kind of file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.core.errors import AlignmentError

if TYPE_CHECKING:
    from rnnviz.core.alignments.alignment import Alignment

MOST_DRAWN = 200
"""Alignments on one page; a browser grows slow with more."""


def check_target(path: Path, many: str = "") -> None:
    """Refuse a file that cannot be written, before anything is computed for it.

    Args:
        many: what there is more than one alignment of, if there is.

    Raises:
        AlignmentError: an unknown ending, one that holds a single alignment, or no such folder.
    """
    from rnnviz.core.export.alignments.files import check_ending

    check_ending(path)
    if many and path.suffix.lower() != ".html":
        raise AlignmentError(
            f"{path.name} holds one alignment; for {many} give --to a name that ends in .html"
        )
    if not path.parent.is_dir():
        raise AlignmentError(f"cannot write {path}: there is no folder {path.parent}; make it")


def count_drawn(path: Path, count: int, what: str) -> int:
    """How many of these alignments are drawn; says so where it is not all of them."""
    if count > MOST_DRAWN:
        print(f"{path.name}: the first {MOST_DRAWN:,} of {count:,} {what}", file=sys.stderr)
    return min(count, MOST_DRAWN)


def write_titled(path: Path, alignments: Sequence[tuple[Alignment, str]]) -> None:
    """Write alignments with their titles, as the ending says, and name the file.

    Raises:
        RnnvizError: it cannot be written.
    """
    from rnnviz.core.colours.weight_colours import weights_scale
    from rnnviz.core.export.alignments.figure import DrawnAlignment, alignment_figure
    from rnnviz.core.export.alignments.files import write_alignments

    drawn = [
        DrawnAlignment(one, title, scale=weights_scale(one.weights)) for one, title in alignments
    ]
    if path.suffix.lower() == ".png":
        from rnnviz.views.text.painting.text_figure import write_drawn

        write_drawn(path, alignment_figure(drawn[0]))
    else:
        write_alignments(path, drawn)
    print(path, file=sys.stderr)
