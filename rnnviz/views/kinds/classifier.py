"""Classifiers, as they are shown."""

from rnnviz.views.kinds.kind import KindView

CLASSIFIER = KindView(
    key="classifier",
    icon="highlighter",
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
        "verdict",
    ),
)
