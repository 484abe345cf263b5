"""Language models, as they are shown."""

from rnnviz.views.kinds.kind import KindView

LANGUAGE_MODEL = KindView(
    key="language-model",
    icon="brain",
    panels=(
        "ranking",
        "unit_page",
        "pattern",
        "surprises",
        "intervention",
        "trace",
        "heatmap",
        "scatter",
        "saturation",
        "symbols",
        "sample",
    ),
)
