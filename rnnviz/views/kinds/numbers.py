"""Models of numbers, as they are shown."""

from rnnviz.views.kinds.kind import KindView

NUMBERS_MODEL = KindView(
    key="numbers-model",
    icon="activity",
    panels=(
        "ranking",
        "unit_page",
        "pattern",
        "surprises",
        "trace",
        "heatmap",
        "scatter",
        "saturation",
    ),
)
