"""Figures as one page that needs nothing else: a click or an arrow key goes to the next one."""

from __future__ import annotations

from collections.abc import Iterable

from rnnviz.core.export.figure import Figure
from rnnviz.core.export.svg import svg

_SCRIPT = """
const all = document.querySelectorAll("figure"), bar = document.querySelector("input");
function show(n) {
  n = Math.max(0, Math.min(all.length - 1, n));
  all.forEach((one, i) => one.hidden = i !== n);
  bar.value = n;
}
bar.oninput = () => show(+bar.value);
document.onkeydown = e => {
  const by = {ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1, " ": 1}[e.key];
  if (by && document.activeElement !== bar) { show(+bar.value + by); e.preventDefault(); }
};
document.onclick = e => { if (e.target !== bar) show(+bar.value + 1); };
show(0);
"""


def page_of_figures(figures: Iterable[Figure], title: str, ground: str, what: str) -> str:
    """One HTML page.

    Args:
        title: plain words, without markup.
        ground: the colour of the paper, `#rrggbb`.
        what: what a figure is, for the slider: `Moment`.
    """
    drawn = [
        f"<figure{' hidden' if index else ''}>{svg(figure)}</figure>"
        for index, figure in enumerate(figures)
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>"
        f"body {{ margin: 0; background: {ground}; }}"
        " figure { margin: 0 auto; max-width: 1600px; }"
        " svg { width: 100%; height: auto; display: block; }"
        " input { width: 60%; display: block; margin: 8px auto 24px; }</style></head><body>"
        f"{''.join(drawn)}"
        f'<input type="range" min="0" max="{len(drawn) - 1}" value="0" aria-label="{what}">'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )
