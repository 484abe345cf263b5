"""Taggers, as they are shown."""

from rnnviz.views.kinds.kind import KindView

TAGGER = KindView(
    key="tagger",
    icon="type",
    panels=(
        "ranking",
        "unit_page",
        "pattern",
        "surprises",
        "trace",
        "heatmap",
        "scatter",
        "saturation",
        "symbols",
    ),
)
