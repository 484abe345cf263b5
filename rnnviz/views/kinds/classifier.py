"""Classifiers, as they are shown."""

from rnnviz.views.kinds.kind import OF_UNITS, KindView

CLASSIFIER = KindView(
    key="classifier",
    icon="highlighter",
    panels=(*OF_UNITS, "symbols", "verdict"),
)
