"""The steps of a decoder with attention as files: one of them, or a page with all."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.alignments.steps.attention_steps import AttentionSteps
from rnnviz.core.alignments.steps.step_picture import draw_step
from rnnviz.core.colours.colour import PAPER
from rnnviz.core.errors import AlignmentError
from rnnviz.core.export.figure import hex_colour
from rnnviz.core.export.page_of_figures import page_of_figures

ENDINGS = (".png", ".svg", ".html")
"""How names of such files may end; `.png` is painted by `views.text_figure`."""


def check_steps_ending(path: Path) -> None:
    """Refuse a name that does not say how to write steps.

    Raises:
        AlignmentError: the ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise AlignmentError(
            f"cannot write {path.name}: steps are written as .svg and .png, one of them, or as "
            ".html, all of them; choose a name that ends so"
        )


def steps_page(
    steps: AttentionSteps, dark: bool = False, size: tuple[float, float] = (1280.0, 640.0)
) -> str:
    """One HTML page: a click or an arrow key goes to the next word."""
    figures = [
        draw_step(steps, step, size, dark, matrix=True).figure for step in range(len(steps) + 1)
    ]
    return page_of_figures(figures, "Attention, step by step", hex_colour(PAPER[dark]), "Word")
