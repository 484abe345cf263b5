"""All moments of an unrolled computation as one page that needs nothing else."""

from __future__ import annotations

from rnnviz.core.colours.colour import PAPER
from rnnviz.core.export.figure import hex_colour
from rnnviz.core.export.svg import svg
from rnnviz.core.unroll.moments import count, moment
from rnnviz.core.unroll.picture import draw
from rnnviz.core.unroll.trace import Trace

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


def page(trace: Trace, dark: bool = False, size: tuple[float, float] = (1180.0, 640.0)) -> str:
    """One HTML page: a click or an arrow key goes to the next moment."""
    moments = count(trace.plan.steps)
    ground = hex_colour(PAPER[dark])
    figures = "".join(
        f"<figure{'' if index == 0 else ' hidden'}>"
        f"{svg(draw(trace, moment(index, trace.plan.steps), size, dark).figure)}</figure>"
        for index in range(moments)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>An unrolled network</title><style>"
        f"body {{ margin: 0; background: {ground}; }}"
        " figure { margin: 0 auto; max-width: 1600px; }"
        " svg { width: 100%; height: auto; display: block; }"
        " input { width: 60%; display: block; margin: 8px auto 24px; }</style></head><body>"
        f'{figures}<input type="range" min="0" max="{moments - 1}" value="0" aria-label="Moment">'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )
