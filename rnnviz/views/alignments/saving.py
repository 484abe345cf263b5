"""Asks where an alignment goes, and writes it in the form that the name's ending says."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QWidget

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.steps.attention_steps import AttentionSteps
from rnnviz.core.alignments.steps.step_page import check_steps_ending, steps_page
from rnnviz.core.alignments.steps.step_picture import draw_step
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.alignments.figure import DrawnAlignment, Look, alignment_figure
from rnnviz.core.export.alignments.files import write_alignments
from rnnviz.core.files.writing import save_file
from rnnviz.session.alignments.questions import Answer
from rnnviz.views.alignments.pane import Pane, title_of
from rnnviz.views.shared.saving import Turns
from rnnviz.views.shared.theme import theme_of
from rnnviz.views.text.painting.text_figure import saving_drawn

Saved = Look | Literal["step"]
"""The table, the lines, or the decoder at a step."""
_KINDS: dict[str, tuple[str, Saved]] = {
    "Picture of the table (*.png)": (".png", "map"),
    "Picture of the lines (*.png)": (".png", "lines"),
    "Drawing of the table (*.svg)": (".svg", "map"),
    "Drawing of the lines (*.svg)": (".svg", "lines"),
    "Web page with both (*.html)": (".html", "map"),
    "Picture of this step (*.png)": (".png", "step"),
    "Drawing of this step (*.svg)": (".svg", "step"),
    "Web page of all steps (*.html)": (".html", "step"),
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
    # Weights of a file, and translations that are given, were not searched for.
    searched = not (answer.model.weights_alone or question.target)
    beam = f"beam {question.beam}" if searched else ""
    asked = (answer.model.name, beam, question.why)
    sentence = question.sentence
    shown = sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]}…"
    return f"{shown}   ({', '.join(part for part in asked if part)})"


def saving(
    path: Path, pane: Pane, share: float, look: Saved = "map", step: int | None = None
) -> Turns:
    """Write what a pane shows; see `write_alignments`.

    Args:
        step: how many tokens are written, for the picture of a step; None takes all.

    Raises:
        RnnvizError: it shows nothing, the ending is unknown, or the file cannot be written.
    """
    if look == "step":
        answer = pane.answer
        if answer is None:
            raise AlignmentError("nothing to save: nothing was translated yet")
        yield from saving_steps(path, answer.steps, step, theme_of(pane).dark)
        return
    drawn, dark = drawn_of(pane, share, look), theme_of(pane).dark
    if path.suffix.lower() == ".png":
        yield from saving_drawn(path, alignment_figure(drawn, look, dark))
    else:
        yield lambda: write_alignments(path, [drawn], look, dark)


def saving_steps(
    path: Path, steps: AttentionSteps, step: int | None = None, dark: bool = False
) -> Turns:
    """Write the decoder at a step as .png or .svg, or all steps as one .html page.

    Raises:
        RnnvizError: the ending is unknown, or the file cannot be written.
    """
    check_steps_ending(path)
    if path.suffix.lower() == ".html":
        yield lambda: save_file(path, steps_page(steps, dark))
        return
    shown = len(steps) if step is None else step
    yield from saving_drawn(path, draw_step(steps, shown, dark=dark, matrix=True).figure)


def ask_where(parent: QWidget) -> tuple[Path, Saved] | None:
    """The file that a person chooses, and whether it shows the table, the lines or a step."""
    chosen, kind = QFileDialog.getSaveFileName(
        parent, "Save this alignment", "alignment", ";;".join(_KINDS)
    )
    if not chosen:
        return None
    ending, look = _KINDS.get(kind, (".png", "map"))
    path = Path(chosen)
    return (path if path.suffix else path.with_suffix(ending)), look
