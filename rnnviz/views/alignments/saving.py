"""Asks where an alignment goes, and writes it in the form that the name's ending says."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.alignment_figure import DrawnAlignment, Look, alignment_figure
from rnnviz.core.export.alignment_files import write_alignments
from rnnviz.session.alignments.questions import Answer
from rnnviz.views.alignments.pane import Pane, title_of
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.text.text_figure import write_drawn

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

_LONGEST = 300
"""Characters of a sentence over its picture."""


def drawn_of(pane: Pane, share: float, look: Look = "map") -> DrawnAlignment:
    """What a pane shows, as it is exported; lines are those of the weights, whatever the table.

    Raises:
        AlignmentError: it shows nothing.
    """
    layer, answer, alignment = pane.layer, pane.answer, pane.alignment
    if look == "lines" and answer is not None and alignment is not None:
        return DrawnAlignment(
            alignment, title_of(answer), _about(answer), share, scale=pane.lines.scale
        )
    if layer is None or answer is None or look == "lines":
        raise AlignmentError("nothing to save: this model gives no such table")
    return DrawnAlignment(
        Alignment(layer.column_names, layer.row_names, layer.values),
        title=title_of(answer),
        about=_about(answer),
        share=share,
        scale=layer.scale,
        quantity=layer.quantity,
    )


def _about(answer: Answer) -> str:
    question = answer.question
    asked = (answer.model.name, f"beam {question.beam}", question.why)
    sentence = question.sentence
    shown = sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]}…"
    return f"{shown}   ({', '.join(part for part in asked if part)})"


def save(path: Path, pane: Pane, share: float, look: Look = "map") -> None:
    """Write what a pane shows; see `write_alignments`.

    Raises:
        RnnvizError: it shows nothing, the ending is unknown, or the file cannot be written.
    """
    drawn = drawn_of(pane, share, look)
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
