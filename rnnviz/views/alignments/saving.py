"""Asks where an alignment goes, and writes it in the form that the name's ending says."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from rnnviz.core.alignment import Alignment
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.alignment_figure import DrawnAlignment, Look, alignment_figure
from rnnviz.core.export.alignment_files import write_alignments
from rnnviz.views.alignments.pane import Pane
from rnnviz.views.text_figure import write_drawn
from rnnviz.views.theme import theme_of

_KINDS: dict[str, tuple[str, Look]] = {
    "Picture of the table (*.png)": (".png", "map"),
    "Picture of the lines (*.png)": (".png", "lines"),
    "Drawing of the table (*.svg)": (".svg", "map"),
    "Drawing of the lines (*.svg)": (".svg", "lines"),
    "Web page with both (*.html)": (".html", "map"),
    "Numbers (*.csv)": (".csv", "map"),
    "LaTeX, table (*.tex)": (".tex", "map"),
    "LaTeX, lines (*.tex)": (".tex", "lines"),
}


def drawn_of(pane: Pane, share: float) -> DrawnAlignment:
    """What a pane shows, as it is exported.

    Raises:
        AlignmentError: it shows nothing.
    """
    layer, answer = pane.layer, pane.answer
    if layer is None or answer is None:
        raise AlignmentError("nothing to save: this model gives no such table")
    question = answer.question
    about = ", ".join(
        part for part in (answer.model.name, f"beam {question.beam}", question.why) if part
    )
    return DrawnAlignment(
        Alignment(layer.column_names, layer.row_names, layer.values),
        title=pane.text.text(),
        about=f"{question.sentence}   ({about})",
        share=share,
        scale=layer.scale,
        quantity=layer.quantity,
    )


def save(path: Path, pane: Pane, share: float, look: Look = "map") -> None:
    """Write what a pane shows; see `write_alignments`.

    Raises:
        RnnvizError: it shows nothing, the ending is unknown, or the file cannot be written.
    """
    drawn = drawn_of(pane, share)
    if pane.layer is not None and not pane.layer.of_words:
        look = "map"
    if path.suffix.lower() == ".png":
        write_drawn(path, alignment_figure(drawn, look, theme_of(pane).dark))
    else:
        write_alignments(path, [drawn], look, theme_of(pane).dark)


def ask_where(parent: QWidget) -> tuple[Path, Look] | None:
    """The file that a person chooses, and whether it shows the table or the lines."""
    chosen, kind = QFileDialog.getSaveFileName(
        parent, "Save this alignment", "alignment", ";;".join(_KINDS)
    )
    if not chosen:
        return None
    ending, look = _KINDS.get(kind, (".png", "map"))
    path = Path(chosen)
    return (path if path.suffix else path.with_suffix(ending)), look
